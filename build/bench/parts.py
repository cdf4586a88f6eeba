"""The parts of the benchmark: each task with all contenders, start-up, and scale."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import commands, contenders, rendering, report
from bench.contenders import DUCKDB, FLOOR, OURS, POLARS, Contender
from bench.data import Source, make_source
from bench.job import Job
from bench.measure import Samples, in_turns, peak_alone
from bench.report import Part, Ratio, Times

SLOW_REPEATS = 3
FILES = 8
MANY = 20
"""Times the rows, for worker processes: with fewer, their start-up decides."""


@dataclass(frozen=True)
class Bench:
    """What was asked for.

    Attributes:
        root: the project's folder.
        scratch: for sources and outputs; emptied after each part.
        results: where the JSON goes.
        facts: date, commit, versions, machine.
        rows: source rows of each task.
        repeats: of each measurement.
        patience_seconds: how long to wait for a quiet machine before each.
        contenders: who takes part.
    """

    root: Path
    scratch: Path
    results: Path
    facts: Mapping[str, Any]
    rows: int
    repeats: int
    patience_seconds: float
    contenders: Sequence[Contender]

    def save(self, name: str, ratios: Sequence[Ratio], load_before: float, **found: Any) -> None:
        """Write a part's results."""
        load = {"load_average_before": load_before, "load_average_after": load_average()}
        report.save(self.results, name, ratios, {**self.facts, **load, **found})


def measure_task(bench: Bench, task: str) -> Part:
    """All contenders on one task, their memory, and rendering alone."""
    load = load_average()
    say(f"{task}: making {bench.rows:,} source rows")
    empty(bench.scratch)
    source = make_source(task, bench.scratch / "source", rows=bench.rows, files=1, root=bench.root)
    job = _job(task, source.folder, source.files[0], bench)
    rows_bytes = sum(path.stat().st_size for path in Path(job.reference).rglob("*.arrow"))
    rows = contenders.read_rows(Path(job.reference))
    for each in bench.contenders:
        say(f"{task}: warming up and comparing: {each.name}")
        empty(Path(job.out))
        each.import_needs()
        each.run(job)
        contenders.compare(each.name, Path(job.out), rows)
    del rows
    say(f"{task}: {len(bench.contenders)} contenders in turns, {bench.repeats} times")
    samples = _race(bench, job)
    times = report.times(samples, rows_bytes)
    for each in bench.contenders:
        say(f"{task}: peak memory: {each.name}")
        empty(Path(job.out))
        imports, peak = peak_alone(each.name, job.to_json())
        times[each.name] |= {"imports_only_mib": round(imports), "peak_mib": round(peak)}
    say(f"{task}: rendering alone")
    alone, alone_bytes = rendering.measure_rendering(
        job, repeats=3 * bench.repeats, patience_seconds=bench.patience_seconds
    )
    ratios = [
        *report.task_ratios(task, bench.contenders, samples),
        report.ratio(
            f"{task}: rendering alone / a memory copy of its output",
            alone,
            rendering.RENDER,
            rendering.COPY,
            ("<=", 4.0),
        ),
    ]
    alone_times = report.times(alone, alone_bytes)
    bench.save(
        task,
        ratios,
        load,
        task=task,
        rows=source.rows,
        data=source.data,
        source_bytes=job.parquet.stat().st_size,
        bytes=rows_bytes,
        contenders=times,
        rendering={"bytes": alone_bytes, **alone_times},
    )
    empty(bench.scratch)
    hashed = [
        report.best_of((group,), bench.contenders, samples) for group in (POLARS, DUCKDB, FLOOR)
    ]
    title = f"{task}: {source.rows:,} {source.data} rows, {rows_bytes / 1e6:.0f} MB when finished"
    memory_title = f"{task}: rendering alone, {alone_bytes / 1e6:.0f} MB in memory"
    return Part(
        ratios,
        [
            Times(title, times, with_sha256=[each for each in hashed if each]),
            Times(memory_title, alone_times),
        ],
    )


def _job(task: str, source: Path, file: str, bench: Bench) -> Job:
    """The job, with ours done once: what the others' rows are compared with."""
    from mixbuild.tasks import find

    reference = bench.scratch / "reference"
    template = find(task).template("seed").text
    job = Job(task, template, str(source), file, str(reference), reference=str(reference))
    contenders.ours(job)
    rows = contenders.read_rows(reference)
    if len(rows) != bench.rows:
        raise SystemExit(f"benchmark: ours made {len(rows):,} of {bench.rows:,} rows")
    return replace(job, out=str(bench.scratch / "made"), label=rows["source"][0].as_py())


def _race(bench: Bench, job: Job) -> Samples:
    out = Path(job.out)

    def hash_and_empty(name: str) -> float:
        """Seconds to hash what was written; ours has done it."""
        seconds = 0.0 if name == OURS else _hash_seconds(out)
        empty(out)
        return seconds

    slow_repeats = min(bench.repeats, SLOW_REPEATS)
    samples = in_turns(
        {each.name: functools.partial(each.run, job) for each in bench.contenders},
        {each.name: slow_repeats if each.slow else bench.repeats for each in bench.contenders},
        before=functools.partial(empty, out),
        after=hash_and_empty,
        patience_seconds=bench.patience_seconds,
    )
    contenders.finished.cache_clear()
    return samples


def measure_start_up(bench: Bench) -> Part:
    """How long the shortest command takes."""
    load = load_average()
    say("start-up")
    empty(bench.scratch)
    samples = commands.measure_start_up(
        bench.root,
        commands.environment(bench.scratch),
        repeats=2 * bench.repeats,
        patience_seconds=bench.patience_seconds,
    )
    name = f"start-up: {commands.LIST} / {commands.IMPORT}"
    ratios = [report.ratio(name, samples, commands.LIST, commands.IMPORT, ("<", 2.0))]
    times = report.times(samples)
    bench.save("start-up", ratios, load, commands=times)
    return Part(ratios, [Times("start-up", times)])


def measure_scale(bench: Bench, tasks: Sequence[str]) -> Part:
    """Two worker processes against one, and one worker's memory on rows and ten times as many."""
    load = load_average()
    many = MANY * bench.rows
    env, out = commands.environment(bench.scratch), bench.scratch / "made"
    ratios: list[Ratio] = []
    found: dict[str, Any] = {}
    for task in tasks:
        empty(bench.scratch)
        memory = {}
        for rows in (bench.rows, 10 * bench.rows):
            source = _several_files(bench, task, rows)
            say(f"scale: {task}: a worker's memory, {rows:,} rows")
            parent, worker = commands.measure_worker_memory(task, source, bench.root, out, env)
            memory[f"{rows}_rows"] = {"make_mib": round(parent), "worker_mib": round(worker)}
            name = f"scale: {task}: peak memory of one worker, {rows:,} rows"
            ratios.append(Ratio(name, worker, target=("<", 400.0), unit="MiB"))
        source = _several_files(bench, task, many)
        say(f"scale: {task}: one worker process against two, {many:,} rows")
        samples = commands.measure_workers(
            task,
            source,
            bench.root,
            out,
            env,
            repeats=min(bench.repeats, SLOW_REPEATS),
            patience_seconds=bench.patience_seconds,
        )
        one, two = (f"--num-proc {count}" for count in (1, 2))
        name = f"scale: {task}: {one} / {two}, {many:,} rows in {FILES} files"
        ratios.append(report.ratio(name, samples, one, two, (">=", 1.6)))
        found[task] = {"memory": memory, "commands": report.times(samples)}
    empty(bench.scratch)
    bench.save("scale", ratios, load, rows=many, tasks=found)
    return Part(
        ratios,
        [Times(f"scale: {task}, {many:,} rows", each["commands"]) for task, each in found.items()],
    )


def _several_files(bench: Bench, task: str, rows: int) -> Source:
    folder = bench.scratch / "source"
    shutil.rmtree(folder, ignore_errors=True)
    return make_source(task, folder, rows=rows, files=FILES, root=bench.root)


def _hash_seconds(folder: Path) -> float:
    start = time.perf_counter()
    for path in folder.rglob("*.arrow"):
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while block := file.read(2**20):
                digest.update(block)
        digest.hexdigest()
    return time.perf_counter() - start


def empty(folder: Path) -> None:
    """Make a folder that is there and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def load_average() -> float:
    """Of the last minute."""
    return round(os.getloadavg()[0], 1)


def say(what: str) -> None:
    """What is going on, on standard error."""
    print(f"{datetime.now():%H:%M:%S} {what}", file=sys.stderr, flush=True)
