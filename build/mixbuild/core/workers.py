"""Worker processes: each is asked by a thread of ours, and none waits for another."""

from __future__ import annotations

import itertools
import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol, TypeVar

from mixbuild.core.errors import WorkerError
from mixbuild.core.worker import Ended, Worker, frame_of


class Named(Protocol):
    """Whatever can be named in an error."""

    @property
    def name(self) -> str:
        """For people."""


Work = TypeVar("Work", bound=Named)


class Workers:
    """Worker processes for one kind of work. All of them end with the block.

    They may be begun before it is known what they are to work on, or with what in common.
    """

    def __init__(self, work: Callable[..., object], prepare: Callable[[], object] = object) -> None:
        """What each is to do, with a unit and what all share; and before it knows of any."""
        self._begin = frame_of((work, prepare))
        self._workers: list[Worker] = []

    def begin(self, num_proc: int) -> None:
        """Have so many processes, which import the work's module while this one goes on."""
        while len(self._workers) < num_proc:
            self._workers.append(Worker(self._begin))
            self._workers[-1].start()

    def run(
        self, units: Iterable[Work], shared: object, *, num_proc: int
    ) -> Iterator[tuple[Work, object]]:
        """Yield (unit, its result) as the units come to be done; once.

        Raises:
            WorkerError: a worker ended twice on the same unit.
            Whatever the work raises.
        """
        waiting = iter(units)
        first = list(itertools.islice(waiting, num_proc))
        num_proc = len(first)
        self.begin(num_proc)
        idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        frame = frame_of(shared)
        for worker in self._workers[:num_proc]:
            worker.shared = frame
            idle.put(worker)

        def ask(unit: Named) -> object:
            worker = idle.get()
            try:
                return _persistently(worker, unit)
            finally:
                idle.put(worker)

        threads = ThreadPoolExecutor(num_proc, thread_name_prefix="ask-worker")
        try:
            yield from _in_turn(threads, ask, itertools.chain(first, waiting), 2 * num_proc)
        finally:
            self._kill()
            threads.shutdown(cancel_futures=True)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()
        for worker in self._workers:
            worker.close()

    def _kill(self) -> None:
        for worker in self._workers:
            worker.kill()


def _in_turn(
    threads: ThreadPoolExecutor,
    ask: Callable[[Named], object],
    waiting: Iterator[Work],
    at_once: int,
) -> Iterator[tuple[Work, object]]:
    """Ask for a few in advance, so that no worker waits for who takes the results."""
    running: dict[Future[object], Work] = {}
    while True:
        for unit in itertools.islice(waiting, at_once - len(running)):
            running[threads.submit(ask, unit)] = unit
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            result = future.result()
            yield running.pop(future), result


def _persistently(worker: Worker, unit: Named) -> object:
    """Ask a second time when the worker ends over a unit; a third time would be no other."""
    ends = []
    for _ in range(2):
        try:
            return worker.ask(unit)
        except Ended as error:
            ends.append(str(error))
    raise WorkerError(
        f"{unit.name}: the worker process ended twice on this unit ({', then '.join(ends)}); "
        f"look at the system's log, or try a smaller --num-proc"
    )
