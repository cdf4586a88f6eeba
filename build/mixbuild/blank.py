"""Which texts hold nothing but white space, told by their first bytes wherever those can tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.bounds import bounds, first_bytes

Mask = npt.NDArray[np.bool_]

MAY_BEGIN_WHITE_SPACE = np.zeros(256, dtype=bool)
"""By a text's first byte: ASCII's own, and the lead bytes of all of Unicode's white space."""
MAY_BEGIN_WHITE_SPACE[: 0x20 + 1] = True
MAY_BEGIN_WHITE_SPACE[[0xC2, 0xE1, 0xE2, 0xE3]] = True


def is_blank(texts: pa.StringArray) -> Mask:
    r"""Whether each text is empty, or white space throughout. What a null counts as is not said.

    >>> is_blank(pa.array(["", " \t\u3000", " a", "\u00e9"])).tolist()
    [True, True, False, False]
    """
    data = texts.buffers()[2]
    if data is None or not data.size:
        return np.ones(len(texts), dtype=bool)
    borders = bounds(texts)
    blank: Mask = borders[:-1] == borders[1:]
    suspects = np.flatnonzero(MAY_BEGIN_WHITE_SPACE.take(first_bytes(texts)))
    # a long text is copied to be trimmed; its first characters tell nearly always
    for characters in (8, None):
        if not suspects.size:
            break
        trimmed = texts.take(pa.array(suspects))
        if characters is not None:
            trimmed = pc.utf8_slice_codeunits(trimmed, 0, characters)
        white = pc.equal(pc.utf8_trim_whitespace(trimmed), "").fill_null(True)
        suspects = suspects[white.to_numpy(zero_copy_only=False)]
    blank[suspects] = True
    return blank
