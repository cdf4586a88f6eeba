"""The catalog, and what a new task starts from."""

from __future__ import annotations

from collections.abc import Sequence

from mixbuild.author import TODO, Started
from mixbuild.cli.terminal.console import out, print_table, table
from mixbuild.declare import Task

CATALOG = "build/mixbuild/tasks/__init__.py"
GOLDEN = "UPDATE_GOLDENS=1 python -m pytest -q tests/tasks/test_catalog.py"
"""What writes the goldens."""


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
        out.print(f"| {family} | {', '.join(each)} |", markup=False)


def print_started(name: str, started: Started) -> None:
    """The files of a new task, its two lines in the catalog, and what is left to do."""
    files = table("written", "lines to do", right=(1,))
    for path, count in started.files.items():
        files.add_row(path.as_posix(), f"{count:,}")
    print_table(files)
    out.print(f"\nAdd two lines to {CATALOG}, each among its like:")
    out.print(f"  {name},       to what it imports\n  {name}.TASK,  to ALL, in its family")
    out.print()
    for note in started.notes:
        out.print(note, markup=False)
    out.print(f"\nReplace every {TODO}, then:")
    for command in (f"python build show {name}", f"python build check {name}", GOLDEN):
        out.print(f"  {command}", markup=False)
