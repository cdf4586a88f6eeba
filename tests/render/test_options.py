"""Options are shown in the order that a plain loop finds too, which tells nothing of the answer."""

from __future__ import annotations

import copy
import hashlib
import math
import pickle
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.core.errors import RowError, SchemaError, TaskError
from mixbuild.declare.options import Choices, ChoiceSlot, choices, key, letter, position
from mixbuild.declare.slots import Slot, column, field
from mixbuild.declare.task import Source, Task
from mixbuild.declare.template import Template
from mixbuild.make.unit import bind_projection, unit_of
from mixbuild.render.bind import bind
from mixbuild.render.options import clean, letters
from mixbuild.render.render import Origin, render, shown_options
from mixbuild.sources.location import Place, Run

ORIGIN = Origin("org/name@0a1b2c3", "train", "default/train.parquet")
STRUCT = pa.struct([("text", pa.list_(pa.string())), ("label", pa.list_(pa.string()))])
SCHEMA = pa.schema([("question", pa.string()), ("choices", STRUCT), ("answer_key", pa.string())])
KEYED = choices(("choices", "text"), answer=key("answer_key", among=("choices", "label")))

Record = dict[str, Any]


def task(options: Choices, *, drops: dict[str, object] | None = None, name: str = "task") -> Task:
    """A task with a template for every way to show options and answers."""
    slots: dict[str, Slot | ChoiceSlot] = {
        "lettered": options.lettered(),
        "bulleted": options.bulleted(),
        "inline": options.inline(),
        "text": options.text(),
        "letter": options.letter(),
        "both": options.both(),
    }
    return Task(
        name=name,
        family="multiple choice",
        source=Source("org/name", license="cc0-1.0", citation="@misc{name}"),
        splits={"train": "train"},
        slots=slots,
        drops=drops or {},
        templates=(
            Template("seed", "Choose: {question}\n{lettered} \n[OUTPUT]: {both}"),
            Template("listed", "Choose: {question}\n{bulleted}\n[OUTPUT]: {text}"),
            Template("in_a_line", "Choose: {question} Of: {inline}\n[OUTPUT]: {text}"),
            Template("the_letter", "Which? {question}\n{lettered}\n[OUTPUT]: {letter}"),
            Template("plain", "Answer: {question}\n[OUTPUT]: {text}"),
        ),
    )


def records(*options: list[str | None] | None, answers: Sequence[str | None]) -> list[Record]:
    """Rows with the labels A, B, C …"""
    return [
        {
            "question": "?",
            "choices": {"text": each, "label": None if each is None else letters(len(each))},
            "answer_key": answer,
        }
        for each, answer in zip(options, answers, strict=True)
    ]


def rendered(
    wanted: Task,
    batch: pa.RecordBatch,
    numbers: Sequence[int] | None = None,
    *,
    mode: str = "all",
    seed: int = 0,
) -> tuple[list[Record], dict[str, int]]:
    rows = np.array(range(batch.num_rows) if numbers is None else numbers, dtype=np.int64)
    made, drops = render(bind(wanted, batch.schema, templates=mode, seed=seed), batch, rows, ORIGIN)
    made.validate(full=True)
    return made.to_pylist(), drops


def completions(wanted: Task, batch: pa.RecordBatch, template: str = "listed") -> list[str]:
    return [row["completion"][1:] for row in rendered(wanted, batch, mode=template)[0]]


def refusal(wanted: Task, batch: pa.RecordBatch) -> str:
    with pytest.raises(RowError) as caught:
        rendered(wanted, batch, range(100, 100 + batch.num_rows), mode="seed")
    return str(caught.value)


# ---------------------------------------------------------------- a second implementation, of loops

MASK = 2**64 - 1


def split_mix(state: int) -> int:
    mixed = (state + 0x9E3779B97F4A7C15) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return mixed ^ (mixed >> 31)


def order(count: int, number: int, seed: int, name: str = "task") -> list[int]:
    """Which of its options the row shows first, second and so on."""
    parts = ("options", seed, name, ORIGIN.split, ORIGIN.file)
    joined = "\0".join(str(part) for part in parts).encode()
    start = int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "little")
    row = split_mix(split_mix(number) ^ start)
    shown: list[int] = []
    for index in range(count):
        drawn = split_mix((row + (index - 1) // 2 * 0x9E3779B97F4A7C15) & MASK)
        half = drawn >> 32 if index % 2 else drawn & (2**32 - 1)
        shown.insert(half * (index + 1) >> 32 if index else 0, index)
    return shown


def trimmed(text: str) -> str:
    """Without what Arrow takes for white space around it."""
    made: str = pc.utf8_trim_whitespace(text).as_py()
    return made


def filled(row: Record, number: int, seed: int) -> dict[str, str | None]:
    """What each slot shows of a row of ``KEYED``."""
    options = (row["choices"] or {}).get("text") or []
    labels = (row["choices"] or {}).get("label") or []
    shown: dict[str, str | None] = dict.fromkeys(
        ["lettered", "bulleted", "inline", "text", "letter", "both"]
    )
    if not all(text and trimmed(text) for text in options or [None]):
        return shown
    places = order(len(options), number, seed)
    in_order = [trimmed(options[index]) for index in places]
    lines = [f"({chr(65 + at)}) {text}" for at, text in enumerate(in_order)]
    shown["lettered"] = "\n".join(lines)
    shown["bulleted"] = "\n".join(f"- {text}" for text in in_order)
    shown["inline"] = ", ".join(in_order)
    if row["answer_key"] is not None:
        at = places.index(labels.index(row["answer_key"]))
        shown.update(text=in_order[at], letter=chr(65 + at), both=lines[at])
    return shown


def expected(
    wanted: Task, rows: Sequence[Record], numbers: Sequence[int], seed: int
) -> tuple[list[Record], dict[str, int]]:
    made: list[Record] = []
    drops: Counter[str] = Counter()
    for number, row in zip(numbers, rows, strict=True):
        values = {**filled(row, number, seed), "question": row["question"]}
        for template in wanted.templates:
            output = template.outputs[0]
            lacking = next((name for name in template.placeholders if values[name] is None), None)
            if lacking:
                drops[f"null {lacking}"] += 1
                continue
            blank = next((name for name in template.placeholders if not values[name].strip()), None)
            if blank:
                drops[f"empty {blank}"] += 1
            else:
                prompt = template.text.rpartition(" {")[0].format_map(values)
                answer = values[output]
                made.append({"prompt": prompt, "completion": f" {answer}", "references": [answer]})
    return made, dict(drops)


@st.composite
def sources(draw: st.DrawFn) -> list[Record]:
    """Rows with options of varying number, some of them null, and with labels of any text."""
    rows = []
    for _ in range(draw(st.integers(1, 9))):
        texts = draw(st.none() | st.lists(st.none() | st.text(max_size=4), max_size=6))
        if texts is not None and draw(st.booleans()):
            texts = [text or "{x}" for text in texts]
        count = len(texts or ())
        labels = draw(st.lists(st.text(max_size=3), min_size=count, max_size=count, unique=True))
        answer = (
            draw(st.none() | st.sampled_from(labels)) if labels else draw(st.none() | st.text())
        )
        whole = {"text": texts, "label": None if texts is None else labels}
        rows.append(
            {
                "question": draw(st.text(max_size=3)),
                "choices": None if texts is None and draw(st.booleans()) else whole,
                "answer_key": answer,
            }
        )
    return rows


@given(sources(), st.integers(0, 2**62), st.integers(0, 3), st.data())
def test_every_slot_shows_what_a_plain_loop_shows_however_rows_are_cut(
    rows: list[Record], first_row: int, seed: int, data: st.DataObject
) -> None:
    numbers = range(first_row, first_row + len(rows))
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    wanted = task(KEYED)
    made, drops = expected(wanted, rows, numbers, seed)
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3))), len(rows)]
    got: list[Record] = []
    counted: Counter[str] = Counter()
    for start, stop in pairwise(cuts):
        piece = batch.slice(start, stop - start)
        part, dropped = rendered(wanted, piece, numbers[start:stop], seed=seed)
        got += part
        counted.update(dropped)
    assert [{name: row[name] for name in made[0]} for row in got] == made if made else got == []
    assert dict(counted) == drops


# ---------------------------------------------------------------- kinds of sources


def test_the_options_of_a_row_as_every_slot_shows_them() -> None:
    batch = pa.RecordBatch.from_pylist(
        records(["Rome", "{Paris}", "Oslo"], answers=["B"]), schema=SCHEMA
    )
    assert order(3, 0, 0) == [2, 1, 0]
    made = {row["template"]: row for row in rendered(task(KEYED), batch)[0]}
    texts = {name: row["prompt"] + row["completion"] for name, row in made.items()}
    assert texts == {
        "seed": "Choose: ?\n(A) Oslo\n(B) {Paris}\n(C) Rome \n[OUTPUT]: (B) {Paris}",
        "listed": "Choose: ?\n- Oslo\n- {Paris}\n- Rome\n[OUTPUT]: {Paris}",
        "in_a_line": "Choose: ? Of: Oslo, {Paris}, Rome\n[OUTPUT]: {Paris}",
        "the_letter": "Which? ?\n(A) Oslo\n(B) {Paris}\n(C) Rome\n[OUTPUT]: B",
        "plain": "Answer: ?\n[OUTPUT]: {Paris}",
    }


LISTS = pa.array([["x", "y"], ["u", "v", "w"]], pa.list_(pa.string()))


@pytest.mark.parametrize(
    ("options", "columns", "answers"),
    [
        (choices("list", answer=position("n")), {"list": LISTS, "n": ["1", "0"]}, ["y", "u"]),
        (choices(("list",), answer=position("n")), {"list": LISTS, "n": [1, 2]}, ["y", "w"]),
        (choices("list", answer=position("n")), {"list": LISTS, "n": [1.0, 2.0]}, ["y", "w"]),
        (
            choices("list", answer=position("n", first=1)),
            {"list": LISTS, "n": pa.array([1, 3], pa.uint8())},
            ["x", "w"],
        ),
        (choices("list", answer=letter("n")), {"list": LISTS, "n": ["B", "C"]}, ["y", "w"]),
        (choices("list", answer=key("n")), {"list": LISTS, "n": ["x", "v"]}, ["x", "v"]),
        (
            choices("list", answer=key("n", among="keys")),
            {"list": LISTS, "keys": [[7, 8], [9, 8, 7]], "n": [8, 7]},
            ["y", "w"],
        ),
        (
            choices("list", answer=key("n", among="keys")),
            {"list": LISTS, "keys": [["aa", "ab"], ["ab", "bb", "aa"]], "n": ["ab", "aa"]},
            ["y", "w"],
        ),
        (
            choices("list", answer=key("n", among="keys")),
            {"list": LISTS, "keys": [["a", "é"], ["bc", "b", "c"]], "n": ["é", "c"]},
            ["y", "w"],
        ),
        (
            choices("a", "b", answer=position("n", first=1)),
            {"a": ["p", "q"], "b": ["r", "s"], "n": ["2", "1"]},
            ["r", "q"],
        ),
        (
            choices("a", "b", answer=key("a")),
            {"a": ["p", "q"], "b": ["r", "s"]},
            ["p", "q"],
        ),
        (
            choices(("o", "a"), ("o", "b"), answer=letter("o", "n")),
            {"o": [{"a": "p", "b": "q", "n": "B"}, {"a": "r", "b": "s", "n": "A"}]},
            ["q", "r"],
        ),
        (
            choices("list", answer=letter("n"), own_letters=True),
            {"list": [["A)21", "B) 21.5"], ["A)A)", "B)x"]], "n": ["B", "A"]},
            ["21.5", "A)"],
        ),
        (
            choices(names=("no", "yes", "maybe"), answer=position("n")),
            {"n": [2, 0]},
            ["maybe", "no"],
        ),
        (choices(names=("no", "yes"), answer=position("n")), {"n": [True, False]}, ["yes", "no"]),
        (choices(names=("no", "yes"), answer=key("n")), {"n": ["yes", "no"]}, ["yes", "no"]),
    ],
)
def test_the_answer_is_found_however_a_source_names_it(
    options: Choices, columns: dict[str, Any], answers: list[str]
) -> None:
    batch = pa.record_batch({"question": ["?", "!"], **columns})
    assert completions(task(options), batch) == answers
    for row in rendered(task(options), batch, mode="seed")[0]:
        lines = row["prompt"].replace(" \n[OUTPUT]:", "").splitlines()
        assert row["completion"][1:] in lines[1:]


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_list(pa.large_string()),
        pa.list_(pa.string_view()),
        pa.list_(pa.dictionary(pa.int8(), pa.string())),
        pa.list_(pa.field("element", pa.string(), nullable=False)),
    ],
    ids=str,
)
def test_another_kind_of_list_shows_the_same(kind: pa.DataType) -> None:
    plain = pa.record_batch({"question": ["?", "!"], "list": LISTS, "n": ["B", "C"]})
    other = plain.set_column(1, "list", pa.array(LISTS.to_pylist(), kind))
    wanted = task(choices("list", answer=letter("n")))
    assert rendered(wanted, other) == rendered(wanted, plain)


REFERRING_ROWS = [["x", "y"], ["x", "all of the above"], ["A and B", "y"], ["x", "z"]]


@pytest.mark.parametrize("listed", [True, False])
def test_a_row_of_which_an_option_refers_to_others_is_left_out_unless_it_may(
    listed: bool,
) -> None:
    firsts, seconds = zip(*REFERRING_ROWS, strict=True)
    columns = {"list": REFERRING_ROWS} if listed else {"a": firsts, "b": seconds}
    batch = pa.record_batch({"question": ["?"] * 4, **columns, "n": [0, 1, None, 1]})
    for may_refer in (False, True):
        wanted = task(choices(*columns, answer=position("n"), may_refer=may_refer))
        made, drops = rendered(wanted, batch, mode="listed")
        whole = rendered(wanted, batch, mode="all")[1]
        shown = [row["completion"] for row in made]
        if may_refer:
            assert (shown, drops) == ([" x", " all of the above", " z"], {"null text": 1})
        else:
            assert (shown, drops) == ([" x", " z"], {"an option refers to other options": 2})
            assert whole == {"an option refers to other options": 2 * len(wanted.templates)}
    fixed = choices(names=("x", "A and B"), answer=position("n"))
    assert completions(task(fixed), batch.slice(0, 1)) == ["x"]


def test_a_template_that_shows_no_option_keeps_the_row_however_it_is_asked_for() -> None:
    wanted = task(choices("list", answer=position("n")))
    wanted = replace(
        wanted,
        slots={**wanted.slots, "hint": column("hint")},
        templates=(*wanted.templates, Template("hinted", "Hint? {question}\n[OUTPUT]: {hint}")),
    )
    lists = [["x", "all of the above"], ["x", "y"]]
    batch = pa.record_batch(
        {"question": ["?", "!"], "list": lists, "n": [7, 1], "hint": ["here", "there"]}
    )
    together, drops = rendered(wanted, batch)
    assert drops == {"an option refers to other options": len(wanted.templates) - 1}
    alone = [row for each in wanted.templates for row in rendered(wanted, batch, mode=each.name)[0]]
    shown = [(row["template"], row["prompt"], row["completion"]) for row in together]
    assert sorted(shown) == sorted(
        (row["template"], row["prompt"], row["completion"]) for row in alone
    )
    assert [row["completion"] for row in together if row["template"] == "hinted"] == [
        " here",
        " there",
    ]


def test_what_a_source_puts_into_options_is_cut_and_the_answer_still_found() -> None:
    lists = [["[step] one", "two [step]"], [", three", "[ four"]]
    batch = pa.record_batch({"question": ["?", "!"], "list": lists, "n": [", three", "[ four"]})
    batch = batch.set_column(2, "n", pa.array(["two [step]", "[ four"]))
    wanted = task(choices("list", answer=key("n"), marks=("[step]",), lstrip=","))
    made, _ = rendered(wanted, batch, mode="in_a_line")
    assert [row["completion"] for row in made] == [" two", " [ four"]
    assert sorted(made[0]["prompt"].split("Of: ")[1].replace("\n[OUTPUT]:", "").split(", ")) == [
        "one",
        "two",
    ]


def test_options_that_are_alike_are_all_shown_and_the_first_is_right() -> None:
    batch = pa.record_batch({"question": ["?"], "list": [["x", "x", "y"]], "n": ["x"]})
    wanted = task(choices("list", answer=key("n")))
    at = order(3, 0, 0).index(0)
    row = rendered(wanted, batch, mode="seed")[0][0]
    assert Counter(row["prompt"].split()[2:-1]) == Counter(["(A)", "(B)", "(C)", "x", "x", "y"])
    assert row["completion"] == f" ({'ABC'[at]}) x"


def test_after_the_26th_letter_come_two() -> None:
    assert letters(0) == []
    assert letters(703)[25:28] + letters(703)[-2:] == ["Z", "AA", "AB", "ZZ", "AAA"]
    batch = pa.record_batch({"question": ["?"], "list": [[str(n) for n in range(30)]], "n": [29]})
    row = rendered(task(choices("list", answer=position("n"))), batch, mode="seed")[0][0]
    shown = re.findall(r"^\((\w+)\) (\d+)", row["prompt"], flags=re.MULTILINE)
    assert [name for name, _ in shown] == letters(30)
    assert sorted(int(text) for _, text in shown) == list(range(30))
    assert row["completion"] == " ({}) 29".format(*[name for name, text in shown if text == "29"])


# ---------------------------------------------------------------- what is cut, what is looked for

FRAGMENTS = [
    *("A)", "(B)", "C. ", "d)", "Z", "A", ")", "(", "."),
    *(" ", "\n", "\u3000", "\u00a0", "\u2028", ",", ", "),
    *("[step]", "[step] ", "→", "→ ", "[", "]", "é", "あ", "a", "1,200"),
]


def plainly(text: str, *, own_letters: bool, marks: tuple[str, ...], lstrip: str) -> str:
    if own_letters:
        text = re.sub(r"\A\s*\(?[A-Z]\s*[).]\s*", "", text, flags=re.ASCII)
    for mark in re.split("(" + "|".join(map(re.escape, marks)) + ")", text)[1::2] if marks else ():
        before, _, after = text.partition(mark)
        text = before + after.removeprefix(" ")
    if lstrip:
        text = text.lstrip(f"{lstrip} \t\n\r\v\f")
    return trimmed(text)


@given(
    st.lists(st.none() | st.lists(st.sampled_from(FRAGMENTS), max_size=5).map("".join), max_size=7),
    st.integers(0, 2),
    st.booleans(),
    st.sampled_from([(), ("[step]", "→")]),
    st.sampled_from(["", ",é"]),
)
@example(["A)", "x", "A)Rome", None, "B) Oslo ", "A)A)"], 1, True, (), "")
@example(["[)x", "Z)x", "@)x", "A", ")x", "B", ")"], 0, True, (), "")
@example(["[step] [step] a", ", → b", "A)[step] , a"], 0, True, ("[step]", "→"), ",é")
def test_options_are_what_a_plain_loop_leaves_of_them(
    texts: list[str | None], start: int, own_letters: bool, marks: tuple[str, ...], lstrip: str
) -> None:
    cuts: dict[str, Any] = {"own_letters": own_letters, "marks": marks, "lstrip": lstrip}
    cut = pa.array(texts, pa.string()).slice(start)
    assert clean(cut, choices("list", answer=letter("n"), **cuts)).to_pylist() == [
        None if text is None else plainly(text, **cuts) for text in texts[start:]
    ]


REFER = [
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
    *("A band", "C and D are right", "all of these", "a and b", "(1,2)", "B&B", "D&D"),
    *("It cannot be determined from the above data", "growth of the above-ground parts"),
]


def test_only_options_that_refer_to_others_are_found_whatever_is_around_them() -> None:
    around = [("", ""), (" ", "  "), ("\u3000", "\n"), ("", "\u00a0"), ("[x] ", "")]
    texts = [before + text + after for text in REFER + DO_NOT for before, after in around]
    lists = [["x", text, "y"] for text in texts]
    batch = pa.record_batch({"question": ["?"] * len(texts), "list": lists, "n": [0] * len(texts)})
    options = choices("list", answer=position("n"), marks=("[x]",))
    rows = np.arange(len(texts))
    shown = shown_options(bind(task(options), batch.schema), batch, rows, ORIGIN)["both"]
    found = {text for text, refers in zip(texts, shown.refers, strict=True) if refers}
    assert found == set(texts[: len(REFER) * len(around)])


# ---------------------------------------------------------------- what is missing, what is wrong


def test_what_is_missing_is_left_out_by_name() -> None:
    rows = records(
        None, [], ["a", None], ["a", "b"], ["a", "b"], answers=["A", "A", "A", None, "B"]
    )
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    assert rendered(task(KEYED), batch, mode="seed")[1] == {"null lettered": 3, "null both": 1}
    assert rendered(task(KEYED), batch, mode="plain")[1] == {"null text": 4}
    nothing = batch.slice(0, 3)
    assert rendered(task(KEYED), nothing)[0] == []
    assert rendered(task(KEYED), batch.slice(0, 0)) == ([], {})


def test_no_answer_is_no_answer_even_where_a_label_is_missing_too() -> None:
    rows = [
        {"question": "?", "choices": {"text": ["x", "y"], "label": [None, "B"]}, "answer_key": each}
        for each in (None, "B")
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    assert completions(task(KEYED), batch) == ["y"]
    assert rendered(task(KEYED), batch, mode="plain")[1] == {"null text": 1}


def test_a_null_among_columns_is_left_out_too() -> None:
    batch = pa.record_batch(
        {"question": ["?", "?"], "a": ["x", "y"], "b": ["z", None], "n": [0, 0]}
    )
    made, drops = rendered(task(choices("a", "b", answer=position("n"))), batch, mode="listed")
    assert ([row["completion"] for row in made], drops) == ([" x"], {"null bulleted": 1})


@pytest.mark.parametrize("answer", ["A", "B"])
def test_a_row_with_a_blank_option_is_left_out_whichever_is_right(answer: str) -> None:
    batch = pa.RecordBatch.from_pylist(records([" \u3000", "b"], answers=[answer]), schema=SCHEMA)
    assert rendered(task(KEYED), batch, mode="plain") == ([], {"null text": 1})


def test_a_masked_answer_is_taken_by_its_drop_and_otherwise_refused() -> None:
    rows = records(["a", "b"], ["a", "b"], answers=["A", ""])
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    wanted = task(KEYED, drops={"masked": field("answer_key") == ""})
    made, drops = rendered(wanted, batch, mode="plain")
    assert ([row["completion"] for row in made], drops) == ([" a"], {"masked": 1})
    assert refusal(task(KEYED), batch) == (
        "task 'task': row 101 of default/train.parquet in org/name@0a1b2c3: expected the label of "
        "an option, one of 'choices.label', in 'answer_key', got ''; declare a drop for such rows, "
        "or correct the answer of the task's choices"
    )


@pytest.mark.parametrize(
    ("options", "answer", "message"),
    [
        (
            choices("list", answer=position("o", "n")),
            2,
            "expected the number of an option, counted from 0, in 'o.n', got 2",
        ),
        (
            choices("list", answer=position("o", "n", first=1)),
            "0",
            "expected the number of an option, counted from 1, in 'o.n', got '0'",
        ),
        (
            choices("list", answer=position("o", "n")),
            0.5,
            "expected the number of an option, counted from 0, in 'o.n', got 0.5",
        ),
        (
            choices("list", answer=letter("o", "n")),
            "C",
            "expected the letter of an option in 'o.n', got 'C'",
        ),
        (
            choices("list", answer=key("o", "n")),
            "X",
            "expected the text of an option in 'o.n', got 'X'",
        ),
        (
            choices(names=("no", "yes"), answer=position("o", "n")),
            -1,
            "expected the number of an option, counted from 0, in 'o.n', got -1",
        ),
    ],
)
def test_an_answer_that_is_no_option_is_refused(
    options: Choices, answer: object, message: str
) -> None:
    # the other row has an option more: what is right there is not right here
    batch = pa.record_batch(
        {
            "question": ["?", "?"],
            "list": [["x", "y", "z"], ["x", "y"]],
            "o": [{"n": None}, {"n": answer}],
        }
    )
    assert refusal(task(options), batch) == (
        "task 'task': row 101 of default/train.parquet in org/name@0a1b2c3: "
        f"{message}; declare a drop for such rows, or correct the answer of the task's choices"
    )


@pytest.mark.parametrize("labels", [None, [], ["A"], ["A", "B", "C"], ["a", None]])
def test_labels_that_do_not_fit_the_options_are_refused(labels: list[str] | None) -> None:
    whole = {"text": ["x", "y"], "label": ["A", "B"]}
    rows = [
        {"question": "?", "choices": {**whole, "label": each}, "answer_key": "A"}
        for each in (["A", "B"], labels, ["B", "A"])
    ]
    message = refusal(task(KEYED), pa.RecordBatch.from_pylist(rows, schema=SCHEMA))
    assert "row 101 of" in message
    assert message.count("one of 'choices.label', in 'answer_key', got 'A'") == 1


def test_bytes_that_are_not_utf8_are_refused_among_options() -> None:
    raw = pa.array([b"ok", b"caf\xe9"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    lists = pa.ListArray.from_arrays([0, 2], text)
    batch = pa.record_batch({"question": ["?"], "list": lists, "n": [0]})
    message = refusal(task(choices("list", answer=position("n"))), batch)
    assert message.startswith(
        "task 'task': rows 100 to 100 of default/train.parquet in org/name@0a1b2c3: "
        "expected UTF-8, got other bytes ("
    )


# ---------------------------------------------------------------- binding


def fault(options: Choices, schema: pa.Schema) -> str:
    with pytest.raises(SchemaError) as caught:
        bind(task(options), schema)
    return str(caught.value)


def test_only_what_the_options_need_is_read(tmp_path: Path) -> None:
    struct = pa.struct([*STRUCT, ("source", pa.string())])
    schema = pa.schema([*SCHEMA.set(1, pa.field("choices", struct)), ("other", pa.int8())])
    reads = (("answer_key",), ("choices", "label"), ("choices", "text"), ("question",))
    assert bind(task(KEYED), schema).reads == reads
    assert bind(task(KEYED), schema, templates="plain").reads == reads
    # and what a Parquet reader gives of them renders the same
    rows = records(["x", "y"], ["u", "v", "w"], answers=["A", "C"])
    whole = pa.RecordBatch.from_pylist(rows, schema=schema)
    pq.write_table(pa.Table.from_batches([whole]), tmp_path / "a.parquet")
    names = [".".join(path) for path in reads]
    read = next(pq.ParquetFile(tmp_path / "a.parquet").iter_batches(columns=names))
    assert rendered(task(KEYED), read) == rendered(task(KEYED), whole)


def test_a_template_without_choices_reads_none_of_them() -> None:
    wanted = task(KEYED)
    wanted = replace(
        wanted,
        templates=(*wanted.templates, Template("echo", "Say {question}\n[OUTPUT]: {question}")),
    )
    bound = bind(wanted, SCHEMA, templates="echo")
    assert (bound.reads, bound.choices) == ((("question",),), {})


@pytest.mark.parametrize(
    ("options", "column", "slot"),
    [
        (choices("a", "b", answer=position("n")), "a", "lettered"),
        (choices("list", answer=position("m")), "m", "lettered"),
        (choices("list", answer=key("n", among="keys")), "keys", "lettered"),
        (choices(names=("x", "y"), answer=letter("m")), "m", "lettered"),
    ],
)
def test_a_missing_column_is_named(options: Choices, column: str, slot: str) -> None:
    schema = pa.schema([("question", pa.string()), ("list", LISTS.type), ("n", pa.string())])
    assert fault(options, schema) == (
        f"task 'task': the source has no column {column!r}, which {{{slot}}} needs; "
        "it has question: string, list: list<item: string>, n: string"
    )


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (choices("n", answer=position("n")), "n"),
        (choices("list", "n", answer=position("n")), "list"),
        (choices("list", answer=letter("n")), "n"),
        (choices("list", answer=position("list")), "list"),
        (choices("list", answer=key("n", among="n")), "n"),
        (choices("flags", answer=position("n")), "flags"),
        (choices("list", answer=key("n", among="flags")), "flags"),
    ],
)
def test_a_column_of_another_type_is_refused(options: Choices, value: str) -> None:
    fields = [("list", LISTS.type), ("n", pa.int64()), ("flags", pa.list_(pa.bool_()))]
    assert fault(options, pa.schema([("question", pa.string()), *fields])) == (
        f"task 'task': {{lettered}} makes no text of the source's columns: {value} on question: "
        "string, list: list<item: string>, n: int64, flags: list<item: bool>; "
        "fill it with another slot"
    )


def test_a_missing_field_of_a_struct_is_refused() -> None:
    other = pa.struct([("words", pa.list_(pa.string()))])
    message = fault(KEYED, SCHEMA.set(1, pa.field("choices", other)))
    assert message.startswith("task 'task': {lettered} makes no text of the source's columns: ")
    assert message.endswith(
        "on question: string, choices: struct<words: list<item: string>>, answer_key: string; "
        "fill it with another slot"
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"options": ()},
            "choices: expected either columns or names, got neither; say one of them",
        ),
        (
            {"names": ("x", "y")},
            "choices: expected either columns or names, got both; say one of them",
        ),
        ({"marks": ("[x]", "")}, "choices: expected a tuple of texts, got marks=('[x]', '')"),
        ({"marks": "[x]"}, "choices: expected a tuple of texts, got marks='[x]'"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskError) as caught:
        choices(*wrong.pop("options", ("a",)), answer=position("n"), **wrong)
    assert str(caught.value) == message


# ---------------------------------------------------------------- chance


def chi_square(counts: Sequence[int]) -> float:
    mean = sum(counts) / len(counts)
    return sum((count - mean) ** 2 / mean for count in counts)


def probability(statistic: float, degrees: int) -> float:
    """How likely so large a chi-square is by chance; for an even number of degrees of freedom."""
    half = statistic / 2
    return math.exp(-half) * sum(half**n / math.factorial(n) for n in range(degrees // 2))


def test_the_probability_is_that_of_the_tables() -> None:
    assert probability(18.467, 4) == pytest.approx(0.001, rel=1e-3)
    assert probability(5.991, 2) == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("right", range(5))
def test_the_right_option_is_at_every_place_equally_often(right: int, seed: int) -> None:
    wanted = task(choices(names=("a", "b", "c", "d", "e"), answer=position("n")))
    batch = pa.record_batch({"question": ["?"] * 10_000, "n": [right] * 10_000})
    bound = bind(wanted, batch.schema, seed=seed)
    places = shown_options(bound, batch, np.arange(10_000), ORIGIN)["both"].right
    assert probability(chi_square(np.bincount(places, minlength=5).tolist()), 4) > 0.001


def test_the_place_is_as_even_where_rows_differ_in_their_number_of_options() -> None:
    counts = [3 + 2 * (row % 2) for row in range(10_000)]
    lists = [[str(n) for n in range(count)] for count in counts]
    batch = pa.record_batch({"question": ["?"] * 10_000, "list": lists, "n": [0] * 10_000})
    bound = bind(task(choices("list", answer=position("n"))), batch.schema)
    places = shown_options(bound, batch, np.arange(10_000), ORIGIN)["both"].right
    for count in (3, 5):
        found = np.bincount(places[np.array(counts) == count], minlength=count).tolist()
        assert len(found) == count
        assert probability(chi_square(found), count - 1) > 0.001


def test_every_order_comes_equally_often() -> None:
    wanted = task(choices(names=("a", "b", "c"), answer=position("n")))
    batch = pa.record_batch({"question": ["?"] * 12_000, "n": [0] * 12_000})
    shown = Counter(row["prompt"] for row in rendered(wanted, batch, mode="in_a_line")[0])
    assert len(shown) == 6
    assert chi_square(list(shown.values())) < 20.515  # five degrees of freedom, p = 0.001


def test_the_order_follows_from_the_seed_the_task_the_split_and_the_file_alone() -> None:
    options = choices(names=tuple("abcdef"), answer=position("n"))
    batch = pa.record_batch({"question": ["?"] * 50, "n": [0] * 50})

    def prompts(name: str = "task", seed: int = 0, **origin: str) -> tuple[str, ...]:
        bound = bind(task(options, name=name), batch.schema, seed=seed)
        made, _ = render(bound, batch, np.arange(50), replace(ORIGIN, **origin))
        return tuple(made.column("prompt").to_pylist())

    others = [prompts("other"), prompts(seed=1), prompts(split="test"), prompts(file="other")]
    assert len({prompts(), *others}) == 5
    assert prompts() == prompts(source="org/name@later")


@pytest.mark.parametrize("mode", ["seed", "sample", "all"])
def test_a_row_renders_the_same_in_any_batch_and_with_any_templates(mode: str) -> None:
    lists = [[f"{row} {n}" for n in range(2 + row % 4)] for row in range(60)]
    batch = pa.record_batch({"question": ["?"] * 60, "list": lists, "n": ["A"] * 60})
    wanted = task(choices("list", answer=letter("n")))
    together, _ = rendered(wanted, batch, mode=mode)
    alone = [
        row
        for number in range(60)
        for row in rendered(wanted, batch.slice(number, 1), [number], mode=mode)[0]
    ]
    assert together == alone
    everything = {
        (row["id"].split("#")[0], row["template"]): row for row in rendered(wanted, batch)[0]
    }
    for row in together:
        same = everything[row["id"].split("#")[0], row["template"]]
        assert (row["prompt"], row["completion"]) == (same["prompt"], same["completion"])


# ---------------------------------------------------------------- for others


def test_what_is_shown_can_be_had_as_data() -> None:
    rows = records(["x", "y", "z"], None, ["u", "v"], ["u", None], answers=["A", "A", None, "A"])
    batch = pa.RecordBatch.from_pylist(rows, schema=SCHEMA)
    numbers = np.array([5, 6, 7, 8])
    slots = shown_options(bind(task(KEYED), SCHEMA, seed=3), batch, numbers, ORIGIN)
    assert list(slots) == ["lettered", "both"]
    assert slots["lettered"] is slots["both"]
    first, third = order(3, 5, 3), order(2, 7, 3)
    texts = [["xyz"[at] for at in first], None, ["uv"[at] for at in third], None]
    assert slots["both"].texts.to_pylist() == texts
    assert slots["both"].right.tolist() == [first.index(0), -1, -1, -1]
    assert slots["both"].wrong.tolist() == [False] * 4


@pytest.mark.parametrize("way", ["pickle", "deepcopy"])
def test_choices_survive_the_way_to_a_worker(way: str) -> None:
    wanted = task(KEYED)
    again = pickle.loads(pickle.dumps(wanted)) if way == "pickle" else copy.deepcopy(wanted)  # noqa: S301
    assert dict(again.slots)["both"] == KEYED.both()
    batch = pa.RecordBatch.from_pylist(records(["x", "y"], answers=["A"]), schema=SCHEMA)
    assert rendered(again, batch) == rendered(wanted, batch)


def unit_key(wanted: Task, *, templates: str = "seed", seed: int = 0) -> str:
    schema = pa.schema([*SCHEMA, ("a", pa.string()), ("b", pa.string())])
    run = Run(Place("folder", None, None), "train", "f", rows=1, row_groups=(0, 1))
    projection = bind_projection(wanted, schema, "org/name@1", templates=templates, seed=seed)
    return unit_of(projection, "train", run).key


def test_the_key_of_a_unit_changes_with_the_seed_only_where_there_are_choices() -> None:
    wanted = task(KEYED)
    wanted = replace(
        wanted,
        templates=(*wanted.templates, Template("echo", "Say {question}\n[OUTPUT]: {question}")),
    )
    assert unit_key(wanted) != unit_key(wanted, seed=1)
    assert unit_key(wanted) == unit_key(copy.deepcopy(wanted))
    assert unit_key(wanted, templates="echo") == unit_key(wanted, templates="echo", seed=1)


def test_the_key_of_a_unit_changes_with_any_part_of_the_choices() -> None:
    columns = [
        choices("a", "b", answer=position("answer_key")),
        choices("b", "a", answer=position("answer_key")),
        choices("a", "b", answer=position("answer_key", first=1)),
        choices("a", "b", answer=letter("answer_key")),
        choices("a", "b", answer=key("answer_key")),
        choices("a", "b", answer=key("answer_key", among=("choices", "label"))),
        choices("a", "b", answer=position("answer_key"), own_letters=True),
        choices("a", "b", answer=position("answer_key"), marks=("x",)),
        choices("a", "b", answer=position("answer_key"), lstrip="x"),
        choices("a", "b", answer=position("answer_key"), may_refer=True),
        choices(names=("a", "b"), answer=position("answer_key")),
        choices(names=("b", "a"), answer=position("answer_key")),
    ]
    slots = [{"lettered": each.lettered(), "both": each.both()} for each in columns]
    slots += [{**slots[0], "both": columns[0].text()}, {**slots[0], "both": columns[0].letter()}]
    keys = {
        unit_key(replace(task(columns[0]), slots={**task(columns[0]).slots, **each}))
        for each in slots
    }
    assert len(keys) == len(slots)
