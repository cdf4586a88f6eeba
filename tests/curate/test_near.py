"""Near rows: those that a comparison of every row with every other one finds."""

from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import as_json, write_parquet
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.curate.build import Curated, build
from mixbuild.curate.quality.minhash import (
    MOST_NEIGHBOURS,
    Sets,
    bands_of,
    candidates,
    clusters,
    near,
)
from mixbuild.curate.removal import read_removal
from mixbuild.declare import Exact, Leakage, Near, Quality
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.publish.shards import read_shards as rows_of
from mixbuild.tasks import ALL, find

WORDS = [f"{first}{second}" for first in "bcdfghklmnprst" for second in ("a", "en", "ilo", "ur")]

ROWS = st.lists(st.lists(st.frozensets(st.integers(0, 9)), min_size=2, max_size=2), max_size=12)


def similar(one: Any, other: Any) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


@given(ROWS, st.integers(0, 12), st.sampled_from([0.5, 0.75, 0.8, 1.0]))
def test_near_is_what_the_definition_says(rows: list[Any], cut: int, threshold: float) -> None:
    parts = [Sets.of([[sorted(each) for each in row] for row in some])
             for some in (rows[:cut], rows[cut:])]  # fmt: skip
    pairs = np.array(list(combinations(range(len(rows)), 2)), np.int64).reshape(-1, 2)
    found, similarity = near(pairs, parts, threshold=threshold)
    every = {
        (one, other): [similar(*both) for both in zip(rows[one], rows[other], strict=True)]
        for one, other in pairs.tolist()
    }
    expected = {pair: each for pair, each in every.items() if min(each) >= threshold}
    assert [tuple(pair) for pair in found.tolist()] == list(expected)
    assert similarity.tolist() == np.array(list(expected.values()), np.float32).tolist()


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=14))
def test_a_cluster_is_all_that_pairs_lead_to(pairs: list[tuple[int, int]]) -> None:
    found = clusters(np.array(pairs, np.int64).reshape(-1, 2), 12)
    reached = {row: {row} for row in range(12)}
    for _ in pairs:
        for one, other in pairs:
            both = reached[one] | reached[other]
            for row in both:
                reached[row] = both
    assert found.tolist() == [min(reached[row]) for row in range(12)]


def changed(chance: random.Random, words: list[str], share: float) -> list[str]:
    return [f"{word}x" if chance.random() < share else word for word in words]


@pytest.mark.parametrize("inputs", [1, 2, 5])
def test_copies_with_a_few_words_changed_are_candidates_and_others_are_not(inputs: int) -> None:
    """A passage of 120 words, and 20 words in each other input; two words in a hundred changed."""
    chance = random.Random(inputs)
    texts = [
        [[f"{word}{chance.randrange(50)}" for word in chance.choices(WORDS, k=20 if at else 120)]
         for at in range(inputs)]
        for _ in range(200)
    ]  # fmt: skip
    texts += [[changed(chance, text, 0.02) for text in row] for row in texts]
    sets = [[{hash(word) % 2**64 for word in text} for text in row] for row in texts]
    expected = {
        (one, one + 200)
        for one in range(200)
        if all(similar(*both) >= 0.8 for both in zip(sets[one], sets[one + 200], strict=True))
    }
    rows = Sets.of([[sorted(each) for each in row] for row in sets])
    found = candidates(bands_of(rows, np.arange(400), seed=0), np.arange(400))
    pairs = {(one, other) for one, other in near(found, [rows], threshold=0.8)[0].tolist()}
    assert pairs <= expected
    assert len(pairs) >= 190
    assert len(pairs) >= 0.98 * len(expected)
    assert len(found) < 2 * len(expected)


def test_rows_that_share_a_passage_alone_are_seldom_compared() -> None:
    passage = list(range(100))
    rows = Sets.of([[passage, list(range(1_000 * at, 1_000 * at + 9))] for at in range(1, 501)])
    found = candidates(bands_of(rows, np.arange(500), seed=0), np.arange(500))
    assert len(found) == 0
    same = Sets.of([[passage, [1, 2, 3]]] * 300)
    found = candidates(bands_of(same, np.arange(300), seed=0), np.arange(300))
    assert len(found) == 300 * MOST_NEIGHBOURS - MOST_NEIGHBOURS * (MOST_NEIGHBOURS + 1) // 2


def passage(seed: int, *, count: int = 60) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=count)) + f" and {seed}"


REVIEWS = [
    {"text": passage(1), "label": 1},
    {"text": passage(1) + " indeed", "label": 1},
    {"text": passage(1) + " or not", "label": 0},  # near, with another answer
    {"text": passage(2), "label": 0},
    {"text": "So " + passage(2).upper(), "label": 0},
    {"text": passage(2), "label": 0},  # the very same
    {"text": passage(3), "label": 1},
    {"text": passage(4), "label": 1},
]
TESTED = [{"text": "Well: " + passage(3), "label": 1}, {"text": passage(5), "label": 0}]


def curate(out: Path, quality: Quality, **asked: Any) -> Curated:
    folder = out.with_name("mirror")
    for index in range(2):
        write_parquet(folder / f"train-{index:05d}-of-00002.parquet", REVIEWS[index::2])
    write_parquet(folder / "test-00000-of-00001.parquet", TESTED)
    return build(
        Request([find("imdb")], out, {"imdb": str(folder)}, **asked), quality=quality, catalog=ALL
    )


def reasons(out: Path, split: str) -> dict[str, int]:
    return dict(expect(out).configs["imdb"].splits[split].drops)


@pytest.mark.parametrize(("templates", "times"), [("seed", 1), ("all", 12)])
def test_of_near_rows_with_the_same_answer_one_stays(
    tmp_path: Path, templates: str, times: int
) -> None:
    out = tmp_path / "out"
    curated = curate(out, Quality(near=Near()), templates=templates)
    assert reasons(out, "train") == {
        "near duplicate": 3 * times,
        "near duplicate of another split": times,
    }
    assert reasons(out, "test") == {}
    assert as_json(curated.overlaps) == {
        "leaks": [{"train": "imdb/train", "evaluation": "imdb/test", "inputs": 0, "near": 1}],
        "conflicts": {},
        "spanning": {},
        "near_conflicts": {"imdb/train": 3 * times},
        # of three reviews that say much the same, of three with two alike, of one and a test's
        "near_clusters": {"imdb": {"clusters": 3, "rows": 8 * times, "largest": 3 * times}},
    }
    entry = expect(out).configs["imdb"].splits["train"]
    assert entry.removed is not None
    stays = {
        row["id"]
        for split in expect(out).configs["imdb"].splits.values()
        for batch in rows_of(out, split)
        for row in batch.to_pylist()
    }
    removed = read_removal(out, entry.removed).to_pylist()
    assert {row["because"] for row in removed} <= stays


def test_what_is_near_gives_way_after_what_is_the_same(tmp_path: Path) -> None:
    out = tmp_path / "out"
    curate(out, Quality(exact=Exact(), near=Near(), leakage=Leakage(by="near")))
    assert reasons(out, "train") == {
        "duplicate": 1,
        "inputs of an evaluation split": 1,
        "near duplicate": 2,
    }
    entry = expect(out).configs["imdb"].splits["train"]
    assert entry.removed is not None
    (leaking,) = [
        row for row in read_removal(out, entry.removed).to_pylist() if "inputs" in row["reason"]
    ]
    assert leaking["because"].startswith("imdb/test/")


def test_a_higher_threshold_and_longer_shingles_find_less(tmp_path: Path) -> None:
    curate(tmp_path / "one", Quality(near=Near(threshold=0.99)))
    assert reasons(tmp_path / "one", "train") == {"near duplicate": 1}
    curate(tmp_path / "two", Quality(near=Near(shingle_words=40)))
    assert reasons(tmp_path / "two", "train") == {"near duplicate": 3,
        "near duplicate of another split": 1}  # fmt: skip
    again = curate(tmp_path / "two", Quality(near=Near(shingle_words=60)))
    assert reasons(tmp_path / "two", "train")["near duplicate"] < 3
    assert again.made.rendered == 3, "the shingles are others"
    again = curate(tmp_path / "two", Quality(exact=Exact()))
    assert again.made.rendered == 0, "the keys are there"


def test_texts_without_a_word_are_near_where_they_are_the_same(tmp_path: Path) -> None:
    texts = ["😀 😀", " 😀 😀\n", "😀 🎉", "?!", "?! "]
    write_parquet(tmp_path / "mirror/train.parquet", [{"text": each, "label": 1} for each in texts])
    request = Request(
        [find("imdb")], tmp_path / "out", {"imdb": str(tmp_path / "mirror")}, splits=["train"]
    )
    build(request, quality=Quality(exact=Exact(), near=Near()), catalog=ALL)
    assert reasons(tmp_path / "out", "train") == {"duplicate": 2}


def test_questions_about_one_passage_are_not_near(tmp_path: Path) -> None:
    questions = [f"{' '.join(random.Random(at).choices(WORDS, k=9))}?" for at in range(5)]
    rows = [
        {
            "id": str(at), "title": "t", "context": passage(7, count=99), "question": question,
            "answers": {"text": ["7"], "answer_start": [0]},
        }
        for at, question in enumerate([*questions, f"Now {questions[0]}"])
    ]  # fmt: skip
    (tmp_path / "mirror").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "mirror/train.parquet")
    request = Request(
        [find("squad")], tmp_path / "out", {"squad": str(tmp_path / "mirror")}, splits=["train"]
    )
    build(request, quality=Quality(near=Near()), catalog=ALL)
    assert expect(tmp_path / "out").configs["squad"].splits["train"].drops == {"near duplicate": 1}
