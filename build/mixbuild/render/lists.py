"""The items of a batch's lists, one after the other, and whose each is. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Integers, room, take


@dataclass(frozen=True, eq=False)
class Items:
    """The items of a batch's rows, one after the other.

    >>> items = Items.of(np.array([2, 0, 3], dtype=np.int32))
    >>> items.ends.tolist(), items.rows.tolist(), items.places.tolist()
    ([0, 2, 2, 5], [0, 0, 2, 2, 2], [0, 1, 0, 1, 2])

    Attributes:
        counts: how many each row has.
        ends: where each row's begin among all of them, and at last where they end.
        rows: for each item, its row's number in the batch.
        places: for each item, its own number in its row.
    """

    counts: Integers
    ends: Integers
    rows: Integers
    places: Integers

    @classmethod
    def of(cls, counts: Integers) -> Items:
        """Of rows that have so many items each."""
        ends = ends_of(counts)
        lists = pa.ListArray.from_arrays(ends, pa.nulls(int(ends[-1])))
        rows = pc.list_parent_indices(lists).cast(pa.int32()).to_numpy()
        places = room(len(rows))
        np.subtract(np.arange(len(rows), dtype=np.int32), take(ends, rows), out=places)
        return cls(counts, ends, rows, places)


def flat(lists: pa.ListArray) -> tuple[pa.StringArray, Integers]:
    """All the items of lists, and how many each list has; a null has none."""
    counts = pc.list_value_length(lists).fill_null(0).to_numpy()
    return pc.list_flatten(lists), counts


def ends_of(counts: Integers) -> Integers:
    """Where each row's items begin among all of them, and at last where they end."""
    ends = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=ends[1:])
    return ends
