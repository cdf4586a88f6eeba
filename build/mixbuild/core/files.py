"""Files that are there whole or not at all, and the mutex of a folder.

What is written here survives a kill and a loss of power: a file is written beside its place,
synced, and renamed, and then its folder is synced. A name therefore stands for the old content or
for the new one, never for a part.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from mixbuild.core.errors import OutputError
from mixbuild.core.explain import explained_output

PARTIAL = ".partial"
"""How the names of files end that are not whole yet."""


def partial_path(path: Path) -> Path:
    """Where a file is written before it has its name; another one for whoever else writes it."""
    return path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL}")


def is_partial(path: Path) -> bool:
    """Whether a file is called as ``partial_path`` calls them; what others call so is theirs."""
    return re.search(rf"\.[0-9a-f]{{32}}{re.escape(PARTIAL)}\Z", path.name) is not None


def put_in_place(partial: Path, path: Path) -> None:
    """Give a file that was written and closed its name, durably.

    Raises:
        OSError: the system refuses.
    """
    with partial.open("rb+") as file:
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield where to write a file, which has its name once the block has ended well.

    It is another place for every writer: a first one may not be dead yet. After any interruption
    the file has its old content, or the new one.

    Raises:
        OSError: the system refuses; nothing is left beside the old content.
    """
    partial = partial_path(path)
    try:
        yield partial
        put_in_place(partial, path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file at once.

    Raises:
        OSError: as of ``whole_file``.
    """
    with whole_file(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system has a way to do it."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows syncs names by itself
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


Glance: TypeAlias = tuple[int, int, int, int]
"""Of a file: its size in bytes, when its bytes and its entry changed last, its inode."""


def glance(path: str | Path) -> Glance:
    """What of a file whoever writes to it changes, without it being read.

    Raises:
        OSError: there is none.
    """
    found = os.stat(path)  # noqa: PTH116 - often done, and without a Path
    # the third cannot be put back, and an inode may be used again at once
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def file_sha256(content: Path | bytes) -> str:
    """The SHA-256 of a file's bytes, or of bytes in memory, in hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.sha256()
    for block in _blocks(content):
        digest.update(block)
    return digest.hexdigest()


def git_blob_hash(content: Path | bytes, *, algorithm: str = "sha1") -> str:
    r"""What git calls a file of these bytes; ``sha256`` in a repo of that kind.

    >>> git_blob_hash(b"hello\n")
    'ce013625030ba8dba906f756967f9e9ca394464a'

    Raises:
        OSError: it cannot be read.
    """
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    digest = hashlib.new(algorithm, b"blob %d\0" % size, usedforsecurity=False)
    for block in _blocks(content):
        digest.update(block)
    return digest.hexdigest()


def _blocks(content: Path | bytes) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while block := file.read(2**20):
            yield block


@contextmanager
def mutex(out: Path, *, option: str = "--out") -> Iterator[None]:
    """Keep a second build, a push or an export out of the folder.

    Where nothing may be written, as on a read-only medium, nobody is at work and nobody is kept
    out: what has nothing to do works there, and what has says itself that it cannot.

    Args:
        out: the folder.
        option: what names it on the command line.

    Raises:
        OutputError: somebody is at work there, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    if out.is_dir() and not os.access(out, os.W_OK):
        yield
        return
    work = "make or push" if option == "--out" else "export"
    with explained_output(out, option=option):
        out.mkdir(parents=True, exist_ok=True)
        held = FileLock(out / ".lock")
        try:
            held.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"{out}: another {work} is at work here; wait for it, or choose another {option}"
            ) from None
    try:
        yield
    finally:
        held.release()
