"""A unit, the atom of work: a run of one split's source rows, and the rows made of them.

A unit says no more than which rows it is of, about 500 bytes. What all units of a
config share, the task bound to its source, is a ``Projection``, which a worker is
sent once. A unit's ``key`` is a hash of everything that its shard's bytes depend
on, so that a shard with its unit's key need not be made again.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Drops, Rows, SourceDigest, WorkerError, hash_code, row_ids
from mixbuild.declare import EVERY, SAMPLE, SEED, Task
from mixbuild.declare import Path as ColumnPath
from mixbuild.make.claim import Claim
from mixbuild.make.trim import Trim, limit_of
from mixbuild.render import Binding, Origin, bind, render, row_marks
from mixbuild.sources import Run, read, read_digested

DECISIVE = (
    "core",
    "declare",
    "render",
    "sources",
    "make/claim.py",
    "make/trim.py",
    "make/unit.py",
    "make/keys.py",
    "make/shard.py",
)
"""The rooms and modules whose text decides what a unit is rendered to."""


@dataclass(frozen=True)
class Unit:
    """One run of source rows.

    Attributes:
        config: whose rows it makes.
        split: the config's split.
        run: which rows.
        key: of the shard that it makes: 32 hexadecimal digits.
        turn: how many times its rows are rendered before, each time by another template.
    """

    config: str
    split: str
    run: Run
    key: str
    turn: int = 0

    @property
    def name(self) -> str:
        """For people: ``squad/train/plain_text/train.parquet rows 0 to 999``."""
        rows = self.run.rows
        last = "the end" if rows is None else str(self.run.first_row + rows - 1)
        return f"{self.config}/{self.split}/{self.run.file} rows {self.run.first_row} to {last}"

    @property
    def stem(self) -> str:
        """What the unit's files are called while the build is not finished."""
        return f"{self.config}-{self.key}"


@dataclass(frozen=True, eq=False)
class Projection:
    """A task bound to its source: what all units of a config share.

    Attributes:
        binding: the task, bound to the source's columns.
        schema: the source's columns.
        source: ``repo@commit``, for the rows.
        code: the ``code_version`` that planned the build, and is to render it.
        key: a hash of all of it that decides a row.
        keyed: the task bound with its template ``seed``, of which the rows' keys are made; None
            where nobody wants them.
        shingles: how many words are a shingle; 0 where nobody compares rows by them.
        trim: to how many tokens rows are cut; None where none is.
        claimed: the columns whose digest is to show that a mirror has a lock's rows; none where
            nothing is to be shown.
    """

    binding: Binding
    schema: pa.Schema
    source: str
    code: str
    key: str
    keyed: Binding | None = None
    shingles: int = 0
    trim: Trim | None = None
    claimed: tuple[ColumnPath, ...] = ()

    @property
    def reads(self) -> tuple[ColumnPath, ...]:
        """The columns to read of the source."""
        also = () if self.keyed is None else self.keyed.reads
        return tuple(sorted({*self.binding.reads, *also}))


def bind_projection(
    task: Task,
    schema: pa.Schema,
    source: str,
    *,
    templates: str,
    seed: int,
    keys: bool = False,
    shingles: int = 0,
    trim: Trim | None = None,
    claim: Claim | None = None,
) -> Projection:
    """Bind a task to its source, once for all that will render it.

    Args:
        task: the declaration.
        schema: the source's columns.
        source: ``repo@commit``, for the rows.
        templates: a template's name, ``sample`` or ``all``.
        seed: of every choice by hash.
        keys: make the rows' keys too.
        shingles: with their shingles of so many words, if more than 0.
        trim: to how many tokens rows are cut, where the task says what of them may be.
        claim: what the reading is to show of a mirror.

    Raises:
        UsageError: the task has no such template.
        SchemaError: a column is missing, or has a type of which no text can be made.
    """
    binding = bind(task, schema, templates=templates, seed=seed)
    parts: list[object] = [
        code_version(),
        [task.name, source],
        [[template.name, template.text] for template in binding.templates],
        binding.mode if binding.mode in (SAMPLE, EVERY) else "",
        seed if binding.mode == SAMPLE or binding.choices else None,
        sorted((name, _fingerprint(value)) for name, value in binding.values.items()),
        sorted((name, _fingerprint(value)) for name, value in binding.checks.items()),
        sorted((name, repr(slot)) for name, slot in binding.choices.items()),
    ]
    keyed = bind(task, schema, templates=SEED) if keys or shingles else None
    trim = None if task.trimmable is None else trim
    if trim is not None:
        parts.append([task.trimmable, task.keeps, trim.max_tokens, trim.sha256])
    if claim is not None:
        parts.append(claim.key)
    return Projection(
        binding,
        schema,
        source,
        code_version(),
        _hash(parts),
        keyed,
        shingles,
        trim,
        () if claim is None else claim.reads,
    )


def keys_version(projection: Projection) -> str:
    """A hash of all that decides the keys of a row."""
    task, keyed = projection.binding.task, projection.keyed
    values = {} if keyed is None else keyed.values
    expressions = sorted((name, _fingerprint(value)) for name, value in values.items())
    return _hash([projection.code, task.group, task.templates[0].text, expressions])


def unit_of(projection: Projection, split: str, run: Run, *, turn: int = 0) -> Unit:
    """A run as a unit, under its key."""
    parts = [
        projection.key,
        [split, run.file, run.first_row, run.rows],
        [run.place.config, run.split, run.row_groups, run.batch_rows],
        *([turn] if turn else []),
    ]
    return Unit(projection.binding.task.name, split, run, _hash(parts), turn)


def source_rows(
    unit: Unit,
    projection: Projection,
    *,
    columns: Iterable[ColumnPath] | None = None,
    overlap: bool = False,
    digest: SourceDigest | None = None,
) -> Iterator[tuple[Rows, pa.RecordBatch]]:
    """A unit's source rows batch by batch, before each the rows' numbers within their file.

    Args:
        unit: which rows.
        projection: of its config.
        columns: what to read; without it, what the projection needs.
        overlap: decode on a thread of its own.
        digest: what all rows of the unit's run are added to, as far as they are claimed to be a
            lock's.

    Raises:
        SourceError: the source cannot be read.
    """
    reads = projection.reads if columns is None else columns
    schema = projection.schema
    if digest is None or not projection.claimed:
        return read(unit.run, reads, schema=schema, overlap=overlap)
    of = projection.claimed
    return read_digested(unit.run, reads, digest=digest, of=of, schema=schema, overlap=overlap)


def rows(
    unit: Unit,
    projection: Projection,
    *,
    overlap: bool = False,
    digest: SourceDigest | None = None,
) -> Iterator[tuple[int, pa.RecordBatch, Drops]]:
    """Render a unit: (source rows read, rows, what was left out) for each batch.

    The rows have their keys after their own columns where the projection makes them.

    Raises:
        SourceError, RowError: the source cannot be read, or has a row it must not have.
        WorkerError: the code here is not that which planned the build.
    """
    if projection.code != code_version():
        raise WorkerError(
            f"{unit.name}: expected the code {projection.code}, which planned the build, got "
            f"{code_version()}; install the same version of instruct_mix and of pyarrow wherever "
            f"its workers run"
        )
    origin = Origin(projection.source, unit.split, unit.run.file)
    limit = None if projection.trim is None else limit_of(projection.trim)
    for numbers, batch in source_rows(unit, projection, overlap=overlap, digest=digest):
        beside = None
        if (keyed := projection.keyed) is not None:
            ids = row_ids(keyed.task.name, unit.split, unit.run.file, numbers)
            beside = row_marks(keyed, batch, ids, shingles=projection.shingles)
        rendered, drops = render(
            projection.binding,
            batch,
            numbers,
            origin,
            beside=beside,
            limit=limit,
            turn=unit.turn,
        )
        yield batch.num_rows, rendered, drops


def code_version() -> str:
    """A hash of the code that decides the rows and their bytes."""
    return hash_code(*DECISIVE)


def _fingerprint(value: pc.Expression) -> str:
    """All of an expression; its text leaves out the middle of a long list of values."""
    return hashlib.sha256(pickle.dumps(value, protocol=4)).hexdigest()


def _hash(parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
