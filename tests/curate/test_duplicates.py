"""Duplicates, conflicts and leakage: as a comparison of every row with every other has them."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.curate.quality.duplicates import (
    Digests,
    Keyed,
    conflicting,
    groups,
    leaking,
    ranges,
    repeated,
    shared,
)

PLACES = 4
"""Of two tasks each a split to train on, and one to evaluate by."""


@dataclass(frozen=True)
class Row:
    text: str
    answer: str
    place: int
    source_row: int

    @property
    def task(self) -> int:
        return self.place // 2

    @property
    def train(self) -> bool:
        return self.place % 2 == 0


ROWS = st.lists(
    st.builds(
        Row,
        text=st.sampled_from("abcd"),
        answer=st.sampled_from("xy"),
        place=st.integers(0, PLACES - 1),
        source_row=st.integers(0, 2**64 - 1),
    ),
    max_size=24,
    unique_by=lambda row: row.source_row,
)


def digests(texts: list[str]) -> Digests:
    """Texts as numbers; the first is the same for some, as the second is."""
    numbers = [(ord(text[0]) // 2, sum(map(ord, text)) * 1000 + ord(text[-1])) for text in texts]
    return np.array(numbers, np.uint64).reshape(-1, 2)


def keyed(rows: list[Row]) -> Keyed:
    return Keyed(
        inputs=digests([row.text for row in rows]),
        whole=digests([row.text + row.answer for row in rows]),
        task=np.array([row.task for row in rows], np.int64),
        place=np.array([row.place for row in rows], np.int64),
        train=np.array([row.train for row in rows], bool),
        source_row=np.array([row.source_row for row in rows], np.uint64),
    )


def first(rows: list[Row], some: list[Row]) -> int:
    """Which of some rows has the lowest hash; -1 where there are none."""
    return rows.index(min(some, key=lambda each: each.source_row)) if some else -1


@given(ROWS)
def test_each_row_is_judged_as_by_a_comparison_with_every_other(rows: list[Row]) -> None:
    found = keyed(rows)
    leaks, conflicts, stays = leaking(found), conflicting(found), repeated(found)
    for at, row in enumerate(rows):
        alike = [each for each in rows if each.text == row.text]
        evaluated = [each for each in alike if row.train and not each.train]
        assert leaks[at] == first(rows, evaluated)
        judges = [each for each in alike if each.task == row.task and (row.train or not each.train)]
        others = [each for each in judges if each.answer != row.answer]
        assert conflicts[at] == first(rows, others)
        same = [each for each in alike if each.answer == row.answer]
        best = min(same, key=lambda each: (each.train, each.source_row))
        assert rows[stays[at]] == best


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_decides_nothing(rows: list[Row], chance: random.Random) -> None:
    order = list(range(len(rows)))
    chance.shuffle(order)
    one, two = keyed(rows), keyed([rows[at] for at in order])
    for judge in (leaking, conflicting, repeated):
        shown_by = judge(one).tolist()
        assert [order[at] if at >= 0 else -1 for at in judge(two)] == [shown_by[at] for at in order]


@given(ROWS)
def test_two_places_share_the_texts_that_are_in_both(rows: list[Row]) -> None:
    texts = defaultdict(set)
    for row in rows:
        texts[row.place].add(row.text)
    found = keyed(rows)
    table = shared(found.inputs, found.place, places=PLACES)
    for one in range(PLACES):
        for two in range(PLACES):
            if one != two:
                assert table[one, two] == len(texts[one] & texts[two])


def test_renderings_of_one_source_row_are_no_duplicates_of_each_other() -> None:
    rows = [Row("a", "x", 0, 5), Row("a", "x", 0, 5), Row("a", "x", 0, 9), Row("a", "x", 0, 9)]
    assert repeated(keyed(rows)).tolist() == [0, 1, 0, 0]


def test_a_thousand_prompts_with_both_labels_are_two_thousand_conflicting_rows() -> None:

    numbers = np.arange(1000, dtype=np.uint64).repeat(2)
    labels = np.tile([0, 1], 1000).astype(np.uint64)
    rows = Keyed(
        inputs=np.stack([numbers, numbers], axis=1),
        whole=np.stack([numbers, labels], axis=1),
        task=np.zeros(2000, np.int64),
        place=np.zeros(2000, np.int64),
        train=np.ones(2000, bool),
        source_row=np.arange(2000, dtype=np.uint64),
    )
    assert (conflicting(rows) == np.arange(2000) ^ 1).all()
    assert (repeated(rows) == np.arange(2000)).all()


@given(ROWS, st.integers(1, 30))
def test_ranges_of_digests_part_what_is_not_alike(rows: list[Row], most: int) -> None:
    found = keyed(rows)
    spread = found.inputs * np.uint64(0x9E3779B97F4A7C15)  # over all numbers, as digests are
    seen = np.zeros(len(rows), np.int64)
    held: list[set[str]] = []
    for low, high in ranges(len(rows), most=most):
        inside = (spread[:, 0] >= np.uint64(low)) & (spread[:, 0] <= np.uint64(high))
        seen += inside
        held.append({row.text for row, each in zip(rows, inside, strict=True) if each})
    assert (seen == 1).all()
    assert sum(map(len, held)) == len({row.text for row in rows})


@pytest.mark.parametrize("size", [0, 1])
def test_no_row_and_one_row_have_an_answer(size: int) -> None:
    rows = keyed([Row("a", "x", 0, 5)][:size])
    assert (leaking(rows).tolist(), conflicting(rows).tolist()) == ([-1] * size,) * 2
    assert (repeated(rows).tolist(), groups(rows.inputs).tolist()) == ([0] * size,) * 2
