"""Exact duplicates taken out of rows that are rendered already, and what is left put in an order.

Each way is a process of its own and reads the same Arrow shards. Ours writes which rows stay, and
where each comes, beside them; polars and datatrove, which have no such thing, write the ids. A
tenth of the rows are copies of others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.run import Bench

OURS = "ours"
TASK = "gsm8k"
SEED = 7
COPIES = 10
"""Of so many rows one is a copy."""


def ours(shards: Path, out: Path) -> None:
    """By the digests beside the shards: a removal, then a selection of what is left."""
    from mixbuild.curate.mix.mixture import mixed
    from mixbuild.curate.quality.take_out import take_out
    from mixbuild.declare import Exact, Mixture, Part, Quality
    from mixbuild.make import load_manifest

    configs = take_out(shards, load_manifest(shards).configs, Quality(exact=Exact())).configs
    entry = mixed(shards, configs, "mix", Mixture(parts={TASK: Part()}), seed=SEED).splits["train"]
    (out / "rows").write_text(str(entry.rows))


def polars(shards: Path, out: Path) -> None:
    """``unique`` of all columns that make the text, in memory, then a shuffle."""
    import polars as pl

    columns = ["prompt", "completion"]
    files = sorted(shards.glob(f"{TASK}/train-*.arrow"))
    every = pl.concat([pl.read_ipc_stream(each, columns=[*columns, "id"]) for each in files])
    left = every.unique(subset=columns, keep="any").select("id")
    left.sample(fraction=1, shuffle=True, seed=SEED).write_parquet(out / "ids.parquet")
    (out / "rows").write_text(str(len(left)))


def datatrove(shards: Path, out: Path) -> None:
    """Its three steps: signatures, duplicates, filter; it shuffles nothing."""
    import os

    os.environ["DATATROVE_COLORIZE_LOGS"] = "0"
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        ExactDedupConfig,
        ExactDedupFilter,
        ExactDedupSignature,
        ExactFindDedups,
    )
    from datatrove.pipeline.readers import IpcReader
    from datatrove.pipeline.writers import ParquetWriter
    from loguru import logger

    logger.remove()
    config = ExactDedupConfig(content_getter=_text)
    reader = IpcReader(
        str(shards / TASK), stream=True, text_key="prompt", glob_pattern="train-*.arrow"
    )
    folders = [str(out / name) for name in ("signatures", "duplicates")]
    ids = ParquetWriter(str(out / "left"), adapter=lambda _, document: {"id": document.id})
    steps: list[list[Any]] = [
        [reader, ExactDedupSignature(folders[0], config)],
        [ExactFindDedups(*folders, config)],
        [reader, ExactDedupFilter(folders[1], config), ids],
    ]
    for number, step in enumerate(steps):
        LocalPipelineExecutor(step, logging_dir=str(out / f"log{number}")).run()
    import pyarrow.parquet as pq

    rows = sum(pq.read_metadata(path).num_rows for path in (out / "left").glob("*.parquet"))
    (out / "rows").write_text(str(rows))


def _text(document: Any) -> bytes:
    return bytes(document.text + document.metadata["completion"], "utf-8")


WAYS: Mapping[str, Callable[[Path, Path], None]] = {
    OURS: ours,
    "polars": polars,
    "datatrove": datatrove,
}


def measure_duplicates(bench: Bench) -> None:
    """Every way in turns, of ``--rows`` rows and of ten times as many; and its memory.

    datatrove has its turn with the fewer rows alone: it takes a minute for them.
    """
    from bench.measure import in_turns, median
    from bench.report import Ratio, say
    from bench.run import empty

    each_row = {}
    for rows in (bench.rows, 10 * bench.rows):
        shards, out = bench.scratch / "shards", bench.out
        say(f"duplicates: rendering {rows:,} rows")
        empty(bench.scratch)
        _make_shards(bench.root, bench.scratch / "source", shards, rows)
        works, peaks, own = {}, {}, {}
        begin = partial(empty, out)
        ways = [name for name in WAYS if name != "datatrove" or rows == bench.rows]
        for name in ways:
            say(f"duplicates: {name}: comparing, and peak memory")
            words = ("build/bench/duplicates.py", name, str(shards), str(out))
            works[name] = bench.command(*words, PYTHONPATH=str(bench.root / "build"))
            begin()
            peaks[name] = round(works[name].peak_mib())
            left, expected = int((out / "rows").read_text()), rows - rows // COPIES
            if left != expected:
                raise SystemExit(f"benchmark: {name} leaves {left:,} rows, not {expected:,}")
            begin()
            own[name] = round(works[name].peak_mib("RssAnon"))
        say(f"duplicates: {len(ways)} ways in turns")
        samples = in_turns(
            works, min(bench.repeats, 3), before=begin, patience_seconds=bench.patience_seconds
        )
        what = f"duplicates, {rows:,} rows"
        each_row[rows] = median(samples[OURS]) / rows
        for other in ways[1:]:
            bench.found.compare(what, samples, OURS, other)
        bench.found.add(what, samples, peak_mib=peaks, own_mib=own)
        bench.found.ratios.append(Ratio(f"{what}: own memory", own[OURS], "<= 512", "MiB"))
    first, last = each_row.values()
    bench.found.ratios.append(
        Ratio(f"duplicates: time of a row, {max(each_row):,} / {min(each_row):,} rows",
              last / first, "<= 1.3")
    )  # fmt: skip
    empty(bench.scratch)


def _make_shards(root: Path, source: Path, shards: Path, rows: int) -> None:
    """Render problems that all differ, but for the copies; their keys beside them."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from bench.data import make_source
    from mixbuild.make import Request, make
    from mixbuild.tasks import find

    made = make_source(TASK, source, rows=rows, files=1, root=root)
    (path,) = (made.folder / name for name in made.files)
    table = pq.read_table(path)
    once = rows - rows // COPIES
    numbers = pa.array(np.arange(rows) % once)
    question = pc.binary_join_element_wise(
        table["question"].take(numbers), numbers.cast(pa.string()), " "
    )
    answer = table["answer"].take(numbers)
    pq.write_table(pa.table({"question": question, "answer": answer}), path, compression="zstd")
    folders = {TASK: str(made.folder)}
    make(Request([find(TASK)], shards, folders, splits=("train",), keys=True))


if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
