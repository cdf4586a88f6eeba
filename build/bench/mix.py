"""A mixture of three tasks: rows that are rendered already, in one order of all, as Parquet (zstd).

Each way is a process of its own, as a script of its user's would be, and reads the same Arrow
shards. ``datasets`` compresses by snappy, whatever one asks for; convmerge, which knows neither
Arrow nor Parquet, reads and writes the same rows as JSON lines. Ours chooses and orders by what the
rows say, writes files as the Hub likes them, and hashes rows and files on the way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from bench.run import Bench

OURS, DATASETS, INTERLEAVE = "ours", "datasets", "interleave_datasets"
TASKS = ("squad", "imdb", "gsm8k")
SEED = 7
LINES = "lines"
"""The folder of the rows as JSON lines, beside the shards'."""


def ours(shards: Path, out: Path) -> None:
    """A selection over the shards, then its files."""
    from mixbuild.curate.mix.mixture import mixed
    from mixbuild.declare import Mixture, Part
    from mixbuild.make import load_manifest
    from mixbuild.publish import Split, export_split

    configs = load_manifest(shards).configs
    mixture = Mixture(parts={task: Part() for task in TASKS})
    entry = mixed(shards, configs, "mix", mixture, seed=SEED).splits["train"]
    export_split(Split("mix", "train", entry, shards, "parquet"))
    (shards / ".publish").rename(out / "published")


def concatenate(shards: Path, out: Path) -> None:
    """``concatenate_datasets``, ``shuffle``, ``to_parquet``."""
    import datasets

    every = datasets.concatenate_datasets([_dataset(shards, task) for task in TASKS])
    every.shuffle(seed=SEED).to_parquet(out / "mix.parquet")


def interleave(shards: Path, out: Path) -> None:
    """``interleave_datasets`` of shuffled ones, which ends with the first of them."""
    import datasets

    each = [_dataset(shards, task).shuffle(seed=SEED) for task in TASKS]
    alike = [1 / len(each)] * len(each)
    mixed = datasets.interleave_datasets(each, probabilities=alike, seed=SEED)
    mixed.to_parquet(out / "mix.parquet")


def _dataset(shards: Path, task: str) -> Any:
    import datasets

    datasets.disable_progress_bars()
    datasets.disable_caching()  # a shuffle is not to be found done already
    files = sorted(shards.glob(f"{task}/train-*.arrow"))
    return datasets.concatenate_datasets([datasets.Dataset.from_file(str(each)) for each in files])


def polars(shards: Path, out: Path) -> None:
    """All in memory, shuffled there."""
    import polars as pl

    files = [path for task in TASKS for path in sorted(shards.glob(f"{task}/train-*.arrow"))]
    every = pl.concat([pl.read_ipc_stream(each) for each in files])
    shuffled = every.sample(fraction=1, shuffle=True, seed=SEED)
    shuffled.write_parquet(out / "mix.parquet", compression="zstd", compression_level=1)


def duckdb(shards: Path, out: Path) -> None:
    """Ordered by a hash of the ids."""
    import duckdb

    every = _table(shards)  # noqa: F841  # read by its name below
    duckdb.sql(
        f"COPY (FROM every ORDER BY hash(id)) TO '{out}/mix.parquet' "
        f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )


def convmerge(shards: Path, out: Path) -> None:
    """JSON lines to JSON lines."""
    from convmerge.mix import MixSource, mix_files

    files = [shards.with_name(LINES) / f"{task}.jsonl" for task in TASKS]
    mix_files([MixSource(each, 1) for each in files], out / "mix.jsonl", seed=SEED)


WAYS: Mapping[str, Callable[[Path, Path], None]] = {
    OURS: ours,
    DATASETS: concatenate,
    INTERLEAVE: interleave,
    "polars": polars,
    "DuckDB": duckdb,
    "convmerge": convmerge,
}


def measure_mix(bench: Bench) -> None:
    """Every way in turns, after its rows were compared; and its memory, in all and its own."""
    from bench.measure import in_turns, median
    from bench.report import Ratio, say
    from bench.run import empty

    shards, out = bench.scratch / "shards", bench.out
    data = _make_shards(bench, shards)
    works, seen = {}, {}
    for name in WAYS:
        words = ("build/bench/mix.py", name, str(shards), str(out))
        works[name] = bench.command(*words, PYTHONPATH=str(bench.root / "build"))
        say(f"mix: {name}: comparing, and peak memory")
        begin = partial(_begin, shards, out)
        begin()
        peak = round(works[name].peak_mib())
        rows = _compare(name, shards, out)
        begin()
        seen[name] = {
            "rows": rows,
            "peak_mib": peak,
            "own_mib": round(works[name].peak_mib("RssAnon")),
        }
    say(f"mix: {len(WAYS)} ways in turns, {bench.repeats} times")
    samples = in_turns(works, bench.repeats, before=begin, patience_seconds=bench.patience_seconds)
    what = f"mix, {len(TASKS) * bench.rows:,} rows"
    bench.found.compare(what, samples, DATASETS, OURS, ">= 6")
    bench.found.compare(what, samples, INTERLEAVE, OURS)
    best = min(("polars", "DuckDB"), key=lambda name: median(samples[name]))
    bench.found.compare(what, samples, OURS, best, "<= 1.0")
    bench.found.compare(what, samples, "convmerge", OURS)
    bench.found.ratios.append(Ratio(f"{what}: own memory", seen[OURS]["own_mib"], "<= 500", "MiB"))
    columns = {key: {name: each[key] for name, each in seen.items()} for key in seen[OURS]}
    bench.found.add(f"mix: {len(TASKS) * bench.rows:,} {data} rows", samples, **columns)
    empty(bench.scratch)


def _make_shards(bench: Bench, shards: Path) -> str:
    """Render the tasks, once; also as JSON lines. Whether their rows are genuine."""
    import polars as pl
    from bench.data import make_source
    from bench.report import say
    from bench.run import empty
    from mixbuild.make import Request, make
    from mixbuild.tasks import find

    say(f"mix: rendering {bench.rows:,} rows of each task")
    empty(bench.scratch)
    made = {
        task: make_source(
            task, bench.scratch / "sources" / task, rows=bench.rows, files=1, root=bench.root
        )
        for task in TASKS
    }
    folders = {task: str(each.folder) for task, each in made.items()}
    make(Request([find(task) for task in TASKS], shards, folders, splits=("train",), keys=True))
    lines = shards.with_name(LINES)
    lines.mkdir()
    for task in TASKS:
        with (lines / f"{task}.jsonl").open("wb") as file:
            for path in sorted(shards.glob(f"{task}/train-*.arrow")):
                pl.read_ipc_stream(path).write_ndjson(file)
    return min((each.data for each in made.values()), key=lambda data: data == "genuine")


def _begin(shards: Path, out: Path) -> None:
    from bench.run import empty

    empty(shards / "mix")
    empty(out)


def _compare(name: str, shards: Path, out: Path) -> int:
    """How many rows were written; all of them, each once, unless the way is to leave some out."""
    import polars as pl
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found = sorted(out.rglob("*.parquet"))
    ids = (
        pa.concat_tables([pq.read_table(path, columns=["id"]) for path in found])["id"]
        if found
        else pl.scan_ndjson(out / "mix.jsonl").select("id").collect()["id"].to_arrow()
    )
    every = _table(shards)["id"]
    once = len(pc.unique(ids)) == len(ids)
    if not once or (name != INTERLEAVE and len(ids) != len(every)):
        raise SystemExit(f"benchmark: {name} makes other rows than ours")
    return len(ids)


def _table(shards: Path) -> pa.Table:
    """All rows, mapped."""
    import pyarrow as pa

    files = [path for task in TASKS for path in sorted(shards.glob(f"{task}/train-*.arrow"))]
    return pa.concat_tables(
        pa.ipc.open_stream(pa.memory_map(str(path))).read_all() for path in files
    )


if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
