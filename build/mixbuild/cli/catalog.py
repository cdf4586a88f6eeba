"""The command that looks at the catalog: list."""

from __future__ import annotations

import click

from mixbuild.cli.options import language_option, licences_option, tasks_option
from mixbuild.cli.select import select
from mixbuild.cli.terminal.catalog import (
    print_families,
    print_task,
    print_tasks,
    print_tasks_as_json,
)
from mixbuild.cli.terminal.console import examples
from mixbuild.declare import Task


@click.command("list", epilog=examples("list squad", "list --licences permissive --family code"))
@click.argument("task_names", nargs=-1, metavar="[TASK]...")
@click.option("--family", metavar="FAMILY", help="Only this family, such as 'sentiment'.")
@licences_option
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print all that the tasks declare, as JSON.")
@click.option("--markdown", is_flag=True, help="Print the table of the README.")
@tasks_option
def list_tasks(
    task_names: tuple[str, ...],
    family: str | None,
    licences: list[str],
    language: str | None,
    as_json: bool,
    markdown: bool,
    catalog: tuple[Task, ...],
) -> None:
    """List the tasks by family, or tell all there is to know of each TASK."""
    tasks = select(
        catalog,
        task_names,
        family=family,
        licences=licences,
        language=language,
        quiet=not task_names,
    )
    if as_json:
        print_tasks_as_json(tasks)
    elif markdown:
        print_families(tasks)
    elif task_names:
        for task in tasks:
            print_task(task)
    else:
        print_tasks(tasks)
