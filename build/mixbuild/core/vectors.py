"""Between Arrow and numpy: indexing, which Arrow does faster, and masks. Pure.

What Arrow makes lies in memory that is used again; a new array of numpy's is
mapped anew as often as not, and that takes longer than to fill it.

>>> take(np.array([3, 5, 7]), np.array([2, 0], dtype=np.int32)).tolist()
[7, 3]
>>> put(np.array([3, 5]), np.array([1, 0], dtype=np.int32)).tolist()
[5, 3]
>>> mask(pa.array([True, None, False])).tolist(), is_null(pa.array(["a", None])).tolist()
([True, False, False], [False, True])
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int32]
Number = TypeVar("Number", bound=np.number)


def room(count: int) -> Integers:
    """So many numbers, to be written."""
    memory = pa.allocate_buffer(count * np.dtype(np.int32).itemsize)
    numbers: Integers = np.frombuffer(memory, np.int32)
    return numbers


def take(values: npt.NDArray[Number], at: npt.NDArray[np.integer]) -> npt.NDArray[Number]:
    """``values[at]``, for numbers ``at`` from 0 to ``len(values) - 1``: they are not checked."""
    taken = pc.take(pa.array(values), pa.array(at), boundscheck=False)
    numbers: npt.NDArray[Number] = taken.to_numpy()
    return numbers


def put(values: npt.NDArray[Number], at: Integers) -> npt.NDArray[Number]:
    """The array of which ``[at]`` is ``values``; ``at`` has every number from 0 once."""
    numbers: npt.NDArray[Number] = pc.scatter(pa.array(values), pa.array(at)).to_numpy()
    return numbers


def mask(values: pa.BooleanArray, *, null: bool = False) -> Mask:
    """Booleans, to write to; a null counts as ``null``."""
    found = _unpacked(values.buffers()[1], values)
    if values.null_count:
        found[is_null(values)] = null
    return found


def is_null(values: pa.Array) -> Mask:
    """Whether each value is null."""
    if not values.null_count:
        return np.zeros(len(values), dtype=bool)
    if values.buffers()[0] is None:  # such as an array of the type null
        return np.ones(len(values), dtype=bool)
    return ~_unpacked(values.buffers()[0], values)


def _unpacked(bits: pa.Buffer, values: pa.Array) -> Mask:
    packed = np.frombuffer(bits, np.uint8)
    every = np.unpackbits(packed, count=values.offset + len(values), bitorder="little")
    unpacked: Mask = every[values.offset :].view(np.bool_)
    return unpacked
