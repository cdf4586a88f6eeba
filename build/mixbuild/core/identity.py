"""Row ids, and choices made by hashing them.

A row's id says where it came from. Whatever is chosen at random for a row is
chosen by a hash of (seed, purpose, id's parts), never by a running generator:
the choice is the same in every build, in any order, on any machine, and one row
can be made again alone.

>>> row_ids("squad", "train", "train.jsonl", np.array([0, 1])).to_pylist()
['squad/train/train.jsonl:0', 'squad/train/train.jsonl:1']
>>> row_ids("squad", "train", "train.jsonl", np.array([7]), template="seed").to_pylist()
['squad/train/train.jsonl:7#seed']
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


GAMMA = 0x9E3779B97F4A7C15
"""From one state of SplitMix64 to the next."""


def row_ids(
    task: str, split: str, file: str, rows: Rows, *, template: str | None = None
) -> pa.StringArray:
    """``task/split/file:row``, and ``#template`` when several render the row. Shape (rows,)."""
    numbers = pc.cast(pa.array(rows), pa.string())
    parts = [f"{task}/{split}/{file}:", numbers, *([] if template is None else [f"#{template}"])]
    ids: pa.StringArray = pc.binary_join_element_wise(*parts, "")
    return ids


def hash_rows(rows: Rows, *parts: str | int) -> Hashes:
    """A uniform 64-bit hash of (parts, row) for each row. Shape (rows,).

    The parts go through BLAKE2b once; the row numbers through SplitMix64
    (Steele et al. 2014, "Fast splittable pseudorandom number generators"), the
    same integer arithmetic on every platform.

    >>> hash_rows(np.array([0, 1]), 42, "squad").tolist()
    [6630591447661496762, 4194250211597211676]
    """
    key = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    start = np.uint64(int.from_bytes(key, "little"))
    return _mix(_mix(rows.astype(np.uint64)) ^ start)


def shuffled(count: int, hashes: Hashes) -> npt.NDArray[np.unsignedinteger]:
    """For each hash, at which places so many things stand, in one of all their orders.

    The things come one after the other, each to a place among those before it (Lehmer's code), by
    32 bits of the hash's own SplitMix64 sequence.

    >>> shuffled(4, hash_rows(np.array([7, 8]), "options")).T.tolist()
    [[3, 0, 2, 1], [0, 1, 2, 3]]

    Returns:
        each thing's place, from 0. Shape (count, len(hashes)).
    """
    places = np.zeros((count, len(hashes)), np.min_scalar_type(count))
    for thing in range(1, count):
        if thing % 2:
            both = _mix(hashes + np.uint64(thing // 2 * GAMMA % 2**64))
            bits = both >> np.uint64(32)
        else:
            bits = both & np.uint64(2**32 - 1)
        bits *= np.uint64(thing + 1)
        bits >>= np.uint64(32)
        place = bits.astype(places.dtype)
        places[:thing] += places[:thing] >= place
        places[thing] = place
    return places


def _mix(state: Hashes) -> Hashes:
    """One SplitMix64 step; unsigned overflow wraps, as it must."""
    mixed: Hashes = np.add(state, np.uint64(GAMMA))
    shifted = np.empty_like(mixed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= np.right_shift(mixed, np.uint64(shift), out=shifted)
        mixed *= np.uint64(factor)
    mixed ^= np.right_shift(mixed, np.uint64(31), out=shifted)
    return mixed
