"""YAML of people and of strangers: 1.2's scalars, one line for what is wrong, bounded work."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.core.errors import CardError
from mixbuild.core.yaml import dump_yaml, load_yaml, split_front_matter


def load(text: str) -> object:
    return load_yaml(text, where="README.md", error=CardError)


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        *((word, word) for word in ("no", "No", "NO", "yes", "on", "off", "y", "n")),
        *((word, word) for word in ("1_000", "12:30", "190:20:30", "2020-01-01", "007", "0x1f")),
        *((word, word) for word in ("2020-01-01T00:00:00Z", "0o17", "1e", ".", "+", "nullx", "<<")),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-12", -12), ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5),
        ("-.inf", float("-inf")),
    ],
)  # fmt: skip
def test_a_plain_scalar_is_what_yaml_1_2_says(scalar: str, value: object) -> None:
    assert load(f"key: {scalar}") == {"key": value}
    assert type(load(f"key: {scalar}")["key"]) is type(value)  # type: ignore[index]
    assert load(f"- {scalar or '~'}") == [value]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "line 2: expected the key 'a' once, got it again"),
        ("a: [1", "line 1: expected YAML, got something else (while parsing a flow sequence"),
        ("? [1]\n: 2", "line 1: expected a word before the colon, got a list or a mapping"),
        ("a: 1\nb: " + "9" * 5000, "line 2: expected a number of at most 64 digits, got one of 5"),
        ("a: " + "[" * 5000, "line 1: expected at most 64 levels, got more"),
        ("a: " + "{a: " * 5000, "line 1: expected at most 64 levels, got more"),
        ("a: &a [*a]", "line 1: expected no alias within what it stands for: *a"),
        ("a: *b", "line 1: expected YAML, got something else (found undefined alias 'b')"),
        ("a: !!python/object:os.system x", "line 1: expected YAML, got something else (could not"),
        ("a: \x00", "expected YAML, got something else (unacceptable character #x0000"),
        ("--- 1\n--- 2", "line 2: expected YAML, got something else (expected a single document"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_where(text: str, message: str) -> None:
    with pytest.raises(CardError) as caught:
        load(text)
    assert str(caught.value).startswith(f"README.md: {message}")
    assert "\n" not in str(caught.value)


def test_aliases_cost_what_they_come_to_when_they_are_written_out() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    begun = time.monotonic()
    with pytest.raises(CardError, match="expected at most 1,000,000 values, aliases written out"):
        load(bomb)
    assert time.monotonic() - begun < 5
    assert load("a: &a [1]\nb: *a") == {"a": [1], "b": [1]}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_what_is_written_is_read_again(data: object) -> None:
    assert load(dump_yaml({"data": data})) == {"data": data}


@given(st.text(alphabet="-&*[]{}:,?!|>'\"# \n\tab01.~<", max_size=60))
def test_any_text_is_data_or_one_line(text: str) -> None:
    with contextlib.suppress(CardError):  # any other error fails the test
        load(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("---\na: 1\n---\nText", ("a: 1\n", "Text")),
        ("\ufeff---\r\na: 1\r\n---\r\nText", ("a: 1\r\n", "Text")),
        ("---\n---\n", ("", "")),
        ("Text\n---\na: 1\n---\n", (None, "Text\n---\na: 1\n---\n")),
        ("---\na: 1\n", (None, "---\na: 1\n")),
        ("", (None, "")),
    ],
)
def test_front_matter_is_told_from_text(text: str, parts: tuple[str | None, str]) -> None:
    assert split_front_matter(text) == parts
