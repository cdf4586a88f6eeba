"""A folder as on a read-only medium, whoever runs the tests: even root is refused."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

_only_read: set[str] = set()
_CHANGES = {
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if not _only_read or not (event in _CHANGES or event == "open"):
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITES):
        return
    for path in arguments[:2]:
        if isinstance(path, str | os.PathLike) and _is_inside(str(path)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))


def _is_inside(path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in _only_read)


sys.addaudithook(_refuse)  # once: a hook stays for as long as the process lives


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Refuse what Python writes below a folder, as the system does, and say so when asked."""
    access = os.access

    def asked(path: str | Path, mode: int) -> bool:
        return access(path, mode) and not (mode & os.W_OK and _is_inside(str(path)))

    _only_read.add(str(folder))
    try:
        with mock.patch.object(os, "access", asked):
            yield
    finally:
        _only_read.discard(str(folder))
