"""Find out what a source holds, its commit, files and columns, and cut it into runs."""

from __future__ import annotations

import importlib.resources
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import xxhash

from mixbuild.core import SourceError, UsageError, explained, one_of
from mixbuild.declare import Source, Task
from mixbuild.sources import contents, layout
from mixbuild.sources.hub import find_commit
from mixbuild.sources.legend import of_card
from mixbuild.sources.location import Place, Run
from mixbuild.sources.stamp import Stamp, stamp
from mixbuild.sources.tree import list_place

SAMPLES = "samples"
"""``source=SAMPLES`` reads the rows that come with the package."""


@dataclass(frozen=True)
class Resolved:
    """What a source holds.

    Attributes:
        label: ``repo@commit``, as rows say it.
        place: where it is.
        schema: its columns.
        runs: by the config's split.
        locked: whether it is what the lock says.
        drift: where it is not, and was allowed not to be: how it differs.
    """

    label: str
    place: Place
    schema: pa.Schema
    runs: Mapping[str, tuple[Run, ...]]
    locked: bool = False
    drift: tuple[str, ...] = ()


def resolve(
    task: Task,
    source: str | None = None,
    *,
    splits: Sequence[str] = (),
    revision: str | None = None,
    follow_links: bool = False,
) -> Resolved:
    """Find a task's source and cut it into runs. Reads metadata only.

    Args:
        task: the declaration.
        source: None for the Hub, ``SAMPLES``, or a mirror: a folder, or another
            repo as ``org/name`` or ``org/name@revision``.
        splits: the config's splits; all of the task's when empty.
        revision: of the task's own repo, in the place of the declared one.
        follow_links: a mirror's links and card may lead out of its folder.

    Raises:
        UsageError: the task has no such split, or ``source`` is neither a folder nor a repo.
        SourceError: the source cannot be reached or read, or lacks a split.
    """
    for split in splits:
        if split not in task.splits:
            raise UsageError(f"task {task.name!r}: {one_of('split', split, task.splits)}")
    declared = task.source if revision is None else replace(task.source, revision=revision)
    return _resolve(
        task.name, declared, source, task.splits, splits, task=task, follow_links=follow_links
    )


def explore(
    declared: Source, source: str | None = None, *, name: str, follow_links: bool = False
) -> Resolved:
    """What a source holds that no task declares yet: all of its splits and columns.

    Args:
        declared: the repo, its config and revision; the rest is not looked at.
        source: as of ``resolve``.
        name: the task's that will be.
        follow_links: as of ``resolve``.

    Raises:
        SourceError: the source cannot be reached or read, or has several configs and none is named.
    """
    return _resolve(name, declared, source, {}, (), task=None, follow_links=follow_links)


def _resolve(
    name: str,
    declared: Source,
    source: str | None,
    splits: Mapping[str, str],
    chosen: Sequence[str],
    *,
    task: Task | None,
    follow_links: bool,
) -> Resolved:
    """Of the splits (all that are there, where none are named), the chosen ones, or all."""
    with explained(f"--source {name}={source}"):
        place = _find(name, declared, source)
    tree = list_place(place, follow_links=follow_links)
    found = layout.lay_out(tree, splits.values(), mirror=source is not None)
    place = found.place
    splits = splits or {split: split for split in found.files}
    wanted = {split: splits[split] for split in chosen or splits}
    for split in wanted.values():
        if split not in found.files:
            raise SourceError(
                f"{place.path}: {one_of('split', split, found.files)}; "
                f"choose others with --split, or declare the source's splits in the task"
            )
    # all the splits decide how each is read, so that --split changes nothing but what is made
    files = {split: found.files[split] for split in splits.values() if split in found.files}
    with explained(place.label):
        names = [*found.cards, *(file for each in files.values() for file in each)]
        stamps = _stamps(place, names)
        label = _label(name, declared, source, place, stamps)
        card = of_card(found.features, where=place.label)
        schema, runs = contents.look(place, files, card=card, task=task)
    stamped = {
        split: tuple(replace(run, stamp=stamps.get(run.file)) for run in runs[theirs])
        for split, theirs in wanted.items()
    }
    return Resolved(label, place, schema, stamped)


def _find(name: str, declared: Source, source: str | None) -> Place:
    if source is None:
        return on_hub(declared.repo, declared.config, declared.revision)
    if source == SAMPLES:
        with importlib.resources.as_file(
            importlib.resources.files("mixbuild.tasks") / "samples"
        ) as path:
            if not (path / name).is_dir():
                raise UsageError(
                    f"task {name!r}: has no samples, which come with the project's own tasks only; "
                    f"read it from its source, or from a folder: --source {name}=FOLDER"
                )
            return Place(str(path / name), declared.config, None)
    folder = Path(source).expanduser()
    if folder.is_dir():
        return Place(str(folder.resolve()), declared.config, None)
    if (
        named := re.fullmatch(r"(\w[\w.-]*/\w[\w.-]*)(?:@([\w./-]+))?", source)
    ) and not folder.exists():
        return on_hub(named[1], declared.config, named[2] or "main")
    raise SourceError(
        f"--source {name}={source}: expected a folder that exists, or a repo like "
        f"'org/name' or 'org/name@revision'"
    )


def on_hub(repo: str, config: str | None, revision: str) -> Place:
    """The place of a repo at the commit that the revision is now.

    Raises:
        SourceError: it cannot be reached.
    """
    place = Place(repo, config, revision)
    with explained(place.label):
        return replace(place, revision=find_commit(repo, revision))


def _label(
    name: str, declared: Source, source: str | None, place: Place, stamps: Mapping[str, Stamp]
) -> str:
    """``repo@commit``; for a folder, which has no commit, a hash of its files' bytes instead.

    Its cards count among them: they say how the files are to be read.
    """
    if place.revision is not None:
        return place.label
    lines = (f"{file} {each.digest}\n" for file, each in sorted(stamps.items()))
    digest = xxhash.xxh3_128_hexdigest("".join(lines).encode())
    return f"{SAMPLES}/{name}@{digest}" if source == SAMPLES else f"{declared.repo}@mirror-{digest}"


def _stamps(place: Place, names: Iterable[str]) -> dict[str, Stamp]:
    """What each file of a folder is now; on the Hub, the commit says it."""
    stamps = {}
    for file in names if place.revision is None else ():
        with explained(f"{place.label}: {file}"):
            stamps[file] = stamp(place.address(file))
    return stamps
