"""Files as the Hub describes them, held by git or by LFS; and folders that serve as repos."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hub_server.exchange import CHUNK_BYTES
from hub_server.ways import Ways

LFS_ABOVE_BYTES = 1_000_000  # the real Hub's limit is ten times as high
LFS_SUFFIXES = (
    *(".7z", ".arrow", ".avro", ".bin", ".bz2", ".gz", ".h5", ".lz4", ".msgpack", ".npy", ".npz"),
    *(".parquet", ".pickle", ".pkl", ".pt", ".rar", ".safetensors", ".tar", ".xz", ".zip", ".zst"),
    *(".bmp", ".flac", ".gif", ".jpeg", ".jpg", ".mp3", ".mp4", ".ogg", ".png", ".wav", ".webp"),
)


@dataclass(frozen=True)
class File:
    """A file of a commit, and where its bytes are on this machine's disk."""

    path: str
    where: Path
    size: int
    sha256: str
    oid: str  # git's: of the content, or of the pointer that stands for it
    pointer_size: int  # of what git holds in place of an LFS file; 0 for a file that git holds

    def chunks(self) -> Iterator[bytes]:
        with self.where.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                yield chunk

    @property
    def etag(self) -> str:
        """By which clients tell whether they have a file already: LFS files go by their sha256."""
        return self.sha256 if self.pointer_size else self.oid


def belongs_in_lfs(path: str, size: int) -> bool:
    """An empty file never does: LFS storage takes none."""
    return size > LFS_ABOVE_BYTES or (size > 0 and path.lower().endswith(LFS_SUFFIXES))


def git_file(path: str, where: Path) -> File:
    content = where.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return File(path, where, len(content), sha256, git_oid(content), 0)


def lfs_file(path: str, where: Path, sha256: str | None = None) -> File:
    size = where.stat().st_size
    if sha256 is None:
        digest = hashlib.sha256()
        with where.open("rb") as content:
            while chunk := content.read(CHUNK_BYTES):
                digest.update(chunk)
        sha256 = digest.hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    return File(path, where, size, sha256, git_oid(pointer.encode()), len(pointer))


def git_oid(content: bytes) -> str:
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


class Mounts:
    """Reads folders laid out as `<root>/<org>/<name>/...`, each the only commit of a repo.

    Large files are hashed once. Small ones always, for tests write the same file twice within a
    tick of the file system's clock.
    """

    def __init__(self, root: Path, ways: Ways) -> None:
        self.root, self.ways = root, ways
        self._large: dict[Path, tuple[tuple[int, int], File]] = {}

    def exists(self, repo: str) -> bool:
        return (self.root / repo).is_dir()

    def read(self, repo: str) -> tuple[str, Mapping[str, File]]:
        """The commit, which changes with any byte of any file, and the files by path."""
        folder = self.root / repo
        files = {
            where.relative_to(folder).as_posix(): self._file(where, folder)
            for where in sorted(folder.rglob("*"))
            if where.is_file()
        }
        lines = "".join(f"{file.path} {file.size} {file.sha256}\n" for file in files.values())
        return self.ways.commit_id(lines.encode()), files

    def _file(self, where: Path, folder: Path) -> File:
        stamp = (where.stat().st_size, where.stat().st_mtime_ns)
        known = self._large.get(where)
        if known and known[0] == stamp:
            return known[1]
        path = where.relative_to(folder).as_posix()
        in_lfs = belongs_in_lfs(path, stamp[0]) and not self.ways.keeps_all_in_git
        file = (lfs_file if in_lfs else git_file)(path, where)
        if file.size > LFS_ABOVE_BYTES:
            self._large[where] = (stamp, file)
        return file
