"""What a source on the Hub is at a commit: its files, columns, rows and licence, for the lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from mixbuild.core import Report, SourceDigest, SourceError, explained, silent
from mixbuild.declare import EVERY, Task
from mixbuild.render import bind
from mixbuild.sources.hub import (
    CARD,
    Repo,
    Stored,
    find_repo,
    is_of,
    list_files,
    read_card,
    read_repo_file,
)
from mixbuild.sources.legend import names_in
from mixbuild.sources.lock import Entry, File, Split
from mixbuild.sources.read import read_digested
from mixbuild.sources.resolve import Resolved, resolve


def survey(
    task: Task,
    *,
    revision: str | None = None,
    contents: bool = True,
    report: Report = silent,
) -> Entry:
    """Find out what a task's source is.

    Args:
        task: the declaration.
        revision: a branch, tag or commit; None for the declared one.
        contents: read every row, for the content digests; without it, metadata only.
        report: called with (runs read, runs in all).

    Raises:
        SourceError: it cannot be reached or read, has moved, is gated, or is a script.
    """
    found = look_at_source(task.source.repo, revision or task.source.revision)
    resolved = resolve(task, revision=found.commit)
    files = found.files
    names = {run.file for runs in resolved.runs.values() for run in runs}
    splits = digests(task, resolved, report=report) if contents else _counts(resolved)
    return Entry(
        repo=task.source.repo,
        commit=found.commit,
        config=resolved.place.config,
        license=_licence(found),
        files={name: _listed(each) for name, each in files.items() if name in names | {CARD}},
        schema={field.name: _spelled(field.type) for field in resolved.schema},
        splits={task.splits[split]: each for split, each in splits.items()},
        classes=classes_in(resolved),
    )


def classes_in(resolved: Resolved) -> dict[str, tuple[str, ...]]:
    """What the codes in a source's columns stand for, where it says it, by their paths."""
    return {".".join(path): names for path, names in names_in(resolved.schema).items()}


def _spelled(kind: pa.DataType) -> str:
    """A type, without what differs between those who tell it: how a list calls its items.

    >>> _spelled(pa.struct({"text": pa.list_(pa.field("element", pa.string()))}))
    'struct<text: list<string>>'
    """
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{each.name}: {_spelled(each.type)}' for each in kind)}>"
    return f"list<{_spelled(kind.value_type)}>" if pa.types.is_list(kind) else str(kind)


def _counts(resolved: Resolved) -> dict[str, Split]:
    """By the config's split, how many rows a source has; none where only reading tells."""
    entries: dict[str, Split] = {}
    for split, runs in resolved.runs.items():
        known = [run.rows for run in runs if run.rows is not None]
        if len(known) == len(runs):
            entries[split] = Split(rows=sum(known), content_digest="")
    return entries


def digests(task: Task, resolved: Resolved, *, report: Report = silent) -> dict[str, Split]:
    """By the config's split, how many rows a source has, and the digest of what is read of them.

    The digest covers the columns that the task reads, in the order of the rows, whatever files
    they are in.

    Raises:
        SourceError: the source cannot be read.
        SchemaError: it lacks what the task reads.
    """
    reads = bind(task, resolved.schema, templates=EVERY).reads
    total = sum(len(runs) for runs in resolved.runs.values())
    done = 0
    entries: dict[str, Split] = {}
    for split, runs in resolved.runs.items():
        digest = SourceDigest()
        for run in runs:
            for _ in read_digested(run, (), digest=digest, of=reads, schema=resolved.schema):
                pass
            done += 1
            report(done, total, running=task.name)
        entries[split] = Split(rows=digest.rows, content_digest=digest.hexdigest())
    return entries


def same_files(mirror: Resolved, entry: Entry) -> bool:
    """Whether what is read of a mirror are the very files that the lock names, byte for byte.

    A row is named by its file and its place there; equal rows in other files have other names.

    Raises:
        SourceError: the mirror cannot be read.
    """
    names = {run.file for runs in mirror.runs.values() for run in runs}
    if not names <= entry.files.keys():
        return False
    place, locked = mirror.place, {name: entry.files[name] for name in names}
    with explained(place.label):
        if place.revision is None:
            return all(
                is_of(Path(place.path, name), size=each.size, hash=each.hash)
                for name, each in locked.items()
            )
        files = list_files(place.path, place.revision)
        return all(
            name in files and (files[name].size, files[name].hash) == (each.size, each.hash)
            for name, each in locked.items()
        )


def is_wholly(task: Task, mirror: Resolved, entry: Entry) -> bool:
    """Whether a mirror of ``same_files`` has as many of their rows, under the same card.

    Then the same rows come of the same bytes, and none need be read to show it.

    Raises:
        SourceError: the mirror cannot be read.
    """
    place, counts = mirror.place, _counts(mirror)
    if place.config != entry.config or counts.keys() != mirror.runs.keys():
        return False
    for split, counted in counts.items():
        locked = entry.splits.get(task.splits[split])
        if locked is None or locked.rows != counted.rows:
            return False
    own = f"{place.config}/{CARD}"  # a folder's own, which the lock does not list
    with explained(place.label):
        if place.revision is not None:
            files = list_files(place.path, place.revision)
            card = _listed(files[CARD]) if CARD in files else None
            return own not in files and card == entry.files.get(CARD)
        path, known = Path(place.path, CARD), entry.files.get(CARD)
        if Path(place.path, own).exists() or path.exists() != (known is not None):
            return False
        return known is None or is_of(path, size=known.size, hash=known.hash)


def look_at_source(repo: str, revision: str) -> Repo:
    """What the Hub says of a repo, with a word where ``datasets`` would only fail to load it.

    Raises:
        SourceError: it cannot be reached, has moved, is gated, or is a script.
    """
    with explained(f"{repo}@{revision}"):
        found = find_repo(repo, revision)
    if found.id != repo:
        raise SourceError(f"{repo}: has moved to {found.id}; declare that name in the task")
    if found.gated:
        raise SourceError(
            f"{repo}: is gated, so that not everyone can build from it; take a mirror that is not"
        )
    script = f"{repo.partition('/')[2]}.py"
    if script in found.files:
        raise SourceError(
            f"{repo}@{found.commit}: is a script now ({script}), which datasets does not run; stay "
            f"at an earlier commit, or take the branch refs/convert/parquet as a mirror"
        )
    return found


def _listed(file: Stored) -> File:
    return File(size=file.size, hash=file.hash)


def _licence(repo: Repo) -> str | None:
    """The licence that the card gave at that commit, which may not be what the Hub shows now."""
    where = f"{repo.name}@{repo.commit}: {CARD}"
    with explained(where):
        card = read_repo_file(repo, CARD) or b""
    found = read_card(card, where=where).get("license")
    if found is None:
        return None
    return ", ".join(map(str, found)) if isinstance(found, list) else str(found)


def differences(expected: Entry, got: Entry) -> list[str]:
    """What changed between two surveys of a source, a line each; the commit alone is no change."""
    lines = [
        f"{name}: {old} → {new}"
        for name, old, new in (
            ("repo", expected.repo, got.repo),
            ("config", expected.config, got.config),
            ("license", expected.license, got.license),
        )
        if old != new
    ]
    lines += _changes("column", expected.schema, got.schema)
    lines += [
        f"classes of {name}: {', '.join(names)} → {', '.join(got.classes[name])}"
        for name, names in expected.classes.items()
        if got.classes.get(name, names) != names
    ]
    old_files = {name: _shown(each) for name, each in expected.files.items()}
    lines += _changes("file", old_files, {name: _shown(each) for name, each in got.files.items()})
    for split, was in expected.splits.items():
        now = got.splits.get(split)
        if now is not None and was.rows != now.rows:
            lines.append(f"rows of {split}: {was.rows:,} → {now.rows:,}")
        elif now is not None and now.content_digest not in ("", was.content_digest):
            lines.append(f"rows of {split}: as many as before, not the same")
    return lines


def _changes(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{kind} {name}: gone" for name in old if name not in new)
    yield from (f"{kind} {name}: new" for name in new if name not in old)
    yield from (
        f"{kind} {name}: {old[name]} → {new[name]}"
        for name in old
        if name in new and old[name] != new[name]
    )


def _shown(file: File) -> str:
    return f"{file.size:,} bytes, {file.hash[:12]}"
