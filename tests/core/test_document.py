"""YAML that a person writes: what it says as frozen types, and each fault with its line and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

import msgspec
import pytest
from mixbuild.core import Document, RecipeError, Record, UsageError, decode


class Length(Record, frozen=True):
    most: Annotated[int, msgspec.Meta(ge=1)]
    over: Literal["drop", "trim"] = "drop"


@dataclass(frozen=True)
class Part:
    weight: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    rows: int | None = None
    named: bool = False
    parts: Mapping[str, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rows == 13:
            raise ValueError("rows: expected a lucky number, got 13")


@dataclass(frozen=True)
class Mix:
    parts: Mapping[str, Part]
    languages: tuple[str, ...] = ()
    length: Length | None = None


def read(text: str, *settings: str) -> Mix:
    return decode(Document(text, where="mix.yaml", error=RecipeError, settings=settings), Mix)


def test_what_is_written_is_what_is_made() -> None:
    text = """
    parts:
      a: {weight: 2, parts: {b: {rows: 3}}}   # of two
      no: {}
    languages: [en, no]
    length: {most: 10.0}
    """
    expected = Mix(
        {"a": Part(2.0, parts={"b": Part(rows=3)}), "no": Part()}, ("en", "no"), Length(most=10)
    )
    assert read(text) == expected
    assert type(read(text).parts["a"].weight) is float


def test_one_and_one_point_nought_are_the_same_wherever_they_stand() -> None:
    for number in ("1", "1.0", "1e0", "+1"):
        text = (
            f"parts: {{a: {{weight: {number}, rows: {number}, parts: {{b: {{rows: {number}}}}}}}}}"
        )
        assert read(text) == Mix({"a": Part(1.0, rows=1, parts={"b": Part(rows=1)})})
        assert read("parts: {a: {}}", f"parts.a.rows={number}") == Mix({"a": Part(rows=1)})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: expected the field parts, got none"),
        ("just words", "line 1: expected a mapping, got 'just words'"),
        ("parts: [a]", "line 1: parts: expected a mapping, got ['a']"),
        ("parts:\n  a:\n", "line 2: parts.a: expected a mapping, got nothing"),
        ("parts: {a: {}}\nlength: {}", "line 2: length: expected the field most, got none"),
        (
            "parts:\n a: {}\n b:\n  weigth: 2",
            "line 4: parts.b: unknown key 'weigth'; did you mean 'weight'? Known: weight, rows, "
            "named, parts",
        ),
        (
            "parts: {a: {}}\nlength:\n  most: 1\n  on: drop",
            "line 4: length: unknown key 'on'. Known: most, over",
        ),
        ("parts: {a: {}}\n1: 2", "line 2: 1: expected a text, got 1"),
        (
            "parts:\n  a:\n    weight: -1",
            "line 3: parts.a.weight: expected a number above 0, got -1",
        ),
        (
            "parts:\n  a: {}\n  open instructions:\n    parts:\n      b:\n        rows: 1.5",
            "line 6: parts.'open instructions'.parts.b.rows: expected a whole number or nothing, "
            "got 1.5",
        ),
        ("parts: {a: {named: no}}", "line 1: parts.a.named: expected true or false, got 'no'"),
        (
            "parts: {a: {rows: on}}",
            "line 1: parts.a.rows: expected a whole number or nothing, got 'on'",
        ),
        (
            "parts: {a: {}}\nlength:\n  most: 0",
            "line 3: length.most: expected a whole number of at least 1, got 0",
        ),
        ("parts:\n  a:\n   rows: 13", "line 3: parts.a.rows: expected a lucky number, got 13"),
        ("parts: {a: {}}\nlanguages: [en,\n  3]", "line 3: languages.1: expected a text, got 3"),
        ("parts: {a: {}}\nparts: {}", "line 2: expected the key 'parts' once, got it again"),
        (
            "parts: {a: {}",
            "line 1: expected YAML, got something else (while parsing a flow mapping expected ',' "
            "or '}', but got '<stream end>')",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_that_names_file_line_and_key(text: str, fault: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(text)
    assert str(caught.value) == f"mix.yaml: {fault}"


def test_what_is_set_holds_over_the_file_and_is_named_where_it_is_wrong() -> None:
    text = "parts:\n  a: {rows: 1}\nlanguages: [en, de]\n"
    settings = ("parts.a.rows=7", "parts.b.weight=.5", "languages.1=fr", "parts.a.rows=8")
    assert read(text, *settings) == Mix({"a": Part(rows=8), "b": Part(0.5)}, ("en", "fr"))
    assert read(text, "parts={c: {}}", "languages=[]") == Mix({"c": Part()})
    for setting, fault in (
        ("parts.a.rows=many", "parts.a.rows: expected a whole number or nothing, got 'many'"),
        ("parts.a.row=3", "parts.a: unknown key 'row'; did you mean 'rows'? Known: weight, rows, "
         "named, parts"),
        ("parts.a=3", "parts.a: expected a mapping, got 3"),
    ):  # fmt: skip
        with pytest.raises(RecipeError) as caught:
            read(text, setting)
        assert str(caught.value) == f"mix.yaml: --set {setting}: {fault}"
    for setting in ("parts", "=3", "parts..a=3"):
        with pytest.raises(UsageError) as refused:
            read(text, setting)
        expected = "expected KEY.KEY=VALUE, as mixtures.mix.total=1000"
        assert str(refused.value) == f"--set {setting}: {expected}"
