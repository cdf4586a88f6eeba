"""A Dask cluster on this machine, as a program of its own; it ends with whoever started it.

Nobody asked for the HTTP servers that Dask's scheduler and workers start with or without a
dashboard: another program may have their port, and other users of the machine could read them.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

import distributed
from distributed.deploy import local

LONGEST_BEGIN_SECONDS = 30
"""So long a cluster may be without workers: more than the machine needs to begin one."""


class Scheduler(distributed.Scheduler):  # type: ignore[misc]  # distributed has no types
    """A scheduler without HTTP."""

    def start_http_server(self, *_: object, **__: object) -> None:
        """Start none."""


class Worker(distributed.Worker):  # type: ignore[misc]  # distributed has no types
    """A worker without HTTP."""

    def start_http_server(self, *_: object, **__: object) -> None:
        """Start none."""


class Nanny(distributed.Nanny):  # type: ignore[misc]  # distributed has no types
    """What begins a worker anew when it has died."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, worker_class=Worker, **options)


def serve() -> None:
    """Run workers of one core each; print the address; end all when standard input does."""
    num_proc, scratch = sys.argv[1:]
    local.Scheduler = Scheduler
    with distributed.LocalCluster(
        n_workers=int(num_proc) or None,
        threads_per_worker=1,
        dashboard_address=None,
        worker_class=Nanny,
        local_directory=scratch,
        scheduler_kwargs={"allowed_failures": 1},  # as for worker processes: two may end on a unit
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        _watch(cluster.scheduler)
        os.killpg(0, signal.SIGKILL)  # the workers too: what they were at is not wanted any more


def _watch(scheduler: Scheduler) -> None:
    """Return when nobody wants the cluster any more, or when it is of no use.

    A nanny does not begin a worker again that died while it was being begun; without this, the
    client would wait for it for ever.
    """
    seen = time.monotonic()
    while not select.select([sys.stdin], [], [], 1)[0]:
        if scheduler.workers:
            seen = time.monotonic()
        elif time.monotonic() - seen > LONGEST_BEGIN_SECONDS:
            return
