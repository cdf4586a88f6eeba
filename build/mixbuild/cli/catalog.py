"""The command that looks at the catalog: list."""

from __future__ import annotations

import click

from mixbuild.cli.terminal.catalog import print_families, print_tasks
from mixbuild.tasks import ALL


@click.command("list")
@click.option("--markdown", is_flag=True, help="As the table of the README.")
def list_tasks(markdown: bool) -> None:
    """The tasks: family, source, licence, templates."""
    print_families(ALL) if markdown else print_tasks(ALL)
