"""What was asked of a run of the benchmark, and what its parts share."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.data import Source, make_source
from bench.job import Job
from bench.measure import Command
from bench.report import Found


@dataclass(frozen=True)
class Bench:
    """A run.

    Attributes:
        root: the project's folder.
        scratch: for sources and outputs; emptied by each part.
        rows: source rows of each task.
        repeats: of each measurement.
        patience_seconds: how long to wait for a quiet machine before each.
        found: what came of it so far.
    """

    root: Path
    scratch: Path
    rows: int
    repeats: int
    patience_seconds: float
    found: Found = field(default_factory=Found)

    @property
    def out(self) -> Path:
        """Where outputs go."""
        return self.scratch / "made"

    @property
    def environment(self) -> dict[str, str]:
        """Of every command: compiled modules are kept, but in the scratch folder."""
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        return {**kept, "PYTHONPYCACHEPREFIX": str(self.scratch.with_name("pycache"))}

    def source(self, task: str, *, rows: int, files: int = 1) -> Source:
        """A task's source, in a scratch folder that holds nothing else."""
        empty(self.scratch)
        folder = self.scratch / "source"
        made = make_source(task, folder, rows=rows, files=files, root=self.root)
        empty(self.out)
        return made

    def job(self, task: str, source: Source) -> Job:
        """What every contender is to do; the label is what ours gives the source."""
        from mixbuild.sources import resolve
        from mixbuild.tasks import find

        template = find(task).template("seed").text
        label = resolve(find(task), str(source.folder), splits=["train"]).label
        job = Job(task, template, str(source.folder), source.files[0], str(self.out))
        return replace(job, label=label)

    def command(self, *words: str, stdin: str = "", **env: str) -> Command:
        """A Python process in the project's folder, with more in its environment."""
        return Command([sys.executable, *words], self.root, {**self.environment, **env}, stdin)

    def alone(self, name: str, job: Job) -> Command:
        """A contender as a script of its own."""
        return self.command("build/bench", "--alone", name, stdin=job.to_json())

    def make(self, task: str, source: Source, *more: str) -> Command:
        """``python build make`` from a mirror."""
        return self.command(
            *("build", "make", task, "--split", "train", "--source", f"{task}={source.folder}"),
            *("--out", str(self.out), *more),
        )


def empty(folder: Path) -> None:
    """Make a folder that is there and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
