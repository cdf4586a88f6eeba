"""Work on other threads: reading ahead of the consumer, hashing behind the writer.

Arrow and hashlib work without the interpreter's lock, so that decoding the next
batch, rendering this one and hashing the last one go on at the same time.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import pyarrow as pa

Item = TypeVar("Item")


def ahead(items: Iterable[Item], *, depth: int = 4) -> Iterator[Item]:
    """The same items in the same order, up to ``depth`` of them made in advance.

    An error in ``items`` is raised where its item would have come. When the
    consumer stops early, so does the thread.

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
            for item in items:
                put(item)
                if abandoned.is_set():
                    return
            put(None, StopIteration())
        except BaseException as error:  # carried to the consumer, whatever it is
            put(None, error)

    thread = threading.Thread(target=work, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, error = made.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            yield item  # type: ignore[misc]  # None comes only with an error
    finally:
        abandoned.set()
        thread.join()


class HashedFile:
    """A new file, and the SHA-256 of what is written to it.

    Args:
        path: the file to make.
        overlap: hash on a thread of its own. What is written must not change afterwards.
    """

    def __init__(self, path: Path, *, overlap: bool = False) -> None:
        self._file = path.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self._hasher = ThreadPoolExecutor(1, "sha256") if overlap else None
        self.bytes = 0

    def write(self, data: pa.Buffer | bytes) -> None:
        """Append ``data``, all of it."""
        if self._hasher is None:
            self._hash.update(data)
        else:
            self._hasher.submit(self._hash.update, data)
        view = memoryview(data)
        self.bytes += len(view)
        while view:  # one call writes at most 2 GiB
            view = view[self._file.write(view) :]

    @property
    def sha256(self) -> str:
        """In hexadecimal, once the file is closed."""
        return self._hash.hexdigest()

    def __enter__(self) -> HashedFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hasher is not None:
            self._hasher.shutdown()
        self._file.close()
