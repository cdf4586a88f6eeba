"""What a new task starts from."""

from __future__ import annotations

import shlex

from mixbuild.author import MAKE_GOLDEN, TODO, Started
from mixbuild.cli.terminal.console import PROGRAM, out
from mixbuild.cli.terminal.tables import print_table, table

CATALOG = "build/mixbuild/tasks/catalog.py"


def print_started(name: str, started: Started, *, source: str | None, catalog: bool) -> None:
    """The files of a new task, and what is left to do; for the catalog, its two lines there."""
    files = table("written", "lines to do", right=(1,))
    for path, count in started.files.items():
        files.add_row(path.as_posix(), f"{count:,}")
    print_table(files)
    if catalog:
        out.print(f"\nAdd two lines to {CATALOG}, each among its like:")
        out.print(f"  {name},  to what it imports\n  {name},  to MODULES, in its family")
    if started.notes:
        out.print()
    for note in started.notes:
        out.print(note)
    out.print(f"\nReplace every {TODO}, then:")
    if catalog:
        commands = [f"{PROGRAM} show {name}", f"{PROGRAM} check {name}", f"{MAKE_GOLDEN} -k {name}"]
    else:
        (path,) = started.files
        more = f" --source {name}={shlex.quote(source)}" if source else ""
        own = f"{name} --tasks {shlex.quote(str(started.folder / path))}{more}"
        commands = [f"{PROGRAM} {each} {own}" for each in ("show", "check", "make")]
        commands[-1] += " --out out"
    for command in commands:
        out.print(f"  {command}")
