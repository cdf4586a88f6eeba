"""Parquet files as the Hub likes them, cut by their rows alone.

However the batches come, the same rows make the same files, byte for byte: row
groups are cut after a number of rows or of bytes of text, files after a number
of bytes of text that depends on their place alone, and each row group is written in one piece.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mixbuild.core import SCHEMA, put_in_place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

GROUP_ROWS = 10_000
GROUP_BYTES = 128 * 2**20
"""The most text in one row group, if it has more than one row: the viewer scans 300 MB at most."""

FILE_BYTES = 8 * 2**20
"""A file that holds this much text is closed, and the next one begun: whoever streams reads several
files at once, and shuffles them. The more there are, the larger the next ones become."""

FILES_ALIKE = 64
"""So many files are alike, the next ones twice as large: a split never has thousands of them."""

CHUNKING = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}
"""Content-defined, as in ``datasets``: when rows are inserted, few of the others are re-sent."""

FEW = ("completion", "task", "template", "source")
"""The columns whose values come often enough for a dictionary."""


def settings(few: Sequence[str] = FEW) -> dict[str, object]:
    """How a file is written.

    Args:
        few: the columns that have a dictionary, by their places in the file.
    """
    return {
        "compression": "zstd",
        "use_content_defined_chunking": CHUNKING,
        "write_page_index": True,
        "use_dictionary": list(few),
    }


METADATA = {
    "content_defined_chunking": json.dumps(CHUNKING),
    "use_content_defined_chunking": json.dumps(CHUNKING),  # the one that the viewer looks for
}


def metadata_of(schema: pa.Schema) -> pa.Schema:
    """A schema that says what ``datasets`` makes of its columns, in words of its every release."""
    features = {field.name: _feature(field.type) for field in schema}
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _feature(kind: pa.DataType) -> object:
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    if not pa.types.is_list(kind):
        return {"dtype": "string", "_type": "Value"}
    feature = _feature(kind.value_type)
    # readers before datasets 4 know a list by the name Sequence only, and one of structs, which
    # that would turn inside out, by brackets
    return (
        [feature]
        if pa.types.is_struct(kind.value_type)
        else {"feature": feature, "_type": "Sequence"}
    )


PUBLISHED_SCHEMA = metadata_of(SCHEMA)

Group = tuple[pa.RecordBatch, int]
"""The rows of a row group in one piece, and the bytes of their texts."""


def row_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[Group]:
    """Cut rows into row groups, wherever the batches end."""
    held: list[pa.RecordBatch] = []
    held_rows = held_bytes = 0
    for batch in batches:
        sizes = text_bytes(batch)
        start = 0
        while start < batch.num_rows:
            sums = held_bytes + np.cumsum(sizes[start : start + GROUP_ROWS - held_rows])
            # up to the row that fills the group; that row too when it is the group's first
            fits = int(np.searchsorted(sums, GROUP_BYTES, side="right"))
            if not fits and not held_rows:
                fits = 1
            if fits:
                held.append(batch.slice(start, fits))
                held_rows, held_bytes = held_rows + fits, int(sums[fits - 1])
                start += fits
            if held_rows == GROUP_ROWS or fits < len(sums):
                yield pa.concat_batches(held), held_bytes
                held, held_rows, held_bytes = [], 0, 0
    if held:
        yield pa.concat_batches(held), held_bytes


def text_bytes(batch: pa.RecordBatch) -> npt.NDArray[np.int64]:
    """The bytes of each row's texts, in UTF-8. Shape (batch.num_rows,).

    >>> text_bytes(pa.record_batch({"a": ["é", ""], "b": [["x", "yz"], []]})).tolist()
    [5, 0]
    """
    total = np.zeros(batch.num_rows, dtype=np.int64)
    for column in batch.columns:
        if pa.types.is_list(column.type):
            parents = pc.list_parent_indices(column).to_numpy(zero_copy_only=False)
            items = pc.binary_length(pc.list_flatten(column)).to_numpy(zero_copy_only=False)
            total += np.bincount(parents, items, len(column)).astype(np.int64)
        else:
            total += pc.binary_length(column).to_numpy(zero_copy_only=False)
    return total


def _file_bytes(count: int) -> int:
    """How much text the last of so many files holds, at least, before another is begun."""
    return FILE_BYTES << ((count - 1) // FILES_ALIKE)


class _Hashed(io.BufferedWriter):
    """A file that is hashed as it is written, so that nobody need read it for that."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "wb"))
        self.sha256 = hashlib.sha256()

    def write(self, data: ReadableBuffer) -> int:
        """Append bytes."""
        self.sha256.update(data)
        return super().write(data)


class File:
    """A file of row groups: Parquet, or an Arrow stream in which each is one batch."""

    def __init__(self, path: Path, schema: pa.Schema, *, suffix: str, few: Sequence[str]) -> None:
        self.path = path
        self.rows = self.text_bytes = 0
        self._schema = schema
        self._hashed = _Hashed(path)
        self._is_open = True
        self._writer: pq.ParquetWriter | pa.RecordBatchStreamWriter
        if suffix == "parquet":
            self._writer = pq.ParquetWriter(self._hashed, schema, **settings(few))
            self._writer.add_key_value_metadata(METADATA)
        else:
            self._writer = pa.ipc.new_stream(self._hashed, schema.remove_metadata())

    @property
    def sha256(self) -> str:
        """Of what is written of it so far."""
        return self._hashed.sha256.hexdigest()

    def write(self, group: pa.RecordBatch, size: int) -> None:
        """Append a row group with ``size`` bytes of text."""
        table = pa.Table.from_batches([group]).cast(self._schema)
        self._writer.write_table(table, group.num_rows)
        self.rows += group.num_rows
        self.text_bytes += size

    def close(self) -> None:
        """Write its end, unless that is done."""
        if self._is_open:
            self._is_open = False
            try:
                self._writer.close()
            finally:
                if isinstance(self._writer, pq.ParquetWriter):
                    self._writer.is_open = False  # else it would try once more when it is forgotten
                self._hashed.close()

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # of a full disk: what is not finished is removed
            self.close()


Finished = tuple[Path, int, str]
"""Path, rows and SHA-256 of a file."""


def partial_file(folder: Path, stem: str, number: int) -> Path:
    """Where a file lies while others are to come: how many, which is in its name, is not known."""
    return folder / f"{stem}-{number:05d}.partial"


def named(files: Sequence[Finished], folder: Path, stem: str, *, suffix: str) -> list[Finished]:
    """Give all files of a split their names, ``<stem>-NNNNN-of-NNNNN.<suffix>``.

    Without rows there are none: ``datasets`` cannot read a file without row groups.
    """
    finished = []
    for index, (partial, rows, sha256) in enumerate(files):
        path = folder / f"{stem}-{index:05d}-of-{len(files):05d}.{suffix}"
        put_in_place(partial, path)
        finished.append((path, rows, sha256))
    return finished


def runs(groups: Iterable[Group]) -> Iterator[tuple[int, int]]:
    """Of each file of a split, the numbers of its first row and of the first row after it."""
    start = stop = held = count = 0
    for group, size in groups:
        if stop > start and held >= _file_bytes(count + 1):
            yield start, stop
            start, held, count = stop, 0, count + 1
        stop, held = stop + group.num_rows, held + size
    if stop > start:
        yield start, stop


class Files:
    """The files of a split in a folder, none of them there before all are.

    Use as a context manager; ``finish`` within it. What was begun and not finished is removed.
    """

    def __init__(
        self,
        folder: Path,
        stem: str,
        *,
        suffix: str = "parquet",
        schema: pa.Schema = PUBLISHED_SCHEMA,
        few: Sequence[str] = FEW,
    ) -> None:
        self._folder, self._stem, self._suffix = folder, stem, suffix
        self._schema, self._few = schema, few
        self._files: list[File] = []

    def write(self, group: pa.RecordBatch, size: int) -> Path | None:
        """Append a row group with ``size`` bytes of text; return the file that was full before."""
        full = None
        if self._files and self._files[-1].text_bytes >= _file_bytes(len(self._files)):
            self._files[-1].close()
            full = self._files[-1].path
        if full is not None or not self._files:
            path = partial_file(self._folder, self._stem, len(self._files))
            self._files.append(File(path, self._schema, suffix=self._suffix, few=self._few))
        self._files[-1].write(group, size)
        return full

    def finish(self) -> list[Finished]:
        """Give the files their names."""
        if self._files:
            self._files[-1].close()
        written = [(file.path, file.rows, file.sha256) for file in self._files]
        return named(written, self._folder, self._stem, suffix=self._suffix)

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            for file in self._files[-1:]:
                file.__exit__(*error)
        finally:
            for file in self._files:
                file.path.unlink(missing_ok=True)
