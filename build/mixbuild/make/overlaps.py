"""What the rows of a build say more than once, as the manifest tells it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from msgspec import field

from mixbuild.core import Count, Record

Of = TypeVar("Of")


class Leaks(Record, frozen=True):
    """How many different inputs two splits have in common.

    Attributes:
        train: the split to train on.
        evaluation: the one to evaluate by.
        inputs: how many are the same.
        near: how many rows of other inputs in train are near one there, where that was looked for.
    """

    train: str
    evaluation: str
    inputs: Count
    near: Count = 0


class Clusters(Record, frozen=True):
    """Rows whose inputs are nearly the same as those of others, or of others of these.

    Attributes:
        clusters: how many such rows of a config are in.
        rows: how many of its rows are in one.
        largest: how many rows, of whatever config, are in the largest of them.
    """

    clusters: Count
    rows: Count
    largest: Count


class Overlaps(Record, frozen=True):
    """What rows that are judged together say more than once, whether it was taken out or not.

    Attributes:
        leaks: pairs of splits to train on and to evaluate by that have inputs in common.
        conflicts: of each split, how many rows stand beside the same inputs with another answer.
        spanning: of each config, how many groups, such as passages, are in several of its splits.
        near_conflicts: of each split, how many rows stand beside nearly the same inputs with
            another answer; none of them is taken out for that.
        near_clusters: of each config, the clusters of its rows whose inputs are nearly the same.
    """

    leaks: tuple[Leaks, ...]
    conflicts: dict[str, Count]
    spanning: dict[str, Count]
    near_conflicts: dict[str, Count] = field(default_factory=dict)
    near_clusters: dict[str, Clusters] = field(default_factory=dict)

    def of(self, config: str) -> Overlaps:
        """What of it is a config's."""

        def own(counts: Mapping[str, Of]) -> dict[str, Of]:
            return {key: each for key, each in counts.items() if key.split("/")[0] == config}

        leaks = tuple(each for each in self.leaks if each.train.split("/")[0] == config)
        return Overlaps(
            leaks=leaks,
            conflicts=own(self.conflicts),
            spanning=own(self.spanning),
            near_conflicts=own(self.near_conflicts),
            near_clusters=own(self.near_clusters),
        )
