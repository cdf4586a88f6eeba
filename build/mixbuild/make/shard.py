"""Units and shards: the atom of work, and the Arrow file that it makes.

A unit is a run of one split's source rows with all that decides what they are
rendered to. It goes to whatever worker is free, and it makes one shard: an
Arrow stream file with the same bytes wherever, whenever and beside whatever
else it is rendered. Its ``key`` is a hash of everything that those bytes depend
on, so a shard that has its unit's key need not be made again.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import json
import pickle
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild import __version__
from mixbuild.core import (
    SCHEMA,
    ContentDigest,
    Drops,
    Hashes,
    Rows,
    ahead,
    explained_output,
    hash_rows,
)
from mixbuild.declare import EVERY, SAMPLE, Task
from mixbuild.render import Origin, bind, render
from mixbuild.sources import Run, read

END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""What ends an Arrow stream: a continuation marker and a length of zero."""

DECISIVE_MODULES = (
    "declare/template.py",
    "declare/slots.py",
    "core/identity.py",
    "core/vectors.py",
    "core/offsets.py",
    "declare/options.py",
    "render/lists.py",
    "render/answers.py",
    "render/is_blank.py",
    "render/clean.py",
    "render/refers.py",
    "render/arrange.py",
    "render/utf8.py",
    "render/bind.py",
    "render/render.py",
    "sources/resolve.py",
    "sources/read.py",
    "sources/location.py",
    "sources/types.py",
    "sources/parquet.py",
    "sources/streamed.py",
    "core/digest.py",
    "make/shard.py",
)
"""The files whose text decides what a unit is rendered to."""

WRITTEN_ROWS = 4_096
"""The most rows in one record batch of a shard."""


@dataclass(frozen=True, eq=False)
class Unit:
    """One run of source rows, and what to make of it.

    Attributes:
        task: the declaration.
        split: the config's split.
        source: ``repo@commit``, for the rows.
        schema: the source's columns.
        run: which rows.
        templates: a name, ``sample`` or ``all``.
        seed: of every choice by hash.
        highest: only the rows whose hash is at most this are rendered; None for all.
    """

    task: Task
    split: str
    source: str
    schema: pa.Schema
    run: Run
    templates: str
    seed: int
    highest: int | None = None

    @property
    def name(self) -> str:
        """For people: ``squad/train/plain_text/train.parquet rows 0 to 999``."""
        rows = self.run.rows
        last = "the end" if rows is None else str(self.run.first_row + rows - 1)
        return f"{self.task.name}/{self.split}/{self.run.file} rows {self.run.first_row} to {last}"

    @property
    def stem(self) -> str:
        """What the unit's files are called while the build is not finished."""
        return f"{self.task.name}-{self.key}"

    def __getstate__(self) -> dict[str, Any]:
        # a worker computes the key itself: with other code than ours, it must not be ours
        return {name: value for name, value in self.__dict__.items() if name != "key"}

    @functools.cached_property
    def key(self) -> str:
        """A hash of everything that the shard's bytes depend on: 32 hexadecimal digits."""
        task, run = self.task, self.run
        binding = bind(task, self.schema, templates=self.templates, seed=self.seed)
        chooses = self.templates == SAMPLE or self.highest is not None or bool(binding.choices)
        parts = [
            code_version(),
            [task.name, self.split, self.source, run.file, run.first_row, run.rows],
            [run.place.config, run.split, run.row_groups, run.part, run.batch_rows],
            [[template.name, template.text] for template in binding.templates],
            [binding.mode if binding.mode in (SAMPLE, EVERY) else "", self.highest],
            self.seed if chooses else None,
            sorted((name, _fingerprint(value)) for name, value in binding.values.items()),
            sorted((name, _fingerprint(value)) for name, value in binding.checks.items()),
            sorted((name, repr(slot)) for name, slot in binding.choices.items()),
            # other formats are parsed by datasets, and by what it parses with
            [] if run.row_groups else [version("datasets"), version("pandas")],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Shard:
    """What a unit made: counts, and what proves the file.

    ``rows_read * renderings == rows + sum(drops)``, with one rendering per
    source row, or one per template with ``all``.
    """

    unit: str
    rows_read: int
    rows: int
    drops: Drops
    bytes: int
    sha256: str
    content_digest: str


class HashedFile:
    """A new file, and the SHA-256 of what is written to it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: pa.Buffer | bytes) -> None:
        """Append ``data``, all of it."""
        self._hash.update(data)
        view = memoryview(data)
        self.bytes += len(view)
        while view:  # one call writes at most 2 GiB
            view = view[self._file.write(view) :]

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._hash.hexdigest()

    def __enter__(self) -> HashedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


@functools.cache
def code_version() -> str:
    """A hash of the code that decides the rows and their bytes, and of the Arrow that runs it."""
    digest = hashlib.sha256(f"{__version__} pyarrow {pa.__version__}".encode())
    package = importlib.resources.files("mixbuild")
    for module in DECISIVE_MODULES:
        digest.update((package / module).read_bytes())
    return digest.hexdigest()[:16]


def _fingerprint(value: pc.Expression) -> str:
    """All of an expression; its text leaves out the middle of a long list of values."""
    return hashlib.sha256(pickle.dumps(value, protocol=4)).hexdigest()


def render_unit(unit: Unit, folder: Path, *, overlap: bool = False) -> Shard:
    """Make the unit's shard ``folder/<stem>.arrow``, and ``<stem>.json`` once it is whole.

    Nothing is rendered when both are there already.

    Args:
        unit: what to render.
        folder: where to; it exists.
        overlap: read, render and hash on threads of their own.

    Raises:
        SourceError, RowError: the source cannot be read, or has a row it must not have.
        OutputError: the shard cannot be written.
    """
    arrow, report = folder / f"{unit.stem}.arrow", folder / f"{unit.stem}.json"
    if (found := finished(unit, folder)) is not None:
        return found
    partial = folder / f"{unit.stem}.{uuid.uuid4().hex}.partial"  # workers may share no host
    try:
        with explained_output(arrow):
            shard = _write(unit, partial, overlap=overlap)
            partial.replace(arrow)
            partial.write_text(json.dumps(asdict(shard)))
            partial.replace(report)
    finally:
        partial.unlink(missing_ok=True)
    return shard


def finished(unit: Unit, folder: Path) -> Shard | None:
    """The unit's shard, if an earlier build finished it in this folder."""
    try:
        shard = Shard(**json.loads((folder / f"{unit.stem}.json").read_text()))
        size = (folder / f"{unit.stem}.arrow").stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    return shard if size == shard.bytes and shard.unit == unit.key else None


def rows(unit: Unit, *, overlap: bool = False) -> Iterator[tuple[int, pa.RecordBatch, Drops]]:
    """Render a unit: (source rows read, rows, what was left out) for each batch.

    Raises:
        SourceError, RowError: the source cannot be read, or has a row it must not have.
    """
    binding = bind(unit.task, unit.schema, templates=unit.templates, seed=unit.seed)
    origin = Origin(unit.source, unit.split, unit.run.file)
    for numbers, batch in read(unit.run, binding.reads, schema=unit.schema, overlap=overlap):
        if unit.highest is not None:
            chosen = choice_hashes(unit, numbers) <= np.uint64(unit.highest)
            batch, numbers = batch.filter(pa.array(chosen)), numbers[chosen]
        rendered, drops = render(binding, batch, numbers, origin)
        yield batch.num_rows, rendered, drops


def choice_hashes(unit: Unit, numbers: Rows) -> Hashes:
    """What ``--max-rows`` chooses by: the rows with the smallest of these are kept."""
    return hash_rows(numbers, "max-rows", unit.seed, unit.task.name, unit.split, unit.run.file)


def _write(unit: Unit, path: Path, *, overlap: bool) -> Shard:
    """Stream the unit's rows to a file, and hash them on the way."""
    read_count, written, drops = 0, 0, Counter[str]()
    content = ContentDigest(SCHEMA)
    batches = _messages(unit, content, overlap=overlap)
    with HashedFile(path) as file:
        file.write(SCHEMA.serialize())
        for count, row_count, dropped, messages in ahead(batches) if overlap else batches:
            read_count += count
            written += row_count
            drops.update(dropped)
            for message in messages:
                file.write(message)
        file.write(END_OF_STREAM)
    return Shard(
        unit.key,
        read_count,
        written,
        dict(sorted(drops.items())),
        file.bytes,
        file.sha256,
        content.hexdigest(),
    )


def _messages(
    unit: Unit, content: ContentDigest, *, overlap: bool
) -> Iterator[tuple[int, int, Drops, list[pa.Buffer]]]:
    """Yield (source rows read, rows, what was left out, the rows as Arrow messages)."""
    for count, batch, dropped in rows(unit, overlap=overlap):
        content.update(batch)
        starts = range(0, batch.num_rows, WRITTEN_ROWS)
        messages = [batch.slice(start, WRITTEN_ROWS).serialize() for start in starts]
        yield count, batch.num_rows, dropped, messages
