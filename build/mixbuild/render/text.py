r"""Which types are of text, and which texts are blank. Pure.

>>> mask(is_blank(pa.array(["", " \t\u3000", " a", "\u00e9"]))).tolist()
[True, True, False, False]
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


def is_blank(texts: pa.StringArray) -> pa.BooleanArray:
    """Whether each text is empty, or white space throughout; null for a null."""
    return pc.or_(pc.equal(pc.binary_length(texts), 0), pc.utf8_is_space(texts))


def is_text(kind: pa.DataType) -> bool:
    """Whether a type is of texts, however they are laid out."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    # a column without any value has the type null
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_null,
    )
    return any(test(kind) for test in tests)


def mask(values: pa.BooleanArray) -> Mask:
    """Booleans for numpy; a null counts as false."""
    found: Mask = values.fill_null(False).to_numpy(zero_copy_only=False)
    return found
