"""Options that point at others are found, whatever bytes are looked at first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.render.clean import bare
from mixbuild.render.refers import POINTING, point_at_others

POINT = [
    *("all of the above", "None of the above", "ALL OF THE ABOVE.", "Any of the above, or less"),
    *("both of the above are true", "All the above", "none of above", "all of the options above"),
    *("A and B", "both A and B", "Both (A) and (C)", "B or C only", "neither A nor D.", "A & E"),
    *("A&B", "A, B and C", "A, B, and C", "only B and C", "B and C only.", "A and B, only"),
    *("(A), (B) or (D)", "EITHER A OR B", "A and B  (only)", "A and B!", "A and/or B", "A, B, & C"),
    *("A and B and C", "Options A and B", "answers A or C"),
]
DO_NOT = [
    *("A and no other", "A", "B.", "(C)", "Both", "and", "BORE", "A and Z", "vitamins A and D"),
    *("above", "the above", "all above", "of the abovementioned", "A or", "E 10", "1 and 2"),
    *("A band", "C and D are right", "", " ", "all of these", "a and b", "(1,2)", "B&B", "D&D"),
    *("It cannot be determined from the above data", "growth of the above-ground parts"),
]


def pointing(options: list[str | None], **cuts: Any) -> list[int]:
    found = bare(pa.array(options, pa.string()), **cuts)
    pieces = pa.concat_arrays(found.pieces)
    at: list[int] = point_at_others(pieces, found.which, found.spans, found.odd).tolist()
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
    *("both ", "Neither ", "of the above", "All The Above", "v", "b", "x", "é", "\u3000", "[x] "),
    *("!", "Options ", "A&B", " & "),
]


LISTS = st.lists(
    st.none() | st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join), max_size=6
)


@given(LISTS, st.booleans(), st.sampled_from([(), ("[x]",)]), st.sampled_from(["", ",."]))
@example(["e"], False, (), "")
@example(["", "."], False, (), "")
@example([".", None, ""], False, (), "")
@example(["(", ")"], False, (), "")
@example(["F. A and B", "(F) both A and B"], True, (), "")
@example(["[x] A and B", "A and B [x]"], False, ("[x]",), "")
@example([", A and B"], False, (), ",.")
def test_looking_at_bytes_first_finds_what_the_pattern_finds(
    options: list[str | None], own_letters: bool, marks: tuple[str, ...], lstrip: str
) -> None:
    cuts = {"own_letters": own_letters, "marks": marks, "lstrip": lstrip}
    found = bare(pa.array(options, pa.string()), **cuts)  # type: ignore[arg-type]  # by name
    shown = pa.concat_arrays(found.pieces).take(pa.array(found.which))
    matches = pc.match_substring_regex(shown, POINTING).fill_null(False)
    expected = np.array(matches.to_pylist(), bool) & ~found.blank
    assert pointing(options, **cuts) == np.flatnonzero(expected).tolist()


@pytest.mark.parametrize("start", range(4))
def test_what_lies_before_a_cut_array_is_not_looked_at(start: int) -> None:
    texts = pa.array(["x" * 50, "all of the above", "y", "A and B"]).slice(start)
    found = bare(texts)
    pieces = pa.concat_arrays(found.pieces)
    at = point_at_others(pieces, found.which, found.spans, found.odd).tolist()
    assert [texts[each].as_py() for each in at] == [
        text for text in texts.to_pylist() if len(text) in (7, 16)
    ]


def test_no_options_point_at_nothing() -> None:
    assert pointing([]) == []
    assert pointing([None, ""]) == []
