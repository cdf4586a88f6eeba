"""The rendering of units, wherever that is: in this process, or in as many as are worth it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixbuild.make.shard import Shard, render_unit
from mixbuild.make.unit import Projection, Unit
from mixbuild.sources import BATCH_BYTES

WORKER_BATCHES = 96
"""Of 4 MiB each: with fewer, a worker is longer in starting than it saves. A start is half a second
of a core, and so is rendering 100 MB; this process alone keeps more than one core busy."""


def worth_workers(units: Sequence[Unit], *, cores: int) -> int | None:
    """How many worker processes units are worth; None where this process is as quick alone."""
    worth = min(cores, len(units), sum(map(_batches, units)) // WORKER_BATCHES)
    return worth if worth > 1 else None


def _batches(unit: Unit) -> int:
    """About how many batches of source rows a unit has: what it costs."""
    run = unit.run
    if run.rows is not None:
        return run.rows // run.batch_rows
    try:
        return Path(run.address).stat().st_size // BATCH_BYTES
    except OSError:  # it is on the Hub
        return 1


@dataclass(frozen=True)
class Shared:
    """What every unit of a build is rendered with: it goes to each worker once."""

    projections: Mapping[str, Projection]
    folder: Path
    overlap: bool


def work(unit: Unit, shared: Shared) -> Shard:
    """Render one unit of a build, wherever that is."""
    projection = shared.projections[unit.config]
    return render_unit(unit, projection, shared.folder, overlap=shared.overlap)
