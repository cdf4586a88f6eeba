"""Row formats: what a row looks like in each, and that each can be told back, whatever it says."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.core import SCHEMA, UsageError, VerifyError
from mixbuild.declare import EVERY, MARKER, ROW_FORMATS, RowFormat
from mixbuild.make import Request, plan
from mixbuild.make import rows as rows_of_unit
from mixbuild.publish.formats import Openings, back, columns_of, lay, openings
from mixbuild.sources import SAMPLES
from mixbuild.tasks import ALL, find

TEMPLATES = {
    ("imdb", "seed"): "Classify this sentence sentiment: {text} \n[OUTPUT]: {label}",
    ("imdb", "asked"): "Say what it is.\n\nReview: {text}\n\n[OUTPUT]: {label}",
    ("imdb", "terse"): "{text}\nSentiment?\n[OUTPUT]: {label}",
}
KNOWN = openings(TEMPLATES)
FORMATS = [
    *map(RowFormat, ROW_FORMATS),
    *(RowFormat(name, marker="keep") for name in ("messages", "alpaca", "sharegpt")),
    *(RowFormat(name, system="Be brief.") for name in ("messages", "sharegpt")),
]
ASKED = pytest.mark.parametrize("asked", FORMATS, ids=lambda each: f"{each.name} {each.marker}")


def rows_of(*each: tuple[str, str, str]) -> pa.RecordBatch:
    """Rows of (template, prompt, completion's text)."""
    return pa.RecordBatch.from_pylist(
        [
            {
                "prompt": prompt,
                "completion": f" {output}",
                "references": [output, "other"],
                "task": "imdb",
                "template": template,
                "source": "stanfordnlp/imdb@1",
                "id": f"imdb/train/a:{number}",
            }
            for number, (template, prompt, output) in enumerate(each)
        ],
        SCHEMA,
    )


ROWS = rows_of(
    ("seed", "Classify this sentence sentiment: Loved [OUTPUT]: it.\x85 \n[OUTPUT]:", "positive"),
    ("asked", "Say what it is.\n\nReview: Bad.\n\n[OUTPUT]:", "negative"),
    ("terse", "Bad.\nSentiment?\n[OUTPUT]:", "negative"),
)
SEED, ASKED_FOR, TERSE = (
    "Classify this sentence sentiment: Loved [OUTPUT]: it.",
    "Say what it is.\n\nReview: Bad.",
    "Bad.\nSentiment?",
)
MARKERS = ["\x85 \n[OUTPUT]:", "\n\n[OUTPUT]:", "\n[OUTPUT]:"]
OUTPUTS = ["positive", "negative", "negative"]


def own(asked: RowFormat, rows: pa.RecordBatch = ROWS) -> list[dict[str, object]]:
    """Rows in a format, without the columns that are the same in each."""
    names = [name for name in columns_of(asked).names if name not in SCHEMA.names[2:]]
    return [dict(each) for each in lay(rows, asked, KNOWN).select(names).to_pylist()]


def test_messages_hold_neither_the_marker_nor_the_space() -> None:
    assert own(RowFormat("messages")) == [
        {
            "messages": [
                {"role": "user", "content": prompt},
                {"role": "assistant", "content": output},
            ],
            "marker": marker,
        }
        for prompt, output, marker in zip((SEED, ASKED_FOR, TERSE), OUTPUTS, MARKERS, strict=True)
    ]


def test_a_system_message_comes_first() -> None:
    (first, *_) = own(RowFormat("messages", system="Be brief."))
    assert first["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": SEED},
        {"role": "assistant", "content": "positive"},
    ]


def test_the_marker_stays_where_it_is_to_be_kept() -> None:
    (first, *_) = own(RowFormat("sharegpt", marker="keep"))
    assert first == {
        "conversations": [
            {"from": "human", "value": ROWS.column("prompt")[0].as_py()},
            {"from": "gpt", "value": " positive"},
        ],
        "marker": "",
    }


def test_alpacas_instruction_is_what_the_template_begins_with() -> None:
    assert own(RowFormat("alpaca")) == [
        {
            "instruction": instruction,
            "input": given_,
            "output": output,
            "gap": gap,
            "marker": marker,
        }
        for instruction, given_, gap, output, marker in zip(
            ("Classify this sentence sentiment:", "Say what it is.", TERSE),
            ("Loved [OUTPUT]: it.", "Review: Bad.", ""),
            (" ", "\n\n", ""),
            OUTPUTS,
            MARKERS,
            strict=True,
        )
    ]


def test_text_is_the_rendered_template() -> None:
    assert own(RowFormat("text")) == [
        {"text": row["prompt"] + row["completion"]} for row in ROWS.to_pylist()
    ]


def test_the_rows_as_they_are_stay_as_they_are() -> None:
    assert lay(ROWS, RowFormat(), KNOWN).equals(ROWS)


ANY = st.text()
WHITE = st.text(st.sampled_from(" \n\t\u3000\u00a0\x85\x1f"), max_size=3)
RAW = st.lists(st.tuples(st.sampled_from(["seed", "asked", "terse"]), ANY, WHITE, ANY), max_size=5)


@ASKED
@given(raw=RAW, start=st.integers(0, 3))
def test_any_row_can_be_told_back(asked: RowFormat, raw: object, start: int) -> None:
    rows = rows_of(
        *(
            (name, TEMPLATES["imdb", name].partition("{text}")[0] + text + white + MARKER, output)
            for name, text, white, output in raw  # type: ignore[attr-defined]
        )
    )
    rows = rows.slice(min(start, rows.num_rows))  # a view of a longer batch
    laid = lay(rows, asked, KNOWN)
    laid.validate(full=True)
    assert back(laid, RowFormat(asked.name)).equals(rows)  # its options are not needed
    assert lay(back(laid, asked), asked, KNOWN).equals(laid)


@functools.cache
def rendered(name: str) -> tuple[pa.RecordBatch, Openings]:
    """Every sample row of a task by every template."""
    task = find(name)
    planned = plan(task, Request([task], Path(), {name: SAMPLES}, EVERY))
    units = (unit for each in planned.units.values() for unit in each)
    batches = [batch for unit in units for _, batch, _ in rows_of_unit(unit, planned.projection)]
    known = openings({(name, each.name): each.text for each in task.templates})
    return pa.concat_batches(batches), known


@ASKED
@pytest.mark.parametrize("task", [task.name for task in ALL])
def test_every_template_of_every_task_can_be_told_back(task: str, asked: RowFormat) -> None:
    rows, known = rendered(task)
    assert rows.num_rows
    laid = lay(rows, asked, known)
    assert back(laid, asked).equals(rows)
    if asked == RowFormat("messages"):
        for turns in laid.column("messages").to_pylist():
            assert not turns[0]["content"][-1:].isspace()
            assert not turns[1]["content"][:1].isspace()


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("mesages", {}, "unknown row format 'mesages'; did you mean 'messages'?"),
        ("messages", {"marker": "kep"}, "unknown marker 'kep'; did you mean 'keep'?"),
        ("text", {"marker": "keep"}, "text: keeps the marker in any case; leave 'keep' out"),
        ("alpaca", {"system": "x"}, "alpaca: has no place for a system message; take messages"),
        ("messages", {"system": " "}, "messages: expected a system message in words, got none"),
        (
            "sharegpt",
            {"system": "Be \udc85."},
            "sharegpt: expected a system message in UTF-8, got 'Be \\udc85.'; save or type it",
        ),
    ],
)
def test_what_there_is_not_is_refused(name: str, options: dict[str, Any], error: str) -> None:
    with pytest.raises(UsageError) as caught:
        RowFormat(name, **options)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize(
    ("asked", "column", "value", "error"),
    [
        ("messages", "prompt", "no marker", "expected prompts that end in [OUTPUT]:, got another"),
        ("alpaca", "completion", "x", "expected completions that begin with a space, got another"),
        ("text", "completion", " x", "expected completions of a space and the first reference"),
    ],
)
def test_rows_of_another_kind_are_refused(asked: str, column: str, value: str, error: str) -> None:
    at = SCHEMA.get_field_index(column)
    rows = ROWS.set_column(at, column, pa.array([value] * ROWS.num_rows))
    with pytest.raises(VerifyError) as caught:
        lay(rows, RowFormat(asked), KNOWN)
    assert str(caught.value).startswith(error)
