"""What a mixture will give, or has given: a table of its parts, with bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from mixbuild.cli.terminal.console import out
from mixbuild.cli.terminal.rows import print_row
from mixbuild.cli.terminal.tables import Table, print_table, table
from mixbuild.core import count_of
from mixbuild.curate import (
    BUILD,
    Forecast,
    Line,
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
"""So many parts have a line each; more are added up, so that they fit on a screen."""

MOST_REASONS = 6
"""In that one."""

MOST_NAMES = 6
"""So many tasks are named that have no rows of a split."""

SPARE = ("unused", "times", "removed", "available", "asked")
"""The columns that a narrow terminal does without, the first one first."""

Groups = dict[str, list[Line]]
"""Parts that have a line of the table together, by what stands at its head."""


def print_forecast(found: Forecast, stocks: Mapping[str, Mapping[str, Stock]]) -> None:
    """The table of a mixture, and what is to be known of it beside."""
    _print_lines(found, _each(found))
    for split in ("validation", "test"):
        rows, without = evaluation(stocks, split)
        missing = f"; none of its own: {', '.join(without)}" if without else ""
        out.print(f"{split}: the parts have {count_of(rows, 'row')}{missing}")
    for who in sorted({line.stock.by for line in found.lines if line.stock.estimated}):
        of_build = "says, before train gives up what validation and test ask, too, or take of it"
        told = of_build if who == BUILD else "say, before any row is left out"
        out.print(f"~ estimates: as many as {who} {told}")
    if found.size:
        out.print(
            f"of these as many rows as come to {found.size}, which is known when they are rendered"
        )
    _print_short(found)


def print_mixture(folder: Path, name: str, config: Built, *, new: bool) -> None:
    """The same table of a mixture that was made, exact to the row; and its first row if it is new.

    Many parts are added up by family, so that they fit on a screen.

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
    groups = _each(found)
    if len(groups) > MOST_LINES:
        groups = _by_family(found, {task: part.of.family for task, part in made_of.parts.items()})
    _print_lines(found, groups, unit=made_of.unit)
    for split, entry in config.splits.items():
        without = [task for task, part in made_of.parts.items() if split not in part.splits]
        missing = _none_of(without)
        if split != TRAIN:
            out.print(f"{split}: {count_of(entry.rows, 'row')}{missing}")
    _print_short(found)
    selected = config.splits[TRAIN].selected
    if new and selected is not None:
        places = (each.slice(0, 1) for each in read_selected(folder, selected))
        shards = [(folder / shard.path, shard) for shard in selected.shards]
        print_row(next(gather(places, shards)).to_pylist()[0])


def _each(found: Forecast) -> Groups:
    """Every part by itself."""
    return {", ".join(line.parts): [line] for line in found.lines}


def _by_family(found: Forecast, families: Mapping[str, str]) -> Groups:
    """The parts of each family, the one of most rows first."""
    groups: Groups = {}
    for line in found.lines:
        groups.setdefault(families[line.task], []).append(line)
    return dict(sorted(groups.items(), key=lambda group: -sum(line.rows for line in group[1])))


def _none_of(tasks: Sequence[str]) -> str:
    """The tasks that have no row of a split, or how many they are; nothing where all have."""
    if len(tasks) > MOST_NAMES:
        return f"; {len(tasks):,} tasks have none"
    return f"; none of {', '.join(tasks)}" if tasks else ""


def _print_lines(found: Forecast, groups: Groups, *, unit: str | None = None) -> None:
    """A line for each group, with a bar of its share where there is room; and what was removed."""
    several = any(len(lines) > 1 for lines in groups.values())
    head = [
        "family" if several else "part",
        *("available", "removed", "asked", "rows", "got"),
        *([] if several else ["times"]),
        "unused",
        *([unit] if unit else []),
    ]
    cells = [
        _cells(label, lines, several=several, sized=unit is not None)
        for label, lines in groups.items()
    ]
    widths = Table(head, rows=cells).widths()
    room = min(WIDEST_BAR, out.width - sum(widths) - 2 * len(head))
    bars = out.is_terminal and room >= NARROWEST_BAR
    made = table(*head, *[""] * bars, right=range(1, len(head)), spare=SPARE, whole=True)
    shares = [float(sum(line.share for line in lines)) for lines in groups.values()]
    largest = max(shares, default=0) or 1
    for row, share in zip(cells, shares, strict=True):
        made.add_row(*row, *[bar(share / largest, room)] * bars)
    of = f" of {count_of(len(found.lines), 'task')}" if several else ""
    out.print(f"mixture {found.name}: {count_of(found.rows, 'row')} of train{of}\n")
    print_table(made)
    out.print()
    removed = {line.task: line.stock.removed for line in found.lines if line.stock.removed}
    if len(removed) > MOST_LINES:
        together = Counter[str]()
        for each in removed.values():
            together.update(each)
        most = dict(together.most_common(MOST_REASONS))
        others = together.total() - sum(most.values())
        removed = {f"{len(removed):,} tasks": {**most, "for other reasons": others}}
    for where, why in removed.items():
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in why.items())
        out.print(f"removed from {where}: {reasons}")


def _cells(label: str, lines: Sequence[Line], *, several: bool, sized: bool) -> Sequence[str]:
    """What is said of some parts together, by column."""
    estimated = any(line.stock.estimated for line in lines)
    times = float(lines[0].repetition)
    return [
        label,
        f"{'~' * estimated}{sum(line.stock.rows for line in lines):,}",
        f"{sum(sum(line.stock.removed.values()) for line in lines):,}",
        f"{float(sum(line.asked for line in lines)):.1%}",
        f"{sum(line.rows for line in lines):,}",
        f"{float(sum(line.share for line in lines)):.1%}",
        *([] if several else [f"{times:.2f}".removesuffix("0").removesuffix(".0")]),
        f"{sum(line.unused for line in lines):,}",
        *([f"{sum(line.size or 0 for line in lines):,}"] if sized else []),
    ]


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
