"""Where the texts of a column lie among its bytes, and what bytes they begin and end with. Pure.

>>> bounds(pa.array(["ab", "", None, "c"]).slice(1)).tolist()
[2, 2, 2, 3]
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.core.vectors import Integers, take

Bytes = npt.NDArray[np.uint8]


def bounds(texts: pa.StringArray) -> Integers:
    """Where each text begins, and the last one ends. Shape (len(texts) + 1,)."""
    offsets = texts.buffers()[1]
    if offsets is None or not offsets.size:  # as Arrow allows where there is no text
        return np.zeros(1, np.int32)
    return np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]


def all_bytes(texts: pa.StringArray) -> Bytes:
    """The bytes among which the texts lie: theirs, and whatever else the buffer has."""
    data = texts.buffers()[2]
    return np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)


def holders(texts: pa.StringArray, character: str) -> npt.NDArray[np.int64]:
    """Which texts hold an ASCII character, in ascending order.

    >>> holders(pa.array(["[", "a[b", "c", "", "[["]).slice(1), "[").tolist()
    [0, 3]
    """
    borders = bounds(texts)
    begin, end = borders[[0, -1]]
    at = np.flatnonzero(all_bytes(texts)[begin:end] == ord(character)) + begin
    owners = np.searchsorted(borders, at, side="right") - 1
    once: npt.NDArray[np.int64] = owners[np.flatnonzero(np.diff(owners, prepend=-1))]
    return once


@dataclass(frozen=True, eq=False)
class Spans:
    """Texts as parts of some bytes.

    >>> spans = Spans.of(pa.array(["ab", "c"]))
    >>> bytes(spans.first), bytes(spans.last)
    (b'ac', b'bc')

    Attributes:
        data: the bytes; there are some.
        begins: where each text begins.
        ends: where each text ends.
    """

    data: Bytes
    begins: Integers
    ends: Integers

    @classmethod
    def of(cls, texts: pa.StringArray) -> Spans:
        """Those of a column that has bytes."""
        borders = bounds(texts)
        return cls(all_bytes(texts), borders[:-1], borders[1:])

    @functools.cached_property
    def first(self) -> Bytes:
        """The byte that each text begins with; of an empty one, some other byte."""
        # an empty text at the very end begins where there is no byte
        within = not len(self.begins) or self.begins[-1] < self.data.size
        most = np.int32(self.data.size - 1)
        return take(self.data, self.begins if within else np.minimum(self.begins, most))

    @functools.cached_property
    def last(self) -> Bytes:
        """The byte that each text ends with; of an empty one, some other byte."""
        at = self.ends - np.int32(1)
        return take(self.data, np.maximum(at, 0, out=at))
