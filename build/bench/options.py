"""Option tasks against squad: seconds per byte of finished rows, their samples repeated."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench.measure import in_turns, median
from bench.report import Ratio, say
from bench.rows import batches_of, begin_afresh, render_all
from bench.run import Bench, empty
from mixbuild.declare import ChoiceSlot, Task
from mixbuild.make import Request
from mixbuild.sources import SAMPLES, read, resolve
from mixbuild.tasks import ALL, find

SQUAD = "squad"


def measure_options(bench: Bench) -> None:
    """``render`` of every task with options, and of squad."""
    empty(bench.scratch)
    rows = bench.rows // 4
    works, sizes = {}, {}
    for task in (find(SQUAD), *filter(_has_options, ALL)):
        say(f"options: making {rows:,} rows of {task.name}")
        folder = _repeated(task, bench.scratch / task.name, rows)
        split = next(iter(task.splits))
        request = Request([task], bench.out, {task.name: str(folder)}, splits=(split,))
        batches = batches_of(request)
        sizes[task.name] = sum(made.nbytes for made in render_all(batches))
        works[task.name] = partial(render_all, batches)
    samples = in_turns(
        works, bench.repeats, before=begin_afresh, patience_seconds=bench.patience_seconds
    )
    per_byte = {name: median(samples[name]) / sizes[name] for name in works}
    for name in works:
        if name != SQUAD:
            others = max(each.others for each in samples[name])
            value = per_byte[name] / per_byte[SQUAD]
            what = f"options: {name}, rendering: seconds per byte / {SQUAD}'s"
            bench.found.ratios.append(Ratio(what, value, "<= 3.0", others=others))
    speeds = {name: round(1e-6 / each) for name, each in per_byte.items()}
    bench.found.add(f"options: rendering, {rows:,} rows", samples, mb_per_s=speeds)
    empty(bench.scratch)


def _has_options(task: Task) -> bool:
    return any(isinstance(slot, ChoiceSlot) for slot in task.slots.values())


def _repeated(task: Task, folder: Path, rows: int) -> Path:
    """A mirror in which each split has the first one's sample rows, over and over."""
    resolved = resolve(task, SAMPLES)
    columns = [(name,) for name in resolved.schema.names]
    once = pa.Table.from_batches(
        batch
        for run in resolved.runs[next(iter(task.splits))]
        for _, batch in read(run, columns, schema=resolved.schema)
    )
    every = itertools.repeat(once, -(-rows // len(once)))
    table = pa.concat_tables(every).slice(0, rows).combine_chunks()
    folder.mkdir(parents=True)
    pq.write_table(table, folder / "rows.parquet", row_group_size=10_000)
    files = "".join(
        f"  - {{split: {split}, path: rows.parquet}}\n" for split in task.splits.values()
    )
    config = task.source.config or "default"
    card = f"---\nconfigs:\n- config_name: {config}\n  data_files:\n{files}---\n"
    (folder / "README.md").write_text(card)
    return folder
