"""Rows of mapped shards in any order, each text copied once: from its file to where it is wanted.

A shard has many batches, and Arrow takes rows out of one at a time, or joins them all first. So the
texts that are wanted are pointed at where they lie, by Arrow's string views, and copied in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.core import SCHEMA, VerifyError
from mixbuild.make import Shard, read_shard

Numbers = npt.NDArray[np.int64]

VIEW = np.dtype([("length", "<i4"), ("head", "V4"), ("buffer", "<i4"), ("offset", "<i4")])
"""Arrow's string view: where a text lies; one of at most ``SHORT`` bytes follows its length."""

SHORT = 12

MASKS = np.tri(SHORT + 1, SHORT, -1, np.uint8) * np.uint8(255)
"""By the length of a short text, which of so many bytes are its own."""


@dataclass(frozen=True, eq=False)
class _Column:
    """Where each batch of a shard has the parts of a column, counted from the file's beginning.

    Attributes:
        lists: the offsets of its lists, in numbers of four bytes; None where it has texts alone.
        offsets: those of its texts, likewise.
        texts: the first byte of them.
        data: all of them.
    """

    lists: Numbers | None
    offsets: Numbers
    texts: Numbers
    data: Sequence[pa.Buffer]


class Mapped:
    """A shard as it lies in its file, mapped."""

    def __init__(self, path: Path, shard: Shard) -> None:
        """Map a shard, once its rows were compared with what it is to hold.

        Raises:
            VerifyError: it holds others, or not as they were written.
        """
        for _ in read_shard(path, shard):
            pass
        self._path = path
        self._whole = pa.memory_map(str(path)).read_buffer()
        size = self._whole.size
        self._numbers = np.frombuffer(self._whole, "<i4", size // 4)
        # as many bytes from each byte on as a short text has at most
        self._windows = np.ndarray(size - SHORT + 1, f"V{SHORT}", self._whole, strides=(1,))
        self._batches = pa.ipc.open_stream(pa.BufferReader(self._whole)).read_all().to_batches()
        self._ends = np.cumsum([batch.num_rows for batch in self._batches])

    def find(self, row: Numbers) -> tuple[Numbers, Numbers]:
        """The batches that rows lie in, and their numbers in there."""
        batch = np.searchsorted(self._ends, row, side="right")
        return batch, row - np.append(0, self._ends)[batch]

    def lists(self, name: str, batch: Numbers, row: Numbers) -> tuple[Numbers, Numbers]:
        """Of rows' lists, which text of their batch each begins with, and how many it has."""
        lists = self._columns[name].lists
        if lists is None:
            raise TypeError(f"expected a column of lists, got {name}")
        start, end = self._bounds(lists[batch] + row)
        return start, end - start

    def views(self, name: str, batch: Numbers, text: Numbers, *, first: int) -> np.ndarray:
        """Views of texts, by their numbers in their batches, whose buffers count from ``first``."""
        column = self._columns[name]
        start, end = self._bounds(column.offsets[batch] + text)
        views = np.zeros(len(start), VIEW)
        views["length"], views["buffer"], views["offset"] = end - start, batch + first, start
        short = np.flatnonzero(views["length"] <= SHORT)
        if len(short):
            own = self._first_bytes((column.texts[batch] + start)[short])
            own &= MASKS[views["length"][short]]
            views.view(np.uint8).reshape(-1, VIEW.itemsize)[short, VIEW.itemsize - SHORT :] = own
        return views

    def data(self, name: str) -> Sequence[pa.Buffer]:
        """What the views of a column point into, batch by batch."""
        return self._columns[name].data

    def _bounds(self, at: Numbers) -> tuple[Numbers, Numbers]:
        return self._numbers[at].astype(np.int64), self._numbers[at + 1].astype(np.int64)

    def _first_bytes(self, at: Numbers) -> npt.NDArray[np.uint8]:
        """As many bytes from each place on as a short text has at most; any beyond the file."""
        beyond = np.maximum(at + SHORT - self._whole.size, 0)
        found: npt.NDArray[np.uint8] = self._windows[at - beyond].view(np.uint8).reshape(-1, SHORT)
        if beyond.any():
            shifted = np.minimum(np.arange(SHORT) + beyond[:, None], SHORT - 1)
            found = np.take_along_axis(found, shifted, axis=1)
        return found

    @cached_property
    def _columns(self) -> Mapping[str, _Column]:
        return {field.name: self._column(field) for field in SCHEMA}

    def _column(self, field: pa.Field) -> _Column:
        buffers = [batch.column(field.name).buffers() for batch in self._batches]
        lists, offsets, texts = (
            np.array([self._place(each[at]) for each in buffers], np.int64) for at in (1, -2, -1)
        )
        data = [pa.py_buffer(b"") if each[-1] is None else each[-1] for each in buffers]
        is_list = pa.types.is_list(field.type)
        return _Column(lists // 4 if is_list else None, offsets // 4, texts, data)

    def _place(self, buffer: pa.Buffer | None) -> int:
        if buffer is None or not buffer.size:
            return 0
        place: int = buffer.address - self._whole.address
        if not 0 <= place < self._whole.size:
            raise VerifyError(
                f"{self._path}: expected rows as make writes them, got compressed ones"
            )
        return place


def taken(shards: Mapping[int, Mapped], shard: Numbers, row: Numbers) -> pa.RecordBatch:
    """Rows by their shards and their numbers in there, in this order."""
    parts = []
    for index in np.unique(shard):
        at = np.flatnonzero(shard == index)
        parts.append((shards[index], at, *shards[index].find(row[at])))
    columns = []
    for name, kind in zip(SCHEMA.names, SCHEMA.types, strict=True):
        if not pa.types.is_list(kind):
            columns.append(_texts(name, parts, len(row)))
            continue
        counts = np.zeros(len(row), np.int64)
        begins = []
        for mapped, at, batch, number in parts:
            begin, counts[at] = mapped.lists(name, batch, number)
            begins.append(begin)
        offsets = np.append(0, np.cumsum(counts))
        items = []
        for (mapped, at, batch, _), begin in zip(parts, begins, strict=True):
            own = counts[at]
            items.append(
                (mapped, _ranges(offsets[at], own), np.repeat(batch, own), _ranges(begin, own))
            )
        values = _texts(name, items, int(offsets[-1]))
        columns.append(pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, type=kind))
    return pa.record_batch(columns, schema=SCHEMA)


_Part = tuple[Mapped, Numbers, Numbers, Numbers]
"""A shard; and of texts that are wanted of it, their places among all, batches and numbers."""


def _texts(name: str, parts: Sequence[_Part], count: int) -> pa.StringArray:
    """So many texts of a column, each copied from where it lies."""
    views = np.zeros(count, VIEW)
    data: list[pa.Buffer] = []
    for mapped, at, batch, text in parts:
        views[at] = mapped.views(name, batch, text, first=len(data))
        data += mapped.data(name)
    buffers = [None, pa.py_buffer(views), *data]
    return pa.Array.from_buffers(pa.string_view(), count, buffers).cast(pa.string())


def _ranges(begins: Numbers, counts: Numbers) -> Numbers:
    """Numbers that rise by one from each of ``begins``, so many of each.

    >>> _ranges(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    before = np.cumsum(counts) - counts
    found: Numbers = np.arange(counts.sum()) + np.repeat(begins - before, counts)
    return found
