"""A config: what is published under a name, made of tasks' rows. Whoever reads one asks it.

The same in a build and where it is published; only what its splits are made of differs: shards
here, files there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from mixbuild.core import Count, Record
from mixbuild.make.made_of import Name, OfMixture, OfTask, RecipeEntry, SourceEntry, TemplateEntry
from mixbuild.make.overlaps import Overlaps
from mixbuild.make.shard import Shard


class ListedShard(Shard, frozen=True):
    """A shard, and where it lies below the output folder."""

    path: str


class SplitEntry(Record, frozen=True):
    """What is said of every split: source rows read, rows, rows left out by reason."""

    rows_read: Count
    rows: Count
    drops: dict[str, Count]


class Removed(Record, frozen=True):
    """Rows that are taken out of a split because of what other rows, or a limit, are.

    Attributes:
        path: below the output folder, of the file that lists them.
        drops: how many for which reason.
        digest: of what the file lists.
    """

    path: str
    drops: dict[str, Count]
    digest: str

    @property
    def rows(self) -> int:
        """How many they are."""
        return sum(self.drops.values())


class Noted(Record, frozen=True):
    """What there is to say of rows of a split, whether they stay or not.

    Attributes:
        path: below the output folder, of the file that lists them.
        notes: of how many rows each is said.
        digest: of what the file lists.
    """

    path: str
    notes: dict[str, Count]
    digest: str


class Selected(Record, frozen=True):
    """Rows of other configs' shards, in an order of their own.

    Attributes:
        path: below the output folder, of the selection.
        key: of the selection: of all that it depends on.
        digest: of the places that it lists.
        shards: those that it selects from; they are their own configs'.
    """

    path: str
    key: str
    digest: str
    shards: tuple[ListedShard, ...]


class BuiltSplit(SplitEntry, frozen=True):
    """A split of a build; each number is that of its shards together, less what is taken out.

    Attributes:
        shards: none where it is ``selected``.
        removed: rows that are taken out.
        noted: rows that say something else than others like them, say.
        selected: rows of other splits, where it is made of these.
        again: the same rows as in ``shards``, row by row, by other templates: all of them once,
            then once more. For mixtures that take a row more than once; no reader of the split
            sees them.
    """

    shards: tuple[ListedShard, ...]
    removed: Removed | None = None
    selected: Selected | None = None
    again: tuple[ListedShard, ...] = ()
    noted: Noted | None = None


def without(split: BuiltSplit, removed: Removed | None) -> BuiltSplit:
    """A split, with nothing but this taken out of what its shards have."""
    read, rows, drops = _sums(split.shards)
    if removed is not None:
        rows -= removed.rows
        drops = dict(sorted((Counter(drops) + Counter(removed.drops)).items()))
    return msgspec.structs.replace(
        split, rows_read=read, rows=rows, drops=drops, removed=removed, noted=None
    )


def whole(config: Config[BuiltSplit]) -> Config[BuiltSplit]:
    """A config as its shards are, with nothing taken out of them."""
    splits = {
        name: each if each.selected else without(each, None) for name, each in config.splits.items()
    }
    return msgspec.structs.replace(config, splits=splits, overlaps=None)


S = TypeVar("S", bound=SplitEntry)


class Config(Record, Generic[S], frozen=True):
    """What is published under a name. Whoever reads a manifest asks it, and no task.

    Attributes:
        made_of: where its rows are from.
        versions: what made them: this package, its code's hash, and the libraries that matter.
        splits: by name, in order.
        recipe: the one that it was made by, if it was by one.
        overlaps: what its rows say more than once, where the recipe asks.
    """

    made_of: OfTask | OfMixture
    versions: dict[str, str]
    splits: dict[Name, S]
    recipe: RecipeEntry | None = None
    overlaps: Overlaps | None = None

    @property
    def family(self) -> str:
        """What kind of task it is."""
        return self.made_of.family

    @property
    def tasks(self) -> Mapping[str, OfTask]:
        """What made its rows, by the name of the task that they have."""
        return self.made_of.tasks

    @property
    def sources(self) -> tuple[SourceEntry, ...]:
        """Every source that a row may be from."""
        return tuple(each.source for each in self.tasks.values())

    @property
    def templates(self) -> Mapping[str, TemplateEntry]:
        """Every template that a row may be rendered by."""
        return self.made_of.templates

    @property
    def texts(self) -> Mapping[tuple[str, str], str]:
        """Of each template that a row may be rendered by, as the row names it: its text."""
        return {
            (task, name): template.text
            for task, each in self.tasks.items()
            for name, template in each.templates.items()
        }

    @property
    def declarations(self) -> Mapping[str, str]:
        """The files that declare what its rows are made of: each path, and its text."""
        kept = {task: each.declaration for task, each in self.tasks.items()}
        return {each.path(task): each.text for task, each in kept.items() if each}


Built: TypeAlias = Config[BuiltSplit]


AGAIN = "again"
"""The folder, in a config's, of the shards that no reader of its splits sees."""


def split_of(
    config: str, split: str, shards: Sequence[Shard], again: Sequence[Shard] = ()
) -> BuiltSplit:
    """A split of a config, of its shards in order, and of those of the same rows again."""
    return BuiltSplit(
        *_sums(shards),
        tuple(_listed(config, split, shards)),
        again=tuple(_listed(f"{config}/{AGAIN}", split, again)),
    )


def _listed(folder: str, split: str, shards: Sequence[Shard]) -> Iterator[ListedShard]:
    for index, shard in enumerate(shards):
        yield ListedShard(**_fields(shard), path=shard_path(folder, split, index, len(shards)))


def shard_path(folder: str, split: str, index: int, count: int, suffix: str = "arrow") -> str:
    """Where a file lies below the output folder, or that of what is published.

    >>> shard_path("squad", "train", 0, 2)
    'squad/train-00000-of-00002.arrow'
    """
    return f"{folder}/{split}-{index:05d}-of-{count:05d}.{suffix}"


def mixtures_of(configs: Mapping[str, Config[S]], task: str) -> list[str]:
    """The configs that are made of a task's rows, and are not its own."""
    return [name for name, each in configs.items() if name != task and task in each.tasks]


def listed_with(listed: Mapping[str, Built], settled: Mapping[str, Built]) -> dict[str, Built]:
    """What a manifest lists, with some configs as they are now.

    A mixture stays only while its tasks are what it was made of.
    """
    changed = [name for name, config in settled.items() if listed.get(name) != config]
    outdated = {mixture for name in changed for mixture in mixtures_of(listed, name)}
    left = {name: config for name, config in listed.items() if name not in outdated}
    return dict(sorted({**left, **settled}.items()))


def unlisted(shard: ListedShard) -> Shard:
    """A shard, wherever it lies."""
    return Shard(**_fields(shard))


# its values are of as many types as its fields, of which msgspec makes another shard
def _fields(shard: Shard) -> dict[str, Any]:
    return {name: getattr(shard, name) for name in Shard.__struct_fields__}


def _sums(shards: Sequence[Shard]) -> tuple[int, int, dict[str, int]]:
    """Of shards together: source rows read, rows, drops by reason."""
    drops: Counter[str] = Counter()
    for shard in shards:
        drops.update(shard.drops)
    return (
        sum(shard.rows_read for shard in shards),
        sum(shard.rows for shard in shards),
        dict(sorted(drops.items())),
    )
