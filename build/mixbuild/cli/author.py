"""The commands of whoever looks at a task, or starts one: show, new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

import click

from mixbuild.author import preview, start
from mixbuild.cli.options import (
    follow_links_option,
    language_option,
    lock_option,
    out_option,
    refuse_strangers,
    seed_option,
    source_option,
    tasks_option,
)
from mixbuild.cli.terminal.authoring import print_started
from mixbuild.cli.terminal.console import examples
from mixbuild.cli.terminal.rows import print_dropped, print_preview, print_preview_as_json
from mixbuild.core import UsageError
from mixbuild.curate import Dropped, dropped_rows, noted_rows
from mixbuild.declare import EVERY, SAMPLE, Task
from mixbuild.make import load_manifest
from mixbuild.sources import SAMPLES, lock
from mixbuild.tasks import ALL, find


@click.command(
    "show",
    epilog=examples(
        "show squad", "show squad --template terse --rows 3", "show squad --dropped 'null question'"
    ),
)
@click.argument("task_name", metavar="TASK")
@click.option(
    "--template", metavar="NAME", default=EVERY, help="The template to show.  [default: all]"
)
@language_option
@click.option(
    "--rows",
    default=1,
    show_default=True,
    metavar="N",
    type=click.IntRange(1),
    help="How many source rows.",
)
@click.option("--split", metavar="NAME", help="The split to show.  [default: the task's first]")
@seed_option
@tasks_option
@source_option
@follow_links_option
@click.option(
    "--hub",
    "from_hub",
    is_flag=True,
    help="Read the source on the Hub, at the commit that the lock pins.",
)
@lock_option
@click.option(
    "--dropped",
    metavar="REASON",
    help="Only rows that are left out for this reason, by TASK or by the recipe of a build.",
)
@click.option(
    "--noted",
    metavar="WHAT",
    help="Only rows of which a build says that, such as 'conflicting answers'.",
)
@out_option
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each template.")
def show(
    task_name: str,
    template: str,
    language: str | None,
    rows: int,
    split: str | None,
    seed: int,
    catalog: tuple[Task, ...],
    sources: dict[str, str],
    follow_links: bool,
    from_hub: bool,
    lock_path: Path,
    dropped: str | None,
    noted: str | None,
    folder: Path,
    as_json: bool,
) -> None:
    """Show a raw record of TASK, and the row that each template makes of it.

    It is one of the samples, unless --hub or --source says otherwise; a task of your own has none,
    and is read from the Hub. Each value has the colour of the column that it comes from.

    With --dropped, the rows that a recipe took out of the build in --out for that reason are shown,
    each beside the row or the text that shows it; or else source rows that TASK leaves out for it.
    With --noted, the rows of which the build says that, whether it took them out or not.
    """
    task = find(task_name, catalog)
    if dropped is not None and noted is not None:
        raise UsageError("--dropped and --noted ask for rows of two kinds; say one of them")
    for reason, of in ((dropped, dropped_rows), (noted, noted_rows)):
        if reason and (found := listed_rows(folder, task.name, split, reason, of=of)):
            for place, row in enumerate(islice(found, rows)):
                print_dropped(row, first=not place, as_json=as_json)
            return
    if noted is not None:
        raise UsageError(
            f"--noted {noted}: the build in {folder} says that of no row of {task.name}; see what "
            f"it says with: make --recipe FILE"
        )
    refuse_strangers(sources, [task.name])
    if from_hub and sources:
        raise UsageError("--hub and --source name two sources; say one of them")
    if template == SAMPLE:
        raise UsageError(f"--template {SAMPLE}: expected one template's name, or all of them")
    reads_hub = from_hub or (task not in ALL and not sources)  # nobody's own task has samples
    entry = lock.entry_of(lock.load(lock_path), task) if reads_hub else None
    previews = preview(
        task,
        None if reads_hub else sources.get(task.name, SAMPLES),
        templates=f"{template}:{language}" if language else template,
        split=split,
        rows=rows,
        seed=seed,
        revision=entry.commit if entry else None,
        follow_links=follow_links,
        left_out=dropped,
    )
    place = -1
    for place, each in enumerate(previews):
        if as_json:
            print_preview_as_json(each)
            continue
        print_preview(each, first=not place)
    if place < 0 and dropped is not None:
        raise UsageError(
            f"--dropped {dropped}: {task.name} leaves out no row of these for that reason, and the "
            f"build in {folder} has none; see the reasons with: make {task.name}"
        )


def listed_rows(
    folder: Path,
    config: str,
    split: str | None,
    reason: str,
    *,
    of: Callable[..., Iterator[Dropped]],
) -> Iterator[Dropped] | None:
    """The rows that a build lists for a reason, taken out or noted; None where there are none."""
    there = load_manifest(folder)
    found = None if there is None else there.configs.get(config)
    entries = [
        entry for name, entry in (found.splits.items() if found else ()) if split in (None, name)
    ]
    rows = (row for entry in entries for row in of(folder, entry, reason=reason))
    first = next(rows, None)
    return None if first is None else chain([first], rows)


@click.command(
    "new",
    epilog=examples(
        "new port_quiz --repo quayside/port_quiz",
        "new port_quiz --repo quayside/port_quiz --source ~/port_quiz",
    ),
)
@click.argument("task_name", metavar="TASK")
@click.option("--repo", required=True, metavar="ORG/NAME", help="The source dataset on the Hub.")
@click.option("--config", metavar="NAME", help="The config of the source, if it has several.")
@click.option("--source", metavar="PLACE", help="Read it from a folder, or from another repo.")
@follow_links_option
@click.option(
    "--family",
    metavar="FAMILY",
    default="",
    help="The kind of task, such as 'sentiment'.  [default: a guess]",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="The folder to write into.  [default: this one; with --catalog, this checkout]",
)
@click.option(
    "--catalog", is_flag=True, help="Start a task of the project itself, with samples beside it."
)
def new(
    task_name: str,
    repo: str,
    config: str | None,
    source: str | None,
    follow_links: bool,
    family: str,
    into: Path | None,
    catalog: bool,
) -> None:
    """Start a TASK: read its source, and write a file TASK.py to be finished by hand."""
    started = start(
        task_name,
        repo,
        config=config,
        source=source,
        follow_links=follow_links,
        family=family,
        into=into,
        catalog=catalog,
    )
    print_started(task_name, started, source=source, catalog=catalog)
