"""Rows of a pool, read by their numbers: few of many, wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from mixbuild.core import SCHEMA
from mixbuild.curate.quality.pool import Numbers, Pool
from mixbuild.make import read_shard


def rows_at(pool: Pool, numbers: Numbers, columns: Sequence[str] = SCHEMA.names) -> pa.Table:
    """Some rows of a pool.

    Args:
        pool: the rows.
        numbers: of those that are wanted, in order, each once.
        columns: of which.

    Raises:
        VerifyError: a shard is not what the manifest says.
    """
    schema = pa.schema([SCHEMA.field(name) for name in columns])
    found = []
    of = np.searchsorted(pool.starts, numbers, "right") - 1
    for index in np.unique(of):
        part = pool.parts[index]
        wanted = numbers[of == index] - part.start
        first = 0
        for batch in read_shard(part.path, part.shard):
            low, high = np.searchsorted(wanted, (first, first + batch.num_rows))
            if low < high:
                found.append(batch.select(columns).take(pa.array(wanted[low:high] - first)))
            first += batch.num_rows
    return pa.Table.from_batches(found, schema)


class Ids:
    """The ids of those rows of a pool that show something of others."""

    def __init__(self, pool: Pool) -> None:
        """Read them.

        Raises:
            VerifyError: a shard is not what the manifest says.
        """
        showing = [pool.shown_by, *(note.shown_by for note in pool.notes)]
        numbers = np.unique(np.concatenate(showing))
        self._numbers = numbers[numbers >= 0]
        self._ids = rows_at(pool, self._numbers, ["id"]).column("id")

    def of(self, rows: Numbers) -> pa.StringArray:
        """The id of each row; null for -1."""
        at = pa.array(np.searchsorted(self._numbers, rows), mask=rows < 0)
        return self._ids.take(at).combine_chunks().cast(pa.string())
