"""The commands of whoever looks at a task, or starts one: show, new."""

from __future__ import annotations

from pathlib import Path

import click

from mixbuild.author import preview, start
from mixbuild.cli.options import (
    follow_links_option,
    language_option,
    lock_option,
    refuse_strangers,
    seed_option,
    source_option,
    tasks_option,
)
from mixbuild.cli.terminal.authoring import print_started
from mixbuild.cli.terminal.console import examples
from mixbuild.cli.terminal.rows import print_preview, print_preview_as_json
from mixbuild.core import UsageError
from mixbuild.declare import EVERY, SAMPLE, Task
from mixbuild.sources import SAMPLES, lock
from mixbuild.tasks import ALL, find


@click.command("show")
@click.argument("task_name", metavar="TASK")
@click.option("--template", default=EVERY, help="The template to show.  [default: all]")
@language_option
@click.option(
    "--rows",
    default=1,
    show_default=True,
    metavar="N",
    type=click.IntRange(1),
    help="How many source rows.",
)
@click.option("--split", help="The split to show.  [default: the task's first]")
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
    as_json: bool,
) -> None:
    """Show a raw record of TASK, and the row that each template makes of it.

    It is one of the samples, unless --hub or --source says otherwise; a task of your own has none,
    and is read from the Hub. Each value has the colour of the column that it comes from.
    """
    task = find(task_name, catalog)
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
    )
    for place, each in enumerate(previews):
        if as_json:
            print_preview_as_json(each)
            continue
        print_preview(each, first=not place)


@click.command(
    "new",
    epilog=examples(
        "new port_quiz --repo quayside/port_quiz",
        "new port_quiz --repo quayside/port_quiz --source ~/port_quiz",
    ),
)
@click.argument("task_name", metavar="TASK")
@click.option("--repo", required=True, metavar="ORG/NAME", help="The source dataset on the Hub.")
@click.option("--config", help="The config of the source, if it has several.")
@click.option("--source", metavar="PLACE", help="Read it from a folder, or from another repo.")
@follow_links_option
@click.option(
    "--family", default="", help="The kind of task, such as 'sentiment'.  [default: a guess]"
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
