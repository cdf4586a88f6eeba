"""Reading ahead: nothing goes on once nobody wants its items any more."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator

import pytest
from mixbuild.core import ahead, prefetch


def threads() -> int:
    return [thread.name for thread in threading.enumerate()].count("ahead")


def test_what_is_read_ahead_of_ends_with_it_while_the_error_is_still_held() -> None:
    closed: list[bool] = []

    def decoded() -> Iterator[int]:
        try:
            yield from ahead(itertools.count())
        finally:
            closed.append(True)

    def write(items: Iterator[int]) -> None:
        for item in ahead(items):
            if item == 3:
                raise KeyboardInterrupt

    before = threads()
    with pytest.raises(KeyboardInterrupt) as caught:
        write(decoded())
    assert caught.tb is not None, "it holds all that was at work"
    assert closed == [True]
    assert threads() == before


@pytest.mark.parametrize("has_begun", [True, False])
def test_ctrl_c_while_the_thread_begins_leaves_none(
    monkeypatch: pytest.MonkeyPatch, has_begun: bool
) -> None:
    start = threading.Thread.start
    made: list[int] = []

    def interrupted(thread: threading.Thread) -> None:
        if thread.name != "ahead" or has_begun:
            start(thread)
        if thread.name == "ahead":
            raise KeyboardInterrupt

    def items() -> Iterator[int]:
        for number in itertools.count():
            made.append(number)
            yield number

    before = threads()
    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(ahead(items()))
    assert threads() == before
    assert len(made) <= 5, "as many as were made before it was told"


def test_a_thread_that_is_held_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prefetch, "LONGEST_WAIT_SECONDS", 0.01)
    answered = threading.Event()

    def asked() -> Iterator[int]:
        yield 1
        answered.wait()

    before = threads()
    items = ahead(asked())
    assert next(items) == 1
    items.close()  # type: ignore[attr-defined]  # it is a generator
    assert threads() == before + 1, "it waits, and nobody waits for it"
    (held,) = (thread for thread in threading.enumerate() if thread.name == "ahead")
    answered.set()
    held.join()
