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
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Rows = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


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
    return hash_numbers(rows, start)


def hash_numbers(numbers: npt.NDArray[np.signedinteger[Any]], hashes: Hashes | np.uint64) -> Hashes:
    """A uniform 64-bit hash of (hash, number) for each pair of them: for choices within a row.

    >>> hash_numbers(np.array([0, 1]), hash_rows(np.array([7, 7]), "options")).tolist()
    [3453600573641083577, 1711765361218672373]
    """
    return _mix(_mix(numbers.astype(np.uint64)) ^ hashes)


def _mix(state: Hashes) -> Hashes:
    """One SplitMix64 step; unsigned overflow wraps, as it must."""
    mixed: Hashes = np.add(state, np.uint64(0x9E3779B97F4A7C15))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed
