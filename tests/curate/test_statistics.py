"""Statistics: every number as counting row by row has it, however the rows are cut into batches."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.curate.statistics import MOST_COMPLETIONS, Lengths, statistics

SCHEMA = pa.schema([(name, pa.string()) for name in ("prompt", "completion", "template")])
PERCENTS = {
    "least": 0,
    "quarter": 25,
    "median": 50,
    "three_quarters": 75,
    "most_95": 95,
    "most_99": 99,
    "most": 100,
}

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "prompt": st.sampled_from(["", "a", "ab", "é" * 9]) | st.text(max_size=40),
            "completion": st.sampled_from([" a", " b", " c"]) | st.text(max_size=5),
            "template": st.sampled_from(["seed", "terse"]),
        }
    ),
    max_size=60,
)


def batches(rows: list[dict[str, str]], size: int) -> list[pa.RecordBatch]:
    return [
        pa.RecordBatch.from_pylist(rows[start : start + size], schema=SCHEMA)
        for start in range(0, len(rows), size)
    ]


def check_lengths(told: Lengths, lengths: list[int]) -> None:
    """Against the definition of a quantile: the first of the sorted with so many up to it."""
    assert told.total == sum(lengths)
    for name, percent in PERCENTS.items():
        expected = 0
        if lengths:
            expected = sorted(lengths)[max(1, math.ceil(len(lengths) * percent / 100)) - 1]
        assert getattr(told.quantiles, name) == expected, name
    digits = Counter(length.bit_length() for length in lengths)
    assert dict(enumerate(told.histogram)) == {at: digits[at] for at in range(len(told.histogram))}
    assert sum(told.histogram) == len(lengths)


@given(rows=ROWS, size=st.integers(1, 60))
def test_every_number_is_that_of_a_count_row_by_row(rows: list[dict[str, str]], size: int) -> None:
    def tokens(prompts: Sequence[str], completions: Sequence[str]) -> list[int]:
        return [
            len((one + other).encode()) for one, other in zip(prompts, completions, strict=True)
        ]

    told = statistics(lambda: batches(rows, size), tokens=tokens)
    assert told.rows == len(rows)
    check_lengths(told.prompt, [len(row["prompt"]) for row in rows])
    check_lengths(told.completion, [len(row["completion"]) for row in rows])
    assert told.tokens is not None
    texts = [row["prompt"] + row["completion"] for row in rows]
    check_lengths(told.tokens, [len(text.encode()) for text in texts])
    assert told.templates == Counter(row["template"] for row in rows)
    completions = Counter(row["completion"] for row in rows)
    assert told.distinct == len(completions)
    found = {each.text: each.rows for each in told.completions}
    assert found == {text: completions[text] for text in found}
    assert len(found) == min(MOST_COMPLETIONS, len(completions))
    assert sorted(found.values(), reverse=True) == [each.rows for each in told.completions]
    assert sum(found.values()) == sum(n for _, n in completions.most_common(MOST_COMPLETIONS))
    assert told.repeated == len(texts) - len(set(texts))
    answers = defaultdict(set)
    for row in rows:
        answers[row["prompt"]].add(row["prompt"] + row["completion"])
    assert told.conflicts == sum(len(each) > 1 for each in answers.values())


@pytest.mark.parametrize("given", [[], [{"prompt": "", "completion": "", "template": "seed"}]])
def test_no_row_and_an_empty_row_have_statistics(given: list[Any]) -> None:
    told = statistics(lambda: batches(given, 1))
    assert (told.rows, told.tokens, told.prompt.total) == (len(given), None, 0)
