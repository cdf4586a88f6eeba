r"""Statistics of a split: lengths, templates, the commonest completions, what comes twice.

Exact, and from the rows as they are, wherever they lie. 16 bytes are held for a row: what its
prompt and its completion say, as a hash each.

>>> rows = pa.record_batch({
...     "prompt": ["2 + 2?", "2 + 2?", "2 + 2?"],
...     "completion": [" 4", " 4", " 5"],
...     "template": ["seed"] * 3,
... })
>>> told = statistics(lambda: [rows])
>>> told.repeated, told.conflicts, told.completions
(1, 1, (Common(text=' 4', rows=2), Common(text=' 5', rows=1)))
>>> told.prompt.quantiles.median, told.completion.histogram
(6, (0, 0, 3))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import Count, Hashes, Record

COLUMNS = ("prompt", "completion", "template")
"""What of a row is looked at."""

MOST_COMPLETIONS = 10

FACTOR = np.uint64(0x9E3779B97F4A7C15)

Counts = npt.NDArray[np.int64]

Tokens: TypeAlias = "Callable[[Sequence[str], Sequence[str]], Sequence[int] | Counts]"
"""Of prompts and completions, how many tokens each row has."""


QUANTILES = ("least", "25 %", "median", "75 %", "95 %", "99 %", "most")
"""What ``Quantiles.ordered`` is called, on a terminal and on the card."""


class Quantiles(Record, frozen=True):
    """The lengths that so many of a split's texts do not exceed, each one that there is."""

    least: Count
    quarter: Count
    median: Count
    three_quarters: Count
    most_95: Count
    most_99: Count
    most: Count

    @property
    def ordered(self) -> tuple[int, ...]:
        """From the least to the most."""
        quarters = (self.least, self.quarter, self.median, self.three_quarters)
        return (*quarters, self.most_95, self.most_99, self.most)


class Lengths(Record, frozen=True):
    """How long the texts of a split are, in characters or in tokens.

    Attributes:
        total: of all together.
        quantiles: from the least to the most.
        histogram: how many texts have a length of 0, 1, 2 … binary digits.
    """

    total: Count
    quantiles: Quantiles
    histogram: tuple[Count, ...]


class Common(Record, frozen=True):
    """A completion, and how many rows have it."""

    text: str
    rows: Count

    def __repr__(self) -> str:
        return f"Common(text={self.text!r}, rows={self.rows})"


class Statistics(Record, frozen=True):
    """What all the rows of a split together tell.

    Attributes:
        rows: how many there are.
        prompt, completion: lengths in characters.
        tokens: of prompt and completion in one piece, where a tokenizer was given.
        templates: how many rows each has.
        completions: the commonest, such as labels and letters of options.
        distinct: how many completions differ.
        repeated: rows whose prompt and completion an earlier row has as well.
        conflicts: prompts that have more than one completion.
    """

    rows: Count
    prompt: Lengths
    completion: Lengths
    tokens: Lengths | None
    templates: dict[str, Count]
    completions: tuple[Common, ...]
    distinct: Count
    repeated: Count
    conflicts: Count


def statistics(
    rows: Callable[[], Iterable[pa.RecordBatch]], *, tokens: Tokens | None = None
) -> Statistics:
    """The statistics of a split.

    Args:
        rows: its rows, with ``COLUMNS``; called twice, since the texts of the commonest
            completions are only looked for once they are known.
        tokens: counts those of texts.
    """
    lengths = {name: LengthCounts() for name in ("prompt", "completion", "tokens")}
    templates: Counter[str] = Counter()
    said = Said()
    for batch in rows():
        prompts, completions = batch.column("prompt"), batch.column("completion")
        lengths["prompt"].add(characters(prompts))
        lengths["completion"].add(characters(completions))
        if tokens is not None:
            counted = tokens(prompts.to_pylist(), completions.to_pylist())
            lengths["tokens"].add(np.array(counted, np.int64))
        said.add(prompts, completions)
        for each in pc.value_counts(batch.column("template")).to_pylist():
            templates[each["values"]] += each["counts"]
    repeated, conflicts = said.told()
    known, counts = np.unique(said.completions, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_COMPLETIONS]
    common = dict(zip(known[order].tolist(), counts[order].tolist(), strict=True))
    return Statistics(
        rows=sum(templates.values()),
        prompt=lengths["prompt"].told(),
        completion=lengths["completion"].told(),
        tokens=None if tokens is None else lengths["tokens"].told(),
        templates=dict(sorted(templates.items())),
        completions=_common(rows(), common),
        distinct=len(known),
        repeated=repeated,
        conflicts=conflicts,
    )


class Said:
    """What rows say, word for word: 16 bytes for each."""

    def __init__(self) -> None:
        self._prompts: list[Hashes] = []
        self._completions: list[Hashes] = []

    def add(self, prompts: pa.StringArray, completions: pa.StringArray) -> None:
        """Note more rows."""
        self._prompts.append(_hashes(prompts))
        self._completions.append(_hashes(completions))

    def join(self, other: Said) -> None:
        """Note the rows that another has noted."""
        self._prompts += other._prompts
        self._completions += other._completions

    @property
    def completions(self) -> Hashes:
        """A hash of each row's."""
        return _joined(self._completions)

    def told(self) -> tuple[int, int]:
        """How many rows an earlier one repeats; how many prompts have several completions."""
        prompts = _joined(self._prompts)
        both = prompts * FACTOR ^ self.completions
        _, first = np.unique(both, return_index=True)
        _, completions = np.unique(prompts[first], return_counts=True)
        return len(both) - len(first), int((completions > 1).sum())


class LengthCounts:
    """How many texts have each length: exact, and only as large as there are different lengths."""

    def __init__(self) -> None:
        self.lengths = self.counts = np.zeros(0, np.int64)

    def add(self, lengths: Counts) -> None:
        """Count more texts, of these lengths."""
        self._add(*np.unique(lengths, return_counts=True))

    def join(self, other: LengthCounts) -> None:
        """Count the texts that another has counted."""
        self._add(other.lengths, other.counts)

    def _add(self, found: Counts, counts: Counts) -> None:
        self.lengths, at = np.unique(np.concatenate([self.lengths, found]), return_inverse=True)
        every = np.concatenate([self.counts, counts])
        self.counts = np.bincount(at, weights=every).astype(np.int64)

    def told(self) -> Lengths:
        """What all of them together come to; zeros where there is none."""
        up_to = np.cumsum(self.counts)
        texts = int(self.counts.sum())
        # of n texts in order, the how-manieth: at least as many are not longer
        at = [max(1, -(-texts * percent // 100)) for percent in (0, 25, 50, 75, 95, 99, 100)]
        found = self.lengths[np.searchsorted(up_to, at)].tolist() if texts else [0] * len(at)
        digits = np.frexp(self.lengths.astype(np.float64))[1]
        histogram = np.bincount(digits, weights=self.counts, minlength=1).astype(np.int64)
        return Lengths(
            total=int(self.counts @ self.lengths),
            quantiles=Quantiles(*found),
            histogram=tuple(histogram.tolist()),
        )


def characters(texts: pa.StringArray) -> Counts:
    """How long each text is. Shape (texts,)."""
    found: Counts = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _hashes(texts: pa.StringArray) -> Hashes:
    hashes = (xxhash.xxh3_64_intdigest(text) for text in texts.cast(pa.binary()).to_pylist())
    return np.fromiter(hashes, np.uint64, len(texts))


def _joined(parts: Sequence[Hashes]) -> Hashes:
    return np.concatenate([np.zeros(0, np.uint64), *parts])


def _common(rows: Iterable[pa.RecordBatch], counts: dict[int, int]) -> tuple[Common, ...]:
    """Some completions, of which the hash and the number of rows are known, with their texts."""
    texts: dict[int, str] = {}
    left = set(counts)
    for batch in rows:
        if not left:
            break
        completions = batch.column("completion")
        hashes = _hashes(completions)
        for at in np.flatnonzero(np.isin(hashes, np.array(list(left), np.uint64))):
            texts.setdefault(int(hashes[at]), completions[int(at)].as_py())
        left -= texts.keys()
    found = [Common(text=texts[each], rows=count) for each, count in counts.items()]
    return tuple(sorted(found, key=lambda each: (-each.rows, each.text)))
