"""What a Parquet footer says of the column chunks that are read, once it is known to be sound.

Arrow's footer ends the whole process over some damage as soon as a column chunk is asked for; its
reader, which has to look at the same chunks first, says what is wrong.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq


class _Reached(Exception):  # noqa: N818  # it is the good end
    """The reader went beyond the footer."""


class _NoPages(io.RawIOBase):
    """A file of any size that has no pages."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:  # noqa: ARG002 - Python's own
        return offset

    def tell(self) -> int:
        return 2**62

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - Python's own
        raise _Reached


def chunks(
    footer: pq.FileMetaData, groups: Sequence[int], names: Sequence[str]
) -> Iterator[pq.ColumnChunkMetaData]:
    """What row groups have of the columns.

    Args:
        footer: of the file.
        groups: numbers of row groups.
        names: of columns, and of fields within structs, as Parquet calls them.

    Raises:
        OSError: the footer is damaged.
    """
    file = pa.PythonFile(_NoPages(), mode="r")
    # a buffer, or it would read the first column before it looks at the others; and no threads of
    # Arrow's, which call Python to read and may never come back at the end of the process
    reader = pq.ParquetFile(file, metadata=footer, buffer_size=1, pre_buffer=False)
    paths = (footer.schema.column(at).path for at in range(footer.num_columns))
    found = [
        at
        for at, path in enumerate(paths)
        if any(f"{path}.".startswith(f"{name}.") for name in names)
    ]
    for group in groups:
        with contextlib.suppress(_Reached):
            next(reader.iter_batches(1, row_groups=[group], columns=names, use_threads=False), None)
        yield from map(footer.row_group(group).column, found)
