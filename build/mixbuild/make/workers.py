"""The rendering of units, wherever that is: in this process, or in as many as are worth it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mixbuild.core import Report, UsageError, count_of, usable_cores
from mixbuild.core import executor as engine
from mixbuild.make.plan import Plan, Request, plan
from mixbuild.make.shard import Shard, finished, render_unit
from mixbuild.make.unit import Projection, Unit
from mixbuild.sources import BATCH_BYTES, Factory, adopt, callers_factory, can_travel, is_remote

WORKER_BATCHES = 96
"""Of 4 MiB each: with fewer, a worker is longer in starting than it saves. A start is half a second
of a core, and so is rendering 100 MB; this process alone keeps more than one core busy."""


def plan_all(
    request: Request, there: Container[str], workers: engine.Workers, *, num_proc: int | None
) -> list[Plan]:
    """Plan every task, and begin worker processes as soon as it is likely that they are used.

    Their start takes half a second, as may the planning of a few tasks whose sources are on the
    Hub. Those that turn out not to be needed end with the others.

    Args:
        request: what to make.
        there: the names of the configs that the build holds: they may need no more rendering.
        workers: of ``work``.
        num_proc: how many are asked for; 0 for none, None for as many as are worth it.
    """
    plans = []
    anew = [task for task in request.tasks if task.name not in there]
    splits = sum(len(request.splits_of(task) or task.splits) for task in anew)
    workers.begin(min(num_proc or 0, splits))  # a split is a unit, at least
    units: list[Unit] = []
    for task in request.tasks:
        plans.append(plan(task, request))
        if num_proc is None and task in anew:
            units += plans[-1].all_units
            workers.begin(worth_workers(units, cores=usable_cores()) or 0)
    return plans


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


def client_of(units: Sequence[Unit], *, elsewhere: bool) -> tuple[Factory | None, bool]:
    """Return (the caller's own way to the Hub if units are read there, whether others can have it).

    Args:
        units: those to be rendered.
        elsewhere: whether other processes were asked for.

    Raises:
        UsageError: they were, and cannot have it.
    """
    client = callers_factory() if any(is_remote(unit.run.address) for unit in units) else None
    travels = can_travel(client)
    if elsewhere and not travels:
        raise UsageError(
            "worker processes cannot have the client factory that was set for the Hub "
            "(it is a lambda, or lies in the script itself); move it to a module, or leave "
            "num_proc and engine out"
        )
    return client, travels


@dataclass(frozen=True)
class Shared:
    """What every unit of a build is rendered with: it goes to each worker once.

    Attributes:
        projections: by config.
        folder: where the shards are written.
        overlap: whether to read, render and write at the same time.
        client: makes the client that asks the Hub, where the caller has set one.
    """

    projections: Mapping[str, Projection]
    folder: Path
    overlap: bool
    client: Factory | None = None


def work(unit: Unit, shared: Shared) -> Shard:
    """Render one unit of a build, wherever that is."""
    adopt(shared.client)
    projection = shared.projections[unit.config]
    return render_unit(unit, projection, shared.folder, overlap=shared.overlap)


def render_plans(
    plans: Sequence[Plan],
    folder: Path,
    *,
    engine_name: str,
    num_proc: int | None,
    scheduler: str | None,
    report: Report,
    do: Callable[[Unit, Shared], Shard] = work,
    crew: engine.Workers | None = None,
) -> tuple[int, int | None]:
    """Make the units of plans that are not there yet.

    Args:
        plans: of which config each.
        folder: where the shards are written.
        engine_name: as of ``make``.
        num_proc: as of ``make``.
        scheduler: as of ``make``.
        report: told of units, rows and bytes, and of each config that ends.
        do: what makes a unit.
        crew: worker processes of it that may have begun.

    Returns:
        how many were made, and how many worker processes were chosen, where nobody said how many.

    Raises:
        MixError: of any kind, for the first unit that fails.
    """
    units = [unit for each in plans for unit in each.all_units]
    projections = {each.task.name: each.projection for each in plans}
    missing = [unit for unit in units if not finished(unit, projections[unit.config], folder)]
    workers = None
    unasked = engine_name == engine.PROCESSES and num_proc is None
    client, travels = client_of(missing, elsewhere=not unasked)
    if unasked and travels:
        num_proc = workers = worth_workers(missing, cores=usable_cores())
    threads = engine_name == engine.PROCESSES and num_proc is None
    done = engine.run(
        missing,
        do,
        shared=Shared(projections, folder, overlap=threads, client=client),
        engine=engine_name,
        num_proc=num_proc,
        scheduler=scheduler,
        workers=crew,
    )
    _tell(done, missing, kept=len(units) - len(missing), report=report)
    return len(missing), workers


def _tell(
    done: Iterable[tuple[Unit, Shard]], missing: Sequence[Unit], *, kept: int, report: Report
) -> None:
    """Wait for all units, and tell how far it is with each that is done."""
    left = Counter(unit.config for unit in missing)
    total = kept + len(missing)
    rows: Counter[str] = Counter()
    size = 0
    report(kept, total, running=next(iter(left), ""))
    for count, (unit, shard) in enumerate(done, start=kept + 1):
        rows[unit.config] += shard.rows
        size += shard.bytes
        left -= Counter([unit.config])
        ended = (
            ""
            if left[unit.config]
            else f"{unit.config}: {count_of(rows[unit.config], 'row')} rendered"
        )
        running = next(iter(left), "")
        report(count, total, rows=rows.total(), size=size, running=running, ended=ended)
