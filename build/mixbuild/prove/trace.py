"""From the id of a row to where it came from: its source record, its template, the code."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SCHEMA, ManifestError, MixError, RowDict, SourceError, UsageError
from mixbuild.declare import EVERY, Task
from mixbuild.prove.declared import Show, task_of
from mixbuild.publish import Place, open_place
from mixbuild.render import Origin, bind, render
from mixbuild.sources import SAMPLES, Resolved, is_commit, read, resolve
from mixbuild.tasks import ALL

ID = re.compile(
    r"(?P<task>[a-z][a-z0-9_]*)/(?P<split>[a-z][a-z0-9_]*)/(?P<file>.+):(?P<row>\d+)"
    r"(?:#(?P<template>[a-z][a-z0-9_]*))?(?:#(?P<copy>\d+))?",
    re.DOTALL,  # a file's name may hold anything
)


@dataclass(frozen=True)
class Traced:
    """A row, and all that it was made of.

    Attributes:
        task: its declaration.
        row: as it is published.
        raw: the source's record.
        template: the text of its template, when it was made.
        versions: of the code and the libraries that made it.
        again: whether this code makes the same row of that record.
    """

    task: Task
    row: RowDict
    raw: Mapping[str, object]
    template: str
    versions: Mapping[str, str]
    again: bool


def trace(
    row_id: str,
    place: str,
    *,
    source: str | None = None,
    follow_links: bool = False,
    tasks: Sequence[Task] = ALL,
    trust: Show | None = None,
) -> Traced:
    """Find a row, and what it was made of.

    Args:
        row_id: the row's ``id``.
        place: a build's folder, or ``org/name[@revision]``.
        source: a mirror, if the row was made of one.
        follow_links: as of ``resolve``.
        tasks: those that are known here; one of another version will do.
        trust: shown the file of a task that is not known here, which is then executed; None to
            execute none.

    Raises:
        TaskError: the task is not known here, and is not to be executed.
        UsageError: the id is none, or there is no such row.
        SourceError: the source is not there any more, or has no such row.
        ManifestError: there is no build.
    """
    parts = ID.fullmatch(row_id)
    if parts is None:
        raise UsageError(
            f"expected an id like 'squad/train/train.parquet:0' or one with '#template', "
            f"got {row_id!r}"
        )
    opened = open_place(place)
    name, row = _find_row(opened, row_id, task=parts["task"], split=parts["split"])
    config = opened.config(name)
    of = config.tasks[parts["task"]]
    template = of.templates.get(row["template"])
    if template is None:
        raise ManifestError(
            f"{place}: {parts['task']}: templates: expected {row['template']!r}, which the row "
            f"names, got none; take the file back to what it was"
        )
    task = task_of(of, tasks, place=place, trust=trust, exact=False)
    resolved = _resolve(task, row, parts["split"], source, follow_links=follow_links)
    number = int(parts["row"])
    record = _find_record(resolved, parts["split"], parts["file"], number)
    mode = EVERY if parts["template"] else row["template"]
    origin = Origin(row["source"], parts["split"], parts["file"])
    try:
        binding = bind(task, resolved.schema, templates=mode, seed=of.asked.seed)
        rendered, _ = render(binding, record, np.array([number]), origin)
    except MixError:  # the task has changed, or the mirror is another source: where it came from
        rendered = SCHEMA.empty_table()  # is told all the same
    return Traced(
        task,
        row,
        record.to_pylist()[0],
        template.text,
        config.versions,
        # which a mixture may have taken more than once
        {**row, "id": row_id.removesuffix(f"#{parts['copy']}")} in rendered.to_pylist(),
    )


def _find_row(opened: Place, row_id: str, *, task: str, split: str) -> tuple[str, RowDict]:
    """A row, and the config that has it: its task's own, or else a mixture with that task."""
    places = [
        (name, own)
        for name, config in opened.configs.items()
        if name != task and task in config.tasks
        for own in config.splits
    ]
    if not places or task in opened.configs:
        places = [(task, split), *places]
    for name, own in places:
        for batch in opened.rows(name, own):
            at = pc.index(batch.column("id"), row_id).as_py()
            if at >= 0:
                row: RowDict = batch.slice(at, 1).to_pylist()[0]
                return name, row
    raise UsageError(
        f"{opened.label}: has no row {row_id!r}; it may have been left out, or rendered by "
        f"another template"
    )


def _resolve(
    task: Task, row: RowDict, split: str, source: str | None, *, follow_links: bool
) -> Resolved:
    """The row's source, at the commit that the row names, or where it is said to be."""
    if source is not None:
        return resolve(task, source, splits=[split], follow_links=follow_links)
    elsewhere = f"say where it is with --source {task.name}=PLACE"
    repo, _, commit = row["source"].partition("@")
    if repo == f"{SAMPLES}/{task.name}":
        resolved = resolve(task, SAMPLES, splits=[split])
        if resolved.label != row["source"]:
            raise SourceError(
                f"{row['id']!r}: expected its source {row['source']}, got {resolved.label}; "
                f"{elsewhere}"
            )
        return resolved
    if not is_commit(commit):
        raise SourceError(f"{row['id']!r}: was made of a mirror, {row['source']}; {elsewhere}")
    if repo == task.source.repo:
        return resolve(task, splits=[split], revision=commit)
    return resolve(task, f"{repo}@{commit}", splits=[split])


def _find_record(resolved: Resolved, split: str, file: str, number: int) -> pa.RecordBatch:
    """One record of a source, with every column."""
    every_column = [(name,) for name in resolved.schema.names]
    for run in resolved.runs[split]:
        if run.file != file or number < run.first_row:
            continue
        if run.rows is not None and number >= run.first_row + run.rows:
            continue
        for numbers, batch in read(run, every_column, schema=resolved.schema):
            if number <= numbers[-1]:
                return batch.slice(number - int(numbers[0]), 1)
    raise SourceError(f"{resolved.label}: {file}: has no row {number}; is it the same source?")
