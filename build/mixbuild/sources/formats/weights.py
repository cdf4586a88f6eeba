"""What rows weigh once each of them has its own copy of a text that a file stores once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SourceError
from mixbuild.sources.types import is_bytes, is_list, is_text

Weights = npt.NDArray[np.int64]

LARGEST_ROW_BYTES = 2**31 - 1
"""What Arrow holds in one text, or in one list of texts."""

LARGE_BYTES = 16 * 2**20
"""What is worth giving back to the system as soon as it is done with."""


def give_back(done_bytes: int) -> None:
    """After so many bytes are done with: what Arrow would keep of them, for others of its own."""
    if done_bytes > LARGE_BYTES:
        pa.default_memory_pool().release_unused()


def weigh(batch: pa.RecordBatch) -> Weights:
    """The bytes of each row: int64, of the shape (rows,).

    >>> shared = pa.array(["a text", "a text", None]).dictionary_encode()
    >>> weigh(pa.record_batch({"texts": shared, "numbers": [1, 2, 3]})).tolist()
    [14, 14, 8]
    """
    weights = np.zeros(batch.num_rows, np.int64)
    for column in batch.columns:
        weights += _weigh(column)
    return weights


def _weigh(array: pa.Array) -> Weights:
    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _weigh(array.storage)
    if pa.types.is_dictionary(kind):
        of_each = _weigh(array.dictionary)
        at = array.indices.fill_null(0).to_numpy(zero_copy_only=False)
        found = of_each[at] if len(of_each) else np.zeros(len(array), np.int64)
        named = array.indices.is_valid().to_numpy(zero_copy_only=False)
        return np.where(named, found, 0).astype(np.int64)
    if pa.types.is_string_view(kind) or pa.types.is_binary_view(kind):
        return _weigh(array.cast(pa.large_binary()))  # Arrow does not tell the lengths of views
    if is_text(kind) or is_bytes(kind):
        return _numbers(pc.binary_length(array))
    if pa.types.is_struct(kind):
        weights = np.zeros(len(array), np.int64)
        for child in array.flatten():
            weights += _weigh(child)
        return weights
    if is_list(kind):
        ends = np.cumsum(_numbers(pc.list_value_length(array)))
        before = np.concatenate([[0], np.cumsum(_weigh(pc.list_flatten(array)))])
        starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        held: Weights = before[ends] - before[starts[: len(ends)]]
        return held
    return np.full(len(array), 8, np.int64)


def _numbers(lengths: pa.Array) -> Weights:
    found: Weights = lengths.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def cut(batch: pa.RecordBatch, most: int, *, where: str, first: int) -> Iterator[pa.RecordBatch]:
    """Pieces of a batch, of rows that weigh at most so many bytes together, or of a single one.

    Args:
        batch: rows that may share texts.
        most: the bytes.
        where: the file, for errors.
        first: the number of the batch's first row within the file, for errors.

    Raises:
        SourceError: a row is larger than can be held.
    """
    weights = weigh(batch)
    if len(weights) and (largest := int(weights.max())) > LARGEST_ROW_BYTES:
        raise SourceError(
            f"{where}: row {first + int(weights.argmax())}: expected at most "
            f"{LARGEST_ROW_BYTES:,} bytes in a row, got {largest:,}; take a mirror without it, or "
            f"other splits with --split"
        )
    ends = np.cumsum(weights)
    start = 0
    while start < len(weights):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + most, side="right")))
        yield batch.slice(start, stop - start)
        start = stop
