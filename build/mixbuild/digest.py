r"""The content digest: what rows are worth, whatever file holds them.

For each column in order, the digest covers every value's length and every
value's bytes, as two streams (three for a list: its length, then its values).
It depends on the rows and their order alone: not on batches, files, formats,
compression or library versions. ``build/docs/content-digest.md`` defines it for
readers in other languages.

>>> digest = ContentDigest(pa.schema([("text", pa.string())]))
>>> digest.update(pa.record_batch({"text": ["a", "bc"]}))
>>> whole = digest.hexdigest()
>>> digest = ContentDigest(pa.schema([("text", pa.string())]))
>>> for value in ("a", "bc"):
...     digest.update(pa.record_batch({"text": [value]}))
>>> digest.hexdigest() == whole
True

XXH3-128 notices every accident; it is no proof against forgery. The SHA-256 of
each file is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash


class ContentDigest:
    """Over batches of one schema, of string and list<string> columns without nulls.

    Raises:
        TypeError: the schema has a column of another type.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._kinds = {field.name: _kind(field) for field in schema}
        self._streams = [
            [xxhash.xxh3_128() for _ in range(3 if kind == "list" else 2)]
            for kind in self._kinds.values()
        ]

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch.

        Raises:
            TypeError: its columns are not those of the schema, in order.
            ValueError: there is a null among the values.
        """
        kinds = {field.name: _kind(field) for field in batch.schema}
        if list(kinds.items()) != list(self._kinds.items()):
            raise TypeError(f"expected the columns {self._kinds}, got {kinds}")
        for column, streams in zip(batch.columns, self._streams, strict=True):
            # without rows there are no bytes, and the last stream stays as it is
            for stream, data in zip(streams, _streams(column), strict=False):
                stream.update(data)

    def hexdigest(self) -> str:
        """The digest of the rows so far: 32 hexadecimal digits."""
        lines = (
            f"{name} {' '.join(stream.hexdigest() for stream in streams)}\n"
            for name, streams in zip(self._kinds, self._streams, strict=True)
        )
        return xxhash.xxh3_128("".join(lines).encode()).hexdigest()


def combine(digests: Iterable[str]) -> str:
    """The digest of a split, from the digests of its shards in order."""
    return xxhash.xxh3_128("".join(f"{each}\n" for each in digests).encode()).hexdigest()


def _kind(field: pa.Field) -> str:
    if pa.types.is_string(field.type):
        return "string"
    if pa.types.is_list(field.type) and pa.types.is_string(field.type.value_type):
        return "list"
    raise TypeError(f"{field.name}: expected string or list<string>, got {field.type}")


def _streams(column: pa.Array) -> Iterator[memoryview | pa.Buffer]:
    """The column's lengths as 32-bit little-endian integers, and its bytes."""
    if column.null_count:
        raise ValueError(f"expected no null, got {column.null_count}")
    if pa.types.is_list(column.type):
        yield _lengths(pc.list_value_length(column))
        yield from _streams(pc.list_flatten(column))
        return
    yield _lengths(pc.binary_length(column))
    if not len(column):
        return
    start, stop = (column.offset, column.offset + len(column))
    _, offsets, data = column.buffers()
    if data is not None:
        bounds = np.frombuffer(offsets, dtype=np.int32)
        first, last = int(bounds[start]), int(bounds[stop])
        yield data.slice(first, last - first)


def _lengths(lengths: pa.Array) -> memoryview:
    return memoryview(lengths.to_numpy(zero_copy_only=False).astype("<i4", copy=False)).cast("B")
