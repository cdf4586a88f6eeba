"""Options put into the order of a hash, and shown as slots want them.

One sort over all the options of a batch, and one ``take`` for each slot; there
is no loop over rows. A row's order depends on its hash and on how many options
it has, on nothing else in the batch. Pure.

>>> from mixbuild.choices import choices, position
>>> weather = choices(names=("sun", "rain", "snow"), answer=position("label"))
>>> values = pa.record_batch({"text ('label',)": ["0", "2", None]})
>>> slots = {"options": weather.inline(), "answer": weather.both()}
>>> shown = show(values, slots, np.array([1, 2, 3], dtype=np.uint64))
>>> shown.column("options").to_pylist()
['sun, snow, rain', 'snow, rain, sun', 'rain, snow, sun']
>>> shown.column("answer").to_pylist()
['(A) sun', '(A) snow', None]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, product
from string import ascii_uppercase

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.bounds import bounds
from mixbuild.choices import ITSELF, LETTER, Answer, Choices, ChoiceSlot
from mixbuild.identity import Hashes, hash_numbers

Integers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

ORDER_BITS = np.uint64(48)
"""How much of a hash orders options; a row's number within its batch has the other 16 bits."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """The options of a batch's rows, in the order in which they are shown.

    Attributes:
        options: texts, each once and in any order.
        shown: for each option that is shown, row by row: which of ``options`` it is.
        places: for each of these, its place in its row, from 0.
        counts: how many options each row shows.
        whole: whether a row has options, and none among them that is null or blank.
        right: the place, from 0, at which each row shows the right option; -1 for none.
        wrong: whether a row's answer names none of its options.
    """

    options: pa.StringArray
    shown: Integers
    places: Integers
    counts: Integers
    whole: Mask
    right: Integers
    wrong: Mask

    @property
    def texts(self) -> pa.ListArray:
        """Each row's options in the order in which they are shown; null where it shows none."""
        lists = pa.ListArray.from_arrays(_ends(self.counts), _take(self.options, self.shown))
        return pc.if_else(pa.array(self.whole), lists, pa.scalar(None, lists.type))


def show(values: pa.RecordBatch, slots: Mapping[str, ChoiceSlot], hashes: Hashes) -> pa.RecordBatch:
    """Add the slots' texts to a batch, and ``valid NAME`` for each: whether the answer is right.

    Args:
        values: has the columns that the choices' ``inputs`` name, which are taken out.
        slots: by name.
        hashes: of each row. Shape (values.num_rows,).
    """
    arranged = arrange_all(values, slots, hashes)
    inputs = {each.name for slot in slots.values() for each in slot.choices.inputs}
    columns = {name: values.column(name) for name in values.schema.names if name not in inputs}
    for name, slot in slots.items():
        columns[name] = _filled(slot, arranged[name])
        columns[f"valid {name}"] = pa.array(~arranged[name].wrong)
    return pa.RecordBatch.from_pydict(columns)


def arrange_all(
    values: pa.RecordBatch, slots: Mapping[str, ChoiceSlot], hashes: Hashes
) -> dict[str, Arrangement]:
    """The arrangement that each slot shows; slots of the same choices share it."""
    distinct = dict.fromkeys(slot.choices for slot in slots.values())
    arranged = {each: _arrange(each, values, hashes) for each in distinct}
    return {name: arranged[slot.choices] for name, slot in slots.items()}


def letters(wanted: int) -> list[str]:
    """``A`` to ``Z``, then ``AA``, ``AB`` and so on, as spreadsheets count.

    >>> letters(28)[-3:]
    ['Z', 'AA', 'AB']
    """
    names = ("".join(each) for size in count(1) for each in product(ascii_uppercase, repeat=size))
    return list(islice(names, wanted))


def _arrange(choices: Choices, values: pa.RecordBatch, hashes: Hashes) -> Arrangement:
    options, at, counts = _options(choices, values)
    rows, places = _numbered(counts)
    whole = counts > 0
    texts = _as_shown(choices, options)
    nothing = pc.binary_length(texts).fill_null(0).to_numpy() == 0
    if nothing.any():
        whole[rows[nothing[at]]] = False
    scores = hash_numbers(places, hashes[rows]) >> (np.uint64(64) - ORDER_BITS)
    # the rows are in order already, of which a stable sort makes much
    order = np.argsort(rows.astype(np.uint64) << ORDER_BITS | scores, kind="stable")

    answers, *labels = (values.column(each.name) for each in choices.answer.inputs)
    right = _positions(choices.answer, answers, labels, options, at, counts)
    known = whole & (right >= 0)
    shown_at = np.empty_like(places)
    shown_at[order] = places
    right[known] = shown_at[_ends(counts)[:-1][known] + right[known]]
    right[~known] = -1
    wrong = whole & ~known & _mask(answers.is_valid())
    return Arrangement(texts, at[order], places, counts, whole, right, wrong)


def _as_shown(choices: Choices, options: pa.StringArray) -> pa.StringArray:
    """The options without what is cut out of them, and without white space around them."""
    if choices.strip:
        options = pc.replace_substring_regex(options, choices.strip, "")
    return pc.utf8_trim_whitespace(options)


def _options(choices: Choices, values: pa.RecordBatch) -> tuple[pa.StringArray, Integers, Integers]:
    """Texts; which of them are the rows' options, row by row as in the source; how many each."""
    rows = values.num_rows
    columns = [values.column(each.name) for each in choices.columns]
    if len(columns) == 1:
        texts, counts = _flat(columns[0])
        return texts, np.arange(len(texts), dtype=np.int32), counts
    each = len(columns) or len(choices.names)
    counts = np.full(rows, each, np.int32)
    if columns:
        at = np.arange(rows * each, dtype=np.int32).reshape(each, rows).T.ravel()
        return pa.concat_arrays(columns), at, counts
    return pa.array(choices.names), np.tile(np.arange(each, dtype=np.int32), rows), counts


def _positions(
    answer: Answer,
    answers: pa.StringArray,
    labels: Sequence[pa.ListArray],
    options: pa.StringArray,
    at: Integers,
    counts: Integers,
) -> Integers:
    """Which of its options, as the source has them, each row's answer names; -1 for none."""
    if answer.by == ITSELF:
        return _first_equal(answers, _take(options, at), counts)
    if labels:
        texts, theirs = _flat(labels[0])
        found = _first_equal(answers, texts, theirs)
        return np.where(theirs == counts, found, np.int32(-1))
    most = int(counts.max(initial=0))
    numbers = [str(answer.first + place) for place in range(most)]
    names = pa.array(letters(most) if answer.by == LETTER else numbers, pa.string())
    found = pc.index_in(answers, names).fill_null(-1).to_numpy()
    within: Integers = np.where(found < counts, found, np.int32(-1))
    return within


def _first_equal(answers: pa.StringArray, texts: pa.StringArray, counts: Integers) -> Integers:
    """The place of the first of each row's texts that is its answer; -1 for none."""
    rows, places = _numbered(counts)
    # numbers are compared faster than texts are
    names = answers.unique()
    wanted, given = (
        pc.index_in(each, names, skip_nulls=True).fill_null(null).to_numpy()
        for each, null in ((answers, -1), (texts, -2))
    )
    equal = np.flatnonzero(given == wanted[rows])
    found = np.full(len(counts), -1, np.int32)
    found[rows[equal[::-1]]] = places[equal[::-1]]  # of several, the last that is written stays
    return found


def _filled(slot: ChoiceSlot, arranged: Arrangement) -> pa.StringArray:
    """What the slot shows of each row; null where that is nothing."""
    if slot.between is None:
        some = arranged.right >= 0
        places, counts = arranged.right[some], some.astype(np.int32)
        shown = arranged.shown[_ends(arranged.counts)[:-1][some] + places]
    else:
        some, counts, shown = arranged.whole, arranged.counts, arranged.shown
        places = arranged.places
    names = letters(int(places.max(initial=-1)) + 1)
    heads = [
        (slot.between or "") * (place > 0) + slot.head.format(name)
        for place, name in enumerate(names)
    ]
    if not slot.texts:
        return _cut(_take(pa.array(heads, pa.string()), places), counts, some)
    if not any(heads):
        return _cut(_take(arranged.options, shown), counts, some)
    # heads and options in turns: taken out of one array, they lie in memory as they are shown
    pieces = pa.concat_arrays([pa.array(heads, pa.string()), arranged.options])
    turns = np.empty((len(shown), 2), np.int32)
    turns[:, 0], turns[:, 1] = places, shown + np.int32(len(heads))
    return _cut(_take(pieces, turns.ravel()), counts * 2, some)


def _cut(pieces: pa.StringArray, counts: Integers, some: Mask) -> pa.StringArray:
    """A text of each row's pieces, which lie one after the other; null but for ``some``."""
    ends = _ends(counts)
    if not ends[-1]:
        return pa.nulls(len(counts), pa.string())
    borders, characters = bounds(pieces)[ends], pieces.buffers()[2]
    valid = None if some.all() else pa.array(some).buffers()[1]  # packed as validity is
    return pa.StringArray.from_buffers(len(counts), pa.py_buffer(borders), characters, valid)


def _flat(lists: pa.ListArray) -> tuple[pa.StringArray, Integers]:
    """All the items of lists, and how many each list has; a null has none."""
    counts = pc.list_value_length(lists).fill_null(0).to_numpy()
    return pc.list_flatten(lists), counts


def _numbered(counts: Integers) -> tuple[Integers, Integers]:
    """For each item of a batch's rows, the row's number in the batch, and its own in the row.

    >>> [each.tolist() for each in _numbered(np.array([2, 0, 3], dtype=np.int32))]
    [[0, 0, 2, 2, 2], [0, 1, 0, 1, 2]]
    """
    rows = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return rows, np.arange(len(rows), dtype=np.int32) - _ends(counts)[rows]


def _ends(counts: Integers) -> Integers:
    """Where each row's items begin among all of them, and at last where they end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _take(texts: pa.StringArray, indices: Integers) -> pa.StringArray:
    taken: pa.StringArray = pc.take(texts, pa.array(indices), boundscheck=False)
    return taken


def _mask(values: pa.BooleanArray) -> Mask:
    """A null counts as false."""
    mask: Mask = values.fill_null(False).to_numpy(zero_copy_only=False)
    return mask
