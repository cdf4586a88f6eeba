"""Rows that are nearly the same: found among all rows of a pool, and taken out of it.

What rows say is compared once, however many rows say it: 300 bytes are held for each content, and
its shingles are mapped from beside the shards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixbuild.curate.quality.duplicates import Digests, Keyed, Mask, Numbers, groups
from mixbuild.curate.quality.keyed import EVERY, numbers_of, read_keyed, some
from mixbuild.curate.quality.minhash import (
    BANDS,
    Pairs,
    Sets,
    Similarity,
    bands_of,
    candidates,
    clusters,
    near,
)
from mixbuild.curate.quality.pool import Note, Pool
from mixbuild.curate.quality.repeats import LEAKS, give_way
from mixbuild.declare import Near
from mixbuild.make import Clusters, read_shingles

NEAR = "near duplicate"
NEAR_CONFLICT = "nearly conflicting answers"


@dataclass(frozen=True, eq=False)
class Alike:
    """Rows, and which of their contents are near one another.

    Attributes:
        rows: those that were looked at: all that are in, and all to evaluate by.
        numbers: theirs in the pool.
        content: of each row, what it says, as a number.
        pairs: contents with inputs that are near, and not the same. Shape (pairs, 2).
        same_answer: of each pair, whether both answer the same.
        similarity: of each pair, that of each input.
    """

    rows: Keyed
    numbers: Numbers
    content: Numbers
    pairs: Pairs
    same_answer: Mask
    similarity: Similarity

    def first(self) -> Numbers:
        """Of each content, the number in the pool of the row that would stay."""
        return self.numbers[_first(self.rows, self.content)]


def find_alike(pool: Pool, asked: Near) -> Alike:
    """Which contents of a pool are near one another.

    Raises:
        VerifyError: a shard, its keys or its shingles are not what the manifest says.
    """
    rows, numbers = read_keyed(pool, *EVERY)
    looked_at = np.flatnonzero((pool.reasons[numbers] == 0) | ~rows.train)
    rows, numbers = some(rows, looked_at), numbers[looked_at]
    content = groups(rows.whole)
    first = _first(rows, content)
    where = numbers[first]
    bands = np.zeros((len(first), BANDS), np.uint64)
    answers: Digests = np.zeros((len(first), 2), np.uint64)
    sets: list[Sets] = []
    for part in pool.parts:
        table = read_shingles(part.path, unit=part.shard.unit, rows=part.shard.rows)
        sets.append(Sets.of(table.column("shingles").combine_chunks()))
        here = np.flatnonzero((where >= part.start) & (where < part.start + part.shard.rows))
        own = where[here] - part.start
        bands[here] = bands_of(sets[-1], own, seed=asked.seed)
        answers[here] = numbers_of(table.column("answers").combine_chunks())[own]
    pairs = candidates(bands, _rank(rows, first))
    pairs = pairs[(rows.inputs[first[pairs[:, 0]]] != rows.inputs[first[pairs[:, 1]]]).any(axis=1)]
    pairs, similarity = near(where[pairs], sets, threshold=asked.threshold)
    pairs = np.argsort(where)[np.searchsorted(np.sort(where), pairs)]
    same = (answers[pairs[:, 0]] == answers[pairs[:, 1]]).all(axis=1)
    return Alike(rows, numbers, content, pairs, same, similarity)


def take_out_leaking(pool: Pool, alike: Alike) -> None:
    """Take out rows to train on whose inputs are near those of a row to evaluate by."""
    evaluated = np.full(_count(alike), -1)
    at = np.flatnonzero(~alike.rows.train)
    at = at[np.argsort(alike.rows.source_row[at])[::-1]]  # of several, that of the lowest hash
    evaluated[alike.content[at]] = at
    shown_by = np.full(_count(alike), -1)
    for one, other in _both_ways(alike.pairs):
        shown_by[one] = np.where(evaluated[other] >= 0, evaluated[other], shown_by[one])
    leaking = np.flatnonzero(alike.rows.train & (shown_by[alike.content] >= 0))
    shows = alike.numbers[shown_by[alike.content[leaking]]]
    pool.take_out(alike.numbers[leaking], LEAKS, shown_by=shows)


def near_leaks(pool: Pool, alike: Alike) -> dict[tuple[int, int], int]:
    """Of splits to train on and to evaluate by, how many contents of the one are near the other."""
    places = len(pool.places)
    contents = np.unique(alike.pairs)
    rows = np.flatnonzero(np.isin(alike.content, contents))
    held = np.zeros((len(contents), places), bool)
    held[np.searchsorted(contents, alike.content[rows]), alike.rows.place[rows]] = True
    train = np.array([place.train for place in pool.places], bool)
    found: set[tuple[int, int, int]] = set()
    for one, other in _both_ways(np.searchsorted(contents, alike.pairs)):
        for pair in np.flatnonzero(held[one][:, train].any(1) & held[other][:, ~train].any(1)):
            for place in np.flatnonzero(held[one[pair]] & train):
                for evaluation in np.flatnonzero(held[other[pair]] & ~train):
                    found.add((int(place), int(evaluation), int(one[pair])))
    counts: dict[tuple[int, int], int] = {}
    for into, of, _ in found:
        counts[into, of] = counts.get((into, of), 0) + 1
    return counts


def clusters_of(pool: Pool, alike: Alike) -> dict[str, Clusters]:
    """Of each config, the clusters that its rows are in."""
    names = list(dict.fromkeys(place.config for place in pool.places))
    cluster = clusters(alike.pairs, _count(alike))[alike.content]
    near = np.flatnonzero(np.isin(alike.content, alike.pairs))
    sizes = np.bincount(cluster[near], minlength=_count(alike))
    found = {}
    for number, name in enumerate(names):
        own = cluster[near[alike.rows.task[near] == number]]
        if len(own):
            each = np.unique(own)
            found[name] = Clusters(
                clusters=len(each), rows=len(own), largest=int(sizes[each].max())
            )
    return found


def take_out_near(pool: Pool, alike: Alike) -> dict[str, int]:
    """Take out rows that are near one that stays, and answer the same.

    One of those that say just the same stays as well.

    Returns:
        of each split, how many rows stand beside nearly the same inputs with another answer.
    """
    left = np.flatnonzero(pool.reasons[alike.numbers] == 0)
    rows, numbers = some(alike.rows, left), alike.numbers[left]
    present, content = np.unique(alike.content[left], return_inverse=True)
    known = np.isin(alike.pairs, present).all(axis=1)
    pairs = np.searchsorted(present, alike.pairs[known])
    first = _first(rows, content)
    keeper = _keepers(pairs[alike.same_answer[known]], _rank(rows, first))
    stays = first[keeper][content]
    # all renderings of a source row stay together
    stays = np.where(rows.source_row == rows.source_row[stays], np.arange(len(stays)), stays)
    others = pairs[~alike.same_answer[known]]
    others = others[rows.task[first[others[:, 0]]] == rows.task[first[others[:, 1]]]]
    opposite = np.full(len(first), -1)
    for one, other in _both_ways(others[::-1]):
        opposite[one] = first[other]
    beside = np.flatnonzero(opposite[content] >= 0)
    for note in give_way(rows, numbers, stays, NEAR):
        pool.take_out(note.rows, note.what, shown_by=note.shown_by)
    pool.notes.append(Note(NEAR_CONFLICT, numbers[beside], numbers[opposite[content[beside]]]))
    return pool.counted(np.bincount(rows.place[beside], minlength=len(pool.places)))


def _keepers(pairs: Pairs, rank: Numbers) -> Numbers:
    """Of each content, the one that stays in its place: in order, each near none that stays."""
    by_rank = np.argsort(rank)
    ranked = np.sort(rank[pairs], axis=1)
    keeper = np.arange(len(rank))
    for first, second in ranked[np.lexsort((ranked[:, 0], ranked[:, 1]))].tolist():
        if keeper[first] == first and keeper[second] == second:
            keeper[second] = first
    return by_rank[keeper[rank]]


def _first(rows: Keyed, content: Numbers) -> Numbers:
    """Of each content, the row that would stay."""
    order = np.lexsort((rows.source_row, rows.train, content))
    starts = np.ones(len(order), bool)
    starts[1:] = np.diff(content[order]) != 0
    found: Numbers = order[starts]
    return found


def _rank(rows: Keyed, first: Numbers) -> Numbers:
    """In which order contents stay: what is evaluated by before the rest, then by hash."""
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((rows.source_row[first], rows.train[first]))] = np.arange(len(first))
    return rank


def _both_ways(pairs: Pairs) -> Iterator[tuple[Numbers, Numbers]]:
    yield pairs[:, 0], pairs[:, 1]
    yield pairs[:, 1], pairs[:, 0]


def _count(alike: Alike) -> int:
    return int(alike.content.max(initial=-1)) + 1
