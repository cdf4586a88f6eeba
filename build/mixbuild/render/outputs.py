r"""What is asked for, cleaned: completions and the outputs that are accepted in their place. Pure.

>>> clean(pa.array([" The end.\u00a0\n", "May\u00a05", "a  b", None])).to_pylist()
['The end.', 'May 5', 'a  b', None]
>>> clean(pa.array(["One. \t\n\n  Two.\r\nThree."])).to_pylist()
['One.\n\n  Two.\nThree.']
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SCHEMA
from mixbuild.declare import Parts, Template, join, may_hold

LINE_END = "[ \t\r]+\n"
"""White space that nobody sees, before a line feed."""


def clean(texts: pa.StringArray) -> pa.StringArray:
    """Texts without white space around them and at the ends of their lines; an NBSP is a space."""
    if may_hold(texts, "\u00a0"):
        texts = pc.replace_substring(texts, "\u00a0", " ")
    if may_hold(texts, LINE_END):
        texts = pc.replace_substring_regex(texts, pattern=LINE_END, replacement="\n")
    return pc.utf8_trim_whitespace(texts)


def completions(
    template: Template, slots: Mapping[str, pa.Array]
) -> tuple[pa.StringArray, pa.ListArray]:
    """The completion of each row, and every accepted output, the completion's own text first.

    Args:
        template: whose outputs are asked for.
        slots: what fills its placeholders, and ``accepted NAME``; nothing that is asked for is
            null or blank.
    """
    outputs = {name: clean(slots[name]) for name in template.outputs}
    completion = join(template.completion, outputs)
    head, *tail = template.completion
    whole: Parts = (*filter(None, [head[1:]]), *tail)  # without the one space
    several = [name for name in template.outputs if f"accepted {name}" in slots]
    if not several:
        text = outputs[str(whole[0])] if len(whole) == 1 else join(whole, outputs)
        return completion, pa.ListArray.from_arrays(np.arange(len(text) + 1, dtype=np.int32), text)
    lists = _clean_lists(slots[f"accepted {several[0]}"])
    if len(whole) == 1:
        return completion, lists
    # the literal text around the answer belongs to every accepted output
    parents = pc.list_parent_indices(lists)
    each = {name: texts.take(parents) for name, texts in outputs.items()}
    each[several[0]] = pc.list_flatten(lists)
    offsets = _offsets(pc.list_value_length(lists))
    return completion, pa.ListArray.from_arrays(offsets, join(whole, each))


def _clean_lists(lists: pa.ListArray) -> pa.ListArray:
    """Each list's texts cleaned, once each and in their order, without those that are blank.

    >>> _clean_lists(pa.array([["a ", None, "b", "a", ""], ["b"]])).to_pylist()
    [['a', 'b'], ['b']]
    """
    texts, lengths = clean(pc.list_flatten(lists)), pc.list_value_length(lists)
    kept = pc.greater(pc.binary_length(texts), 0).fill_null(False).to_numpy(zero_copy_only=False)
    parents = pc.list_parent_indices(lists).to_numpy()
    if (pc.max(lengths).as_py() or 0) > 1:
        kept = kept & _first_in_its_list(texts, parents)
    if not kept.all():
        texts, lengths = (
            texts.filter(pa.array(kept)),
            np.bincount(parents[kept], minlength=len(lists)),
        )
    return pa.ListArray.from_arrays(_offsets(lengths), texts, type=SCHEMA.field("references").type)


def _first_in_its_list(
    texts: pa.StringArray, parents: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Which texts do not stand earlier in the same list; ``parents`` says in which each stands."""
    codes = texts.dictionary_encode().indices.fill_null(-1).to_numpy()
    _, first = np.unique(parents * (len(texts) + 1) + codes, return_index=True)
    found = np.zeros(len(texts), np.bool_)
    found[first] = True
    return found


def _offsets(lengths: npt.ArrayLike) -> npt.NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
