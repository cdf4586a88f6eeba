"""Whatever does not fit a source's columns is found before a row is read, and only what is needed
is read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from mixbuild.core.errors import SchemaError, UsageError
from mixbuild.declare.slots import Slot, first, is_empty, label
from mixbuild.declare.slots import field as column_named
from mixbuild.declare.task import Source, Task
from mixbuild.declare.template import Template
from mixbuild.render.bind import Binding, bind, choose_templates
from mixbuild.render.render import Origin, render
from mixbuild.sources.read import read
from mixbuild.sources.resolve import SAMPLES, resolve
from mixbuild.tasks import ALL, find

SCHEMAS = {
    "squad": pa.schema(
        [
            ("id", pa.string()),
            ("title", pa.string()),
            ("context", pa.string()),
            ("question", pa.string()),
            (
                "answers",
                pa.struct(
                    [("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))]
                ),
            ),
        ]
    ),
    "imdb": pa.schema([("text", pa.string()), ("label", pa.int64())]),
    "billsum": pa.schema([("text", pa.string()), ("summary", pa.string()), ("title", pa.string())]),
}
ORIGIN = Origin("org/name@1", "train", "file")


def task(*, slots: dict[str, Slot] | None = None, drops: dict[str, object] | None = None) -> Task:
    """A task whose seed turns {text} into {out}."""
    return Task(
        name="task",
        family="sentiment",
        source=Source("org/name", license="cc0-1.0", citation="@misc{name}"),
        splits={"train": "train"},
        templates=(Template("seed", "Do {text} \n[OUTPUT]: {out}"),),
        slots=slots or {},
        drops=drops or {},
    )


def fault(wanted: Task, schema: pa.Schema, templates: str = "seed") -> str:
    """The full message of the error that binding makes."""
    with pytest.raises(SchemaError) as caught:
        bind(wanted, schema, templates=templates)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "templates", "reads"),
    [
        ("squad", "seed", (("answers", "text"), ("context",), ("question",))),
        ("squad", "all", (("answers", "text"), ("context",), ("question",), ("title",))),
        ("imdb", "seed", (("label",), ("text",))),
        ("billsum", "seed", (("summary",), ("text",))),
        ("billsum", "titled", (("summary",), ("text",), ("title",))),
        ("billsum", "write_the_title", (("summary",), ("title",))),
        ("billsum", "sample", (("summary",), ("text",), ("title",))),
    ],
)
def test_only_what_the_templates_need_is_read(
    name: str, templates: str, reads: tuple[tuple[str, ...], ...]
) -> None:
    assert bind(find(name), SCHEMAS[name], templates=templates).reads == reads


@pytest.mark.parametrize("wanted", ALL, ids=lambda wanted: wanted.name)
def test_the_order_of_the_columns_and_other_columns_do_not_matter(wanted: Task) -> None:
    schema = resolve(wanted, SAMPLES).schema
    other = pa.schema([("extra", pa.int8()), *reversed(list(schema))])
    bound, again = (bind(wanted, each, templates="all") for each in (schema, other))
    assert again.reads == bound.reads
    for mine, theirs in ((bound.values, again.values), (bound.checks, again.checks)):
        assert {name: str(value) for name, value in mine.items()} == {
            name: str(value) for name, value in theirs.items()
        }


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        (column_named("kind") == "x", (("kind",), ("out",), ("text",))),
        (column_named("text") == "x", (("out",), ("text",))),
        (
            (column_named("kind") == "x") | (column_named("number") > 3),
            (("kind",), ("number",), ("out",), ("text",)),
        ),
        (is_empty("meta", "tags"), (("meta",), ("out",), ("text",))),
    ],
    ids=["one more", "none more", "two more", "within a struct"],
)
def test_what_a_drop_needs_is_read_too(
    condition: object, reads: tuple[tuple[str, ...], ...]
) -> None:
    meta = pa.struct([("tags", pa.list_(pa.string())), ("other", pa.string())])
    fields = [("text", pa.string()), ("out", pa.string()), ("kind", pa.string())]
    schema = pa.schema([*fields, ("number", pa.int64()), ("meta", meta), ("unused", pa.string())])
    assert bind(task(drops={"unwanted": condition}), schema).reads == reads


def test_a_drop_on_another_field_of_a_struct_that_a_slot_reads_is_seen() -> None:
    wanted = task(
        slots={"out": first("answers", "text")},
        drops={"impossible": is_empty("answers", "answer_start")},
    )
    schema = pa.schema([("text", pa.string()), *SCHEMAS["squad"]])
    assert bind(wanted, schema).reads == (("answers",), ("answers", "text"), ("text",))


@pytest.mark.parametrize("mode", ["seed", "sample", "all"])
@pytest.mark.parametrize("wanted", ALL, ids=lambda wanted: wanted.name)
def test_what_is_read_is_enough_to_render(wanted: Task, mode: str) -> None:
    resolved = resolve(wanted, SAMPLES)
    (run, *_), *_ = resolved.runs.values()
    every_column = [(name,) for name in resolved.schema.names]
    _, whole = next(read(run, every_column, schema=resolved.schema))
    bound = bind(wanted, resolved.schema, templates=mode)
    # a Parquet reader gives a struct with the fields that were asked for alone
    inner: dict[str, list[str]] = {}
    for path in bound.reads:
        inner.setdefault(path[0], []).extend(path[1:])
    arrays = {}
    for name, fields in inner.items():
        column = whole.column(name)
        if (name,) not in bound.reads:
            column = pa.StructArray.from_arrays(
                [column.field(each) for each in fields], fields, mask=column.is_null()
            )
        arrays[name] = column
    rows = np.arange(whole.num_rows)
    expected, expected_drops = render(bound, whole, rows, ORIGIN)
    rendered, drops = render(bound, pa.record_batch(arrays), rows, ORIGIN)
    assert rendered.num_rows + sum(drops.values()) == whole.num_rows * bound.renderings
    assert rendered.num_rows > 0
    assert rendered.equals(expected)
    assert drops == expected_drops


def test_a_missing_column_is_named_with_what_needs_it_and_what_there_is() -> None:
    schema = pa.schema([("review", pa.string()), ("label", pa.int64())])
    assert fault(find("imdb"), schema) == (
        "task 'imdb': the source has no column 'text', which {text} needs; "
        "it has review: string, label: int64"
    )


def test_a_missing_column_behind_a_slot_is_named_too() -> None:
    schema = pa.schema([("context", pa.string()), ("question", pa.string())])
    assert fault(find("squad"), schema) == (
        "task 'squad': the source has no column 'answers', which {answers} needs; "
        "it has context: string, question: string"
    )


def test_a_column_that_only_another_template_needs_is_not_missed() -> None:
    schema = pa.schema([("text", pa.string()), ("summary", pa.string())])
    assert bind(find("billsum"), schema).reads == (("summary",), ("text",))
    assert fault(find("billsum"), schema, "all") == (
        "task 'billsum': the source has no column 'title', which {title} needs; "
        "it has text: string, summary: string"
    )


@pytest.mark.parametrize(
    "kind",
    [pa.int64(), pa.float64(), pa.bool_(), pa.binary(), pa.list_(pa.string()), pa.timestamp("s")],
    ids=str,
)
def test_a_column_of_which_no_text_is_made_is_refused(kind: pa.DataType) -> None:
    schema = pa.schema([("text", kind), ("label", pa.int64())])
    assert fault(find("imdb"), schema) == (
        "task 'imdb': {text} makes no text of the source's columns: "
        f"text on text: {kind}, label: int64; fill it with another slot"
    )


def test_a_label_of_truth_values_is_refused_for_they_do_not_say_which_class_is_true() -> None:
    schema = pa.schema([("text", pa.string()), ("label", pa.bool_())])
    refused = (
        "task '{}': expected numbers or names of classes in the column 'label', found truth "
        "values, which do not say which class is true; take a mirror with numbers or names"
    )
    assert fault(find("imdb"), schema) == (
        refused.format("imdb")
        + ", or declare what false and true are called: flag('label', ('negative', 'positive'))"
    )
    three = label("label", {"0": "no", "1": "yes", "2": "maybe"})
    assert fault(task(slots={"out": three}), schema) == refused.format("task")


def test_a_label_that_is_no_number_and_no_name_is_refused() -> None:
    kind = pa.list_(pa.int64())
    schema = pa.schema([("text", pa.string()), ("label", kind)])
    value = label("label", {"neg": "negative", "pos": "positive"}).value
    assert fault(find("imdb"), schema) == (
        "task 'imdb': {label} makes no text of the source's columns: "
        f"{value} on text: string, label: {kind}; fill it with another slot"
    )


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.list_(pa.int32()), pa.struct([("words", pa.string())])], ids=str
)
def test_a_first_of_what_is_no_list_of_text_is_refused(kind: pa.DataType) -> None:
    schema = pa.schema([("text", pa.string()), ("names", kind)])
    slot = first("names")
    assert fault(task(slots={"out": slot}), schema) == (
        "task 'task': {out} makes no text of the source's columns: "
        f"{slot.value} on text: string, names: {kind}; fill it with another slot"
    )


def test_a_missing_field_of_a_struct_is_refused() -> None:
    schema = pa.schema([("text", pa.string()), ("answers", pa.struct([("words", pa.string())]))])
    slot = first("answers", "text")
    assert fault(task(slots={"out": slot}), schema) == (
        "task 'task': {out} makes no text of the source's columns: "
        f"{slot.value} on text: string, answers: struct<words: string>; fill it with another slot"
    )


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int8(), pa.large_string()),
    ],
    ids=str,
)
def test_another_kind_of_string_is_cast(kind: pa.DataType) -> None:
    texts = ["a", None, "{b}\0", "c", "a"]
    batch = pa.record_batch({"text": pa.array(texts, kind), "out": pa.array(list("vwxyz"), kind)})
    rendered, drops = render(bind(task(), batch.schema), batch, np.arange(5), ORIGIN)
    rendered.validate(full=True)
    assert rendered.column("prompt").to_pylist() == [
        f"Do {text} \n[OUTPUT]:" for text in texts if text is not None
    ]
    assert rendered.column("completion").to_pylist() == [" v", " x", " y", " z"]
    assert rendered.column("references").to_pylist() == [["v"], ["x"], ["y"], ["z"]]
    assert drops == {"null text": 1}


@pytest.mark.parametrize(
    "kind",
    [
        pa.large_list(pa.string()),
        pa.list_(pa.large_string()),
        pa.large_list(pa.large_string()),
        pa.list_(pa.string_view()),
        pa.list_(pa.dictionary(pa.int32(), pa.string())),
        pa.list_(pa.field("element", pa.string(), nullable=False)),
    ],
    ids=str,
)
def test_another_kind_of_list_is_cast(kind: pa.DataType) -> None:
    names = pa.array([["a", "b"], None, [], ["c"]], kind)
    batch = pa.record_batch({"text": list("wxyz"), "names": names})
    bound = bind(task(slots={"out": first("names")}), batch.schema)
    rendered, drops = render(bound, batch, np.arange(4), ORIGIN)
    rendered.validate(full=True)
    assert rendered.schema.field("references").type == pa.list_(pa.string())
    assert rendered.column("references").to_pylist() == [["a", "b"], ["c"]]
    assert rendered.column("completion").to_pylist() == [" a", " c"]
    assert drops == {"null out": 2}


def test_a_column_without_any_value_is_a_column_of_nulls() -> None:
    batch = pa.record_batch({"text": pa.nulls(2), "out": ["a", "b"]})
    rendered, drops = render(bind(task(), batch.schema), batch, np.arange(2), ORIGIN)
    assert rendered.num_rows == 0
    assert drops == {"null text": 2}


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (column_named("label") < 0, "(label < 0)"),
        (column_named("text") < 0, "(text < 0)"),
        (column_named("text"), "text"),
        (is_empty("text"), "(list_value_length(text) == 0)"),
    ],
    ids=["missing column", "wrong type", "no condition", "no list"],
)
def test_a_drop_that_does_not_fit_is_refused(condition: object, shown: str) -> None:
    schema = pa.schema([("text", pa.string()), ("out", pa.string())])
    assert fault(task(drops={"unwanted": condition}), schema) == (
        "task 'task': the drop 'unwanted' does not fit the source's columns: "
        f"{shown} on text: string, out: string"
    )


def test_a_template_that_the_task_has_not_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        bind(find("imdb"), SCHEMAS["imdb"], templates="tense")
    assert str(caught.value) == (
        "task 'imdb': unknown template 'tense'; did you mean 'terse'? Known: "
        + ", ".join(template.name for template in find("imdb").templates)
    )


def test_templates_are_chosen_by_their_language() -> None:
    """``MODE:LANGUAGE``, as the manifest keeps it; the seed may not be in it."""
    templates = (
        Template("seed", "Do {text}\n[OUTPUT]: {out}"),
        Template("kurz", "Mach {text}\n[OUTPUT]: {out}", language="de"),
        Template("lang", "Mach bitte {text}\n[OUTPUT]: {out}", language="de"),
    )
    several = replace(task(), templates=templates)
    schema = pa.schema([("text", pa.string()), ("out", pa.string())])

    def chosen(asked: str) -> tuple[str, list[str]]:
        binding = bind(several, schema, templates=asked)
        return binding.mode, [each.name for each in binding.templates]

    assert chosen("all:de") == ("all", ["kurz", "lang"])
    assert chosen("sample:de") == ("sample", ["kurz", "lang"])
    assert chosen("sample:en") == ("sample", ["seed"])
    assert chosen("lang:de") == ("lang", ["lang"])
    assert chosen("all") == ("all", ["seed", "kurz", "lang"])
    for asked, said in {
        "seed:de": "no template in the language 'de'; its template 'seed' is in en",
        "all:fr": "no template in the language 'fr'; its templates are in en, de",
    }.items():
        with pytest.raises(UsageError) as caught:
            chosen(asked)
        assert str(caught.value) == f"task 'task': {said}"


@pytest.mark.parametrize(
    ("mode", "names", "renderings"),
    [
        ("seed", ["seed"], 1),
        ("titled", ["titled"], 1),
        ("sample", [template.name for template in find("billsum").templates], 1),
        ("all", [template.name for template in find("billsum").templates], 12),
    ],
)
def test_templates_are_chosen_by_name_or_all_together(
    mode: str, names: list[str], renderings: int
) -> None:
    bound: Binding = bind(find("billsum"), SCHEMAS["billsum"], templates=mode, seed=7)
    assert [template.name for template in bound.templates] == names
    assert choose_templates(find("billsum"), mode) == bound.templates
    assert (bound.mode, bound.seed, bound.renderings) == (mode, 7, renderings)


def test_what_is_evaluated_is_the_slots_the_templates_use_and_every_drop() -> None:
    bound = bind(find("squad"), SCHEMAS["squad"], templates="ask_the_question")
    assert sorted(bound.values) == ["accepted answers", "answers", "asked", "context"]
    assert sorted(bound.checks) == [
        "drop no answer",
        "refuse ask_the_question no question mark",
    ]
    assert sorted(bind(find("imdb"), SCHEMAS["imdb"]).checks) == ["drop unlabelled", "valid label"]
