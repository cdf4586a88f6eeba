"""``sources.lock.json``: at which commit each source is read, and what it held there.

::

    {"format": 1, "sources": {task: {repo, commit, config, license, files, schema, splits}}}

``splits`` are the source's own, each with its rows and the content digest of
what the task reads of them: a mirror that has the same is the same source.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

from mixbuild.core import LockError, OutputError, one_line, project_file
from mixbuild.declare import Task
from mixbuild.sources.hub import is_commit

FILE = "sources.lock.json"
FORMAT = 1

Lock = Mapping[str, Any]
"""Task -> entry; ``sources.survey`` makes an entry."""


def default_path() -> Path:
    """The project's own lock."""
    return project_file(FILE)


def load(path: Path) -> dict[str, Any]:
    """The entries of a lock file; none where there is no file.

    Raises:
        LockError: it is no lock file, or one of another format.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise LockError(
                f"{path}: expected format {FORMAT}, got {found['format']!r}; update instruct_mix"
            )
        entries: dict[str, Any] = dict(found["sources"])
        for entry in entries.values():
            _check(entry)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, LockError):
            raise
        raise LockError(
            f"{path}: expected a lock file, got something else ({one_line(error)}); delete it and "
            f"run lock again"
        ) from error
    return entries


def _check(entry: Mapping[str, Any]) -> None:
    """Raise whatever an entry that was not written by us makes Python raise."""
    for name, kind in (
        ("repo", str),
        ("commit", str),
        ("config", (str, NoneType)),
        ("license", (str, NoneType)),
        ("files", dict),
        ("schema", dict),
        ("splits", dict),
    ):
        if not isinstance(entry[name], kind):
            raise TypeError(f"{name}: {entry[name]!r}")
    if not is_commit(entry["commit"]):
        raise ValueError(f"commit: {entry['commit']!r}")
    for each in entry["files"].values():
        (int(each["size"]), str(each["hash"]))
    for each in entry["splits"].values():
        (int(each["rows"]), str(each["content_digest"]))


def save(path: Path, entries: Lock) -> None:
    """Write a lock file at once.

    Raises:
        OutputError: it cannot be written.
    """
    text = json.dumps({"format": FORMAT, "sources": dict(sorted(entries.items()))}, indent=2)
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_text(text + "\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path}: cannot be written ({error.strerror}); make room, or name another with --lock"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def entry_of(lock: Lock, task: Task) -> Mapping[str, Any] | None:
    """What the lock says of a task's source; None where it says nothing.

    Raises:
        LockError: it is locked to another repo than the task declares.
    """
    entry: Mapping[str, Any] | None = lock.get(task.name)
    if entry is not None and entry["repo"] != task.source.repo:
        raise LockError(
            f"task {task.name!r}: expected its source {task.source.repo} in the lock, got "
            f"{entry['repo']}; run lock --update {task.name}"
        )
    return entry
