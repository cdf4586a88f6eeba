"""Which rows of its tasks each split of a mixture takes.

What is an evaluation's goes out of train first; then the rows that are left are counted, given out
to the tasks, and chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from mixbuild.core import MixtureError
from mixbuild.curate.measure import Measured, measure_of
from mixbuild.curate.mix.candidates import Candidates, Numbers, candidates, queue, take
from mixbuild.declare import (
    GROUP,
    TRAIN,
    HeldOut,
    Mixture,
    allocate,
    held_out,
    in_rows,
    quotas,
    trains,
    unsized,
)
from mixbuild.make import Built, read_shard

EVALUATION = ("validation", "test")


@dataclass(frozen=True, eq=False)
class Chosen:
    """The rows of a task that a split of a mixture takes.

    Attributes:
        found: those that there were.
        rows: the places of those that are taken among them. Shape (rows,).
        copies: the how-manieth time each is taken, from 0. Shape (rows,).
        asked: the task's share of the split, as the mixture asks for it.
        size: what they come to, in characters or tokens; None where the mixture's size is in rows.
    """

    found: Candidates
    rows: Numbers
    copies: Numbers
    asked: Fraction
    size: int | None = None


Choice = dict[str, dict[str, Chosen]]
"""Split -> task -> the rows that it takes; none of a task, or a split, that gives none."""


def choose(
    out: Path, configs: Mapping[str, Built], name: str, mixture: Mixture, *, seed: int
) -> Choice:
    """Which rows each split of a mixture takes.

    Args:
        out: the build's folder.
        configs: those of the mixture's tasks alone, with keys beside their shards.
        name: the mixture's.
        mixture: with nothing but tasks as its innermost parts.
        seed: of every choice by hash.

    Raises:
        MixtureError: there are not the rows that it asks for.
        VerifyError: a shard or its keys are not what the manifest says.
    """
    known: dict[str, dict[str, Candidates]] = {}
    for task, config in configs.items():
        if TRAIN not in config.splits:
            raise MixtureError(
                f"mixture {name!r}: task {task!r}: expected a split {TRAIN!r}, got "
                f"{', '.join(config.splits)}; make that one too, or take the task out"
            )
        known[task] = {
            split: candidates(out, config.tasks[task], split, entry, seed=seed)
            for split, entry in config.splits.items()
        }
    train = {task: each[TRAIN] for task, each in known.items()}
    for task, each in known.items():
        for split, found in each.items():
            if not trains(split):
                train[task] = apart(train[task], found, by_group=_by_group(mixture, split))
    choice: Choice = {}
    for split in EVALUATION:
        own = {task: each[split] for task, each in known.items() if split in each}
        if getattr(mixture, split) is None:
            choice[split] = _whole(own)
            continue
        choice[split] = _held_out(name, split, mixture, train, own, seed)
        for task, taken in choice[split].items():
            if task not in own:
                rows = taken.found.only(taken.rows)
                train[task] = apart(train[task], rows, by_group=_by_group(mixture, split))
    choice = {TRAIN: _allocated(out, name, mixture, train, seed), **choice}
    return {split: chosen for split, chosen in choice.items() if chosen}


def apart(train: Candidates, other: Candidates, *, by_group: bool) -> Candidates:
    """Rows to train on, without those that ask what others do, or are of one group with them.

    Renderings of one source row ask the same.

    Args:
        train: the rows.
        other: rows to evaluate by.
        by_group: whether groups are held apart, too.
    """
    train = train.without(
        "its input is in an evaluation split", np.isin(train.inputs, other.inputs)
    )
    if by_group:
        same = np.isin(train.group, other.group[other.group != 0])
        train = train.without("its group is in an evaluation split", same)
    return train


def _by_group(mixture: Mixture, split: str) -> bool:
    asked: HeldOut | None = getattr(mixture, split, None) if split in EVALUATION else None
    return asked is None or asked.group == GROUP


def _whole(found: Mapping[str, Candidates]) -> dict[str, Chosen]:
    """All rows that the tasks' own splits have, once each."""
    total = sum(_counts(found).values())
    return {
        task: Chosen(
            each,
            np.arange(len(each)),
            np.zeros(len(each), np.int64),
            Fraction(len(each), total),
        )
        for task, each in found.items()
        if len(each)
    }


def _held_out(
    name: str,
    split: str,
    mixture: Mixture,
    train: Mapping[str, Candidates],
    own: Mapping[str, Candidates],
    seed: int,
) -> dict[str, Chosen]:
    """So many rows, as they are given out for train: of the tasks' own split, or else of train."""
    asked: HeldOut = getattr(mixture, split)
    counts = _counts(train)
    total = sum(allocate(name, unsized(mixture), counts).values())
    # as asked for, not as rounded to rows: where no part names its rows, a larger mixture holds the
    # same rows out
    asked_for = quotas(unsized(mixture), counts)
    shares = {task: max(Fraction(0), each.of(total)) / total for task, each in asked_for.items()}
    found = {**train, **own}
    rows = held_out(f"mixture {name!r}: {split}", asked.rows, shares, _counts(found))
    return {
        task: Chosen(found[task], *take(found[task], count, seed=seed, held_out=True), shares[task])
        for task, count in rows.items()
        if count
    }


def _allocated(
    out: Path, name: str, mixture: Mixture, found: Mapping[str, Candidates], seed: int
) -> dict[str, Chosen]:
    """The rows to train on, by the mixture's rates."""
    available = _counts(found)
    measure = measure_of(mixture)
    come_to = {
        task: _summed(out, each, measure[0], seed) for task, each in found.items() if measure
    }
    sized = in_rows(
        name,
        mixture,
        available,
        lambda rows: sum(come_to[task](count) for task, count in rows.items()),
    )
    rows = allocate(name, sized, available)
    total = sized.total or sum(rows.values())
    asked = {task: quota.of(total) / total for task, quota in quotas(sized, available).items()}
    return {
        task: Chosen(
            found[task],
            *take(found[task], count, seed=seed),
            asked[task],
            come_to[task](count) if measure else None,
        )
        for task, count in rows.items()
        if count
    }


def _summed(out: Path, found: Candidates, measured: Measured, seed: int) -> Callable[[int], int]:
    """What the first so many rows come to, in the order in which they are taken."""

    @cache
    def sizes(turn: int) -> Numbers:
        every = np.zeros(len(found), np.int64)
        of_turn = found.every[turn * len(found.shards) :][: len(found.shards)]
        for index, shard in enumerate(of_turn):
            mine = found.shard == index
            if mine.any():
                every[mine] = measured(read_shard(out / shard.path, shard))[found.row[mine]]
        return every

    def turn(copy: int) -> int:
        return int(found.turn(np.int64(copy)))

    @lru_cache(1)
    def sums(copy: int) -> Numbers:
        in_order = sizes(turn(copy))[queue(found, copy, seed=seed)]
        return np.concatenate([np.zeros(1, np.int64), np.cumsum(in_order)])

    def come_to(rows: int) -> int:
        copies, rest = divmod(rows, max(1, len(found)))
        whole = sum(int(sizes(turn(copy)).sum()) for copy in range(copies))
        return whole + int(sums(copies)[rest])

    return come_to


def _counts(found: Mapping[str, Candidates]) -> dict[str, int]:
    return {task: len(each) for task, each in found.items()}
