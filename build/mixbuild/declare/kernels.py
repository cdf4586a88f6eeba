r"""Functions over a column of texts that an expression can call, and that read none in vain. Pure.

Most texts hold none of what is looked for. So a column is searched before it is changed, and only
the texts that hold something are.

>>> texts = pa.array(["a  b", "c", None])
>>> held = pc.match_substring(texts, "  ")
>>> change_where(texts, held, lambda few: pc.replace_substring(few, "  ", " ")).to_pylist()
['a b', 'c', None]
>>> may_hold(texts, "  "), may_hold(texts, "\t")
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Text = TypeVar("Text", pc.Expression, pa.StringArray)

Change: TypeAlias = Callable[[pa.StringArray], pa.StringArray]


def kernel(change: Change) -> Callable[[Text], Text]:
    """Have Arrow call a function where it evaluates an expression; of arrays it stays what it is.

    Args:
        change: a column of strings -> as many strings, each of its own text alone.
    """
    name = f"{change.__module__}.{change.__qualname__}"
    if name not in pc.list_functions():  # else its module is imported once more
        said = {"summary": name, "description": change.__doc__ or name}
        pc.register_scalar_function(
            lambda _, texts: change(texts), name, said, {"texts": pa.string()}, pa.string()
        )

    @wraps(change)
    def either(text: Text) -> Text:
        if isinstance(text, pc.Expression):
            return pc.Expression._call(name, [text])
        return change(text)

    return either


def change_where(texts: pa.StringArray, held: pa.BooleanArray, change: Change) -> pa.StringArray:
    """The texts, changed where they are ``held``; ``change`` would leave the others alone."""
    if held.true_count == len(texts):
        return change(texts)
    if not held.true_count:
        return texts
    return pc.replace_with_mask(texts, held, change(texts.filter(held)))


def may_hold(texts: pa.StringArray, pattern: str) -> bool:
    """Whether a pattern without anchors may match in one of the texts; where not, it does in none.

    Their bytes are searched as if they were one text: ten times as fast as one after the other, if
    the pattern begins with letters.
    """
    _, offsets, data = texts.buffers()
    if not len(texts) or data is None:
        return False
    ends = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]]
    whole = pa.StringArray.from_buffers(1, pa.py_buffer(ends.tobytes()), data)
    return bool(pc.match_substring_regex(whole, pattern)[0].as_py())
