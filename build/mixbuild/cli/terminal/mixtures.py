"""What a mixture will give, or has given: a table of its parts, with bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from rich.cells import cell_len

from mixbuild.cli.terminal.console import out, print_table, table
from mixbuild.cli.terminal.rows import print_row
from mixbuild.curate import (
    Forecast,
    Stock,
    evaluation,
    gather,
    outcome,
    read_selected,
)
from mixbuild.declare import TRAIN
from mixbuild.make import Built, OfMixture

BLOCKS = " ▏▎▍▌▋▊▉█"
"""Eighths of a character's width, from none to all."""

WIDEST_BAR = 40
NARROWEST_BAR = 4

MOST_LINES = 16
"""So many parts have a line each of what was removed from them; more have one together."""

MOST_REASONS = 6
"""In that one."""


def print_forecast(found: Forecast, stocks: Mapping[str, Mapping[str, Stock]]) -> None:
    """The table of a mixture, and what is to be known of it beside."""
    _print_lines(found)
    for split in ("validation", "test"):
        rows, without = evaluation(stocks, split)
        missing = f"; none of its own: {', '.join(without)}" if without else ""
        out.print(f"{split}: the parts have {rows:,} rows{missing}")
    for who in sorted({line.stock.by for line in found.lines if line.stock.estimated}):
        out.print(f"~ estimates: as many as {who} say, before any row is left out")
    if found.size:
        out.print(
            f"of these as many rows as come to {found.size}, which is known when they are rendered"
        )
    _print_short(found)


def print_mixture(folder: Path, name: str, config: Built, *, new: bool) -> None:
    """The same table of a mixture that was made, exact to the row; and its first row if it is new.

    Args:
        folder: the build's.
        name: the mixture's.
        config: what the manifest says of it.
        new: whether it was not there before.
    """
    made_of = config.made_of
    if not isinstance(made_of, OfMixture):
        return
    found = outcome(name, made_of)
    out.print()
    _print_lines(found, unit=made_of.unit)
    for split, entry in config.splits.items():
        without = [task for task, part in made_of.parts.items() if split not in part.splits]
        missing = f"; none of {', '.join(without)}" if without else ""
        if split != TRAIN:
            out.print(f"{split}: {entry.rows:,} rows{missing}")
    _print_short(found)
    alike = [
        task
        for task, part in made_of.parts.items()
        if len(part.of.templates) > 1
        and not part.of.several
        and part.splits[TRAIN].rows > part.splits[TRAIN].available
    ]
    if alike:
        out.print(
            f"warning: a row that is taken again is by the same template: {', '.join(alike)}; "
            f"with templates: all each copy is by another"
        )
    selected = config.splits[TRAIN].selected
    if new and selected is not None:
        places = (each.slice(0, 1) for each in read_selected(folder, selected))
        shards = [(folder / shard.path, shard) for shard in selected.shards]
        print_row(next(gather(places, shards)).to_pylist()[0])


def _print_lines(found: Forecast, *, unit: str | None = None) -> None:
    """A line for each part, with a bar of its share where there is room; and what was removed."""
    head = ["part", "available", "removed", "asked", "rows", "got", "times", "unused"]
    head += [unit] if unit else []
    cells = [
        (
            ", ".join(line.parts),
            f"{'~' * line.stock.estimated}{line.stock.rows:,}",
            f"{sum(line.stock.removed.values()):,}",
            f"{float(line.asked):.1%}",
            f"{line.rows:,}",
            f"{float(line.share):.1%}",
            f"{float(line.repetition):.2f}".removesuffix("0").removesuffix(".0"),
            f"{line.unused:,}",
            *([f"{line.size or 0:,}"] if unit else []),
        )
        for line in found.lines
    ]
    widths = [max(cell_len(row[at]) for row in (head, *cells)) for at in range(len(head))]
    room = min(WIDEST_BAR, out.width - sum(widths) - 2 * len(head))
    bars = out.is_terminal and room >= NARROWEST_BAR
    made = table(*head, *[""] * bars, right=range(1, len(head)))
    largest = max((line.share for line in found.lines), default=0) or 1
    for line, row in zip(found.lines, cells, strict=True):
        made.add_row(*row, *[bar(float(line.share / largest), room)] * bars)
    out.print(f"mixture {found.name}: {found.rows:,} rows of train\n")
    print_table(made)
    out.print()
    removed = {line.task: line.stock.removed for line in found.lines if line.stock.removed}
    if len(removed) > MOST_LINES:
        together = Counter[str]()
        for each in removed.values():
            together.update(each)
        most = dict(together.most_common(MOST_REASONS))
        others = together.total() - sum(most.values())
        removed = {f"{len(removed)} parts": {**most, "for other reasons": others}}
    for where, why in removed.items():
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in why.items())
        out.print(f"removed from {where}: {reasons}")


def _print_short(found: Forecast) -> None:
    for task in found.short:
        out.print(f"warning: {task} has too few rows for its share")


def bar(share: float, width: int) -> str:
    """A bar of a share of the width, exact to an eighth of a character.

    >>> bar(0.5, 5), bar(1, 3), bar(0.01, 3)
    ('██▌', '███', '▏')
    """
    eighths = max(1, round(share * width * 8)) if share else 0
    return BLOCKS[8] * (eighths // 8) + BLOCKS[eighths % 8].strip()
