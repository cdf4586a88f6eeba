"""One Arrow type for what is the same to a reader, whichever library wrote the file.

Polars and pandas 3 write texts as ``large_string`` or ``string_view``, lists as
``large_list``, categories as ``dictionary``; Arrow's functions take fewer types
than that. So a source's columns are made plain once, where they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa


def plain(kind: pa.DataType) -> pa.DataType:
    """The type that means the same, of ``string`` and ``list`` alone, at any depth.

    >>> plain(pa.struct({"texts": pa.large_list(pa.string_view())}))
    StructType(struct<texts: list<item: string>>)
    >>> plain(pa.list_(pa.field("element", pa.int8())))
    ListType(list<element: int8>)
    """
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(plain(each.type)) for each in kind])
    lists = (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    if any(test(kind) for test in lists):
        return pa.list_(kind.value_field.with_type(plain(kind.value_type)))
    return kind


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema with every type made plain; the same one where they are."""
    fields = [each.with_type(plain(each.type)) for each in schema]
    made = pa.schema(fields, metadata=schema.metadata)
    return schema if made.equals(schema) else made


def plainly(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The batches in plain types: as they are, but for those that have others."""
    known: pa.Schema | None = None
    wanted: pa.Schema | None = None
    for batch in batches:
        if known is None or not batch.schema.equals(known):
            known, wanted = batch.schema, plain_schema(batch.schema)
        yield batch if wanted is known else batch.cast(wanted)
