"""The ways to do the job: ours, the floor that nothing can beat, and the others.

Each is a function of a ``Job``, written the fastest way that we know of. What it wrote is compared
with ours, row by row, before anything is timed. Libraries are imported where they are used: a fresh
process that measures one must not hold the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.job import LABELS, LEAVES, READS, Job, pieces

if TYPE_CHECKING:
    import pyarrow as pa

OURS = "ours"
FLOOR = "floor"
ROW_BY_ROW = "Dataset.map, row by row"
FLOOR_ROWS = 4_000
"""A batch of the floor."""

Rows = dict[str, Any]


def ours(job: Job) -> None:
    """The whole of ``make``: resolve, read, render, digest, write, manifest."""
    from mixbuild.make import Request, make
    from mixbuild.tasks import find

    make(Request([find(job.task)], Path(job.out), {job.task: job.source}, splits=("train",)))


_ready: dict[str, list[pa.RecordBatch]] = {}
"""By task, the floor's finished rows: each batch in buffers of its own."""


def get_ready(task: str, rows: pa.Table) -> None:
    """Give the floor the rows that it has only to write."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows.combine_chunks(), max_chunksize=FLOOR_ROWS)
    _ready[task] = pa.ipc.open_stream(sink.getvalue()).read_all().to_batches()


def floor(job: Job) -> None:
    """Read the source columns, and write rows that are finished already."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    columns = {leaf: ds.field(*leaf.split(".")) for leaf in LEAVES[job.task]}
    source = ds.dataset(job.parquet, format="parquet")
    ready = iter(_ready[job.task])
    read = written = 0
    with pa.OSFile(str(job.output), "wb") as file:
        writer = pa.ipc.new_stream(file, _ready[job.task][0].schema)
        for batch in source.to_batches(columns=columns, batch_size=FLOOR_ROWS):
            read += batch.num_rows
            while written + FLOOR_ROWS <= read:
                writer.write_batch(next(ready))
                written += FLOOR_ROWS
        for batch in ready:
            writer.write_batch(batch)
        writer.close()


def polars(job: Job) -> None:
    """Collected by the default engine, then written as a stream."""
    import polars as pl

    if job.task == "squad":
        accepted = pl.col("answers").struct.field("text")
        slots = {name: pl.col(name) for name in ("context", "question")}
        slots["answers"] = accepted.list.first()
    else:
        name = pl.when(pl.col("label") == 0).then(pl.lit(LABELS[0])).otherwise(pl.lit(LABELS[1]))
        accepted = pl.concat_list(name)
        slots = {"text": pl.col("text"), "label": name}
    prompt, completion = (
        pl.concat_str(_parts(half, pl.lit, slots)) for half in job.halves
    )  # what pl.format makes, too
    frame = pl.scan_parquet(job.parquet, row_index_name="row").select(
        prompt=prompt,
        completion=completion,
        references=accepted,
        **{name: pl.lit(value) for name, value in job.constants.items()},
        id=pl.concat_str(pl.lit(job.id_prefix), pl.col("row")),
    )
    frame.collect().write_ipc_stream(job.output, compat_level=pl.CompatLevel.oldest())


def duckdb(job: Job) -> None:
    """Streamed to Arrow in record batches of 4,096 rows, written as they come."""
    import duckdb

    if job.task == "squad":
        accepted = "answers.text"
        slots = {"context": "context", "question": "question", "answers": "answers.text[1]"}
    else:
        name = f"(CASE label WHEN 0 THEN {_sql(LABELS[0])} ELSE {_sql(LABELS[1])} END)"
        accepted, slots = f"[{name}]", {"text": "text", "label": name}
    prompt, completion = (" || ".join(_parts(half, _sql, slots)) for half in job.halves)
    constants = ", ".join(f"{_sql(value)} AS {name}" for name, value in job.constants.items())
    batches = duckdb.sql(
        f"SELECT {prompt} AS prompt, {completion} AS completion, "
        f'{accepted} AS "references", {constants}, {_sql(job.id_prefix)} || file_row_number AS id '
        f"FROM read_parquet({_sql(str(job.parquet))}, file_row_number = true)"
    ).to_arrow_reader(4_096)
    _write(job, batches.schema, batches)


def _sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _parts(half: str, literal: Callable[[str], Any], slots: Mapping[str, Any]) -> list[Any]:
    """Half a template, as what a library joins."""
    cut = [(literal(text) if text else None, slots.get(name or "")) for text, name in pieces(half)]
    return [part for pair in cut for part in pair if part is not None]


def map_kernels(job: Job) -> None:
    """``Dataset.map(batched=True)`` in the Arrow format, with Arrow's kernels by hand."""
    _map(job, _kernel_function(job), batched=True, batch_size=10_000, writer_batch_size=10_000)


def map_rows(job: Job) -> None:
    """``Dataset.map``, a call per row."""
    (prompt, completion), constants, prefix = job.halves, job.constants, job.id_prefix
    is_squad = job.task == "squad"

    def render(row: Rows, index: int) -> Rows:
        accepted = row["answers"]["text"] if is_squad else [LABELS[row["label"]]]
        values = {**row, "answers": accepted[0], "label": accepted[0]}
        return {
            "prompt": prompt.format(**values),
            "completion": completion.format(**values),
            "references": accepted,
            **constants,
            "id": f"{prefix}{index}",
        }

    _map(job, render)


def _map(job: Job, function: Callable[..., Any], **options: Any) -> None:
    # faster than load_dataset, which first writes an Arrow file of the Parquet file; a
    # fingerprint that is given need not be computed
    import datasets
    import pyarrow.parquet as pq

    datasets.disable_progress_bars()
    table = pq.read_table(job.parquet, columns=list(READS[job.task]))
    source = datasets.Dataset(table, fingerprint="benchmark")
    text = datasets.Value("string")
    names = ("prompt", "completion", "references", *job.constants, "id")
    features = {name: datasets.List(text) if name == "references" else text for name in names}
    (source.with_format("arrow") if options else source).map(
        function,
        with_indices=True,
        features=datasets.Features(features),
        remove_columns=list(READS[job.task]),
        cache_file_name=str(job.output),
        load_from_cache_file=False,
        **options,
    )


def _kernel_function(job: Job) -> Callable[[pa.Table, list[int]], pa.Table]:
    def render(rows: pa.Table, indices: list[int]) -> pa.Table:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        rows = rows.combine_chunks()
        if job.task == "squad":
            accepted = pc.struct_field(rows["answers"], "text").combine_chunks()
            slots = {name: rows[name] for name in ("context", "question")}
            slots["answers"] = pc.list_element(accepted, 0)
        else:
            name = pc.if_else(pc.equal(rows["label"], 0), *LABELS).combine_chunks()
            accepted = pa.ListArray.from_arrays(np.arange(len(name) + 1, dtype=np.int32), name)
            slots = {"text": rows["text"], "label": name}
        prompt, completion = (
            pc.binary_join_element_wise(*_parts(half, str, slots), "") for half in job.halves
        )
        numbers = pc.cast(pa.array(indices), pa.string())
        return pa.table(
            {
                "prompt": prompt,
                "completion": completion,
                "references": accepted,
                **{name: pa.repeat(value, len(indices)) for name, value in job.constants.items()},
                "id": pc.binary_join_element_wise(job.id_prefix, numbers, ""),
            }
        )

    return render


def _write(job: Job, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    import pyarrow as pa

    with pa.OSFile(str(job.output), "wb") as file, pa.ipc.new_stream(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def read_rows(folder: Path) -> pa.Table:
    """All rows of the Arrow streams below a folder, in the order of their names."""
    import pyarrow as pa

    tables = []
    for path in sorted(folder.rglob("*.arrow")):
        with pa.OSFile(str(path)) as file:
            tables.append(pa.ipc.open_stream(file).read_all())
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


OTHERS: Mapping[str, Callable[[Job], None]] = {
    "polars": polars,
    "DuckDB": duckdb,
    "Dataset.map, Arrow kernels by hand": map_kernels,
}
"""Those of which the fastest counts."""

ALL: Mapping[str, Callable[[Job], None]] = {
    OURS: ours,
    FLOOR: floor,
    **OTHERS,
    ROW_BY_ROW: map_rows,
}
