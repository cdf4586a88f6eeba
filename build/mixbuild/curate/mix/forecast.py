"""What a mixture will give, before anything is rendered: rows of each task, and what is missing.

The rows that there are come from what is at hand: a build's manifest, which knows them exactly; the
lock; or the source's files, whose rows are counted and not read. The last two do not know yet which
rows will be left out, and none which rows train has in common with an evaluation split and gives up
for it, so what they say is an estimate, and more rather than less.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from mixbuild.core import MixtureError
from mixbuild.declare import (
    EVERY,
    TRAIN,
    Mixture,
    Task,
    allocate,
    apportioned,
    leaves,
    quotas,
    size_of,
    trains,
)
from mixbuild.make import Manifest, OfMixture, OfTask, Request, plan
from mixbuild.render import choose_templates
from mixbuild.sources import count_rows, entry_of

BUILD = "the build"
LOCK = "the lock"
FILES = "the source's files"


@dataclass(frozen=True)
class Stock:
    """The rows of a task's split that there are to take from.

    Attributes:
        rows: how many.
        removed: how many were left out, by reason.
        by: who says so.
        gives_way: whether evaluation splits may take rows out of it yet.
    """

    rows: int
    removed: Mapping[str, int] = field(default_factory=dict)
    by: str = BUILD
    gives_way: bool = False

    @property
    def estimated(self) -> bool:
        """Whether rows may be left out of it yet."""
        return self.by != BUILD or self.gives_way


@dataclass(frozen=True)
class Line:
    """What a mixture takes of one task.

    Attributes:
        task: its name.
        parts: the parts through which it is in the mixture, ``maths > gsm8k``.
        stock: the rows that there are.
        asked: its share of the whole, as the recipe asks for it.
        rows: how many are taken, each copy of a row counted.
        share: its share of what is taken.
        size: what is taken in characters or tokens; None where that is not known, or not asked for.
    """

    task: str
    parts: tuple[str, ...]
    stock: Stock
    asked: Fraction
    rows: int
    share: Fraction
    size: int | None = None

    @property
    def repetition(self) -> Fraction:
        """How often each row is taken, on the average of those that are taken at all."""
        return max(Fraction(self.rows, max(1, self.stock.rows)), Fraction(bool(self.rows)))

    @property
    def unused(self) -> int:
        """Rows that are never taken."""
        return max(0, self.stock.rows - self.rows)


@dataclass(frozen=True)
class Forecast:
    """What comes of a mixture.

    Attributes:
        name: the mixture's.
        lines: one for each of its tasks, in the order of its parts.
        fault: why it cannot be made, naming what could; None where it can.
        short: the tasks that have too few rows, where the others then give more, or there are less.
        size: of which size rows are asked for, ``3,000 characters``, where it is not a number of
            rows: how many come to that is known when they are rendered, and the lines have the most
            that there may be.
    """

    name: str
    lines: tuple[Line, ...]
    fault: MixtureError | None
    short: tuple[str, ...]
    size: str | None = None

    @property
    def rows(self) -> int:
        """Of all lines together."""
        return sum(line.rows for line in self.lines)


def stocks_of(task: Task, request: Request, there: Manifest | None) -> dict[str, Stock]:
    """The rows of each split of a task. Renders nothing, and reads no row.

    Args:
        task: the declaration.
        request: how it is made.
        there: a build that may hold it already.

    Raises:
        MixError: the source cannot be found or is not as declared, or there is no such template.
    """
    asked = request.asked(task.name)
    choose_templates(task, asked.templates)  # which the lock and a build do not ask for
    chosen = request.splits_of(task) or tuple(task.splits)
    config = there.configs.get(task.name) if there else None
    if (
        config is not None
        and isinstance(config.made_of, OfTask)
        and config.made_of.asked == asked
        and (TRAIN in config.splits or TRAIN not in chosen)  # of which mixtures are made
    ):
        evaluated = any(not trains(split) for split in config.splits)
        return {
            split: Stock(each.rows, dict(each.drops), gives_way=evaluated and split == TRAIN)
            for split, each in config.splits.items()
        }
    entry = None if task.name in request.sources else entry_of(request.lock, task)
    counted = {} if entry is None else {name: each.rows for name, each in entry.splits.items()}
    if all(task.splits.get(split) in counted for split in chosen):
        known, by = {split: counted[task.splits[split]] for split in chosen}, LOCK
    else:
        units = plan(task, request).units
        known = {split: sum(count_rows(unit.run) for unit in each) for split, each in units.items()}
        by = FILES
    times = len(task.templates) if asked.templates == EVERY else 1
    return {
        split: Stock(min(rows, asked.max_rows or rows) * times, by=by)
        for split, rows in known.items()
    }


def forecast(name: str, mixture: Mixture, stocks: Mapping[str, Stock]) -> Forecast:
    """What comes of a mixture, with the rows that there are of each of its tasks.

    Args:
        name: the mixture's.
        mixture: with nothing but tasks as its innermost parts.
        stocks: task -> the rows of its train split.
    """
    if mixture.validation or mixture.test:
        stocks = {task: replace(stock, gives_way=True) for task, stock in stocks.items()}
    available = {task: stock.rows for task, stock in stocks.items()}
    parts: dict[str, list[str]] = {}
    for path, _ in leaves(mixture):
        parts.setdefault(path[-1], []).append(" > ".join(path))
    fault: MixtureError | None = None
    asked: dict[str, Fraction] = {}
    rows: Mapping[str, int] = {}
    try:
        rows = allocate(name, mixture, available)
    except MixtureError as error:
        fault = error
    total = mixture.total or sum(rows.values())
    with contextlib.suppress(MixtureError):  # which is the fault already
        if total and all(available[task] for task in parts):
            exactly = {task: quota.of(total) for task, quota in quotas(mixture, available).items()}
            asked = {task: max(Fraction(0), each) / total for task, each in exactly.items()}
            rows = rows or apportioned(exactly, total)
    taken = sum(rows.values())
    lines = tuple(
        Line(
            task,
            tuple(parts[task]),
            stocks[task],
            asked.get(task, Fraction(0)),
            rows.get(task, 0),
            Fraction(rows.get(task, 0), max(1, taken)),
        )
        for task in sorted(parts, key=parts.__getitem__)
    )
    wanted = apportioned(asked, total) if asked and not fault else {}
    short = tuple(line.task for line in lines if line.rows < wanted.get(line.task, 0))
    size = size_of(mixture)
    return Forecast(name, lines, fault, short, f"{size[0]:,} {size[1]}" if size else None)


def outcome(name: str, made_of: OfMixture) -> Forecast:
    """What came of a mixture that was made."""
    taken = {task: part.splits[TRAIN] for task, part in made_of.parts.items()}
    total = sum(each.rows for each in taken.values())
    asked = {task: Fraction(each.asked) for task, each in taken.items()}
    lines = tuple(
        Line(
            task,
            (task,),
            Stock(each.available, each.removed),
            asked[task],
            each.rows,
            Fraction(each.rows, total),
            each.size,
        )
        for task, each in taken.items()
    )
    wanted = apportioned(asked, total)
    return Forecast(
        name, lines, None, tuple(line.task for line in lines if line.rows < wanted[line.task])
    )


def evaluation(
    stocks: Mapping[str, Mapping[str, Stock]], split: str
) -> tuple[int, Collection[str]]:
    """How many rows an evaluation split of tasks has together, and the tasks that have none."""
    rows = sum(each[split].rows for each in stocks.values() if split in each)
    return rows, [task for task, each in stocks.items() if split not in each]
