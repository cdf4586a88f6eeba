"""Options put into the order of a hash, and shown as slots want them.

One ``take`` for each slot gathers what it shows of all rows; there is no loop
over rows. A row's order depends on its hash and on how many options it has, on
nothing else in the batch. Pure.

>>> from mixbuild.declare.options import choices, position
>>> weather = choices(names=("sun", "rain", "snow"), answer=position("label"))
>>> values = pa.record_batch({"text ('label',)": ["0", "2", None]})
>>> slots = {"options": weather.inline(), "answer": weather.both()}
>>> shown = show(values, slots, np.array([1, 2, 3], dtype=np.uint64))
>>> shown.column("options").to_pylist()
['sun, snow, rain', 'snow, sun, rain', 'rain, sun, snow']
>>> shown.column("answer").to_pylist()
['(A) sun', '(A) snow', None]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Hashes, Integers, Mask, bounds, is_null, put, room, shuffled, take
from mixbuild.declare import Choices, ChoiceSlot
from mixbuild.render.answers import letters, positions
from mixbuild.render.clean import bare
from mixbuild.render.lists import Items, ends_of, flat
from mixbuild.render.refers import point_at_others

POINTING = "an option points at others"
"""Why a row is left out."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """The options of a batch's rows, in the order in which they are shown.

    Attributes:
        pieces: texts, in any order: what stands before options, and the options.
        heads: for each slot, the first of the pieces that stand before its options, place by place.
        items: how many options each row shows.
        shown: for each of these, which of ``pieces`` it is.
        whole: whether a row has options, and none among them that is null or blank.
        right: the place, from 0, at which each row shows the right option; -1 for none.
        wrong: whether a row's answer names none of its options, none of which points at others.
        pointing: whether one of a row's options points at others.
    """

    pieces: pa.StringArray
    heads: Mapping[ChoiceSlot, int]
    items: Items
    shown: Integers
    whole: Mask
    right: Integers
    wrong: Mask
    pointing: Mask

    @property
    def texts(self) -> pa.ListArray:
        """Each row's options in the order in which they are shown; null where it shows none."""
        lists = pa.ListArray.from_arrays(self.items.ends, _take(self.pieces, self.shown))
        return pc.if_else(pa.array(self.whole), lists, pa.scalar(None, lists.type))


def show(values: pa.RecordBatch, slots: Mapping[str, ChoiceSlot], hashes: Hashes) -> pa.RecordBatch:
    """Add the slots' texts to a batch, and what is wrong with its rows.

    That is, for each slot, ``valid NAME``: whether the answer is one of the options;
    and ``points NAME``: whether an option points at others.

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
        columns[f"points {name}"] = pa.array(arranged[name].pointing)
    return pa.RecordBatch.from_pydict(columns)


def arrange_all(
    values: pa.RecordBatch, slots: Mapping[str, ChoiceSlot], hashes: Hashes
) -> dict[str, Arrangement]:
    """The arrangement that each slot shows; slots of the same choices share it."""
    distinct: dict[Choices, list[ChoiceSlot]] = {}
    for slot in slots.values():
        distinct.setdefault(slot.choices, []).append(slot)
    arranged = {each: _arrange(each, theirs, values, hashes) for each, theirs in distinct.items()}
    return {name: arranged[slot.choices] for name, slot in slots.items()}


def _arrange(
    choices: Choices, slots: Sequence[ChoiceSlot], values: pa.RecordBatch, hashes: Hashes
) -> Arrangement:
    options, at, counts = _options(choices, values)
    items = Items.of(counts)
    found = bare(
        options, own_letters=choices.own_letters, marks=choices.marks, lstrip=choices.lstrip
    )
    most = int(counts.max(initial=0))
    heads = {slot: index * most for index, slot in enumerate(slots)}
    texts = [text for slot in slots for text in _heads(slot, most)]
    pieces = pa.concat_arrays([pa.array(texts, pa.string()), *found.pieces])
    which = found.which
    which += np.int32(len(texts))
    points = np.zeros(len(options), dtype=bool)
    if not (choices.names or choices.may_point):
        points[point_at_others(pieces, which, found.spans, found.odd)] = True
    which, blank, points = which[at], found.blank[at], points[at]
    whole, pointing = counts > 0, np.zeros(len(counts), dtype=bool)
    whole[items.rows[np.flatnonzero(blank)]] = False
    pointing[items.rows[np.flatnonzero(points)]] = True

    answers, *labels = (values.column(each.name) for each in choices.answer.inputs)
    right = positions(choices.answer, answers, labels, options, at, items)
    known = whole & (right >= 0)
    goes_to = _shuffled(items, hashes)
    starts = items.ends[:-1][known]
    right[known] = goes_to[starts + right[known]] - starts
    right[~known] = -1
    wrong = whole & ~known & ~is_null(answers) & ~pointing
    return Arrangement(pieces, heads, items, put(which, goes_to), whole, right, wrong, pointing)


def _shuffled(items: Items, hashes: Hashes) -> Integers:
    """Among all the items of a batch, where each goes in its row."""
    of_rows, goes_to = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for size in np.flatnonzero(np.bincount(items.counts)).tolist():
        rows = np.flatnonzero(items.counts == size)
        starts = items.ends[rows]
        places = starts + shuffled(size, hashes[rows])
        if places.size == len(items.rows):  # all rows that have some have as many
            whole: Integers = places.T.ravel()
            return whole
        of_rows.append((starts + np.arange(size, dtype=np.int32)[:, None]).ravel())
        goes_to.append(places.ravel())
    return put(np.concatenate(goes_to), np.concatenate(of_rows))


def _options(
    choices: Choices, values: pa.RecordBatch
) -> tuple[pa.StringArray, Integers | slice, Integers]:
    """Texts; which of them are the rows' options, row by row as in the source; how many each."""
    rows = values.num_rows
    columns = [values.column(each.name) for each in choices.columns]
    if len(columns) == 1:
        texts, counts = flat(columns[0])
        return texts, slice(None), counts
    each = len(columns) or len(choices.names)
    counts = np.full(rows, each, np.int32)
    if columns:
        at = np.arange(rows * each, dtype=np.int32).reshape(each, rows).T.ravel()
        return pa.concat_arrays(columns), at, counts
    return pa.array(choices.names), np.tile(np.arange(each, dtype=np.int32), rows), counts


def _filled(slot: ChoiceSlot, arranged: Arrangement) -> pa.StringArray:
    """What the slot shows of each row; null where that is nothing."""
    if slot.between is None:
        some = arranged.right >= 0
        places, counts = arranged.right[some], some.astype(np.int32)
        shown = arranged.shown[arranged.items.ends[:-1][some] + places]
    else:
        some, shown = arranged.whole, arranged.shown
        counts, places = arranged.items.counts, arranged.items.places
    first_head = np.int32(arranged.heads[slot])
    if not slot.texts:
        return _cut(_take(arranged.pieces, places + first_head), counts, some)
    if not (slot.head or slot.between):
        return _cut(_take(arranged.pieces, shown), counts, some)
    # heads and options in turns: taken out of one array, they lie in memory as they are shown
    turns = room(2 * len(shown))
    np.add(places, first_head, out=turns[0::2])
    turns[1::2] = shown
    return _cut(_take(arranged.pieces, turns), counts * np.int32(2), some)


def _heads(slot: ChoiceSlot, most: int) -> list[str]:
    """What stands before the option at each place."""
    return [
        (slot.between or "") * (place > 0) + slot.head.format(name)
        for place, name in enumerate(letters(most))
    ]


def _cut(pieces: pa.StringArray, counts: Integers, some: Mask) -> pa.StringArray:
    """A text of each row's pieces, which lie one after the other; null but for ``some``."""
    ends = ends_of(counts)
    if not ends[-1]:
        return pa.nulls(len(counts), pa.string())
    borders, characters = take(bounds(pieces), ends), pieces.buffers()[2]
    valid = None if some.all() else pa.array(some).buffers()[1]  # packed as validity is
    return pa.StringArray.from_buffers(len(counts), pa.py_buffer(borders), characters, valid)


def _take(texts: pa.StringArray, indices: Integers) -> pa.StringArray:
    taken: pa.StringArray = pc.take(texts, pa.array(indices), boundscheck=False)
    return taken
