"""Every format that ``datasets`` reads and we do not: streamed by it, a file at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from mixbuild.errors import SchemaError
from mixbuild.slots import Path as ColumnPath
from mixbuild.sources.place import BATCH_ROWS, Place, Run
from mixbuild.trouble import patiently

if TYPE_CHECKING:  # importing datasets takes a second, which `list` and worker processes save
    from datasets import DatasetBuilder


def builder_of(place: Place, *, mirror: bool = False) -> DatasetBuilder:
    """What ``load_dataset_builder`` makes of a place; a mirror's only config will do."""
    from datasets import load_dataset_builder
    from datasets.packaged_modules.cache.cache import Cache

    def load(config: str | None) -> DatasetBuilder:
        builder = patiently(
            lambda: load_dataset_builder(place.path, config, revision=place.revision)
        )
        if isinstance(builder, Cache):
            raise ConnectionError("datasets offered what it had cached, of whatever commit")
        return builder

    try:
        return load(place.config)
    except ValueError as error:
        # a mirror may have only one config, under any name
        if not mirror or "BuilderConfig" not in str(error):
            raise
        return load(None)


def peek_schema(builder: DatasetBuilder, split: str) -> pa.Schema:
    """The columns of a split, read from its first rows where nothing declares them."""
    dataset = builder.as_streaming_dataset(split=split)
    if dataset.features is not None:
        return dataset.features.arrow_schema
    tables = dataset.with_format("arrow").iter(batch_size=BATCH_ROWS)
    try:
        return next(tables).schema
    except StopIteration:  # raised by datasets itself, too, for a file without a line
        return pa.schema([])


def runs(
    builder: DatasetBuilder, place: Place, split: str, addresses: Sequence[str]
) -> Iterator[Run]:
    """A run for each file; one for the split where ``datasets`` does not keep files apart."""
    parts = builder.as_streaming_dataset(split=split).num_shards
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
    dataset = builder_of(run.place).as_streaming_dataset(split=run.split)
    index, parts = run.part
    if parts > 1:
        dataset = dataset.shard(num_shards=parts, index=index)
    if names:
        dataset = dataset.select_columns(names)
    for table in dataset.with_format("arrow").iter(batch_size=run.batch_rows):
        for batch in table.combine_chunks().to_batches():
            yield batch if schema is None else _conform(batch, schema, run)


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
