"""What each task gives: against numbers worked out by hand, and by other code, as seqio has it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixbuild.core.errors import MixtureError
from mixbuild.declare.allotment import allocate, bounds, feasible
from mixbuild.declare.mixture import Mixture, Part, leaves
from mixbuild.declare.rates import apportioned, quotas

MANY = dict.fromkeys("abcdef", 10**6)


def mixed(total: int | None = None, **options: Any) -> Mixture:
    words = {name: options.pop(name) for name in list(options) if len(name) == 1}
    return Mixture(parts=words, total=total, **options)


@pytest.mark.parametrize(
    ("mixture", "available", "expected"),
    [
        (mixed(10, a=Part(), b=Part(), c=Part()), MANY, {"a": 4, "b": 3, "c": 3}),
        (mixed(11, c=Part(), b=Part(), a=Part()), MANY, {"a": 4, "b": 4, "c": 3}),
        (mixed(100, a=Part(weight=2), b=Part()), MANY, {"a": 67, "b": 33}),
        # examples-proportional: 87,599 and 25,000 of 112,599
        (mixed(1000, a=Part(), b=Part()), {"a": 87_599, "b": 25_000}, {"a": 778, "b": 222}),
        # the same with T5's limit: min(e, 30,000)
        (mixed(1000, a=Part(cap=30_000), b=Part(cap=30_000)),
         {"a": 87_599, "b": 25_000}, {"a": 545, "b": 455}),
        # FLAN 2021's cap of 3,000: three large tasks are as large as each other
        (mixed(1000, a=Part(cap=3000), b=Part(cap=3000), c=Part(cap=3000)),
         {"a": 30_000, "b": 30_000, "c": 250}, {"a": 480, "b": 480, "c": 40}),
        # temperature 2: square roots, 100 : 10
        (mixed(110, temperature=2, a=Part(), b=Part()),
         {"a": 10_000, "b": 100}, {"a": 100, "b": 10}),
        # 4: fourth roots, 10 : 1
        (mixed(110, temperature=4, a=Part(), b=Part(), max_repetition_ratio=10),
         {"a": 10_000, "b": 1}, {"a": 100, "b": 10}),
        # 1/2: squares
        (mixed(101, temperature=0.5, a=Part(), b=Part()), {"a": 100, "b": 10}, {"a": 100, "b": 1}),
        # weight, then temperature: (4 * 100)^(1/2) : 100^(1/2)
        (mixed(30, temperature=2, a=Part(weight=4), b=Part()),
         {"a": 100, "b": 100}, {"a": 20, "b": 10}),
        # cap, then weight, then temperature: (9 * 100)^(1/2) : 400^(1/2)
        (mixed(50, temperature=2, a=Part(weight=9, cap=100), b=Part()),
         {"a": 5_000, "b": 400}, {"a": 30, "b": 20}),
        # equal mixing: a cap of one
        (mixed(9, a=Part(cap=1), b=Part(cap=1), c=Part(cap=1)),
         {"a": 9, "b": 90, "c": 900}, {"a": 3, "b": 3, "c": 3}),
        (mixed(1000, a=Part(share=0.5), b=Part(share=0.3), c=Part(share=0.2)), MANY,
         {"a": 500, "b": 300, "c": 200}),
        (mixed(7, a=Part(share=0.1), b=Part(share=0.2), c=Part(share=0.7)), MANY,
         {"a": 1, "b": 1, "c": 5}),
        # a share, then a weight of what is left
        (mixed(1000, a=Part(share=0.5), b=Part(), c=Part(weight=3)), MANY,
         {"a": 500, "b": 125, "c": 375}),
        # rows, a share, and a weight of what is left: 1000 - 200 - 500
        (mixed(1000, a=Part(rows=200), b=Part(share=0.5), c=Part(), d=Part(weight=2)), MANY,
         {"a": 200, "b": 500, "c": 100, "d": 200}),
        (mixed(a=Part(rows=200), b=Part(rows=17)), MANY, {"a": 200, "b": 17}),
        # a part of its own: 1 : 1 outside, 3 : 1 inside
        (mixed(800, a=Part(cap=1), x=Part(cap=1, parts={"b": Part(weight=3), "c": Part()})), MANY,
         {"a": 400, "b": 300, "c": 100}),
        # without a cap, it weighs as much as its parts together
        (mixed(900, a=Part(), x=Part(parts={"b": Part(weight=3), "c": Part()})), MANY,
         {"a": 300, "b": 450, "c": 150}),
        # rows within a part: 400 of it, 150 of which are c's
        (mixed(800, a=Part(share=0.5), x=Part(parts={"b": Part(), "c": Part(rows=150)})), MANY,
         {"a": 400, "b": 250, "c": 150}),
        # a part all of whose parts name their rows is counted by them
        (mixed(800, a=Part(), x=Part(parts={"b": Part(rows=5), "c": Part(rows=150)})), MANY,
         {"a": 645, "b": 5, "c": 150}),
        # a task by two ways is given by both, as in seqio: 1/2 + 1/2 * 1/4
        (mixed(800, a=Part(cap=1), x=Part(cap=1, parts={"a": Part(), "b": Part(weight=3)})), MANY,
         {"a": 500, "b": 300}),
        # two parts within parts: 1/2 * 1/2 * (1/3, 2/3)
        (mixed(1200, a=Part(share=0.5), x=Part(parts={
            "b": Part(share=0.5), "y": Part(parts={"c": Part(), "d": Part(weight=2)})})), MANY,
         {"a": 600, "b": 300, "c": 100, "d": 200}),
        # its own temperature: 10 : 1 outside by roots of 10,000 and 100; 90 : 10 inside
        (mixed(110, temperature=2, a=Part(),
               x=Part(temperature=1, parts={"b": Part(), "c": Part()})),
         {"a": 10_000, "b": 90, "c": 10}, {"a": 100, "b": 9, "c": 1}),
        # without a total, as many as the rates allow: 100 at half a share
        (mixed(a=Part(share=0.5), b=Part(share=0.5)), {"a": 100, "b": 999}, {"a": 100, "b": 100}),
        (mixed(max_repetition_ratio=2.5, a=Part(share=0.5), b=Part(share=0.5)),
         {"a": 100, "b": 999}, {"a": 250, "b": 250}),
        # what is short gives all; the others give more, by their shares
        (mixed(1000, on_shortage="redistribute",
               a=Part(share=0.5), b=Part(share=0.3), c=Part(share=0.2)),
         {"a": 100, "b": 999, "c": 999}, {"a": 100, "b": 540, "c": 360}),
        # which another one cannot
        (mixed(1000, on_shortage="redistribute",
               a=Part(share=0.5), b=Part(share=0.3), c=Part(share=0.2)),
         {"a": 100, "b": 400, "c": 999}, {"a": 100, "b": 400, "c": 500}),
        # nor does one that names its rows give more
        (mixed(1000, on_shortage="redistribute", a=Part(share=0.5), b=Part(rows=300), c=Part()),
         {"a": 100, "b": 900, "c": 999}, {"a": 100, "b": 300, "c": 600}),
        # what was to give nothing gives what lacks of all the others
        (mixed(30, on_shortage="redistribute", a=Part(rows=30), b=Part(), c=Part(weight=3)),
         {"a": 10, "b": 99, "c": 99}, {"a": 10, "b": 5, "c": 15}),
        (mixed(1000, on_shortage="clip", a=Part(share=0.5), b=Part(share=0.5)),
         {"a": 100, "b": 999}, {"a": 100, "b": 500}),
    ],
)  # fmt: skip
def test_what_each_task_gives(
    mixture: Mixture, available: dict[str, int], expected: dict[str, int]
) -> None:
    assert allocate("mix", mixture, available) == expected


@pytest.mark.parametrize(
    ("mixture", "available", "expected"),
    [
        (
            mixed(100, a=Part(weight=199), b=Part(), c=Part()),
            MANY,
            "mixture 'mix': part 'c' would get none of 100 rows (its share is 0.498%); raise its "
            "weight, or the total to 201",
        ),
        (
            mixed(10_000, a=Part(share=0.5), b=Part(share=0.5)),
            {"a": 3500, "b": 99_000},
            "mixture 'mix': part 'a' has 3,500 rows and is to give 5,000; lower the total to "
            "7,000, which can be met, raise max_repetition_ratio, or say on_shortage: "
            "redistribute",
        ),
        (
            mixed(100, max_repetition_ratio=2, a=Part(rows=50), b=Part()),
            {"a": 20, "b": 99},
            "mixture 'mix': part 'a' has 20 rows, 40 with repetition, and is to give 50; lower "
            "what they are to give, raise max_repetition_ratio, or say on_shortage: redistribute",
        ),
        (
            mixed(None, a=Part(rows=50), b=Part(), c=Part(weight=2)),
            {"a": 20, "b": 99, "c": 10},
            "mixture 'mix': part 'a' has 20 rows and is to give 50; lower what they are to give, "
            "raise max_repetition_ratio, or say on_shortage: clip",
        ),
        (
            mixed(300, on_shortage="redistribute", a=Part(), b=Part()),
            {"a": 100, "b": 150},
            "mixture 'mix': total: expected 300 rows, got 250 of all its parts together; lower "
            "the total to 250, or raise max_repetition_ratio",
        ),
        (
            mixed(300, a=Part(), b=Part()),
            {"a": 100, "b": 0},
            "mixture 'mix': part 'b' has no rows; take it out of the mixture",
        ),
        (
            mixed(300, a=Part(share=0.5), b=Part(share=0.4)),
            MANY,
            "mixture 'mix': expected shares that are 1 together, got 0.9; say weight for what is "
            "relative",
        ),
        (
            mixed(300, a=Part(share=0.5), x=Part(parts={"b": Part(share=0.4)})),
            MANY,
            "mixture 'mix': part 'x': expected shares that are 1 together, got 0.4; say weight "
            "for what is relative",
        ),
        (
            mixed(300, a=Part(rows=100), b=Part(rows=100)),
            MANY,
            "mixture 'mix': total: expected as many rows as its parts name, 200 and more where a "
            "part has a weight, got 300",
        ),
        (
            mixed(300, a=Part(share=0.9), b=Part(share=0.3), c=Part()),
            MANY,
            "mixture 'mix': expected shares that are 1 together at most, got 1.2; say weight for "
            "what is relative",
        ),
        (
            mixed(300, a=Part(), x=Part(rows=4, parts={"b": Part(rows=3), "c": Part(rows=3)})),
            MANY,
            "mixture 'mix': part 'x': expected parts that come to what it gives, got others and "
            "none with a weight; say weight for one, or nothing of 'x' itself",
        ),
        (
            mixed(300, a=Part(rows=300), b=Part()),
            MANY,
            "mixture 'mix': part 'b' would get none of 300 rows (its share is 0.000%); raise its "
            "weight, or the total to 301",
        ),
        (
            mixed(300, a=Part(), x=Part(rows=1, parts={"b": Part(), "c": Part()})),
            dict.fromkeys("abc", 999),
            "mixture 'mix': part 'c' would get none of the 1 row of 'x'; raise its weight, or "
            "these rows",
        ),
        (
            mixed(300, a=Part(share=1), b=Part()),
            MANY,
            "mixture 'mix': part 'b' would get none of 300 rows (its share is 0.000%); raise its "
            "weight",
        ),
        (
            mixed(300, temperature=1e-9, a=Part(weight=5), b=Part()),
            dict.fromkeys("ab", 100),
            "mixture 'mix': temperature: 1e-09 for a weight of 500 is too low to be counted with; "
            "raise it",
        ),
        (
            mixed(300, a=Part(rows=400), b=Part()),
            MANY,
            "mixture 'mix': total: expected as many rows as its parts name, 400 and more where a "
            "part has a weight, got 300",
        ),
    ],
)
def test_what_cannot_be_given(mixture: Mixture, available: dict[str, int], expected: str) -> None:
    with pytest.raises(MixtureError) as caught:
        allocate("mix", mixture, available)
    assert str(caught.value) == expected


@pytest.mark.parametrize("on_shortage", ["clip", "redistribute"])
def test_without_a_total_a_part_gives_what_it_has_and_no_other_gives_more(on_shortage: str) -> None:
    mixture = mixed(None, on_shortage=on_shortage, a=Part(rows=50), b=Part(), c=Part(weight=2))
    given = allocate("mix", mixture, {"a": 20, "b": 99, "c": 50})
    assert given == {"a": 20, "b": 49, "c": 50}, "99 and 100 of 199, and as many as c has"


def seqio_rate(count: int, scale: float, maximum: float | None, temperature: float) -> float:
    """``mixing_rate_num_examples``, written from its description: scale, limit, temperature."""
    value = count * scale
    if maximum:
        value = min(value, maximum)
    return math.pow(value, 1 / temperature) if temperature != 1 else value


Nested = dict[str, Any]


def seqio_get_rate(mixture: Nested, task: str) -> float:
    """``Mixture.get_rate``: directly, and by each mixture within, of its own total."""
    value = 0.0
    for name, (rate, inner) in mixture.items():
        if inner is None:
            value += rate if name == task else 0
        else:
            total = sum(each for each, _ in inner.values())
            value += rate * seqio_get_rate(inner, task) / total
    return value


COUNTS = st.integers(1, 10**7)
WEIGHTS = st.sampled_from([0.25, 0.5, 1, 2, 3, 10])
PARTS = st.builds(Part, weight=WEIGHTS, cap=st.none() | st.integers(1, 10**6))


@settings(max_examples=200)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(PARTS, COUNTS), min_size=1),
    st.dictionaries(st.sampled_from("abcdef"), WEIGHTS, min_size=1),
    st.sampled_from([1, 2, 3.5, 8]),
)
def test_rates_are_those_of_seqio(
    outer: dict[str, tuple[Part, int]], inner: dict[str, float], temperature: float
) -> None:
    available = {**MANY, **{name: count for name, (_, count) in outer.items()}}
    # what the part within weighs outside is a number in seqio: here a cap of one gives that
    within = Part(temperature=1, cap=1, weight=3, parts={
        name: Part(weight=weight, cap=1) for name, weight in inner.items()
    })  # fmt: skip
    mixture = Mixture(
        parts={**{name: part for name, (part, _) in outer.items()}, "x": within},
        temperature=temperature,
    )
    expected: Nested = {
        name: (
            seqio_rate(
                count,
                part.weight or 1,
                part.cap and part.cap * (part.weight or 1),  # its limit is of what is scaled
                temperature,
            ),
            None,
        )
        for name, (part, count) in outer.items()
    }
    expected["x"] = (
        seqio_rate(3, 1, None, temperature),
        {name: (weight, None) for name, weight in inner.items()},
    )
    total = sum(rate for rate, _ in expected.values())
    for task, quota in quotas(mixture, available).items():
        assert quota.fixed == 0
        assert float(quota.slope) == pytest.approx(seqio_get_rate(expected, task) / total, rel=1e-9)


@settings(max_examples=200)
@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), PARTS, min_size=1, max_size=9),
    st.integers(1, 10**6),
    st.sampled_from([1, 2, 5]),
    st.randoms(use_true_random=False),
)
def test_rows_add_up_to_the_total_whatever_the_order(
    parts: dict[str, Part], total: int, temperature: float, random: Any
) -> None:
    available = {name: random.randint(1, 10**6) for name in parts}
    mixture = Mixture(parts=parts, temperature=temperature)
    exactly = {name: quota.of(total) for name, quota in quotas(mixture, available).items()}
    assert sum(exactly.values()) == total
    rows = apportioned(exactly, total)
    assert sum(rows.values()) == total
    assert all(math.floor(exactly[name]) <= rows[name] <= math.ceil(exactly[name]) for name in rows)
    names = list(parts)
    random.shuffle(names)
    assert apportioned({name: exactly[name] for name in names}, total) == rows


@settings(max_examples=100)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.tuples(PARTS, st.integers(50, 5000)), min_size=2),
    st.sampled_from([1.0, 1.5, 3]),
)
def test_the_feasible_total_is_met_and_one_more_is_not(
    parts: dict[str, tuple[Part, int]], ratio: float
) -> None:
    available = {name: count for name, (_, count) in parts.items()}
    mixture = Mixture(
        parts={name: part for name, (part, _) in parts.items()}, max_repetition_ratio=ratio
    )
    most = bounds(mixture, available)
    assert most == {name: int(Fraction(ratio) * count) for name, count in available.items()}
    total = feasible(mixture, available)
    asked = quotas(mixture, available)
    assert all(each.of(total) <= most[name] for name, each in asked.items())
    assert any(each.of(total + 1) > most[name] for name, each in asked.items())


def some_parts(random: Random, prefix: str = "", depth: int = 2) -> dict[str, Part]:
    """Parts of every kind, in one another, each task in one place."""
    parts = {}
    for letter in "abcd"[: random.randint(1, 4)]:
        said: dict[str, Any] = random.choice(
            [
                {"weight": random.choice([0.25, 1, 2, 10]), "cap": random.choice([None, 1, 100])},
                {"weight": 1},
                {"share": random.choice([0.1, 0.2, 0.25, 0.3])},
                {"rows": random.choice([1, 2, 3, 5, 7, 11, 20, 31])},
            ]
        )
        name = prefix + letter
        within = some_parts(random, name, depth - 1) if depth and random.random() < 0.4 else {}
        parts[name] = Part(**said, parts=within)
    return parts


def given_of(mixture: Mixture, available: dict[str, int]) -> dict[str, int]:
    """What each task gives; nothing where that cannot be."""
    try:
        return allocate("mix", mixture, available)
    except MixtureError:
        return {}


def test_a_mixture_is_inside_one_of_twice_its_size() -> None:
    """And in any by which each part's share grows by a row; what names its rows has them always."""
    compared: Counter[str] = Counter()
    for seed in range(2_500):
        random = Random(seed)
        mixture = Mixture(
            some_parts(random),
            total=random.choice([random.randint(1, 60), random.randint(1, 2000)]),
            temperature=random.choice([1, 2, 3.5]),
            on_shortage=random.choice(["fail", "redistribute", "clip"]),
        )
        total = mixture.total or 0
        # as many as any part names: of one that lacks some of them, others may give more before
        available = {path[-1]: random.randint(31, 3000) for path, _ in leaves(mixture)}
        once = given_of(mixture, available)
        if not once:
            continue
        asked = quotas(mixture, available)
        slopes = [each.slope for each in asked.values() if each.slope]
        least = total + math.ceil(1 / min(slopes, default=Fraction(1)))
        for larger in (2 * total, *([least] if mixture.on_shortage == "fail" else ())):
            twice = given_of(replace(mixture, total=larger), available)
            assert all(rows <= twice[task] for task, rows in once.items() if twice), seed
            compared[mixture.on_shortage] += bool(twice)
        for name, part in mixture.parts.items():
            if part.rows is not None:
                tasks = [path[-1] for path, _ in leaves(mixture) if path[0] == name]
                assert sum(once[task] for task in tasks) == part.rows
    assert min(compared.values()) > 100


def test_what_names_its_rows_gives_just_those_of_any_total() -> None:
    group = Part(rows=4, parts={name: Part() for name in "abc"})
    for total, others in ((10, (3, 3)), (11, (4, 3)), (12, (4, 4))):
        given = allocate("mix", mixed(total, x=group, d=Part(), e=Part()), MANY)
        assert given == dict(zip("abcde", (2, 1, 1, *others), strict=True))
