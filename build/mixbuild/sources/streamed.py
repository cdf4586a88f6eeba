"""Every format that ``datasets`` reads and we do not: streamed by it, a file at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from mixbuild.core import SchemaError, patiently
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS, Place, Run
from mixbuild.sources.types import plainly

if TYPE_CHECKING:  # importing datasets takes a second, which `list` and worker processes save
    from datasets import DatasetBuilder, IterableDataset

PIECE_ROWS = 64
"""How many rows are asked of ``datasets`` at a time, which does not say how much they weigh."""


def builder_of(
    place: Place, files: Mapping[str, Sequence[str]], schema: pa.Schema | None = None
) -> DatasetBuilder:
    """What ``datasets`` makes of these files, by split; each is read under its very name."""
    from datasets import Features, load_dataset_builder
    from datasets.data_files import DataFilesDict, DataFilesList
    from datasets.packaged_modules.arrow.arrow import ArrowConfig
    from datasets.packaged_modules.csv.csv import CsvConfig
    from datasets.packaged_modules.json.json import JsonConfig
    from datasets.packaged_modules.parquet.parquet import ParquetConfig

    module = "csv" if place.format == "tsv" else place.format
    addresses = {split: [place.address(name) for name in names] for split, names in files.items()}
    # lists of this kind are not taken for patterns
    listed = DataFilesDict(
        {split: DataFilesList(each, [()] * len(each)) for split, each in addresses.items()}
    )
    options = {"sep": "\t"} if place.format == "tsv" else {}
    known = {"arrow": ArrowConfig, "csv": CsvConfig, "json": JsonConfig, "parquet": ParquetConfig}
    options |= {key: value for key, value in place.options.items() if hasattr(known[module], key)}
    if place.declared and schema is not None:
        options["features"] = Features.from_arrow_schema(schema)
    return patiently(lambda: load_dataset_builder(module, data_files=listed, **options))


def declared_schema(features: object) -> pa.Schema | None:
    """The columns that a card lists, in Arrow's types; None where it does not."""
    if not features:
        return None
    from datasets import Features

    schema: pa.Schema = Features._from_yaml_list(features).arrow_schema
    return schema


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


def runs(place: Place, split: str, names: Iterable[str]) -> Iterator[Run]:
    """A run for each file."""
    for name in names:
        yield Run(place, split, name)


def read(
    run: Run, columns: Iterable[ColumnPath], schema: pa.Schema | None
) -> Iterator[pa.RecordBatch]:
    """Stream a run's rows."""
    names = list(dict.fromkeys(path[0] for path in columns))
    try:
        dataset = stream(builder_of(run.place, {run.split: [run.file]}, schema), run.split)
    except StopIteration:  # a file without a row
        return
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
