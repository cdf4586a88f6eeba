"""Lists of rows that no manifest lists any more: of mixtures that are gone, of removals undone.

So the page of pairs where nothing is judged any more. A build that is stopped before they are
removed leaves them for the next one to find. What is called as such a file is, and is none, is
somebody else's and stays.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from mixbuild.core import OutputError, explained_output, mutex
from mixbuild.curate.dropped import PAIRS, dropped_path
from mixbuild.curate.quality.page import HEAD
from mixbuild.curate.removal import REMOVED
from mixbuild.curate.selection import SELECTION
from mixbuild.make import Manifest, expect

LISTS = {"removed": REMOVED, "noted": REMOVED, "selection": SELECTION}
"""What the file of a list is called, after the split that it is of -> what it has."""


def sweep(out: Path, there: Manifest) -> None:
    """Remove what lies in an output folder as a list of rows, and is not listed by its manifest.

    Left to the next build where it cannot be removed now: nobody reads it.
    """
    if not any(_unlisted(out, there)):  # nothing is written then, not even a mutex
        return
    with contextlib.suppress(OutputError), mutex(out), explained_output(out):
        for path in list(_unlisted(out, expect(out))):
            path.unlink()
            if path.name == PAIRS:
                continue
            split = path.name.partition(".")[0]
            (out / dropped_path(path.parent.name, split)).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # there is something else in it
                path.parent.rmdir()


def _unlisted(out: Path, there: Manifest) -> Iterator[Path]:
    splits = [split for config in there.configs.values() for split in config.splits.values()]
    lists = [each for split in splits for each in (split.removed, split.noted, split.selected)]
    listed = {each.path for each in lists if each is not None}
    for kind, schema in LISTS.items():
        for path in sorted(out.glob(f"[!.]*/*.{kind}.arrow")):
            # whole folders that no config is called by may be copies that somebody keeps
            ours = kind == "selection" or path.parent.name in there.configs
            if ours and path.relative_to(out).as_posix() not in listed and _holds(path, schema):
                yield path
    page = out / PAIRS
    if not any(config.overlaps for config in there.configs.values()) and _is_page(page):
        yield page


def _is_page(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(HEAD)) == HEAD.encode()
    except OSError:
        return False


def _holds(path: Path, schema: pa.Schema) -> bool:
    try:
        with pa.OSFile(str(path)) as file:
            return bool(pa.ipc.open_file(file).schema.equals(schema))
    except (OSError, pa.ArrowException):
        return False
