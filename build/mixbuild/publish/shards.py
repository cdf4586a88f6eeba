"""The rows of a build, as whoever publishes or delivers them reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixbuild.core import VerifyError
from mixbuild.curate import (
    GATHERED_ROWS,
    SELECTION,
    Mapped,
    gather,
    kept,
    open_selected,
    read_selected,
)
from mixbuild.make import BuiltSplit, Shard, read_shard

_opened: dict[tuple[str, str], Mapped] = {}
"""The shards, by path and digest, of which pieces were read in this process: mapped, not held."""


def _open_once(path: Path, shard: Shard) -> Mapped:
    """A shard, which is compared with what it is to hold for the first of its pieces alone."""
    key = (str(path), shard.content_digest)
    if key not in _opened:
        _opened[key] = Mapped(path, shard)
    return _opened[key]


def pieces(entry: BuiltSplit) -> Sequence[int]:
    """The numbers of a split's pieces, which can be read apart: of its shards, or of its order."""
    if entry.selected is None:
        return range(len(entry.shards))
    return range(-(-entry.rows // GATHERED_ROWS))


def read_pieces(out: Path, entry: BuiltSplit, numbers: Collection[int]) -> Iterator[pa.RecordBatch]:
    """Some pieces of a split, in order; all of them are what ``read_shards`` reads.

    Raises:
        VerifyError: as of ``read_shards``.
    """
    yield from _read(out, entry, frozenset(numbers))


class Reader:
    """The rows of a split by their numbers in it; the shards that it has opened stay mapped."""

    def __init__(self, out: Path, entry: BuiltSplit) -> None:
        """As of ``read_shards``.

        Raises:
            VerifyError: the selection or the removal is not what the manifest says.
        """
        self._out = out
        selected = entry.selected
        self._places: Callable[[int, int], Iterator[pa.RecordBatch]]
        self._shards = [(out / each.path, each) for each in (selected or entry).shards]
        if selected is not None:
            self._places = partial(_selected, open_selected(out, selected))
            return
        self._places = partial(
            _plain,
            [
                np.arange(each.rows) if mask is None else np.flatnonzero(mask)
                for each, mask in zip(entry.shards, kept(out, entry), strict=True)
            ],
        )

    def rows(self, start: int, stop: int) -> Iterator[pa.RecordBatch]:
        """Those with the numbers from ``start`` to before ``stop``.

        Raises:
            VerifyError: a shard cannot be read, or is not what the manifest says.
        """
        places = self._places(start, stop)
        yield from _as_told(self._out, gather(places, self._shards, opening=_open_once))


def _selected(
    file: pa.ipc.RecordBatchFileReader, start: int, stop: int
) -> Iterator[pa.RecordBatch]:
    """Some places of a selection, by their numbers."""
    step = file.get_batch(0).num_rows
    for index in range(start // step, -(-stop // step)):
        first = index * step
        yield file.get_batch(index).slice(max(0, start - first), stop - max(start, first))


def _plain(kept_rows: Sequence[np.ndarray], start: int, stop: int) -> Iterator[pa.RecordBatch]:
    """The places of some rows of shards that are read one after the other."""
    first = 0
    for index, rows in enumerate(kept_rows):
        wanted = rows[max(0, start - first) : max(0, stop - first)]
        shard, copy = (np.full(len(wanted), each, np.int32) for each in (index, 0))
        if len(wanted):
            yield pa.record_batch([shard, wanted, copy], schema=SELECTION)
        first += len(rows)


def read_shards(out: Path, entry: BuiltSplit) -> Iterator[pa.RecordBatch]:
    """The rows of a split of a build in order, each shard held against the manifest as it passes.

    Rows that are taken out are not among them.

    The digest of what is published is taken of these very rows: only so is it that of the build.

    Raises:
        VerifyError: a shard cannot be read, or is not what the manifest says.
    """
    yield from _read(out, entry, None)


def _read(
    out: Path, entry: BuiltSplit, numbers: Collection[int] | None
) -> Iterator[pa.RecordBatch]:
    if (selected := entry.selected) is not None:
        places = enumerate(read_selected(out, selected))
        wanted = (batch for number, batch in places if numbers is None or number in numbers)
        shards = [(out / shard.path, shard) for shard in selected.shards]
        opening = Mapped if numbers is None else _open_once
        yield from _as_told(out, gather(wanted, shards, opening=opening))
        return
    for number, (shard, mask) in enumerate(zip(entry.shards, kept(out, entry), strict=True)):
        if numbers is not None and number not in numbers:
            continue
        first = 0
        for batch in _as_told(out, read_shard(out / shard.path, shard)):
            end = first + batch.num_rows
            yield batch if mask is None else batch.filter(pa.array(mask[first:end]))
            first = end


def _as_told(out: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches; whoever cannot read them is told what to do."""
    try:
        yield from batches
    except VerifyError as error:
        raise VerifyError(
            f"{error}; delete it if it is there, then run make --out {out} again"
        ) from error
