"""Options of a row: cleaned, put into the order of the row's hash, and shown as slots want them.

A row's order depends on its hash and on how many options it has, on nothing else in the batch.
There is no loop over rows. Pure.

>>> from mixbuild.declare import choices, position
>>> weather = choices(names=("sun", "rain", "snow"), answer=position("label"))
>>> values = pa.record_batch({"text ('label',)": ["0", "2", None]})
>>> slots = {"options": weather.inline(), "answer": weather.both()}
>>> shown = fill_options(values, slots, np.array([1, 2, 3], dtype=np.uint64))
>>> shown.column("options").to_pylist()
['sun, snow, rain', 'snow, sun, rain', 'rain, sun, snow']
>>> shown.column("answer").to_pylist()
['(A) sun', '(A) snow', None]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count, islice, product
from string import ascii_uppercase, whitespace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Hashes, shuffled
from mixbuild.declare import ITSELF, LETTER, NUMBER, Choices, ChoiceSlot
from mixbuild.render.text import Mask, mask

Integers = npt.NDArray[np.int64]

REFERS = "an option refers to other options"
"""Why a row is left out."""

OWN_LETTER = r"^\s*\(?[A-Z]\s*[).]\s*"
"""The letter that a source puts in front of an option."""

ONE = r"\(?[A-E]\)?"
LINK = r"(?:,? (?i:and/or|and|or|nor|&) )"
REFERS_TO_OPTIONS = (
    r"(?i:\b(?:of the|(?:all|none|any|both|either|neither) (?:of|the))"
    r"(?: options| choices| answers)? above(?:[^\w-]|$))"
    r"|^(?i:both |neither |either |only |options? |answers? )?"
    rf"(?:(?:{ONE}, ?)*{ONE}(?:{LINK}{ONE})+|A&[BCD]|B&[CDE]|C&[DE]|D&E)"
    r"(?:\W*(?i:only))?\W*$"
)
"""What refers to other options by their places or letters, as "all of the above" and "both A and
(C)" do, and means nothing once they stand in another order."""


@dataclass(frozen=True, eq=False)
class ShownOptions:
    """The options of a batch's rows, in the order in which they are shown.

    Attributes:
        texts: each row's options; null where it has none, or a null or a blank one among them.
        right: the place of the right one, from 0; -1 for none.
        wrong: whether a row's answer names none of its options, none of which refers to others.
        refers: whether one of a row's options refers to others.
    """

    texts: pa.ListArray
    right: Integers
    wrong: Mask
    refers: Mask


def letters(wanted: int) -> list[str]:
    """``A`` to ``Z``, then ``AA``, ``AB`` and so on, as spreadsheets count.

    >>> letters(28)[-3:]
    ['Z', 'AA', 'AB']
    """
    names = ("".join(each) for size in count(1) for each in product(ascii_uppercase, repeat=size))
    return list(islice(names, wanted))


def fill_options(
    values: pa.RecordBatch, slots: Mapping[str, ChoiceSlot], hashes: Hashes
) -> pa.RecordBatch:
    """Add the slots' texts to a batch, and what is wrong with its rows.

    That is, for each slot, ``valid NAME``: whether the answer is one of the options;
    and ``refers NAME``: whether an option refers to others.

    Args:
        values: has the columns that the choices' ``inputs`` name, which are taken out.
        slots: by name.
        hashes: of each row. Shape (values.num_rows,).
    """
    shown = shuffle_options(values, slots, hashes)
    inputs = {each.name for slot in slots.values() for each in slot.choices.inputs}
    columns = {name: values.column(name) for name in values.schema.names if name not in inputs}
    for name, slot in slots.items():
        columns[name] = _fill(slot, shown[name])
        columns[f"valid {name}"] = pa.array(~shown[name].wrong)
        columns[f"refers {name}"] = pa.array(shown[name].refers)
    return pa.RecordBatch.from_pydict(columns)


def shuffle_options(
    values: pa.RecordBatch, slots: Mapping[str, ChoiceSlot], hashes: Hashes
) -> dict[str, ShownOptions]:
    """The options that each slot shows, or shows one of; slots of the same choices share them."""
    distinct = dict.fromkeys(slot.choices for slot in slots.values())
    shown = {choices: _shuffle(choices, values, hashes) for choices in distinct}
    return {name: shown[slot.choices] for name, slot in slots.items()}


def _shuffle(choices: Choices, values: pa.RecordBatch, hashes: Hashes) -> ShownOptions:
    raw, counts = _options(choices, values)
    rows, ends = np.repeat(np.arange(len(counts)), counts), _ends(counts)
    texts = clean(raw, choices)
    blank = pc.equal(pc.binary_length(texts), 0).fill_null(True)
    whole = (counts > 0) & ~_any(blank, rows, len(counts))
    refers = np.zeros(len(counts), dtype=bool)
    if not (choices.names or choices.may_refer):
        refers = _any(pc.match_substring_regex(texts, REFERS_TO_OPTIONS), rows, len(counts))
    right = _right(choices, values, raw, counts)
    known = whole & (right >= 0)
    unanswered = mask(values.column(choices.answer.inputs[0].name).is_null())
    goes_to = _places(counts, hashes)
    order = np.empty_like(goes_to)
    order[goes_to] = np.arange(len(goes_to))
    right[known] = goes_to[ends[:-1][known] + right[known]] - ends[:-1][known]
    right[~known] = -1
    shown = pa.ListArray.from_arrays(
        pa.array(ends, pa.int32()), texts.take(pa.array(order)), mask=pa.array(~whole)
    )
    return ShownOptions(shown, right, whole & ~known & ~unanswered & ~refers, refers)


def _options(choices: Choices, values: pa.RecordBatch) -> tuple[pa.StringArray, Integers]:
    """The options of all rows as the source has them, row by row; and how many each row has."""
    rows, columns = values.num_rows, [values.column(each.name) for each in choices.columns]
    if len(columns) == 1:
        return pc.list_flatten(columns[0]), _lengths(columns[0])
    each = len(columns) or len(choices.names)
    if columns:
        flat, at = pa.concat_arrays(columns), np.arange(rows * each).reshape(each, rows).T.ravel()
    else:
        flat, at = pa.array(choices.names, pa.string()), np.tile(np.arange(each), rows)
    return flat.take(pa.array(at)), np.full(rows, each)


def clean(texts: pa.StringArray, choices: Choices) -> pa.StringArray:
    """Options without what ``choices`` says is to be cut, and without white space around them.

    >>> from mixbuild.declare import choices, letter
    >>> sums = choices("options", answer=letter("correct"), own_letters=True)
    >>> clean(pa.array(["A)21", "B) 21.5 ", "C)", None]), sums).to_pylist()
    ['21', '21.5', '', None]
    """
    if choices.own_letters:
        texts = pc.replace_substring_regex(texts, OWN_LETTER, "")
    if choices.marks:
        marks = "|".join(map(re.escape, choices.marks))
        texts = pc.replace_substring_regex(texts, f"(?:{marks}) ?", "")
    if choices.lstrip:
        texts = pc.utf8_ltrim(texts, characters=f"{choices.lstrip}{whitespace}")
    return pc.utf8_trim_whitespace(texts)


def _right(
    choices: Choices, values: pa.RecordBatch, options: pa.StringArray, counts: Integers
) -> Integers:
    """Which of its options, as the source has them, each row's answer names; -1 for none."""
    answers, *labels = (values.column(each.name) for each in choices.answer.inputs)
    if choices.answer.by == ITSELF and not choices.names:
        return _first_equal(answers, options, counts)
    if labels:
        theirs = _lengths(labels[0])
        found = _first_equal(answers, pc.list_flatten(labels[0]), theirs)
        return np.where(theirs == counts, found, -1)
    most = int(counts.max(initial=0))
    first = choices.answer.first
    names = {
        ITSELF: choices.classes,
        LETTER: letters(most),
        NUMBER: [str(first + place) for place in range(most)],
    }[choices.answer.by]
    found = pc.index_in(answers, pa.array(names, pa.string())).fill_null(-1).to_numpy()
    return np.where(found < counts, found, -1)


def _first_equal(answers: pa.StringArray, texts: pa.StringArray, counts: Integers) -> Integers:
    """The place of the first of each row's texts that is its answer; -1 for none."""
    rows = np.repeat(np.arange(len(counts)), counts)
    equal = pc.equal(texts, answers.take(pa.array(rows)))
    found, at = np.full(len(counts), -1), np.flatnonzero(mask(equal))[::-1]
    # of several, the last that is written stays
    found[rows[at]] = at - _ends(counts)[rows[at]]
    return found


def _places(counts: Integers, hashes: Hashes) -> Integers:
    """Where each option of each row goes, counted through all rows."""
    ends = _ends(counts)
    goes_to = np.empty(ends[-1], np.int64)
    for size in np.unique(counts[counts > 0]).tolist():
        starts = ends[:-1][counts == size]
        goes_to[starts + np.arange(size)[:, None]] = starts + shuffled(size, hashes[counts == size])
    return goes_to


def _fill(slot: ChoiceSlot, shown: ShownOptions) -> pa.StringArray:
    """What the slot shows of each row; null where that is nothing."""
    texts, counts = pc.list_flatten(shown.texts), _lengths(shown.texts)
    ends = _ends(counts)
    if slot.between is None:
        none = shown.right < 0
        places, at = (pa.array(each, mask=none) for each in (shown.right, ends[:-1] + shown.right))
        return _headed(slot, places, texts.take(at), counts)
    places = pa.array(np.arange(len(texts)) - np.repeat(ends[:-1], counts))
    lines = _headed(slot, places, texts, counts)
    nulls = shown.texts.is_null()
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), lines, mask=nulls)
    return pc.binary_join(lists, slot.between)


def _headed(
    slot: ChoiceSlot, places: pa.IntegerArray, texts: pa.StringArray, counts: Integers
) -> pa.StringArray:
    """Options with what stands before each at its place, or that alone."""
    if not slot.head:
        return texts
    names = letters(int(counts.max(initial=0)))
    heads = pa.array([slot.head.format(name) for name in names], pa.string()).take(places)
    return pc.binary_join_element_wise(heads, texts, "") if slot.texts else heads


def _lengths(lists: pa.ListArray) -> Integers:
    """How many items each list has; a null has none."""
    lengths: Integers = pc.list_value_length(lists).fill_null(0).to_numpy().astype(np.int64)
    return lengths


def _ends(counts: Integers) -> Integers:
    """Where each row's items begin among all of them, and at last where they end."""
    return np.concatenate([[0], np.cumsum(counts)])


def _any(flags: pa.BooleanArray, rows: Integers, total: int) -> Mask:
    """Whether one of its items is flagged, row by row."""
    found = np.zeros(total, dtype=bool)
    found[rows[mask(flags)]] = True
    return found
