"""A local file as it was when a build was planned, and whether it still is that file.

Rows are labelled by the bytes of their source. So what is read must be what was hashed: a file that
changes in between stops the build. On the Hub, the commit sees to that.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import xxhash

from mixbuild.core import SourceError

Glance: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True)
class Stamp:
    """What a file is known by: at a glance, and for sure.

    Attributes:
        glance: its size in bytes, when its bytes and its entry changed last, its inode.
        digest: XXH3-128 of its bytes, in hexadecimal.
    """

    glance: Glance
    digest: str


def stamp(path: str) -> Stamp:
    """Read a file, and say what it is known by.

    Raises:
        SourceError: it changes while it is read.
        OSError: it cannot be read.
    """
    before = _glance(path)
    digest = _hash(path)
    if _glance(path) != before:
        raise _changed(path)
    return Stamp(before, digest)


@contextmanager
def unchanged(path: str, known: Stamp | None, *, where: str) -> Iterator[None]:
    """Hold a file against its stamp, before it is read and after.

    Args:
        path: the file's.
        known: its stamp; None for what has none, such as a file on the Hub.
        where: what an error's line begins with.

    Raises:
        SourceError: it is another file than was stamped, whatever else went wrong because of it.
        OSError: it cannot be read.
    """
    if known is None:
        yield
        return
    _hold(path, known, where)
    try:
        yield
    except Exception:
        _hold(path, known, where)
        raise
    _hold(path, known, where)


def _hold(path: str, known: Stamp, where: str) -> None:
    glance = _glance(path)
    # a copy, or another machine's view of the same folder, has the same bytes
    if glance != known.glance and _digest(path, glance) != known.digest:
        raise _changed(where)


def _changed(where: str) -> SourceError:
    return SourceError(
        f"{where}: expected the file as it was when the build was planned, got another: it is "
        f"being changed; wait until nobody writes it, then run the same command"
    )


def _glance(path: str) -> Glance:
    found = os.stat(path)  # noqa: PTH116 - once a run, and without a Path
    # the third cannot be put back, and an inode may be used again at once
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


@functools.lru_cache(maxsize=1024)
def _digest(path: str, glance: Glance) -> str:  # noqa: ARG001 - the cache's key
    """What its bytes are known by, once for all runs of a file that is seen from elsewhere."""
    return _hash(path)


def _hash(path: str) -> str:
    digest = xxhash.xxh3_128()
    with Path(path).open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
