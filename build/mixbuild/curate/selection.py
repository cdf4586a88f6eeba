"""A selection: which rows of which shards, how often and in which order, in a small Arrow file.

A mask is a selection in the order of the shards; a shuffle, one in any other.

>>> import tempfile
>>> places = pa.record_batch({"shard": [1, 0, 1], "row": [0, 7, 0], "copy": [0, 0, 1]}, SELECTION)
>>> key = selection_key([], "an example")
>>> with tempfile.TemporaryDirectory() as folder:
...     write_selection(Path(folder, "example.arrow"), [places], key=key)
...     [each.to_pydict() for each in read_selection(Path(folder, "example.arrow"), key=key)]
[{'shard': [1, 0, 1], 'row': [0, 7, 0], 'copy': [0, 0, 1]}]
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import VerifyError, arrow_file
from mixbuild.curate.mapped import Mapped, taken
from mixbuild.make import Selected, Shard

SELECTION = pa.schema([("shard", pa.int32()), ("row", pa.int64()), ("copy", pa.int32())])
"""A row's shard, by its place among the shards; its number in there; and, of a row that is taken
more than once, the how-manieth time this is, from 0."""

GATHERED_BYTES = 8 * 2**20
"""What the rows weigh, about, that are gathered at a time."""

GATHERED_ROWS = 16_384
"""The most rows that are gathered at a time."""

Source = tuple[Path, Shard]
"""A shard's file, and what it is to hold."""


def selection_key(shards: Sequence[Shard], *made_by: str) -> str:
    """A hash of all that a selection depends on: 32 hexadecimal digits.

    Args:
        shards: those that it selects from, in order.
        made_by: whatever else decides it: its maker's name and code, a seed, a threshold.
    """
    parts = [[[shard.rows, shard.content_digest] for shard in shards], made_by]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def write_selection(path: Path, places: Iterable[pa.RecordBatch], *, key: str) -> None:
    """Write a selection at once, as its batches come.

    Args:
        path: the file.
        places: of the schema ``SELECTION``, in order.
        key: its ``selection_key``.

    Raises:
        OutputError: it cannot be written; then nothing is.
    """
    with arrow_file(path, SELECTION.with_metadata({"key": key}), compression="zstd") as file:
        for batch in places:
            file.write_batch(batch)


def read_selection(path: Path, *, key: str) -> Iterator[pa.RecordBatch] | None:
    """The batches of a selection; None where there is none under this key that can be read."""
    file = _open(path, key)
    return None if file is None else _batches(file)


def _open(path: Path, key: str) -> pa.ipc.RecordBatchFileReader | None:
    try:
        file = pa.ipc.open_file(pa.memory_map(str(path)))
        known = (file.schema.metadata or {}).get(b"key") == key.encode()
        return file if known and file.schema.equals(SELECTION) else None
    except (OSError, pa.ArrowException):
        return None


def _batches(file: pa.ipc.RecordBatchFileReader) -> Iterator[pa.RecordBatch]:
    return (file.get_batch(index) for index in range(file.num_record_batches))


def read_selected(out: Path, selected: Selected) -> Iterator[pa.RecordBatch]:
    """The batches of the selection that a split is, as ``open_selected`` finds them."""
    path = out / selected.path
    return _refusing(_batches(open_selected(out, selected)), path, selected.shards)


def open_selected(out: Path, selected: Selected) -> pa.ipc.RecordBatchFileReader:
    """The selection that a split is; all of its batches but the last have as many rows.

    Args:
        out: the build's folder.
        selected: what its manifest says.

    Raises:
        VerifyError: the file is not there, or lists something else than it is to, such as rows that
            its shards have not.
    """
    path = out / selected.path
    file = _open(path, selected.key)
    if file is None or not is_selection(path, key=selected.key, digest=selected.digest):
        raise VerifyError(
            f"{path}: expected the selection {selected.key}, got none or another; delete it if it "
            f"is there, then run make --out {out} again"
        )
    return file


def _refusing(
    batches: Iterable[pa.RecordBatch], path: Path, shards: Sequence[Shard]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        shard, row = (batch.column(name).to_numpy() for name in ("shard", "row"))
        _refuse_others(shard, row, [(path, each) for each in shards])
        yield batch


def is_selection(path: Path, *, key: str, digest: str) -> bool:
    """Whether a selection lies there under this key, and lists the places with this digest."""
    try:
        batches = read_selection(path, key=key)
        return batches is not None and selection_digest(batches) == digest
    except (OSError, pa.ArrowException):
        return False


def selection_digest(places: Iterable[pa.RecordBatch]) -> str:
    """A hash of the places that a selection lists, however they are cut into batches.

    >>> one, other = (pa.record_batch({"shard": [0], "row": [row], "copy": [0]}, SELECTION)
    ...     for row in (1, 2))
    >>> both = pa.Table.from_batches([one, other]).combine_chunks().to_batches()
    >>> selection_digest([one, other]) == selection_digest(both)
    True
    """
    digests = [xxhash.xxh3_128() for _ in SELECTION]
    for batch in places:
        for digest, column in zip(digests, batch.columns, strict=True):
            digest.update(column.to_numpy().tobytes())
    return xxhash.xxh3_128_hexdigest(b"".join(each.digest() for each in digests))


def gather(
    places: Iterable[pa.RecordBatch],
    shards: Sequence[Source],
    *,
    opening: Callable[[Path, Shard], Mapped] = Mapped,
) -> Iterator[pa.RecordBatch]:
    """The rows of a selection in its order, a few at a time, whatever their number.

    An id is of one row alone: where a row is taken once more, ``#2`` follows its id, and so on.

    A shard is compared with what it is to hold before the first of its rows is taken.

    Args:
        places: of the schema ``SELECTION``.
        shards: those that ``places`` count.
        opening: ``Mapped``, or what remembers what that gave.

    Yields:
        batches of ``SCHEMA``, each of one batch of ``places`` or of a part of one.

    Raises:
        VerifyError: a shard holds other rows than it is to, or not as many as are selected.
    """
    opened: dict[int, Mapped] = {}
    heaviest = max((shard.bytes // max(1, shard.rows) for _, shard in shards), default=0)
    step = max(1, min(GATHERED_ROWS, GATHERED_BYTES // max(1, heaviest)))
    for batch in places:
        for start in range(0, batch.num_rows, step):
            piece = batch.slice(start, step)
            shard, row = (piece.column(name).to_numpy() for name in ("shard", "row"))
            _refuse_others(shard, row, shards)
            for index in np.unique(shard):
                if index not in opened:
                    opened[index] = opening(*shards[index])
            yield _numbered(taken(opened, shard, row), piece.column("copy"))


def _numbered(rows: pa.RecordBatch, copies: pa.Array) -> pa.RecordBatch:
    """Rows with the number of their copy after their ids, from the second copy on."""
    again = pc.greater(copies, 0)
    if not pc.any(again).as_py():
        return rows
    number = pc.cast(pc.add(copies, 1), pa.string())
    ids = pc.binary_join_element_wise(rows.column("id"), number, "#")
    column = pc.if_else(again, ids, rows.column("id"))
    return rows.set_column(rows.schema.get_field_index("id"), rows.schema.field("id"), column)


def _refuse_others(shard: np.ndarray, row: np.ndarray, shards: Sequence[Source]) -> None:
    rows = np.array([each.rows for _, each in shards], np.int64)
    known = (shard >= 0) & (shard < len(shards))
    fits = known & (row >= 0)
    fits[known] &= row[known] < rows[shard[known]]
    if not fits.all():
        at = int(np.argmin(fits))
        counts = ", ".join(f"{count:,}" for count in rows[:5]) + ", …" * (len(rows) > 5)
        raise VerifyError(
            f"a selection: expected rows of {len(shards)} shards with {counts or 'no'} rows, got "
            f"row {row[at]:,} of shard {shard[at]}; make the selection again"
        )
