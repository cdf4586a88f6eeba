"""Options that point at others are found, whatever bytes are looked at first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.bare import bare
from mixbuild.pointing import POINTING, point_at_others

POINT = [
    *("all of the above", "None of the above", "ALL OF THE ABOVE.", "Any of the above, or less"),
    *("both of the above are true", "neither from the above"),
    *("A and B", "both A and B", "Both (A) and (C)", "B or C only", "neither A nor D.", "A & E"),
    *("A&B", "A, B and C", "A, B, and C", "only B and C", "B and C only."),
    *("(A), (B) or (D)", "EITHER A OR B"),
]
DO_NOT = [
    *("A and no other", "A", "B.", "(C)", "Both", "and", "BORE", "A and Z", "vitamins A and D"),
    *("above", "the above", "all above", "of the abovementioned", "A or", "E 10", "1 and 2"),
    *("A band", "C and D are right", "", " ", "all of these", "a and b", "(1,2)"),
]


def pointing(options: list[str | None]) -> list[int]:
    found = bare(pa.array(options, pa.string()))
    pieces = pa.concat_arrays(found.pieces)
    at: list[int] = point_at_others(pieces, found.which, found.spans).tolist()
    return at


@pytest.mark.parametrize("option", POINT)
def test_an_option_that_points(option: str) -> None:
    for before, after in (("", ""), (" ", "  "), ("\u3000", "\n"), ("", "\u00a0")):
        assert pointing(["x", f"{before}{option}{after}", None]) == [1]


@pytest.mark.parametrize("option", DO_NOT)
def test_an_option_that_does_not(option: str) -> None:
    assert pointing([option, "x", option]) == []


FRAGMENTS = [
    *("A", "E", "F", "(B)", "(", ")", " and ", " OR ", " nor ", "&", ", ", " only", ".", " "),
    *("both ", "Neither ", "of the above", "Of The Above", "v", "b", "x", "é", "\u3000"),
]


@given(
    st.lists(st.none() | st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join), max_size=6)
)
@example(["e"])
@example(["", "."])
@example([".", None, ""])
@example(["(", ")"])
def test_looking_at_bytes_first_finds_what_the_pattern_finds(options: list[str | None]) -> None:
    trimmed = pc.utf8_trim_whitespace(pa.array(options, pa.string()))
    matches = pc.match_substring_regex(trimmed, POINTING).fill_null(False)
    assert pointing(options) == np.flatnonzero(matches.to_pylist()).tolist()


@pytest.mark.parametrize("start", range(4))
def test_what_lies_before_a_cut_array_is_not_looked_at(start: int) -> None:
    texts = pa.array(["x" * 50, "all of the above", "y", "A and B"]).slice(start)
    found = bare(texts)
    pieces = pa.concat_arrays(found.pieces)
    at = point_at_others(pieces, found.which, found.spans).tolist()
    assert [texts[each].as_py() for each in at] == [
        text for text in texts.to_pylist() if len(text) in (7, 16)
    ]


def test_no_options_point_at_nothing() -> None:
    assert pointing([]) == []
    assert pointing([None, ""]) == []
