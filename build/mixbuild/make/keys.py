"""The keys of a shard's rows, in a file beside it: what the rows say, as digests and as shingles.

It is written while the shard is, where something wants to know which rows say the same, and like
the shard never rewritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import KEYS, SHINGLES, VerifyError, arrow_file
from mixbuild.make.unit import Projection, keys_version


def keys_path(shard: Path) -> Path:
    """Where the keys of a shard lie: a reader of ``train-*.arrow`` does not take them for rows.

    >>> keys_path(Path("squad/train-00000-of-00001.arrow")).name
    'train-00000-of-00001.keys'
    """
    return shard.with_suffix(".keys")


def write_keys(
    shard: Path, batches: Sequence[pa.RecordBatch], unit: str, projection: Projection
) -> None:
    """Write the keys of a shard's rows at once.

    Args:
        shard: the shard's file.
        batches: of the columns of ``KEYS``, and of ``SHINGLES`` where the projection asks for them,
            in the order of the rows; 56 bytes a row, and 8 for each shingle.
        unit: the key of its unit.
        projection: of its config.

    Raises:
        OutputError: they cannot be written.
    """
    path = keys_path(shard)
    fields = [*KEYS, *(SHINGLES if projection.shingles else ())]
    keys = pa.Table.from_batches(batches, pa.schema(fields)).combine_chunks()
    told = {"made_of": _made_of(unit, projection), "digest": _digest(keys.select(KEYS.names))}
    if projection.shingles:
        told["shingles"] = str(projection.shingles)
        told["shingles digest"] = _digest(keys.select(SHINGLES.names))
    with arrow_file(path, pa.schema(fields, told)) as file:
        file.write_table(keys)


def has_keys(shard: Path, unit: str, projection: Projection) -> bool:
    """Whether the keys that are asked for lie beside a shard, made of just this."""
    if projection.keyed is None:
        return True
    try:
        with pa.memory_map(str(keys_path(shard))) as file:
            told = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException):
        return False
    shingles = str(projection.shingles or told.get(b"shingles", b"").decode())
    return bool(
        told.get(b"made_of") == _made_of(unit, projection).encode()
        and told.get(b"shingles", b"").decode() == shingles
    )


def read_keys(shard: Path, *, unit: str, rows: int) -> pa.Table:
    """The keys of a shard's rows, in one chunk, mapped.

    Args:
        shard: the shard's file.
        unit: the key of its unit.
        rows: how many it holds.

    Raises:
        VerifyError: they are not there, or are not those of its rows.
    """
    return _read(shard, KEYS, "keys", "digest", unit=unit, rows=rows)


def read_shingles(shard: Path, *, unit: str, rows: int) -> pa.Table:
    """The shingles of a shard's rows, in one chunk, mapped.

    Args:
        shard: the shard's file.
        unit: the key of its unit.
        rows: how many it holds.

    Raises:
        VerifyError: they are not there, or are not those of its rows.
    """
    return _read(shard, SHINGLES, "shingles", "shingles digest", unit=unit, rows=rows)


def _made_of(unit: str, projection: Projection) -> str:
    """All that the keys of a unit's rows depend on."""
    return f"{unit} {keys_version(projection)}"


def _read(
    shard: Path, schema: pa.Schema, what: str, digest: str, *, unit: str, rows: int
) -> pa.Table:
    where = keys_path(shard)
    remedy = "delete it if it is there, then run make again"
    try:
        file = pa.ipc.open_file(pa.memory_map(str(where)))
        told = file.schema.metadata or {}
        keys = file.read_all().select(schema.names).combine_chunks()
    except (OSError, KeyError, pa.ArrowException) as error:
        raise VerifyError(
            f"{where}: expected the {what} of {rows:,} rows, got none that can "
            f"be read ({type(error).__name__}); {remedy}"
        ) from None
    expected = (unit, rows, told.get(digest.encode(), b"").decode())
    got = (told.get(b"made_of", b"").decode().partition(" ")[0], keys.num_rows, _digest(keys))
    if got != expected:
        raise VerifyError(
            f"{where}: expected the {what} of {rows:,} rows of the unit "
            f"{unit}, got {keys.num_rows:,} others; {remedy}"
        )
    return keys


def _digest(keys: pa.Table) -> str:
    digest = xxhash.xxh3_128()
    for column in keys.columns:
        for chunk in column.chunks:
            for values in _flat(chunk):
                width = values.type.bit_width // 8
                start = values.offset * width
                digest.update(values.buffers()[1][start : start + len(values) * width])
    return digest.hexdigest()


def _flat(values: pa.Array) -> Iterator[pa.Array]:
    """Numbers and digests, those of lists after the numbers of their items."""
    while pa.types.is_list(values.type):
        yield pc.list_value_length(values)
        values = values.flatten()
    yield pc.fill_null(values, bytes(16)) if values.null_count else values
