"""Parquet files: cut into runs of row groups, and read by Arrow, only the columns needed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from mixbuild.core import explained
from mixbuild.sources.columns import leaves
from mixbuild.sources.formats.footer import chunks
from mixbuild.sources.formats.opened import fetch_ahead, is_remote, open_ranges
from mixbuild.sources.formats.weights import cut, give_back
from mixbuild.sources.legend import Said, of_arrow
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS, Place, Run

RUN_BYTES = 64 * 2**20
"""A file with more source text than this is cut into several runs."""

BUFFER_BYTES = 8 * 2**20
"""How much of each column is read at a time where a row group is too large to be read whole."""

GAP_BYTES = 64 * 2**10
"""What is sooner fetched than asked for around."""

PAGE_BYTES = 2**16
"""How much of each column of a local file is read at a time, unless a page of it is larger."""

WEIGHED_ROWS = 32
"""How many rows of a local file are read once more, to learn what they weigh."""

REMOTE_ROWS = 4_096
"""The most rows of a batch over the network, where reading some twice would be a request more."""

HEAVY_BYTES = 64 * 2**20
"""What rows may come to that are read to be weighed."""

SHARED_BYTES = 16 * 2**10
"""What a column must hold at least for it to matter whether rows share its values."""

SHARED_BITS = 2
"""Rows that take fewer bits each than this to name their values are of few values."""


def look(place: Place, names: Sequence[str]) -> Iterator[tuple[str, pq.FileMetaData, Said]]:
    """Each file's name and footer, and what it says of its columns.

    Raises:
        SourceError: a file is damaged, or the network failed for good.
    """
    for name in names:
        with explained(f"{place.label}: {name}"), open_ranges(place.address(name)) as file:
            footer = pq.read_metadata(file)
            said = of_arrow(footer.schema.to_arrow_schema(), by=name)
        yield name, footer, said


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


def read(run: Run, schema: pa.Schema, *, where: str) -> Iterator[pa.RecordBatch]:
    """Stream a run's rows, with what the file has of the schema's columns, in the file's types.

    Texts that a file stores once for many rows stay shared until the rows are cut, by what they
    weigh, into batches that can be held.

    Raises:
        SourceError: a row is larger than can be held.
    """
    start, stop = run.row_groups or (0, 0)
    if start == stop:
        return
    with open_ranges(run.address) as file:
        footer = pq.read_metadata(file)
        names = list(_present(footer.schema.to_arrow_schema(), schema))
        # what is needed is fetched in as few requests as can be, unless it would fill the memory
        large = any(footer.row_group(at).total_byte_size > RUN_BYTES for at in range(start, stop))
        held_bytes = (BUFFER_BYTES if large else 0) if is_remote(run.address) else PAGE_BYTES
        reader = functools.partial(
            pq.ParquetFile, file, metadata=footer, pre_buffer=False, buffer_size=held_bytes
        )
        found = list(chunks(footer, range(start, stop), names))
        ranges = _joined(map(_place, found))
        if sum(stop - start for start, stop in ranges) <= RUN_BYTES:
            fetch_ahead(file, ranges)
        sharing = _shareable(found)
        rows, is_shared = REMOTE_ROWS, any(map(_is_shared, found))
        if not is_remote(run.address):  # over the network, it would be requests more
            weights = _first_weights(reader(), start, names)
            first_group = found[: len(found) // (stop - start)]
            stored = sum(each.total_uncompressed_size for each in first_group)
            # a reader holds the values of the whole group, however few rows were weighed
            give_back(stored + sum(weights))
            is_shared = is_shared or sum(weights) > stored
            rows = max(1, BATCH_BYTES // max(1, _others(weights)))
        if is_shared and not any("." in each.path_in_schema for each in found):
            rows = run.batch_rows  # what is shared is cut after it was read
        batches = reader(read_dictionary=sharing if is_shared else ()).iter_batches(
            min(run.batch_rows, rows),
            row_groups=range(start, stop),
            columns=names,
            use_threads=False,
        )
        if not is_shared:
            for batch in batches:
                give_back(batch.nbytes)  # what was let go of while it grew
                yield batch
                del batch
            return
        first = run.first_row
        for batch in batches:
            yield from cut(batch, BATCH_BYTES, where=where, first=first)
            first += batch.num_rows


def _place(chunk: pq.ColumnChunkMetaData) -> tuple[int, int]:
    """Where a column chunk begins and ends in its file."""
    first = chunk.data_page_offset
    if chunk.has_dictionary_page:
        first = min(first, chunk.dictionary_page_offset)
    return first, first + chunk.total_compressed_size


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges in their order, as one where hardly anything lies between them.

    >>> _joined([(4, 10), (10, 20), (2_000_000, 2_000_005)])
    [(4, 20), (2000000, 2000005)]
    """
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(ranges):
        if joined and start - joined[-1][1] <= GAP_BYTES:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _shareable(found: Iterable[pq.ColumnChunkMetaData]) -> list[str]:
    """The columns whose texts can stay shared; Arrow does not do it within lists and structs."""
    texts = (each for each in found if each.physical_type == "BYTE_ARRAY")
    return sorted({each.path_in_schema for each in texts if "." not in each.path_in_schema})


def _first_weights(parquet: pq.ParquetFile, group: int, names: Sequence[str]) -> list[int]:
    """What each of the first rows of a row group weighs; read one by one, since one may be huge."""
    weights: list[int] = []
    for row in parquet.iter_batches(1, row_groups=[group], columns=names, use_threads=False):
        weights.append(row.nbytes)
        del row
        if len(weights) == WEIGHED_ROWS or sum(weights) - max(weights) > HEAVY_BYTES:
            break
    return weights


def _others(weights: Sequence[int]) -> int:
    """What a row weighs on average, but for the heaviest, which tells nothing of the others.

    >>> _others([10, 60_000_000, 20, 30])
    20
    """
    others = sorted(weights)[:-1]
    return sum(others) // max(1, len(others))


def _is_shared(chunk: pq.ColumnChunkMetaData) -> bool:
    """Whether so little is stored for each value that many must share a large one.

    Beside the values that are shared, there are only the numbers by which rows name them.
    """
    if not chunk.has_dictionary_page or chunk.total_uncompressed_size < SHARED_BYTES:
        return False
    named = chunk.total_compressed_size - (chunk.data_page_offset - chunk.dictionary_page_offset)
    return bool(8 * named < SHARED_BITS * chunk.num_values)


def _present(found: pa.Schema, wanted: pa.Schema) -> Iterator[str]:
    """The columns, and fields within structs, that are wanted and there, as Parquet calls them."""
    for path in leaves(wanted):
        kind: pa.DataType | pa.Schema = found
        for depth, name in enumerate(path):
            if isinstance(kind, pa.DataType) and not pa.types.is_struct(kind):
                yield ".".join(path[:depth])
                break
            at = kind.get_field_index(name)
            if at < 0:
                break
            kind = kind.field(at).type
        else:
            yield ".".join(path)
