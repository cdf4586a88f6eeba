"""``sources.lock.json``: at which commit each source is read, and what it held there.

::

    {"format": 2, "sources": {task:
        {repo, commit, config, license, files, schema, splits, classes}}}

``splits`` are the source's own, each with its rows and the content digest of
what the task reads of them: a mirror that has the same is the same source.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from mixbuild.core import (
    Count,
    LockError,
    OutputError,
    Record,
    dump_json,
    parse_json,
    plain,
    project_file,
    typed,
    write_whole,
)
from mixbuild.declare import Task

FILE = "sources.lock.json"
FORMAT = 2
REMEDY = "delete it and run lock again"
ASK = "nothing was written; is HF_ENDPOINT a Hub's address?"

Digits = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]
"""A hash in hexadecimal: git's of either kind, or a SHA-256."""


class File(Record, frozen=True):
    """One of a source's files.

    Attributes:
        size: in bytes.
        hash: its SHA-256 where LFS keeps it, or else git's.
    """

    size: Count
    hash: Digits


class Split(Record, frozen=True):
    """One of a source's own splits.

    Attributes:
        rows: how many it has.
        content_digest: of what the task reads of them; empty where they were not read.
    """

    rows: Count
    content_digest: str


class Entry(Record, frozen=True):
    """What a task's source is at a commit.

    Attributes:
        repo: ``org/name``.
        commit: its id.
        config: the source's own.
        license: as its card says there; None where it does not.
        files: those that are read, and the card, by path.
        schema: the type of each column, by its name.
        splits: by the source's name.
        classes: what the codes in a column stand for, where the source says it, by its path.
    """

    repo: str
    commit: Digits
    config: str | None
    license: str | None
    files: dict[str, File]
    schema: dict[str, str]
    splits: dict[str, Split]
    classes: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - msgspec gives each its own

    @classmethod
    def at(cls, repo: str, commit: str) -> Entry:
        """A source at a commit, of which nothing else is known."""
        return cls(
            repo=repo, commit=commit, config=None, license=None, files={}, schema={}, splits={}
        )


class _Locked(Record, frozen=True):
    format: int
    sources: dict[str, Entry]


Lock = Mapping[str, Entry]
"""Task -> entry; ``sources.survey`` makes an entry."""


def default_path() -> Path:
    """The project's own lock."""
    return project_file(FILE)


def load(path: Path) -> dict[str, Entry]:
    """The entries of a lock file; none where there is no file.

    Raises:
        LockError: it is no lock file, or one of another format.
    """
    return _read(path).sources


def _read(path: Path) -> _Locked:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return _Locked(format=FORMAT, sources={})
    except OSError as error:
        raise LockError(
            f"{path}: expected a lock file, got one that cannot be read ({error.strerror}); name "
            f"another with --lock"
        ) from None
    found = parse_json(content, where=str(path), error=LockError, remedy=REMEDY)
    if isinstance(found, dict) and found.get("format", FORMAT) != FORMAT:
        # the first format had digests that could only be taken of rows in their order
        remedy = REMEDY if found["format"] == 1 else "update instruct_mix"
        raise LockError(f"{path}: expected format {FORMAT}, got {found['format']!r:.60}; {remedy}")
    return typed(found, _Locked, where=str(path), error=LockError, remedy=REMEDY)


def save(path: Path, entries: Lock) -> None:
    """Write a lock file at once, with whatever a newer version noted in it.

    Raises:
        LockError: an entry is of what no lock could be read again, or the file is no lock.
        OutputError: it cannot be written.
    """
    found = msgspec.structs.replace(_read(path), sources=dict(sorted(entries.items())))
    # what is written can be read again
    typed(plain(found), _Locked, where=str(path), error=LockError, remedy=ASK)
    try:
        write_whole(path, dump_json(found))
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); make room, or name another with --lock"
        ) from error


def entry_of(lock: Lock, task: Task) -> Entry | None:
    """What the lock says of a task's source; None where it says nothing.

    Raises:
        LockError: it is locked to another repo than the task declares.
    """
    entry = lock.get(task.name)
    if entry is not None and entry.repo != task.source.repo:
        raise LockError(
            f"task {task.name!r}: expected its source {task.source.repo} in the lock, got "
            f"{entry.repo}; run lock --update {task.name}"
        )
    return entry
