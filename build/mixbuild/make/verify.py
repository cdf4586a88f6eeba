"""Every file of a build against its manifest: size, rows, content digest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from mixbuild.core import SCHEMA, ContentDigest, VerifyError, one_line
from mixbuild.make import manifest


@dataclass(frozen=True)
class Verified:
    """A split that was found to be what the manifest says."""

    task: str
    split: str
    rows: int
    files: int
    bytes: int


def verify_folder(
    out: Path, *, report: Callable[[int, int], None] = lambda *_: None
) -> tuple[manifest.Manifest, list[Verified]]:
    """Check every shard of a build; return its manifest, and what was checked.

    Raises:
        ManifestError: there is no manifest, or none that can be read.
        VerifyError: naming the first file that is not what the manifest says, and how many are.
    """
    found = manifest.expect(out)
    entries = list(_splits(found["tasks"]))
    total = sum(len(each["shards"]) for _, _, each in entries)
    faults: list[str] = []
    done = 0
    for _, _, entry in entries:
        for shard in entry["shards"]:
            faults += _faults(out / shard["path"], shard)
            done += 1
            report(done, total)
    faults += [each for task, split, entry in entries for each in _sums(out, task, split, entry)]
    faults += _strangers(out, found["tasks"])
    if faults:
        others = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
        # deleted, since make takes a file of the right size for whole
        raise VerifyError(
            f"{faults[0]}{others}; delete it if it is there, then run make --out {out} again"
        )
    return found, [
        Verified(
            task,
            split,
            entry["rows"],
            len(entry["shards"]),
            sum(shard["bytes"] for shard in entry["shards"]),
        )
        for task, split, entry in entries
    ]


def _splits(tasks: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for task, entry in tasks.items():
        for split, each in entry["splits"].items():
            yield task, split, each


def _faults(path: Path, shard: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a file, the cheapest test first; nothing if it is right."""
    try:
        size = path.stat().st_size
        if size != shard["bytes"]:
            yield f"{path}: expected {shard['bytes']:,} bytes, got {size:,}"
            return
        rows, digest = 0, ContentDigest(SCHEMA)
        with pa.memory_map(str(path)) as file:
            for batch in pa.ipc.open_stream(file):
                batch.validate(full=True)
                digest.update(batch)
                rows += batch.num_rows
    except FileNotFoundError:
        yield f"{path}: expected {shard['bytes']:,} bytes, got no file"
        return
    except (OSError, pa.ArrowException, TypeError, ValueError) as error:
        yield f"{path}: cannot be read ({one_line(error)})"
        return
    if (rows, digest.hexdigest()) != (shard["rows"], shard["content_digest"]):
        yield (
            f"{path}: expected {shard['rows']:,} rows with the content digest "
            f"{shard['content_digest']}, got {rows:,} with {digest.hexdigest()}"
        )


def _sums(out: Path, task: str, split: str, entry: Mapping[str, Any]) -> Iterator[str]:
    """Numbers of a split that are not those of its shards together."""
    drops: Counter[str] = Counter()
    for shard in entry["shards"]:
        drops.update(shard["drops"])
    for name, expected in (
        ("rows_read", sum(shard["rows_read"] for shard in entry["shards"])),
        ("rows", sum(shard["rows"] for shard in entry["shards"])),
        ("drops", dict(drops)),
    ):
        if entry[name] != expected:
            yield (
                f"{out / manifest.FILE}: {task}/{split}: expected {name} {expected}, as its "
                f"shards have together, got {entry[name]}"
            )


def _strangers(out: Path, tasks: Mapping[str, Any]) -> Iterator[str]:
    """Shards that the manifest does not list: a reader of the split would read them too."""
    for task, split, entry in _splits(tasks):
        listed = {out / shard["path"] for shard in entry["shards"]}
        for path in sorted(set((out / task).glob(f"{split}-*.arrow")) - listed):
            yield f"{path}: expected only the shards that the manifest lists, got this one too"
