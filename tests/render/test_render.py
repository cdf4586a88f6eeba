"""Rows are what plain Python loops make of them, whatever they hold and however they are cut."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from mixbuild.core.errors import RowError
from mixbuild.core.row import SCHEMA
from mixbuild.declare.slots import field, first, holds, is_empty, label
from mixbuild.declare.task import Source, Task
from mixbuild.declare.template import MARKER, Template
from mixbuild.render.bind import Binding, bind
from mixbuild.render.render import Origin, render
from mixbuild.tasks import find

SAMPLES = ROOT / "build/mixbuild/tasks/samples"
ORIGIN = Origin("org/name@0a1b2c3", "train", "plain_text/train.parquet")

AROUND = Task(
    name="around",
    family="question answering",
    source=Source("org/name", license="cc0-1.0", citation="@misc{name}"),
    splits={"train": "train"},
    slots={"answers": first("answers", "text")},
    drops={"no answer": is_empty("answers", "text"), "rude": field("question") == "rude"},
    templates=(
        Template("seed", "Answer: {question} \n[OUTPUT]: The answer is {{{answers}}}."),
        Template("twice", "Answer: {context} \n[OUTPUT]: {answers}, yes: {answers}"),
        Template("two", "Guess from {context}.\n[OUTPUT]: {question}\n{answers}"),
        Template("bare", "{question} Answer it.\n[OUTPUT]: {answers}"),
        Template(
            "none",
            "Guess from {answers}.\n[OUTPUT]: So: {question}",
            drops={"braces": holds("question", pattern=r"[{}]"), "far": field("title") == " "},
        ),
        Template(
            "title", "{title} Why?\n[OUTPUT]: {context}", drops={"far": field("title") == " "}
        ),
    ),
)
"""Literal text around outputs, outputs twice, several outputs; what no task of the catalog has."""

ANSWERS = pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))])
QUESTIONS = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("context", pa.string()),
        ("question", pa.string()),
        ("answers", ANSWERS),
    ]
)
COLUMNS = {
    "squad": QUESTIONS,
    "around": QUESTIONS,
    "imdb": pa.schema([("text", pa.string()), ("label", pa.int64())]),
    "billsum": pa.schema([("text", pa.string()), ("summary", pa.string()), ("title", pa.string())]),
}

Record = dict[str, Any]
Drops = dict[str, int]


# A second implementation, of plain loops: nothing of it is shared with the first one but the
# templates' texts, and str.format is the judge of those.

ACCEPTED: dict[str, Callable[[Record], list[str | None]]] = {
    "answers": lambda row: (row["answers"] or {}).get("text") or []
}
FILLED: dict[str, Callable[[Record], str | None]] = {
    "article": lambda row: row["title"] and row["title"].replace("_", " "),
    # a bill's, not a review's
    "text": lambda row: (
        row["text"] and re.sub(" *\t{2,} *", " " if "summary" in row else r"\g<0>", row["text"])
    ),
    "answers": lambda row: next(iter(ACCEPTED["answers"](row)), None),
    "label": lambda row: {0: "negative", 1: "positive"}.get(row["label"]),
    "advice": lambda row: {0: "no", 1: "yes"}.get(row["label"]),
    "thumbs": lambda row: {0: "thumbs down", 1: "thumbs up"}.get(row["label"]),
}
UNWANTED: dict[str, Callable[[Record], bool]] = {
    "no answer": lambda row: row["answers"] is not None and row["answers"]["text"] == [],
    "rude": lambda row: bool(row["question"] == "rude"),
    "braces": lambda row: row["question"] is not None and bool({*row["question"]} & {*"{}"}),
    "far": lambda row: bool(row["title"] == " "),
    "signs with spaces around them": lambda row: bool(
        re.search(
            r"[A-Za-z0-9_] [.,;!?](?:[ \t\r\n]|\Z)|(?:\A|[ \t\r\n])\( [A-Za-z0-9_]",
            row["text"] or "",
        )
    ),
    "no question mark": lambda row: (
        row["question"] is not None and not row["question"].rstrip(" \t\r\n").endswith("?")
    ),
    "unlabelled": lambda row: row["label"] is not None and row["label"] < 0,
}


def plain(name: str) -> Task:
    """A task of the catalog with those of its templates that the loops below can fill."""
    task, known = find(name), {*COLUMNS[name].names, *FILLED}
    templates = tuple(each for each in task.templates if {*each.placeholders} <= known)
    used = {slot for each in templates for slot in each.placeholders}
    slots = {slot: each for slot, each in task.slots.items() if slot in used}
    return replace(task, templates=templates, slots=slots)


TASKS = (plain("squad"), plain("imdb"), plain("billsum"), AROUND)


def names_in(text: str) -> list[str]:
    """The placeholders of a text in order, found by a formatting that writes them down."""
    seen: list[str] = []

    class Recorder(dict[str, str]):
        def __missing__(self, name: str) -> str:
            seen.append(name)
            return ""

    text.format_map(Recorder())
    return list(dict.fromkeys(seen))


def split_mix(state: int) -> int:
    mask = 2**64 - 1
    mixed = (state + 0x9E3779B97F4A7C15) & mask
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
    return mixed ^ (mixed >> 31)


def score(task: Task, template: Template, seed: int, number: int) -> int:
    """What the template bids for the row."""
    parts = ("template", seed, task.name, ORIGIN.split, ORIGIN.file, template.name)
    key = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=8).digest()
    return split_mix(split_mix(number) ^ int.from_bytes(key, "little"))


def expected(
    task: Task, rows: Sequence[Record], numbers: Sequence[int], mode: str, seed: int
) -> tuple[list[Record], Drops]:
    """The rendered rows and the drops, row by row."""
    rendered: list[Record] = []
    drops: Counter[str] = Counter()
    for number, row in zip(numbers, rows, strict=True):
        if mode == "sample":
            bids = {each.name: score(task, each, seed, number) for each in task.templates}
            takers = [e for e in task.templates if isinstance(expected_row(task, e, row), dict)]
            chosen = [max(takers or task.templates, key=lambda each: bids[each.name])]
        else:
            chosen = [each for each in task.templates if mode in ("all", each.name)]
        unwanted = next((reason for reason in task.drops if UNWANTED[reason](row)), None)
        for template in chosen:
            made = unwanted or expected_row(task, template, row)
            if isinstance(made, str):
                drops[made] += 1
                continue
            suffix = f"#{template.name}" if mode == "all" else ""
            path = f"{task.name}/{ORIGIN.split}/{ORIGIN.file}:{number}{suffix}"
            rendered.append({**made, "source": ORIGIN.source, "id": path})
    return rendered, dict(drops)


def expected_row(task: Task, template: Template, row: Record) -> Record | str:
    """One row through one template, or the reason to leave it out."""
    before, after = template.text.split(MARKER)
    names = names_in(template.text)
    values = {name: FILLED.get(name, lambda row, name=name: row[name])(row) for name in names}
    if reason := next((why for why in template.drops if UNWANTED[why](row)), None):
        return reason
    for name, value in values.items():
        if value is None:
            return f"null {name}"
    for name, value in values.items():
        if not str(value).strip():
            return f"empty {name}"
    several = [name for name in names_in(after) if name in ACCEPTED]
    outputs = {name: clean(str(value)) for name, value in values.items()}
    references = [
        after.format(**{**outputs, name: clean(each)})[1:]
        for name in several
        for each in ACCEPTED[name](row)
        if each is not None and each.strip()
    ]
    completion = after.format(**outputs)
    return {
        "prompt": f"{before}{MARKER}".format(**values),
        "completion": completion,
        "references": list(dict.fromkeys(references)) or [completion[1:]],
        "task": task.name,
        "template": template.name,
    }


def clean(text: str) -> str:
    """What is asked for, as a person would have written it."""
    return re.sub(r"[ \t\r]+\n", "\n", text.replace("\xa0", " ")).strip()


def source_batch(task: Task, rows: Sequence[Record]) -> pa.RecordBatch:
    schema = COLUMNS[task.name]
    return pa.RecordBatch.from_pylist(
        [{name: row.get(name) for name in schema.names} for row in rows], schema=schema
    )


def assert_rendered_as_expected(
    task: Task, rows: Sequence[Record], numbers: Sequence[int], mode: str, seed: int = 0
) -> None:
    batch = source_batch(task, rows)
    binding = bind(task, batch.schema, templates=mode, seed=seed)
    rendered, drops = render(binding, batch, np.array(numbers, dtype=np.int64), ORIGIN)
    rendered.validate(full=True)
    assert rendered.schema == SCHEMA
    assert (rendered.to_pylist(), drops) == expected(task, rows, numbers, mode, seed)
    assert rendered.num_rows + sum(drops.values()) == len(rows) * binding.renderings


@functools.cache
def samples(name: str) -> list[Record]:
    """The embedded rows of every split. Of \\n alone is a new line: \\x85 stands within one."""
    files = sorted((SAMPLES / ("squad" if name == "around" else name)).glob("*.jsonl"))
    lines = [line for file in files for line in file.read_text("utf-8").split("\n") if line]
    return [json.loads(line) for line in lines]


def modes(task: Task) -> list[str]:
    return [*(template.name for template in task.templates), "sample", "all"]


EVERY_MODE = [
    pytest.param(task, mode, id=f"{task.name}-{mode}") for task in TASKS for mode in modes(task)
]
by_name = pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)

# ---------------------------------------------------------------- what a source may hold

AWKWARD = [
    "",
    " ",
    " \n\t\r",
    "\x85",
    "\u3000\u2028",
    " " * 9,
    " " * 9 + "x",
    "\0",
    "{braces}",
    "{",
    "}}",
    "{0}",
    MARKER,
    " spaced ",
    "rude",
    "\u200b",
]
texts = st.one_of(st.text(max_size=12), st.sampled_from(AWKWARD))
nullable = st.one_of(texts, texts, texts, st.none())
answers = st.one_of(
    st.fixed_dictionaries(
        {
            "text": st.one_of(
                st.lists(texts, min_size=1, max_size=4), st.lists(nullable, max_size=4), st.none()
            ),
            "answer_start": st.just([]) | st.none(),
        }
    ),
    st.none(),
)
question = st.fixed_dictionaries(
    {"id": st.none(), "title": nullable, "context": nullable, "question": nullable}
    | {"answers": answers}
)
ROWS: dict[str, st.SearchStrategy[Record]] = {
    "squad": question,
    "around": question,
    "imdb": st.fixed_dictionaries(
        {"text": nullable, "label": st.sampled_from([0, 1, -1, -9, None])}
    ),
    "billsum": st.fixed_dictionaries({"text": nullable, "summary": nullable, "title": nullable}),
}


@st.composite
def sources(draw: st.DrawFn, task: Task) -> tuple[list[Record], list[int]]:
    """Rows, and their numbers: they rise, but not by ones once some are filtered out."""
    rows = draw(st.lists(ROWS[task.name], max_size=12))
    steps = draw(st.lists(st.integers(1, 2**40), min_size=len(rows), max_size=len(rows)))
    return rows, [sum(steps[:index]) for index in range(len(rows))]


# ---------------------------------------------------------------- against the plain loops


@pytest.mark.parametrize(("task", "mode"), EVERY_MODE)
def test_the_samples_are_rendered_as_plain_loops_do(task: Task, mode: str) -> None:
    rows = samples(task.name)
    assert len(rows) > 30
    assert_rendered_as_expected(task, rows, range(len(rows)), mode)


@pytest.mark.parametrize(("task", "mode"), EVERY_MODE)
@settings(max_examples=25)
@given(data=st.data())
def test_any_rows_are_rendered_as_plain_loops_do(
    task: Task, mode: str, data: st.DataObject
) -> None:
    rows, numbers = data.draw(sources(task))
    seed = data.draw(st.integers(0, 3)) if mode == "sample" else 0
    assert_rendered_as_expected(task, rows, numbers, mode, seed)


@pytest.mark.parametrize("mode", ["seed", "sample", "all"])
@by_name
def test_no_rows_make_no_rows(task: Task, mode: str) -> None:
    assert_rendered_as_expected(task, [], [], mode)


@by_name
def test_rows_that_are_all_dropped_make_no_rows(task: Task) -> None:
    rows: list[Record] = [dict.fromkeys(COLUMNS[task.name].names) for _ in range(3)]
    for mode in modes(task):
        assert_rendered_as_expected(task, rows, range(3), mode)


@by_name
def test_with_all_a_row_keeps_its_templates_together_and_in_order(task: Task) -> None:
    batch = source_batch(task, samples(task.name))
    rows = np.arange(batch.num_rows)
    rendered, _ = render(bind(task, batch.schema, templates="all"), batch, rows, ORIGIN)
    order = [template.name for template in task.templates]
    keys = [
        (int(identity.split(":")[1].split("#")[0]), order.index(template))
        for identity, template in zip(
            rendered.column("id").to_pylist(), rendered.column("template").to_pylist(), strict=True
        )
    ]
    assert keys == sorted(set(keys))
    assert {template for _, template in keys} == set(range(len(order)))


# ---------------------------------------------------------------- however they are cut


def pieces(batch: pa.RecordBatch, cuts: Sequence[int]) -> Iterator[tuple[pa.RecordBatch, slice]]:
    edges = [0, *sorted(cuts), batch.num_rows]
    for start, stop in pairwise(edges):
        yield batch.slice(start, stop - start), slice(start, stop)


def rendered_in_pieces(
    binding: Binding, batch: pa.RecordBatch, numbers: np.ndarray[Any, Any], cuts: Sequence[int]
) -> tuple[list[Record], Drops]:
    rows: list[Record] = []
    drops: Counter[str] = Counter()
    for piece, where in pieces(batch, cuts):
        rendered, dropped = render(binding, piece, numbers[where], ORIGIN)
        rendered.validate(full=True)
        rows += rendered.to_pylist()
        drops.update(dropped)
    return rows, dict(drops)


@pytest.mark.parametrize("mode", ["seed", "sample", "all"])
@by_name
@settings(max_examples=25)
@given(data=st.data())
def test_any_cut_into_batches_makes_the_same_rows(
    task: Task, mode: str, data: st.DataObject
) -> None:
    rows, numbers = data.draw(sources(task))
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=4))
    batch = source_batch(task, rows)
    binding = bind(task, batch.schema, templates=mode)
    assert rendered_in_pieces(binding, batch, np.array(numbers, dtype=np.int64), cuts) == expected(
        task, rows, numbers, mode, 0
    )


@pytest.mark.parametrize("mode", ["seed", "sample", "all"])
@by_name
def test_the_samples_one_by_one_make_the_same_rows(task: Task, mode: str) -> None:
    rows = samples(task.name)
    batch = source_batch(task, rows)
    binding = bind(task, batch.schema, templates=mode)
    numbers = np.arange(len(rows))
    one_by_one = rendered_in_pieces(binding, batch, numbers, range(1, len(rows)))
    assert one_by_one == expected(task, rows, numbers.tolist(), mode, 0)


# ---------------------------------------------------------------- references


@pytest.mark.parametrize(("task", "mode"), EVERY_MODE)
def test_the_first_reference_is_the_completion_without_its_space(task: Task, mode: str) -> None:
    batch = source_batch(task, samples(task.name))
    binding = bind(task, batch.schema, templates=mode)
    rendered, _ = render(binding, batch, np.arange(batch.num_rows), ORIGIN)
    assert rendered.num_rows > 0
    rows = rendered.to_pylist()
    assert [f" {row['references'][0]}" for row in rows] == [row["completion"] for row in rows]


def answered(*accepted: str | None) -> list[Record]:
    row = {"id": "1", "title": "T", "context": "C", "question": "Q?"}
    return [{**row, "answers": {"text": list(accepted), "answer_start": []}}]


@pytest.mark.parametrize(
    ("template", "references"),
    [
        ("seed", ["The answer is {a}.", "The answer is {b}."]),
        ("twice", ["a, yes: a", "b, yes: b"]),
        ("two", ["Q?\na", "Q?\nb"]),
        ("bare", ["a", "b"]),
        ("none", ["So: Q?"]),
    ],
)
def test_the_text_around_an_output_belongs_to_every_reference(
    template: str, references: list[str]
) -> None:
    batch = source_batch(AROUND, answered(" a\n", "b", None, "", "\xa0a"))
    binding = bind(AROUND, batch.schema, templates=template)
    rendered, _ = render(binding, batch, np.array([0]), ORIGIN)
    assert rendered.column("references").to_pylist() == [references]


def test_a_null_among_the_answers_is_no_reference_and_a_null_first_is_no_answer() -> None:
    rows = [*answered("a", None), *answered(None, "b"), *answered(), *answered(" ", "c")]
    batch = source_batch(find("squad"), rows)
    binding = bind(find("squad"), batch.schema)
    rendered, drops = render(binding, batch, np.arange(4), ORIGIN)
    assert rendered.column("references").to_pylist() == [["a"]]
    assert drops == {"no answer": 1, "null answers": 1, "empty answers": 1}


# ---------------------------------------------------------------- drops


def test_a_row_counts_for_the_first_reason_that_fits_it() -> None:
    rows = [
        {**answered("a")[0], "question": "rude", "context": None},
        {**answered()[0], "question": "rude"},
        {**answered(None)[0], "question": None, "context": None},
        {**answered(" ")[0], "question": None},
        {**answered("a")[0], "question": " "},
        {**answered(" ")[0], "question": " "},
    ]
    batch = source_batch(AROUND, rows)
    counted = {
        mode: render(bind(AROUND, batch.schema, templates=mode), batch, np.arange(6), ORIGIN)[1]
        for mode in ("seed", "two", "all")
    }
    assert counted["seed"] == {
        "no answer": 1,
        "rude": 1,
        "null question": 2,
        "empty question": 2,
    }
    assert counted["two"] == {
        "no answer": 1,
        "rude": 1,
        "null context": 1,
        "null question": 1,
        "empty question": 2,
    }
    # a declared drop leaves out all that the row would have made
    assert counted["all"]["no answer"] == counted["all"]["rude"] == len(AROUND.templates)


SPACES = [chr(code) for code in range(0x110000) if chr(code).isspace()]


def test_a_text_of_any_white_space_is_empty_wherever_it_stands() -> None:
    assert len(SPACES) > 25
    blank = [*SPACES, *(10 * space for space in SPACES), "".join(SPACES), " \n " * 5_000]
    solid = ["\u200b", "\0", "\ufeff", *(10 * space + "." for space in SPACES), " " * 9_999 + "x"]
    rows = [{"text": text, "summary": text, "title": "t"} for text in (*blank, *solid)]
    batch = source_batch(find("billsum"), rows)
    rendered, drops = render(
        bind(find("billsum"), batch.schema), batch, np.arange(len(rows)), ORIGIN
    )
    assert rendered.column("references").to_pylist() == [[text.strip()] for text in solid]
    assert drops == {"empty text": len(blank)}
    other = [{"text": text, "summary": "s", "title": "t"} for text in blank]
    batch = source_batch(find("billsum"), other)
    rendered, drops = render(
        bind(find("billsum"), batch.schema), batch, np.arange(len(other)), ORIGIN
    )
    assert (rendered.num_rows, drops) == (0, {"empty text": len(blank)})


def test_what_may_be_blank_in_a_prompt_is_rendered_without_it() -> None:
    batch = pa.record_batch(
        {
            "instruction": ["Sing.", " "],
            "context": ["", "c"],
            "response": ["La.", "La."],
            "category": ["open_qa", "open_qa"],
        }
    )
    rendered, drops = render(bind(find("dolly"), batch.schema), batch, np.arange(2), ORIGIN)
    assert rendered.column("prompt").to_pylist() == ["Follow the instruction: Sing. \n[OUTPUT]:"]
    assert drops == {"empty instruction": 1}


# ---------------------------------------------------------------- templates chosen by hash


def choices(task: Task, count: int = 3_000, seed: int = 0) -> list[str]:
    """The template that each of ``count`` rows is rendered by."""
    batch = pa.record_batch({"text": ["t"] * count, "label": [0] * count})
    binding = bind(task, batch.schema, templates="sample", seed=seed)
    rendered, _ = render(binding, batch, np.arange(count), ORIGIN)
    assert rendered.num_rows == count
    names: list[str] = rendered.column("template").to_pylist()
    return names


def test_sample_gives_every_template_its_share() -> None:
    counts = Counter(choices(find("imdb")))
    assert set(counts) == {template.name for template in find("imdb").templates}
    # 250 each on average; the standard deviation is 15
    assert all(190 < count < 310 for count in counts.values())


@pytest.mark.parametrize("left_out", [1, 3, 5])
def test_a_new_template_moves_only_the_rows_that_it_wins(left_out: int) -> None:
    task = find("imdb")
    new = task.templates[left_out]
    fewer = replace(task, templates=tuple(each for each in task.templates if each is not new))
    before, after = choices(fewer), choices(task)
    moved = [now for was, now in zip(before, after, strict=True) if was != now]
    assert len(moved) > 190
    assert set(moved) == {new.name}


def test_the_order_of_the_templates_moves_no_row() -> None:
    task = find("imdb")
    first_one, *others = task.templates
    assert choices(replace(task, templates=(first_one, *reversed(others)))) == choices(task)


def test_a_row_that_its_template_does_not_take_goes_to_the_next_that_does() -> None:
    """The others stay, and one that no template takes says why its first choice does not."""
    rows = [{"text": text, "summary": "s", "title": "t"} for text in ("plain", "of these") * 200]
    task, batch = find("billsum"), source_batch(find("billsum"), rows)
    names = [each.name for each in task.templates]

    def given(*refusing: str) -> tuple[dict[int, str], Drops]:
        """The template that each row is given to, and the drops."""
        why = {"refers": holds("text", pattern="these")}
        templates = tuple(
            replace(each, drops=why) if each.name in refusing else each for each in task.templates
        )
        binding = bind(replace(task, templates=templates), batch.schema, templates="sample")
        made, drops = render(binding, batch, np.arange(400), ORIGIN)
        numbers = [int(each.rpartition(":")[2]) for each in made.column("id").to_pylist()]
        return dict(zip(numbers, made.column("template").to_pylist(), strict=True)), drops

    before, drops = given()
    assert drops == {}
    after, drops = given(*names[1:3])
    assert drops == {}
    moved = {number for number in before if before[number] != after[number]}
    odd = {number for number in before if number % 2}
    assert moved == {number for number in odd if before[number] in names[1:3]}
    assert {after[number] for number in moved} == {names[0], *names[3:]}
    even, drops = given(*names)
    assert drops == {"refers": 200}
    assert even == {number: name for number, name in before.items() if number not in odd}


def test_another_seed_makes_another_choice() -> None:
    same = sum(
        one == other
        for one, other in zip(choices(find("imdb")), choices(find("imdb"), seed=1), strict=True)
    )
    # one in twelve agrees by chance
    assert 190 < same < 310


def test_another_file_split_or_task_makes_another_choice() -> None:
    batch = pa.record_batch({"text": ["t"] * 300, "label": [0] * 300})
    origins = [ORIGIN, replace(ORIGIN, file="other"), replace(ORIGIN, split="test")]
    tasks = [find("imdb"), replace(find("imdb"), name="other")]
    made = {
        tuple(render(binding, batch, np.arange(300), origin)[0].column("template").to_pylist())
        for binding in (bind(task, batch.schema, templates="sample") for task in tasks)
        for origin in origins
    }
    assert len(made) == 6
    # but the commit of the source does not: new rows do not move the old ones
    again = replace(ORIGIN, source="org/name@later")
    binding = bind(find("imdb"), batch.schema, templates="sample")
    assert tuple(render(binding, batch, np.arange(300), again)[0]["template"].to_pylist()) in made


# ---------------------------------------------------------------- refusals


def refusal(task: Task, batch: pa.RecordBatch, first_row: int = 100, mode: str = "seed") -> str:
    binding = bind(task, batch.schema, templates=mode)
    numbers = np.arange(first_row, first_row + batch.num_rows)
    with pytest.raises(RowError) as caught:
        render(binding, batch, numbers, ORIGIN)
    return str(caught.value)


@pytest.mark.parametrize("mode", ["seed", "sample", "all"])
def test_a_label_outside_the_names_is_refused_with_its_row(mode: str) -> None:
    labels = [0, -1, None, 1, 7, 8]
    batch = pa.record_batch({"text": list("abcdef"), "label": labels})
    message = (
        "task 'imdb': row {} of plain_text/train.parquet in org/name@0a1b2c3: expected a label "
        "from 0 to 1 (negative, positive) in 'label', got {}; "
        "declare a drop for such rows, or name the label in the task"
    )
    assert refusal(find("imdb"), batch, mode=mode) == message.format(104, 7)
    # the column is not the first, and the batch is a slice
    turned = batch.select(["label", "text"]).slice(5)
    assert refusal(find("imdb"), turned, 205, mode) == message.format(205, 8)


def test_a_label_outside_the_names_is_refused_even_where_the_text_is_null() -> None:
    batch = pa.record_batch({"text": pa.nulls(1, pa.string()), "label": [2]})
    assert "row 100 of" in refusal(find("imdb"), batch)


def test_a_negative_label_without_a_drop_is_refused() -> None:
    task = replace(find("imdb"), drops={})
    batch = pa.record_batch({"text": ["a", "b"], "label": [0, -1]})
    assert refusal(task, batch) == (
        "task 'imdb': row 101 of plain_text/train.parquet in org/name@0a1b2c3: expected a label "
        "from 0 to 1 (negative, positive) in 'label', got -1; "
        "declare a drop for such rows, or name the label in the task"
    )


def test_a_number_among_the_names_of_classes_is_refused_and_so_is_one_in_quotes() -> None:
    batch = pa.record_batch({"text": ["a", "b"], "label": ["neg", "1"]})
    assert refusal(find("imdb"), batch) == (
        "task 'imdb': row 101 of plain_text/train.parquet in org/name@0a1b2c3: expected a label, "
        "one of 'neg', 'pos', in 'label', got '1'; write names in all rows or numbers in all, "
        "which in JSON have no quotation marks"
    )


def test_a_label_of_a_column_by_another_name_is_looked_up_there() -> None:
    task = replace(find("imdb"), slots={"label": label("class", {"0": "a", "1": "b"})}, drops={})
    batch = pa.record_batch({"text": ["a", "b"], "class": [1, 2], "label": [0, 0]})
    assert refusal(task, batch) == (
        "task 'imdb': row 101 of plain_text/train.parquet in org/name@0a1b2c3: expected a label "
        "from 0 to 1 (a, b) in 'class', got 2; "
        "declare a drop for such rows, or name the label in the task"
    )


def not_utf8(kind: pa.DataType) -> pa.Array:
    """Three strings, the second of which is Latin-1."""
    raw = pa.array([b"ok", b"caf\xe9", b"fine"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    if kind == pa.string():
        return text
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), text)
    other = {pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}[kind]
    return pa.Array.from_buffers(kind, 3, raw.cast(other).buffers())


KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


@pytest.mark.parametrize(
    ("kind", "place"),
    # what is replaced in a slot is asked of plain text, which is what sources hand over
    [*((kind, "summary") for kind in KINDS), *((kind, "text") for kind in KINDS[:2])],
    ids=str,
)
def test_bytes_that_are_not_utf8_are_refused(kind: pa.DataType, place: str) -> None:
    columns = {"text": pa.array(list("abc")), "summary": pa.array(list("def"))}
    batch = pa.record_batch({**columns, place: not_utf8(kind)})
    assert refusal(find("billsum"), batch) == (
        "task 'billsum': rows 100 to 102 of plain_text/train.parquet in org/name@0a1b2c3: "
        "expected UTF-8, got other bytes (Invalid UTF8 sequence at string index 1); "
        "repair the source"
    )


def test_bytes_that_are_not_utf8_are_refused_among_accepted_answers() -> None:
    inner = pa.ListArray.from_arrays([0, 3], not_utf8(pa.string()))
    batch = pa.record_batch(
        {
            "context": ["c"],
            "question": ["q"],
            "answers": pa.StructArray.from_arrays([inner], ["text"]),
        }
    )
    message = refusal(find("squad"), batch)
    assert message.startswith(
        "task 'squad': rows 100 to 100 of plain_text/train.parquet in org/name@0a1b2c3: "
        "expected UTF-8, got other bytes ("
    )
    assert message.endswith("Invalid UTF8 sequence at string index 1); repair the source")


@pytest.mark.parametrize("name", ["squad", "billsum"])
def test_only_the_batch_that_has_the_bytes_is_refused(name: str) -> None:
    # sources cuts what it reads into slices, which share their buffers
    bad = not_utf8(pa.string())
    lists = pa.ListArray.from_arrays([0, 1, 2, 3], bad)
    batch = pa.record_batch(
        {"text": list("abc"), "summary": bad}
        if name == "billsum"
        else {
            "context": list("abc"),
            "question": list("abc"),
            "answers": pa.StructArray.from_arrays([lists], ["text"]),
        }
    )
    binding = bind(find(name), batch.schema)
    for row, text in ((0, "ok"), (2, "fine")):
        rendered, _ = render(binding, batch.slice(row, 1), np.array([row]), ORIGIN)
        assert rendered.column("references").to_pylist() == [[text]]
    assert f"task '{name}': rows 1 to 1 of" in refusal(find(name), batch.slice(1, 1), 1)


def test_bytes_in_a_column_that_is_not_rendered_are_not_looked_at() -> None:
    columns = {"text": list("abc"), "summary": list("def"), "title": not_utf8(pa.string())}
    batch = pa.record_batch(columns)
    rendered, drops = render(bind(find("billsum"), batch.schema), batch, np.arange(3), ORIGIN)
    assert (rendered.num_rows, drops) == (3, {})
