"""Long work as it is shown: what the counts are of, and what a log holds."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time

import pytest
from conftest import ROOT
from mixbuild.cli.terminal import console, progress
from mixbuild.cli.terminal.progress import Course, Lines


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(progress, "err", console.Plain(file=file, width=200))
    monkeypatch.setattr(progress, "SHOWS_PROGRESS", True)
    return file


def test_a_line_says_what_is_running_how_much_is_done_how_fast_and_how_long_yet() -> None:
    clock = Clock()
    course = Course("rendering", "units", clock)
    clock.now += 12
    assert course.line() == "rendering: 12 s so far"
    course.note(4, 20, running="squad")  # four were there already
    assert course.line() == "rendering squad: 4 of 20 units"
    clock.now += 8
    course.note(8, 20, rows=40_000, size=50_000_000, running="imdb")
    assert course.line() == (
        "rendering imdb: 8 of 20 units, 40,000 rows, 2.5 MB/s, about 1:00 left"
    )
    course.note(8, 2_000, rows=40_000, size=50_000_000, running="imdb")
    assert course.line().endswith(", about 2:46:00 left")


def test_what_is_sent_is_counted_in_megabytes() -> None:
    clock = Clock()
    course = Course("sending", "bytes", clock)
    course.note(0, 30_000_000)
    clock.now += 5
    course.note(10_000_000, 30_000_000)
    assert course.line() == "sending: 10.0 of 30.0 MB, 2.0 MB/s, about 0:10 left"


def test_a_log_has_what_ended_once_the_work_takes_its_time(log: io.StringIO) -> None:
    clock = Clock()
    lines = Lines("rendering", "units", clock)
    lines.note(0, 3, running="imdb")
    lines.note(1, 3, rows=5, running="squad", ended="imdb: 5 rows rendered")
    assert log.getvalue() == "", "work of a moment leaves no trace"
    clock.now += 10
    lines.tick()
    lines.note(2, 3, rows=9, ended="squad: 4 rows rendered")
    assert log.getvalue() == (
        "rendering squad: 1 of 3 units, 5 rows, about 0:20 left\nsquad: 4 rows rendered\n"
    )


def test_without_a_terminal_lines_come_by_themselves(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.001)
    with progress.progress("reading", unit="runs") as report:
        report(1, 2, running="imdb")
        while "imdb: 1 of 2 runs" not in log.getvalue():
            pass
    written = log.getvalue()
    assert written.startswith("reading")
    assert log.getvalue() == written, "and end with the work"


@pytest.mark.parametrize(
    ("said", "shown"), [(None, True), ("0", True), ("", True), ("1", False), ("true", False)]
)
def test_who_wants_no_bars_of_the_hubs_client_has_none_of_ours(
    said: str | None, shown: bool
) -> None:
    code = (
        "import os; from mixbuild.cli.quiet import SHOWS_PROGRESS\n"
        "print(SHOWS_PROGRESS, os.environ['HF_HUB_DISABLE_PROGRESS_BARS'])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build")}
    del environment["HF_HUB_DISABLE_PROGRESS_BARS"]
    if said is not None:
        environment["HF_HUB_DISABLE_PROGRESS_BARS"] = said
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == [str(shown), *(["1"] if said is None else said.split())]


def test_where_it_is_not_wanted_nothing_is_shown(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.001)
    monkeypatch.setattr(progress, "SHOWS_PROGRESS", False)
    with progress.progress("reading", unit="runs") as report:
        report(1, 2, running="imdb", ended="imdb: read")
        time.sleep(0.05)
    assert log.getvalue() == ""
