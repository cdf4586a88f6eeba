"""Engines: what runs the units. Each is a ``concurrent.futures.Executor``.

In this process, one unit after the other, without any start-up; in worker
processes of one core each; or on a Dask cluster. The result does not depend on
which, because a unit knows nothing of the others.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from mixbuild.core.errors import UsageError, WorkerError, one_line, one_of

PROCESSES = "processes"
DASK = "dask"
ENGINES = (PROCESSES, DASK)


class Named(Protocol):
    """Whatever can be named in an error."""

    @property
    def name(self) -> str:
        """For people."""


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
) -> Iterator[tuple[Work, Result]]:
    """Yield (unit, its result) as the units come to be done.

    Args:
        units: what to work on.
        work: called with a unit and ``shared``; it can be pickled, unless ``num_proc`` is None.
        shared: what all units have in common; it travels once to a worker, not with each unit.
        engine: ``processes`` or ``dask``.
        num_proc: how many worker processes; None is this process for ``processes``,
            and a worker per core for a Dask cluster that is started here.
        scheduler: the address of a running Dask scheduler.

    Raises:
        UsageError: the engine is unknown, or its extra is not installed.
        WorkerError: a worker died twice on the same unit.
        Whatever ``work`` raises, for the first unit that fails; no new unit is begun then.
    """
    check(engine, scheduler)
    units = list(units)
    if not units:
        return
    if engine == DASK:
        call = _Call(pickle.dumps((work, shared)))
        yield from _on_dask(units, call, num_proc, scheduler)
    elif num_proc is None:
        yield from _through(InThisProcess(), units, lambda unit: work(unit, shared), at_once=1)
    else:
        yield from _in_processes(units, pickle.dumps((work, shared)), num_proc)


def check(engine: str, scheduler: str | None = None) -> None:
    """Refuse what ``run`` would, before there is anything to run.

    Raises:
        UsageError: the engine is unknown, not installed, or none that a scheduler belongs to.
        WorkerError: there is no scheduler at that address.
    """
    if engine not in ENGINES:
        raise UsageError(one_of("engine", engine, ENGINES))
    if engine == DASK:
        _dask_client(scheduler).close() if scheduler is not None else _dask()
    elif scheduler is not None:
        raise UsageError("--scheduler is the address of a Dask scheduler; add --engine dask")


@dataclass(frozen=True)
class _Call:
    """Work on a unit in a worker, where this was unpickled or where the worker began."""

    pickled: bytes | None = None

    def __call__(self, unit: Any) -> Any:
        work, shared = _unpickled(self.pickled) if self.pickled else _begun
        return work(unit, shared)


@functools.lru_cache(maxsize=4)
def _unpickled(pickled: bytes) -> Any:
    return pickle.loads(pickled)  # noqa: S301  # our own, from our own process


_begun: Any = None
"""What a worker process works with: (work, shared)."""


class InThisProcess(Executor):
    """An executor that has the work done by the time ``submit`` returns."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call at once; an error is raised here, with its own traceback."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _through(
    executor: Executor,
    units: Iterable[Work],
    work: Callable[[Work], Result],
    *,
    at_once: int,
    running: dict[Future[Result], Work] | None = None,
) -> Iterator[tuple[Work, Result]]:
    """Keep ``at_once`` units with the executor; yield each as it is done.

    ``running`` tells the caller what the executor had when it broke.
    """
    waiting = iter(units)
    running = {} if running is None else running
    while True:
        for unit in waiting:
            # in this process, submitting is working: Ctrl-C must be answered
            with nullcontext() if isinstance(executor, InThisProcess) else _interrupts_held():
                running[executor.submit(work, unit)] = unit
            if len(running) >= at_once:
                break
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            result = future.result()
            yield running.pop(future), result


def _in_processes(units: list[Work], pickled: bytes, num_proc: int) -> Iterator[tuple[Work, Any]]:
    """A pool; when a worker dies, what the pool had goes to a new one, each unit alone."""
    left = {id(unit): unit for unit in units}
    while left:
        running: dict[Future[Any], Work] = {}
        try:
            with _pool(min(num_proc, len(left)), pickled) as pool:
                todo = list(left.values())
                for unit, result in _through(
                    pool, todo, _Call(), at_once=2 * num_proc, running=running
                ):
                    del left[id(unit)]
                    yield unit, result
        except BrokenProcessPool:
            for suspect in running.values():
                yield suspect, _alone(suspect, pickled)
                del left[id(suspect)]


def _alone(unit: Named, pickled: bytes) -> Any:
    try:
        with _pool(1, pickled) as pool:
            ((_, result),) = _through(pool, [unit], _Call(), at_once=1)
    except BrokenProcessPool as error:
        raise WorkerError(
            f"{unit.name}: the worker process died twice on this unit; it may have run out "
            f"of memory: try again with a smaller --num-proc"
        ) from error
    return result


@contextmanager
def _pool(num_proc: int, pickled: bytes) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that end with the block, whatever ends it."""
    # spawned, not forked: Arrow's threads do not survive a fork
    pool = ProcessPoolExecutor(
        num_proc, multiprocessing.get_context("spawn"), _begin_worker, (pickled,)
    )
    workers = set(multiprocessing.active_children())
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - workers:
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold Ctrl-C back while processes start; they inherit that, and never answer it.

    Ctrl-C reaches the whole process group, and only the parent is to answer.
    """
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _begin_worker(pickled: bytes) -> None:
    """Take what the units share; end this worker when its parent ends, however that comes about."""
    global _begun

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()
    _begun = _unpickled(pickled)


def _dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise UsageError(
            "--engine dask needs the extra 'cluster': pip install 'instruct_mix[cluster]'"
        ) from None
    return distributed


def _dask_client(cluster: Any) -> Any:
    """A client of a cluster of ours, or of the scheduler at an address."""
    try:
        return _dask().Client(cluster, timeout="10s")
    except (OSError, TimeoutError) as error:
        raise WorkerError(
            f"no Dask scheduler at {cluster} ({one_line(error)}); check the address, or leave "
            f"--scheduler out for a cluster on this machine"
        ) from error


def _on_dask(
    units: list[Work],
    work: Callable[[Work], Result],
    num_proc: int | None,
    scheduler: str | None,
) -> Iterator[tuple[Work, Result]]:
    distributed = _dask()
    with _interrupts_held():
        cluster: Any = scheduler or distributed.LocalCluster(
            n_workers=num_proc, threads_per_worker=1, dashboard_address=None, silence_logs=50
        )
    try:
        with _dask_client(cluster) as client:
            executor = client.get_executor(retries=1, pure=False)
            yield from _through(executor, units, work, at_once=len(units))
    except (distributed.KilledWorker, CancelledError) as error:
        raise WorkerError(
            f"the Dask workers died time and again ({one_line(error)}); "
            f"look at their logs, give them more memory, and run the same command again"
        ) from error
    finally:
        if cluster is not scheduler:
            cluster.close()
