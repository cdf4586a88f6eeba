"""Engines: what runs the units. Each is a ``concurrent.futures.Executor``.

In this process, one unit after the other, without any start-up; in worker
processes of one core each; or on a Dask cluster. The result does not depend on
which, because a unit knows nothing of the others.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from typing import TypeVar, cast

from mixbuild.core.cluster import check_dask, run_on_dask
from mixbuild.core.errors import UsageError, one_of
from mixbuild.core.workers import Named, Workers

__all__ = ["DASK", "ENGINES", "PROCESSES", "Named", "Workers", "check", "run"]

PROCESSES = "processes"
DASK = "dask"
ENGINES = (PROCESSES, DASK)


Work = TypeVar("Work", bound=Named)
Shared = TypeVar("Shared")
Result = TypeVar("Result")


def run(
    units: Iterable[Work],
    work: Callable[[Work, Shared], Result],
    *,
    shared: Shared,
    engine: str = PROCESSES,
    num_proc: int | None = None,
    scheduler: str | None = None,
    workers: Workers | None = None,
) -> Iterator[tuple[Work, Result]]:
    """Yield (unit, its result) as the units come to be done.

    Args:
        units: what to work on; they may be made while others are worked on.
        work: called with a unit and ``shared``; it can be pickled, unless ``num_proc`` is None.
        shared: what all units have in common; it travels once to a worker, not with each unit.
        engine: ``processes`` or ``dask``.
        num_proc: how many worker processes; None is this process for ``processes``,
            and a worker per core for a Dask cluster that is started here.
        scheduler: the address of a running Dask scheduler.
        workers: the worker processes that were made for this work, where some may have begun.

    Raises:
        UsageError: the engine is unknown, or its extra is not installed.
        WorkerError: a worker died twice on the same unit.
        Whatever ``work`` raises, for the first unit that fails; no new unit is begun then.
    """
    check(engine, scheduler)
    units = iter(units)
    first = next(units, None)
    if first is None:
        return
    units = itertools.chain([first], units)
    if engine == DASK:
        yield from run_on_dask(units, work, shared, num_proc=num_proc, scheduler=scheduler)
    elif num_proc is None:
        for unit in units:
            yield unit, work(unit, shared)
    else:
        with nullcontext(workers) if workers else Workers(work) as processes:
            for unit, result in processes.run(units, shared, num_proc=num_proc):
                yield unit, cast("Result", result)  # whatever work gives, its answer is


def check(engine: str, scheduler: str | None = None) -> None:
    """Refuse what ``run`` would, before there is anything to run.

    Raises:
        UsageError: the engine is unknown, not installed, or none that a scheduler belongs to.
        WorkerError: there is no scheduler at that address.
    """
    if engine not in ENGINES:
        raise UsageError(one_of("engine", engine, ENGINES))
    if engine == DASK:
        check_dask(scheduler)
    elif scheduler is not None:
        raise UsageError("--scheduler is the address of a Dask scheduler; add --engine dask")
