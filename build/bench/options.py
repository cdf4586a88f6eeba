"""Option tasks against squad: seconds per byte of finished rows, their samples repeated."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench.measure import Samples, in_turns, median
from bench.parts import Bench, empty, load_average, say
from bench.report import Part, Ratio, Times, times
from mixbuild.declare import ChoiceSlot, Task
from mixbuild.make import Request, make, plan, source_rows
from mixbuild.render import Origin, render
from mixbuild.sources import SAMPLES, read, resolve
from mixbuild.tasks import ALL, find

MOST_TIMES_SQUAD = 2.0


def measure_options(bench: Bench) -> Part:
    """Every task with options that are shuffled, and squad: the whole of make; and render alone."""
    load = load_average()
    empty(bench.scratch)
    tasks = [find("squad"), *(task for task in ALL if _has_options(task))]
    whole: dict[str, Callable[[], object]] = {}
    alone: dict[str, Callable[[], object]] = {}
    sizes: dict[str, int] = {}
    for task in tasks:
        say(f"options: making {bench.rows:,} rows of {task.name}")
        folder = _repeated(task, bench.scratch / "source" / task.name, bench.rows)
        request = Request(
            [task],
            bench.scratch / "made",
            {task.name: str(folder)},
            splits=(next(iter(task.splits)),),
        )
        sizes[task.name] = _bytes_made(request)
        whole[task.name] = partial(make, request)
        alone[task.name] = partial(_render_all, _inputs(task, request))
    say(f"options: {len(tasks)} tasks in turns, {bench.repeats} times, whole and alone")
    ratios: list[Ratio] = []
    tables = []
    found = {}
    for what, works, target in (
        ("make", whole, ("<=", MOST_TIMES_SQUAD)),
        ("render alone", alone, ("<=", MOST_TIMES_SQUAD)),
    ):
        samples = in_turns(
            works,
            dict.fromkeys(works, bench.repeats),
            before=partial(_begin_afresh, bench.scratch / "made"),
            patience_seconds=bench.patience_seconds,
        )
        ratios += [
            Ratio(
                f"options: {name}, {what}: seconds per byte / squad's",
                _per_byte(samples, sizes, name) / _per_byte(samples, sizes, "squad"),
                target=target,
                others=max(each.others for each in samples[name]),
            )
            for name in works
            if name != "squad"
        ]
        lines = times(samples)
        tables.append(Times(f"options: {what}, {bench.rows:,} rows", lines))
        found[what] = lines
    bench.save("options", ratios, load, rows=bench.rows, bytes=sizes, seconds=found)
    empty(bench.scratch)
    return Part(ratios, tables)


def _has_options(task: Task) -> bool:
    return any(isinstance(slot, ChoiceSlot) for slot in task.slots.values())


def _repeated(task: Task, folder: Path, rows: int) -> Path:
    """A mirror whose first split has the sample rows that render, over and over."""
    resolved = resolve(task, SAMPLES)
    split = next(iter(task.splits))
    every_column = [(name,) for name in resolved.schema.names]
    batches = [
        batch
        for run in resolved.runs[split]
        for _, batch in read(run, every_column, schema=resolved.schema)
    ]
    table = pa.Table.from_batches(batches)
    times_over = -(-rows // len(table))
    table = pa.concat_tables(itertools.repeat(table, times_over)).slice(0, rows).combine_chunks()
    folder.mkdir(parents=True)
    pq.write_table(table, folder / f"{task.splits[split]}.parquet", row_group_size=10_000)
    card = "\n".join(
        [
            "---",
            "configs:",
            f"- config_name: {task.source.config or 'default'}",
            "  data_files:",
            *(
                f"  - {{split: {theirs}, path: {task.splits[split]}.parquet}}"
                for theirs in task.splits.values()
            ),
            "---",
            "",
        ]
    )
    (folder / "README.md").write_text(card)
    return folder


def _bytes_made(request: Request) -> int:
    entry = make(request).manifest["tasks"][request.tasks[0].name]
    return sum(shard["bytes"] for each in entry["splits"].values() for shard in each["shards"])


Inputs = list[tuple[object, ...]]


def _inputs(task: Task, request: Request) -> Inputs:
    """All batches of the source, in memory, as ``render`` wants them."""
    planned = plan(task, request)
    inputs: Inputs = []
    for units in planned.units.values():
        for unit in units:
            origin = Origin(planned.projection.source, unit.split, unit.run.file)
            for row_numbers, batch in source_rows(unit, planned.projection):
                inputs.append((planned.projection.binding, batch, row_numbers, origin))
    return inputs


def _render_all(inputs: Inputs) -> list[pa.RecordBatch]:
    return [render(*each)[0] for each in inputs]  # type: ignore[arg-type]  # as _inputs made them


def _begin_afresh(made: Path) -> None:
    empty(made)
    gc.collect()
    pa.default_memory_pool().release_unused()


def _per_byte(samples: Samples, sizes: dict[str, int], name: str) -> float:
    return median(samples[name]) / sizes[name]
