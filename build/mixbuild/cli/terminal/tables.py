"""Tables with aligned columns, none of whose cells is ever cut.

A terminal may be narrower than a table. Then the columns that a reader misses least are left out,
and a line below says which; what is still too wide is broken by the terminal, as any line is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.cells import cell_len
from rich.table import Table as Drawn
from rich.text import Text

from mixbuild.cli.terminal import console

GAP = 2
"""Spaces between two columns."""


@dataclass(frozen=True)
class Table:
    """Rows of text below their headings.

    Attributes:
        names: the headings.
        right: the places of the columns that stand to the right, such as numbers.
        spare: the headings of those that may be left out, the first one first.
        whole: whether no column is to be broken into lines; else the last one may be.
        rows: a text for each heading.
    """

    names: Sequence[str]
    right: Sequence[int] = ()
    spare: Sequence[str] = ()
    whole: bool = False
    rows: list[Sequence[str]] = field(default_factory=list)

    def add_row(self, *cells: str) -> None:
        """One more row, below the others."""
        self.rows.append(cells)

    def widths(self) -> list[int]:
        """Characters that each column takes; of one that may be broken, its longest word."""
        columns = list(zip(self.names, *self.rows, strict=True))
        longest = [max(map(cell_len, column)) for column in columns]
        if self.whole:
            return longest
        words = (word for cell in columns[-1] for word in cell.split())
        return [*longest[:-1], max(map(cell_len, words), default=0)]


def table(
    *names: str, right: Sequence[int] = (), spare: Sequence[str] = (), whole: bool = False
) -> Table:
    """A table without rows yet; the arguments are those of ``Table``."""
    return Table(names, right, [name for name in spare if name in names], whole)


def print_table(made: Table) -> None:
    """Print a table, without the spaces with which rich fills every line up."""
    out = console.out
    widths, kept = made.widths(), list(range(len(made.names)))
    missing = []
    for name in made.spare if out.is_terminal else ():
        if _together([widths[at] for at in kept]) <= out.width:
            break
        kept.remove(made.names.index(name))
        missing.append(name)
    needed = _together([widths[at] for at in kept])
    drawn = Drawn(box=None, pad_edge=False, header_style="bold")
    for at in kept:
        broken = at == len(made.names) - 1 and not made.whole
        justify: Literal["left", "right"] = "right" if at in made.right else "left"
        drawn.add_column(made.names[at], justify=justify, no_wrap=not broken)
    for row in made.rows:
        drawn.add_row(*(row[at] for at in kept))
    # as wide as is needed, which rich does not draw on a terminal that is narrower
    wide = console.Plain(
        width=max(needed, out.width),
        force_terminal=out.is_terminal,
        color_system=out.color_system,
    )
    with wide.capture() as capture:
        wide.print(drawn)
    lines = (line.rstrip() for line in capture.get().splitlines())
    # what is a stranger's was made safe: the escapes that are left are rich's own colours
    out.print(Text.from_ansi("\n".join(lines)))
    if missing:
        # in the order of the table, as they would stand there
        names = ", ".join(name for name in made.names if name in missing)
        out.print(Text(f"no room here for: {names}", "dim"))


def _together(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)
