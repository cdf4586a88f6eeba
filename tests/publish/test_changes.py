"""What a push would change: what differs is sent, what is stale and ours goes, the rest stays."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from mixbuild.publish.hub.changes import Changes, compare
from mixbuild.publish.hub.remote import Remote
from mixbuild.publish.release import File
from mixbuild.sources.hub import Stored

COMMIT = "0123456789abcdef0123456789abcdef01234567"

SHARD = "imdb/train-00000-of-00001.parquet"
IMAGE = "assets/rows-0123abcd.png"


def file(path: str, content: bytes = b"new", *, named_by_content: bool = False) -> File:
    sha256 = hashlib.sha256(content).hexdigest()
    return File(path, content, len(content), sha256, named_by_content)


def lfs(content: bytes) -> Stored:
    """As the Hub has a large file: git has a pointer in its place."""
    return Stored(len(content), hashlib.sha256(content).hexdigest(), git_oid="a pointer's")


def regular(content: bytes) -> Stored:
    """As the Hub has a small file; git itself says what it is called."""
    done = subprocess.run(
        ["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True
    )
    return Stored(len(content), None, git_oid=done.stdout.decode().strip())


def remote(**files: Stored) -> Remote:
    return Remote("org/mix", "main", COMMIT, True, files)


def changes(
    *files: File, there: dict[str, Stored], configs: tuple[str, ...] = ("imdb",)
) -> Changes:
    return compare(files, remote(**there), configs=configs)


def test_everything_is_added_to_what_is_empty() -> None:
    files = (file(SHARD), file(IMAGE, named_by_content=True), file("README.md"))
    found = compare(files, Remote("org/mix", "main", None, False, {}), configs=["imdb"])
    assert found == Changes(files, (), (), ())
    assert found.sent == files
    assert found


@pytest.mark.parametrize("kind", [lfs, regular])
@pytest.mark.parametrize("path", [SHARD, "README.md"])
@pytest.mark.parametrize(
    ("there", "same"), [(b"new", True), (b"old", False), (b"longer", False), (b"", False)]
)
def test_what_is_there_is_known_by_its_bytes(
    kind: Callable[[bytes], Stored], path: str, there: bytes, same: bool
) -> None:
    ours = file(path)
    found = changes(ours, there={path: kind(there)})
    assert (found.unchanged, found.replaced) == (((ours,), ()) if same else ((), (ours,)))
    assert bool(found) is not same
    assert found.sent == (() if same else (ours,))
    assert (found.added, found.deleted) == ((), ())


def test_a_size_alone_or_a_hash_alone_proves_nothing() -> None:
    ours = file(SHARD)
    stored = lfs(b"new")
    for other in (
        Stored(stored.size, "0" * 64, stored.git_oid),
        Stored(stored.size + 1, stored.sha256, stored.git_oid),
        # git's hash is that of the pointer: it says nothing of a large file
        Stored(stored.size, "0" * 64, regular(b"new").git_oid),
    ):
        assert changes(ours, there={SHARD: other}).replaced == (ours,)


def test_a_file_on_disk_is_read_where_only_git_knows_it(tmp_path: Path) -> None:
    path = tmp_path / "shard"
    path.write_bytes(b"new")
    ours = File(SHARD, path, 3, hashlib.sha256(b"new").hexdigest())
    assert changes(ours, there={SHARD: regular(b"new")}).unchanged == (ours,)
    assert changes(ours, there={SHARD: regular(b"old")}).replaced == (ours,)


def test_an_image_that_is_named_by_what_it_shows_is_not_sent_again() -> None:
    ours = file(IMAGE, named_by_content=True)
    assert changes(ours, there={IMAGE: lfs(b"drawn by another library")}).unchanged == (ours,)
    assert changes(file(IMAGE), there={IMAGE: lfs(b"another")}).replaced == (file(IMAGE),)


def test_each_file_is_counted_once() -> None:
    files = [file(name) for name in ("a", "b", "c", "d")]
    found = changes(*files, there={"b": regular(b"new"), "c": regular(b"old"), "d": lfs(b"new")})
    assert found == Changes(
        added=(files[0],), replaced=(files[2],), unchanged=(files[1], files[3]), deleted=()
    )
    assert found.sent == (files[0], files[2])


STALE = (
    "imdb/train-00000-of-00002.parquet",
    "imdb/train-00001-of-00002.parquet",
    "imdb/train_r1-00000-of-00001.parquet",
    "imdb/test-00000-of-00001.arrow",
    "assets/rows-00000000.png",
    "assets/lengths-fedcba98.png",
)

KEPT = (
    ".gitattributes",
    "README.md",
    "manifest.json",
    "squad/train-00000-of-00001.parquet",  # another config
    "my_imdb/train-00000-of-00001.parquet",
    "imdb2/train-00000-of-00001.parquet",
    "data/imdb/train-00000-of-00001.parquet",
    "imdb/README.md",
    "imdb/train.parquet",
    "imdb/train-00000-of-00001.csv",
    "imdb/train-00000-of-00001.parquet.bak",
    "imdb/train-0-of-1.parquet",
    "imdb/old/train-00000-of-00001.parquet",
    "assets/logo.png",
    "assets/rows-of-houses.png",
    "assets/rows-0123ABCD.png",
    "assets/rows-00000000.png.txt",
    "images/rows-00000000.png",
)


def test_only_shards_and_images_of_ours_are_deleted() -> None:
    there = {path: regular(path.encode()) for path in (*KEPT, *STALE, SHARD, IMAGE)}
    ours = [file(SHARD, SHARD.encode()), file(IMAGE, named_by_content=True)]
    found = changes(*ours, there=there)
    assert found == Changes((), (), tuple(ours), tuple((path, len(path)) for path in sorted(STALE)))
    assert found, "deleting is a change"


def test_of_a_config_that_is_not_published_now_nothing_is_deleted() -> None:
    there = {path: regular(b"old") for path in STALE if path.startswith("imdb/")}
    assert not changes(there=there, configs=())
    assert not changes(there=there, configs=("squad",))
    assert len(changes(there=there, configs=("squad", "imdb")).deleted) == len(there)
