"""Take times in this process or of commands, in turns, and peak memory in fresh processes.

Beside each time stands the share of the machine that other processes took
meanwhile: a number is worth no more than the quiet in which it was taken.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
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
        cpu_seconds: of this process and its children, all threads.
        others: the share of the machine's cores that other processes took, 0 to 1.
        sha256_seconds: what hashing the written files took afterwards; not in ``seconds``.
    """

    seconds: float
    cpu_seconds: float
    others: float
    sha256_seconds: float = 0.0

    @property
    def with_sha256(self) -> float:
        """Seconds, the hash included."""
        return self.seconds + self.sha256_seconds


Samples = Mapping[str, Sequence[Sample]]


def in_turns(
    works: Mapping[str, Callable[[], object]],
    repeats: Mapping[str, int],
    *,
    patience_seconds: float,
    memory_mib: int = 1_024,
    before: Callable[[], object] = lambda: None,
    after: Callable[[str], float] = lambda _: 0.0,
) -> dict[str, list[Sample]]:
    """Time every work once, then again, each round beginning with another one.

    A measurement that others disturbed is tried again, and the quietest one
    counts, not the fastest.

    Args:
        works: name -> what to time. Its result is kept until the clock has stopped.
        repeats: name -> how often.
        patience_seconds: how long to wait for a quiet machine before each.
        memory_mib: more than any of them takes, output files included.
        before: what to do before each, untimed.
        after: what to do after each, untimed; returns ``sha256_seconds``.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    names = list(works)
    for turn in range(max(repeats[name] for name in names)):
        first = turn * max(1, len(names) // 5) % len(names)
        for name in names[first:] + names[:first]:
            if turn >= repeats[name]:
                continue
            tries: list[Sample] = []
            while not tries or (tries[-1].others > QUIET and len(tries) < TRIES):
                before()
                gc.collect()
                wait_for_quiet(patience_seconds)
                touch_memory(memory_mib)
                seconds, cpu_seconds, others = _timed(works[name])
                tries.append(Sample(seconds, cpu_seconds, others, after(name)))
            samples[name].append(min(tries, key=lambda sample: sample.others))
    return samples


def wait_for_quiet(patience_seconds: float) -> None:
    """Wait until the other processes leave the machine alone, or patience ends."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        if psutil.cpu_percent(interval=0.1) < 100 * QUIET:
            return


def touch_memory(mib: int) -> None:
    """Take memory and give it back, so that all begin with pages that are at hand.

    A virtual machine hands pages that were free for a second or two back to its
    host, and gets them again at 1.5 ms for a MiB: more than the work measured.
    """
    available = psutil.virtual_memory().available // MIB
    block = np.empty(min(mib, available // 2) * MIB, np.uint8)
    block[:: mmap.PAGESIZE] = 1


def _timed(work: Callable[[], object]) -> tuple[float, float, float]:
    busy, own, start = _busy_seconds(), _own_seconds(), time.perf_counter()
    result = work()
    seconds = time.perf_counter() - start
    own, busy = _own_seconds() - own, _busy_seconds() - busy
    del result
    cores = os.cpu_count() or 1
    return seconds, own, min(1.0, max(0.0, busy - own) / (seconds * cores))


def _busy_seconds() -> float:
    times = psutil.cpu_times()._asdict()
    # a guest's time is part of the user's
    idle = ("idle", "iowait", "guest", "guest_nice")
    return sum(value for name, value in times.items() if name not in idle)


def _own_seconds() -> float:
    return sum(psutil.Process().cpu_times()[:4])


def median(samples: Sequence[Sample], *, sha256: bool = False) -> float:
    """The median of the seconds."""
    return statistics.median(each.with_sha256 if sha256 else each.seconds for each in samples)


def fastest(samples: Sequence[Sample], *, sha256: bool = False) -> float:
    """The least of the seconds."""
    return min(each.with_sha256 if sha256 else each.seconds for each in samples)


def peak_mib(pid: int | None = None) -> float:
    """The most memory that a process has held so far, resident, in MiB.

    Not ``ru_maxrss``, where the system says more: that begins with the size of
    the process that started it.
    """
    try:
        status = Path(f"/proc/{pid or 'self'}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024
    except (OSError, TypeError):  # another system, or a process that has just ended
        if pid is not None:
            return _resident_mib(pid)
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB


def _resident_mib(pid: int) -> float:
    try:
        return psutil.Process(pid).memory_info().rss / MIB
    except psutil.Error:
        return 0.0


def peak_alone(contender: str, job: str) -> tuple[float, float]:
    """A contender in a fresh process: MiB with its imports only, MiB at its peak."""
    command = [sys.executable, str(Path(__file__).parent), "--alone", contender]
    process = subprocess.run(command, input=job, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"benchmark: {contender} failed alone:\n{process.stderr}")
    imports, peak = json.loads(process.stdout.splitlines()[-1])
    return imports, peak


def run_command(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
    """Run a command to its end.

    Raises:
        SystemExit: it failed; with what it wrote.
    """
    process = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if process.returncode:
        raise SystemExit(f"benchmark: {' '.join(command[1:])} failed:\n{process.stderr}")


def peaks_of_command(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> tuple[float, float]:
    """Run a command: the peak of its process, and of the largest process below it, in MiB.

    Looks every 5 ms, and a peak that was is still told later, so that what is
    missed is what a process grows in its last 5 ms.
    """
    process = psutil.Popen(command, cwd=cwd, env=env, stdout=subprocess.DEVNULL)
    own, below = 0.0, 0.0
    while process.poll() is None:
        own = max(own, peak_mib(process.pid))
        try:
            children = process.children(recursive=True)
        except psutil.Error:
            children = []
        below = max([below, *(peak_mib(child.pid) for child in children)])
        time.sleep(0.005)
    if process.returncode:
        raise SystemExit(f"benchmark: {' '.join(command[1:])} failed")
    return own, below
