"""The first and the last rows of a split: few enough to be loaded after every push."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mixbuild.core import SCHEMA, ContentDigest, explained_output
from mixbuild.publish.manifest import PublishedSplit

END_ROWS = 100
"""The most rows of either end."""


@dataclass(frozen=True)
class Rows:
    """So many rows, and their content digest."""

    count: int
    content_digest: str


@dataclass(frozen=True)
class Ends:
    """The first rows of a split's first row group, the last rows of its last one."""

    first: Rows
    last: Rows


def exported_ends(folder: Path, entry: PublishedSplit, schema: pa.Schema = SCHEMA) -> Ends:
    """Those of a split that was exported.

    Args:
        folder: what the paths of its files are below.
        entry: what the published manifest says of it; it has rows.
        schema: of the rows, in their row format.

    Raises:
        OutputError: a file cannot be read.
    """
    first, last = folder / entry.shards[0].path, folder / entry.shards[-1].path
    with explained_output(first):
        head = _row_group(first, 0)
        tail = _row_group(last, -1)
        return Ends(
            rows_of(head.slice(0, END_ROWS), schema),
            rows_of(tail.slice(max(0, len(tail) - END_ROWS)), schema),
        )


def rows_of(table: pa.Table, schema: pa.Schema = SCHEMA) -> Rows:
    """Of a table, how many rows it has, and their digest."""
    digest = ContentDigest(schema)
    for batch in batches_of(table, schema):
        digest.update(batch)
    return Rows(len(table), digest.hexdigest())


def batches_of(table: pa.Table, schema: pa.Schema = SCHEMA) -> Iterator[pa.RecordBatch]:
    """A table's rows in our schema, whatever metadata and other columns it has."""
    for batch in table.combine_chunks().to_batches():
        yield as_declared(batch, schema)


def as_declared(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch in the very types of a schema: Parquet has other names within lists."""
    columns = [batch.column(field.name).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _row_group(path: Path, at: int) -> pa.Table:
    """A row group of a Parquet file; of an Arrow file, which has none, all that is mapped."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            return file.read_row_group(at % file.num_row_groups)
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_stream(file).read_all()
