"""Which texts hold nothing but white space, told by their first bytes wherever those can tell."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Mask, Spans, mask, take

MAY_BEGIN_WHITE_SPACE = np.zeros(256, dtype=bool)
"""By a text's first byte: ASCII's own, and the lead bytes of all of Unicode's white space."""
MAY_BEGIN_WHITE_SPACE[: 0x20 + 1] = True
MAY_BEGIN_WHITE_SPACE[[0xC2, 0xE1, 0xE2, 0xE3]] = True

MAY_END_WHITE_SPACE = np.zeros(256, dtype=bool)
"""By a text's last byte: ASCII's own, and the last bytes of all of Unicode's white space."""
MAY_END_WHITE_SPACE[: 0x20 + 1] = True
MAY_END_WHITE_SPACE[0x80 : 0x8A + 1] = True
MAY_END_WHITE_SPACE[[0x9F, 0xA0, 0xA8, 0xA9, 0xAF]] = True


def is_blank(texts: pa.StringArray) -> Mask:
    r"""Whether each text is empty, or white space throughout. What a null counts as is not said.

    >>> is_blank(pa.array(["", " \t\u3000", " a", "\u00e9"])).tolist()
    [True, True, False, False]
    """
    spans = Spans.of(texts)
    if not spans.data.size:
        return np.ones(len(texts), dtype=bool)
    blank: Mask = spans.begins == spans.ends
    suspects = np.flatnonzero(take(MAY_BEGIN_WHITE_SPACE.view(np.uint8), spans.first))
    # a long text is copied to be trimmed; its first characters tell nearly always
    for characters in (8, None):
        if not suspects.size:
            break
        trimmed = texts.take(pa.array(suspects))
        if characters is not None:
            trimmed = pc.utf8_slice_codeunits(trimmed, 0, characters)
        white = pc.equal(pc.utf8_trim_whitespace(trimmed), "").fill_null(True)
        suspects = suspects[mask(white)]
    blank[suspects] = True
    return blank
