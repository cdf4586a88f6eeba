r"""What rows say, as digests: the same wherever they lie and whatever template renders them. Pure.

Texts that differ in their Unicode form or in their white space alone say the same.

>>> from mixbuild.render.bind import bind
>>> from mixbuild.tasks import find
>>> texts = ["Such a\n bore.", " Such a bore.", "Bad."]
>>> source = pa.record_batch({"text": texts, "label": [0, 0, 1]})
>>> ids = pa.array(["imdb/train/a.parquet:0", "imdb/train/a.parquet:1", "imdb/train/a.parquet:2"])
>>> keys = row_keys(bind(find("imdb"), source.schema), source, ids)
>>> [digest.hex()[:8] for digest in keys.column("slots").to_pylist()]
['8682c359', '8682c359', '1b8d8302']
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import KEYS
from mixbuild.declare import ChoiceSlot, change_where, project
from mixbuild.render.bind import Binding

BETWEEN = "\x1f"
BETWEEN_ITEMS = "\x1e"
NULL = "\x1d"
"""Python splits at all three as at white space, so that no text holds one any more."""

MAY_CHANGE = r"[^ -~\x{a1}-\x{2ff}\x{2010}-\x{2027}]|  |^ | $"
"""What a text has that is not in its normal form, and few others: signs below U+0300, dashes and
quotation marks are no parts of others, so that texts of these and of single spaces are not read."""


def row_keys(
    binding: Binding, batch: pa.RecordBatch, source_rows: pa.StringArray
) -> pa.RecordBatch:
    """The keys of source rows, those that will be left out among them.

    Options are digested as the source has them: their order on show depends on where a row lies.

    Args:
        binding: the task, bound with its template ``seed`` alone.
        batch: source rows, with at least the columns that ``binding.reads`` names.
        source_rows: the id of each, without a template.

    Returns:
        a batch of ``KEYS``, a row for each.
    """
    values = project(batch, binding.values)
    asked, answers = said(binding)
    texts = {name: normalised(values.column(name)) for name in (*asked, *answers)}
    group = binding.task.group
    ids = source_rows.cast(pa.binary()).to_pylist()
    return pa.RecordBatch.from_arrays(
        [
            _digests([texts[name] for name in asked], batch.num_rows),
            _digests([texts[name] for name in texts], batch.num_rows),
            pa.nulls(batch.num_rows, KEYS.field("group").type)
            if group is None
            else _digests([texts[group]], batch.num_rows),
            pa.array(map(xxhash.xxh3_64_intdigest, ids), pa.uint64()),
        ],
        schema=KEYS,
    )


def said(binding: Binding) -> tuple[list[str], list[str]]:
    """What a row asks and what it answers: the names of what its template is filled with."""
    asked: dict[str, None] = {}
    answers: dict[str, None] = {}
    for name, slot in sorted(binding.slots.items()):
        is_output = name in binding.templates[0].outputs
        if isinstance(slot, ChoiceSlot):
            asked |= dict.fromkeys(each.name for each in slot.choices.columns)
            answers |= dict.fromkeys(each.name for each in slot.choices.answer.inputs)
        else:
            (answers if is_output else asked)[name] = None
    return list(asked), list(answers)


def digests_of(values: pa.RecordBatch, names: Sequence[str]) -> pa.FixedSizeBinaryArray:
    """A digest of some columns together, for each row, normalised."""
    return _digests([normalised(values.column(name)) for name in names], values.num_rows)


def _digests(columns: Sequence[pa.StringArray], count: int) -> pa.FixedSizeBinaryArray:
    """XXH3-128 of each row's texts, one column after the other."""
    columns = columns or [pa.array([""] * count)]
    rows = pc.binary_join_element_wise(*columns, BETWEEN).cast(pa.binary())
    return pa.array(map(xxhash.xxh3_128_digest, rows.to_pylist()), KEYS.field("slots").type)


def normalised(column: pa.Array) -> pa.StringArray:
    """A text for each row: in NFC, a space where it has white space.

    By Python, and only where it may change: NFC of Arrow 25 takes letters and their accents apart.
    """
    if pa.types.is_list(column.type):
        lists = pa.ListArray.from_arrays(column.offsets, normalised(column.values))
        return pc.if_else(column.is_valid(), pc.binary_join(lists, BETWEEN_ITEMS), NULL)
    texts = change_where(column, pc.match_substring_regex(column, MAY_CHANGE), _normal)
    return texts.fill_null(NULL)


def _normal(texts: pa.StringArray) -> pa.StringArray:
    # what is not UTF-8 is refused when the rows are rendered
    decoded = (text.decode(errors="replace") for text in texts.cast(pa.binary()).to_pylist())
    return pa.array(
        [unicodedata.normalize("NFC", " ".join(text.split())) for text in decoded], pa.string()
    )
