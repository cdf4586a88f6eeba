"""The commands that look at the catalog: list, show."""

from __future__ import annotations

import click

from mixbuild import terminal
from mixbuild.cli.options import refuse_strangers, source_option
from mixbuild.plan import preview
from mixbuild.sources import SAMPLES
from mixbuild.task import EVERY
from mixbuild.tasks import ALL, find


@click.command("list")
def list_tasks() -> None:
    """The tasks: family, source, licence, templates."""
    terminal.print_tasks(ALL)


@click.command("show")
@click.argument("task_name", metavar="TASK")
@click.option("--template", default=EVERY, help="One template's name.  [default: all]")
@click.option("--rows", default=1, show_default=True, type=click.IntRange(1), help="Source rows.")
@click.option("--split", help="The split to show.  [default: the task's first]")
@source_option
def show(
    task_name: str, template: str, rows: int, split: str | None, sources: dict[str, str]
) -> None:
    """A raw record of TASK, then the rows it is rendered to. Reads the samples unless told."""
    task = find(task_name)
    refuse_strangers(sources, [task.name])
    source = sources.get(task.name, SAMPLES)
    for raw, rendered, drops in preview(task, source, templates=template, split=split, rows=rows):
        terminal.print_record(task, raw)
        for row in rendered.to_pylist():
            terminal.print_row(row)
        terminal.print_drops(drops)
