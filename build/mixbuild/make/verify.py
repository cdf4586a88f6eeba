"""Every file of a build against its manifest: size, rows, content digest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mixbuild.core import VerifyError
from mixbuild.make import manifest
from mixbuild.make.config import BuiltSplit, ListedShard
from mixbuild.make.manifest import Manifest
from mixbuild.make.shard import read_shard


@dataclass(frozen=True)
class Verified:
    """A split that was found to be what the manifest says."""

    config: str
    split: str
    rows: int
    files: int
    bytes: int


def verify_folder(
    out: Path, *, report: Callable[[int, int], None] = lambda *_: None
) -> tuple[Manifest, list[Verified]]:
    """Check every shard of a build; return its manifest, and what was checked.

    Raises:
        ManifestError: there is no manifest, or none that can be read.
        VerifyError: naming the first file that is not what the manifest says, and how many are.
    """
    found = manifest.expect(out)
    entries = list(_splits(found))
    total = sum(len(each.shards) for _, _, each in entries)
    faults: list[str] = []
    done = 0
    for _, _, entry in entries:
        for shard in entry.shards:
            faults += _faults(out / shard.path, shard)
            done += 1
            report(done, total)
    faults += _strangers(out, found)
    if faults:
        others = f" (and {len(faults) - 1:,} more)" if len(faults) > 1 else ""
        # deleted, since make takes a file of the right size for whole
        raise VerifyError(
            f"{faults[0]}{others}; delete it if it is there, then run make --out {out} again"
        )
    return found, [
        Verified(
            name,
            split,
            entry.rows,
            len(entry.shards),
            sum(shard.bytes for shard in entry.shards),
        )
        for name, split, entry in entries
    ]


def _splits(found: Manifest) -> Iterator[tuple[str, str, BuiltSplit]]:
    for name, config in found.configs.items():
        for split, each in config.splits.items():
            yield name, split, each


def _faults(path: Path, shard: ListedShard) -> Iterator[str]:
    """What is wrong with a file, the cheapest test first; nothing if it is right."""
    try:
        size = path.stat().st_size
        if size != shard.bytes:
            yield f"{path}: expected {shard.bytes:,} bytes, got {size:,}"
            return
        for _ in read_shard(path, shard):
            pass
    except FileNotFoundError:
        yield f"{path}: expected {shard.bytes:,} bytes, got no file"
    except (OSError, VerifyError) as error:
        yield str(error)


def _strangers(out: Path, found: Manifest) -> Iterator[str]:
    """Shards that the manifest does not list: a reader of the split would read them too."""
    for name, split, entry in _splits(found):
        listed = {out / shard.path for shard in entry.shards}
        for path in sorted(set((out / name).glob(f"{split}-*.arrow")) - listed):
            yield f"{path}: expected only the shards that the manifest lists, got this one too"
