"""The commands that prove what rows are, and where they come from: verify, rebuild, trace."""

from __future__ import annotations

import json
import tempfile
from contextlib import nullcontext
from pathlib import Path

import click

from mixbuild.cli.options import (
    follow_links_option,
    refuse_strangers,
    source_option,
    tasks_option,
)
from mixbuild.cli.terminal.builds import print_rebuilt, print_task_file, print_traced
from mixbuild.cli.terminal.console import examples
from mixbuild.cli.terminal.progress import progress
from mixbuild.cli.terminal.publishing import print_verified
from mixbuild.core import VerifyError
from mixbuild.declare import Task

trust_option = click.option(
    "--trust-tasks",
    "trusted",
    is_flag=True,
    help="Show the published files of tasks that are not known here, then execute them. They are "
    "code: only for whom you trust.",
)


@click.command("verify", epilog=examples("verify out", "verify org/my_mix@v1.0.0"))
@click.argument("place", default="out", metavar="[DIR|ORG/NAME[@REVISION]]")
def verify_command(place: str) -> None:
    """Check a build (default: out), or a published dataset, against its manifest.

    In a folder, every shard is read. In a repo, the hash of every file and the card are compared,
    then every config is loaded in full: rows, digests, lengths, commonest completions and examples
    must be those of the manifest. Whether the rows follow from their sources is for rebuild to
    tell. What a manifest says of its history, and of the versions that made it, cannot be checked.
    """
    from mixbuild.prove import verify

    print_verified(*verify(place, progress=lambda what, unit: progress(what, unit=unit)))


@click.command(
    "rebuild", epilog=examples("rebuild org/my_mix", "rebuild org/my_mix@v1.0.0 squad imdb")
)
@click.argument("place", metavar="ORG/NAME[@REVISION]")
@click.argument("task_names", nargs=-1, metavar="[TASK]...")
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    help="Keep what is built, in this folder.  [default: one that is deleted]",
)
@source_option
@follow_links_option
@tasks_option
@trust_option
@click.option(
    "--num-proc", metavar="N", type=click.IntRange(1), help="Worker processes, as in make."
)
def rebuild_command(
    place: str,
    task_names: tuple[str, ...],
    folder: Path | None,
    sources: dict[str, str],
    follow_links: bool,
    catalog: tuple[Task, ...],
    trusted: bool,
    num_proc: int | None,
) -> None:
    """Build a published dataset again, from the sources it was made of, and compare every row."""
    from mixbuild.prove import rebuild

    with (
        tempfile.TemporaryDirectory() if folder is None else nullcontext(str(folder)) as out,
        progress("rebuilding", unit="units") as report,
    ):
        rebuilt = list(
            rebuild(
                place,
                Path(out),
                configs=task_names,
                sources=sources,
                follow_links=follow_links,
                tasks=catalog,
                trust=print_task_file if trusted else None,
                num_proc=num_proc,
                report=report,
            )
        )
    print_rebuilt(place, rebuilt)
    different = [each for each in rebuilt if each.difference]
    if different:
        first = different[0]
        raise VerifyError(
            f"{place}: {first.config}/{first.split}: expected the published rows, got others, "
            f"first {first.difference}; was it built by another version of the code?"
        )


@click.command(
    "trace",
    epilog=examples(
        "trace squad/train/train.jsonl:0", "trace squad/train/train.jsonl:0 --from org/my_mix"
    ),
)
@click.argument("row_id", metavar="ID")
@click.option(
    "--from",
    "place",
    default="out",
    show_default=True,
    metavar="DIR|ORG/NAME",
    help="The folder of a build, or a published dataset.",
)
@source_option
@follow_links_option
@tasks_option
@trust_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def trace_command(
    row_id: str,
    place: str,
    sources: dict[str, str],
    follow_links: bool,
    catalog: tuple[Task, ...],
    trusted: bool,
    as_json: bool,
) -> None:
    """Show the source record and the template that a row was made of, by the row's ID."""
    from mixbuild.prove import trace

    task = row_id.partition("/")[0]
    refuse_strangers(sources, [task])
    traced = trace(
        row_id,
        place,
        source=sources.get(task),
        follow_links=follow_links,
        tasks=catalog,
        trust=print_task_file if trusted else None,
    )
    if as_json:
        names = ("row", "raw", "template", "versions", "again")
        click.echo(json.dumps({name: getattr(traced, name) for name in names}, default=str))
        return
    print_traced(traced)
