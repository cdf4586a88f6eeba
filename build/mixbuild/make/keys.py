"""The keys of a shard's rows, in a file beside it: what the rows say, as digests.

It is written while the shard is, where something wants to know which rows say the same, and like
the shard never rewritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import KEYS, VerifyError, explained_output, whole_file
from mixbuild.make.unit import Projection, keys_version


def keys_path(shard: Path) -> Path:
    """Where the keys of a shard lie: a reader of ``train-*.arrow`` does not take them for rows.

    >>> keys_path(Path("squad/train-00000-of-00001.arrow")).name
    'train-00000-of-00001.keys'
    """
    return shard.with_suffix(".keys")


def write_keys(shard: Path, batches: Sequence[pa.RecordBatch], *, made_of: str) -> None:
    """Write the keys of a shard's rows at once.

    Args:
        shard: the shard's file.
        batches: of the schema ``KEYS``, in the order of the rows; 48 bytes a row.
        made_of: as ``keys_made_of`` says.

    Raises:
        OutputError: they cannot be written.
    """
    path = keys_path(shard)
    keys = pa.Table.from_batches(batches, KEYS).combine_chunks()
    told = {"made_of": made_of, "digest": _digest(keys)}
    with (
        explained_output(path),
        whole_file(path) as partial,
        pa.OSFile(str(partial), "wb") as sink,
        pa.ipc.new_file(sink, KEYS.with_metadata(told)) as file,
    ):
        file.write_table(keys)


def keys_made_of(unit: str, projection: Projection) -> str:
    """All that the keys of a unit's rows depend on."""
    return f"{unit} {keys_version(projection)}"


def has_keys(shard: Path, unit: str, projection: Projection) -> bool:
    """Whether the keys that are asked for lie beside a shard, made of just this."""
    if projection.keyed is None:
        return True
    made_of = keys_made_of(unit, projection)
    try:
        with pa.memory_map(str(keys_path(shard))) as file:
            told = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException):
        return False
    return bool(told.get(b"made_of") == made_of.encode())


def read_keys(shard: Path, *, unit: str, rows: int) -> pa.Table:
    """The keys of a shard's rows, in one chunk, mapped.

    Args:
        shard: the shard's file.
        unit: the key of its unit.
        rows: how many it holds.

    Raises:
        VerifyError: they are not there, or are not those of its rows.
    """
    where = keys_path(shard)
    remedy = "delete it if it is there, then run make again"
    try:
        file = pa.ipc.open_file(pa.memory_map(str(where)))
        told = file.schema.metadata or {}
        keys = file.read_all().combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise VerifyError(
            f"{where}: expected the keys of {rows:,} rows, got none that can "
            f"be read ({type(error).__name__}); {remedy}"
        ) from None
    expected = (unit, rows, told.get(b"digest", b"").decode())
    got = (told.get(b"made_of", b"").decode().partition(" ")[0], keys.num_rows, _digest(keys))
    if got != expected:
        raise VerifyError(
            f"{where}: expected the keys of {rows:,} rows of the unit "
            f"{unit}, got {keys.num_rows:,} others; {remedy}"
        )
    return keys


def _digest(keys: pa.Table) -> str:
    digest = xxhash.xxh3_128()
    for column in keys.columns:
        for chunk in column.chunks:
            values = pc.fill_null(chunk, bytes(16)) if chunk.null_count else chunk
            start = values.offset * 16
            digest.update(values.buffers()[1][start : start + len(values) * 16])
    return digest.hexdigest()
