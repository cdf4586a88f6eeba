"""The commands that publish: card, push; the Hub's client is loaded where it is needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mixbuild.cli.options import (
    engine_option,
    identifiers,
    marker_option,
    out_option,
    scheduler_option,
    system_option,
)
from mixbuild.cli.terminal.console import examples, out
from mixbuild.cli.terminal.progress import progress
from mixbuild.cli.terminal.publishing import print_plan, print_pushed
from mixbuild.core import count_of
from mixbuild.declare import PROMPT_COMPLETION, RowFormat
from mixbuild.publish import PARQUET, write_local_card


@click.command("card", epilog=examples("card --out out/two", "card --repo org/my_mix"))
@out_option
@click.option(
    "--repo",
    metavar="ORG/NAME",
    default="org/instruct_mix",
    show_default=True,
    help="Repo name shown on the card.",
)
def card_command(folder: Path, repo: str) -> None:
    """Write the dataset card beside the shards of a build.

    load_dataset(FOLDER, TASK) then reads them.
    """
    *others, card = write_local_card(folder, repo=repo)
    out.print(f"{card}, and {count_of(len(others), 'file')} that it refers to")


@click.command(
    "push",
    epilog=examples(
        "push org/my_mix --dry-run",
        "push org/my_mix --out out/two --private",
        "push org/my_mix --out out/two --create-pr",
        "push org/my_mix --out out/mix --only mix",
    ),
)
@click.argument("repo", metavar="ORG/NAME")
@out_option
@click.option(
    "--only",
    multiple=True,
    metavar="CONFIG",
    help="Publish this config of the build alone, such as its mixture. Repeatable.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option(
    "--private", is_flag=True, help="Create the repo as private; refused where it is public."
)
@click.option(
    "--revision",
    metavar="BRANCH",
    help="Branch to push to.  [default: main; for arrow, messages …, one of that name]",
)
@click.option("--create-pr", is_flag=True, help="Open a pull request instead of committing.")
@click.option(
    "--tag",
    "tag_name",
    metavar="NAME",
    help="One more tag for the commit, beside that of its version.",
)
@click.option(
    "--as",
    "row_format",
    metavar="FORMAT",
    help="Row format; messages, alpaca, sharegpt and text go to a branch of that name.  [default: "
    "prompt_completion, then those that the build's recipe names]",
)
@marker_option
@system_option
@click.option("--message", help="Commit message.")
@click.option(
    "--format",
    "file_format",
    metavar="parquet|arrow",
    default=PARQUET,
    show_default=True,
    help="Container of the files; arrow goes to a branch of that name.",
)
@click.option(
    "--verify",
    metavar="ends|full",
    default="ends",
    show_default=True,
    help="What to load afterwards and compare: the first and last rows of each split, or every "
    "row.",
)
@click.option(
    "--num-proc", metavar="N", type=click.IntRange(1), help="Processes that write the files."
)
@engine_option
@scheduler_option
@click.option(
    "--allow-licences",
    multiple=True,
    callback=identifiers,
    metavar="ID,...",
    help="Publish these licences, too, which are held back unless they are named.",
)
@click.option(
    "--allow-mirrors",
    is_flag=True,
    help="Publish rows of a mirror that only you have, which others can neither rebuild nor trace.",
)
def push_command(
    repo: str,
    folder: Path,
    only: tuple[str, ...],
    dry_run: bool,
    private: bool,
    revision: str | None,
    create_pr: bool,
    tag_name: str | None,
    row_format: str | None,
    marker: str,
    system: str | None,
    message: str | None,
    file_format: str,
    verify: str,
    num_proc: int | None,
    engine_name: str,
    scheduler: str | None,
    allow_licences: list[str],
    allow_mirrors: bool,
) -> None:
    """Publish a build in one commit, then load it from there and compare.

    Row formats that its recipe names follow, each in one commit on a branch of its name.

    Afterwards, the hash of each file on the Hub, and what the card says of files and rows, are
    compared with the manifest, and the first and last rows that load_dataset gives of each split
    with those of the build. --verify full loads every row, as the command verify does.
    """
    asked = RowFormat(row_format or PROMPT_COMPLETION, marker, system)
    from mixbuild.publish import push as hub

    if row_format is None and revision is None and file_format == PARQUET:
        branches = hub.branches(folder, only=only)
    else:
        name = revision or hub.default_branch(file_format, asked.name)
        branches = [hub.Branch(name, asked, only)]
    target = hub.Target(repo, private=private, create_pr=create_pr, message=message)
    hub.look_at_others(folder, target, branches)
    for place, branch in enumerate(branches):
        with hub.naming_branch(branches, place, done="compared" if dry_run else "published"):
            done = hub.push(
                folder,
                replace(target, revision=branch.name),
                progress=lambda what, unit: progress(what, unit=unit),
                show=print_plan,
                file_format=file_format,
                row_format=branch.row_format,
                tag_name=None if place else tag_name,  # it names one commit
                verify=verify,
                dry_run=dry_run,
                num_proc=num_proc,
                engine_name=engine_name,
                scheduler=scheduler,
                only=branch.configs,
                allow_licences=allow_licences,
                allow_mirrors=allow_mirrors,
            )
        if done is not None:
            print_pushed(repo, *done, whole=verify == hub.FULL)
