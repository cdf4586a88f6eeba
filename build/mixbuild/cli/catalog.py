"""The command that looks at the catalog: list."""

from __future__ import annotations

import click

from mixbuild.cli.options import in_language, language_option, tasks_option
from mixbuild.cli.terminal.catalog import print_families, print_tasks
from mixbuild.declare import Task


@click.command("list")
@click.option("--markdown", is_flag=True, help="As the table of the README.")
@language_option
@tasks_option
def list_tasks(markdown: bool, language: str | None, catalog: tuple[Task, ...]) -> None:
    """The tasks: family, source, licence, templates."""
    tasks = in_language(catalog, language)
    print_families(tasks) if markdown else print_tasks(tasks)
