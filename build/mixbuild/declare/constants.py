"""Values that are the same for every row, in an expression: ``field("stars") == constant(5)``.

A bare value there means the same, but to convert it Arrow imports all of pandas, which takes as
long as all the rest: a declaration made of these is listed at once.

>>> str(pc.field("stars") == constant(5))
'(stars == 5)'
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.lib import StringBuilder


def constant(value: str | int) -> pc.Expression:
    """This text or number."""
    text = _texts(str(value))
    return pc.scalar(text[0] if isinstance(value, str) else text.cast(pa.int64())[0])


def only(text: str) -> pc.Expression:
    """A list of this text alone."""
    lists = pa.FixedSizeListArray.from_arrays(_texts(text), 1)
    return pc.scalar(lists.cast(pa.list_(pa.string()))[0])


def null(kind: pa.DataType) -> pc.Expression:
    """Null, of a type."""
    return pc.scalar(pa.nulls(1, kind)[0])


def _texts(text: str) -> pa.StringArray:
    builder = StringBuilder()
    builder.append(text)
    return builder.finish()
