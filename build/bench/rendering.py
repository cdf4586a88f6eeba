"""Rendering alone: our batches in memory, against a copy of the memory that they take."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pyarrow as pa
from bench.job import Job
from bench.measure import Samples, in_turns
from mixbuild.make import Request, plan, source_rows
from mixbuild.render import Origin, render
from mixbuild.tasks import find

RENDER = "render"
COPY = "memory copy"


def measure_rendering(job: Job, *, repeats: int, patience_seconds: float) -> tuple[Samples, int]:
    """Time ``render`` over all batches and a copy of all its output's buffers, in turns.

    The results of both are kept until the clock has stopped, and both begin
    after Arrow's pool has given back what it held.

    Returns:
        samples of ``RENDER`` and ``COPY``, and the bytes that are copied.
    """
    task = find(job.task)
    request = Request([task], Path(job.out), {task.name: job.source}, splits=("train",))
    planned = plan(task, request)
    inputs = []
    for unit in planned.units["train"]:
        origin = Origin(planned.projection.source, unit.split, unit.run.file)
        for row_numbers, batch in source_rows(unit, planned.projection):
            inputs.append((planned.projection.binding, batch, row_numbers, origin))

    def render_all() -> list[pa.RecordBatch]:
        return [render(*each)[0] for each in inputs]

    # through a message and back: batches may share buffers with the source, or hold slices of
    # larger ones, and a copy of those would be of more than the output
    buffers = [
        buffer
        for batch in render_all()
        for column in pa.ipc.read_record_batch(batch.serialize(), batch.schema).columns
        for buffer in column.buffers()
        if buffer is not None
    ]

    def copy_all() -> list[pa.Buffer]:
        copies = []
        for buffer in buffers:
            copy = pa.allocate_buffer(buffer.size)
            np.frombuffer(copy, np.uint8)[:] = np.frombuffer(buffer, np.uint8)
            copies.append(copy)
        return copies

    def begin_afresh() -> None:
        gc.collect()
        pa.default_memory_pool().release_unused()

    works = {RENDER: render_all, COPY: copy_all}
    for work in works.values():
        work()
    samples = in_turns(
        works,
        dict.fromkeys(works, repeats),
        before=begin_afresh,
        patience_seconds=patience_seconds,
    )
    return samples, sum(buffer.size for buffer in buffers)
