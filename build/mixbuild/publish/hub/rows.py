"""The published rows of a split, read from the Hub as they lie there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import HfApi, HfFileSystem

from mixbuild.core import explained, patiently
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.publish.ends import as_declared
from mixbuild.publish.formats import back, columns_of
from mixbuild.publish.hub.remote import Remote
from mixbuild.publish.manifest import PublishedSplit
from mixbuild.sources import bounded

BATCH_ROWS = 4_096
BATCH_BYTES = 4 * 2**20
"""How much text a batch holds, about, if its rows are so long that fewer make as much."""


def batch_rows(split: PublishedSplit) -> int:
    """How many rows of a split to read at once, by how long they are on average."""
    fitting = BATCH_BYTES * split.rows // max(1, split.text_bytes)
    return max(1, min(BATCH_ROWS, fitting)) if split.rows else BATCH_ROWS


def published_rows(
    api: HfApi,
    remote: Remote,
    entry: PublishedSplit,
    *,
    columns: Sequence[str],
    row_format: RowFormat = CANONICAL,
) -> Iterator[pa.RecordBatch]:
    """Stream the rows of a split in order, only the columns that are asked for.

    Args:
        api: with the endpoint and the token.
        remote: the repo at a commit.
        entry: what the published manifest says of the split.
        columns: their names.
        row_format: in which the rows lie there.

    Raises:
        SourceError: a file cannot be read.
    """
    rows = batch_rows(entry)
    read = list(columns) if row_format == CANONICAL else columns_of(row_format).names
    files = HfFileSystem(endpoint=api.endpoint, token=api.token)
    for shard in entry.shards:
        address = f"datasets/{remote.repo}@{remote.commit}/{shard.path}"
        with (
            explained(f"{remote.label}: {shard.path}"),
            bounded(),
            patiently(partial(files.open, address)) as file,
        ):
            if shard.path.endswith(".parquet"):
                batches = pq.ParquetFile(file, pre_buffer=False).iter_batches(
                    rows, columns=read, use_threads=False
                )
            else:
                batches = pa.ipc.open_stream(file)
            for batch in batches:
                if row_format != CANONICAL:
                    batch = back(as_declared(batch, columns_of(row_format)), row_format)
                yield batch.select(list(columns))
