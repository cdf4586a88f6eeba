"""The command that looks for faults: check."""

from __future__ import annotations

import json

import click

from mixbuild.author import ERROR, as_data, as_text, check, errors
from mixbuild.cli.options import (
    follow_links_option,
    refuse_strangers,
    seed_option,
    source_option,
    splits_option,
    tasks_option,
)
from mixbuild.cli.terminal.console import examples, out
from mixbuild.cli.terminal.progress import progress
from mixbuild.core import CheckError, count_of
from mixbuild.declare import Task
from mixbuild.sources import SAMPLES, lock
from mixbuild.tasks import ALL, find

REAL_ROWS = 1_000


@click.command(
    "check",
    epilog=examples("check squad", "check squad --hub --split train"),
)
@click.argument("task_names", nargs=-1, metavar="[TASK]...")
@tasks_option
@source_option
@follow_links_option
@click.option("--hub", is_flag=True, help="Read the sources on the Hub instead of the samples.")
@click.option(
    "--rows",
    metavar="N",
    type=click.IntRange(1),
    help=f"At most so many source rows per split, chosen by hash.  [default: {REAL_ROWS:,}; "
    "all of the samples]",
)
@splits_option
@seed_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check_command(
    task_names: tuple[str, ...],
    catalog: tuple[Task, ...],
    sources: dict[str, str],
    follow_links: bool,
    hub: bool,
    rows: int | None,
    splits: tuple[str, ...],
    seed: int,
    as_json: bool,
) -> None:
    """Look for faults in each TASK (default: all), and in the rows that it makes of some records.

    Exit status 1 when there is an error; a warning is for you to judge.
    """
    tasks = [find(name, catalog) for name in dict.fromkeys(task_names)] or list(catalog)
    refuse_strangers(sources, [task.name for task in tasks])
    if not hub:
        sources = {**{task.name: SAMPLES for task in tasks if task in ALL}, **sources}
    real = any(sources.get(task.name) != SAMPLES for task in tasks)
    with progress("checking", unit="tasks") as report:
        checked = check(
            tasks,
            sources,
            rows=rows or (REAL_ROWS if real else None),
            seed=seed,
            splits=splits,
            lock=lock.load(lock.default_path()),
            follow_links=follow_links,
            own=[task.name for task in tasks if task not in ALL],
            report=report,
        )
    out.print(json.dumps(as_data(checked), indent=2) if as_json else as_text(checked))
    if found := errors(checked.findings):
        raise CheckError(
            f"{count_of(sum(found.values()), ERROR)} in {', '.join(found)}; mend what is named "
            f"above, or waive a rule that does not hold, with the reason, in the task's waivers"
        )
