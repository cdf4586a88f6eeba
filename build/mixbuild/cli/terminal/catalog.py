"""The catalog, and what a new task starts from."""

from __future__ import annotations

from collections.abc import Sequence

from mixbuild.author import CATALOG, TODO, Scaffold
from mixbuild.cli.terminal.console import out, print_table, table
from mixbuild.declare import Task

GOLDEN = "UPDATE_GOLDENS=1 python -m pytest -q tests/test_tasks.py"
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


def print_scaffold(name: str, written: Scaffold) -> None:
    """The files of a new task, and what is left to do with them."""
    files = table("written", "lines to do", right=(1,))
    for path, count in written.files.items():
        files.add_row(path.as_posix(), f"{count:,}")
    print_table(files)
    added = f"{name}.TASK added"
    if not written.added:
        added = f"not of the form that is known; import {name} there, and add {name}.TASK to ALL"
    out.print(f"\n{CATALOG.as_posix()}: {added}")
    for note in written.notes:
        out.print(note, markup=False)
    out.print(f"\nReplace every {TODO}, then:")
    for command in ("python build show {}", "python build check {}", GOLDEN):
        out.print(f"  {command.format(name)}", markup=False)
