"""Pairs of rows that are worth a look: nearly the same, or with the same inputs and other answers.

Of the near ones those that are the least alike, since that is where a threshold decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mixbuild.core import RowDict
from mixbuild.curate.quality.near import Alike
from mixbuild.curate.quality.pool import Numbers, Pool
from mixbuild.curate.quality.repeats import CONFLICT
from mixbuild.curate.quality.rows import rows_at
from mixbuild.declare import Template
from mixbuild.make import Built

MOST_PAIRS = 100
"""Of each kind."""


@dataclass(frozen=True)
class Shown:
    """A row, and what became of it: a reason, or nothing where it stays."""

    row: RowDict
    reason: str


@dataclass(frozen=True)
class Pair:
    """Two rows, the one first that rather stays; and how similar each input is, by its name."""

    rows: tuple[Shown, Shown]
    similarity: Mapping[str, float]


@dataclass(frozen=True)
class Kind:
    """Pairs of one kind.

    Attributes:
        title: what they are.
        pairs: some of them.
        total: how many there are.
    """

    title: str
    pairs: Sequence[Pair]
    total: int


def kinds_of(pool: Pool, configs: Mapping[str, Built], alike: Alike | None) -> list[Kind]:
    """The pairs of a pool that was judged, by their kind; those kinds of which there are any.

    Raises:
        VerifyError: a shard is not what the manifest says.
    """
    picked = []
    if alike is not None:
        first = alike.first()
        for title, which in (
            ("Nearly the same inputs and the same answer: one of the two gives way", True),
            ("Nearly the same inputs and another answer: neither gives way to the other", False),
        ):
            at = np.flatnonzero(alike.same_answer == which)
            least = np.nanmin(alike.similarity[at], axis=1, initial=1)
            at = at[np.argsort(least, kind="stable")][:MOST_PAIRS]
            total = int((alike.same_answer == which).sum())
            picked.append((title, first[alike.pairs[at]], alike.similarity[at], total))
    conflicts = _conflicts(pool)
    none = np.zeros((len(conflicts), 0), np.float32)
    picked.append(
        ("The same inputs and another answer", conflicts[:MOST_PAIRS], none, len(conflicts))
    )
    shown = _shown(pool, np.unique(np.concatenate([rows.ravel() for _, rows, *_ in picked])))
    return [
        Kind(
            title,
            [
                Pair((shown[one], shown[other]), _named(configs, shown[one], each))
                for (one, other), each in zip(rows.tolist(), similarity.tolist(), strict=True)
            ],
            total,
        )
        for title, rows, similarity, total in picked
        if total
    ]


def _conflicts(pool: Pool) -> Numbers:
    """Rows with the same inputs and another answer, two of each. Shape (pairs, 2)."""
    noted = [note for note in pool.notes if note.what == CONFLICT]
    pairs = [np.stack([note.rows, note.shown_by], axis=1) for note in noted]
    every = np.sort(np.concatenate([np.zeros((0, 2), np.int64), *pairs]), axis=1)
    return np.unique(every, axis=0)


def _shown(pool: Pool, numbers: Numbers) -> dict[int, Shown]:
    rows = rows_at(pool, numbers).to_pylist()
    reasons = ["", *pool.names]
    return {
        number: Shown(row, reasons[pool.reasons[number]])
        for number, row in zip(numbers.tolist(), rows, strict=True)
    }


def _named(
    configs: Mapping[str, Built], shown: Shown, similarity: Sequence[float]
) -> dict[str, float]:
    """How similar each input is, under the name that a template has for it where that is clear."""
    found = [each for each in similarity if each == each]
    of = configs[shown.row["task"]].tasks[shown.row["task"]]
    template = Template("any", next(iter(of.templates.values())).text)
    names = sorted({*template.placeholders} - {*template.outputs})
    if len(names) != len(found):
        names = [f"input {number}" for number in range(1, len(found) + 1)]
    return dict(zip(names, found, strict=True))
