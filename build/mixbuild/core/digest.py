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

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

FACTORS = (0x9E3779B97F4A7C15, 0x94D049BB133111EB)
"""What a place in a sum modulo 2**64 counts for, in each half of a hash: of those of SplitMix64,
whose powers repeat after 2**62 places only."""

TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
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

    Rows may be read in parts, each with a digest of its own, whatever reads them and whenever:
    added to each other in order, those are the digest of the whole.

    >>> one, other, whole = SourceDigest(), SourceDigest(), SourceDigest()
    >>> one.update(pa.record_batch({"text": ["a"]}))
    >>> other.update(pa.record_batch({"text": ["bc", None]}))
    >>> whole.update(pa.record_batch({"text": ["a", "bc", None]}))
    >>> one.add(other.rows, other.parts)
    >>> one.hexdigest() == whole.hexdigest()
    True
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sums: dict[str, tuple[int, int, int]] = {}

    def update(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch; one without any adds nothing, not even its columns' names."""
        if not batch.num_rows:
            return
        self.rows += batch.num_rows
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            self._add(name, column)

    @property
    def parts(self) -> dict[str, str]:
        """All that there is of it, to be added to another: by stream, its values and their sum."""
        return {name: f"{n} {one:016x}{two:016x}" for name, (n, one, two) in self._sums.items()}

    def add(self, rows: int, parts: Mapping[str, str]) -> None:
        """Add the rows that come next, by their number and the ``parts`` of their digest."""
        self.rows += rows
        for name, part in parts.items():
            count, _, both = part.partition(" ")
            self._append(name, int(count), int(both[:16], 16), int(both[16:], 16))

    def hexdigest(self) -> str:
        """The digest of the rows so far: 32 hexadecimal digits."""
        lines = (f"{name} {part}\n" for name, part in sorted(self.parts.items()))
        return xxhash.xxh3_128_hexdigest("".join(lines).encode())

    def _add(self, name: str, column: pa.Array) -> None:
        kind = column.type
        if pa.types.is_dictionary(kind):
            self._add(name, column.cast(kind.value_type))
        elif pa.types.is_struct(kind):
            self._add_values(name, column.is_valid())
            for field, values in zip(kind, column.flatten(), strict=True):
                self._add(f"{name}.{field.name}", values)
        elif any(test(kind) for test in LISTS):
            self._add_values(f"{name}[]", pc.list_value_length(column))
            self._add(f"{name}[].items", pc.list_flatten(column))
        else:
            self._add_values(name, column)

    def _add_values(self, name: str, column: pa.Array) -> None:
        """Add each value's XXH3-128; of numbers, once for all that are alike."""
        texts, at = column, None
        if not any(test(column.type) for test in TEXTS):
            encoded = column.dictionary_encode(null_encoding="encode")
            texts, at = encoded.dictionary, encoded.indices.to_numpy()
        # a mark before each text tells the empty one from null
        marked = pc.binary_join_element_wise("=", texts.cast(pa.string()), "").fill_null("")
        lengths, data = _streams(marked)
        ends = np.cumsum(np.frombuffer(lengths, "<i4"), dtype=np.int64).tolist()
        values, hash_of = memoryview(data), xxhash.xxh3_128_digest
        hashes = b"".join([hash_of(values[a:b]) for a, b in pairwise([0, *ends])])
        both = np.frombuffer(hashes, ">u8").reshape(-1, 2).astype(np.uint64)
        one, two = (both if at is None else both[at]).T
        self._append(name, len(one), _sum(one, FACTORS[0]), _sum(two, FACTORS[1]))

    def _append(self, name: str, count: int, one: int, two: int) -> None:
        """Add values that come next: those before them count their factor once more for each."""
        known, *sums = self._sums.get(name, (0, 0, 0))
        before = (
            pow(factor, count, 2**64) * each for factor, each in zip(FACTORS, sums, strict=True)
        )
        one, two = ((old + new) % 2**64 for old, new in zip(before, (one, two), strict=True))
        self._sums[name] = known + count, one, two


def _sum(hashes: npt.NDArray[np.uint64], factor: int) -> int:
    """``hashes[0] * factor**(n - 1) + ... + hashes[n - 1]``; what overflows wraps, as it must."""
    powers = np.full(len(hashes), factor, np.uint64)
    powers[:1] = 1
    return int(np.sum(np.cumprod(powers)[::-1] * hashes, dtype=np.uint64))


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
