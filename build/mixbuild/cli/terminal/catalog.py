"""The catalog."""

from __future__ import annotations

from collections.abc import Sequence

from mixbuild.cli.terminal.console import out, print_table, table
from mixbuild.declare import Task


def print_tasks(tasks: Sequence[Task]) -> None:
    """The catalog, a line each."""
    made = table("task", "family", "source", "licence", "templates", "splits", right=(4,))
    for task in tasks:
        made.add_row(
            task.name,
            task.family,
            task.source.repo,
            task.source.license,
            str(len(task.templates)),
            ", ".join(task.splits),
        )
    print_table(made)


def print_families(tasks: Sequence[Task]) -> None:
    """The catalog as a table in Markdown: each family, and its tasks with their templates."""
    families: dict[str, list[str]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(f"`{task.name}` {len(task.templates)}")
    out.print("| family | tasks, and how many templates each has |\n|---|---|")
    for family, each in families.items():
        out.print(f"| {family} | {', '.join(each)} |")
