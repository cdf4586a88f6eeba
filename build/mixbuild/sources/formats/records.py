"""JSON: a record a line, or an array of records; each column as the file says it, or refused.

Lines are read by Arrow, told the types. From where Arrow stops, since it takes no number for a
text, no array for a file and no key twice, Python's own reader goes on: it is slower, keeps a
number as it is written, and can tell which row is at fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.json as arrow_json

from mixbuild.core import SchemaError
from mixbuild.sources.formats.json_text import TWICE, Number, misshapen, records_in, records_under
from mixbuild.sources.formats.opened import BOM, OpenedText
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS
from mixbuild.sources.types import WRONG_VALUES, is_text, misfit, of_no_columns

HEAD_BYTES = 2**18
"""How much of a file is looked at for its columns, where nothing declares them."""


def read(
    address: str, schema: pa.Schema, field: str | None = None, *, where: str
) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows, with the schema's columns, of plain types, alone.

    With a ``field``, the file is one object that has the records under that key; it is held whole.

    Raises:
        SchemaError: a value is none of its column's type.
        SourceError: the file is not JSON, or no records.
    """
    with OpenedText(address) as file:
        blocks = _blocks(file)
        if field:
            yield from _gathered(
                records_under(blocks, field, where=where), schema, where=where, first=0
            )
            return
        rows = 0
        for block in blocks:
            batch = _quickly(block, schema)
            if batch is None:
                rest = records_in(chain([block], blocks), where=where, first=rows)
                yield from _gathered(rest, schema, where=where, first=rows)
                return
            del block
            rows += batch.num_rows
            yield batch


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """Pieces of about ``BATCH_BYTES`` that end where a line ends, or with the file."""
    held: list[bytes] = []
    piece = file.read(BATCH_BYTES)
    if piece.startswith(BOM):
        piece = piece[len(BOM) :]
    while piece:
        end = piece.rfind(b"\n") + 1
        if end:
            whole = b"".join([*held, memoryview(piece)[:end]])
            held = [piece[end:]]
            yield whole
            del whole
        else:
            held.append(piece)
        piece = file.read(BATCH_BYTES)
    if rest := b"".join(held):
        yield rest


def _quickly(block: bytes, schema: pa.Schema) -> pa.RecordBatch | None:
    """The block's records, read by Arrow; None where it does not take them."""
    try:
        table = arrow_json.read_json(
            pa.BufferReader(block),
            arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    if not schema.names:
        return of_no_columns(table.num_rows)
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=schema)


def _gathered(
    found: Iterator[tuple[Any, int]], schema: pa.Schema, *, where: str, first: int
) -> Iterator[pa.RecordBatch]:
    """Batches of records that Python read, each with the length of its text."""
    held: list[dict[str, Any]] = []
    weight = 0
    for record, size in found:
        if not isinstance(record, dict):
            raise misshapen(where, first + len(held), repr(record))
        # only what is asked for is kept
        held.append({name: record.get(name) for name in schema.names})
        weight += size
        if weight >= BATCH_BYTES or len(held) == BATCH_ROWS:
            yield _batch(held, schema, where=where, first=first)
            first += len(held)
            held, weight = [], 0
    if held:
        yield _batch(held, schema, where=where, first=first)


def _batch(
    records: Sequence[dict[str, Any]], schema: pa.Schema, *, where: str, first: int
) -> pa.RecordBatch:
    if not schema.names:
        return of_no_columns(len(records))
    columns = []
    for each in schema:
        values = [record.get(each.name) for record in records]
        try:
            columns.append(pa.array([_value(value, each.type) for value in values], each.type))
        except WRONG_VALUES:
            raise _misfit(values, each, where, first) from None
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _misfit(values: Sequence[Any], wanted: pa.Field, where: str, first: int) -> SchemaError:
    for row, value in enumerate(values):
        try:
            pa.array([_value(value, wanted.type)], wanted.type)
        except WRONG_VALUES:
            shown = "its key twice" if value is TWICE else _shown(value)
            return misfit(where, first + row, wanted.name, wanted.type, shown)
    raise AssertionError("unreachable: together they fit as each does")


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Number) else repr(value)


def _value(value: Any, kind: pa.DataType) -> Any:
    """What Arrow makes a value of the type from.

    Raises:
        ValueError, TypeError: it is none.
    """
    if value is None:
        return None
    if value is TWICE:
        raise ValueError("twice")
    if is_text(kind):
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str(value)
    elif pa.types.is_struct(kind):
        if isinstance(value, dict):
            return {each.name: _value(value.get(each.name), each.type) for each in kind}
    elif pa.types.is_list(kind):
        if isinstance(value, list):
            return [_value(each, kind.value_type) for each in value]
    elif pa.types.is_boolean(kind):
        if isinstance(value, bool):
            return value
    elif pa.types.is_integer(kind):
        if isinstance(value, Number):
            return _whole(value)
    elif pa.types.is_floating(kind):
        if isinstance(value, Number):
            return _finite(value)
    elif isinstance(value, str):  # a date, a decimal …
        return pa.scalar(str(value)).cast(kind).as_py()
    raise TypeError("of another kind")


def _whole(number: Number) -> int:
    exact = Decimal(number)
    if abs(exact) >= 2**64 or exact != int(exact):
        raise ValueError("no whole number, or too large a one")
    return int(exact)


def _finite(number: Number) -> float:
    value = float(number)
    if math.isinf(value) and "n" not in number:
        raise ValueError("too large")
    return value


def peek(address: str, field: str | None = None, *, where: str) -> dict[str, pa.DataType]:
    """A file's columns by its first rows; text, where their values are of several kinds.

    Raises:
        SourceError: the file is not JSON, or no records.
    """
    with OpenedText(address) as file:
        values: dict[str, list[Any]] = {}
        weight = 0
        blocks = _blocks(file)
        found = (
            records_under(blocks, field, where=where) if field else records_in(blocks, where=where)
        )
        for record, size in found:
            if not isinstance(record, dict):
                raise misshapen(where, 0, repr(record))
            for name, value in record.items():
                values.setdefault(name, []).append(_read_back(value))
            weight += size
            if weight >= HEAD_BYTES:
                break
    return {name: _kind_of(held) for name, held in values.items()}


def _kind_of(values: list[Any]) -> pa.DataType:
    try:
        return pa.infer_type(values)
    except WRONG_VALUES:
        return pa.string()


def _read_back(value: Any) -> Any:
    """The value, with numbers as Python has them."""
    if isinstance(value, Number):
        try:
            return int(value)
        except ValueError:
            return float(value)
    if isinstance(value, dict):
        return {name: _read_back(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_read_back(each) for each in value]
    return None if value is TWICE else value
