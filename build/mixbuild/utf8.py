"""Whether texts are UTF-8, told by their bytes as a whole: a call for a batch, not one for each."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

CONTINUATION = 0x80
"""The two highest bits of a byte that goes on with a character, under ``CONTINUATION_BITS``."""

CONTINUATION_BITS = 0xC0


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
    _, offsets, data = texts.buffers()
    if data is None or not data.size or not len(texts):
        return True
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    whole = pa.StringArray.from_buffers(1, pa.py_buffer(bounds[[0, -1]]), data)
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    begun = np.frombuffer(data, np.uint8).take(bounds[:-1], mode="clip")
    begins_within = (begun & CONTINUATION_BITS) == CONTINUATION
    return not (begins_within & (bounds[:-1] < bounds[-1])).any()
