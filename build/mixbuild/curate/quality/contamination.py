r"""Contamination: rows that hold an item of an evaluation set, found by runs of words.

An item is looked for by its question, and by its answer where that is long; a short question counts
with its answer, since others ask the same. A row holds it if runs of words that both have cover
enough of it, in the prompt, in the completion or in both together: a quotation of a few words is
none, and a word here and there may be another one.

>>> item = Item("trip", "How far is it from Here to There by the old road along the river?", "9 km")
>>> found = Contaminants([item], words=3, coverage=0.6)
>>> text = "I was asked: how far is it from Here to There, by the old road along a river?"
>>> [(row, hit.item.id, hit.text) for row, hit in found.among(pa.array(["no", text]))]
[(1, 'trip', 'how far is it from here to there by the old road along')]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.render import Words, runs_of, words_in, words_of

FEWEST_WORDS = 12
"""Of a question, or an answer, that is looked for alone."""

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Item:
    """One item of an evaluation set: ``SET:NUMBER``, what it asks and what it expects."""

    id: str
    question: str
    answer: str

    @property
    def of(self) -> str:
        """The evaluation set that it is of."""
        return self.id.rpartition(":")[0]


@dataclass(frozen=True)
class Hit:
    """An item that a row holds, and the words of it that are in the row."""

    item: Item
    coverage: float
    text: str


class Contaminants:
    """Evaluation sets, ready to be looked for: sorted hashes of their runs of words.

    Attributes:
        too_short: of each evaluation set, how many items have fewer words than a run, and cannot be
            looked for.
    """

    def __init__(self, items: Sequence[Item], *, words: int, coverage: float) -> None:
        self._length, self._coverage = words, coverage
        counts = [
            words_of(pa.array([getattr(item, name) for item in items], pa.string())).counts
            for name in ("question", "answer")
        ]
        asked: list[tuple[Item, str]] = []
        for item, question, answer in zip(items, *counts, strict=True):
            alone = question >= FEWEST_WORDS
            asked.append((item, item.question if alone else f"{item.question} {item.answer}"))
            if answer >= FEWEST_WORDS:
                asked.append((item, item.answer))
        self._asked = asked
        self._words = words_of(pa.array([text for _, text in asked], pa.string()))
        runs = runs_of(self._words, words)
        known = {asked[at][0].id for at in np.unique(runs.texts)}
        self.too_short = Counter(item.of for item in items if item.id not in known)
        order = np.argsort(runs.hashes, kind="stable")
        self._hashes = runs.hashes[order]
        self._starts = _starts(self._words, runs)[order]

    def among(self, texts: pa.StringArray) -> Iterator[tuple[int, Hit]]:
        """The texts that hold an item, each with that of which it holds the most."""
        runs = runs_of(words_of(texts), self._length)
        first = np.searchsorted(self._hashes, runs.hashes)
        known = first < len(self._hashes)
        known[known] = self._hashes[first[known]] == runs.hashes[known]
        first = first[known]
        after = np.searchsorted(self._hashes, runs.hashes[known], "right")
        times = after - first
        within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
        starts = self._starts[np.repeat(first, times) + within]
        text = np.repeat(runs.texts[known], times)
        every = max(1, len(self._words.hashes))
        covered = _covered(text, starts, self._length, every)
        text, word = np.divmod(covered, every)
        of_item = np.unique(text * len(self._asked) + self._words.texts[word], return_counts=True)
        text, asked = np.divmod(of_item[0], max(1, len(self._asked)))
        share = of_item[1] / self._words.counts[asked]
        order = np.lexsort((asked, -share, text))
        best = np.ones(len(order), bool)
        best[1:] = np.diff(text[order]) != 0
        for at in order[best]:
            if share[at] >= self._coverage:
                low, high = np.searchsorted(covered, np.array([0, every]) + text[at] * every)
                yield int(text[at]), self._hit(int(asked[at]), float(share[at]), word[low:high])

    def _hit(self, asked: int, share: float, words: Numbers) -> Hit:
        """An item with the words of it that are covered, ``…`` where some are left out."""
        item, text = self._asked[asked]
        split = words_in(text)
        start = int(self._words.offsets[asked])
        shown: list[str] = []
        last = None
        for at in words[(words >= start) & (words < start + len(split))] - start:
            if last is not None and at != last + 1:
                shown.append("…")
            shown.append(split[at])
            last = at
        return Hit(item, share, " ".join(shown))


def _starts(words: Words, runs: Words) -> Numbers:
    """Among all words, where each run begins."""
    within = np.arange(len(runs.hashes)) - np.repeat(runs.offsets[:-1], runs.counts)
    return np.repeat(words.offsets[:-1], runs.counts) + within


def _covered(text: Numbers, starts: Numbers, length: int, words: int) -> Numbers:
    """``text * words + word`` for each word that a run of a text covers, once and in order."""
    runs = np.unique(text * words + starts)
    return np.unique(runs[:, None] + np.arange(length)) if len(runs) else runs
