"""What only whole commands show: start-up, worker processes, and a worker's memory."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.data import Source
from bench.measure import Samples, in_turns, peaks_of_command, run_command

LIST = "python build list"
IMPORT = 'python -c "import datasets"'


def environment(scratch: Path) -> dict[str, str]:
    """Of every command: compiled modules are kept, but in the scratch folder."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**env, "PYTHONPYCACHEPREFIX": str(scratch / "pycache")}


def measure_start_up(
    root: Path, env: Mapping[str, str], *, repeats: int, patience_seconds: float
) -> Samples:
    """Time the shortest command, and the import that it must not need."""
    commands = {
        LIST: [sys.executable, "build", "list"],
        IMPORT: [sys.executable, "-c", "import datasets"],
    }

    def work(command: list[str]) -> Callable[[], None]:
        return lambda: run_command(command, cwd=root, env=env)

    works = {name: work(command) for name, command in commands.items()}
    for each in works.values():
        each()
    return in_turns(works, dict.fromkeys(works, repeats), patience_seconds=patience_seconds)


def measure_workers(
    task: str,
    source: Source,
    root: Path,
    out: Path,
    env: Mapping[str, str],
    *,
    repeats: int,
    patience_seconds: float,
) -> Samples:
    """Time ``make`` with one worker process and with two.

    Raises:
        SystemExit: the two do not make the same bytes.
    """
    manifests = set()

    def work(num_proc: int) -> Callable[[], None]:
        command = make_command(task, source, out, num_proc)
        return lambda: run_command(command, cwd=root, env=env)

    def empty() -> None:
        shutil.rmtree(out, ignore_errors=True)

    def look(_name: str) -> float:
        manifests.add((out / "manifest.json").read_bytes())
        empty()
        return 0.0

    works = {f"--num-proc {count}": work(count) for count in (1, 2)}
    samples = in_turns(
        works,
        dict.fromkeys(works, repeats),
        before=empty,
        after=look,
        patience_seconds=patience_seconds,
        memory_mib=5_120,
    )
    if len(manifests) != 1:
        raise SystemExit(f"benchmark: {task}: --num-proc 1 and 2 make different manifests")
    return samples


def measure_worker_memory(
    task: str, source: Source, root: Path, out: Path, env: Mapping[str, str]
) -> tuple[float, float]:
    """MiB at their peaks: of ``make`` itself, and of its one worker process."""
    shutil.rmtree(out, ignore_errors=True)
    peaks = peaks_of_command(make_command(task, source, out, 1), cwd=root, env=env)
    shutil.rmtree(out, ignore_errors=True)
    return peaks


def make_command(task: str, source: Source, out: Path, num_proc: int) -> list[str]:
    """``python build make …`` from a mirror."""
    return [
        *(sys.executable, "build", "make", task, "--split", "train"),
        *("--source", f"{task}={source.folder}", "--out", str(out)),
        *("--num-proc", str(num_proc)),
    ]
