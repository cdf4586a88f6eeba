"""Stream one run of a source, with only the columns that are needed, in the source's types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import numpy as np
import pyarrow as pa

from mixbuild.core import Rows, SourceDigest, SourceError, ahead, explained
from mixbuild.declare import Path as ColumnPath
from mixbuild.declare import field, project
from mixbuild.sources.formats import arrow, delimited, parquet, records
from mixbuild.sources.formats.dialect import dialect_of, encoding_of
from mixbuild.sources.formats.weights import give_back
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS, Run
from mixbuild.sources.stamp import unchanged
from mixbuild.sources.types import conform, pick


def read(
    run: Run,
    columns: Iterable[ColumnPath],
    *,
    schema: pa.Schema,
    overlap: bool = False,
) -> Iterator[tuple[Rows, pa.RecordBatch]]:
    """Stream a run's rows in order, in batches of about ``BATCH_BYTES``.

    With each batch come the numbers of its rows within the file: int64, of the shape (rows,).

    Args:
        run: what to read.
        columns: the columns, or fields within struct columns, to read.
        schema: the source's columns, in plain types.
        overlap: decode on a thread of its own while the caller works on the last batch.

    Raises:
        SourceError: the file is damaged, or the network failed for good.
        SchemaError: a value is none of its column's type.
    """
    where = f"{run.place.label}: {run.file}"
    with explained(where), unchanged(run.address, run.stamp, where=where):
        batches = _conformed(run, pick(schema, list(columns)), where)
        for numbers, batch in ahead(batches) if overlap else batches:
            weight = batch.nbytes
            start = 0
            for piece in _cut(batch):
                yield numbers[start : start + piece.num_rows], piece
                start += piece.num_rows
                del piece
            del batch  # or it would be held while the next one is read
            give_back(weight)


def read_digested(
    run: Run,
    columns: Iterable[ColumnPath],
    *,
    digest: SourceDigest,
    of: Collection[ColumnPath],
    schema: pa.Schema,
    overlap: bool = False,
) -> Iterator[tuple[Rows, pa.RecordBatch]]:
    """As ``read``, and add all rows to a digest as they pass.

    Args:
        run: what to read.
        columns: as of ``read``.
        digest: what they are added to.
        of: the columns that it covers, read beside the others.
        schema: as of ``read``.
        overlap: as of ``read``.

    Raises:
        SourceError, SchemaError: as of ``read``.
    """
    covered = {".".join(path): field(*path) for path in of}
    every = {*columns, *of}
    for numbers, batch in read(run, every, schema=schema, overlap=overlap):
        with explained(f"{run.place.label}: {run.file}"):
            digest.update(project(batch, covered))
        yield numbers, batch


def _conformed(run: Run, schema: pa.Schema, where: str) -> Iterator[tuple[Rows, pa.RecordBatch]]:
    first = run.first_row
    for batch in _batches(run, schema, where):
        numbers = np.arange(first, first + batch.num_rows, dtype=np.int64)
        first += batch.num_rows
        yield numbers, conform(batch, schema, where=where, numbers=numbers)
        del batch
    if run.rows is not None and first - run.first_row != run.rows:
        raise SourceError(
            f"{where}: expected {run.rows:,} rows, as when the build was planned, got "
            f"{first - run.first_row:,}; run the same command again"
        )


def _batches(run: Run, schema: pa.Schema, where: str) -> Iterator[pa.RecordBatch]:
    if run.place.format in ("csv", "tsv"):
        return delimited.read(run.address, schema, dialect_of(run.place), where=where)
    if run.place.format == "json":
        inside, encoding = run.place.options.get("field"), encoding_of(run.place)
        return records.read(run.address, schema, inside, encoding=encoding, where=where)
    return parquet.read(run, schema, where=where) if run.row_groups else arrow.read(run.address)


def count_rows(run: Run) -> int:
    """How many rows a run has, by reading them where nothing else tells."""
    if run.rows is not None:
        return run.rows
    return sum(batch.num_rows for _, batch in read(run, (), schema=pa.schema([])))


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in equal pieces, where its rows turned out to hold much more than ``BATCH_BYTES``."""
    # a rest that is left over would cost nearly as many calls as a whole piece
    pieces = max(1, round(batch.nbytes / BATCH_BYTES))
    rows = max(1, min(BATCH_ROWS, -(-batch.num_rows // pieces)))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)
