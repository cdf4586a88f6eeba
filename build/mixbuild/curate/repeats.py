"""Rows that say what others say: taken out of a pool by their keys, one range of digests at a time.

What says the same has the same digest, so that a range of digests can be judged without the others:
at most ``PASS_ROWS`` rows are held at once, 70 bytes each, whatever a build has.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import Count, Hashes, Record
from mixbuild.curate.duplicates import (
    Digests,
    Keyed,
    Numbers,
    conflicting,
    leaking,
    ranges,
    repeated,
    shared,
)
from mixbuild.curate.pool import Part, Pool
from mixbuild.declare import Exact, Leakage
from mixbuild.make import read_keys, read_shard

PASS_ROWS = 4_000_000

LEAKS = "inputs of an evaluation split"
CONFLICT = "conflicting answers"
DUPLICATE = "duplicate"
DUPLICATE_OF_SPLIT = "duplicate of another split"
DUPLICATE_OF_TASK = "duplicate of another task"


class Leaks(Record, frozen=True):
    """How many different inputs two splits have in common."""

    train: str
    evaluation: str
    inputs: Count


class Overlaps(Record, frozen=True):
    """What the rows of a build say more than once, whether it was taken out or not.

    Attributes:
        leaks: pairs of splits to train on and to evaluate by that have inputs in common.
        conflicts: of each split, how many rows stand beside the same inputs with another answer.
        spanning: of each config, how many groups, such as passages, are in several of its splits.
    """

    leaks: tuple[Leaks, ...]
    conflicts: dict[str, Count]
    spanning: dict[str, Count]


def take_out_repeats(pool: Pool, *, exact: Exact | None, leakage: Leakage | None) -> Overlaps:
    """Take out of a pool what ``exact`` and ``leakage`` ask for; what there is of it, in any case.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
    """
    count = len(pool.places)
    leaks = np.zeros((count, count), np.int64)
    conflicts = np.zeros(count, np.int64)
    for low, high in ranges(len(pool.reasons), most=PASS_ROWS):
        rows, numbers = _read(pool, "inputs", low, high)
        leaks += shared(rows.inputs, rows.place, places=count)
        left = np.flatnonzero(pool.reasons[numbers] == 0)
        if leakage is not None:
            found = left[leaking(rows)[left]]  # of all that is evaluated by, taken out or not
            pool.take_out(numbers[found], LEAKS)
            left = np.flatnonzero(pool.reasons[numbers] == 0)
        if exact is None:
            continue
        rows, numbers = _some(rows, left), numbers[left]
        if exact.conflict != "keep":
            found = np.flatnonzero(conflicting(rows))
            conflicts += np.bincount(rows.place[found], minlength=count)
            if exact.conflict == "drop":
                pool.take_out(numbers[found], CONFLICT)
                left = np.flatnonzero(pool.reasons[numbers] == 0)
                rows, numbers = _some(rows, left), numbers[left]
        _take_out_duplicates(pool, rows, numbers)
    return Overlaps(
        leaks=tuple(_leaks(pool, leaks)),
        conflicts={
            place.name: int(found)
            for place, found in zip(pool.places, conflicts, strict=True)
            if found
        },
        spanning=spans_of(pool),
    )


def spans_of(pool: Pool) -> dict[str, Count]:
    """Of each config whose task declares a group, how many groups are in several of its splits."""
    spanning = {}
    for config in dict.fromkeys(place.config for place in pool.places):
        digests, places = [], []
        for part in pool.parts:
            if part.place.config == config:
                column = _keys(part).column("group").combine_chunks()
                if not column.null_count:
                    digests.append(_numbers(column))
                    places.append(np.full(len(column), part.place.number))
        if digests:
            found = np.unique(
                np.column_stack([np.concatenate(digests), np.concatenate(places)]), axis=0
            )
            _, times = np.unique(found[:, :2], axis=0, return_counts=True)
            spanning[config] = int((times > 1).sum())
    return spanning


def _take_out_duplicates(pool: Pool, rows: Keyed, numbers: Numbers) -> None:
    stays = repeated(rows)
    out = np.flatnonzero(stays != np.arange(len(stays)))
    split = rows.place[out] != rows.place[stays[out]]
    task = rows.task[out] != rows.task[stays[out]]
    for reason, some in (
        (DUPLICATE_OF_TASK, out[task]),
        (DUPLICATE_OF_SPLIT, out[split & ~task]),
        (DUPLICATE, out[~split]),
    ):
        pool.take_out(numbers[some], reason)
        pool.because.update(zip(numbers[some].tolist(), numbers[stays[some]].tolist(), strict=True))


def _read(pool: Pool, column: str, low: int, high: int) -> tuple[Keyed, Numbers]:
    """The rows whose digest begins with a number of a range, and their numbers in the pool."""
    parts: list[tuple[Digests, Digests, Hashes, int]] = []
    found: list[Numbers] = []
    for part in pool.parts:
        keys = _keys(part)
        digests = _numbers(keys.column(column).combine_chunks())
        inside = np.flatnonzero(
            (digests[:, 0] >= np.uint64(low)) & (digests[:, 0] <= np.uint64(high))
        )
        whole = _numbers(keys.column("slots").combine_chunks())[inside]
        parts.append((digests[inside], whole, _source_rows(part, inside), part.place.number))
        found.append(part.start + inside)
    configs = list(dict.fromkeys(place.config for place in pool.places))
    sizes = [len(each[0]) for each in parts]
    place = np.repeat([each[3] for each in parts], sizes).astype(np.int64)
    task = np.array([configs.index(each.config) for each in pool.places], np.int64)
    train = np.array([each.train for each in pool.places], bool)
    rows = Keyed(
        inputs=np.concatenate([np.zeros((0, 2), np.uint64), *(each[0] for each in parts)]),
        whole=np.concatenate([np.zeros((0, 2), np.uint64), *(each[1] for each in parts)]),
        task=task[place],
        place=place,
        train=train[place],
        source_row=np.concatenate([np.zeros(0, np.uint64), *(each[2] for each in parts)]),
    )
    return rows, np.concatenate([np.zeros(0, np.int64), *found])


def _keys(part: Part) -> pa.Table:
    return read_keys(part.path, unit=part.shard.unit, rows=part.shard.rows)


def _numbers(digests: pa.FixedSizeBinaryArray) -> Digests:
    """16 bytes each as two numbers."""
    data = np.frombuffer(digests.buffers()[1], "<u8") if len(digests) else np.zeros(0, np.uint64)
    start = 2 * digests.offset
    return data[start : start + 2 * len(digests)].reshape(-1, 2).astype(np.uint64)


def _source_rows(part: Part, rows: Numbers) -> Hashes:
    """A hash of the source row of some rows of a shard: of their ids, without a template."""
    ids = pa.chunked_array(
        [batch.column("id") for batch in read_shard(part.path, part.shard)], pa.string()
    )
    if part.place.several:
        ids = pc.replace_substring_regex(ids, r"#[a-z][a-z0-9_]*$", "")
    texts = ids.take(pa.array(rows)).cast(pa.binary()).to_pylist()
    return np.array([xxhash.xxh3_64_intdigest(each) for each in texts], np.uint64)


def _some(rows: Keyed, at: Numbers) -> Keyed:
    return Keyed(
        rows.inputs[at],
        rows.whole[at],
        rows.task[at],
        rows.place[at],
        rows.train[at],
        rows.source_row[at],
    )


def _leaks(pool: Pool, table: Numbers) -> Iterator[Leaks]:
    for train in pool.places:
        for evaluation in pool.places:
            inputs = int(table[train.number, evaluation.number])
            if train.train and not evaluation.train and inputs:
                yield Leaks(train=train.name, evaluation=evaluation.name, inputs=inputs)
