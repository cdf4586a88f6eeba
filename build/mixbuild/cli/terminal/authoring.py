"""What a new task starts from."""

from __future__ import annotations

from mixbuild.author import TODO, Started
from mixbuild.cli.terminal.console import PROGRAM, out, print_table, table

CATALOG = "build/mixbuild/tasks/catalog.py"
GOLDEN = "UPDATE_GOLDENS=1 python -m pytest -q tests/tasks/test_catalog.py"
"""What writes the goldens."""


def print_started(name: str, started: Started) -> None:
    """The files of a new task, its two lines in the catalog, and what is left to do."""
    files = table("written", "lines to do", right=(1,))
    for path, count in started.files.items():
        files.add_row(path.as_posix(), f"{count:,}")
    print_table(files)
    out.print(f"\nAdd two lines to {CATALOG}, each among its like:")
    out.print(f"  {name},  to what it imports\n  {name},  to MODULES, in its family")
    out.print()
    for note in started.notes:
        out.print(note)
    out.print(f"\nReplace every {TODO}, then:")
    for command in (f"{PROGRAM} show {name}", f"{PROGRAM} check {name}", GOLDEN):
        out.print(f"  {command}")
