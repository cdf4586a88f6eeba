"""Every format that ``datasets`` reads and we do not: streamed by it, a file at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from mixbuild.core import SchemaError, SourceError, one_of, patiently
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS, Place, Run
from mixbuild.sources.types import plainly

if TYPE_CHECKING:  # importing datasets takes a second, which `list` and worker processes save
    from datasets import DatasetBuilder, IterableDataset

PIECE_ROWS = 64
"""How many rows are asked of ``datasets`` at a time, which does not say how much they weigh."""


def builder_of(place: Place, *, mirror: bool = False) -> DatasetBuilder:
    """What ``load_dataset_builder`` makes of a place; a mirror's only config will do."""
    from datasets import load_dataset_builder
    from datasets.packaged_modules.cache.cache import Cache

    path, folder = place.loaded

    def load(config: str | None) -> DatasetBuilder:
        builder = patiently(
            lambda: load_dataset_builder(path, config, data_dir=folder, revision=place.revision)
        )
        if isinstance(builder, Cache):
            raise ConnectionError("datasets offered what it had cached, of whatever commit")
        return builder

    try:
        return load(place.config)
    except ValueError as error:
        # a mirror may have only one config, under any name
        if mirror and "BuilderConfig" in str(error):
            return load(None)
        listed = re.search(r"(?:configs|Available): \[(.*?)\]", str(error))
        if listed is None:
            raise
        known = re.findall(r"'(.*?)'", listed[1])
        if place.config is None:
            raise SourceError(
                f"{place.label}: has several configs; name one of them: {', '.join(known)}"
            ) from None
        raise SourceError(f"{place.label}: {one_of('config', place.config, known)}") from None


def peek_schema(builder: DatasetBuilder, splits: Iterable[str]) -> pa.Schema | None:
    """The columns of the first split that has rows, read from these; None when none has."""
    for split in splits:
        try:
            dataset = stream(builder, split)
            if dataset.features is not None:
                return dataset.features.arrow_schema
            # of CSV alone, of which datasets holds more rows than these at a time
            return next(dataset.with_format("arrow").iter(batch_size=BATCH_ROWS)).schema
        except StopIteration:
            continue
    return None


def stream(builder: DatasetBuilder, split: str) -> IterableDataset:
    """A split's rows.

    Of JSON, ``datasets`` takes the columns from the split that it knows first, and fails for
    every split when that one has no row; then another is put first.

    Raises:
        StopIteration: none of the splits has a row, and nothing declares the columns.
    """
    files = builder.config.data_files
    for first in list(files)[:-1]:
        try:
            return builder.as_streaming_dataset(split=split)
        except StopIteration:
            rest = {each: files[each] for each in files if each != first}
            files = builder.config.data_files = type(files)({**rest, first: files[first]})
    return builder.as_streaming_dataset(split=split)


def runs(
    builder: DatasetBuilder, place: Place, split: str, addresses: Sequence[str]
) -> Iterator[Run]:
    """A run for each file; one for the split where ``datasets`` does not keep files apart."""
    parts = stream(builder, split).num_shards
    if parts != len(addresses):
        yield Run(place, split, split, "")
        return
    for index, address in enumerate(addresses):
        yield Run(place, split, place.name(address), address, part=(index, parts))


def read(
    run: Run, columns: Iterable[ColumnPath], schema: pa.Schema | None
) -> Iterator[pa.RecordBatch]:
    """Stream a run's rows."""
    names = list(dict.fromkeys(path[0] for path in columns))
    dataset = stream(builder_of(run.place), run.split)
    index, parts = run.part
    if parts > 1:
        dataset = dataset.shard(num_shards=parts, index=index)
    if names:
        dataset = dataset.select_columns(names)
    pieces = plainly(_pieces(dataset.with_format("arrow")))
    if schema is not None:
        pieces = (_conform(piece, schema, run) for piece in pieces)
    yield from _gathered(pieces, run.batch_rows)


def _pieces(dataset: IterableDataset) -> Iterator[pa.RecordBatch]:
    for table in dataset.iter(batch_size=PIECE_ROWS):
        yield from table.combine_chunks().to_batches()


def _gathered(pieces: Iterable[pa.RecordBatch], most: int) -> Iterator[pa.RecordBatch]:
    """Batches of ``most`` rows, or of fewer that weigh ``BATCH_BYTES`` together."""
    held: list[pa.RecordBatch] = []
    rows = weight = 0
    for piece in pieces:
        if held and (rows + piece.num_rows > most or not piece.schema.equals(held[0].schema)):
            yield pa.concat_batches(held)
            held, rows, weight = [], 0, 0
        held.append(piece)
        rows += piece.num_rows
        weight += piece.nbytes
        if weight >= BATCH_BYTES:
            yield pa.concat_batches(held)
            held, rows, weight = [], 0, 0
    if held:
        yield pa.concat_batches(held)


def _conform(batch: pa.RecordBatch, schema: pa.Schema, run: Run) -> pa.RecordBatch:
    """The batch, in the types of the schema that the task was bound to.

    Formats that declare no types have them guessed, file by file; a guess may differ in
    what is no difference, such as the size of an integer, but not in more.

    Raises:
        SchemaError: a column of this file is of another kind than the source's first.
    """
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        wanted = schema.field(name).type
        if column.type != wanted and not _is_alike(column.type, wanted):
            raise SchemaError(
                f"{run.place.label}: {run.file}: expected {name!r} to be {wanted}, as in "
                f"the source's first file, got {column.type}; declare its type in the source's card"
            )
        columns.append(column if column.type == wanted else column.cast(wanted))
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _is_alike(got: pa.DataType, wanted: pa.DataType) -> bool:
    families = (
        (pa.types.is_integer,),
        (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
    )
    return pa.types.is_null(got) or any(
        any(test(got) for test in family) and any(test(wanted) for test in family)
        for family in families
    )
