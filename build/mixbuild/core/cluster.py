"""Units on a Dask cluster: one that runs already, or one of ours on this machine."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mixbuild.core.errors import UsageError, WorkerError, one_line
from mixbuild.core.workers import program, unpickled


@contextmanager
def dask_executor(
    work: Callable[[Any, Any], Any],
    shared: object,
    *,
    num_proc: int | None,
    scheduler: str | None,
) -> Iterator[tuple[Executor, Callable[[Any], Any]]]:
    """Yield (an executor, a function to submit to it that works on a unit).

    Raises:
        UsageError: the extra is not installed.
        WorkerError: there is no such scheduler, or its workers die time and again.
    """
    distributed = _dask()
    call = Call(pickle.dumps((work, shared)))
    try:
        with (
            (
                _local_cluster(num_proc) if scheduler is None else contextlib.nullcontext(scheduler)
            ) as address,
            _client(address) as client,
        ):
            yield client.get_executor(retries=1, pure=False), call
    except (distributed.KilledWorker, CancelledError) as error:
        raise WorkerError(
            f"the Dask workers died time and again ({one_line(error)}); "
            f"look at their logs, give them more memory, and run the same command again"
        ) from error


def check_dask(scheduler: str | None) -> None:
    """Refuse what ``dask_executor`` would."""
    _dask() if scheduler is None else _client(scheduler).close()


@dataclass(frozen=True)
class Call:
    """Work on a unit where this was unpickled, with what all units share."""

    pickled: bytes

    def __call__(self, unit: Any) -> Any:
        """The result for the unit."""
        work, shared = _unpickled(self.pickled)
        return work(unit, shared)


_unpickled = functools.lru_cache(maxsize=4)(unpickled)
"""Once per worker, however many units it is given."""


def _dask() -> Any:
    try:
        import distributed
    except ImportError:
        raise UsageError(
            "--engine dask needs the extra 'cluster': pip install 'instruct_mix[cluster]'"
        ) from None
    return distributed


def _client(address: str) -> Any:
    try:
        return _dask().Client(address, timeout="10s")
    except (OSError, TimeoutError) as error:
        raise WorkerError(
            f"no Dask scheduler at {address} ({one_line(error)}); check the address, or leave "
            f"--scheduler out for a cluster on this machine"
        ) from error


@contextmanager
def _local_cluster(num_proc: int | None) -> Iterator[str]:
    """Yield the address of a cluster that ends with the block: its processes are one group."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                program("mixbuild.core.local_cluster"),
                str(num_proc or 0),
                scratch,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what fails reaches us as an error
            start_new_session=True,
            text=True,
        )
        with process:
            try:
                address = process.stdout.readline().strip() if process.stdout else ""
                if not address:
                    raise WorkerError(
                        f"the Dask cluster of this machine ended before it began; does "
                        f"{sys.executable} -c 'from distributed import LocalCluster' work?"
                    )
                yield address
            finally:
                os.killpg(process.pid, signal.SIGKILL)
