"""Stream one run of a source, with only the columns that are needed.

Parquet is read by Arrow, a run of row groups at a time; every other format that ``datasets`` knows
is streamed by ``datasets``, a file at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from mixbuild.core import Rows, ahead, explained
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources import parquet, streamed
from mixbuild.sources.location import BATCH_BYTES, Run
from mixbuild.sources.types import plainly


def read(
    run: Run,
    columns: Iterable[ColumnPath],
    *,
    schema: pa.Schema | None = None,
    overlap: bool = False,
) -> Iterator[tuple[Rows, pa.RecordBatch]]:
    """Stream a run's rows in order, in batches of about ``BATCH_BYTES``.

    With each batch come the numbers of its rows within the file: int64, of the shape (rows,).

    Args:
        run: what to read.
        columns: the columns, or fields within struct columns, to read.
        schema: the columns' types; without it, those that each file is guessed to have.
        overlap: decode on a thread of its own while the caller works on the last batch.

    Raises:
        SourceError: the file is damaged, or the network failed for good.
        SchemaError: a file has a column in another type than ``schema``.
    """
    with explained(f"{run.place.label}: {run.file}"):
        if run.row_groups:  # all the Parquet files of a source were seen to agree
            batches = plainly(parquet.read(run, columns))
        else:
            batches = streamed.read(run, columns, schema)
        first = run.first_row
        for batch in ahead(batches) if overlap else batches:
            for piece in _cut(batch):
                yield np.arange(first, first + piece.num_rows, dtype=np.int64), piece
                first += piece.num_rows


def count_rows(run: Run) -> int:
    """How many rows a run has, by reading them where nothing else tells."""
    if run.rows is not None:
        return run.rows
    return sum(batch.num_rows for _, batch in read(run, ()))


def _cut(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """A batch in equal pieces, where its rows turned out to hold much more than ``BATCH_BYTES``."""
    # a rest that is left over would cost nearly as many calls as a whole piece
    pieces = max(1, round(batch.nbytes / BATCH_BYTES))
    rows = max(1, -(-batch.num_rows // pieces))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)
