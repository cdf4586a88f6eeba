"""Options that point at other options, and mean nothing once they stand in another order.

>>> options = pa.array(["All of the above", "Both A and (C).", "A and no other", "Some of these"])
>>> which, odd = np.arange(4, dtype=np.int32), np.zeros(4, dtype=bool)
>>> point_at_others(options, which, Spans.of(options), odd).tolist()
[0, 1]

A pattern searches only options that have the bytes without which it matches nothing. Pure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Bytes, Integers, Mask, Spans, mask, take

Indices = npt.NDArray[np.int64]

LETTER = r"\(?[A-E]\)?"
LINK = r"(?:,? (?i:and/or|and|or|nor|&) )"
POINTING = (
    r"(?i:\b(?:of the|(?:all|none|any|both|either|neither) (?:of|the))"
    r"(?: options| choices| answers)? above(?:[^\w-]|$))"
    r"|^(?i:both |neither |either |only |options? |answers? )?"
    rf"(?:(?:{LETTER}, ?)*{LETTER}(?:{LINK}{LETTER})+|A&[BCD]|B&[CDE]|C&[DE]|D&E)"
    r"(?:\W*(?i:only))?\W*$"
)
"""What refers to other options, by their places or letters."""

NOTHING, STOP, END = range(3)
LAST = np.full(256, NOTHING, np.uint8)
LAST[[each for each in range(128) if not chr(each).isalnum()]] = END
LAST[list(b"ABCDEyY")] = END
LAST[ord(".")] = STOP
"""By its last byte: whether an option may consist of letters; a stop leaves it to another."""

MAY_BE_LETTERS = np.zeros(256, dtype=bool)
MAY_BE_LETTERS[list(b"ABCDE" + b"BbNnEeOoAa")] = True
"""By the first byte, but for a bracket: the same."""

SMALL = np.uint8(0x20)
"""The bit that makes a capital letter small."""


def point_at_others(pieces: pa.StringArray, which: Integers, spans: Spans, odd: Mask) -> Indices:
    """The options that point at others, in ascending order.

    Args:
        pieces: texts, the options among them.
        which: which of the pieces each option is.
        spans: where the options lie, one after the other.
        odd: whether an option is not what lies there; these are always searched.
    """
    if not spans.data.size or not len(which):
        return np.zeros(0, np.int64)
    suspicious = odd.copy()
    suspicious[_may_be_letters(spans)] = True
    suspicious[_may_say_above(spans)] = True
    suspects = np.flatnonzero(suspicious)
    found = pc.match_substring_regex(pieces.take(pa.array(which[suspects])), POINTING)
    return suspects[mask(found)]


def _may_be_letters(spans: Spans) -> Indices:
    last = take(LAST, spans.last)
    at = np.flatnonzero(last)
    stopped = np.flatnonzero(last[at] == STOP)
    before = spans.data.take(spans.ends[at[stopped]] - 2, mode="clip")
    may_end = np.ones(len(at), dtype=bool)
    may_end[stopped] = LAST[before] == END
    at = at[may_end]
    begins = spans.begins[at]
    begins += spans.data.take(begins, mode="clip") == ord("(")
    found: Indices = at[MAY_BE_LETTERS[spans.data.take(begins, mode="clip")]]
    return found


def _may_say_above(spans: Spans) -> Indices:
    begin, end = spans.begins[0], spans.ends[-1]
    data: Bytes = spans.data[begin:end]
    at = np.flatnonzero((data | SMALL) == ord("v"))
    at = at[data.take(at - 2, mode="clip") | SMALL == ord("b")] + begin
    owners: Indices = np.searchsorted(spans.begins, at, side="right") - 1
    return owners
