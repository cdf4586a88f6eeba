"""What the rows of a pool say, as the keys beside their shards tell."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Hashes
from mixbuild.curate.quality.duplicates import Digests, Keyed, Numbers
from mixbuild.curate.quality.pool import Part, Pool
from mixbuild.make import read_keys

EVERY = (0, 2**64 - 1)
"""The range of all digests."""


def read_keyed(pool: Pool, low: int, high: int) -> tuple[Keyed, Numbers]:
    """The rows whose inputs' digest begins with a number of a range, and their numbers in the pool.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
    """
    parts: list[tuple[Digests, Digests, Hashes, int]] = []
    found: list[Numbers] = []
    for part in pool.parts:
        keys = keys_of(part)
        digests = numbers_of(keys.column("inputs").combine_chunks())
        inside = np.flatnonzero(
            (digests[:, 0] >= np.uint64(low)) & (digests[:, 0] <= np.uint64(high))
        )
        whole = numbers_of(keys.column("slots").combine_chunks())[inside]
        source_rows = keys.column("source_row").to_numpy()[inside]
        parts.append((digests[inside], whole, source_rows, part.place.number))
        found.append(part.start + inside)
    numbers = np.concatenate([np.zeros(0, np.int64), *found])
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
    return rows, numbers


def keys_of(part: Part) -> pa.Table:
    """The keys of a shard's rows."""
    return read_keys(part.path, unit=part.shard.unit, rows=part.shard.rows)


def numbers_of(digests: pa.FixedSizeBinaryArray) -> Digests:
    """Digests of 16 bytes, each as two numbers."""
    data = np.frombuffer(digests.buffers()[1], "<u8") if len(digests) else np.zeros(0, np.uint64)
    start = 2 * digests.offset
    return data[start : start + 2 * len(digests)].reshape(-1, 2).astype(np.uint64)


def half_of(digests: pa.ChunkedArray) -> Hashes:
    """The first 8 of the 16 bytes of each digest; 0 for null."""
    column = digests.combine_chunks()
    return numbers_of(pc.fill_null(column, bytes(16)) if column.null_count else column)[:, 0]


def twins(slots: Hashes, *before: Hashes) -> Numbers:
    """Of each row, the how-manieth it is, from 0, of those that say the same.

    >>> twins(np.array([7, 5, 7], np.uint64)).tolist()
    [0, 0, 1]

    Args:
        slots: of each row, a digest of what it says.
        before: by what those that say the same are in order; without it, as they lie.
    """
    order = np.lexsort((*before, slots))  # which is stable
    begins = np.flatnonzero(np.diff(slots[order], prepend=~slots[order[:1]]))
    sizes = np.diff(np.append(begins, len(order)))
    twin = np.zeros(len(order), np.int64)
    twin[order] = np.arange(len(order)) - np.repeat(begins, sizes)
    return twin


def some(rows: Keyed, at: Numbers) -> Keyed:
    """Some of the rows."""
    return Keyed(
        rows.inputs[at],
        rows.whole[at],
        rows.task[at],
        rows.place[at],
        rows.train[at],
        rows.source_row[at],
    )
