r"""The content digest: a hash of rows that is the same in whatever file they lie.

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

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


class ContentDigest:
    """Over batches of one schema, of texts, lists and lists of structs of texts, without nulls.

    Raises:
        TypeError: the schema has a column of another type.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._kinds = {field.name: _kind(field) for field in schema}
        self._streams = [
            [xxhash.xxh3_128() for _ in range(_stream_count(field.type))] for field in schema
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
            for stream, data in zip(streams, _streams(column), strict=True):
                stream.update(data)

    def hexdigest(self) -> str:
        """The digest of the rows so far: 32 hexadecimal digits."""
        lines = (
            f"{name} {' '.join(stream.hexdigest() for stream in streams)}\n"
            for name, streams in zip(self._kinds, self._streams, strict=True)
        )
        return xxhash.xxh3_128("".join(lines).encode()).hexdigest()


class SourceDigest:
    """Over source rows of any type, nulls included, column by column.

    Numbers and truth values count as their text, so that the same rows have the same digest in
    another format. A list counts as its length, then as its items; a struct as its fields.
    """

    def __init__(self) -> None:
        self._streams: dict[str, tuple[xxhash.xxh3_128, xxhash.xxh3_128]] = {}

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch; one without any adds nothing, not even its columns' names."""
        if not batch.num_rows:
            return
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self._add(name, column)

    def hexdigest(self) -> str:
        """The digest of the rows so far: 32 hexadecimal digits."""
        lines = (
            f"{name} {lengths.hexdigest()} {data.hexdigest()}\n"
            for name, (lengths, data) in sorted(self._streams.items())
        )
        return xxhash.xxh3_128("".join(lines).encode()).hexdigest()

    def _add(self, name: str, column: pa.Array) -> None:
        kind = column.type
        if pa.types.is_dictionary(kind):
            self._add(name, column.cast(kind.value_type))
        elif pa.types.is_struct(kind):
            self._add_texts(name, column.is_valid().cast(pa.string()))
            for field, values in zip(kind, column.flatten(), strict=True):
                self._add(f"{name}.{field.name}", values)
        elif any(test(kind) for test in LISTS):
            self._add_texts(f"{name}[]", pc.list_value_length(column).cast(pa.string()))
            self._add(f"{name}[].items", pc.list_flatten(column))
        else:
            self._add_texts(name, column.cast(pa.string()))

    def _add_texts(self, name: str, texts: pa.StringArray) -> None:
        # a mark before each text tells the empty one from null
        marked = pc.binary_join_element_wise("=", texts, "").fill_null("")
        streams = self._streams.setdefault(name, (xxhash.xxh3_128(), xxhash.xxh3_128()))
        for stream, data in zip(streams, _streams(marked), strict=True):
            stream.update(data)


def _kind(field: pa.Field) -> str:
    if pa.types.is_string(field.type):
        return "string"
    if pa.types.is_list(field.type):
        value = field.type.value_type
        if pa.types.is_string(value):
            return "list"
        if pa.types.is_struct(value) and all(pa.types.is_string(each.type) for each in value):
            return f"list<{', '.join(each.name for each in value)}>"
    raise TypeError(f"{field.name}: expected string or list<string>, got {field.type}")


def _stream_count(kind: pa.DataType) -> int:
    """Two for each kind of text, and one for the lengths of lists."""
    if pa.types.is_list(kind):
        value = kind.value_type
        return 1 + 2 * (value.num_fields if pa.types.is_struct(value) else 1)
    return 2


def _streams(column: pa.Array) -> Iterator[memoryview | pa.Buffer | bytes]:
    """The column's lengths as 32-bit little-endian integers, and its bytes.

    Of a list its own lengths, then its values; of structs, field by field.
    """
    if column.null_count:
        raise ValueError(f"expected no null, got {column.null_count}")
    if pa.types.is_list(column.type):
        yield _lengths(pc.list_value_length(column))
        yield from _streams(pc.list_flatten(column))
        return
    if pa.types.is_struct(column.type):
        for values in column.flatten():
            yield from _streams(values)
        return
    yield _lengths(pc.binary_length(column))
    data = column.buffers()[2] if len(column) else None
    if data is None:
        yield b""
        return
    ends = np.frombuffer(column.buffers()[1], np.int32)
    first, last = int(ends[column.offset]), int(ends[column.offset + len(column)])
    yield data.slice(first, last - first)


def _lengths(lengths: pa.Array) -> memoryview:
    return memoryview(lengths.to_numpy(zero_copy_only=False).astype("<i4", copy=False)).cast("B")
