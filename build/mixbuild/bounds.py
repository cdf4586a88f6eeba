"""Where the texts of a column lie among its bytes, and the byte that each begins with. Pure.

>>> bounds(pa.array(["ab", "", None, "c"]).slice(1)).tolist()
[2, 2, 2, 3]
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def bounds(texts: pa.StringArray) -> npt.NDArray[np.int32]:
    """Where each text begins, and the last one ends. Shape (len(texts) + 1,)."""
    offsets = texts.buffers()[1]
    if offsets is None or not offsets.size:  # as Arrow allows where there is no text
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]


def first_bytes(texts: pa.StringArray) -> npt.NDArray[np.uint8]:
    """The byte that each text begins with; of an empty one, some other byte. Shape (len(texts),).

    The column has bytes: not all of its texts are empty.
    """
    data = np.frombuffer(texts.buffers()[2], np.uint8)
    # an empty text at the very end begins where there is no byte
    found: npt.NDArray[np.uint8] = data.take(bounds(texts)[:-1], mode="clip")
    return found
