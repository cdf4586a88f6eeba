"""A unit's shard: an Arrow stream file, made whole or not at all.

It has the same bytes wherever, whenever and beside whatever else it is made.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa

from mixbuild.core import SCHEMA, ContentDigest, Drops, ahead, explained_output
from mixbuild.make.unit import Projection, Unit, rows

END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"
"""What ends an Arrow stream: a continuation marker and a length of zero."""

WRITTEN_ROWS = 4_096
"""The most rows in one record batch of a shard."""


@dataclass(frozen=True)
class Shard:
    """What a unit made: counts, and what proves the file.

    ``rows_read * renderings == rows + sum(drops)``, with one rendering per
    source row, or one per template with ``all``.
    """

    unit: str
    rows_read: int
    rows: int
    drops: Drops
    bytes: int
    sha256: str
    content_digest: str


class HashedFile:
    """A new file, and the SHA-256 of what is written to it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._hash = hashlib.sha256()
        self.bytes = 0

    def write(self, data: pa.Buffer | bytes) -> None:
        """Append ``data``, all of it."""
        self._hash.update(data)
        view = memoryview(data)
        self.bytes += len(view)
        while view:  # one call writes at most 2 GiB
            view = view[self._file.write(view) :]

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._hash.hexdigest()

    def __enter__(self) -> HashedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def render_unit(
    unit: Unit, projection: Projection, folder: Path, *, overlap: bool = False
) -> Shard:
    """Make the unit's shard ``folder/<stem>.arrow``, and ``<stem>.json`` once it is whole.

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
    if (found := finished(unit, folder)) is not None:
        return found
    partial = folder / f"{unit.stem}.{uuid.uuid4().hex}.partial"  # workers may share no host
    try:
        with explained_output(arrow):
            shard = _write(unit, projection, partial, overlap=overlap)
            partial.replace(arrow)
            partial.write_text(json.dumps(asdict(shard)))
            partial.replace(report)
    finally:
        partial.unlink(missing_ok=True)
    return shard


def finished(unit: Unit, folder: Path) -> Shard | None:
    """The unit's shard, if an earlier build finished it in this folder."""
    try:
        shard = Shard(**json.loads((folder / f"{unit.stem}.json").read_text()))
        size = (folder / f"{unit.stem}.arrow").stat().st_size
    except (OSError, ValueError, TypeError):
        return None
    return shard if size == shard.bytes and shard.unit == unit.key else None


def _write(unit: Unit, projection: Projection, path: Path, *, overlap: bool) -> Shard:
    """Stream the unit's rows to a file, and hash them on the way."""
    read_count, written, drops = 0, 0, Counter[str]()
    content = ContentDigest(SCHEMA)
    batches = _messages(unit, projection, content, overlap=overlap)
    with HashedFile(path) as file:
        file.write(SCHEMA.serialize())
        for count, row_count, dropped, messages in ahead(batches) if overlap else batches:
            read_count += count
            written += row_count
            drops.update(dropped)
            for message in messages:
                file.write(message)
        file.write(END_OF_STREAM)
    return Shard(
        unit.key,
        read_count,
        written,
        dict(sorted(drops.items())),
        file.bytes,
        file.sha256,
        content.hexdigest(),
    )


def _messages(
    unit: Unit, projection: Projection, content: ContentDigest, *, overlap: bool
) -> Iterator[tuple[int, int, Drops, list[pa.Buffer]]]:
    """Yield (source rows read, rows, what was left out, the rows as Arrow messages)."""
    for count, batch, dropped in rows(unit, projection, overlap=overlap):
        content.update(batch)
        starts = range(0, batch.num_rows, WRITTEN_ROWS)
        messages = [batch.slice(start, WRITTEN_ROWS).serialize() for start in starts]
        yield count, batch.num_rows, dropped, messages
