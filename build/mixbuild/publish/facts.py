"""What only all the rows of a split together tell: their digest, lengths, bytes, an example."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SCHEMA, ContentDigest
from mixbuild.curate import Common, LengthCounts, Said, characters
from mixbuild.publish.manifest import LENGTH_BINS, Lengths, Row, Summary
from mixbuild.publish.parquet import Group

EXAMPLE_CHARACTERS = 1_000
"""The example is the first row with a prompt of at most so many, or else the first row; of the
first row group."""

LABEL_CHARACTERS, MOST_LABELS = 200, 1_000
"""Completions are counted where none is longer, and no more of them differ: exact, and small."""

MOST_COMPLETIONS = 10
"""So many of the counted ones are told."""


@dataclass(frozen=True)
class Told:
    """What all the rows of a split have told; its attributes are those of the manifest's entry."""

    rows: int
    text_bytes: int
    content_digest: str
    lengths: Lengths
    summary: Summary
    example: Row | None
    format_digest: str | None = None


class Counts:
    """What rows come to; those of runs that were counted apart are joined in order."""

    def __init__(self) -> None:
        self.rows = 0
        self.lengths = {name: LengthCounts() for name in ("prompt", "completion")}
        self.labels: Counter[str] | None = Counter()
        self.templates: Counter[str] = Counter()
        self.said = Said()
        self.text_bytes = 0
        self.example: Row | None = None

    def noted(self, groups: Iterable[Group]) -> Iterator[Group]:
        """The same row groups, noted down as they pass."""
        for group, size in groups:
            self.rows += group.num_rows
            for name, counts in self.lengths.items():
                counts.add(characters(group.column(name)))
            self._count_labels(group.column("completion"))
            self.said.add(group.column("prompt"), group.column("completion"))
            for each in pc.value_counts(group.column("template")).to_pylist():
                self.templates[each["values"]] += each["counts"]
            self.text_bytes += size
            self.example = self.example or _example(group)
            yield group, size

    def join(self, other: Counts) -> None:
        """Note what the rows that follow come to."""
        self.rows += other.rows
        for name, counts in self.lengths.items():
            counts.join(other.lengths[name])
        self._join_labels(other.labels)
        self.templates += other.templates
        self.said.join(other.said)
        self.text_bytes += other.text_bytes
        self.example = self.example or other.example

    def told(self, content_digest: str) -> Told:
        """What they have told once all have passed, beside their digest."""
        prompt, completion = (counts.told() for counts in self.lengths.values())
        repeated, conflicts = self.said.told()
        labels = sorted((self.labels or {}).items(), key=lambda found: (-found[1], found[0]))
        return Told(
            self.rows,
            self.text_bytes,
            content_digest,
            Lengths(_bins(prompt.histogram), _bins(completion.histogram)),
            Summary(
                prompt.quantiles,
                completion.quantiles,
                tuple(Common(text=text, rows=rows) for text, rows in labels[:MOST_COMPLETIONS]),
                None if self.labels is None else len(self.labels),
                dict(sorted(self.templates.items())),
                repeated,
                conflicts,
            ),
            self.example,
        )

    def _count_labels(self, completions: pa.StringArray) -> None:
        """Count completions, until they are seen not to be labels."""
        if self.labels is None:
            return
        found = pc.value_counts(completions)
        texts, counts = found.field("values"), found.field("counts")
        few = len(texts) <= MOST_LABELS and max(characters(texts), default=0) <= LABEL_CHARACTERS
        pairs = zip(texts.to_pylist(), counts.to_pylist(), strict=True) if few else ()
        self._join_labels(Counter(dict(pairs)) if few else None)

    def _join_labels(self, labels: Counter[str] | None) -> None:
        if self.labels is None or labels is None or len(self.labels | labels) > MOST_LABELS:
            self.labels = None
        else:
            self.labels.update(labels)


class Facts:
    """What only all the rows of a split together can tell: their counts, and their digest."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.digest = ContentDigest(SCHEMA)

    def noted(self, groups: Iterable[Group]) -> Iterator[Group]:
        """The same row groups, noted down as they pass."""
        for group, size in self.counts.noted(groups):
            self.digest.update(group)
            yield group, size

    def told(self) -> Told:
        """What they have told once all have passed."""
        return self.counts.told(self.digest.hexdigest())


def _bins(histogram: tuple[int, ...]) -> tuple[int, ...]:
    """The same with as many bins as the manifest has."""
    return histogram + (0,) * (LENGTH_BINS - len(histogram))


def _example(group: pa.RecordBatch) -> Row:
    """A row that is short enough to be shown whole, if there is one."""
    lengths = pc.utf8_length(group.column("prompt")).to_numpy(zero_copy_only=False)
    at = int(np.argmax(lengths <= EXAMPLE_CHARACTERS))  # the first that is; 0 where none is
    return msgspec.convert(group.slice(at, 1).to_pylist()[0], Row)
