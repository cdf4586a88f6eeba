"""Commits, what makes one out of another, and the bytes that they refer to."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path, PurePosixPath
from typing import Any

from hub_server.exchange import RefusalError
from hub_server.files import File, belongs_in_lfs, git_file, lfs_file
from hub_server.ways import Ways

_BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Commit:
    """One state of a repo, and how it came to be."""

    oid: str
    parent: str | None
    title: str
    message: str
    date: str
    files: Mapping[str, File]


def date(number: int) -> str:
    """When a repo's n-th commit was made: the clock must not leak into an answer."""
    return f"{_BEGIN + timedelta(seconds=number):%Y-%m-%dT%H:%M:%S}.000Z"


@dataclass(frozen=True)
class Put:
    """A file with its content."""

    path: str
    content: bytes
    lfs: bool | None = None  # where it is held; None for the Hub's own choice


@dataclass(frozen=True)
class Link:
    """An LFS file, whose content was uploaded before."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Delete:
    """A file, or all files below a folder."""

    path: str
    is_folder: bool


Operation = Put | Link | Delete


class Blobs:
    """The bytes of a repo's files, by their sha256, whether a commit refers to them or not yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, sha256: str) -> Path | None:
        where = self.folder / sha256
        return where if where.is_file() else None

    def add(self, sha256: str, chunks: Iterable[bytes]) -> Path:
        """Keep the bytes, as they come, if they turn out to have that digest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        incoming, digest = self.folder / f"{uuid.uuid4().hex}.incoming", hashlib.sha256()
        try:
            with incoming.open("wb") as file:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
            if digest.hexdigest() != sha256:
                raise RefusalError(400, "", f"The uploaded content does not have the oid {sha256}")
            return incoming.replace(self.folder / sha256)
        finally:
            incoming.unlink(missing_ok=True)


def apply(
    files: Mapping[str, File], operations: Iterable[Operation], blobs: Blobs, ways: Ways
) -> dict[str, File]:
    """The files after the operations, in their order; raises `RefusalError`, as the Hub answers."""
    after = dict(files)
    for operation in operations:
        path = operation.path
        if ways.leaves_out(path):
            continue
        if isinstance(operation, Put):
            content = operation.content
            where = blobs.add(hashlib.sha256(content).hexdigest(), [content])
            in_lfs = operation.lfs
            if in_lfs is None:
                in_lfs = belongs_in_lfs(path, len(content)) and not ways.keeps_all_in_git
            after[path] = lfs_file(path, where) if in_lfs else git_file(path, where)
        elif isinstance(operation, Link):
            uploaded = blobs.find(operation.sha256)
            if uploaded is None:
                message = f"An LFS pointer points to a file that does not exist. Offending: {path}"
                raise RefusalError(400, "", message)
            after[path] = lfs_file(path, uploaded, operation.sha256)
        else:
            prefix = path.rstrip("/") + "/"
            gone = [at for at in after if at.startswith(prefix)] if operation.is_folder else [path]
            if not gone or not after.keys() >= set(gone):
                message = f"A file with this name doesn't exist: {path}"  # looked for by the client
                raise RefusalError(404, "EntryNotFound", message)
            for at in gone:
                del after[at]
    folders = {parent.as_posix() for path in after for parent in PurePosixPath(path).parents}
    for path in after.keys() & folders:
        raise RefusalError(400, "", f"{path} cannot be both a file and a folder")
    return dict(sorted(after.items()))


def make(
    files: Mapping[str, File],
    *,
    number: int,
    parent: str | None,
    title: str,
    message: str,
    ways: Ways,
) -> Commit:
    """A repo's n-th commit; its oid is a digest of all that it says."""
    made = Commit("", parent, title, message, date(number), files)
    return replace(made, oid=ways.commit_id(to_json(made).encode()))


def to_json(commit: Commit) -> str:
    files = {
        path: {
            "size": file.size,
            "sha256": file.sha256,
            "oid": file.oid,
            "pointer": file.pointer_size,
        }
        for path, file in commit.files.items()
    }
    facts = {name: getattr(commit, name) for name in ("parent", "title", "message", "date")}
    return json.dumps({**facts, "files": files}, indent=1)


def from_json(oid: str, text: str, blobs: Blobs) -> Commit:
    facts: dict[str, Any] = json.loads(text)
    files = {
        path: File(
            path,
            blobs.folder / file["sha256"],
            file["size"],
            file["sha256"],
            file["oid"],
            file["pointer"],
        )
        for path, file in facts.pop("files").items()
    }
    return Commit(oid, files=files, **facts)
