"""The folder ``.units``: the shards of a build that is not finished yet, each with its report.

::

    out/.units/<config>-<key>.arrow    a unit's shard
    out/.units/<config>-<key>.keys    its keys, where they are asked for; there before it
    out/.units/<config>-<key>.json     what it holds; written once the shard is whole

Whatever lies there may be missing, cut or of another version: it costs its own work again, and
nothing more.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mixbuild.core import (
    PARTIAL,
    dump_json,
    explained_output,
    is_partial,
    sync_folder,
    write_whole,
)
from mixbuild.make.keys import keys_path
from mixbuild.make.shard import Shard, contents, read_report

UNITS = ".units"


@contextmanager
def staging(out: Path, *, idle: bool = False) -> Iterator[Path]:
    """The folder, below an output folder; without what was begun and not finished, at any time.

    Args:
        out: the output folder.
        idle: nothing is to be rendered, so that no folder is made: it may be a read-only medium.

    Raises:
        OutputError: it cannot be made.
    """
    folder = out / UNITS
    if not idle:
        with explained_output(folder):
            folder.mkdir(exist_ok=True)
    try:
        yield folder
    finally:  # workers that were killed, now or in an earlier build, had no time for that
        # beside the manifest, among the units, and beside the shards what is curated of them
        for pattern in (f"*{PARTIAL}", f"{UNITS}/*{PARTIAL}", f"[!.]*/*{PARTIAL}"):
            for partial in filter(is_partial, out.glob(pattern)):
                with contextlib.suppress(OSError):
                    partial.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # it is not empty: other units wait to be finished
            folder.rmdir()


def note(folder: Path, config: str, shards: Iterable[Shard]) -> None:
    """Write down what shards hold that lie elsewhere, so that ``take_back`` knows them."""
    for shard in shards:
        write_whole(folder / f"{config}-{shard.unit}.json", dump_json(shard))


def take_back(folder: Path, config: str, lying: Sequence[Path]) -> None:
    """Move shards back among the units, where a report knows their rows.

    A build that was killed while it moved them left some here and some there.
    """
    reports = sorted(folder.glob(f"{config}-*.json"))
    known = {path.with_suffix(".arrow"): read_report(path) for path in reports}
    wanted = {path: shard for path, shard in known.items() if shard and not path.exists()}
    for path in lying:
        size = path.stat().st_size
        alike = [arrow for arrow, shard in wanted.items() if shard.bytes == size]
        held = contents(path) if alike else None
        for arrow in alike:
            if held == (wanted[arrow].rows, wanted[arrow].content_digest):
                path.replace(arrow)
                _move_keys(path, arrow)
                del wanted[arrow]
                break


def move_out(folder: Path, config: str, shards: Mapping[Path, Shard], old: Iterable[Path]) -> None:
    """Move a config's shards to where the manifest will list them, and no old one beside them."""
    for path in old:
        path.unlink()
        keys_path(path).unlink(missing_ok=True)
    for path, shard in shards.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        arrow = folder / f"{config}-{shard.unit}.arrow"
        _move_keys(arrow, path)
        arrow.replace(path)
    for parent in {path.parent for path in shards}:
        sync_folder(parent)


def _move_keys(shard: Path, to: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # nobody asked for them
        keys_path(shard).replace(keys_path(to))


def shards_in(folder: Path, splits: Iterable[str]) -> list[Path]:
    """The files in a config's folder that are called as we call its shards; others are not ours."""
    ours = re.compile(rf"({'|'.join(splits)})-\d{{5}}-of-\d{{5}}\.arrow")
    return [path for path in folder.glob("*.arrow") if ours.fullmatch(path.name)]


def forget(folder: Path, config: str) -> None:
    """Remove what a finished config left among the units."""
    for path in folder.glob(f"{config}-*"):
        path.unlink(missing_ok=True)
