"""Rows that say what others say: taken out of a pool by their keys, one range of digests at a time.

What says the same has the same digest, so that a range of digests is judged without the others, by
whatever process: in each at most ``RANGE_ROWS`` rows are held at once, 80 bytes each, whatever a
build has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mixbuild.core import Count
from mixbuild.curate.quality.duplicates import (
    Keyed,
    Numbers,
    conflicting,
    leaking,
    ranges,
    repeated,
    shared,
)
from mixbuild.curate.quality.keyed import keys_of, numbers_of, read_keyed, some
from mixbuild.curate.quality.pool import Bits, Note, Pool, are_set
from mixbuild.curate.quality.run import Run
from mixbuild.declare import Exact, Leakage
from mixbuild.make import Leaks, Overlaps

RANGE_ROWS = 1_000_000

LEAKS = "inputs of an evaluation split"
CONFLICT = "conflicting answers"
DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Range:
    """The rows whose inputs' digest begins with a number from ``low`` to ``high``."""

    low: int
    high: int

    @property
    def name(self) -> str:
        """For people."""
        return f"rows whose digest begins with {self.low:016x} to {self.high:016x}"


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of every range.

    Attributes:
        pool: the shards.
        out: which rows are out already.
        exact: how rows that say the same are judged.
        leakage: how inputs that are evaluated by are.
    """

    pool: Pool
    out: Bits
    exact: Exact | None
    leakage: Leakage | None


@dataclass(frozen=True, eq=False)
class Judged:
    """What was found in a range.

    Attributes:
        taken: rows to be taken out, in turn.
        notes: what else there is to say of rows.
        leaks: of each two splits, how many inputs they have in common. Shape (places, places).
    """

    taken: tuple[Note, ...]
    notes: tuple[Note, ...]
    leaks: Numbers


def take_out_repeats(
    pool: Pool,
    *,
    exact: Exact | None,
    leakage: Leakage | None,
    run: Run,
    near: Mapping[tuple[int, int], int] | None = None,
) -> Overlaps:
    """Take out of a pool what ``exact`` and ``leakage`` ask for; what there is of it, in any case.

    Args:
        pool: the rows.
        exact: how rows that say the same are judged.
        leakage: how inputs that are evaluated by are.
        run: where ranges are judged, if there are several.
        near: of pairs of splits, how many rows of the one are near one of the other.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
    """
    count = len(pool.places)
    leaks = np.zeros((count, count), np.int64)
    conflicts = np.zeros(count, np.int64)
    units = [Range(*each) for each in ranges(len(pool.reasons), most=RANGE_ROWS)]
    places = np.array([part.place.number for part in pool.parts], np.int64)
    for _, judged in run(units, judge, shared=Asked(pool.bare, pool.out, exact, leakage)):
        leaks += judged.leaks
        for note in judged.taken:
            pool.take_out(note.rows, note.what, shown_by=note.shown_by)
        for note in judged.notes:
            part = np.searchsorted(pool.starts, note.rows, "right") - 1
            conflicts += np.bincount(places[part], minlength=count)
            pool.notes.append(note)
    return Overlaps(
        leaks=tuple(_leaks(pool, leaks, near or {})),
        conflicts=pool.counted(conflicts),
        spanning=spans_of(pool),
    )


def judge(unit: Range, asked: Asked) -> Judged:
    """Judge the rows of a range, wherever that is.

    Raises:
        VerifyError: the keys of a shard are not what the manifest says.
    """
    pool, exact = asked.pool, asked.exact
    rows, numbers = read_keyed(pool, unit.low, unit.high)
    leaks = shared(rows.inputs, rows.place, places=len(pool.places))
    left = ~are_set(asked.out, numbers)
    taken: list[Note] = []
    notes: list[Note] = []
    if asked.leakage is not None:
        shows = leaking(rows)  # of all that is evaluated by, taken out or not
        found = np.flatnonzero(left & (shows >= 0))
        taken.append(Note(LEAKS, numbers[found], numbers[shows[found]]))
        left[found] = False
    if exact is not None:
        rows, numbers = some(rows, np.flatnonzero(left)), numbers[left]
        if exact.conflict != "keep":
            shows = conflicting(rows)
            found = np.flatnonzero(shows >= 0)
            notes.append(Note(CONFLICT, numbers[found], numbers[shows[found]]))
            if exact.conflict == "drop":
                taken += notes
                agree = np.flatnonzero(shows < 0)
                rows, numbers = some(rows, agree), numbers[agree]
        taken += give_way(rows, numbers, repeated(rows), DUPLICATE)
    return Judged(tuple(taken), tuple(notes), leaks)


def spans_of(pool: Pool) -> dict[str, Count]:
    """Of each config whose task declares a group, how many groups are in several of its splits."""
    spanning = {}
    for config in dict.fromkeys(place.config for place in pool.places):
        digests, places = [], []
        for part in pool.parts:
            if part.place.config == config:
                column = keys_of(part).column("group").combine_chunks()
                if not column.null_count:
                    digests.append(numbers_of(column))
                    places.append(np.full(len(column), part.place.number))
        if digests:
            found = np.unique(
                np.column_stack([np.concatenate(digests), np.concatenate(places)]), axis=0
            )
            _, times = np.unique(found[:, :2], axis=0, return_counts=True)
            spanning[config] = int((times > 1).sum())
    return spanning


def give_way(rows: Keyed, numbers: Numbers, stays: Numbers, what: str) -> Iterator[Note]:
    """Rows of which another one says the same, or nearly, by whether that is of their split.

    Args:
        rows: those that are judged.
        numbers: theirs in the pool.
        stays: of each, which one of them stays in its place; itself, where it stays.
        what: the reason.
    """
    out = np.flatnonzero(stays != np.arange(len(stays)))
    split = rows.place[out] != rows.place[stays[out]]
    task = rows.task[out] != rows.task[stays[out]]
    for reason, at in (
        (f"{what} of another task", out[task]),
        (f"{what} of another split", out[split & ~task]),
        (what, out[~split]),
    ):
        yield Note(reason, numbers[at], numbers[stays[at]])


def _leaks(pool: Pool, table: Numbers, near: Mapping[tuple[int, int], int]) -> Iterator[Leaks]:
    for train in pool.places:
        for evaluation in pool.places:
            inputs = int(table[train.number, evaluation.number])
            also = near.get((train.number, evaluation.number), 0)
            if train.train and not evaluation.train and (inputs or also):
                yield Leaks(train=train.name, evaluation=evaluation.name, inputs=inputs, near=also)
