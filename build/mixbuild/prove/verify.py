"""What is built, or published, against its manifest: every file, every row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mixbuild.core import Report, VerifyError, silent
from mixbuild.curate import read_notes, read_removal, read_selected
from mixbuild.make import BuiltSplit, ListedShard, Manifest, expect, read_shard
from mixbuild.publish import Progress, Verified
from mixbuild.publish import push as hub


def verify(place: str, *, progress: Progress) -> tuple[str, list[Verified]]:
    """Check a build in a folder, or one that is published.

    Of a folder, each shard is read. Of a repo, each file's hash and the card are compared, then
    each config is loaded in full.

    Args:
        place: the folder, or ``org/name[@revision]``.
        progress: shows how far it is.

    Returns:
        the place, with its commit where it has one; the splits that are as their manifest says.

    Raises:
        ManifestError: there is no manifest, or none that can be read.
        VerifyError: naming the file or the split that is not what the manifest says.
        HubError, SourceError: the Hub refuses, or does not answer.
    """
    if Path(place).is_dir():
        with progress("checking", "shards") as report:
            return place, verify_folder(Path(place), report=report)
    with progress("loading what is published", "configs") as report:
        return hub.verify_repo(hub.client(), *hub.parse(place, or_folder=True), report=report)


def verify_folder(out: Path, *, report: Report = silent) -> list[Verified]:
    """Check every shard of a build; return the splits that are what the manifest says.

    Raises:
        ManifestError: there is no manifest, or none that can be read.
        VerifyError: naming the first file that is not what the manifest says, and how many are.
    """
    found = expect(out)
    entries = list(_splits(found))
    total = sum(len((*each.shards, *each.again)) for _, _, each in entries)
    faults: list[str] = []
    done = 0
    for _, _, entry in entries:
        faults += _faults_beside(out, entry)
        for shard in (*entry.shards, *entry.again):
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
    return [
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


def _faults_beside(out: Path, entry: BuiltSplit) -> Iterator[str]:
    """What is wrong with what says which rows a split has."""
    try:
        if entry.removed is not None:
            read_removal(out, entry.removed)
        if entry.noted is not None:
            read_notes(out, entry.noted)
        if entry.selected is not None:
            rows = sum(places.num_rows for places in read_selected(out, entry.selected))
            if rows != entry.rows:
                path = out / entry.selected.path
                yield f"{path}: expected {entry.rows:,} rows, as the manifest says, got {rows:,}"
    except VerifyError as error:
        yield str(error).partition("; delete it")[0]


def _strangers(out: Path, found: Manifest) -> Iterator[str]:
    """Shards that the manifest does not list: a reader of the split would read them too."""
    for name, split, entry in _splits(found):
        listed = {out / shard.path for shard in entry.shards}
        for path in sorted(set((out / name).glob(f"{split}-*.arrow")) - listed):
            yield f"{path}: expected only the shards that the manifest lists, got this one too"
