"""Write the lock, and compare it with what the Hub has now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from mixbuild.core import LockError, MixError, Report, UsageError, is_transient, one_line, silent
from mixbuild.declare import Task
from mixbuild.sources import lock
from mixbuild.sources.lock import Entry
from mixbuild.sources.survey import differences, survey
from mixbuild.tasks import ALL, find


def pin(
    path: Path,
    tasks: Sequence[Task],
    *,
    update: bool = False,
    report: Report = silent,
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
    path: Path,
    tasks: Sequence[Task] = (),
    *,
    among: Sequence[Task] = ALL,
    report: Report = silent,
) -> dict[str, list[str]]:
    """Task -> what is no longer as it was locked: at the locked commit, and at the newest.

    Args:
        path: the lock file.
        tasks: those to check; all that are locked when empty.
        among: every task that there is.
        report: called with (sources checked, sources in all).

    Raises:
        LockError: the file is no lock, or does not list what is asked for.
        SourceError: the Hub does not answer.
    """
    entries = lock.load(path)
    if not entries:
        raise LockError(f"{path}: expected entries to check, got none; run lock first")
    for name in (task.name for task in tasks):
        if name not in entries:
            raise LockError(f"{path}: expected an entry of {name!r}, got none; run lock {name}")
    chosen = [task.name for task in tasks] or list(entries)
    findings: dict[str, list[str]] = {}
    for count, name in enumerate(chosen, start=1):
        findings[name] = list(_drift(name, entries[name], among))
        report(count, len(chosen), running=name)
    return findings


def _drift(name: str, entry: Entry, among: Sequence[Task]) -> Iterator[str]:
    try:
        task = find(name, among)
    except UsageError:
        yield "there is no such task any more"
        return
    if entry.repo != task.source.repo:
        yield f"repo: the lock has {entry.repo}, the task {task.source.repo}"
        return
    seen: set[str] = set()
    for what, revision in (("locked commit", entry.commit), ("newest", None)):
        try:
            found = survey(task, revision=revision, contents=False)
        except MixError as error:
            if is_transient(error):  # this says nothing about the source
                raise
            lines = [one_line(error)]
        else:
            lines = differences(entry, found)
        # what is wrong with the repo itself is wrong at both
        yield from (f"{what}: {line}" for line in lines if line not in seen)
        seen.update(lines)
