"""Containers that rows are delivered in: JSON lines (plain, gzip, zstd), Parquet, Arrow.

A writer takes row groups and makes one file of them, whole or not at all. The same groups make the
same bytes.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from mixbuild.core import UsageError, one_of, whole_file
from mixbuild.publish.parquet import metadata_of, settings

if TYPE_CHECKING:
    from types import TracebackType
    from typing import IO

JSONL, PARQUET, ARROW = "jsonl", "parquet", "arrow"
CONTAINERS = (PARQUET, JSONL, "jsonl.gz", "jsonl.zst", ARROW)
"""Each is named as its files end."""

STRANGE = ("json", "ndjson", "csv", "tsv", "txt", "gz", "zst", "bz2", "xz", "zip", "feather")
"""Endings of files that are none of ours: no folder is meant by them."""

GZIP_LEVEL = 6

Write = Callable[[pa.RecordBatch], None]


def container_of(path: Path) -> str | None:
    """The container that a file's name asks for; None for a folder's.

    >>> container_of(Path("out/train.jsonl.gz")), container_of(Path("out/mix"))
    ('jsonl.gz', None)

    Raises:
        UsageError: it is named like a file that is none of ours.
    """
    for container in sorted(CONTAINERS, key=len, reverse=True):
        if path.name.endswith(f".{container}"):
            return container
    if path.suffix[1:].lower() in STRANGE:
        known = [f".{each}" for each in CONTAINERS]
        raise UsageError(f"{path}: {one_of('ending', path.suffix, known)}; or name a folder")
    return None


def expect_writer(container: str) -> None:
    """Refuse JSON lines where the package that writes them is not installed: 180 MB, and an extra.

    Raises:
        UsageError: how to install it.
    """
    if container.startswith(JSONL):
        try:
            import polars  # noqa: F401 - whether it is there; a quarter of a second
        except ImportError:
            raise UsageError(
                "JSON lines are written by the package polars, which is not installed; run "
                "pip install 'instruct_mix[json]', or ask for .parquet"
            ) from None


class Written:
    """A file that is being written; as a context manager, it is there at the end, or not at all."""

    def __init__(self, path: Path, schema: pa.Schema, container: str, *, few: list[str]) -> None:
        self.rows = 0
        self._path, self._schema, self._container, self._few = path, schema, container, few
        self._open = ExitStack()

    def __enter__(self) -> Written:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._open.enter_context(whole_file(self._path))
        sink = self._open.enter_context(partial.open("wb"))
        self._write = self._writer(sink)
        return self

    def write(self, group: pa.RecordBatch) -> None:
        """Append a row group."""
        self._write(group)
        self.rows += group.num_rows

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def _writer(self, sink: IO[bytes]) -> Write:
        if self._container == PARQUET:
            return self._parquet(sink)
        if self._container == ARROW:
            stream = self._open.enter_context(pa.ipc.new_stream(sink, self._schema))
            write: Write = stream.write_batch
            return write
        return self._lines(sink)

    def _parquet(self, sink: IO[bytes]) -> Write:
        schema = metadata_of(self._schema)
        file = self._open.enter_context(pq.ParquetWriter(sink, schema, **settings(self._few)))

        def write(group: pa.RecordBatch) -> None:
            table = pa.Table.from_batches([group]).cast(schema)
            file.write_table(table, row_group_size=group.num_rows)

        return write

    def _lines(self, sink: IO[bytes]) -> Write:
        import polars

        target: IO[bytes] | pa.NativeFile = sink
        if self._container.endswith(".gz"):
            # without a time and a name, which would make other bytes of the same rows
            target = gzip.GzipFile("", "wb", GZIP_LEVEL, sink, mtime=0)
        elif self._container.endswith(".zst"):
            # one frame: some readers see no more than the first
            target = pa.CompressedOutputStream(pa.PythonFile(sink), "zstd")
        if target is not sink:
            self._open.enter_context(target)

        def write(group: pa.RecordBatch) -> None:
            polars.from_arrow(pa.Table.from_batches([group])).write_ndjson(target)

        return write
