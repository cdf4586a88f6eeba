"""In one process: every contender on one task, their memory, and rendering alone."""

from __future__ import annotations

import gc
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench.contenders import ALL, FLOOR, OTHERS, OURS, ROW_BY_ROW, compare, get_ready, read_rows
from bench.job import Job
from bench.measure import in_turns, median
from bench.report import say
from bench.run import Bench, empty
from mixbuild.make import Request, plan, source_rows
from mixbuild.render import Origin, render
from mixbuild.tasks import find

RENDER, COPY = "rendering alone", "a memory copy of its output"


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
    _measure_rendering(bench, job)


def batches_of(request: Request) -> list[tuple[object, ...]]:
    """All batches of the first split that is asked for, in memory, as ``render`` takes them."""
    planned = plan(request.tasks[0], request)
    projection = planned.projection
    return [
        (projection.binding, batch, numbers, Origin(projection.source, unit.split, unit.run.file))
        for units in planned.units.values()
        for unit in units
        for numbers, batch in source_rows(unit, projection)
    ]


def render_all(batches: list[tuple[object, ...]]) -> list[pa.RecordBatch]:
    """What ``render`` makes of them."""
    return [render(*each)[0] for each in batches]  # type: ignore[arg-type]  # as batches_of made them


def begin_afresh() -> None:
    """Let Arrow's pool give back what it holds."""
    gc.collect()
    pa.default_memory_pool().release_unused()


def _measure_rendering(bench: Bench, job: Job) -> None:
    """Time ``render`` over all batches and a copy of all its output's buffers, in turns."""
    say(f"{job.task}: rendering alone")
    task = find(job.task)
    batches = batches_of(Request([task], bench.out, {task.name: job.source}, splits=("train",)))
    # through a message and back: batches may share buffers with the source, or hold slices of
    # larger ones, and a copy of those would be of more than the output
    buffers = [
        np.frombuffer(buffer, np.uint8)
        for batch in render_all(batches)
        for column in pa.ipc.read_record_batch(batch.serialize(), batch.schema).columns
        for buffer in column.buffers()
        if buffer is not None
    ]

    def copy_all() -> list[pa.Buffer]:
        copies = [pa.allocate_buffer(buffer.size) for buffer in buffers]
        for copy, buffer in zip(copies, buffers, strict=True):
            np.frombuffer(copy, np.uint8)[:] = buffer
        return copies

    samples = in_turns(
        {RENDER: partial(render_all, batches), COPY: copy_all},
        2 * bench.repeats,
        before=begin_afresh,
        patience_seconds=bench.patience_seconds,
    )
    bench.found.compare(job.task, samples, RENDER, COPY)
    size = sum(buffer.size for buffer in buffers)
    bench.found.add(f"{job.task}: rendering, {size / 1e6:.0f} MB", samples, size)
