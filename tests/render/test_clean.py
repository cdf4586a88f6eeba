"""Options bare of what a source puts around them, against a plain loop."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.render.clean import bare

FRAGMENTS = [
    *("A)", "(B)", "C. ", "d)", "Z", "A", ")", "(", "."),
    *(" ", "\n", "\u3000", "\u00a0", "\u2028", ",", ", "),
    *("[step]", "[step] ", "[x] ", "[", "]", "é", "あ", "a", "1,200"),
]
options = st.lists(
    st.none() | st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join), max_size=7
)
MARKS = ("[step]", "[x]")


def trimmed(text: str) -> str:
    """Without what Arrow takes for white space around it."""
    made: str = pc.utf8_trim_whitespace(text).as_py()
    return made


def plainly(text: str, *, own_letters: bool, marks: tuple[str, ...], lstrip: str) -> str:
    if own_letters:
        text = re.sub(r"\A\s*\(?[A-Z]\s*[).]\s*", "", text, flags=re.ASCII)
    if any(mark[0] in text for mark in marks):
        for mark in marks:
            text = text.replace(f"{mark} ", "")
        for mark in marks:
            text = text.replace(mark, "")
    if lstrip:
        text = text.lstrip(f"{lstrip} \t\r\n")
    return trimmed(text)


@given(options, st.integers(0, 2), st.booleans(), st.sampled_from([(), MARKS]), st.booleans())
@example(["A)"], 0, True, (), False)
@example(["[)x", "Z)x", "@)x"], 0, True, (), False)
@example(["A", ")x", "B", ")"], 0, True, (), False)
@example(["x", "A)Rome", None, "B) Oslo "], 1, True, (), False)
@example(["[step] [step] a", ", [x] b"], 0, False, MARKS, True)
@example(["A)[step] , a"], 0, True, MARKS, True)
@example([" ", "a", ""], 2, True, (), True)
def test_options_are_what_a_plain_loop_leaves_of_them(
    texts: list[str | None], start: int, own_letters: bool, marks: tuple[str, ...], comma: bool
) -> None:
    lstrip = "," if comma else ""
    found = bare(
        pa.array(texts, pa.string()).slice(start),
        own_letters=own_letters,
        marks=marks,
        lstrip=lstrip,
    )
    expected = [
        None if text is None else plainly(text, own_letters=own_letters, marks=marks, lstrip=lstrip)
        for text in texts[start:]
    ]
    assert found.blank.tolist() == [not text for text in expected]
    shown = pa.concat_arrays(found.pieces).take(pa.array(found.which)).to_pylist()
    assert [text or None for text in shown] == [text or None for text in expected]


@given(options)
def test_spans_hold_what_is_shown(texts: list[str | None]) -> None:
    found = bare(pa.array(texts, pa.string()), own_letters=True)
    shown = pa.concat_arrays(found.pieces).take(pa.array(found.which)).to_pylist()
    data = bytes(found.spans.data)
    for text, begin, end in zip(shown, found.spans.begins, found.spans.ends, strict=True):
        assert (text or "").encode() in data[begin:end]


@pytest.mark.parametrize("character", ["\u0085", "\u00a0", "\u1680", "\u202f", "\u205f", "\u3000"])
def test_white_space_of_every_script_is_cut(character: str) -> None:
    found = bare(pa.array([f"{character}a{character}", f"a{character}", character]))
    shown = pa.concat_arrays(found.pieces).take(pa.array(found.which)).to_pylist()
    assert shown == ["a", "a", ""]
    assert found.blank.tolist() == [False, False, True]


def test_a_plain_option_is_not_copied() -> None:
    texts = pa.array(["A)Rome", "B)Oslo"])
    found = bare(texts, own_letters=True)
    (piece,) = found.pieces
    assert piece.buffers()[2].address == texts.buffers()[2].address
