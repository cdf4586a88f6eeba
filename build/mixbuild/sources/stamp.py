"""A local file as it was when a build was planned, and whether it still is that file.

Rows are labelled by the bytes of their source. So what is read must be what was hashed: a file that
changes in between stops the build. On the Hub, the commit sees to that.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import xxhash

from mixbuild.core import Glance, SourceError, glance


@dataclass(frozen=True)
class Stamp:
    """What a file is known by: at a glance, and for sure.

    Attributes:
        seen: how it lay.
        digest: XXH3-128 of its bytes, in hexadecimal.
    """

    seen: Glance
    digest: str


def stamp(path: str) -> Stamp:
    """Read a file, and say what it is known by.

    Raises:
        SourceError: it changes while it is read.
        OSError: it cannot be read.
    """
    before = glance(path)
    digest = _hash(path)
    if glance(path) != before:
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
    now = glance(path)
    # a copy, or another machine's view of the same folder, has the same bytes
    if now != known.seen and _digest(path, now) != known.digest:
        raise _changed(where)


def _changed(where: str) -> SourceError:
    return SourceError(
        f"{where}: expected the file as it was when the build was planned, got another: it is "
        f"being changed; wait until nobody writes it, then run the same command"
    )


@functools.lru_cache(maxsize=1024)
def _digest(path: str, now: Glance) -> str:  # noqa: ARG001 - the cache's key
    """What its bytes are known by, once for all runs of a file that is seen from elsewhere."""
    return _hash(path)


def _hash(path: str) -> str:
    digest = xxhash.xxh3_128()
    with Path(path).open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
