"""A build's shards -> the files that are published, and what their manifest says of them.

One pass over a split writes its Parquet files and takes what only all of its
rows together can tell: the content digest, the lengths, an example. The files
lie in ``out/.publish`` until they are on the Hub, each split with a report that
names what it was made of, so that nothing is written twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import (
    SCHEMA,
    ContentDigest,
    UsageError,
    VerifyError,
    ahead,
    explained_output,
    file_sha256,
    hash_code,
    one_line,
    one_of,
)
from mixbuild.publish.parquet import Files, Group, row_groups

PARQUET = "parquet"
ARROW = "arrow"
FORMATS = (PARQUET, ARROW)

FOLDER = ".publish"
"""Where exported files lie, below the output folder."""

EXAMPLE_CHARACTERS = 1_000
"""The example is the first row with a prompt of at most so many, or else the first row; of the
first row group."""

LENGTH_BINS = 32

DECISIVE = ("core", "publish/export.py", "publish/parquet.py")
"""The rooms and modules whose text decides the bytes of exported files."""


@dataclass(frozen=True)
class Split:
    """One split of a build.

    Attributes:
        task: the config.
        split: its name.
        entry: what the build's manifest says of it.
        out: the build's folder.
        file_format: ``parquet`` or ``arrow``.
    """

    task: str
    split: str
    entry: Mapping[str, Any]
    out: Path
    file_format: str

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.task}/{self.split}"

    @property
    def folder(self) -> Path:
        """What the paths of the files are below; Arrow shards are published as they lie."""
        return self.out / FOLDER if self.file_format == PARQUET else self.out

    @property
    def key(self) -> str:
        """A hash of all that the exported files depend on."""
        shards = [shard["content_digest"] for shard in self.entry["shards"]]
        parts = [_code_version(), self.file_format, self.task, self.split, shards]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def splits(out: Path, tasks: Mapping[str, Any], *, file_format: str = PARQUET) -> Iterator[Split]:
    """The splits of a build's tasks.

    Raises:
        UsageError: there is no such format.
    """
    if file_format not in FORMATS:
        raise UsageError(one_of("format", file_format, FORMATS))
    for task, entry in tasks.items():
        for split, each in entry["splits"].items():
            yield Split(task, split, each, out, file_format)


def export_split(split: Split, _shared: None = None) -> dict[str, Any]:
    """Write a split's files, unless they are there already.

    Returns:
        the split's entry in the published manifest: rows_read, rows, drops, text_bytes,
        content_digest, lengths, example, shards.

    Raises:
        OutputError: the files cannot be written.
        VerifyError: a shard cannot be read, or is not what the build's manifest says.
    """
    # of the build, not of the report: rows may be left out for a reason with a new name
    counts = {name: split.entry[name] for name in ("rows_read", "rows", "drops")}
    folder = split.out / FOLDER / split.task
    report = folder / f"{split.split}.{split.file_format}.json"
    if (found := _finished(split, report)) is not None:
        return counts | found
    with explained_output(report):
        folder.mkdir(parents=True, exist_ok=True)
        report.unlink(missing_ok=True)  # before its files, so that it never speaks of others
        for old in folder.glob(f"{split.split}-*") if split.file_format == PARQUET else ():
            old.unlink()
        entry = _write(split, folder)
        partial = report.with_suffix(".partial")
        try:
            partial.write_text(json.dumps({"key": split.key, "entry": entry}), encoding="utf-8")
            partial.replace(report)
        finally:
            partial.unlink(missing_ok=True)
    return counts | entry


def read_shards(out: Path, entry: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """The rows of a split of a build, in order.

    Raises:
        VerifyError: a shard cannot be read.
    """
    for shard in entry["shards"]:
        yield from _read_shard(out, shard)


def _read_shard(out: Path, shard: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    path = out / shard["path"]
    try:
        with pa.memory_map(str(path)) as file:
            yield from pa.ipc.open_stream(file)
    except (OSError, pa.ArrowException) as error:
        raise VerifyError(
            f"{path}: cannot be read ({one_line(error)}); delete it if it is there, then run "
            f"make --out {out} again"
        ) from error


def _checked_shards(out: Path, entry: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
    """The same rows, each shard compared with the manifest once it has passed.

    The digest of what is published is taken of these very rows: only so is it that of the build.

    Raises:
        VerifyError: a shard cannot be read, or is not what the manifest says.
    """
    for shard in entry["shards"]:
        rows, digest = 0, ContentDigest(SCHEMA)
        for batch in _read_shard(out, shard):
            try:
                digest.update(batch)
            except (TypeError, ValueError) as error:
                raise _not_as_listed(out, shard, one_line(error)) from error
            rows += batch.num_rows
            yield batch
        if (rows, digest.hexdigest()) != (shard["rows"], shard["content_digest"]):
            raise _not_as_listed(out, shard, f"{rows:,} with {digest.hexdigest()}")


def _not_as_listed(out: Path, shard: Mapping[str, Any], got: str) -> VerifyError:
    return VerifyError(
        f"{out / shard['path']}: expected {shard['rows']:,} rows with the content digest "
        f"{shard['content_digest']}, got {got}; delete it, then run make --out {out} again"
    )


def histogram(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """How many texts are as long as a number of 0, 1, 2 … binary digits. Shape (LENGTH_BINS,).

    >>> histogram(pa.array(["", "a", "bc", "def", "ghij"]))[:5].tolist()
    [1, 1, 2, 1, 0]
    """
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    digits = np.frexp(lengths.astype(np.float64))[1]
    return np.bincount(digits, minlength=LENGTH_BINS).astype(np.int64)


def _code_version() -> str:
    """A hash of the code that decides the files' bytes."""
    return hash_code(*DECISIVE)


def _finished(split: Split, report: Path) -> dict[str, Any] | None:
    """What an earlier export reported, if all of it is still there."""
    try:
        known = json.loads(report.read_text(encoding="utf-8"))
        entry: dict[str, Any] = known["entry"]
        whole = known["key"] == split.key and all(
            _is_there(split, shard) for shard in entry["shards"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return entry if whole else None


def _is_there(split: Split, shard: Mapping[str, Any]) -> bool:
    """Whether a file is what was exported; of the build's own shards, whether it may be."""
    path = split.folder / shard["path"]
    return path.stat().st_size == shard["bytes"] and (
        split.file_format == ARROW or file_sha256(path) == shard["sha256"]
    )


class _Facts:
    """What only all the rows of a split together can tell."""

    def __init__(self) -> None:
        self.digest = ContentDigest(SCHEMA)
        self.lengths = {
            name: np.zeros(LENGTH_BINS, dtype=np.int64) for name in ("prompt", "completion")
        }
        self.text_bytes = 0
        self.example: dict[str, Any] | None = None

    def noted(self, groups: Iterable[Group]) -> Iterator[Group]:
        """The same row groups, noted down as they pass."""
        for group, size in groups:
            self.digest.update(group)
            for name, bins in self.lengths.items():
                bins += histogram(group.column(name))
            self.text_bytes += size
            self.example = self.example or _example(group)
            yield group, size


def _write(split: Split, folder: Path) -> dict[str, Any]:
    """Read the split once, write its files, and find out what they hold."""
    facts = _Facts()
    groups = facts.noted(row_groups(_checked_shards(split.out, split.entry)))
    if split.file_format == ARROW:
        for _ in groups:
            pass
        shards = [
            {name: shard[name] for name in ("path", "rows", "bytes")}
            | {"sha256": file_sha256(split.out / shard["path"])}
            for shard in split.entry["shards"]
            if split.entry["rows"]  # else there is nothing that could be loaded
        ]
    else:
        with Files(folder, split.split) as files:
            for group, size in ahead(groups, depth=1):  # noted while the last one is written
                files.write(group, size)
            shards = [
                {
                    "path": f"{split.task}/{path.name}",
                    "rows": rows,
                    "bytes": path.stat().st_size,
                    "sha256": sha256,
                }
                for path, rows, sha256 in files.finish()
            ]
    return {
        "text_bytes": facts.text_bytes,
        "content_digest": facts.digest.hexdigest(),
        "lengths": {name: bins.tolist() for name, bins in facts.lengths.items()},
        "example": facts.example,
        "shards": shards,
    }


def _example(group: pa.RecordBatch) -> dict[str, Any]:
    """A row that is short enough to be shown whole, if there is one."""
    lengths = pc.utf8_length(group.column("prompt")).to_numpy(zero_copy_only=False)
    at = int(np.argmax(lengths <= EXAMPLE_CHARACTERS))  # the first that is; 0 where none is
    row: dict[str, Any] = group.slice(at, 1).to_pylist()[0]
    return row
