"""Run an iterator on a thread of its own, a few items ahead of whoever consumes it.

Arrow and hashlib work without the interpreter's lock, so that decoding the next
batch, rendering this one and writing the last one go on at the same time.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

LONGEST_WAIT_SECONDS = 2.0
"""How long a thread is waited for that is to stop: a Hub that has fallen silent would hold it."""


def ahead(items: Iterable[Item], *, depth: int = 4) -> Iterator[Item]:
    """The same items in the same order, up to ``depth`` of them made in advance.

    An error in ``items`` is raised where its item would have come. When the
    consumer stops early, so does the thread, and a generator is closed.

    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    made: queue.Queue[tuple[Item | None, BaseException | None]] = queue.Queue(depth)
    abandoned = threading.Event()

    def put(item: Item | None, error: BaseException | None = None) -> None:
        while not abandoned.is_set():
            try:
                return made.put((item, error), timeout=0.1)
            except queue.Full:
                continue
        return None

    def work() -> None:
        try:
            if abandoned.is_set():
                return
            for item in items:
                put(item)
                if abandoned.is_set():
                    # else it stays as it is, with threads of its own, while a traceback holds it
                    if isinstance(items, Generator):
                        items.close()
                    return
            put(None, StopIteration())
        except BaseException as error:  # carried to the consumer, whatever it is
            put(None, error)

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    try:
        thread.start()  # within: Ctrl-C comes while it waits for the thread as well
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # None comes only with an error
    finally:
        abandoned.set()
        with contextlib.suppress(RuntimeError):  # it has not begun, and finds that it need not
            thread.join(LONGEST_WAIT_SECONDS)
