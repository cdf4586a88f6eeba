"""Which texts are blank, against a plain loop, wherever the array was cut."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.render.is_blank import is_blank

WHITE = [
    *"\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000",
    *map(chr, range(0x2000, 0x200B)),
]
texts = st.lists(st.text(st.sampled_from([*WHITE, "a", "é", "あ", "’", "\0"]), max_size=12))


@given(texts, st.integers(0, 3), st.integers(0, 3))
@example([" " * 40 + "a", " " * 40], 0, 0)
def test_a_text_is_blank_when_nothing_is_left_of_it(
    values: list[str], head: int, tail: int
) -> None:
    whole = pa.array(["x", " ", ""][:head] + values + ["y"] * tail, pa.string())
    cut = whole.slice(min(head, 3), len(values))
    assert cut.to_pylist() == values
    assert is_blank(cut).tolist() == [not value.strip("".join(WHITE)) for value in values]


@pytest.mark.parametrize("character", WHITE)
def test_every_white_space_of_unicode_is_known(character: str) -> None:
    assert is_blank(pa.array([character, character + "a"])).tolist() == [True, False]


def test_no_texts_and_no_bytes() -> None:
    assert is_blank(pa.array([], pa.string())).tolist() == []
    assert is_blank(pa.array(["", ""])).tolist() == [True, True]
    assert is_blank(pa.array(["a", None, " "]))[[0, 2]].tolist() == [False, True]
