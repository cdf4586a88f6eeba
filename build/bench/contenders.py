"""The ways to do the job: ours, the floor that nothing can beat, and the others.

Each is a function of a ``Job``. What it wrote is compared with ours, row by row,
before anything is timed.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import others
from bench.job import LEAVES, Job

if TYPE_CHECKING:
    import pyarrow as pa

OURS = "ours"
FLOOR = "floor"
POLARS = "polars"
DUCKDB = "DuckDB"
MAP = "Dataset.map"
ROW_BY_ROW = "Dataset.map, row by row"


@dataclass(frozen=True)
class Contender:
    """One way to do the job.

    Attributes:
        name: unique.
        group: whose fastest member counts.
        run: does the job.
        needs: what is imported before the clock starts.
        slow: worth only a few repeats.
    """

    name: str
    group: str
    run: Callable[[Job], None]
    needs: tuple[str, ...]
    slow: bool = False

    def import_needs(self) -> None:
        """Import what it needs, and nothing that the others need."""
        for module in self.needs:
            importlib.import_module(module)


def ours(job: Job) -> None:
    """The whole of ``make``: resolve, read, render, hash, write, manifest."""
    from mixbuild.make import Request, make
    from mixbuild.tasks import find

    make(Request([find(job.task)], Path(job.out), {job.task: job.source}, splits=("train",)))


def floor(job: Job, *, threads: bool, batch_rows: int) -> None:
    """Read the source columns, and write rows that are finished already."""
    import pyarrow as pa

    ready = finished(job.reference, batch_rows)
    read_rows = written_rows = index = 0
    with (
        pa.OSFile(str(job.output), "wb") as file,
        pa.ipc.new_stream(file, ready[0].schema) as writer,
    ):
        for batch in _source_batches(job, threads, batch_rows):
            read_rows += batch.num_rows
            while index < len(ready) and written_rows + ready[index].num_rows <= read_rows:
                writer.write_batch(ready[index])
                written_rows += ready[index].num_rows
                index += 1


def _source_batches(job: Job, threads: bool, batch_rows: int) -> pa.RecordBatchReader:
    if threads:
        import pyarrow.dataset as ds

        columns = {leaf: ds.field(*leaf.split(".")) for leaf in LEAVES[job.task]}
        source = ds.dataset(job.parquet, format="parquet")
        return source.to_batches(columns=columns, batch_size=batch_rows, use_threads=True)
    import pyarrow.parquet as pq

    source = pq.ParquetFile(job.parquet)
    return source.iter_batches(batch_rows, columns=list(LEAVES[job.task]), use_threads=False)


@functools.cache
def finished(reference: str, batch_rows: int) -> list[pa.RecordBatch]:
    """The finished rows in memory, each batch in buffers of its own."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    table = read_rows(Path(reference)).combine_chunks()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch_rows)
    return pa.ipc.open_stream(sink.getvalue()).read_all().to_batches()


def read_rows(folder: Path) -> pa.Table:
    """All rows of the Arrow files below a folder, be they streams or files, in order."""
    import pyarrow as pa

    tables = []
    for path in sorted(folder.rglob("*.arrow")):
        with pa.OSFile(str(path)) as file:
            is_file = file.read(6) == b"ARROW1"
            file.seek(0)
            tables.append((pa.ipc.open_file if is_file else pa.ipc.open_stream)(file).read_all())
    return pa.concat_tables(tables)


def compare(name: str, folder: Path, reference: pa.Table) -> None:
    """Compare every column of what a contender wrote with ours.

    Raises:
        SystemExit: a row differs; a faster way to make other rows proves nothing.
    """
    import pyarrow as pa

    def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
        # polars writes large strings and lists; no more than this may differ
        is_text = not hasattr(column.type, "value_type")
        return column.cast(pa.large_string() if is_text else pa.large_list(pa.large_string()))

    rows = read_rows(folder)
    for column in reference.schema.names:
        if not plain(rows[column]).equals(plain(reference[column])):
            raise SystemExit(f"benchmark: {name} makes other rows than ours in column {column!r}")


def _floors() -> tuple[Contender, ...]:
    return tuple(
        Contender(
            f"floor, {'scanner threads' if threads else 'one thread'}, {batch_rows} rows",
            FLOOR,
            functools.partial(floor, threads=threads, batch_rows=batch_rows),
            ("pyarrow.dataset", "pyarrow.parquet"),
        )
        for threads in (False, True)
        for batch_rows in (1_000, 2_000, 4_000)
    )


DATASETS = ("datasets", "pyarrow.parquet", "pyarrow.compute")

ALL: tuple[Contender, ...] = (
    Contender(OURS, OURS, ours, ("mixbuild.make.run", "datasets")),
    *_floors(),
    Contender("polars, collect", POLARS, others.polars_collect, ("polars",)),
    Contender("polars, streaming engine", POLARS, others.polars_streaming, ("polars",)),
    Contender("polars, sink_ipc", POLARS, others.polars_sink, ("polars",)),
    Contender("DuckDB, Arrow reader", DUCKDB, others.duckdb_reader, ("duckdb", "pyarrow")),
    Contender("DuckDB, Arrow table", DUCKDB, others.duckdb_table, ("duckdb", "pyarrow")),
    Contender(ROW_BY_ROW, MAP, others.map_rows, DATASETS, slow=True),
    Contender("Dataset.map, batched", MAP, others.map_batches, DATASETS, slow=True),
    Contender("Dataset.map, Arrow kernels by hand", MAP, others.map_kernels, DATASETS),
    Contender("streaming .map, row by row", MAP, others.stream_rows, DATASETS, slow=True),
    Contender("streaming .map, batched", MAP, others.stream_batches, DATASETS, slow=True),
)
