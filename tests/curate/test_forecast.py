"""The forecast of a mixture: which rows there are, what is taken of them, and what is missing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path

import pytest
from conftest import from_json
from mixbuild.core.errors import UsageError
from mixbuild.curate import Stock, evaluation, forecast, stocks_of
from mixbuild.declare import Mixture, Part, TaskChoice
from mixbuild.make import Request, load_manifest, make, plan
from mixbuild.sources import LockEntry
from mixbuild.tasks import find

FILES = "the source's files"
SAMPLES = {"squad": "samples"}


def test_rows_are_known_from_the_files_until_a_build_knows_them_exactly(tmp_path: Path) -> None:
    squad = find("squad")
    request = Request([squad], tmp_path, SAMPLES)
    expected = {"train": Stock(19, by=FILES), "validation": Stock(18, by=FILES)}
    assert stocks_of(squad, request, None) == expected
    assert [each.estimated for each in expected.values()] == [True, True]
    few = Request([squad], tmp_path, SAMPLES, "all", choices={"squad": TaskChoice(max_rows=3)})
    assert stocks_of(squad, few, None)["train"] == Stock(3 * len(squad.templates), by=FILES)

    make(request)
    there = load_manifest(tmp_path)
    exactly = stocks_of(squad, request, there)
    left_out = {"no answer": 1, "null question": 1}
    # its validation may ask what train does
    assert exactly["train"] == Stock(17, left_out, gives_way=True)
    assert exactly["train"].estimated
    assert not exactly["validation"].estimated
    # it was built in another way, so that it knows nothing of this one
    assert stocks_of(squad, few, there)["train"].by == FILES
    # nor does one without the split that mixtures are made of
    make(replace(request, splits=["validation"]))
    assert stocks_of(squad, request, load_manifest(tmp_path)) == expected


def test_the_lock_knows_rows_without_reading_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    squad = find("squad")
    splits = {
        name: {"rows": rows, "content_digest": ""}
        for name, rows in (("train", 87_599), ("validation", 10_570))
    }
    raw = {"repo": squad.source.repo, "commit": "0" * 40, "config": None, "license": None,
           "files": {}, "schema": {}, "splits": splits}  # fmt: skip
    request = Request([squad], tmp_path, lock={"squad": from_json(raw, LockEntry)}, max_rows=20_000)
    assert stocks_of(squad, request, None) == {
        "train": Stock(20_000, by="the lock"),
        "validation": Stock(10_570, by="the lock"),
    }
    with pytest.raises(UsageError) as caught:
        stocks_of(squad, replace(request, splits=["test"]), None)
    assert str(caught.value) == ("task 'squad': unknown split 'test'. Known: train, validation")
    # one of which it does not know each split says nothing
    raw["splits"] = {"train": splits["train"]}
    less = replace(request, lock={"squad": from_json(raw, LockEntry)})
    with monkeypatch.context() as patch:
        patch.setattr(
            import_module("mixbuild.curate.mix.forecast"),  # the room has a function of that name
            "plan",
            lambda task, asked: plan(task, replace(asked, sources=SAMPLES)),
        )
        assert stocks_of(squad, less, None) == {
            "train": Stock(19, by=FILES),
            "validation": Stock(18, by=FILES),
        }


def test_a_line_says_what_is_asked_taken_repeated_and_left() -> None:
    mixture = Mixture(
        parts={"a": Part(weight=3), "own": Part(weight=1, parts={"b": Part(), "c": Part(rows=10)})},
        total=100,
        max_repetition_ratio=2,
    )
    found = forecast("mix", mixture, {"a": Stock(100), "b": Stock(10), "c": Stock(90)})
    assert found.fault is None
    assert found.rows == 100
    assert [(line.task, line.parts, line.rows) for line in found.lines] == [
        ("a", ("a",), 75), ("b", ("own > b",), 15), ("c", ("own > c",), 10),
    ]  # fmt: skip
    assert [line.asked for line in found.lines] == [
        Fraction(3, 4), Fraction(3, 20), Fraction(1, 10),
    ]  # fmt: skip
    assert [line.repetition for line in found.lines] == [1, Fraction(3, 2), 1]
    assert [line.unused for line in found.lines] == [25, 0, 80]


def test_what_cannot_be_made_is_shown_as_it_was_asked_for_and_says_what_can() -> None:
    half = Mixture(parts={"a": Part(share=0.5), "b": Part(share=0.5)}, total=10_000)
    found = forecast("mix", half, {"a": Stock(9000), "b": Stock(3500)})
    assert [line.rows for line in found.lines] == [5000, 5000]
    assert "lower the total to 7,000" in str(found.fault)
    clipped = Mixture(parts=half.parts, total=10_000, on_shortage="clip")
    found = forecast("mix", clipped, {"a": Stock(9000), "b": Stock(3500)})
    assert (found.fault, found.short, found.rows) == (None, ("b",), 8500)
    assert [line.share for line in found.lines] == [Fraction(10, 17), Fraction(7, 17)]
    odd = Mixture(parts={"a": Part(share=0.5), "b": Part(share=0.6)}, total=100)
    found = forecast("mix", odd, {"a": Stock(9000), "b": Stock(3500)})
    assert "expected shares that are 1 together" in str(found.fault)
    assert found.rows == 0
    empty = forecast("mix", half, {"a": Stock(9000), "b": Stock(0)})
    assert "part 'b' has no rows" in str(empty.fault)


def test_an_evaluation_split_is_of_those_that_have_one() -> None:
    stocks = {"a": {"train": Stock(9), "test": Stock(3)}, "b": {"train": Stock(5)}}
    assert evaluation(stocks, "test") == (3, ["b"])


def test_a_size_that_is_not_in_rows_is_the_most_there_may_be() -> None:
    stocks = {"a": Stock(100), "b": Stock(50)}
    found = forecast("mix", Mixture(parts={"a": Part(), "b": Part()}, characters=3000), stocks)
    assert (found.rows, found.size) == (150, "3,000 characters")
    assert forecast("mix", Mixture(parts={"a": Part()}, total=9), stocks).size is None
