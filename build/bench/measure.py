"""Take times in this process or of commands, in turns, and peak memory of processes.

Beside each time stands the share of the machine that other processes took
meanwhile: a number is worth no more than the quiet in which it was taken.
"""

from __future__ import annotations

import gc
import mmap
import os
import re
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

MIB = 2**20
QUIET = 0.1
"""The share of the machine that others may take before a measurement, and during it."""

TRIES = 3


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Attributes:
        seconds: by the clock.
        others: the share of the machine's cores that other processes took, 0 to 1.
    """

    seconds: float
    others: float


Samples = Mapping[str, Sequence[Sample]]


def in_turns(
    works: Mapping[str, Callable[[], object]],
    repeats: int,
    *,
    patience_seconds: float,
    memory_mib: int = 1_024,
    before: Callable[[], object] = lambda: None,
    after: Callable[[str], object] = lambda _: None,
) -> dict[str, list[Sample]]:
    """Time every work once, then again, each round beginning with another one.

    A measurement that others disturbed is tried again, and the quietest one
    counts, not the fastest.

    Args:
        works: name -> what to time. Its result is kept until the clock has stopped.
        repeats: how often.
        patience_seconds: how long to wait for a quiet machine before each; 0 takes each as it is.
        memory_mib: more than any of them takes, output files included.
        before: what to do before each, untimed.
        after: what to do after each, untimed, with its name.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    names = list(works)
    for turn in range(repeats):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            tries: list[Sample] = []
            most = TRIES if patience_seconds else 1
            while not tries or (tries[-1].others > QUIET and len(tries) < most):
                before()
                gc.collect()
                _wait_for_quiet(patience_seconds)
                _touch_memory(memory_mib)
                tries.append(_timed(works[name]))
                after(name)
            samples[name].append(min(tries, key=lambda sample: sample.others))
    return samples


def _wait_for_quiet(patience_seconds: float) -> None:
    """Wait until the other processes leave the machine alone, or patience ends."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if psutil.cpu_percent(interval=0.1) < 100 * QUIET:
            return


def _touch_memory(mib: int) -> None:
    """Take memory and give it back, so that all begin with pages that are at hand.

    A virtual machine hands pages that were free for a second or two back to its
    host, and gets them again at 1.5 ms for a MiB: more than the work measured.
    """
    available = psutil.virtual_memory().available // MIB
    block = np.empty(min(mib, available // 2) * MIB, np.uint8)
    block[:: mmap.PAGESIZE] = 1


def _timed(work: Callable[[], object]) -> Sample:
    busy, own, start = _busy_seconds(), _own_seconds(), time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    others = (_busy_seconds() - busy) - (_own_seconds() - own)
    del result
    return Sample(seconds, min(1.0, max(0.0, others) / (seconds * (os.cpu_count() or 1))))


def _busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    # a guest's time is part of the user's
    idle = ("idle", "iowait", "guest", "guest_nice")
    return sum(value for name, value in times.items() if name not in idle)


def _own_seconds() -> float:
    return sum(psutil.Process().cpu_times()[:4])


def median(samples: Sequence[Sample]) -> float:
    """The median of the seconds."""
    return statistics.median(each.seconds for each in samples)


@dataclass(frozen=True)
class Command:
    """A process to be started as a user would start it.

    Attributes:
        words: the program and its arguments.
        cwd: where.
        env: all of its environment.
        stdin: what it is told.
    """

    words: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    stdin: str = ""

    def __call__(self) -> None:
        """Run it to its end.

        Raises:
            SystemExit: it failed; with what it wrote.
        """
        done = subprocess.run(
            self.words, cwd=self.cwd, env=self.env, input=self.stdin, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"benchmark: {' '.join(self.words[1:])} failed:\n{done.stderr}")

    def peak_mib(self, which: str = "VmHWM") -> float:
        """Run it: the most memory that it held at once, or a process below it did, resident.

        Looks every 5 ms, and a peak that was is still told later, so that what is
        missed is what a process grows in its last 5 ms. Linux only; elsewhere 0.

        Args:
            which: ``VmHWM``, or ``RssAnon`` for its own memory, without the files that it maps, of
                which no peak is told later.
        """
        process = psutil.Popen(
            self.words, cwd=self.cwd, env=self.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        process.stdin.write(self.stdin)
        process.stdin.close()
        most = 0.0
        while process.poll() is None:
            try:
                family = [process.pid, *(each.pid for each in process.children(recursive=True))]
            except psutil.Error:
                family = [process.pid]
            most = max([most, *(_held_mib(each, which) for each in family)])
            time.sleep(0.005)
        return most


def _held_mib(pid: int, which: str) -> float:
    """Of ``/proc``, not ``ru_maxrss``, which begins with the size of what started the process."""
    try:
        found = re.search(rf"{which}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:  # it has just ended
        return 0.0
    return int(found[1]) / 1024 if found else 0.0
