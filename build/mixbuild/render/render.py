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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
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
from mixbuild.declare import EVERY, SAMPLE, Parts, Template, join, project
from mixbuild.render.bind import Binding
from mixbuild.render.options import REFERS, ShownOptions, fill_options, shuffle_options
from mixbuild.render.text import is_blank, mask


@dataclass(frozen=True)
class Origin:
    """Where a batch comes from: ``repo@commit``, the config's split, the source's file."""

    source: str
    split: str
    file: str


def render(
    binding: Binding, batch: pa.RecordBatch, rows: Rows, origin: Origin
) -> tuple[pa.RecordBatch, Drops]:
    """Render one batch.

    Args:
        binding: the task, bound to the batch's schema.
        batch: source rows, with at least the columns that ``binding.reads`` names.
        rows: the number of each row within its file. Shape (batch.num_rows,).
        origin: where the batch comes from.

    Returns:
        the rows, in ``SCHEMA``, and how many were left out for which reason:
        ``rows.num_rows + sum(drops) == batch.num_rows * binding.renderings``.

    Raises:
        RowError: a row breaks what its slot declares; the first one is named.
    """
    drops: Drops = {}
    values = project(batch, {**binding.values, **binding.checks})
    _refuse_other_bytes(binding, values, rows, origin)
    if binding.choices:
        values = fill_options(values, binding.choices, _option_hashes(binding, rows, origin))
    keep = pa.repeat(True, batch.num_rows)
    for reason in binding.task.drops:
        keep = _leave_out(reason, values.column(f"drop {reason}"), keep, drops, binding.renderings)
    _refuse_wrong_rows(binding, values, keep, batch, rows, origin)
    needed = {*binding.values, *binding.choices, *(f"refers {name}" for name in binding.choices)}
    values = values.select([name for name in values.schema.names if name in needed])
    values, rows = _kept(values, rows, keep)
    parts = [
        _render_template(binding, template, part, numbers, origin, drops)
        for template, part, numbers in _assign(binding, values, rows, origin)
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


def _assign(
    binding: Binding, values: pa.RecordBatch, rows: Rows, origin: Origin
) -> Iterator[tuple[Template, pa.RecordBatch, Rows]]:
    """Give each template its rows: their slots' values, and their numbers."""
    if binding.mode != SAMPLE:
        for template in binding.templates:
            yield template, values, rows
        return
    # rendezvous hashing: a row's template is the one with the highest hash, so that a new
    # template moves only the rows that it wins
    identity = (binding.seed, binding.task.name, origin.split, origin.file)
    scores = [hash_rows(rows, "template", *identity, each.name) for each in binding.templates]
    winner = np.stack(scores).argmax(axis=0)
    for index, template in enumerate(binding.templates):
        won = winner == index
        yield template, values.filter(pa.array(won)), rows[won]


def _render_template(
    binding: Binding,
    template: Template,
    values: pa.RecordBatch,
    rows: Rows,
    origin: Origin,
    drops: Drops,
) -> tuple[pa.RecordBatch, Rows]:
    """Render one template: its rows, and the source row's number beside each."""
    keep = pa.repeat(True, values.num_rows)
    for name in template.placeholders:
        if name in binding.choices:
            keep = _leave_out(REFERS, values.column(f"refers {name}"), keep, drops)
    for name in template.placeholders:
        if values.column(name).null_count:
            keep = _leave_out(f"null {name}", values.column(name).is_null(), keep, drops)
    for name in template.placeholders:
        if name in binding.choices:  # which are blank nowhere: a row with a blank one has none
            continue
        if name in template.outputs or not binding.slots[name].may_be_blank:
            keep = _leave_out(f"empty {name}", is_blank(values.column(name)), keep, drops)
    values, rows = _kept(values, rows, keep)
    slots = dict(zip(values.schema.names, values.columns, strict=True))
    task, count = binding.task.name, values.num_rows
    suffix = template.name if binding.mode == EVERY else None
    columns = [
        join(template.prompt, slots),
        join(template.completion, slots),
        _references(template, slots),
        pa.repeat(task, count),
        pa.repeat(template.name, count),
        pa.repeat(origin.source, count),
        row_ids(task, origin.split, origin.file, rows, template=suffix),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA), rows


def _leave_out(
    reason: str, wanted: pa.BooleanArray, keep: pa.BooleanArray, drops: Drops, times: int = 1
) -> pa.BooleanArray:
    """Take rows out of ``keep`` and count them; a row counts for the first reason that fits it."""
    dropped = pc.and_(keep, wanted.fill_null(False))
    if not dropped.true_count:
        return keep
    drops[reason] = drops.get(reason, 0) + dropped.true_count * times
    return pc.and_not(keep, dropped)


def _kept(values: pa.RecordBatch, rows: Rows, keep: pa.BooleanArray) -> tuple[pa.RecordBatch, Rows]:
    if not keep.false_count:
        return values, rows
    return values.filter(keep), rows[mask(keep)]


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
            raise RowError(
                f"task {binding.task.name!r}: row {rows[at]} of {origin.file} in {origin.source}: "
                f"expected {slot.expected} in {'.'.join(slot.reads[0])!r}, got {got!r}; "
                f"declare a drop for such rows, or {slot.remedy}"
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


def _references(template: Template, slots: Mapping[str, pa.Array]) -> pa.ListArray:
    """Every accepted output of each row, the completion's own text first."""
    head, *tail = template.completion
    output: Parts = (*filter(None, [head[1:]]), *tail)  # without the one space
    several = [name for name in template.outputs if f"accepted {name}" in slots]
    if not several:
        text = slots[str(output[0])] if len(output) == 1 else join(output, slots)
        return pa.ListArray.from_arrays(np.arange(len(text) + 1, dtype=np.int32), text)
    lists = _without_nulls(slots[f"accepted {several[0]}"])
    if len(output) == 1:
        return lists.cast(SCHEMA.field("references").type)
    # the literal text around the answer belongs to every accepted output
    parents = pc.list_parent_indices(lists)
    each = {name: slots[name].take(parents) for name in template.outputs}
    each[several[0]] = pc.list_flatten(lists)
    return pa.ListArray.from_arrays(_offsets(pc.list_value_length(lists)), join(output, each))


def _without_nulls(lists: pa.ListArray) -> pa.ListArray:
    flat = pc.list_flatten(lists)
    if not flat.null_count:
        return lists
    kept = flat.is_valid()
    parents = pc.list_parent_indices(lists).filter(kept)
    lengths = np.bincount(parents, minlength=len(lists))
    return pa.ListArray.from_arrays(_offsets(lengths), flat.filter(kept))


def _offsets(lengths: npt.ArrayLike) -> npt.NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)


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
