"""A build in a folder, or one that is published: its configs, and the rows of each split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from mixbuild.core import SCHEMA, UsageError, one_of
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.make import Built, BuiltSplit, expect
from mixbuild.publish.formats import lay, openings
from mixbuild.publish.hub import push as hub
from mixbuild.publish.manifest import PublishedConfig, PublishedSplit, TokenLengths
from mixbuild.publish.shards import read_shards
from mixbuild.publish.tokens import TokenCounts, formats_of, tokenizers_of

Read: TypeAlias = Callable[[str, str, Sequence[str]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class Place:
    """What lies at a place.

    Attributes:
        label: the folder, or ``org/name@commit``.
        configs: by name, as the manifest has them.
        read: the rows of a config's split in order, some columns of them.
        row_format: in which they lie there.
    """

    label: str
    configs: Mapping[str, Built] | Mapping[str, PublishedConfig]
    read: Read
    row_format: RowFormat = CANONICAL

    def config(self, name: str) -> Built | PublishedConfig:
        """The config of that name.

        Raises:
            UsageError: there is none; the message names the near ones.
        """
        if name not in self.configs:
            raise UsageError(f"{self.label}: {one_of('config', name, self.configs)}")
        return self.configs[name]

    def rows(
        self, config: str, split: str, *, columns: Sequence[str] = tuple(SCHEMA.names)
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a split, in order.

        Raises:
            UsageError: there is no such config or split.
            VerifyError: a shard cannot be read, or is not what the manifest says.
            SourceError: a published file cannot be read.
        """
        self._entry(config, split)
        return self.read(config, split, columns)

    def tokens(self, config: str, split: str) -> Mapping[str, tuple[TokenLengths, ...]]:
        """By row format, how many tokens the rows of a split have.

        Those of a build are counted as they are, and as its recipe has them published. Of what is
        published its manifest tells, as it lies there: the tokenizer may be a file of who made it.
        Nothing where the recipe names no tokenizer.

        Raises:
            UsageError, SourceError: a tokenizer cannot be had; and what ``rows`` raises.
        """
        of, entry = self.config(config), self._entry(config, split)
        if isinstance(entry, PublishedSplit):
            return {self.row_format.name: entry.tokens} if entry.tokens else {}
        tokenizers = tokenizers_of(of.recipe, config)
        if not tokenizers:
            return {}
        known = openings(of.texts)
        asked = formats_of(of.recipe, config)
        counts = [(each, TokenCounts(tokenizers, each)) for each in asked]
        for batch in self.rows(config, split):
            rows = pa.RecordBatch.from_arrays(batch.columns, schema=SCHEMA)
            for each, count in counts:
                count.add(lay(rows, each, known))
        return {each.name: count.told() for each, count in counts}

    def _entry(self, config: str, split: str) -> BuiltSplit | PublishedSplit:
        splits = self.config(config).splits
        if split not in splits:
            raise UsageError(f"{self.label}: {one_of('split', split, splits)}")
        return splits[split]


def open_place(place: str) -> Place:
    """What lies at a place; rows are read when they are asked for.

    Args:
        place: a build's folder, or ``org/name[@revision]``.

    Raises:
        UsageError: it is neither.
        ManifestError: there is no manifest, or none that can be read.
        HubError: the Hub refuses, or does not answer.
    """
    if Path(place).is_dir():
        out = Path(place)
        built = expect(out).configs

        def shards(config: str, split: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
            for batch in read_shards(out, built[config].splits[split]):
                yield batch.select(list(columns))

        return Place(place, built, shards)
    api = hub.client()
    remote, published = hub.read_published(api, *hub.parse(place, or_folder=True))
    configs = published.configs

    def files(config: str, split: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return hub.published_rows(
            api,
            remote,
            configs[config].splits[split],
            columns=columns,
            row_format=published.row_format,
        )

    return Place(remote.label, configs, files, published.row_format)
