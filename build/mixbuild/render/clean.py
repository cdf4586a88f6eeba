"""Options bare of what the source puts around them: letters of its own, marks, white space.

Nearly all options are shown as they lie in the source's memory, from some byte on. They are not
copied: only where they begin is looked up. The odd ones are cut by Arrow, and lie behind the
others.

>>> found = bare(pa.array(["A)Rome", "B) Oslo ", "C)"]), own_letters=True)
>>> pa.concat_arrays(found.pieces).take(pa.array(found.which)).to_pylist(), found.blank.tolist()
(['Rome', 'Oslo', ''], [False, False, True])

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import whitespace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Integers, Mask, Spans, bounds, holders, is_null, room, take
from mixbuild.render.is_blank import MAY_BEGIN_WHITE_SPACE, MAY_END_WHITE_SPACE

OWN_LETTER = r"^\s*\(?[A-Z]\s*[).]\s*"
"""The letter that a source puts in front of an option."""

PLAIN_BYTES = 2
"""How long the plainest of them is: ``A)``."""


@dataclass(frozen=True, eq=False)
class Bare:
    """Options as they are shown.

    Attributes:
        pieces: texts, the options among them, in arrays one after the other.
        which: for each option, which of the pieces it is, counted through the arrays.
        blank: for each option, whether it is null, or nothing is left of it.
        spans: where each option lies in the source.
        odd: whether an option is cut, so that it is less than what lies there.
    """

    pieces: list[pa.StringArray]
    which: Integers
    blank: Mask
    spans: Spans
    odd: Mask

    def replace(self, at: npt.NDArray[np.int64], texts: pa.StringArray) -> None:
        """Show other texts in place of some options."""
        self.odd[at] = True
        first = sum(map(len, self.pieces))
        self.which[at] = np.arange(first, first + len(texts), dtype=np.int32)
        self.blank[at] = np.diff(bounds(texts)) == 0
        self.pieces.append(texts)


def bare(
    options: pa.StringArray,
    *,
    own_letters: bool = False,
    marks: tuple[str, ...] = (),
    lstrip: str = "",
) -> Bare:
    """Options without what ``choices`` says is to be cut, and without white space around them."""
    blank, spans = is_null(options), Spans.of(options)
    if not spans.data.size or not len(options):
        return _as_they_are(options, spans, np.ones_like(blank))
    odd, marked = np.zeros_like(blank), np.zeros_like(blank)
    if own_letters:
        plain = _have_plain_letters(spans)
        odd = ~plain
        begins = spans.begins + PLAIN_BYTES * plain.view(np.int8)
        spans = Spans(spans.data, begins, spans.ends)
    odd |= _have_space(spans, lstrip)
    for first in {mark[0] for mark in marks}:
        marked[holders(options, first)] = True
    blank |= spans.begins == spans.ends
    found = _within(options, spans, blank) if own_letters else _as_they_are(options, spans, blank)
    for some, theirs in ((odd & ~marked, ()), (marked, marks)):
        at = np.flatnonzero(some & ~blank)
        if at.size:
            texts = options.take(pa.array(at))
            found.replace(at, _cut(texts, own_letters=own_letters, marks=theirs, lstrip=lstrip))
    return found


def _as_they_are(options: pa.StringArray, spans: Spans, blank: Mask) -> Bare:
    which = np.arange(len(options), dtype=np.int32)
    return Bare([options], which, blank, spans, np.zeros_like(blank))


def _within(options: pa.StringArray, spans: Spans, blank: Mask) -> Bare:
    """Parts of options, which are not copied: what lies between two is a piece of its own."""
    turns = room(2 * len(options))
    turns[0::2], turns[1::2] = spans.begins, spans.ends
    offsets, characters = pa.py_buffer(turns), options.buffers()[2]
    pieces = pa.StringArray.from_buffers(len(turns) - 1, offsets, characters)
    which = np.arange(0, len(turns), 2, dtype=np.int32)
    return Bare([pieces], which, blank, spans, np.zeros_like(blank))


def _have_plain_letters(spans: Spans) -> Mask:
    """Whether each begins with a capital letter and a bracket, and nothing around them."""
    after = Spans(spans.data, spans.begins + np.int32(1), spans.ends)
    plain: Mask = spans.first - np.uint8(ord("A")) < np.uint8(26)
    plain &= (after.first == ord(")")) & (after.begins < after.ends)
    return plain


def _have_space(spans: Spans, lstrip: str) -> Mask:
    """Whether white space, or what ``lstrip`` has, may be around each."""
    first = MAY_BEGIN_WHITE_SPACE.view(np.uint8).copy()
    first[list(lstrip.encode("ascii"))] = True
    last = MAY_END_WHITE_SPACE.view(np.uint8)
    space = take(first, spans.first) | take(last, spans.last)
    return space.view(np.bool_)


def _cut(
    texts: pa.StringArray, *, own_letters: bool, marks: tuple[str, ...], lstrip: str
) -> pa.StringArray:
    if own_letters:
        texts = pc.replace_substring_regex(texts, OWN_LETTER, "")
    for mark in marks:  # a pattern for all of them takes longer
        texts = pc.replace_substring(texts, f"{mark} ", "")
    if any(holders(texts, first).size for first in {mark[0] for mark in marks}):
        for mark in marks:
            texts = pc.replace_substring(texts, mark, "")
    if lstrip:
        texts = pc.utf8_ltrim(texts, characters=f"{lstrip}{whitespace}")
    return pc.utf8_trim_whitespace(texts)
