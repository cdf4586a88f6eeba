r"""Duplicates, conflicts and leakage, by what rows say: decided on digests, whatever their order.

>>> def digests(*texts): return np.array([[0, ord(text)] for text in texts], np.uint64)
>>> rows = Keyed(
...     inputs=digests(*"aaab"), whole=digests(*"xxyz"), task=np.zeros(4, int),
...     place=np.array([0, 0, 0, 1]), train=np.array([True] * 4),
...     source_row=np.array([7, 5, 6, 4], np.uint64),
... )
>>> repeated(rows).tolist(), conflicting(rows).tolist()
([1, 1, 2, 3], [2, 2, 1, -1])
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mixbuild.core import Hashes

Digests: TypeAlias = npt.NDArray[np.uint64]
"""16 bytes of each row, as two numbers. Shape (rows, 2)."""

Numbers: TypeAlias = npt.NDArray[np.int64]
Mask: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Keyed:
    """What is known of rows without their texts.

    Attributes:
        inputs: the digest of what a row asks.
        whole: the digest of what it asks and answers.
        task: a number for each task.
        place: a number for each split of each config.
        train: whether the row is of a split to train on; the others are to evaluate by.
        source_row: a hash of the source row that it is made of: of its id, without a template.
    """

    inputs: Digests
    whole: Digests
    task: Numbers
    place: Numbers
    train: Mask
    source_row: Hashes


def groups(digests: Digests, *also: Numbers) -> Numbers:
    """A number for each row: the same where its digest and all the other columns are the same."""
    columns = (digests[:, 0], digests[:, 1], *also)
    order = np.lexsort(columns)
    starts = np.zeros(len(order), np.int64)
    for column in columns:
        starts[1:] |= np.diff(column[order]) != 0
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(starts)
    return found


def leaking(rows: Keyed) -> Numbers:
    """For each row to train on, one to evaluate by that has the same inputs; -1 where none has."""
    group = groups(rows.inputs)
    shows = _first(rows, group, np.flatnonzero(~rows.train))
    return np.where(rows.train, shows[group], -1)


def conflicting(rows: Keyed) -> Numbers:
    """For each row, one of its task that has the same inputs and another answer; -1 where none has.

    A row to evaluate by is judged by its like alone, so that nothing in train takes it out.
    """
    group, whole = groups(rows.inputs, rows.task), groups(rows.whole)
    found = np.full(len(group), -1)
    for judged, among in ((~rows.train, ~rows.train), (rows.train, np.ones_like(rows.train))):
        at = np.flatnonzero(among)
        one = _first(rows, group, at)
        other = _first(rows, group, at[whole[at] != whole[one[group[at]]]])
        own = np.flatnonzero(judged)
        mine = one[group[own]]
        found[own] = np.where(whole[own] == whole[mine], other[group[own]], mine)
    return found


def repeated(rows: Keyed) -> Numbers:
    """For each row, the one of those that say the same which stays; itself, where it stays.

    Of rows to train on and to evaluate by, one of the latter; of several, the one with the lowest
    ``source_row``. All renderings of a source row stay together.
    """
    group = groups(rows.whole)
    order = np.lexsort((rows.source_row, rows.train, group))
    first = np.ones(len(order), bool)
    first[1:] = np.diff(group[order]) != 0
    winners = order[first][group]
    same = rows.source_row == rows.source_row[winners]
    return np.where(same, np.arange(len(group)), winners)


def _first(rows: Keyed, group: Numbers, at: Numbers) -> Numbers:
    """Of each group, which of some rows has the lowest ``source_row``; -1 where it has none."""
    found = np.full(len(group) + 1, -1)
    ordered = at[np.argsort(rows.source_row[at], kind="stable")][::-1]
    found[group[ordered]] = ordered  # of several, the last one is kept
    return found


def shared(digests: Digests, place: Numbers, *, places: int) -> Numbers:
    """How many different digests each two places have in common. Shape (places, places)."""
    group = groups(digests)
    pairs = np.unique(group * places + place)
    group, place = np.divmod(pairs, places)
    several = np.bincount(group)[group] > 1
    _, group = np.unique(group[several], return_inverse=True)
    table = np.zeros((places, places), np.int64)
    held = np.zeros((int(group.max(initial=-1)) + 1, places), bool)
    held[group, place[several]] = True
    for one in range(places):
        table[one] = held[held[:, one]].sum(axis=0)
    return table


def ranges(rows: int, *, most: int) -> Iterator[tuple[int, int]]:
    """Ranges of the first number of a digest, such that about ``most`` rows fall into each.

    >>> [(hex(low), hex(high)) for low, high in ranges(10, most=5)]
    [('0x0', '0x7fffffffffffffff'), ('0x8000000000000000', '0xffffffffffffffff')]
    """
    parts = max(1, -(-rows // most))
    for part in range(parts):
        yield part * 2**64 // parts, (part + 1) * 2**64 // parts - 1
