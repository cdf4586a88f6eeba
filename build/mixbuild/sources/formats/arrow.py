"""Arrow files, of the stream format that ``datasets`` writes or of the file format."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from mixbuild.sources.formats.opened import open_ranges

MAGIC = b"ARROW1"
"""What the file format begins with, and the stream format does not."""


def schema_of(address: str) -> pa.Schema:
    """The columns of a file."""
    with open_ranges(address) as file:
        return _open(file).schema


def read(address: str) -> Iterator[pa.RecordBatch]:
    """Stream a file's rows, with all its columns, in the file's types."""
    with open_ranges(address) as file:
        opened = _open(file)
        if isinstance(opened, pa.ipc.RecordBatchFileReader):
            yield from (opened.get_batch(each) for each in range(opened.num_record_batches))
        else:
            yield from opened


def _open(file: object) -> pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader:
    whole = file if isinstance(file, pa.NativeFile) else pa.PythonFile(file, mode="r")
    begins = whole.read(len(MAGIC))
    whole.seek(0)
    return pa.ipc.open_file(whole) if begins == MAGIC else pa.ipc.open_stream(whole)
