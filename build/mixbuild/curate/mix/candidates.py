"""The rows of a task's split that a mixture may take, and which of them it takes: by what they say.

A row's place in the queue is a hash of the seed, the task and the digest of its slots, once for
each copy: not of the file it lies in, nor of the rows beside it. So a smaller mixture is a part of
a larger one, and a mirror that is cut into other files gives the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.core import Hashes, hash_rows
from mixbuild.curate.quality.keyed import half_of, twins
from mixbuild.curate.removal import kept
from mixbuild.make import BuiltSplit, ListedShard, OfTask, read_keys, read_shard

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Rows that there are to take from. Every array has the shape (rows,).

    Attributes:
        task: whose they are.
        split: the task's.
        shards: in which they lie.
        again: these shards by other templates, row by row: all of them once, then once more.
        shard: of each row, by its place among ``shards``.
        row: its number in there.
        slots, inputs, group: half of each of its keys; ``group`` is 0 where the task has none.
        twin: the how-manieth row this is, from 0, of those that say the same.
        several: whether rows that say the same are the renderings of one row, of which each is for
            another copy.
        left_out: reason -> how many rows of the split are not among these.
    """

    task: str
    split: str
    shards: Sequence[ListedShard]
    again: Sequence[ListedShard]
    shard: npt.NDArray[np.int32]
    row: Numbers
    slots: Hashes
    inputs: Hashes
    group: Hashes
    twin: Numbers
    several: bool
    left_out: dict[str, int]

    def __len__(self) -> int:
        return len(self.row)

    @property
    def every(self) -> Sequence[ListedShard]:
        """All shards that a copy of a row may be taken from."""
        return (*self.shards, *self.again)

    def turn(self, copies: Numbers) -> Numbers:
        """By the how-manieth of its renderings each copy of a row is, from 0."""
        return copies % (1 + len(self.again) // max(1, len(self.shards)))

    def without(self, reason: str, wanted: npt.NDArray[np.bool_]) -> Candidates:
        """All but these, which are counted."""
        found = int(wanted.sum())
        left_out = {**self.left_out, reason: self.left_out.get(reason, 0) + found}
        return self._only(~wanted, left_out) if found else self

    def only(self, rows: Numbers) -> Candidates:
        """These alone, in their order."""
        return self._only(rows, self.left_out)

    def _only(self, which: npt.NDArray[np.generic], left_out: dict[str, int]) -> Candidates:
        names = ("shard", "row", "slots", "inputs", "group", "twin")
        arrays = {name: getattr(self, name)[which] for name in names}
        return replace(self, left_out=left_out, **arrays)


def candidates(out: Path, of: OfTask, split: str, entry: BuiltSplit, *, seed: int) -> Candidates:
    """The rows of a task's split.

    Args:
        out: the build's folder.
        of: what the task's config is made of.
        split: the task's.
        entry: what the manifest says of it; there are keys beside its shards.
        seed: of every choice by hash.

    Raises:
        VerifyError: a shard, its keys or a removal are not what the manifest says.
    """
    shard, row, keys = [], [], []
    for index, (each, mask) in enumerate(zip(entry.shards, kept(out, entry), strict=True)):
        table = read_keys(out / each.path, unit=each.unit, rows=each.rows)
        rows = np.arange(each.rows) if mask is None else np.flatnonzero(mask)
        shard.append(np.full(len(rows), index, np.int32))
        row.append(rows)
        keys.append([half_of(table.column(name))[rows] for name in ("slots", "inputs", "group")])
    none = [np.zeros(0, np.uint64)] * 3
    slots, inputs, group = (np.concatenate(each) for each in zip(none, *keys, strict=True))
    found = Candidates(
        of.task,
        split,
        entry.shards,
        entry.again,
        np.concatenate([np.zeros(0, np.int32), *shard]),
        np.concatenate([np.zeros(0, np.int64), *row]),
        slots,
        inputs,
        group,
        np.zeros(len(slots), np.int64),
        of.several,
        dict(entry.drops),
    )
    # of the renderings of one row by a hash, so that no template is always the first
    first = [_first_templates(out, found, seed)] if found.several else []
    return replace(found, twin=twins(found.slots, *first))


def take(
    found: Candidates, rows: int, *, seed: int, held_out: bool = False
) -> tuple[Numbers, Numbers]:
    """Which rows are taken: those that come first in the queue, copy after copy.

    What is held out comes last in it: where a larger mixture holds more rows of a task out, since
    the task's share is another, a smaller one trains on none of these.

    Args:
        found: the rows that there are.
        rows: how many to take.
        seed: of the queue.
        held_out: take those that come last.

    Returns:
        the places of the rows among ``found``, and the copy that each is of, from 0.
    """
    copies, rest = divmod(rows, max(1, len(found)))
    places = np.tile(np.arange(len(found)), copies)
    copy = np.repeat(np.arange(copies), len(found))
    if rest:
        in_order = queue(found, copies, seed=seed)
        some = in_order[-rest:] if held_out else in_order[:rest]
        places, copy = np.concatenate([places, some]), np.append(copy, np.full(rest, copies))
    return places, copy


def queue(found: Candidates, copy: int, *, seed: int) -> Numbers:
    """The places of all rows, in the order in which a copy of them is taken."""
    # the empty text is part of what decides which rows published mixtures have
    hashes = hash_rows(found.slots.view(np.int64), "mixture", seed, "", found.task, copy)
    # of one row's renderings the first ones of all rows come before the second ones
    return np.lexsort((hashes, found.twin) if found.several else (found.twin, hashes))


def _first_templates(out: Path, found: Candidates, seed: int) -> Hashes:
    """A hash of what each row says and of its template."""
    hashes = np.zeros(len(found), np.uint64)
    for index, shard in enumerate(found.shards):
        mine = np.flatnonzero(found.shard == index)
        batches = read_shard(out / shard.path, shard)
        columns = pa.chunked_array([each.column("template") for each in batches], pa.string())
        names = columns.combine_chunks().dictionary_encode()
        at = names.indices.to_numpy()[found.row[mine]]
        for number, name in enumerate(names.dictionary.to_pylist()):
            rows = mine[at == number]
            hashes[rows] = hash_rows(
                found.slots[rows].view(np.int64), "turn", seed, found.task, name
            )
    return hashes
