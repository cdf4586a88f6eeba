"""Long work as it goes on: a bar on a terminal; without one, a line every ten seconds.

Work that takes no ten seconds writes no line, so that a log holds what took its time.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mixbuild.cli.quiet import SHOWS_PROGRESS
from mixbuild.cli.terminal.console import err

if TYPE_CHECKING:
    from rich.progress import Progress

    from mixbuild.core import Report

EVERY_SECONDS = 10.0
BYTES = "bytes"
"""The unit of work that is counted in bytes, and shown in megabytes."""


class Course:
    """How far a piece of work is, and how it is said.

    Args:
        what: is done, such as ``"rendering"``.
        unit: of what is counted.
        clock: the time in seconds.
    """

    def __init__(self, what: str, unit: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.what, self.unit, self._clock = what, unit, clock
        self.begun = clock()
        self.done = self.total = self.rows = self.size = 0
        self.running = ""
        self._first: int | None = None  # what was done when it began

    def note(
        self,
        done: int,
        total: int,
        *,
        rows: int = 0,
        size: int = 0,
        running: str = "",
        ended: str = "",
    ) -> None:
        """Take note; the arguments are those of a ``Report``."""
        self._first = done if self._first is None else min(self._first, done)
        self.done, self.total, self.rows, self.size = done, total, rows, size
        self.running = running
        self.show(ended)

    def show(self, ended: str) -> None:
        """Show it, and what has ended with it; nowhere, of a course that is only asked."""

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock() - self.begun

    def named(self) -> str:
        """``rendering squad``."""
        return f"{self.what} {self.running}".rstrip()

    def counts(self) -> str:
        """``3 of 12 units, 40,000 rows, 85.2 MB/s``."""
        told = [
            f"{self.done / 1e6:,.1f} of {self.total / 1e6:,.1f} MB"
            if self.unit == BYTES
            else f"{self.done:,} of {self.total:,} {self.unit}"
        ]
        if self.rows:
            told.append(f"{self.rows:,} rows")
        moved = self.size or (self.done - (self._first or 0) if self.unit == BYTES else 0)
        if moved and self.seconds > 0:
            told.append(_rate(moved / self.seconds))
        return ", ".join(told)

    def left(self) -> str:
        """``about 1:05 left``, by what was done so far; nothing before anything was."""
        done = self.done - (self._first or 0)
        if not done:
            return ""
        minutes, seconds = divmod(round(self.seconds * (self.total - self.done) / done), 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        return f"about {clock} left"

    def line(self) -> str:
        """All of it on one line."""
        if not self.total:
            return f"{self.named()}: {self.seconds:.0f} s so far"
        return ", ".join(filter(None, (f"{self.named()}: {self.counts()}", self.left())))


def _rate(bytes_per_second: float) -> str:
    """``85.2 MB/s``, or ``38 kB/s`` where that would be nothing.

    >>> _rate(85_160_000), _rate(37_900)
    ('85.2 MB/s', '38 kB/s')
    """
    if bytes_per_second < 1e5:
        return f"{bytes_per_second / 1e3:.0f} kB/s"
    return f"{bytes_per_second / 1e6:,.1f} MB/s"


class Lines(Course):
    """The same, written as lines: one whenever ``tick`` is called, and one for whatever ends."""

    def show(self, ended: str) -> None:
        """Say what has ended, if the work takes its time."""
        if ended and self.seconds >= EVERY_SECONDS:
            err.print(ended)

    def tick(self) -> None:
        """Say how far it is."""
        err.print(self.line())


class Bar(Course):
    """The same, drawn as a task of a bar on a terminal."""

    def __init__(self, what: str, unit: str, bar: Progress) -> None:
        super().__init__(what, unit)
        self._bar, self._task = bar, bar.add_task(what, total=None, counts="", left="")

    def show(self, ended: str) -> None:  # noqa: ARG002 - the bar says it
        """Move the bar."""
        self._bar.update(
            self._task,
            description=self.named(),
            completed=self.done,
            total=self.total,
            counts=self.counts(),
            left=self.left(),
        )


@contextmanager
def progress(what: str, *, unit: str) -> Iterator[Report]:
    """Show how far a piece of work is, for as long as it takes, where that is wanted."""
    if not SHOWS_PROGRESS:
        yield Course(what, unit).note
        return
    if err.is_terminal:
        with _bar(what, unit) as report:
            yield report
        return
    lines = Lines(what, unit)
    over = threading.Event()

    def tick() -> None:
        while not over.wait(EVERY_SECONDS):
            lines.tick()

    thread = threading.Thread(target=tick, daemon=True)
    try:
        thread.start()
        yield lines.note
    finally:
        over.set()
        with contextlib.suppress(RuntimeError):  # Ctrl-C came while it began
            thread.join()


@contextmanager
def _bar(what: str, unit: str) -> Iterator[Report]:
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[counts]}"),
        TextColumn("{task.fields[left]}"),
        console=err,
        transient=True,
        expand=True,
    )
    with bar:
        yield Bar(what, unit, bar).note
