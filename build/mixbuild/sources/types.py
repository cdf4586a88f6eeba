"""One Arrow type for what is the same to a reader, whichever library or file it comes from.

Polars and pandas 3 write texts as ``large_string`` or ``string_view``, lists as ``large_list``,
categories as ``dictionary``; Arrow's functions take fewer types than that. One file of a source
has ``int32`` where another has ``int64``, or no type at all where it has no value. So columns are
made plain, and given the type that all files have in common, where they are read.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Rows, SchemaError
from mixbuild.declare import Path as ColumnPath

WRONG_VALUES = (pa.ArrowException, ArithmeticError, ValueError, TypeError)
"""What Arrow raises for a value that does not fit a type."""


def plain(kind: pa.DataType) -> pa.DataType:
    """The type that means the same, of ``string`` and ``list`` alone, at any depth.

    >>> plain(pa.struct({"texts": pa.large_list(pa.string_view())}))
    StructType(struct<texts: list<item: string>>)
    >>> plain(pa.dictionary(pa.int8(), pa.large_string())), plain(pa.bool8())
    (DataType(string), DataType(int8))
    """
    if isinstance(kind, pa.BaseExtensionType):
        return plain(kind.storage_type)
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return plain(kind.value_type)
    if is_text(kind):
        return pa.string()
    if is_bytes(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(each.name, plain(each.type)) for each in kind])
    if is_list(kind):
        return pa.list_(plain(kind.value_type))
    if pa.types.is_map(kind):
        return pa.map_(plain(kind.key_type), plain(kind.item_type))
    return kind


def is_text(kind: pa.DataType) -> bool:
    """Whether it is one of Arrow's three types of text."""
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(kind) for test in tests)


def is_bytes(kind: pa.DataType) -> bool:
    """Whether it is one of Arrow's types of bytes."""
    tests = (
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_binary_view,
        pa.types.is_fixed_size_binary,
    )
    # a decimal is stored like bytes of a fixed size, and is none
    return not pa.types.is_decimal(kind) and any(test(kind) for test in tests)


def is_list(kind: pa.DataType) -> bool:
    """Whether it is one of Arrow's five types of list."""
    tests = (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    return any(test(kind) for test in tests)


def common(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The type that holds what either of two plain types holds; None where there is none.

    >>> common(pa.int32(), pa.int64()), common(pa.null(), pa.string())
    (DataType(int64), DataType(string))
    >>> common(pa.struct({"a": pa.null()}), pa.struct({"b": pa.bool_(), "a": pa.int8()}))
    StructType(struct<a: int8, b: bool>)
    >>> common(pa.int64(), pa.string())
    """
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        return _common_struct(one, other)
    if pa.types.is_list(one) and pa.types.is_list(other):
        inner = common(one.value_type, other.value_type)
        return None if inner is None else pa.list_(inner)
    if pa.types.is_integer(one) and pa.types.is_integer(other):
        unsigned = pa.types.is_unsigned_integer(one) and pa.types.is_unsigned_integer(other)
        return pa.uint64() if unsigned else pa.int64()
    if all(pa.types.is_integer(each) or pa.types.is_floating(each) for each in (one, other)):
        return pa.float64()
    return None


def _common_struct(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    fields: dict[str, pa.DataType | None] = {}
    for each in (*one, *other):
        held = fields.get(each.name, pa.null())
        fields[each.name] = None if held is None else common(held, each.type)
    if None in fields.values() or len(fields) != len({each.name for each in (*one, *other)}):
        return None
    return pa.struct(fields)


def pick(schema: pa.Schema, columns: Sequence[ColumnPath]) -> pa.Schema:
    """The part of a schema that has the columns, and the fields within structs, that are asked for.

    >>> whole = pa.schema({"id": pa.int8(), "answers": pa.struct({"n": pa.int8(), "t": pa.null()})})
    >>> pick(whole, [("answers", "t")])
    answers: struct<t: null>
      child 0, t: null
    """
    return pa.schema(list(_picked(pa.struct(list(schema)), columns)) if columns else [])


def _picked(kind: pa.DataType, paths: Sequence[ColumnPath]) -> pa.DataType:
    if () in paths or not pa.types.is_struct(kind):
        return kind
    inner = {each.name: [path[1:] for path in paths if path[0] == each.name] for each in kind}
    kept = [each for each in kind if inner[each.name]]
    return pa.struct([each.with_type(_picked(each.type, inner[each.name])) for each in kept])


def conform(
    batch: pa.RecordBatch, schema: pa.Schema, *, where: str, numbers: Sequence[int] | Rows
) -> pa.RecordBatch:
    """A batch with just the schema's columns, in its types; null where it has no such column.

    Args:
        batch: rows of one file.
        schema: plain types.
        where: the file, for errors.
        numbers: those of the batch's rows within the file, for errors.

    Raises:
        SchemaError: a value is none of the type.
    """
    if batch.schema.equals(schema):
        return batch
    made = []
    for each in schema:
        at = batch.schema.get_all_field_indices(each.name)
        column = batch.column(at[0]) if at else pa.nulls(batch.num_rows)
        try:
            made.append(converted(column, each.type))
        except WRONG_VALUES:
            raise _misfit(column, each, where, numbers) from None
    if not made:
        return of_no_columns(batch.num_rows)
    return pa.RecordBatch.from_arrays(made, schema=schema)


def of_no_columns(rows: int) -> pa.RecordBatch:
    """A batch that has rows, and nothing in them."""
    empty = pa.Array.from_buffers(pa.struct([]), rows, [None])
    return pa.RecordBatch.from_struct_array(empty)


def _misfit(
    column: pa.Array, wanted: pa.Field, where: str, numbers: Sequence[int] | Rows
) -> SchemaError:
    """Says which row is the first that does not fit."""
    for row in range(len(column)):
        try:
            converted(column.slice(row, 1), wanted.type)
        except WRONG_VALUES:
            shown = repr(column[row].as_py())
            return misfit(where, int(numbers[row]), wanted.name, wanted.type, shown)
    return SchemaError(
        f"{where}: expected {wanted.name!r} to be {wanted.type}, got {column.type}; declare its "
        f"type in the source's card"
    )


def misfit(where: str, row: int, column: str, kind: pa.DataType, shown: str) -> SchemaError:
    """One line about a value that is none of its column's type."""
    is_name = pa.types.is_integer(kind) and shown.startswith(("'", '"'))
    how = " (numbers in all rows, or names in all)" if is_name else ""
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return SchemaError(
        f"{where}: row {row}: expected {column!r} to be {kind}, got {shown}; correct the "
        f"file{how}, or declare the column's type in the source's card"
    )


def converted(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """An array in a plain type, at any depth; the same one where it has it.

    Raises:
        pyarrow.ArrowException, TypeError: a value is none of the type, or would be reformatted.
    """
    if array.type == kind:
        return array
    if isinstance(array.type, pa.BaseExtensionType):
        return converted(array.storage, kind)
    if pa.types.is_dictionary(array.type):
        return converted(array.dictionary_decode(), kind)
    if pa.types.is_run_end_encoded(array.type):
        return converted(pc.run_end_decode(array), kind)
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), kind)
    if pa.types.is_struct(kind) and pa.types.is_struct(array.type) and kind.num_fields:
        return _converted_struct(array, kind)
    if pa.types.is_list(kind) and is_list(array.type):
        lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int32())
        offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum_checked(lengths)])
        items = converted(pc.list_flatten(array), kind.value_type)
        return pa.ListArray.from_arrays(offsets, items, type=kind, mask=array.is_null())
    if pa.types.is_string(kind) and not is_text(array.type):
        raise TypeError(f"{array.type} would be reformatted")
    return array.cast(kind)


def _converted_struct(array: pa.StructArray, kind: pa.StructType) -> pa.StructArray:
    children = []
    for each in kind:
        at = array.type.get_all_field_indices(each.name)
        child = array.field(at[0]) if at else pa.nulls(len(array))
        children.append(converted(child, each.type))
    return pa.StructArray.from_arrays(children, fields=list(kind), mask=array.is_null())
