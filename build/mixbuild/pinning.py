"""Write the lock, and compare it with what the Hub has now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mixbuild import lock
from mixbuild.errors import LockError, MixError, one_line
from mixbuild.sources.survey import Entry, differences, survey
from mixbuild.task import Task

Report = Callable[[int, int], None]


def pin(
    path: Path,
    tasks: Sequence[Task],
    *,
    update: bool = False,
    report: Report = lambda *_: None,
) -> Iterator[tuple[Task, Entry, list[str]]]:
    """Lock the sources that are not locked; with ``update`` all, to their newest commit.

    Yields:
        task, entry and what changed in it, of each source before its entry is written.

    Raises:
        SourceError: a source cannot be read; what was yielded before is written.
        LockError: the file is no lock.
        OutputError: the file cannot be written.
    """
    entries = lock.load(path)
    for task in tasks:
        known = entries.get(task.name)
        if known is not None and not update:
            lock.entry_of(entries, task)
            continue
        entry = survey(task, report=report)
        yield task, entry, differences(known, entry) if known else ["new"]
        entries[task.name] = entry
        lock.save(path, entries)


def check_lock(
    path: Path, tasks: Sequence[Task], *, report: Report = lambda *_: None
) -> dict[str, list[str]]:
    """Task -> what is no longer as it was locked: at the locked commit, and at the newest.

    Raises:
        LockError: the file is no lock, or lists none of the tasks.
    """
    entries = lock.load(path)
    chosen = [task for task in tasks if task.name in entries]
    if not chosen:
        raise LockError(f"{path}: expected entries to check, got none; run lock first")
    findings: dict[str, list[str]] = {}
    for count, task in enumerate(chosen, start=1):
        findings[task.name] = list(_drift(task, entries[task.name]))
        report(count, len(chosen))
    return findings


def _drift(task: Task, entry: Mapping[str, Any]) -> Iterator[str]:
    if entry["repo"] != task.source.repo:
        yield f"repo: the lock has {entry['repo']}, the task {task.source.repo}"
        return
    seen: set[str] = set()
    for what, revision in (("locked commit", entry["commit"]), ("newest", None)):
        try:
            found = survey(task, revision=revision, contents=False)
        except MixError as error:
            lines = [one_line(error)]
        else:
            lines = differences(entry, found)
        # what is wrong with the repo itself is wrong at both
        yield from (f"{what}: {line}" for line in lines if line not in seen)
        seen.update(lines)
