"""The commands that publish: card, push; the Hub's client is loaded where it is needed."""

from __future__ import annotations

from pathlib import Path

import click

from mixbuild.cli.options import licences_option
from mixbuild.cli.terminal.console import out, progress
from mixbuild.cli.terminal.publishing import print_plan, print_pushed
from mixbuild.publish import PARQUET, write_local_card


@click.command("card")
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help="A build.")
@click.option("--repo", default="org/instruct_mix", show_default=True, help="As on the Hub.")
def card_command(folder: Path, repo: str) -> None:
    """Write the card beside the shards; load_dataset(FOLDER, TASK) then works."""
    for path in write_local_card(folder, repo=repo):
        out.print(str(path))


@click.command("push")
@click.argument("repo", metavar="ORG/NAME")
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help="A build.")
@click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
@click.option("--private", is_flag=True, help="Refused where the repo is public.")
@click.option("--revision", help="A branch.  [default: main; arrow for that format]")
@click.option("--create-pr", is_flag=True, help="Propose the commit as a pull request.")
@click.option("--tag", "tag_name", help="Tag the commit, beside its version.")
@click.option("--message", help="Of the commit.")
@click.option(
    "--format", "file_format", default=PARQUET, show_default=True, help="'parquet' or 'arrow'."
)
@click.option(
    "--verify",
    default="ends",
    show_default=True,
    help="Of each split, load and compare the first and last rows ('ends'), or all ('full').",
)
@click.option("--num-proc", type=click.IntRange(1), help="Processes that write Parquet.")
@licences_option
def push_command(
    repo: str,
    folder: Path,
    dry_run: bool,
    private: bool,
    revision: str | None,
    create_pr: bool,
    tag_name: str | None,
    message: str | None,
    file_format: str,
    verify: str,
    num_proc: int | None,
    allow_licences: list[str],
) -> None:
    """Publish a build in one commit, then load it from there and compare.

    Each file's hash on the Hub, and what the card says of files and rows, are compared with the
    manifest; then load_dataset is to begin and end each split as the build does. Every row is
    loaded by --verify full, or later by verify.
    """
    from mixbuild.publish import push as hub

    done = hub.push(
        folder,
        hub.Target(
            repo,
            revision or hub.default_branch(file_format),
            private=private,
            create_pr=create_pr,
            message=message,
        ),
        progress=lambda what, unit: progress(what, unit=unit),
        show=print_plan,
        file_format=file_format,
        tag_name=tag_name,
        verify=verify,
        dry_run=dry_run,
        num_proc=num_proc,
        allow_licences=allow_licences,
    )
    if done is not None:
        print_pushed(repo, *done, whole=verify == hub.FULL)
