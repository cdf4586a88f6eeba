r"""What rows say, as digests: the same wherever they lie and whatever template renders them. Pure.

Texts that differ in their Unicode form or in their white space alone say the same.

>>> from mixbuild.render.bind import bind
>>> from mixbuild.tasks import find
>>> texts = ["Such a\n bore.", " Such a bore.", "Bad."]
>>> source = pa.record_batch({"text": texts, "label": [0, 0, 1]})
>>> keys = row_keys(bind(find("imdb"), source.schema), source)
>>> [digest.hex()[:8] for digest in keys.column("slots").to_pylist()]
['8682c359', '8682c359', '1b8d8302']
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import pyarrow as pa
import xxhash

from mixbuild.core import KEYS
from mixbuild.declare import ChoiceSlot, project
from mixbuild.render.bind import Binding

BETWEEN = "\x1f"
BETWEEN_ITEMS = "\x1e"
NULL = "\x1d"
"""Python splits at all three as at white space, so that no text holds one any more."""


def row_keys(binding: Binding, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The keys of source rows, those that will be left out among them.

    Options are digested as the source has them: their order on show depends on where a row lies.

    Args:
        binding: the task, bound with its template ``seed`` alone.
        batch: source rows, with at least the columns that ``binding.reads`` names.

    Returns:
        a batch of ``KEYS``, a row for each.
    """
    values = project(batch, binding.values)
    asked: dict[str, None] = {}
    answers: dict[str, None] = {}
    for name, slot in sorted(binding.slots.items()):
        is_output = name in binding.templates[0].outputs
        if isinstance(slot, ChoiceSlot):
            asked |= dict.fromkeys(each.name for each in slot.choices.columns)
            answers |= dict.fromkeys(each.name for each in slot.choices.answer.inputs)
        else:
            (answers if is_output else asked)[name] = None
    texts = {name: _normalised(values.column(name)) for name in (*asked, *answers)}
    group = binding.task.group
    return pa.RecordBatch.from_arrays(
        [
            _digests([texts[name] for name in asked], batch.num_rows),
            _digests([texts[name] for name in texts], batch.num_rows),
            pa.nulls(batch.num_rows, KEYS.field("group").type)
            if group is None
            else _digests([texts[group]], batch.num_rows),
        ],
        schema=KEYS,
    )


def _digests(columns: Sequence[list[str]], count: int) -> pa.FixedSizeBinaryArray:
    """XXH3-128 of each row's texts, one column after the other."""
    digest = xxhash.xxh3_128_digest
    rows: Iterable[str] = map(BETWEEN.join, zip(*columns, strict=True)) if columns else [""] * count
    return pa.array([digest(row.encode()) for row in rows], KEYS.field("slots").type)


def _normalised(column: pa.Array) -> list[str]:
    if pa.types.is_list(column.type):
        return [
            NULL if texts is None else BETWEEN_ITEMS.join(map(_normal, texts))
            for texts in column.to_pylist()
        ]
    return [_normal(text) for text in column.to_pylist()]


def _normal(text: str | None) -> str:
    if text is None:
        return NULL
    text = " ".join(text.split())
    return text if text.isascii() else unicodedata.normalize("NFC", text)
