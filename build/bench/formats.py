"""Handing rows out: chats against rows as they are, JSON lines against polars' of the same rows.

Each way is a process of its own, which reads the same Arrow shards; ours holds each row against its
digest on the way.
"""

from __future__ import annotations

from functools import partial

from bench.measure import in_turns
from bench.report import say
from bench.run import Bench, empty
from mixbuild.make import Request, make
from mixbuild.tasks import find

ROWS, CHATS = "prompt_completion", "messages"
POLARS = "polars' write_ndjson"
SCRIPT = """
import sys
from pathlib import Path
import polars
files = sorted(Path(sys.argv[1]).rglob("*.arrow"))
polars.concat([polars.read_ipc_stream(each) for each in files]).write_ndjson(sys.argv[2])
"""


def measure_formats(bench: Bench) -> None:
    """Both row formats in both containers, and polars, in turns, after the lines were compared."""
    source = bench.source("imdb", rows=bench.rows)
    shards, out = bench.scratch / "shards", bench.out
    task = find("imdb")
    make(Request([task], shards, {task.name: str(source.folder)}, splits=("train",)))
    theirs = out / "theirs.jsonl"
    works = {POLARS: bench.command("-c", SCRIPT, str(shards), str(theirs))}
    for name in (ROWS, CHATS):
        for container in ("parquet", "jsonl"):
            words = ("export", str(shards), "--as", name, "--to", f"{out}/ours.{container}")
            works[f"{name}, {container}"] = bench.command("build", *words)
    works[POLARS]()
    works[f"{ROWS}, jsonl"]()
    if theirs.read_bytes() != (out / "ours.jsonl").read_bytes():
        raise SystemExit("benchmark: formats: polars makes other lines than ours")
    say(f"formats: {len(works)} ways in turns, {bench.repeats} times")
    begin = partial(empty, out)
    samples = in_turns(works, bench.repeats, before=begin, patience_seconds=bench.patience_seconds)
    what = f"formats, {bench.rows:,} rows"
    bench.found.compare(what, samples, f"{CHATS}, parquet", f"{ROWS}, parquet", "<= 1.3")
    bench.found.compare(what, samples, f"{ROWS}, jsonl", POLARS, "<= 1.0")
    bench.found.add(what, samples)
