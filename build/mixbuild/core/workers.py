"""Worker processes: a thread of ours asks each one, through two pipes that nobody else holds.

A worker that ends closes its pipes, so that whoever writes to it or reads from it is told at
once, whatever its size was and however far it had come; and a parent that ends closes them
too. There is no queue, lock or thread that one worker could leave blocked for the others.

It is a program of its own, not a fork, because Arrow's threads do not survive one, and it
does not import the caller's ``__main__``: a script needs no guard.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import IO, Any, Protocol, TypeVar, cast

from mixbuild.core.errors import WorkerError
from mixbuild.core.start import spare_pandas


class Named(Protocol):
    """Whatever can be named in an error."""

    @property
    def name(self) -> str:
        """For people."""


Work = TypeVar("Work", bound=Named)
Shared = TypeVar("Shared")
Result = TypeVar("Result")


def run_in_processes(
    units: Sequence[Work],
    work: Callable[[Work, Shared], Result],
    shared: Shared,
    *,
    num_proc: int,
) -> Iterator[tuple[Work, Result]]:
    """Yield (unit, its result) as the units come to be done.

    When the caller stops, at an error or before the end, so do the workers, at once.

    Raises:
        WorkerError: a worker ended twice on the same unit.
        Whatever ``work`` raises.
    """
    with _workers(min(num_proc, len(units)), _frame((work, shared))) as (threads, ask):
        waiting = iter(units)
        running: dict[Future[Result], Work] = {}
        while True:
            # a few in advance, so that no worker waits for who takes the results
            for unit in itertools.islice(waiting, 2 * num_proc - len(running)):
                # whatever work gives, its answer is
                running[cast("Future[Result]", threads.submit(ask, unit))] = unit
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                result = future.result()
                yield running.pop(future), result


@contextmanager
def _workers(
    num_proc: int, begin: bytes
) -> Iterator[tuple[ThreadPoolExecutor, Callable[[Named], object]]]:
    """Yield (threads, what they are to run for a unit); all of it ends with the block."""
    workers = [Worker(begin) for _ in range(num_proc)]
    idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def ask(unit: Named) -> object:
        worker = idle.get()
        try:
            return _persistently(worker, unit)
        finally:
            idle.put(worker)

    threads = ThreadPoolExecutor(num_proc, thread_name_prefix="ask-worker")
    try:
        yield threads, ask
    finally:
        for worker in workers:
            worker.kill()
        threads.shutdown(cancel_futures=True)
        for worker in workers:
            worker.close()


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


class Ended(Exception):  # noqa: N818  # it is the end of a process, which may be no error
    """A worker process is there no more; how it ended, where that is known."""


class Worker:
    """A process that works on one unit after the other; begun when there is one to work on."""

    def __init__(self, begin: bytes) -> None:
        self._begin = begin
        self._process: subprocess.Popen[bytes] | None = None
        self._pipes: tuple[IO[bytes], IO[bytes]]
        self._lock = threading.Lock()  # none is begun once all are to end
        self._killed = False

    def ask(self, unit: object) -> object:
        """Have the unit worked on.

        Raises:
            Ended: the process did, before it answered.
            Whatever the work raises; it has the worker's traceback as its cause.
        """
        return self._answer_to(_frame(unit), self._process or self._start())

    def kill(self) -> None:
        """End the process, now and for good."""
        with self._lock:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def close(self) -> None:
        """Wait for the process to be gone, and close the pipes."""
        process, self._process = self._process, None
        if process is not None:
            process.wait()
            for pipe in self._pipes:
                with contextlib.suppress(OSError):  # what could not be sent is still in it
                    pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._killed:
                raise Ended("killed by us")
            process = self._process = subprocess.Popen(
                [sys.executable, "-c", program(__name__)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the parent alone to answer
            )
        self._pipes = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        self._answer_to(self._begin, process)
        return process

    def _answer_to(self, frame: bytes, process: subprocess.Popen[bytes]) -> object:
        requests, answers = self._pipes
        try:
            requests.write(frame)
            requests.flush()
            answer = pickle.load(answers)  # noqa: S301  # of our own process
        except (EOFError, OSError, pickle.UnpicklingError):  # cut off wherever it was
            process.kill()  # if it only closed its pipes
            self.close()
            raise Ended(_how(process.returncode)) from None
        done, value, trace = pickle.loads(answer)  # noqa: S301  # of our own process
        if not done:
            raise value from RuntimeError(f"in a worker process:\n{trace}")
        return value


def _how(status: int) -> str:
    """``killed by SIGKILL`` or ``exit status 3``."""
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-status).name}"
    return f"killed by signal {-status}"


def program(module: str) -> str:
    """Python that runs a module's ``serve``, with the modules of this process to import from."""
    return f"import sys; sys.path[:] = {sys.path!r}; from {module} import serve; serve()"


def _frame(value: object) -> bytes:
    """A pickle in a pickle: the outer one is read without anything of it being imported."""
    return pickle.dumps(pickle.dumps(value))


def unpickled(data: bytes) -> Any:  # whoever asks knows what was pickled
    """What a parent of our own has pickled.

    Raises:
        WorkerError: it names what lies in the parent's ``__main__``, which is not imported here.
    """
    try:
        return pickle.loads(data)  # noqa: S301  # of our own parent
    except AttributeError as error:
        if missing := re.search("attribute '(.*)' on <module '__main__'", str(error)):
            raise WorkerError(
                f"a worker process cannot find {missing[1]!r} of the script itself (__main__); "
                f"move it to a module, and import it from there"
            ) from error
        raise


def serve() -> None:
    """In the worker: answer each request until there is nobody to ask."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    sys.stdout = sys.stderr
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests, sys.stdin.buffer), daemon=True).start()
    spare_pandas()
    work: Callable[[object, object], object] | None = None
    shared: object = None
    while True:
        try:
            request = unpickled(requests.get())
            if work is None:
                work, shared = request
                answer = _frame((True, None, ""))
            else:
                answer = _frame((True, work(request, shared), ""))
        except BaseException as error:
            answer = _failed(error)
        try:
            answers.write(answer)
            answers.flush()
        except OSError:  # there is no parent any more, and whoever sees that first ends all
            os._exit(1)


def _listen(requests: queue.SimpleQueue[bytes], pipe: IO[bytes]) -> None:
    """Take in what is asked; with the parent, end at once, whatever is being worked on."""
    try:
        while True:
            requests.put(pickle.load(pipe))  # noqa: S301  # of our own parent
    finally:
        os._exit(1)


def _failed(error: BaseException) -> bytes:
    """An error on its way to the parent; as its text where it would not arrive itself."""
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # just made
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    return _frame((False, error, trace))
