"""Codes are read by the names that this very source has for them, and by position without names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from mixbuild.core.errors import RowError, SchemaError
from mixbuild.declare.options import Choices, ChoiceSlot, choices, key, letter, position
from mixbuild.declare.slots import Slot, flag, label
from mixbuild.declare.task import Source, Task
from mixbuild.declare.template import Template
from mixbuild.render.bind import Binding, bind
from mixbuild.render.classes import CLASS_NAMES, class_names
from mixbuild.render.render import Origin, render
from mixbuild.sources.read import read
from mixbuild.sources.resolve import SAMPLES, resolve
from mixbuild.tasks import ALL

ORIGIN = Origin("org/name@1", "train", "file")
LABELLED = [
    each
    for each in ALL
    if any(isinstance(x, Slot) and x.classes for x in each.slots.values()) and each.name != "dolly"
]
"""Tasks whose source numbers its classes; dolly's category is a text."""


def task(out: Slot | ChoiceSlot) -> Task:
    return Task(
        name="task",
        family="sentiment",
        source=Source("org/name", license="cc0-1.0", citation="@misc{name}"),
        splits={"train": "train"},
        templates=(Template("seed", "Do {text} \n[OUTPUT]: {out}"),),
        slots={"out": out},
    )


def field(name: str, kind: pa.DataType, names: Sequence[str]) -> pa.Field:
    return pa.field(name, kind, metadata={CLASS_NAMES: json.dumps(list(names)).encode()})


def source(values: Any, kind: pa.DataType, names: Sequence[str] = ()) -> pa.RecordBatch:
    """A column ``label``, whose classes have these names, beside ``text``, ``a`` and ``b``."""
    fields = [field("label", kind, names)] if names else [pa.field("label", kind)]
    schema = pa.schema([*fields, *((name, pa.string()) for name in ("text", "a", "b"))])
    rows = [{"label": each, "text": "?", "a": "x", "b": "y"} for each in values]
    return pa.RecordBatch.from_pylist(rows, schema=schema)


def outputs(out: Slot | ChoiceSlot, batch: pa.RecordBatch) -> tuple[list[str], dict[str, int]]:
    rows, drops = render(
        bind(task(out), batch.schema), batch, np.arange(batch.num_rows, dtype=np.int64), ORIGIN
    )
    return [each[1:] for each in rows.column("completion").to_pylist()], drops


MOOD = label("label", {"neg": "bad", "pos": "good"})
OPTIONS = choices(names={"neg": "bad", "pos": "good"}, answer=position("label")).text()


@pytest.mark.parametrize("out", [MOOD, OPTIONS], ids=["label", "names"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.uint16()], ids=str)
@pytest.mark.parametrize(
    ("names", "wanted", "positional"),
    [
        (("neg", "pos"), ["bad", "good"], ()),
        (("pos", "neg"), ["good", "bad"], ()),
        ((), ["bad", "good"], (("label",),)),
        (("0", "1"), ["bad", "good"], (("label",),)),
    ],
    ids=["usual", "reversed", "none", "only numbers"],
)
def test_a_code_is_read_by_the_name_that_the_source_has_for_it(
    out: Slot | ChoiceSlot,
    kind: pa.DataType,
    names: Sequence[str],
    wanted: list[str],
    positional: tuple[tuple[str, ...], ...],
) -> None:
    batch = source([0, 1, None, 1], kind, names)
    assert outputs(out, batch) == ([*wanted, wanted[1]], {"null out": 1})
    assert bind(task(out), batch.schema).positional == positional


@pytest.mark.parametrize("out", [MOOD, OPTIONS], ids=["label", "names"])
@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("negative", "positive"), "'negative', 'positive'"),
        (("neg", "pos", "neutral"), "'neg', 'pos', 'neutral'"),
        (("neg",), "'neg'"),
        (("neg", "neg"), "'neg', 'neg'"),
        (("1", "0"), "'1', '0'"),
        (("0", "1", "2"), "'0', '1', '2'"),
    ],
)
def test_other_classes_are_refused_with_what_was_expected_and_found(
    out: Slot | ChoiceSlot, names: Sequence[str], found: str
) -> None:
    with pytest.raises(SchemaError) as caught:
        bind(task(out), source([], pa.int64(), names).schema)
    assert str(caught.value) == (
        f"task 'task': expected the classes 'neg', 'pos' in the column 'label', found {found}; "
        "take a mirror whose classes are called so, or declare the task's by the names of this "
        "source"
    )


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_a_column_of_texts_has_the_names_themselves(kind: pa.DataType) -> None:
    batch = source(["pos", "neg", None], kind)
    assert outputs(MOOD, batch) == (["good", "bad"], {"null out": 1})
    assert bind(task(MOOD), batch.schema).positional == ()
    named = choices(names={"neg": "bad", "pos": "good"}, answer=key("label")).text()
    assert outputs(named, batch) == (["good", "bad"], {"null out": 1})


@pytest.mark.parametrize(
    ("out", "batch", "message"),
    [
        (
            MOOD,
            source([0, 2], pa.int64(), ("pos", "neg")),
            "expected a label from 0 to 1 (good, bad) in 'label', got 2",
        ),
        (
            MOOD,
            source(["neg", "neutral"], pa.string()),
            "expected a label, one of 'neg', 'pos', in 'label', got 'neutral'",
        ),
        (
            OPTIONS,
            source([0, 2], pa.int64(), ("pos", "neg")),
            "expected the text of an option in 'label', got 2",
        ),
        (
            OPTIONS,
            source(["0", "neg"], pa.string()),
            "expected the number of an option, counted from 0, in 'label', got 'neg'",
        ),
    ],
)
def test_a_value_that_is_of_no_class_is_refused(
    out: Slot | ChoiceSlot, batch: pa.RecordBatch, message: str
) -> None:
    with pytest.raises(RowError) as caught:
        outputs(out, batch)
    assert str(caught.value).startswith(
        f"task 'task': row 1 of file in org/name@1: {message}; declare a drop for such rows, or "
    )


@pytest.mark.parametrize(
    ("options", "names", "wanted"),
    [
        (choices("a", "b", answer=position("label")), ("0", "1"), ["x", "y"]),
        (choices("a", "b", answer=position("label")), ("1", "0"), ["y", "x"]),
        (choices("a", "b", answer=position("label", first=1)), ("1", "2"), ["x", "y"]),
        (choices("a", "b", answer=key("label")), ("y", "x"), ["y", "x"]),
        (choices(names=("no", "yes"), answer=position("label")), ("yes", "no"), ["yes", "no"]),
    ],
)
def test_an_answer_by_code_is_the_name_of_its_class(
    options: Choices, names: Sequence[str], wanted: list[str]
) -> None:
    assert outputs(options.text(), source([0, 1], pa.int64(), names)) == (wanted, {})


def test_classes_that_are_no_numbers_of_options_are_refused() -> None:
    with pytest.raises(SchemaError) as caught:
        bind(
            task(choices("a", "b", answer=position("label")).text()),
            source([], pa.int64(), ("first", "second")).schema,
        )
    assert str(caught.value) == (
        "task 'task': expected the numbers of options as the classes of the column 'label', found "
        "'first', 'second'; take a mirror whose classes are called so, or declare options and "
        "their labels"
    )


def test_a_letter_and_a_class_within_a_struct_are_read_by_name_too() -> None:
    struct = pa.struct([field("key", pa.int64(), ("B", "A"))])
    schema = pa.schema([("text", pa.string()), ("o", struct), ("list", pa.list_(pa.string()))])
    rows = [{"text": "?", "o": {"key": at}, "list": ["x", "y"]} for at in (0, 1)]
    batch = pa.RecordBatch.from_pylist(rows, schema=schema)
    assert class_names(schema, ("o", "key")) == ("B", "A")
    assert class_names(schema, ("o", "other")) == ()
    by_letter = choices("list", answer=letter("o", "key")).text()
    assert outputs(by_letter, batch) == (["y", "x"], {})


def test_a_truth_value_has_no_classes() -> None:
    batch = source([True, False], pa.bool_())
    assert outputs(flag("label", ("no", "yes")), batch) == (["yes", "no"], {})
    assert bind(task(flag("label", ("no", "yes"))), batch.schema).positional == ()
    with pytest.raises(SchemaError, match=r"makes no text of the source's columns"):
        bind(task(flag("label", ("no", "yes"))), source([], pa.int64(), ("no", "yes")).schema)


# ---------------------------------------------------------------- the catalog


def completions(binding: Binding, batch: pa.RecordBatch) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = render(binding, batch, np.arange(batch.num_rows), ORIGIN)[
        0
    ].to_pylist()
    return rows


def test_every_task_with_labels_is_tried() -> None:
    assert len(LABELLED) == 12


@pytest.mark.parametrize("wanted", LABELLED, ids=lambda each: each.name)
def test_a_task_reads_a_source_that_numbers_its_classes_otherwise(wanted: Task) -> None:
    resolved = resolve(wanted, SAMPLES)
    (run, *_), *_ = resolved.runs.values()
    _, plain = next(read(run, [(name,) for name in resolved.schema.names], schema=resolved.schema))
    at = plain.schema.get_field_index("label")
    (classes,) = {x.classes for x in wanted.slots.values() if isinstance(x, Slot) and x.classes}
    codes = plain.column(at)
    kind = codes.type

    def numbered(names: Sequence[str], values: pa.Array) -> pa.RecordBatch:
        return plain.set_column(at, field("label", kind, names), values)

    expected = completions(bind(wanted, plain.schema, templates="all"), plain)
    usual = numbered(classes, codes)
    assert completions(bind(wanted, usual.schema, templates="all"), usual) == expected
    last = len(classes) - 1
    turned = pc.if_else(pc.less(codes, 0), codes, pc.subtract(last, codes)).cast(kind)
    other = numbered(classes[::-1], turned)
    assert completions(bind(wanted, other.schema, templates="all"), other) == expected
    assert len({row["completion"] for row in expected if row["template"] == "seed"}) > 1
    with pytest.raises(SchemaError) as caught:
        bind(wanted, numbered([f"no {each}" for each in classes], codes).schema)
    assert str(caught.value).startswith(
        f"task {wanted.name!r}: expected the classes {', '.join(map(repr, classes))} in the "
        f"column 'label', found 'no {classes[0]}', "
    )
