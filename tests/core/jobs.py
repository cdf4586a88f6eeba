"""Work for engines to do, which workers import by its name."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:  # a worker that is given none of these need not import what makes them
    from mixbuild.make.shard import Shard
    from mixbuild.make.unit import Unit
    from mixbuild.make.workers import Shared

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Job:
    """A unit of work that is nothing but a number, and as heavy as is wanted."""

    number: int
    weight: bytes = b""

    @property
    def name(self) -> str:
        return f"job {self.number}"


def heavy_jobs(count: int) -> list[Job]:
    """Jobs of a megabyte: sixteen times what a pipe holds."""
    return [Job(number, bytes([number % 256]) * MEBIBYTE) for number in range(count)]


def times(job: Job, factor: int) -> int:
    return job.number * factor


def weight(job: Job, _: object) -> bytes:
    """As much comes back as was sent."""
    return job.weight


def weight_or_sleep(job: Job, _: object) -> bytes:
    """The first is done at once, and the others are not done while anybody waits."""
    time.sleep(600 if job.number else 0)
    return job.weight


def die_by(job: Job, begun: Path, *, deadly: int, how: str) -> int:
    """End this worker at one job, by a signal's name or an exit status; note every begin."""
    with (begun / str(job.number)).open("a") as file:
        file.write("begun\n")
    if job.number == deadly:
        os._exit(int(how)) if how.isdigit() else os.kill(os.getpid(), signal.Signals[how])
    return job.number


def die_at(job: Job, _: None, *, deadly: int, once: Path | None = None) -> int:
    """Kill this worker at one job; only the first time if ``once`` is a file to note it in."""
    if job.number == deadly and (once is None or not once.exists()):
        if once is not None:
            once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return job.number


def fail_at(job: Job, _: None, *, wrong: int, begun: Path) -> int:
    (begun / str(job.number)).touch()
    if job.number == wrong:
        raise LookupError(f"no such thing as {job.number}")
    time.sleep(0.05)
    return job.number


def work_slowly(unit: Unit, shared: Shared, *, begun: Path) -> Shard:
    """Make a shard, and say first which worker does."""
    from mixbuild.make.workers import work

    (begun / f"{os.getpid()}").touch()
    time.sleep(0.2)
    return work(unit, shared)


def pandas_with_a_value(job: Job, _: None) -> bool:
    """Whether pandas comes with the first value that pyarrow is given."""
    pa.scalar(job.number)
    return "pandas" in sys.modules


def unpicklable(job: Job, _: object) -> object:
    """What cannot travel back."""
    return lambda: job


class Peculiar(Exception):  # noqa: N818
    """An error that cannot be made again of its own arguments."""

    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")


def peculiar(job: Job, _: object) -> object:
    raise Peculiar(code=job.number)


def chatter(job: Job, _: object) -> int:
    """Print, as libraries do."""
    print("a library has something to say")
    os.write(1, b"and a second one\n")
    return job.number
