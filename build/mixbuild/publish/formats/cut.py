r"""Texts cut in two, and the marker taken out of prompts and completions, and put back.

>>> texts, marker = without_marker(pa.array(["Sum up: é  \n[OUTPUT]:"]), keep=False)
>>> texts.to_pylist(), marker.to_pylist()
(['Sum up: é'], ['  \n[OUTPUT]:'])
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import VerifyError
from mixbuild.declare import MARKER

Sizes = npt.NDArray[np.integer]


def cut(texts: pa.StringArray, sizes: Sizes) -> tuple[pa.StringArray, pa.StringArray]:
    """Each text's first bytes, so many as ``sizes`` says, and the rest of it.

    >>> cut(pa.array(["abc", "é"]), np.array([1, 2]))[1].to_pylist()
    ['bc', '']
    """
    if not len(texts):
        return texts, texts
    offsets = np.frombuffer(texts.buffers()[1], np.int32)
    ends = offsets[texts.offset : texts.offset + len(texts) + 1]
    both = np.empty(2 * len(texts) + 1, np.int32)
    both[::2], both[1::2] = ends, ends[:-1] + sizes
    data = texts.buffers()[2] or pa.py_buffer(b"")
    # the same bytes with twice as many ends: heads and tails take turns
    halves = pa.StringArray.from_buffers(2 * len(texts), pa.py_buffer(both), data)
    turns = np.arange(0, 2 * len(texts), 2)
    return halves.take(pa.array(turns)), halves.take(pa.array(turns + 1))


def sizes_of(texts: pa.StringArray) -> Sizes:
    """The bytes of each text. Shape (len(texts),)."""
    sizes: Sizes = pc.binary_length(texts).to_numpy(zero_copy_only=False)
    return sizes


def without_marker(prompts: pa.StringArray, *, keep: bool) -> tuple[pa.StringArray, pa.StringArray]:
    """Prompts without the marker and the white space before it, and both of them apart.

    Raises:
        VerifyError: one does not end in the marker.
    """
    if not pc.all(pc.ends_with(prompts, MARKER), min_count=0).as_py():
        raise VerifyError(f"expected prompts that end in {MARKER}, got another; run make again")
    if keep:
        return prompts, pa.repeat("", len(prompts))
    before, _ = cut(prompts, sizes_of(prompts) - len(MARKER))
    texts = pc.utf8_rtrim_whitespace(before)
    return texts, cut(prompts, sizes_of(texts))[1]


def without_space(completions: pa.StringArray, *, keep: bool) -> pa.StringArray:
    """Completions without the one space that each begins with.

    Raises:
        VerifyError: one begins with something else.
    """
    if not pc.all(pc.starts_with(completions, " "), min_count=0).as_py():
        raise VerifyError(
            "expected completions that begin with a space, got another; run make again"
        )
    if keep:
        return completions
    return cut(completions, np.ones(len(completions), np.int32))[1]


def with_space(outputs: pa.StringArray, marker: pa.StringArray) -> pa.StringArray:
    """Completions again: where the marker was taken out, so was the space."""
    return pc.if_else(pc.equal(marker, ""), outputs, pc.binary_join_element_wise(" ", outputs, ""))
