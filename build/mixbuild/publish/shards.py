"""The rows of a build, as whoever publishes or delivers them reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mixbuild.core import VerifyError
from mixbuild.curate import gather, kept, read_selected
from mixbuild.make import BuiltSplit, read_shard


def read_shards(out: Path, entry: BuiltSplit) -> Iterator[pa.RecordBatch]:
    """The rows of a split of a build in order, each shard held against the manifest as it passes.

    Rows that are taken out are not among them.

    The digest of what is published is taken of these very rows: only so is it that of the build.

    Raises:
        VerifyError: a shard cannot be read, or is not what the manifest says.
    """
    if (selected := entry.selected) is not None:
        shards = [(out / shard.path, shard) for shard in selected.shards]
        yield from _as_told(out, gather(read_selected(out, selected), shards))
        return
    for shard, mask in zip(entry.shards, kept(out, entry), strict=True):
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
