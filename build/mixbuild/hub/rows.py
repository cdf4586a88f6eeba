"""The published rows of a split, read from the Hub as they lie there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from huggingface_hub import HfApi, HfFileSystem

from mixbuild.hub.remote import Remote
from mixbuild.trouble import explained

BATCH_ROWS = 4_096


def published_rows(
    api: HfApi, remote: Remote, entry: Mapping[str, Any], *, columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Stream the rows of a split in order, only the columns that are asked for.

    Args:
        api: with the endpoint and the token.
        remote: the repo at a commit.
        entry: what the published manifest says of the split.
        columns: their names.

    Raises:
        SourceError: a file cannot be read.
    """
    files = HfFileSystem(endpoint=api.endpoint, token=api.token)
    for shard in entry["shards"]:
        address = f"datasets/{remote.repo}@{remote.commit}/{shard['path']}"
        with explained(f"{remote.label}: {shard['path']}"), files.open(address) as file:
            if shard["path"].endswith(".parquet"):
                batches = pq.ParquetFile(file).iter_batches(BATCH_ROWS, columns=list(columns))
            else:
                batches = pa.ipc.open_stream(file)
            for batch in batches:
                yield batch.select(list(columns))
