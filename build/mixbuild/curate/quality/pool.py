"""The rows of a build that are judged together, split by split, and why some are taken out."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mixbuild.declare import trains
from mixbuild.make import Built, BuiltSplit, ListedShard

Numbers = npt.NDArray[np.int64]

NONE: Numbers = np.zeros(0, np.int64)

Mask = npt.NDArray[np.bool_]

Bits = npt.NDArray[np.uint8]
"""Of each row a bit, eight rows to a number."""


@dataclass(frozen=True, eq=False)
class Place:
    """A split of a config.

    Attributes:
        number: its place among all.
        config, split: its names.
        entry: what the manifest says of it.
    """

    number: int
    config: str
    split: str
    entry: BuiltSplit

    @property
    def name(self) -> str:
        """For people: ``imdb/train``."""
        return f"{self.config}/{self.split}"

    @property
    def train(self) -> bool:
        """Whether it is to train on; all others are to evaluate by."""
        return trains(self.split)


@dataclass(frozen=True, eq=False)
class Part:
    """A shard: its rows have the numbers from ``start`` on.

    Attributes:
        place: the split that it is of.
        index: its place among the split's.
        shard: what it holds.
        path: its file.
        start: the number of its first row.
        renderings: itself, and the same rows by other templates, as far as a mixture may take
            these: each a file, and what it holds.
    """

    place: Place
    index: int
    shard: ListedShard
    path: Path
    start: int
    renderings: tuple[tuple[Path, ListedShard], ...]


@dataclass(frozen=True, eq=False)
class Note:
    """What is to be said of rows, whether they stay or not.

    Attributes:
        what: the same for all of them.
        rows: which ones.
        shown_by: of each, the row that shows it.
    """

    what: str
    rows: Numbers
    shown_by: Numbers


@dataclass(frozen=True, eq=False)
class Pool:
    """All rows, numbered in the order of configs, splits and shards.

    Attributes:
        places: the splits.
        parts: the shards.
        reasons: of each row, 0 where it stays, or the number of its reason from 1.
        shown_by: of a row that is taken out, the row that shows why; -1 where none does.
        names: the reasons.
        texts: of a row that is taken out, what shows why, where that is no row.
        notes: what else was found.
    """

    places: tuple[Place, ...]
    parts: tuple[Part, ...]
    reasons: npt.NDArray[np.uint16]
    shown_by: Numbers
    names: list[str] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def take_out(
        self,
        rows: Numbers,
        reason: str,
        *,
        shown_by: Numbers | None = None,
        texts: Sequence[str] = (),
    ) -> None:
        """Take out those rows that are still in.

        Args:
            rows: which ones.
            reason: why.
            shown_by: of each, the row that shows it.
            texts: of each, the text that does.
        """
        still = self.reasons[rows] == 0
        rows = rows[still]
        if not len(rows):
            return
        if reason not in self.names:
            self.names.append(reason)
        self.reasons[rows] = self.names.index(reason) + 1
        if shown_by is not None:
            self.shown_by[rows] = shown_by[still]
        self.texts.update(zip(rows.tolist(), compress(texts, still.tolist()), strict=False))

    def span(self, place: Place) -> tuple[int, int]:
        """The number of a split's first row, and the one after its last."""
        parts = [part for part in self.parts if part.place is place]
        if not parts:
            return 0, 0
        return parts[0].start, parts[-1].start + parts[-1].shard.rows

    def counted(self, rows: Numbers) -> dict[str, int]:
        """How many rows of each split; of those without any, nothing."""
        pairs = zip(self.places, rows.tolist(), strict=True)
        return {place.name: count for place, count in pairs if count}

    @property
    def bare(self) -> Pool:
        """The same shards for another process, with nothing of which rows are out, and why."""
        return Pool(self.places, self.parts, np.zeros(0, np.uint16), NONE)

    @property
    def out(self) -> Bits:
        """Which rows are out."""
        return np.packbits(self.reasons != 0)

    @cached_property
    def starts(self) -> Numbers:
        """The number of each shard's first row."""
        return np.array([part.start for part in self.parts], np.int64)


def are_set(bits: Bits, rows: Numbers) -> Mask:
    """Whether the bits of some rows are set.

    >>> are_set(np.packbits(np.arange(20) == 17), np.array([17, 16, 1])).tolist()
    [True, False, False]
    """
    of_eight = np.uint8(128) >> (rows & 7).astype(np.uint8)
    found: Mask = (bits[rows >> 3] & of_eight) != 0
    return found


def pool_of(
    out: Path, configs: Mapping[str, Built], *, again: Container[tuple[str, str]] = ()
) -> Pool:
    """The rows of some configs, all of them in.

    Args:
        out: the build's folder.
        configs: what its manifest says, or will say, of them.
        again: the (config, split) of which a mixture may take rows by other templates; those of an
            earlier mixture may still lie beside others.
    """
    places: list[Place] = []
    parts: list[Part] = []
    start = 0
    for name, config in configs.items():
        for split, entry in config.splits.items():
            place = Place(len(places), name, split, entry)
            places.append(place)
            for index, shard in enumerate(entry.shards):
                others = entry.again[index :: len(entry.shards)] if (name, split) in again else ()
                renderings = tuple((out / each.path, each) for each in (shard, *others))
                parts.append(Part(place, index, shard, out / shard.path, start, renderings))
                start += shard.rows
    reasons, shown_by = np.zeros(start, np.uint16), np.full(start, -1)
    return Pool(tuple(places), tuple(parts), reasons, shown_by)
