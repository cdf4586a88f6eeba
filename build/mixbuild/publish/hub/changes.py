"""What a push would change: files added, replaced, deleted, left as they are. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from mixbuild.make import DECLARATIONS
from mixbuild.publish.hub.remote import Remote
from mixbuild.publish.release import ASSETS, File

SHARD = re.compile(r"(?P<config>[^/]+)/[a-z][a-z0-9_]*-\d{5}-of-\d{5}\.(parquet|arrow)")
DECLARATION = re.compile(rf"{DECLARATIONS}/[a-z][a-z0-9_]*-[0-9a-f]{{8}}\.py")
IMAGE = re.compile(rf"{ASSETS}/(rows|lengths)-[0-9a-f]{{8}}\.png")


@dataclass(frozen=True)
class Changes:
    """A push, file by file.

    Attributes:
        added: files that are not there yet.
        replaced: files that are there with other bytes.
        unchanged: files that are there as they are here.
        deleted: path and size of the shards, images and tasks' files of ours that are no more.
    """

    added: tuple[File, ...]
    replaced: tuple[File, ...]
    unchanged: tuple[File, ...]
    deleted: tuple[tuple[str, int], ...]

    @property
    def sent(self) -> tuple[File, ...]:
        """The files to be sent."""
        return (*self.added, *self.replaced)

    def __bool__(self) -> bool:
        return bool(self.added or self.replaced or self.deleted)


def compare(files: Sequence[File], remote: Remote, *, configs: Collection[str]) -> Changes:
    """What makes a repo hold these files.

    Args:
        files: what it is to hold.
        remote: what it holds.
        configs: those whose files they are; of these, whatever else is there is stale.
    """
    there = [file for file in files if file.path in remote.files]
    unchanged = tuple(file for file in there if remote.holds(file))
    return Changes(
        added=tuple(file for file in files if file.path not in remote.files),
        replaced=tuple(file for file in there if file not in unchanged),
        unchanged=unchanged,
        deleted=tuple(_stale({file.path for file in files}, remote, configs)),
    )


def _stale(
    paths: Collection[str], remote: Remote, configs: Collection[str]
) -> Iterator[tuple[str, int]]:
    for path, stored in sorted(remote.files.items()):
        shard = SHARD.fullmatch(path)
        ours = (
            (shard and shard["config"] in configs)
            or IMAGE.fullmatch(path)
            or DECLARATION.fullmatch(path)
        )
        if ours and path not in paths:
            yield path, stored.size
