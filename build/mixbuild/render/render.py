r"""A batch of source rows -> rows of the published dataset, and the rows left out.

>>> from mixbuild.render.bind import bind
>>> from mixbuild.tasks import find
>>> source = pa.record_batch({"text": ["Loved {it}.", "Bad.", None], "label": [1, -1, 0]})
>>> origin = Origin("stanfordnlp/imdb@0a1b2c3", "train", "plain_text/train.parquet")
>>> rows, drops = render(bind(find("imdb"), source.schema), source, np.arange(3), origin)
>>> rows.to_pylist() == [{
...     "prompt": "Classify this sentence sentiment: Loved {it}. \n[OUTPUT]:",
...     "completion": " positive",
...     "references": ["positive"],
...     "task": "imdb",
...     "template": "seed",
...     "source": "stanfordnlp/imdb@0a1b2c3",
...     "id": "imdb/train/plain_text/train.parquet:0",
... }]
True
>>> drops
{'unlabelled': 1, 'null text': 1}

Every step is a vectorised kernel; the only loops are over templates and slots.
The rows do not depend on how the source was cut into batches. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import (
    SCHEMA,
    Drops,
    Hashes,
    RowError,
    Rows,
    hash_rows,
    row_ids,
)
from mixbuild.declare import EVERY, Slot, Template, join, project
from mixbuild.render.bind import Binding
from mixbuild.render.options import ShownOptions, fill_options, shuffle_options
from mixbuild.render.outputs import completions
from mixbuild.render.take import assign, kept, leave_out
from mixbuild.render.trim import Limit, trimmed


@dataclass(frozen=True)
class Origin:
    """Where a batch comes from: ``repo@commit``, the config's split, the source's file."""

    source: str
    split: str
    file: str


def render(
    binding: Binding,
    batch: pa.RecordBatch,
    rows: Rows,
    origin: Origin,
    *,
    beside: pa.RecordBatch | None = None,
    limit: Limit | None = None,
    turn: int = 0,
) -> tuple[pa.RecordBatch, Drops]:
    """Render one batch.

    Args:
        binding: the task, bound to the batch's schema.
        batch: source rows, with at least the columns that ``binding.reads`` names.
        rows: the number of each row within its file. Shape (batch.num_rows,).
        origin: where the batch comes from.
        beside: what goes with each source row, whatever is rendered of it.
        limit: the most tokens of a row: what the task lets be cut is cut to fit.
        turn: with ``sample``, how many times each row was rendered before: by which templates is
            not asked again until all that take the row were.

    Returns:
        the rows, in ``SCHEMA`` with the columns of ``beside`` after it, and how many were left out
        for which reason:
        ``rows.num_rows + sum(drops) == batch.num_rows * binding.renderings``.

    Raises:
        RowError: a row breaks what its slot declares; the first one is named.
    """
    drops: Drops = {}
    values = project(batch, {**binding.values, **binding.checks})
    _refuse_other_bytes(binding, values, rows, origin)
    if binding.choices:
        values = fill_options(values, binding.choices, _option_hashes(binding, rows, origin))
    for name, column in () if beside is None else zip(beside.schema.names, beside, strict=True):
        values = values.append_column(f"beside {name}", column)
    keep = pa.repeat(True, batch.num_rows)
    for reason in binding.task.drops:
        keep = leave_out(reason, values.column(f"drop {reason}"), keep, drops, binding.renderings)
    _refuse_wrong_rows(binding, values, keep, batch, rows, origin)
    done = ("drop ", "valid ")
    values = values.select([each for each in values.schema.names if not each.startswith(done)])
    values, rows = kept(values, rows, keep)
    parts = [
        _render_template(binding, template, part, numbers, origin, limit)
        for template, part, numbers in assign(
            binding, values, rows, origin.split, origin.file, drops=drops, turn=turn
        )
    ]
    return _interleave(parts), drops


def shown_options(
    binding: Binding, batch: pa.RecordBatch, rows: Rows, origin: Origin
) -> dict[str, ShownOptions]:
    """The options that ``render`` shows for each slot for choices that the templates use.

    Rows that are left out are there too.
    """
    values = project(batch, binding.values)
    return shuffle_options(values, binding.choices, _option_hashes(binding, rows, origin))


def fillings(binding: Binding, batch: pa.RecordBatch, rows: Rows, origin: Origin) -> pa.RecordBatch:
    """What ``render`` fills each placeholder with, as the column of its name.

    Rows that are left out are there too.
    """
    values = project(batch, binding.values)
    if binding.choices:
        values = fill_options(values, binding.choices, _option_hashes(binding, rows, origin))
    return values


def _option_hashes(binding: Binding, rows: Rows, origin: Origin) -> Hashes:
    identity = (binding.seed, binding.task.name, origin.split, origin.file)
    return hash_rows(rows, "options", *identity)


def _render_template(
    binding: Binding,
    template: Template,
    values: pa.RecordBatch,
    rows: Rows,
    origin: Origin,
    limit: Limit | None,
) -> tuple[pa.RecordBatch, Rows]:
    """Render one template: its rows, and the source row's number beside each."""
    slots = dict(zip(values.schema.names, values.columns, strict=True))
    task, count = binding.task.name, values.num_rows
    suffix = template.name if binding.mode == EVERY else None
    completion, references = completions(template, slots)
    if limit is not None:
        cut = trimmed(binding.task, template, slots, completion, limit)
        slots = slots if cut is None else {**slots, str(binding.task.trimmable): cut}
    columns = [
        join(template.prompt, slots),
        completion,
        references,
        pa.repeat(task, count),
        pa.repeat(template.name, count),
        pa.repeat(origin.source, count),
        row_ids(task, origin.split, origin.file, rows, template=suffix),
    ]
    rendered = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    for name in slots:
        if name.startswith("beside "):
            rendered = rendered.append_column(name.removeprefix("beside "), slots[name])
    return rendered, rows


def _refuse_wrong_rows(
    binding: Binding,
    values: pa.RecordBatch,
    keep: pa.BooleanArray,
    batch: pa.RecordBatch,
    rows: Rows,
    origin: Origin,
) -> None:
    """Refuse a row that is neither dropped nor what its slot declares; null is not for here."""
    for name, slot in binding.slots.items():
        if f"valid {name}" not in values.schema.names:
            continue
        wrong = pc.and_not(keep, values.column(f"valid {name}").fill_null(True))
        if wrong.true_count:
            at, (column, *fields) = wrong.index(True).as_py(), slot.reads[0]
            got = batch.column(column)[at].as_py()
            for each in fields:
                got = got[each]
            remedy = f"declare a drop for such rows, or {slot.remedy}"
            are_names = isinstance(slot, Slot) and slot.classes and isinstance(got, str)
            if are_names and got.strip().isdecimal():
                remedy = (
                    "write names in all rows or numbers in all, which in JSON have no quotation "
                    "marks"
                )
            raise RowError(
                f"task {binding.task.name!r}: row {rows[at]} of {origin.file} in {origin.source}: "
                f"expected {slot.expected} in {'.'.join(slot.reads[0])!r}, got {got!r}; {remedy}"
            )


def _refuse_other_bytes(
    binding: Binding, values: pa.RecordBatch, rows: Rows, origin: Origin
) -> None:
    """Refuse bytes that are not UTF-8: no reader of the dataset could read the row."""
    for name in binding.values:
        column = values.column(name)
        try:
            # a list is checked with all that its batch holds, even where it is only a part of it
            texts = pc.list_flatten(column) if pa.types.is_list(column.type) else column
            texts.validate(full=True)
        except pa.ArrowInvalid as error:
            raise RowError(
                f"task {binding.task.name!r}: rows {rows[0]} to {rows[-1]} of {origin.file} in "
                f"{origin.source}: expected UTF-8, got other bytes ({error}); repair the source"
            ) from None


def _interleave(parts: list[tuple[pa.RecordBatch, Rows]]) -> pa.RecordBatch:
    """One batch in the order of the source rows, and of the templates within a row."""
    if len(parts) == 1:
        return parts[0][0]
    order = np.argsort(np.concatenate([numbers for _, numbers in parts]), kind="stable")
    try:
        together = pa.concat_batches([batch for batch, _ in parts])
        return together.take(pa.array(order))
    except pa.ArrowInvalid as error:  # a column of a batch holds 2 GiB at most
        raise RowError(
            f"rows {parts[0][1][0]} and following are too large to be rendered by {len(parts)} "
            f"templates at once ({error}); name one with --templates"
        ) from error
