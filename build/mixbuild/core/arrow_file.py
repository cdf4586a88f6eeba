"""An Arrow file that is read by its batches: written beside, and there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from mixbuild.core.explain import explained_output
from mixbuild.core.files import whole_file


@contextmanager
def arrow_file(
    path: Path, schema: pa.Schema, *, compression: str | None = None
) -> Iterator[pa.ipc.RecordBatchFileWriter]:
    """Write an Arrow file; it has its name once the block ends, and is not there if that fails.

    Args:
        path: the file, in a folder that is there.
        schema: of its batches.
        compression: such as ``zstd``; without it the file can be mapped.

    Raises:
        OutputError: it cannot be written.
    """
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with (
        explained_output(path),
        whole_file(path) as partial,
        pa.OSFile(str(partial), "wb") as sink,
        pa.ipc.new_file(sink, schema, options=options) as file,
    ):
        yield file
