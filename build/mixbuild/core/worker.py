"""A worker process, asked by a thread of ours through two pipes that nobody else holds.

A worker that ends closes its pipes, so that whoever writes to it or reads from it is told at
once, whatever its size was and however far it had come; and a parent that ends closes them
too. There is no queue, lock or thread that one worker could leave blocked for the others.

It is a program of its own, not a fork, because Arrow's threads do not survive one, and it
does not import the caller's ``__main__``: a script needs no guard.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import re
import signal
import subprocess
import sys
import threading
import traceback
from typing import IO, Any, cast

from mixbuild.core.errors import WorkerError
from mixbuild.core.start import spare_pandas


class Ended(Exception):  # noqa: N818  # it is the end of a process, which may be no error
    """A worker process is there no more; how it ended, where that is known."""


class Worker:
    """A process that works on one unit after the other, with what they share."""

    shared: bytes

    def __init__(self, begin: bytes) -> None:
        self._begin = begin
        self._process: subprocess.Popen[bytes] | None = None
        self._pipes: tuple[IO[bytes], IO[bytes]]
        self._is_ready = False
        self._lock = threading.Lock()  # none is begun once all are to end
        self._killed = False

    def start(self) -> None:
        """Begin the process, and wait for nothing.

        Raises:
            Ended: it was killed by us before it began.
        """
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
        self._is_ready = False
        with contextlib.suppress(OSError):  # it has ended, which is told when it is asked
            self._write(self._begin)

    def ask(self, unit: object) -> object:
        """Have the unit worked on.

        Raises:
            Ended: the process did, before it answered.
            Whatever the work raises; it has the worker's traceback as its cause.
        """
        frame = frame_of(unit)
        if self._process is None:
            self.start()
        if not self._is_ready:
            self._answer()  # to how it was begun
            self._answer(self.shared)
            self._is_ready = True
        return self._answer(frame)

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

    def _write(self, frame: bytes) -> None:
        requests, _ = self._pipes
        requests.write(frame)
        requests.flush()

    def _answer(self, frame: bytes = b"") -> object:
        """Write the frame, if there is one, and take the answer to the oldest that has none."""
        process = cast("subprocess.Popen[bytes]", self._process)
        try:
            self._write(frame)
            answer = pickle.load(self._pipes[1])  # noqa: S301  # of our own process
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


def frame_of(value: object) -> bytes:
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
    known: list[Any] = []  # what to do, then what all units share
    while True:
        try:
            request = unpickled(requests.get())
            value = None
            if not known:
                work, prepare = request
                prepare()
                known.append(work)
            elif len(known) == 1:
                known.append(request)
            else:
                work, shared = known
                value = work(request, shared)
            answer = frame_of((True, value, ""))
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
    return frame_of((False, error, trace))
