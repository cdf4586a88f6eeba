"""Whether texts are UTF-8, told by their bytes as a whole: a call for a batch, not one for each."""

from __future__ import annotations

import pyarrow as pa

from mixbuild.core import Spans, all_bytes, bounds

FIRST_BEYOND_ASCII = 0x80

CONTINUATION_BITS, CONTINUATION = 0xC0, 0x80
"""Of a byte that goes on with a character: the bits that tell, and what they are."""


def refuse_other_bytes(texts: pa.StringArray) -> None:
    r"""Refuse texts that are not UTF-8.

    Raises:
        pyarrow.ArrowInvalid: one is not, and which.

    >>> refuse_other_bytes(pa.array(["é", "", None]))
    >>> refuse_other_bytes(pa.array([b"\xc3", b"\xa9"]).view(pa.string()))
    Traceback (most recent call last):
    pyarrow.lib.ArrowInvalid: Invalid UTF8 sequence at string index 0
    """
    if not _is_utf8_throughout(texts):  # what a null covers may be anything
        texts.validate(full=True)


def _is_utf8_throughout(texts: pa.StringArray) -> bool:
    """Whether the texts' bytes are UTF-8 together, and no text begins within a character."""
    data, borders = all_bytes(texts), bounds(texts)
    begin, end = borders[[0, -1]]
    if begin == end or data[begin:end].max() < FIRST_BEYOND_ASCII:
        return True
    together = pa.py_buffer(borders[[0, -1]])
    try:
        pa.StringArray.from_buffers(1, together, texts.buffers()[2]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    begins_within = (Spans.of(texts).first & CONTINUATION_BITS) == CONTINUATION
    return not (begins_within & (borders[:-1] < end)).any()
