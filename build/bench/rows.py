"""In one process: every contender on one task, and their memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bench.contenders import ALL, FLOOR, OTHERS, OURS, ROW_BY_ROW, compare, get_ready, read_rows
from bench.measure import in_turns, median
from bench.report import say
from bench.run import Bench, empty


def measure_rows(bench: Bench, task: str) -> None:
    """All contenders in turns; then each in a fresh process, for its memory."""
    source = bench.source(task, rows=bench.rows)
    job = bench.job(task, source)
    out = Path(job.out)
    ALL[OURS](job)
    rows = read_rows(out)
    if len(rows) != bench.rows:
        raise SystemExit(f"benchmark: ours made {len(rows):,} of {bench.rows:,} rows")
    size = sum(path.stat().st_size for path in out.rglob("*.arrow"))
    get_ready(task, rows)
    for name, run in ALL.items():
        say(f"{task}: warming up and comparing: {name}")
        empty(out)
        run(job)
        compare(name, out, rows)
    del rows
    say(f"{task}: {len(ALL)} contenders in turns, {bench.repeats} times")
    samples = in_turns(
        {name: partial(run, job) for name, run in ALL.items()},
        bench.repeats,
        before=lambda: empty(out),
        patience_seconds=bench.patience_seconds,
    )
    peaks = {}
    for name in (OURS, *OTHERS, ROW_BY_ROW):
        say(f"{task}: peak memory: {name}")
        empty(out)
        peaks[name] = round(bench.alone(name, job).peak_mib())
    best = min(OTHERS, key=lambda name: median(samples[name]))
    bench.found.compare(f"{task}, in process", samples, OURS, best, "<= 1.0")
    bench.found.compare(f"{task}, in process", samples, OURS, FLOOR, "<= 1.2")
    target = ">= 40" if task == "squad" else ""
    bench.found.compare(f"{task}, in process", samples, ROW_BY_ROW, OURS, target)
    title = f"{task}: {bench.rows:,} {source.data} rows, {size / 1e6:.0f} MB, in process"
    bench.found.add(title, samples, size, peak_mib=peaks)
