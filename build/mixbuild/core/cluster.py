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
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from mixbuild.core.errors import UsageError, WorkerError, one_line
from mixbuild.core.worker import program, unpickled
from mixbuild.core.workers import Named

Work = TypeVar("Work", bound=Named)
Shared = TypeVar("Shared")
Result = TypeVar("Result")

CONNECT_SECONDS = 10
"""So long a scheduler may take to answer."""


def run_on_dask(
    units: Iterable[Work],
    work: Callable[[Work, Shared], Result],
    shared: Shared,
    *,
    num_proc: int | None,
    scheduler: str | None,
) -> Iterator[tuple[Work, Result]]:
    """Yield (unit, its result) as the units come to be done.

    Raises:
        UsageError: the extra is not installed.
        WorkerError: there is no such scheduler, or its workers die time and again.
        Whatever ``work`` raises.
    """
    distributed = _dask()
    call = Call(pickle.dumps((work, shared)))
    local = _local_cluster(num_proc) if scheduler is None else contextlib.nullcontext(scheduler)
    with local as address, _client(address) as client:
        futures, of = [], {}
        for unit in units:  # the first are worked on while the next ones are made
            futures.append(client.submit(call, unit, pure=False, retries=1))
            of[futures[-1].key] = unit
        for future in distributed.as_completed(futures):
            unit = of[future.key]
            try:
                result = future.result()
            except distributed.KilledWorker as error:
                # Dask blames what the worker had next as well: it was at the first of them
                unit = next(of[each.key] for each in futures if each.status == "error")
                raise WorkerError(
                    f"{unit.name}: the Dask workers died time and again on this unit; look at "
                    f"their logs, give them more memory, and run the same command again"
                ) from error
            except CancelledError as error:
                raise WorkerError(
                    "the Dask cluster is gone, or has no workers any more; look at its logs, and "
                    "run the same command again"
                ) from error
            yield unit, result


def check_dask(scheduler: str | None) -> None:
    """Refuse what ``run_on_dask`` would."""
    _dask() if scheduler is None else _client(scheduler).close()


@dataclass(frozen=True)
class Call:
    """Work on a unit where this was unpickled, with what all units share."""

    pickled: bytes

    def __call__(self, unit: object) -> object:
        """The result for the unit."""
        work, shared = _unpickled(self.pickled)
        return work(unit, shared)


_unpickled = functools.lru_cache(maxsize=4)(unpickled)
"""Once per worker, however many units it is given."""


def _dask() -> Any:  # a library that ships no types
    try:
        import distributed
    except ImportError:
        raise UsageError(
            "--engine dask needs the extra 'cluster': pip install 'instruct_mix[cluster]'"
        ) from None
    return distributed


def _client(address: str) -> Any:  # likewise
    try:
        return _dask().Client(address, timeout=CONNECT_SECONDS)
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
