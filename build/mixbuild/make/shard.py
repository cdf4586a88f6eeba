"""A unit's shard: an Arrow stream file, made whole or not at all.

It has the same bytes wherever, whenever and beside whatever else it is made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mixbuild.core import (
    SCHEMA,
    ContentDigest,
    Count,
    OutputError,
    Record,
    SourceDigest,
    VerifyError,
    ahead,
    dump_json,
    explained_output,
    one_line,
    parse_json,
    typed,
    whole_file,
    write_whole,
)
from mixbuild.make.keys import has_keys, write_keys
from mixbuild.make.unit import Projection, Unit, rows

WRITTEN_ROWS = 4_096
"""The most rows in one record batch of a shard."""


class Shard(Record, frozen=True):
    """What a unit made: counts, and the digest of its rows.

    ``rows_read * renderings == rows + sum(drops)``, with one rendering per
    source row, or one per template with ``all``.
    """

    unit: str
    rows_read: Count
    rows: Count
    drops: dict[str, Count]
    bytes: Count
    content_digest: str


class WereRead(Record, frozen=True):
    """All source rows of a unit's run: how many, and the parts of their digest."""

    rows: Count
    parts: dict[str, str]


class UnitReport(Shard, frozen=True):
    """What is noted of a shard while the build is not finished.

    Attributes:
        were_read: what its source rows were, where that is to show something of a mirror.
    """

    were_read: WereRead | None = None


def render_unit(
    unit: Unit, projection: Projection, folder: Path, *, overlap: bool = False
) -> UnitReport:
    """Make the unit's shard ``folder/<stem>.arrow``, and ``<stem>.json`` once it is whole.

    Its keys, where they are asked for, are there before it.

    Nothing is rendered when both are there already.

    Args:
        unit: what to render.
        projection: of its config.
        folder: where to; it exists.
        overlap: read, render and hash on threads of their own.

    Raises:
        SourceError, RowError: the source cannot be read, or has a row it must not have.
        WorkerError: the code here is not that which planned the build.
        OutputError: the shard cannot be written.
    """
    arrow, report = folder / f"{unit.stem}.arrow", folder / f"{unit.stem}.json"
    if (found := finished(unit, projection, folder)) is not None:
        return found
    with explained_output(arrow):
        with whole_file(arrow) as partial:
            shard, keys = _write(unit, projection, partial, overlap=overlap)
            if projection.keyed is not None:
                write_keys(arrow, keys, unit.key, projection)
        write_whole(report, dump_json(shard))
    return shard


def finished(unit: Unit, projection: Projection, folder: Path) -> UnitReport | None:
    """The unit's shard, if an earlier build finished it in this folder, with all that is asked."""
    shard = read_report(folder / f"{unit.stem}.json")
    if shard is None or shard.unit != unit.key or (projection.claimed and not shard.were_read):
        return None
    arrow = folder / f"{unit.stem}.arrow"
    try:
        whole = arrow.stat().st_size == shard.bytes
    except OSError:
        return None
    return shard if whole and has_keys(arrow, unit.key, projection) else None


def read_report(path: Path) -> UnitReport | None:
    """What a report says of a shard; None where there is none, or none that can be read."""
    try:
        how = {"where": str(path), "remedy": "the unit is made again"}
        raw = parse_json(path.read_bytes(), **how, error=OutputError)
        return typed(raw, UnitReport, **how, error=OutputError)
    except (OSError, OutputError):
        return None


def contents(path: Path) -> tuple[int, str] | None:
    """How many rows a shard's file holds, and their digest; None where it cannot be read."""
    digest = _Digest()
    try:
        for _ in _read(path, digest):
            pass
    except (VerifyError, FileNotFoundError):
        return None
    return digest.rows, digest.content.hexdigest()


def read_shard(path: Path, shard: Shard) -> Iterator[pa.RecordBatch]:
    """The rows of a shard, which are compared with what it is to hold once they have passed.

    Raises:
        VerifyError: the file cannot be read, or holds other rows.
    """
    digest = _Digest()
    try:
        yield from _read(path, digest)
    except FileNotFoundError:
        raise VerifyError(f"{path}: expected {shard.bytes:,} bytes, got no file") from None
    if (digest.rows, digest.content.hexdigest()) != (shard.rows, shard.content_digest):
        raise VerifyError(
            f"{path}: expected {shard.rows:,} rows with the content digest "
            f"{shard.content_digest}, got {digest.rows:,} with {digest.content.hexdigest()}"
        )


class _Digest:
    """Of the rows that have passed so far."""

    def __init__(self) -> None:
        self.rows = 0
        self.content = ContentDigest(SCHEMA)


def _read(path: Path, digest: _Digest) -> Iterator[pa.RecordBatch]:
    try:
        with pa.memory_map(str(path)) as file:
            for batch in pa.ipc.open_stream(file):
                batch.validate(full=True)  # nobody reads past the end of a text that is damaged
                digest.content.update(batch)
                digest.rows += batch.num_rows
                yield batch
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException, TypeError, ValueError) as error:
        raise VerifyError(f"{path}: cannot be read ({one_line(error)})") from error


def _write(
    unit: Unit, projection: Projection, path: Path, *, overlap: bool
) -> tuple[UnitReport, list[pa.RecordBatch]]:
    """Stream the unit's rows to a file, take their digest on the way, and keep their keys."""
    read_count, written, drops = 0, 0, Counter[str]()
    content, source = ContentDigest(SCHEMA), SourceDigest()
    keys = []
    batches = rows(unit, projection, overlap=overlap, digest=source)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, SCHEMA) as stream:
        for count, batch, dropped in ahead(batches) if overlap else batches:
            if projection.keyed is not None:
                beside = batch.schema.names[len(SCHEMA) :]
                keys.append(batch.select(beside))
                batch = batch.select(SCHEMA.names)
            content.update(batch)
            for start in range(0, batch.num_rows, WRITTEN_ROWS):
                stream.write_batch(batch.slice(start, WRITTEN_ROWS))
            read_count += count
            written += batch.num_rows
            drops.update(dropped)
    shard = UnitReport(
        unit.key,
        read_count,
        written,
        dict(sorted(drops.items())),
        path.stat().st_size,
        content.hexdigest(),
        WereRead(rows=source.rows, parts=source.parts) if projection.claimed else None,
    )
    return shard, keys
