"""The rows of a build that are judged together, split by split, and why some are taken out."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import Hashes
from mixbuild.declare import trains
from mixbuild.make import Built, BuiltSplit, ListedShard, read_shard

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Place:
    """A split of a config.

    Attributes:
        number: its place among all.
        config, split: its names.
        entry: what the manifest says of it.
        several: whether a source row may have several renderings.
    """

    number: int
    config: str
    split: str
    entry: BuiltSplit
    several: bool

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
class Pool:
    """All rows, numbered in the order of configs, splits and shards.

    Attributes:
        places: the splits.
        parts: the shards.
        reasons: of each row, 0 where it stays, or the number of its reason from 1.
        names: the reasons.
        because: of a row that is taken out, the row that shows why, or a text that does.
    """

    places: tuple[Place, ...]
    parts: tuple[Part, ...]
    reasons: npt.NDArray[np.uint8]
    names: list[str] = field(default_factory=list)
    because: dict[int, int | str] = field(default_factory=dict)

    def take_out(self, rows: Numbers, reason: str) -> Numbers:
        """Take out those rows that are still in; their numbers."""
        rows = rows[self.reasons[rows] == 0]
        if len(rows):
            if reason not in self.names:
                self.names.append(reason)
            self.reasons[rows] = self.names.index(reason) + 1
        return rows

    @cached_property
    def starts(self) -> Numbers:
        """The number of each shard's first row."""
        return np.array([part.start for part in self.parts], np.int64)

    @cached_property
    def source_rows(self) -> Hashes:
        """A hash of each row's source row: of its id, without a template.

        Raises:
            VerifyError: a shard is not what the manifest says.
        """
        found = np.zeros(len(self.reasons), np.uint64)
        for part in self.parts:
            ids = pa.chunked_array(
                [batch.column("id") for batch in read_shard(part.path, part.shard)], pa.string()
            )
            if part.place.several:
                ids = pc.replace_substring_regex(ids, r"#[a-z][a-z0-9_]*$", "")
            texts = ids.cast(pa.binary()).to_pylist()
            hashes = (xxhash.xxh3_64_intdigest(each) for each in texts)
            found[part.start : part.start + len(texts)] = np.fromiter(hashes, np.uint64)
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
        several = config.tasks[name].several
        for split, entry in config.splits.items():
            place = Place(len(places), name, split, entry, several)
            places.append(place)
            for index, shard in enumerate(entry.shards):
                others = entry.again[index :: len(entry.shards)] if (name, split) in again else ()
                renderings = tuple((out / each.path, each) for each in (shard, *others))
                parts.append(Part(place, index, shard, out / shard.path, start, renderings))
                start += shard.rows
    return Pool(tuple(places), tuple(parts), np.zeros(start, np.uint8))
