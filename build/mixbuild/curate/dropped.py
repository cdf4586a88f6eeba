"""Rows that were taken out of a build, or noted, to be looked at: why, and what shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixbuild.core import RowDict, explained_output, whole_file, write_whole
from mixbuild.curate.removal import read_notes, read_removal
from mixbuild.make import Built, BuiltSplit, read_shard

PAIRS = "pairs.html"
"""Below the output folder: pairs of rows that are worth a look."""


class Dropped(RowDict):
    """A row that was taken out, or of which there is something to say, and why.

    Attributes:
        reason: as the manifest counts it.
        because: what it is like, such as another row's id; empty where the reason says it all.
    """

    reason: str
    because: str


def dropped_path(config: str, split: str) -> str:
    """Where rows that were taken out lie, below the output folder, if somebody wants to keep them.

    >>> dropped_path("imdb", "train")
    'imdb/train.dropped.jsonl'
    """
    return f"{config}/{split}.dropped.jsonl"


def dropped_rows(out: Path, entry: BuiltSplit, *, reason: str | None = None) -> Iterator[Dropped]:
    """The rows that are taken out of a split, in order, with ``reason`` and ``because``.

    Args:
        out: the build's folder.
        entry: what its manifest says of the split.
        reason: only those for this one.

    Raises:
        VerifyError: a shard, or the list of what is taken out, is not what the manifest says.
    """
    if entry.removed is not None:
        yield from _rows(out, entry, read_removal(out, entry.removed), reason)


def noted_rows(out: Path, entry: BuiltSplit, *, reason: str | None = None) -> Iterator[Dropped]:
    """The rows of a split of which there is something to say, such as a conflict; likewise.

    Args:
        out: the build's folder.
        entry: what its manifest says of the split.
        reason: only those of which this is said.

    Raises:
        VerifyError: a shard, or the list of what is said, is not what the manifest says.
    """
    if entry.noted is not None:
        yield from _rows(out, entry, read_notes(out, entry.noted), reason)


def keep_dropped(out: Path, configs: Mapping[str, Built], *, keep: bool) -> None:
    """Write the rows that are taken out beside the shards, a line of JSON each; or none of them.

    Raises:
        OutputError: they cannot be written.
        VerifyError: as of ``dropped_rows``.
    """
    for name, config in configs.items():
        for split, entry in config.splits.items():
            path = out / dropped_path(name, split)
            with explained_output(path):
                if keep and entry.removed is not None:
                    if not _is_there(path, _lines(out, entry)):
                        with whole_file(path) as partial, partial.open("w", encoding="utf-8") as to:
                            to.writelines(_lines(out, entry))
                elif path.exists():
                    path.unlink()


def write_page(out: Path, page: str) -> None:
    """Write the page of pairs, unless it is there.

    Raises:
        OutputError: it cannot be written.
    """
    path = out / PAIRS
    with explained_output(path):
        if not path.exists() or path.read_bytes() != page.encode():
            write_whole(path, page.encode())


def _rows(out: Path, entry: BuiltSplit, listed: pa.Table, reason: str | None) -> Iterator[Dropped]:
    if reason is not None:
        listed = listed.filter(pa.compute.equal(listed["reason"], reason))
    shards, numbers = (listed[name].to_numpy() for name in ("shard", "row"))
    for index in np.unique(shards):
        shard, of_shard = entry.shards[index], listed.filter(pa.array(shards == index))
        left = numbers[shards == index]
        rows = pa.Table.from_batches(list(read_shard(out / shard.path, shard)))
        for start in range(0, len(left), 1_000):
            taken = rows.take(pa.array(left[start : start + 1_000]))
            why = of_shard.slice(start, 1_000)
            for name in ("reason", "because"):
                taken = taken.append_column(name, why[name])
            yield from taken.to_pylist()


def _lines(out: Path, entry: BuiltSplit) -> Iterator[str]:
    for row in dropped_rows(out, entry):
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _is_there(path: Path, lines: Iterable[str]) -> bool:
    """Whether a file has these lines already: it may lie on a read-only medium."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return all(one == other for one, other in zip_longest(file, lines))
    except (FileNotFoundError, UnicodeDecodeError):
        return False
