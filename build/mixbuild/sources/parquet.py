"""Parquet files: cut into runs of row groups, and read by Arrow, only the columns needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from mixbuild.core import explained
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS, Place, Run

RUN_BYTES = 64 * 2**20
"""A file with more source text than this is cut into several runs."""

BUFFER_BYTES = 8 * 2**20
"""How much of each column is read at a time where a row group is too large to be read whole."""

WEIGHED_ROWS = 256
"""How many rows of a local file are read once more, to learn what they weigh."""

REMOTE_ROWS = 4_096
"""The most rows of a batch over the network, where reading some twice would be a request more."""

Footers: TypeAlias = Mapping[str, Sequence[tuple[str, pq.FileMetaData]]]
"""By split, each file's name and footer."""


def read_footers(
    place: Place, files: Mapping[str, Sequence[str]], declared: pa.Schema | None
) -> tuple[pa.Schema | None, Footers | None]:
    """The columns of Parquet files, and their footers by split.

    The footers are None when a file must be cast to what is declared, or to what
    the others have: that is for ``datasets`` to do.
    """
    footers: dict[str, list[tuple[str, pq.FileMetaData]]] = {split: [] for split in files}
    for split, names in files.items():
        for name in names:
            with explained(f"{place.label}: {name}"), _open(place.address(name)) as file:
                footer = pq.read_metadata(file)
                found = footer.schema.to_arrow_schema().remove_metadata()
                footers[split].append((name, footer))
            declared = declared or found
            if not declared.remove_metadata().equals(found):
                return declared, None
    return declared, footers


def runs(place: Place, split: str, footers: Iterable[tuple[str, pq.FileMetaData]]) -> Iterator[Run]:
    """Cut a split into runs: each file, and in a large file every ``RUN_BYTES``.

    The cut depends on the files alone, never on how many workers there are.
    """
    for name, footer in footers:
        groups = [footer.row_group(index) for index in range(footer.num_row_groups)]
        row_bytes = sum(group.total_byte_size for group in groups) // max(1, footer.num_rows)
        first_row = 0
        for start, stop in _stretches([group.total_byte_size for group in groups]):
            rows = sum(group.num_rows for group in groups[start:stop])
            yield Run(
                place,
                split,
                name,
                first_row=first_row,
                rows=rows,
                row_groups=(start, stop),
                batch_rows=max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, row_bytes))),
            )
            first_row += rows


def _stretches(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Stretches of row groups of at most ``RUN_BYTES``, or of one row group that is larger.

    >>> list(_stretches([30 * 2**20, 30 * 2**20, 30 * 2**20]))
    [(0, 2), (2, 3)]
    """
    start, held = 0, 0
    for index, size in enumerate(sizes):
        if index > start and held + size > RUN_BYTES:
            yield start, index
            start, held = index, 0
        held += size
    yield start, len(sizes)


def read(run: Run, columns: Iterable[ColumnPath]) -> Iterator[pa.RecordBatch]:
    """Stream a run's rows."""
    names = [".".join(path) for path in columns]
    start, stop = run.row_groups or (0, 0)
    with _open(run.address) as file:
        footer = pq.read_metadata(file)
        groups = range(start, stop)
        # a row group is fetched in as few requests as can be, unless it would fill the memory
        large = any(footer.row_group(index).total_byte_size > RUN_BYTES for index in groups)
        parquet = pq.ParquetFile(
            file,
            metadata=footer,
            pre_buffer=_is_remote(run.address) and not large,
            buffer_size=BUFFER_BYTES if large else 0,
        )
        # a footer counts what rows share once: they may weigh many times what it says
        most = REMOTE_ROWS if _is_remote(run.address) else _rows_of_a_batch(parquet, start, names)
        yield from parquet.iter_batches(
            min(run.batch_rows, most), row_groups=groups, columns=names, use_threads=False
        )


def _rows_of_a_batch(parquet: pq.ParquetFile, group: int, names: Sequence[str]) -> int:
    """How many rows hold ``BATCH_BYTES``, by the weight of a row group's first."""
    some = parquet.iter_batches(WEIGHED_ROWS, row_groups=[group], columns=names, use_threads=False)
    weighed = next(some, None)
    if weighed is None:
        return BATCH_ROWS
    row_bytes: int = weighed.nbytes // weighed.num_rows
    return max(1, BATCH_BYTES // max(1, row_bytes))


def _is_remote(address: str) -> bool:
    return address.startswith("hf://")


def _open(address: str) -> AbstractContextManager[BinaryIO]:
    if not _is_remote(address):
        # unlike Python's own, it reads without the interpreter
        local: AbstractContextManager[BinaryIO] = pa.OSFile(address, "rb")
        return local
    from huggingface_hub import HfFileSystem

    # Arrow asks for just the ranges that it needs, so a second read-ahead would only fetch more
    remote: AbstractContextManager[BinaryIO] = HfFileSystem().open(address, cache_type="none")
    return remote
