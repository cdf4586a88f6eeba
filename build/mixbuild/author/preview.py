"""A source row, and how each template fills up with it: what ``show`` shows.

Reads only as much of the source as it shows; renders by ``render``, like a build.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa

from mixbuild.core import RowDict, Rows
from mixbuild.declare import EVERY, Parts, Placeholder, Task, Template
from mixbuild.render import Binding, Origin, bind, clean, fillings, render
from mixbuild.sources import Resolved, Run, read, resolve


@dataclass(frozen=True)
class Piece:
    """A stretch of rendered text: the template's own, or what fills ``slot``."""

    text: str
    slot: str | None = None


@dataclass(frozen=True)
class Rendering:
    """What one template makes of a source row.

    Attributes:
        template: it.
        row: as a build has it; None where the row is left out.
        prompt: the row's prompt, in pieces.
        completion: the row's completion, in pieces.
        left_out: the reason; empty where it is not.
    """

    template: Template
    row: RowDict | None
    prompt: tuple[Piece, ...] = ()
    completion: tuple[Piece, ...] = ()
    left_out: str = ""


@dataclass(frozen=True)
class Preview:
    """A source row, and what becomes of it.

    Attributes:
        task: its declaration.
        id: the row's, without a template.
        source: as rows say it.
        raw: the record.
        renderings: one for each template that was asked for.
    """

    task: Task
    id: str
    source: str
    raw: Mapping[str, object]
    renderings: tuple[Rendering, ...]


def preview(
    task: Task,
    source: str | None,
    *,
    templates: str = EVERY,
    split: str | None = None,
    rows: int = 1,
    seed: int = 0,
    revision: str | None = None,
    follow_links: bool = False,
    left_out: str | None = None,
) -> Iterator[Preview]:
    """Yield the first source rows of a split, each with its renderings.

    Args:
        task: the declaration.
        source: as ``resolve`` takes it.
        templates: a template's name, or ``all``.
        split: the config's; None for the first.
        rows: how many source rows, at most.
        seed: of the order of options.
        revision: of the task's own repo, in the place of the declared one.
        follow_links: as of ``resolve``.
        left_out: only source rows that are left out for this reason.

    Raises:
        SourceError, SchemaError, RowError, UsageError: as ``make`` would.
    """
    split = split or next(iter(task.splits))
    resolved = resolve(task, source, splits=[split], revision=revision, follow_links=follow_links)
    binding = bind(task, resolved.schema, templates=templates, seed=seed)
    most = rows if left_out is None else None
    for numbers, origin, batch in _first_rows(resolved, split, most):
        if left_out is not None and left_out not in render(binding, batch, numbers, origin)[1]:
            continue
        yield Preview(
            task,
            f"{task.name}/{split}/{origin.file}:{numbers[0]}",
            origin.source,
            batch.to_pylist()[0],
            tuple(_renderings(binding, batch, numbers, origin)),
        )
        rows -= 1
        if not rows:
            return


def _first_rows(
    resolved: Resolved, split: str, rows: int | None
) -> Iterator[tuple[Rows, Origin, pa.RecordBatch]]:
    """Each row alone, with all its columns, its number in its file, and where it comes from."""
    every_column = [(name,) for name in resolved.schema.names]
    for run in resolved.runs[split]:
        first = run.first_row
        for stretch in _stretches(run):
            stretch = replace(stretch, first_row=first)
            for numbers, batch in read(stretch, every_column, schema=resolved.schema):
                first += batch.num_rows
                for index in range(batch.num_rows):
                    if rows == 0:
                        return
                    origin = Origin(resolved.label, split, run.file)
                    yield numbers[index : index + 1], origin, batch.slice(index, 1)
                    rows = None if rows is None else rows - 1


def _stretches(run: Run) -> Iterator[Run]:
    """A run by its row groups: a reader that wants a few rows need not fetch them all."""
    if run.row_groups is None:
        yield run
        return
    for group in range(*run.row_groups):
        yield replace(run, row_groups=(group, group + 1), rows=None)


def _renderings(
    binding: Binding, batch: pa.RecordBatch, numbers: Rows, origin: Origin
) -> Iterator[Rendering]:
    rendered, _ = render(binding, batch, numbers, origin)
    rows = {row["template"]: row for row in rendered.to_pylist()}
    filled = fillings(binding, batch, numbers, origin)
    texts = filled.to_pylist()[0]
    for template in binding.templates:
        if row := rows.get(template.name):
            outputs = {name: clean(filled.column(name))[0].as_py() for name in template.outputs}
            parts = (_pieces(template.prompt, texts), _pieces(template.completion, outputs))
            yield Rendering(template, row, *parts)
            continue
        alone = bind(binding.task, batch.schema, templates=template.name, seed=binding.seed)
        _, drops = render(alone, batch, numbers, origin)
        yield Rendering(template, None, left_out=next(iter(drops)))


def _pieces(parts: Parts, texts: Mapping[str, str]) -> tuple[Piece, ...]:
    return tuple(
        Piece(texts[str(part)], str(part)) if isinstance(part, Placeholder) else Piece(part)
        for part in parts
    )
