"""Mixtures as they are declared: what they refuse, what names stand for, what is inherited."""

from __future__ import annotations

import math
from typing import Any

import pytest
from mixbuild.core.errors import MixtureError
from mixbuild.declare.mixture import HeldOut, Mixture, Part, expanded, leaves

FAMILIES = {"sentiment": ["imdb", "sst2"], "question answering": ["squad"]}
NUMBER = "expected a number above 0, got"
WHOLE = "expected a whole number above 0, got"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        *((lambda bad=bad: Part(weight=bad), f"weight: {NUMBER} {bad!r}")
          for bad in (-1, 0, math.inf, math.nan, True, "2")),
        (lambda: Part(temperature=0), f"temperature: {NUMBER} 0"),
        (lambda: Part(max_repetition_ratio=-0.5), f"max_repetition_ratio: {NUMBER} -0.5"),
        (
            lambda: Part(max_repetition_ratio=1e9),
            "max_repetition_ratio: expected at most 1,000, got 1e+09",
        ),
        (lambda: Part(cap=0), f"cap: {WHOLE} 0"),
        (lambda: Part(rows=2.5), f"rows: {WHOLE} 2.5"),  # type: ignore[arg-type]
        (lambda: Part(share=-0.1), f"share: {NUMBER} -0.1"),
        (
            lambda: Part(share=30),
            "share: expected a fraction of the rows, up to 1, got 30; say rows for their number, "
            "or weight for what is relative",
        ),
        (
            lambda: Part(weight=1, rows=3),
            "expected one of weight, share and rows, got weight and rows",
        ),
        (lambda: Mixture(parts={}), "parts: expected at least one, got none"),
        (lambda: Mixture(parts={"a": Part()}, total=0), f"total: {WHOLE} 0"),
        (lambda: Mixture(parts={"a": Part()}, temperature=math.inf), f"temperature: {NUMBER} inf"),
        (
            lambda: Mixture(parts={"a": Part()}, on_shortage="clipp"),
            "on_shortage: unknown word 'clipp'; did you mean 'clip'? Known: fail, redistribute, "
            "clip",
        ),
        (lambda: HeldOut(rows=0), f"rows: {WHOLE} 0"),
        (
            lambda: HeldOut(rows=5, group="source-row"),
            "unknown group 'source-row'; did you mean 'source_row'? Known: source_row, group",
        ),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(declared: Any, expected: str) -> None:
    with pytest.raises(MixtureError) as caught:
        declared()
    assert str(caught.value) == expected


def test_1_and_1_0_are_the_same() -> None:
    assert Part(rows=3000.0, cap=1e5) == Part(rows=3000, cap=100_000)  # type: ignore[arg-type]
    assert isinstance(Part(rows=3000.0).rows, int)  # type: ignore[arg-type]
    assert Part(weight=1) == Part(weight=1.0)
    assert Part(share=1) == Part(share=1.0)


def test_a_mixture_is_the_same_in_whatever_order_its_parts_are_written() -> None:
    one = Mixture(parts={"b": Part(parts={"y": Part(), "x": Part(rows=1)}), "a": Part()})
    other = Mixture(parts={"a": Part(), "b": Part(parts={"x": Part(rows=1), "y": Part()})})
    assert one == other
    assert repr(one) == repr(other)


def test_a_name_is_a_task_a_family_or_a_mixture_and_all_that_is_said_is_inherited() -> None:
    mixtures = {
        "mix": Mixture(
            parts={
                "squad": Part(weight=2, templates="seed"),
                "sentiment": Part(),
                "both": Part(
                    templates="all", temperature=3, parts={"gsm8k": Part(), "other": Part()}
                ),
            },
            temperature=2,
            templates="sample",
        ),
        "other": Mixture(parts={"aqua_rat": Part(rows=5)}, max_repetition_ratio=9),
    }
    families = {**FAMILIES, "mathematics": ["gsm8k", "aqua_rat"]}
    found = expanded("mix", mixtures, families)
    assert {
        "/".join(path): (part.templates, part.temperature, part.max_repetition_ratio, part.rows)
        for path, part in leaves(found)
    } == {
        "both/gsm8k": ("all", 3, 1.0, None),
        "both/other/aqua_rat": ("all", 1.0, 1.0, 5),
        "sentiment/imdb": ("sample", 2, 1.0, None),
        "sentiment/sst2": ("sample", 2, 1.0, None),
        "squad": ("seed", 2, 1.0, None),
    }
    assert expanded("mix", {"mix": found}, families) == found


@pytest.mark.parametrize(
    ("parts", "others", "expected"),
    [
        (
            {"sqad": Part()},
            {},
            "mixture 'mix': unknown task, family or mixture 'sqad'; did you mean 'squad'? Known: "
            "imdb, squad, sst2, sentiment, question answering",
        ),
        (
            {"sentimant": Part()},
            {},
            "mixture 'mix': unknown task, family or mixture 'sentimant'; did you mean "
            "'sentiment'? Known: imdb, squad, sst2, sentiment, question answering",
        ),
        (
            {"mix": Part()},
            {},
            "mixture 'mix': expected no mixture within itself, got mix > mix; take 'mix' out of "
            "'mix'",
        ),
        (
            {"one": Part(parts={"other": Part()})},
            {"other": {"mix": Part()}},
            "mixture 'mix': expected no mixture within itself, got mix > other > mix; take 'mix' "
            "out of 'other'",
        ),
        (
            {"imdb": Part(templates="seed"), "sentiment": Part(templates="all")},
            {},
            "mixture 'mix': task 'imdb' is in it twice: expected one templates, got 'seed' and "
            "'all'; say the same in both",
        ),
    ],
)
def test_names_that_stand_for_nothing_are_refused(
    parts: dict[str, Part], others: dict[str, dict[str, Part]], expected: str
) -> None:
    mixtures = {name: Mixture(parts=each) for name, each in {"mix": parts, **others}.items()}
    with pytest.raises(MixtureError) as caught:
        expanded("mix", mixtures, FAMILIES)
    assert str(caught.value) == expected
