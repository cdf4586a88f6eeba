"""Rows that say what others say: taken out of a pool by their keys, one range of digests at a time.

What says the same has the same digest, so that a range of digests can be judged without the others:
at most ``PASS_ROWS`` rows are held at once, 70 bytes each, whatever a build has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mixbuild.core import Count
from mixbuild.curate.duplicates import (
    Keyed,
    Numbers,
    conflicting,
    leaking,
    ranges,
    repeated,
    shared,
)
from mixbuild.curate.keyed import keys_of, numbers_of, read_keyed, some
from mixbuild.curate.pool import Pool
from mixbuild.declare import Exact, Leakage
from mixbuild.make import Leaks, Overlaps

PASS_ROWS = 4_000_000

LEAKS = "inputs of an evaluation split"
CONFLICT = "conflicting answers"
DUPLICATE = "duplicate"


def take_out_repeats(
    pool: Pool,
    *,
    exact: Exact | None,
    leakage: Leakage | None,
    near: Mapping[tuple[int, int], int] | None = None,
) -> Overlaps:
    """Take out of a pool what ``exact`` and ``leakage`` ask for; what there is of it, in any case.

    Args:
        pool: the rows.
        exact: how rows that say the same are judged.
        leakage: how inputs that are evaluated by are.
        near: of pairs of splits, how many rows of the one are near one of the other.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
    """
    count = len(pool.places)
    leaks = np.zeros((count, count), np.int64)
    conflicts = np.zeros(count, np.int64)
    for low, high in ranges(len(pool.reasons), most=PASS_ROWS):
        rows, numbers = read_keyed(pool, "inputs", low, high)
        leaks += shared(rows.inputs, rows.place, places=count)
        left = np.flatnonzero(pool.reasons[numbers] == 0)
        if leakage is not None:
            found = left[leaking(rows)[left]]  # of all that is evaluated by, taken out or not
            pool.take_out(numbers[found], LEAKS)
            left = np.flatnonzero(pool.reasons[numbers] == 0)
        if exact is None:
            continue
        rows, numbers = some(rows, left), numbers[left]
        if exact.conflict != "keep":
            found = np.flatnonzero(conflicting(rows))
            conflicts += np.bincount(rows.place[found], minlength=count)
            if exact.conflict == "drop":
                pool.take_out(numbers[found], CONFLICT)
                left = np.flatnonzero(pool.reasons[numbers] == 0)
                rows, numbers = some(rows, left), numbers[left]
        give_way(pool, rows, numbers, repeated(rows), DUPLICATE)
    return Overlaps(
        leaks=tuple(_leaks(pool, leaks, near or {})),
        conflicts={
            place.name: int(found)
            for place, found in zip(pool.places, conflicts, strict=True)
            if found
        },
        spanning=spans_of(pool),
        near_conflicts={},
    )


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


def give_way(pool: Pool, rows: Keyed, numbers: Numbers, stays: Numbers, what: str) -> None:
    """Take out rows of which another one says the same, or nearly.

    Args:
        pool: the rows.
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
        pool.take_out(numbers[at], reason)
        pool.because.update(zip(numbers[at].tolist(), numbers[stays[at]].tolist(), strict=True))


def _leaks(pool: Pool, table: Numbers, near: Mapping[tuple[int, int], int]) -> Iterator[Leaks]:
    for train in pool.places:
        for evaluation in pool.places:
            inputs = int(table[train.number, evaluation.number])
            also = near.get((train.number, evaluation.number), 0)
            if train.train and not evaluation.train and (inputs or also):
                yield Leaks(train=train.name, evaluation=evaluation.name, inputs=inputs, near=also)
