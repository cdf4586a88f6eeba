"""The files of a dataset by their names: those below a folder, or those of a repo at a commit.

A name is a name and never a pattern, whatever characters it has. What a folder's links lead to
outside of it is no part of it, unless that is said.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mixbuild.core import SourceError, explained
from mixbuild.sources.hub import CARD, Repo, find_repo, read_repo_file
from mixbuild.sources.location import Place

FOLLOW = "copy the file into the folder, or say --follow-links if it is meant"


@dataclass(frozen=True)
class Tree:
    """What a place holds.

    Attributes:
        place: the repo or folder.
        names: each file's path within it, parts joined by ``/``, in the order of the alphabet.
        outside: of a folder's links that lead out of it: name -> what they lead to.
        repo: what the Hub lists; None for a folder.
        follow_links: whether a folder's card may lead outside, too.
    """

    place: Place
    names: tuple[str, ...]
    outside: Mapping[str, str] = field(default_factory=dict)
    repo: Repo | None = None
    follow_links: bool = False

    def read(self, name: str) -> bytes | None:
        """A small file's bytes; None where there is none of that name.

        Raises:
            SourceError: it cannot be read.
        """
        if name not in self.names:
            return None
        self.check(name)
        if self.repo is not None:
            with explained(self.place.label):
                return read_repo_file(self.repo, name)
        with explained(f"{self.place.label}: {name}"):
            return Path(self.place.path, name).read_bytes()

    def check(self, name: str) -> None:
        """Refuse a file that is to be read and is no part of the folder, or has no proper name.

        Raises:
            SourceError: it is a link that leads elsewhere, or its name is no text.
        """
        if name in self.outside:
            raise SourceError(
                f"{self.place.label}: {name}: expected a file within the folder, got a link to "
                f"{self.outside[name]}; {FOLLOW}"
            )
        try:
            name.encode()
        except UnicodeEncodeError:
            raise SourceError(
                f"{self.place.label}: expected names of files in UTF-8, got {name!r}; rename it"
            ) from None


def list_place(place: Place, *, follow_links: bool = False) -> Tree:
    """The files of a repo at its commit, or of a folder.

    Args:
        place: where.
        follow_links: take what a folder's links lead to for a part of it, wherever it is.

    Raises:
        SourceError: it cannot be listed, or a folder's link to a folder leads outside.
    """
    with explained(place.label):
        if place.revision is not None:
            repo = find_repo(place.path, place.revision)
            return Tree(place, tuple(name for name in repo.files if not _is_tools(name)), repo=repo)
        root = Path(place.path)
        inside = _parts_of(root)
        found = dict(_walk(root, "", inside, follow_links=follow_links))
    outside = {name: target for name, target in found.items() if target}
    return Tree(place, tuple(sorted(found)), outside, follow_links=follow_links)


def _walk(
    folder: Path, above: str, inside: tuple[Path, ...], *, follow_links: bool
) -> Iterator[tuple[str, str]]:
    """Each file's name, and what it leads to where that is outside."""
    with os.scandir(folder) as entries:
        for entry in entries:
            name, target = f"{above}{entry.name}", ""
            if _is_tools(f"{entry.name}/" if entry.is_dir() else entry.name):
                continue
            if entry.is_symlink():
                real = Path(os.path.realpath(entry.path))
                if not follow_links and not any(real.is_relative_to(each) for each in inside):
                    target = str(real)
                if entry.is_dir():
                    if target:
                        raise SourceError(
                            f"{folder / entry.name}: expected a folder within the mirror, got a "
                            f"link to {target}; {FOLLOW}"
                        )
                    if Path(os.path.realpath(folder)).is_relative_to(real):  # it has no end
                        continue
            if entry.is_dir():
                yield from _walk(Path(entry.path), f"{name}/", inside, follow_links=follow_links)
            elif entry.is_file() or (entry.is_symlink() and not Path(entry.path).exists()):
                yield name, target


def _is_tools(name: str) -> bool:
    """Whether a file is a tool's own, and nobody's rows: hidden, or below ``__pycache__`` or so.

    >>> _is_tools(".cache/a.json"), _is_tools("__MACOSX/a.csv"), _is_tools("data/__a.csv")
    (True, True, False)
    """
    *folders, base = name.split("/")
    return base.startswith(".") or any(each.startswith((".", "__")) for each in folders)


def _parts_of(root: Path) -> tuple[Path, ...]:
    """The folders that count as inside: of a Hub's cache, too, what its snapshots link to.

    Its ``snapshots/COMMIT`` holds links to ``blobs`` beside it, and nothing else.
    """
    for above in (root, *root.parents):
        if above.parent.name == "snapshots" and (blobs := above.parent.parent / "blobs").is_dir():
            return root, blobs
    return (root,)


def list_beyond(place: Place, folder: str) -> list[str]:
    """The names of all files below a folder that a card names and that lies outside.

    Args:
        place: a local folder.
        folder: another, absolute or from there.

    Raises:
        SourceError: it cannot be listed.
    """
    with explained(f"{place.label}: {CARD}"):
        root = Path(os.path.normpath(Path(place.path, folder)))
        found = _walk(root, "", (root,), follow_links=True)
        return sorted(os.path.relpath(root / name, place.path) for name, _ in found)
