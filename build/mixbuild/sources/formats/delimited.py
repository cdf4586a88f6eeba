"""CSV and TSV: every field is text, exactly as it stands in the file; nothing is guessed.

No word is taken for null, no text for a number, a date or a truth value. An empty field is the
empty text; where a number or a truth value is wanted, it is null, since neither can be empty.

Arrow reads what is quoted plainly. From a quote that stands where none should, or a line that has
not as many fields as there are columns, Python's own reader goes on: it is slower, knows what to do
about the quote, and can tell which row is at fault.
"""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections.abc import Container, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from mixbuild.core import SourceError
from mixbuild.sources.formats.dialect import Dialect
from mixbuild.sources.formats.opened import BOM, UTF_8, OpenedText
from mixbuild.sources.formats.weights import give_back
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS
from mixbuild.sources.types import conform, of_no_columns

NEWLINE, RETURN = b"\n"[0], b"\r"[0]


def read(address: str, schema: pa.Schema, how: Dialect, *, where: str) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows, with the schema's columns, of plain types, alone.

    Raises:
        SchemaError: a field is none of its column's type.
        SourceError: a line has more or fewer fields than there are columns.
    """
    with OpenedText(address, how.encoding, where=where) as file:
        names, rest = _begin(file, how, where)
        for name in schema.names:
            if names.count(name) > 1:
                raise SourceError(
                    f"{where}: expected one column {name!r}, got {names.count(name)}; give each "
                    f"a name of its own"
                )
        wanted = [name for name in names if name in schema.names]
        first = 0
        for batch in _texts(_blocks(rest, file), names, wanted, how, where):
            numbers = range(first, first + batch.num_rows)
            first += batch.num_rows
            yield conform(_emptied(batch, schema), schema, where=where, numbers=numbers)


def peek(
    address: str, how: Dialect, classes: Container[str] = (), *, where: str
) -> dict[str, pa.DataType]:
    """A file's columns; null for no type, but text for those of the classes that have names.

    Whether a class is a number or a name is the only thing that the first rows tell.
    """
    with OpenedText(address, how.encoding, where=where) as file:
        names, rest = _begin(file, how, where)
        kinds = dict.fromkeys(names, pa.null())
        wanted = [name for name in kinds if name in classes]
        if wanted:
            batches = _texts(_blocks(rest, file), names, wanted, how, where)
            with closing(batches):
                first = next(batches, _of_texts({name: [] for name in wanted}, 0))
            for name in wanted:
                if pc.any(pc.match_substring_regex(first.column(name), r"\pL")).as_py():
                    kinds[name] = pa.string()
        return kinds


def _begin(file: BinaryIO, how: Dialect, where: str) -> tuple[list[str], bytes]:
    """The names of the columns, and what was read beyond the line that has them."""
    lines = [file.readline() for _ in range(max(how.skipped, default=-1) + 2)]
    if lines[0].startswith(BOM):
        lines[0] = lines[0][len(BOM) :]
    lines = [line for number, line in enumerate(lines) if number not in how.skipped]
    if how.header is None:
        return list(how.names), b"".join(lines)

    def each() -> Iterator[str]:
        while line := lines.pop(0) if lines else file.readline():
            yield line.decode()

    with _no_limit():
        rows = (row for row in _reader(each(), how) if row)
        try:
            names = [next(rows, []) for _ in range(how.header + 1)][-1]
        except csv.Error as error:
            raise SourceError(
                f"{where}: expected a line that names the columns, got one that is not CSV "
                f"({error}); correct the file"
            ) from None
    return list(how.names) or names, b"".join(lines)


def _blocks(begun: bytes, file: BinaryIO) -> Iterator[bytes]:
    if begun:
        yield begun
    while piece := file.read(BATCH_BYTES):
        yield piece


def _texts(
    blocks: Iterator[bytes], names: list[str], wanted: list[str], how: Dialect, where: str
) -> Generator[pa.RecordBatch, None, None]:
    """The wanted columns, as text: by Arrow as far as it goes, and then by Python."""
    rows, held = 0, bytearray()
    rest: Iterator[bytes | bytearray]
    for block in chain(blocks, [b""]):
        held += block
        end = _last_end(held, how, is_all=not block)
        if end == 0:
            continue
        batch = None if end is None else _quickly(memoryview(held)[:end], names, wanted, how)
        if batch is None:
            rest = chain([held], blocks)
            del held
            yield from _slowly(rest, names, wanted, how, where=where, first=rows)
            return
        held = held[end:]
        rows += batch.num_rows
        yield batch
        del batch


def _last_end(block: bytearray, how: Dialect, *, is_all: bool) -> int | None:
    """Where the last whole line of a block ends; None where its quotes do not tell.

    A quote begins a field or stands beside another; so an even number of them stands before what
    is outside of all. (A block begins where a line does, and ends with the file where it is all
    there is.)
    """
    found = np.frombuffer(block, np.uint8)
    if not how.quote or how.quote.encode() not in block:
        return len(block) if is_all else block.rfind(b"\n") + 1
    quote, delimiter = ord(how.quote), ord(how.delimiter)
    quotes = _places(found, quote)
    beside = np.array([NEWLINE, RETURN, delimiter], np.uint8)
    opening, closing = quotes[::2], quotes[1::2]
    before = found[opening[opening > 0] - 1]
    after = found[closing[closing + 1 < len(found)] + 1]
    # a quote within a field is two of them: the first seems to close it, the second to open it
    doubled = np.isin(opening[opening > 0] - 1, closing)
    if not (np.isin(before, beside) | doubled).all():
        return None
    if not (np.isin(after, beside) | (after == quote)).all():
        return None
    if is_all:
        return None if len(quotes) % 2 else len(block)
    lines = _places(found, NEWLINE)
    outside = lines[np.searchsorted(quotes, lines) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _places(found: npt.NDArray[np.uint8], byte: int) -> npt.NDArray[np.intp]:
    """Where a byte is; of a large block, no more is looked at than can well be held twice."""
    parts = range(0, len(found), BATCH_BYTES)
    return np.concatenate(
        [at + np.flatnonzero(found[at : at + BATCH_BYTES] == byte) for at in parts]
    )


def _quickly(
    block: memoryview, names: list[str], wanted: list[str], how: Dialect
) -> pa.RecordBatch | None:
    """The block's rows, read by Arrow; None where it does not take them."""
    # a column that has no name, or another's, is told by its number
    numbers = list(map(str, range(len(names))))
    asked = [str(names.index(name)) for name in wanted] or numbers[:1]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(block)),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(block) + 1, column_names=numbers
            ),
            arrow_csv.ParseOptions(
                delimiter=how.delimiter, quote_char=how.quote or False, newlines_in_values=True
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(asked, pa.string()),
                include_columns=asked,
                strings_can_be_null=False,
                null_values=[],
            ),
        )
    except pa.ArrowException:
        return None
    finally:
        give_back(len(block))
    if not wanted:
        return of_no_columns(table.num_rows)
    batches = table.combine_chunks().rename_columns(wanted).to_batches()
    return batches[0] if batches else _of_texts({name: [] for name in wanted}, 0)


def _slowly(
    blocks: Iterator[bytes | bytearray],
    names: list[str],
    wanted: list[str],
    how: Dialect,
    *,
    where: str,
    first: int,
) -> Iterator[pa.RecordBatch]:
    """The rows of the rest of a file, read by Python."""
    at = [names.index(name) for name in wanted]
    held: list[list[str]] = []
    weight = 0
    with _no_limit():
        rows = _reader(_lines(blocks), how)
        while True:
            number = first + len(held)
            try:
                row = next(rows, None)
            except csv.Error as error:
                raise SourceError(
                    f"{where}: row {number}: is not CSV ({error}); correct the file, or say in "
                    f"the source's card how it is quoted"
                ) from None
            if row is not None and row and len(row) != len(names):
                raise SourceError(
                    f"{where}: row {number}: expected {len(names)} fields "
                    f"({', '.join(repr(name)[1:-1] for name in names)}), got {len(row)}; correct "
                    f"the file"
                )
            if row:
                held.append([row[index] for index in at])
                weight += sum(map(len, row))
            if held and (row is None or weight >= BATCH_BYTES or len(held) == BATCH_ROWS):
                texts = dict(zip(wanted, zip(*held, strict=True), strict=True)) if wanted else {}
                yield _of_texts(texts, len(held))
                first += len(held)
                held, weight = [], 0
            if row is None:
                return


def _of_texts(texts: Mapping[str, Sequence[str]], rows: int) -> pa.RecordBatch:
    if not texts:
        return of_no_columns(rows)
    arrays = [pa.array(each, pa.string()) for each in texts.values()]
    return pa.RecordBatch.from_arrays(arrays, names=list(texts))


def _emptied(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Null for each empty field of a column that is not to be text; ``1`` for ``1.0`` of a whole.

    (Pandas writes whole numbers so where one of them is missing.)
    """
    for name in batch.schema.names:
        kind = schema.field(name).type
        if not pa.types.is_string(kind):
            column = batch.column(name)
            emptied = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
            if pa.types.is_integer(kind):
                emptied = pc.replace_substring_regex(emptied, r"^(-?[0-9]+)\.0+$", r"\1")
            batch = batch.set_column(batch.schema.get_field_index(name), name, emptied)
    return batch


def _reader(lines: Iterator[str], how: Dialect) -> Iterator[list[str]]:
    if not how.quote:
        return csv.reader(lines, delimiter=how.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    return csv.reader(lines, delimiter=how.delimiter, quotechar=how.quote, strict=True)


def _lines(blocks: Iterator[bytes | bytearray]) -> Iterator[str]:
    """Text that ends with a line, or with the file."""
    decode = codecs.getincrementaldecoder(UTF_8)().decode
    held = ""
    for block in chain(blocks, [b""]):
        held += decode(block, final=not block)
        end = max(held.rfind("\n"), held.rfind("\r", 0, -1)) + 1 if block else len(held)
        # iterated, it breaks where CSV does, and not at U+2028 as str.splitlines would
        yield from io.StringIO(held[:end], newline="")
        held = held[end:]


class _no_limit:  # noqa: N801 - used like a function
    """Fields of any length, while it lasts: the limit is one for the whole process."""

    def __enter__(self) -> None:
        self._before = csv.field_size_limit(sys.maxsize)

    def __exit__(self, *_: object) -> None:
        csv.field_size_limit(self._before)
