"""Find out what a source holds, its commit, files and columns, and cut it into runs."""

from __future__ import annotations

import importlib.resources
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import xxhash

from mixbuild.core import SourceError, UsageError, explained, one_of
from mixbuild.declare import Source, Task
from mixbuild.sources import layout, parquet, streamed
from mixbuild.sources.hub import find_commit
from mixbuild.sources.location import Place, Run
from mixbuild.sources.types import plain_schema

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
) -> Resolved:
    """Find a task's source and cut it into runs. Reads metadata only.

    Args:
        task: the declaration.
        source: None for the Hub, ``SAMPLES``, or a mirror: a folder, or another
            repo as ``org/name`` or ``org/name@revision``.
        splits: the config's splits; all of the task's when empty.
        revision: of the task's own repo, in the place of the declared one.

    Raises:
        UsageError: the task has no such split, or ``source`` is neither a folder nor a repo.
        SourceError: the source cannot be reached or read, or lacks a split.
    """
    for split in splits:
        if split not in task.splits:
            raise UsageError(f"task {task.name!r}: {one_of('split', split, task.splits)}")
    declared = task.source if revision is None else replace(task.source, revision=revision)
    return _resolve(task.name, declared, source, task.splits, splits)


def explore(declared: Source, source: str | None = None, *, name: str) -> Resolved:
    """What a source holds that no task declares yet: all of its splits and columns.

    Args:
        declared: the repo, its config and revision; the rest is not looked at.
        source: as of ``resolve``.
        name: the task's that will be.

    Raises:
        SourceError: the source cannot be reached or read, or has several configs and none is named.
    """
    return _resolve(name, declared, source, {}, ())


def _resolve(
    name: str,
    declared: Source,
    source: str | None,
    splits: Mapping[str, str],
    chosen: Sequence[str],
) -> Resolved:
    """Of the splits (all that are there, where none are named), the chosen ones, or all."""
    with explained(f"--source {name}={source}"):
        place = _find(name, declared, source)
    with explained(place.label):
        guessed = False
        if source is not None:
            place, guessed = layout.lay_out(place)
        builder = streamed.builder_of(place, mirror=source is not None)
        place = replace(place, config=builder.config.name)
        found = {
            str(split): list(each) for split, each in (builder.config.data_files or {}).items()
        }
    splits = splits or {split: split for split in found}
    wanted = {split: splits[split] for split in chosen or splits}
    for split in wanted.values():
        if split not in found:
            raise SourceError(
                f"{place.path}: {one_of('split', split, found)}; "
                f"choose others with --split, or declare the source's splits in the task"
            )
    # all the splits decide how each is read, so that --split changes nothing but what is made
    files = {split: found[split] for split in splits.values() if split in found}
    if guessed:
        layout.refuse_mixed(place, files)
    _refuse_namesakes(place, files)
    with explained(place.label):
        addresses = [address for each in files.values() for address in each]
        label = _label(name, declared, source, place, addresses)
        schema = builder.info.features.arrow_schema if builder.info.features else None
        footers = None
        if parquet.is_parquet(builder):
            schema, footers = parquet.read_footers(place, files, schema)
        schema = schema or streamed.peek_schema(builder, files)
        if schema is None:
            raise SourceError(
                f"{place.label}: expected rows, got none in any of {', '.join(files)}; look at "
                f"its files"
            )
        runs = {
            split: tuple(
                streamed.runs(builder, place, theirs, files[theirs])
                if footers is None
                else parquet.runs(place, theirs, footers[theirs])
            )
            for split, theirs in wanted.items()
        }
    return Resolved(label, place, plain_schema(schema), runs)


def _find(name: str, declared: Source, source: str | None) -> Place:
    if source is None:
        return on_hub(declared.repo, declared.config, declared.revision)
    if source == SAMPLES:
        with importlib.resources.as_file(
            importlib.resources.files("mixbuild.tasks") / "samples"
        ) as path:
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
        SourceError: it cannot be reached, or a folder of its name would be read in its place.
    """
    place = Place(repo, config, revision)
    if Path(repo).exists():  # datasets would read it, and call it what the Hub has
        raise SourceError(
            f"{repo}: a folder of that name lies in the working directory, and would be read in "
            f"the Hub's place; work elsewhere, or say that it is meant: --source TASK=./{repo}"
        )
    with explained(place.label):
        return replace(place, revision=find_commit(repo, revision))


def _refuse_namesakes(place: Place, files: Mapping[str, Sequence[str]]) -> None:
    """Refuse files that row ids could not tell apart."""
    for split, addresses in files.items():
        for name, times in Counter(place.name(address) for address in addresses).items():
            if times > 1:
                raise SourceError(
                    f"{place.path}: {times} files of split {split!r} are called {name!r}; list "
                    f"each file once in the card, and keep them all within the folder"
                )


def _label(
    name: str, declared: Source, source: str | None, place: Place, addresses: Sequence[str]
) -> str:
    """``repo@commit``; for a folder, which has no commit, a hash of its files' bytes instead."""
    if place.revision is not None:
        return place.label
    digest = xxhash.xxh3_128()
    # a card says how the files are to be read
    cards = {Path(place.path, "README.md"), Path(place.path, place.folder, "README.md")}
    addresses = [*addresses, *(str(card) for card in cards if card.is_file())]
    # a file within an archive is addressed as zip://inner::outer, and its bytes are the archive's
    for address in sorted({address.rpartition("::")[2] for address in addresses}):
        with explained(f"{place.label}: {address}"), open(address, "rb") as file:
            content = xxhash.xxh3_128()
            while block := file.read(2**20):
                content.update(block)
        digest.update(f"{place.name(address)} {content.hexdigest()}\n".encode())
    if source == SAMPLES:
        return f"{SAMPLES}/{name}@{digest.hexdigest()}"
    return f"{declared.repo}@mirror-{digest.hexdigest()}"
