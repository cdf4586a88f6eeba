"""The rows of a build, as whoever publishes or delivers them reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from mixbuild.core import VerifyError
from mixbuild.curate import GATHERED_ROWS, Mapped, gather, kept, read_selected
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
