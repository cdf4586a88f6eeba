"""Publishing: our export of a split, against Arrow writing the same rows with the same settings."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench.data import make_source
from bench.measure import in_turns
from bench.parts import Bench, empty, load_average, say
from bench.report import Part, Ratio, Times, ratio, times
from mixbuild.make import Request, make
from mixbuild.publish import (
    FOLDER,
    GROUP_ROWS,
    PARQUET,
    PUBLISHED_SCHEMA,
    SETTINGS,
    export_split,
    splits,
)
from mixbuild.tasks import find

OURS = "ours: read the shards, write Parquet, digest, lengths, SHA-256"
WRITE_TABLE = "pyarrow.parquet.write_table of the rows in memory"


def measure_publishing(bench: Bench, task: str) -> Part:
    """The Parquet files of one split, from shards; and from a table that is there already."""
    load = load_average()
    say(f"publishing: {task}")
    empty(bench.scratch)
    source = make_source(task, bench.scratch / "source", rows=bench.rows, files=1, root=bench.root)
    out = bench.scratch / "built"
    request = Request([find(task)], out, {task: str(source.folder)}, splits=("train",))
    made = make(request)
    (split,) = splits(out, made.manifest["tasks"], file_format=PARQUET)
    table = _read(out, split.entry)

    def write_table() -> None:
        pq.write_table(table, bench.scratch / "rows.parquet", row_group_size=GROUP_ROWS, **SETTINGS)

    def forget() -> None:
        """Both write new files: to overwrite one is cheaper."""
        shutil.rmtree(out / FOLDER, ignore_errors=True)
        (bench.scratch / "rows.parquet").unlink(missing_ok=True)

    works = {OURS: lambda: export_split(split), WRITE_TABLE: write_table}
    samples = in_turns(
        works,
        dict.fromkeys(works, bench.repeats),
        before=forget,
        patience_seconds=bench.patience_seconds,
    )
    name = f"publishing: {task}: ours / write_table"
    ratios: list[Ratio] = [ratio(name, samples, OURS, WRITE_TABLE, ("<=", 1.25))]
    lines = times(samples, table.nbytes)
    bench.save(f"publishing-{task}", ratios, load, rows=len(table), bytes=table.nbytes, ways=lines)
    empty(bench.scratch)
    return Part(ratios, [Times(f"publishing: {task}, {table.nbytes / 1e6:.0f} MB of rows", lines)])


def _read(out: Path, entry: dict[str, list[dict[str, str]]]) -> pa.Table:
    tables = []
    for shard in entry["shards"]:
        with pa.OSFile(str(out / shard["path"])) as file:
            tables.append(pa.ipc.open_stream(file).read_all())
    return pa.concat_tables(tables).combine_chunks().cast(PUBLISHED_SCHEMA)
