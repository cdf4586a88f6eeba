"""What all the rows of a split tell, against a count row by row, however they are grouped."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.core.row import SCHEMA
from mixbuild.publish import facts
from mixbuild.publish.facts import Facts, Told

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
PERCENTS = (0, 25, 50, 75, 95, 99, 100)


def told(rows: Iterable[tuple[str, str]], *, size: int) -> Told:
    """What rows of these prompts and completions tell, so many in a group."""
    every = [
        dict.fromkeys(SCHEMA.names, "")
        | {"prompt": one, "completion": other, "references": [], "template": "t"}
        for one, other in rows
    ]
    found = Facts()
    groups = (
        pa.RecordBatch.from_pylist(every[start : start + size], schema=SCHEMA)
        for start in range(0, len(every), size)
    )
    assert sum(1 for _ in found.noted((each, 0) for each in groups)) == -(-len(every) // size)
    return found.told()


@given(
    st.lists(st.tuples(TEXTS, st.sampled_from([" a", " bb", " c"]) | TEXTS), max_size=12),
    st.integers(1, 12),
)
def test_every_number_is_that_of_a_count_row_by_row(rows: list[tuple[str, str]], size: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(facts, "MOST_LABELS", 4)
        patched.setattr(facts, "LABEL_CHARACTERS", 9)
        patched.setattr(facts, "MOST_COMPLETIONS", 3)
        found = told(rows, size=size)
    for at, name in enumerate(("prompt", "completion")):
        lengths = sorted(len(row[at]) for row in rows)
        bins = Counter(length.bit_length() for length in lengths)
        assert getattr(found.lengths, name) == tuple(bins[digits] for digits in range(32))
        nth = [max(1, math.ceil(len(rows) * percent / 100)) - 1 for percent in PERCENTS]
        expected = tuple(lengths[each] for each in nth) if rows else (0,) * 7
        assert getattr(found.summary, name).ordered == expected
    assert found.summary.templates == ({"t": len(rows)} if rows else {})
    assert found.summary.repeated == len(rows) - len(set(rows))
    several = Counter(prompt for prompt, _ in set(rows))
    assert found.summary.conflicts == sum(times > 1 for times in several.values())
    labels = Counter(completion for _, completion in rows)
    if len(labels) > 4 or any(len(text) > 9 for text in labels):
        assert (found.summary.completions, found.summary.distinct) == ((), None)
        return
    common = sorted(labels.items(), key=lambda each: (-each[1], each[0]))[:3]
    assert [(each.text, each.rows) for each in found.summary.completions] == common
    assert found.summary.distinct == len(labels)


@pytest.mark.parametrize("digits", [1, 2, 10, 19])
def test_a_histogram_changes_bin_at_each_power_of_two(digits: int) -> None:
    rows = [("é" * (2**digits - 1), ""), ("é" * 2**digits, "")]
    bins = told(rows, size=2).lengths.prompt
    assert {at: count for at, count in enumerate(bins) if count} == {digits: 1, digits + 1: 1}


@pytest.mark.parametrize(
    ("completions", "distinct"),
    [
        ([f" {number}" for number in range(1_000)], 1_000),
        ([f" {number}" for number in range(1_001)], None),
        (["a" * 200] * 3, 1),
        (["a" * 201, *["b"] * 3], None),
    ],
    ids=["a thousand differ", "one more differs", "200 characters", "one more character"],
)
def test_completions_are_counted_where_they_are_few_and_short(
    completions: list[str], distinct: int | None
) -> None:
    for size in (7, len(completions)):
        summary = told([("", each) for each in completions], size=size).summary
        assert summary.distinct == distinct
        assert len(summary.completions) == min(distinct or 0, 10)
