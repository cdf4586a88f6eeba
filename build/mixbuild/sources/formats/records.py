"""JSON: a record a line, or an array of records; each column as the file says it, or refused.

They are read by Arrow, told the types. What it does not take, since it takes no number for a text
and no key twice, Python's own reader does, block by block: it is slower, keeps a number as it is
written, and can tell which row is at fault.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.json as arrow_json

from mixbuild.core import SchemaError
from mixbuild.sources.formats.json_blocks import blocks, pieces, without_long_texts
from mixbuild.sources.formats.json_text import (
    LINES,
    TWICE,
    Number,
    Text,
    misshapen,
    records_in,
    records_under,
)
from mixbuild.sources.formats.opened import UTF_8, OpenedText
from mixbuild.sources.formats.weights import LARGE_BYTES, give_back
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS
from mixbuild.sources.types import WRONG_VALUES, common, is_text, misfit, of_no_columns

HEAD_BYTES = 2**18
"""How much of a file is looked at for its columns, where nothing declares them."""


def read(
    address: str,
    schema: pa.Schema,
    field: str | None = None,
    *,
    encoding: str = UTF_8,
    where: str,
) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows, with the schema's columns, of plain types, alone.

    With a ``field``, the file is one object that has the records under that key; it is held whole.

    Raises:
        SchemaError: a value is none of its column's type.
        SourceError: the file is not JSON, or no records.
    """
    with OpenedText(address, encoding, where=where) as file:
        if field:
            found = records_under(pieces(file), field, where=where)
            yield from _gathered(found, schema, where=where, first=0)
            return
        first, each = 0, blocks(file)
        for text, state in each:
            batch = _quickly(text, schema) if state == LINES else None
            if batch is None:
                more = (block.text for block in each)
                found = records_in(text, more, where=where, first=first, state=state)
                del text
                for batch in _gathered(found, schema, where=where, first=first):
                    first += batch.num_rows
                    yield batch
                    del batch
                continue
            del text
            first += batch.num_rows
            yield batch
            del batch


def _quickly(block: Text, schema: pa.Schema) -> pa.RecordBatch | None:
    """The block's records, read by Arrow; None where it does not take them."""
    try:
        table = arrow_json.read_json(
            pa.BufferReader(block),
            arrow_json.ReadOptions(use_threads=False, block_size=len(block) + 1),
            arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    finally:
        give_back(len(block))
    if not schema.names:
        return of_no_columns(table.num_rows)
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else pa.RecordBatch.from_pylist([], schema=schema)


def _gathered(
    found: Iterator[tuple[object, int]], schema: pa.Schema, *, where: str, first: int
) -> Iterator[pa.RecordBatch]:
    """Batches of records that Python read, each with the length of its text."""
    held: list[dict[str, object]] = []
    weight = 0
    for record, size in found:
        if not isinstance(record, dict):
            raise misshapen(where, first + len(held), repr(record))
        # only what is asked for is kept
        held.append({name: record.get(name) for name in schema.names})
        del record
        weight += size
        if weight >= BATCH_BYTES or len(held) == BATCH_ROWS:
            batch = _batch(held, schema, where=where, first=first)
            held, weight = [], 0
            first += batch.num_rows
            yield batch
            del batch
    if held:
        yield _batch(held, schema, where=where, first=first)


def _batch(
    records: Sequence[dict[str, object]], schema: pa.Schema, *, where: str, first: int
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


def _misfit(values: Sequence[object], wanted: pa.Field, where: str, first: int) -> SchemaError:
    for row, value in enumerate(values):
        try:
            pa.array([_value(value, wanted.type)], wanted.type)
        except WRONG_VALUES:
            shown = "its key twice" if value is TWICE else _shown(value)
            return misfit(where, first + row, wanted.name, wanted.type, shown)
    raise AssertionError("unreachable: together they fit as each does")


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Number) else repr(value)


def _value(value: object, kind: pa.DataType) -> object:
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


def peek(
    address: str, field: str | None = None, *, encoding: str = UTF_8, where: str
) -> dict[str, pa.DataType]:
    """A file's columns by its first rows; text, where their values are of several kinds.

    Raises:
        SourceError: the file is not JSON, or no records.
    """
    with OpenedText(address, encoding, where=where) as file:
        if field:
            kinds, _, _ = _kinds(records_under(pieces(file), field, where=where), where)
            return kinds
        kinds, weight, rows, each = {}, 0, 0, blocks(file)
        for text, state in each:
            if len(text) > LARGE_BYTES:  # Python would hold it several times
                text = without_long_texts(text)
            more = (block.text for block in each)
            values = records_in(text, more, where=where, first=rows, state=state)
            found, size, count = _kinds(values, where)
            rows += count
            del text
            for name, kind in found.items():
                kinds[name] = common(kinds.get(name, pa.null()), kind) or pa.string()
            weight += size
            if weight >= HEAD_BYTES:
                break
    return kinds


def _kinds(
    found: Iterator[tuple[object, int]], where: str
) -> tuple[dict[str, pa.DataType], int, int]:
    """What the first records have in each column, the text and the rows looked at."""
    values: dict[str, list[object]] = {}
    weight, rows = 0, 0
    for record, size in found:
        if not isinstance(record, dict):
            raise misshapen(where, 0, repr(record))
        for name, value in record.items():
            values.setdefault(name, []).append(_read_back(value))
        weight, rows = weight + size, rows + 1
        if weight >= HEAD_BYTES:
            break
    return {name: _kind_of(held) for name, held in values.items()}, weight, rows


def _kind_of(values: list[object]) -> pa.DataType:
    try:
        return pa.infer_type(values)
    except WRONG_VALUES:
        return pa.string()


def _read_back(value: object) -> object:
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
