"""Which texts are blank, against a plain loop and over all of Unicode."""

from __future__ import annotations

import sys

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.render.text import is_blank, mask

texts = st.lists(
    st.none() | st.text(st.sampled_from([*" \t\x85\u3000", "a", "é", "あ", "’", "\0"]), max_size=12)
)


@given(texts, st.integers(0, 3))
@example([" " * 40 + "a", " " * 40, "", None], 0)
def test_a_text_is_blank_when_nothing_is_left_of_it(values: list[str | None], start: int) -> None:
    cut = pa.array(values, pa.string()).slice(start)
    assert is_blank(cut).to_pylist() == [
        None if value is None else not value.strip() for value in values[start:]
    ]


def test_blank_is_what_trimming_leaves_nothing_of_for_every_character_there_is() -> None:
    numbers = [n for n in range(sys.maxunicode + 1) if not 0xD800 <= n < 0xE000]
    characters = pa.array(map(chr, numbers), pa.string())
    blank = is_blank(characters)
    assert blank.equals(pc.equal(pc.utf8_trim_whitespace(characters), ""))
    assert blank.to_pylist() == [chr(number).isspace() for number in numbers]


@given(st.lists(st.none() | st.booleans(), max_size=20), st.integers(0, 9))
def test_a_mask_is_the_booleans_and_a_null_is_false(values: list[bool | None], start: int) -> None:
    cut = pa.array(values, pa.bool_()).slice(start)
    assert mask(cut).tolist() == [bool(value) for value in values[start:]]
