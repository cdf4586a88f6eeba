"""Slots: what each makes of every kind of row, and that projecting keeps rows in order."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.core.errors import TaskError
from mixbuild.declare.slots import (
    Slot,
    column,
    field,
    first,
    flag,
    is_empty,
    joined,
    label,
    matched,
    optional,
    project,
    replaced,
    trimmed,
)

ANSWERS = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])
MOST_ROWS = 32_768


def evaluate(batch: pa.RecordBatch, value: pc.Expression) -> list[Any]:
    """What an expression makes of each row."""
    made: list[Any] = project(batch, {"value": value}).column("value").to_pylist()
    return made


def answers(*texts: list[str | None] | None) -> pa.Array:
    return pa.array([{"text": text, "answer_start": []} for text in texts], ANSWERS)


def test_column_is_the_source_column_as_it_stands() -> None:
    batch = pa.record_batch({"text": ["a", None, " \0{b}"], "other": [1, 2, 3]})
    slot = column("text")
    assert evaluate(batch, slot.value) == ["a", None, " \0{b}"]
    assert slot.reads == (("text",),)
    assert (slot.accepted, slot.valid, slot.expected) == (None, None, "")


def test_column_of_a_path_is_a_field_within_a_struct() -> None:
    inner = pa.struct([("en", pa.string()), ("de", pa.string())])
    words = pa.array([{"en": "a", "de": "b"}, {"en": None, "de": "c"}, None], inner)
    slot = column("translation", "en")
    assert evaluate(pa.record_batch({"translation": words}), slot.value) == ["a", None, None]
    assert slot.reads == (("translation", "en"),)


def test_first_is_the_first_and_accepts_all() -> None:
    rows = pa.record_batch({"answers": answers(["a", "b", "a"], ["c"])})
    slot = first("answers", "text")
    assert evaluate(rows, slot.value) == ["a", "c"]
    assert slot.accepted is not None
    assert evaluate(rows, slot.accepted) == [["a", "b", "a"], ["c"]]
    assert slot.reads == (("answers", "text"),)
    assert (slot.valid, slot.expected) == (None, "")


@pytest.mark.parametrize(
    ("row", "value", "empty"),
    [
        ({"text": [], "answer_start": []}, None, True),
        ({"text": None, "answer_start": []}, None, None),
        (None, None, None),
        ({"text": [None], "answer_start": []}, None, False),
        ({"text": [None, "b"], "answer_start": []}, None, False),
        ({"text": ["", "b"], "answer_start": []}, "", False),
    ],
    ids=["empty list", "null list", "null struct", "null item", "null first item", "empty string"],
)
def test_first_and_is_empty_where_there_is_no_first(
    row: object, value: str | None, empty: bool | None
) -> None:
    # ordinary rows on both sides: an offset that is off by one would show
    other = {"text": ["x", "y"], "answer_start": [1, 2]}
    batch = pa.record_batch({"answers": pa.array([other, row, other], ANSWERS)})
    assert evaluate(batch, first("answers", "text").value) == ["x", value, "x"]
    assert evaluate(batch, is_empty("answers", "text")) == [False, empty, False]


def test_first_and_is_empty_of_a_list_column_that_is_in_no_struct() -> None:
    batch = pa.record_batch({"names": pa.array([["a", "b"], [], None], pa.list_(pa.string()))})
    assert evaluate(batch, first("names").value) == ["a", None, None]
    assert evaluate(batch, is_empty("names")) == [False, True, None]


@given(
    st.lists(
        st.none() | st.lists(st.none() | st.text(max_size=3), max_size=3), min_size=1, max_size=9
    ),
    st.data(),
)
@example([["a"], None, [], ["b", None]], None)
def test_first_and_is_empty_do_not_mind_slices(
    texts: list[list[str | None] | None], data: st.DataObject | None
) -> None:
    whole = pa.record_batch({"answers": answers(*texts)})
    start = data.draw(st.integers(0, len(texts) - 1)) if data else 1
    stop = data.draw(st.integers(start, len(texts))) if data else len(texts)
    batch, texts = whole.slice(start, stop - start), texts[start:stop]
    slot = first("answers", "text")
    assert slot.accepted is not None
    assert evaluate(batch, slot.value) == [text[0] if text else None for text in texts]
    assert evaluate(batch, slot.accepted) == texts
    assert evaluate(batch, is_empty("answers", "text")) == [
        None if text is None else not text for text in texts
    ]


@pytest.mark.parametrize("kind", [pa.int64(), pa.int32(), pa.int8()], ids=str)
def test_label_names_the_classes_keeps_null_and_marks_other_numbers(kind: pa.DataType) -> None:
    polarity = label("label", {"neg": "negative", "pos": "positive"})
    batch = pa.record_batch({"label": pa.array([1, 0, None, 2, -1, 127], kind)})
    assert evaluate(batch, polarity.value) == ["positive", "negative", None, None, None, None]
    assert polarity.valid is not None
    assert evaluate(batch, polarity.valid) == [True, True, None, False, False, False]
    assert polarity.reads == (("label",),)
    assert polarity.accepted is None
    assert polarity.expected == "a label from 0 to 1 (negative, positive)"


def test_label_takes_unsigned_numbers() -> None:
    slot = label("label", {"0": "a", "1": "b", "2": "c"})
    batch = pa.record_batch({"label": pa.array([2, 3, 255], pa.uint8())})
    assert evaluate(batch, slot.value) == ["c", None, None]
    assert slot.valid is not None
    assert evaluate(batch, slot.valid) == [True, False, False]


def test_label_takes_fractions_for_what_they_are() -> None:
    # a column of integers with nulls comes as numbers with a point from CSV and JSON
    slot = label("label", {"0": "a", "1": "b"})
    batch = pa.record_batch({"label": [0.0, 1.0, None, 0.5, 1.5, float("nan")]})
    assert evaluate(batch, slot.value) == ["a", "b", None, None, None, None]
    assert slot.valid is not None
    # a class that the declaration does not know must not vanish as a null
    assert evaluate(batch, slot.valid) == [True, True, None, False, False, False]


def test_label_of_many_names_counts_from_zero() -> None:
    names = [f"class {number}" for number in range(20)]
    slot = label("label", {f"class_{number}": name for number, name in enumerate(names)})
    batch = pa.record_batch({"label": list(range(20))})
    assert evaluate(batch, slot.value) == names
    assert slot.expected == f"a label from 0 to 19 ({', '.join(names)})"


def test_field_is_the_expression_of_pyarrow() -> None:
    batch = pa.record_batch({"label": [-1, 0]})
    assert evaluate(batch, field("label") < 0) == [True, False]


def test_a_slot_cannot_be_changed() -> None:
    slot = Slot(value=pc.field("a"), reads=(("a",),))
    with pytest.raises(AttributeError, match=r"^cannot assign to field 'reads'$"):
        slot.reads = ()  # type: ignore[misc]  # it is refused


@pytest.mark.parametrize("rows", [0, 1, 4_097, MOST_ROWS])
def test_project_keeps_every_row_in_order(rows: int) -> None:
    numbers = range(rows)
    lists = [[str(number)] * (number % 3) if number % 7 else None for number in numbers]
    batch = pa.record_batch(
        {
            "text": pa.array([str(n) if n % 5 else None for n in numbers], pa.string()),
            "label": pa.array([n % 2 for n in numbers], pa.int64()),
            "names": pa.array(lists, pa.list_(pa.string())),
        }
    )
    columns = {
        "label": label("label", {"0": "even", "1": "odd"}).value,
        "text": column("text").value,
        "name": first("names").value,
    }
    made = project(batch, columns)
    assert made.schema == pa.schema(
        [("label", pa.string()), ("text", pa.string()), ("name", pa.string())]
    )
    assert made.num_rows == rows
    assert made.column("label").to_pylist() == [("even", "odd")[n % 2] for n in numbers]
    assert made.column("text").to_pylist() == [str(n) if n % 5 else None for n in numbers]
    assert made.column("name").to_pylist() == [names[0] if names else None for names in lists]


def test_project_of_a_slice_sees_the_slice_alone() -> None:
    batch = pa.record_batch({"text": list("abcdef"), "label": [0, 1, 0, 1, 0, 1]}).slice(2, 3)
    columns = {"text": field("text"), "label": label("label", {"0": "even", "1": "odd"}).value}
    assert project(batch, columns).to_pylist() == [
        {"text": "c", "label": "even"},
        {"text": "d", "label": "odd"},
        {"text": "e", "label": "even"},
    ]


def test_project_refuses_a_column_that_the_batch_lacks() -> None:
    with pytest.raises(pa.ArrowInvalid, match=r"^No match for FieldRef\.Name\(text\) in label: "):
        project(pa.record_batch({"label": [0]}), {"text": field("text")})


def test_project_refuses_an_expression_that_does_not_fit_the_type() -> None:
    batch = pa.record_batch({"label": ["0"]})
    expected = r"^Function 'equal' has no kernel matching input types \(string, int8\)$"
    with pytest.raises(pa.ArrowNotImplementedError, match=expected):
        project(batch, {"label": label("label", {"neg": "negative", "pos": "positive"}).value})


LISTS = pa.record_batch({"texts": pa.array([["x", "y"], [], None], pa.list_(pa.string()))})
TEXTS = pa.record_batch({"text": pa.array(["1 + 1 = <<1+1=2>>2 #### 2", " \t", None])})


def test_first_otherwise_stands_for_an_empty_list_and_is_accepted_alone() -> None:
    slot = first("texts", otherwise="unanswerable")
    assert evaluate(LISTS, slot.value) == ["x", "unanswerable", None]
    assert slot.accepted is not None
    assert evaluate(LISTS, slot.accepted) == [["x", "y"], ["unanswerable"], None]


def test_joined_puts_the_separator_between_items_only() -> None:
    assert evaluate(LISTS, joined("texts", separator=", ").value) == ["x, y", "", None]


def test_trimmed_has_no_white_space_around_it() -> None:
    texts = [" a  b \n", "\u3000\u00a0ä\t", "\u200b", "", " \t\u2003", None]
    slot = trimmed("text")
    assert evaluate(pa.record_batch({"text": texts}), slot.value) == [
        *("a  b", "ä", "\u200b"),
        *("", "", None),
    ]
    assert slot.reads == (("text",),)
    within = pa.record_batch({"pair": pa.array([{"de": " x"}, {"de": None}, None])})
    assert evaluate(within, trimmed("pair", "de").value) == ["x", None, None]


def test_optional_is_nothing_where_there_is_nothing() -> None:
    slot = optional("text", before="Context: ", after="\n")
    assert evaluate(TEXTS, slot.value) == ["Context: 1 + 1 = <<1+1=2>>2 #### 2\n", "", ""]


def test_matched_is_the_group_or_null() -> None:
    slot = matched("text", pattern=r"#### (?P<answer>.+)$")
    assert evaluate(TEXTS, slot.value) == ["2", None, None]


def test_replaced_replaces_every_match() -> None:
    slot = replaced("text", pattern=r"<<.*?>>|#+ ", by="")
    assert evaluate(TEXTS, slot.value) == ["1 + 1 = 2 2", " \t", None]


def test_replaced_may_look_only_where_a_character_is() -> None:
    texts = pa.record_batch({"text": [" a [b] c", "a b", "^", "", None, "]"]})
    for holding, expected in (
        ("[", [" A c", "a b", "^", "", None, "]"]),
        ("]^", [" A c", "a b", "A", "", None, "A"]),
    ):
        slot = replaced("text", pattern=r"a? ?\[b\]|\^|\]", by="A", holding=holding)
        assert evaluate(texts, slot.value) == expected
    trimmed_too = replaced("text", pattern="c", by=" ", holding="[").trimmed()
    assert evaluate(texts, trimmed_too.value) == ["a [b]", "a b", "^", "", None, "]"]
    assert trimmed_too.reads == (("text",),)


def test_several_accepted_outputs_are_not_trimmed() -> None:
    with pytest.raises(TaskError, match="trimmed: expected a slot with one accepted output"):
        first("answers", "text").trimmed()


def test_flag_names_truth_values() -> None:
    batch = pa.record_batch({"answer": [True, False, None]})
    assert evaluate(batch, flag("answer", ("no", "yes")).value) == ["yes", "no", None]
