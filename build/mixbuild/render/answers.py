"""Which of its options a row's answer names, however the source says so. Pure.

>>> from mixbuild.declare.options import letter
>>> options, answers = pa.array(["Oslo", "Rome", "Nice"]), pa.array(["B", "A", None])
>>> items = Items.of(np.array([2, 1, 0], dtype=np.int32))
>>> positions(letter("answer"), answers, [], options, slice(None), items).tolist()
[1, 0, -1]
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, islice, product
from string import ascii_uppercase
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Integers, Spans, all_bytes, bounds, is_null, take
from mixbuild.declare import ITSELF, LETTER, Answer
from mixbuild.render.lists import Items, flat

NO_BYTE = 256


def letters(wanted: int) -> list[str]:
    """``A`` to ``Z``, then ``AA``, ``AB`` and so on, as spreadsheets count.

    >>> letters(28)[-3:]
    ['Z', 'AA', 'AB']
    """
    names = ("".join(each) for size in count(1) for each in product(ascii_uppercase, repeat=size))
    return list(islice(names, wanted))


def positions(
    answer: Answer,
    answers: pa.StringArray,
    labels: Sequence[pa.ListArray],
    options: pa.StringArray,
    at: Integers | slice,
    items: Items,
) -> Integers:
    """Which of its options, as the source has them, each row's answer names; -1 for none.

    Args:
        answer: how the source says it.
        answers: what it says. Shape (rows,).
        labels: a list of labels for each row, where the answer is one of them.
        options: the texts of all rows' options.
        at: which of them these are, row by row.
        items: how many each row has.
    """
    if answer.by == ITSELF:
        texts = options if isinstance(at, slice) else options.take(pa.array(at))
        return _first_equal(answers, texts, items)
    if labels:
        texts, theirs = flat(labels[0])
        if np.array_equal(theirs, items.counts):
            return _first_equal(answers, texts, items)
        found = _first_equal(answers, texts, Items.of(theirs))
        return np.where(theirs == items.counts, found, np.int32(-1))
    most = int(items.counts.max(initial=0))
    names = letters(most) if answer.by == LETTER else _numerals(answer.first, most)
    found = _index(answers, names)
    within: Integers = np.where(found < items.counts, found, np.int32(-1))
    return within


def _numerals(first: int, wanted: int) -> list[str]:
    return [str(first + place) for place in range(wanted)]


def _index(texts: pa.StringArray, names: Sequence[str]) -> Integers:
    """Which of the names each text is; -1 for none."""
    if all(len(name) == 1 for name in names):
        table = np.full(NO_BYTE + 1, -1, np.int32)
        table[[ord(name) for name in names]] = np.arange(len(names))
        return take(table, _only_bytes(texts))
    found: Integers = pc.index_in(texts, pa.array(names, pa.string())).fill_null(-1).to_numpy()
    return found


def _only_bytes(texts: pa.StringArray) -> npt.NDArray[np.int16]:
    """The byte that each text consists of; ``NO_BYTE`` where it has none or several, or is null."""
    spans = Spans.of(texts)
    if not spans.data.size:
        return np.full(len(texts), NO_BYTE, np.int16)
    single = (spans.ends - spans.begins == 1) & ~is_null(texts)
    return np.where(single, spans.first, np.int16(NO_BYTE))


def _first_equal(answers: pa.StringArray, texts: pa.StringArray, items: Items) -> Integers:
    """The place of the first of each row's texts that is its answer; -1 for none."""
    wanted, given = _as_numbers(answers, texts)
    equal = np.flatnonzero(given == np.repeat(wanted, items.counts))[::-1]
    found = np.full(len(items.counts), -1, np.int32)
    # of several, the last that is written stays
    found[take(items.rows, equal)] = take(items.places, equal)
    return found


def _as_numbers(
    answers: pa.StringArray, texts: pa.StringArray
) -> tuple[npt.NDArray[np.signedinteger[Any]], npt.NDArray[np.integer[Any]]]:
    """Numbers that are equal where an answer is a text: they are compared faster."""
    borders = bounds(texts)
    if len(texts) and not texts.null_count and (np.diff(borders) == 1).all():
        # labels such as "A" or "1" are numbers already
        return _only_bytes(answers), all_bytes(texts)[borders[0] : borders[-1]]
    names = answers.unique()
    wanted, given = (
        pc.index_in(each, names, skip_nulls=True).fill_null(null).to_numpy()
        for each, null in ((answers, -1), (texts, -2))
    )
    return wanted, given
