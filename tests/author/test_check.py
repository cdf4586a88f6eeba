"""The linter: every fault it knows is planted here, and found by its rule and no other."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, Build, imdb_rows, read_shards, write_parquet
from hub_server import LoopbackHub
from mixbuild.author.check.chi_square import chi_square_tail, uniformity
from mixbuild.author.check.report import as_data, as_text
from mixbuild.author.check.rules import ERROR, RULES, WARNING, Finding
from mixbuild.author.check.run import Checked, check
from mixbuild.author.check.samples import check_samples
from mixbuild.author.check.sheets import read_records
from mixbuild.cli import main as cli
from mixbuild.core.errors import SourceError, TaskError, UsageError
from mixbuild.declare.options import ChoiceSlot, choices, position
from mixbuild.declare.slots import Slot, column, field, holds, joined, label, optional
from mixbuild.declare.task import Source, Task
from mixbuild.declare.template import Template
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.sources.read import read
from mixbuild.sources.resolve import SAMPLES, resolve
from mixbuild.tasks import ALL, find

SOURCE = Source("org/made-up", license="mit", citation="@misc{a, title={B}}", limits=("None.",))
LABEL = label("label", {"neg": "negative", "pos": "positive"})

MOOD = Task(
    name="mood",
    family="sentiment",
    source=SOURCE,
    splits={"train": "train"},
    slots={"label": LABEL, "advice": label("label", {"0": "no", "1": "yes"})},
    templates=(
        Template("seed", "Classify this sentence sentiment: {text} \n[OUTPUT]: {label}"),
        Template("choose", "Is this review positive or negative?\n\n{text}\n\n[OUTPUT]: {label}"),
        Template(
            "options_listed",
            "What did they think?\n\n{text}\n\nOptions:\n- negative\n- positive\n\n"
            "[OUTPUT]: {label}",
        ),
        Template("terse", "{text}\nSentiment?\n[OUTPUT]: {label}"),
        Template(
            "recommended", "Would they go again, yes or no? Guess.\n{text}\n[OUTPUT]: {advice}"
        ),
        Template("attitude", "Name the attitude behind such words: {text}\n[OUTPUT]: {label}"),
        Template(
            "critic", "You sort mail by its tone.\n\nLetter: {text}\nTray:\n[OUTPUT]: {label}"
        ),
        Template("diary", "From a diary: {text}\nMood of the day?\n[OUTPUT]: {label}"),
        Template(
            "friend",
            "A friend writes this to you. Is it good news (yes) or not (no)?\n\n{text}\n"
            "[OUTPUT]: {advice}",
        ),
        Template("write_it", "Write a {label} remark.\n[OUTPUT]: {text}", inverted=True),
    ),
)
"""A task without a fault, of labels."""

FACTS = Task(
    name="facts",
    family="closed-book question answering",
    source=SOURCE,
    splits={"train": "train"},
    templates=(
        Template("seed", "Answer the following question: {question} \n[OUTPUT]: {answer}"),
        Template("brief", "{question}\n\nA few words are enough.\n\n[OUTPUT]: {answer}"),
        Template("quiz", "The host of a show asks: {question}\nYour reply?\n[OUTPUT]: {answer}"),
        Template("recall", "Tell me from memory, please.\n\n{question}\n[OUTPUT]: {answer}"),
        Template("terse", "Q: {question}\nShort?\n[OUTPUT]: {answer}"),
        Template("wonder", "A child wonders: {question} Explain it simply.\n[OUTPUT]: {answer}"),
        Template("card", "Front of the flash card: {question}\nBack of it:\n[OUTPUT]: {answer}"),
        Template("note", "Somebody left a note: {question}\nLeave one back.\n[OUTPUT]: {answer}"),
        Template("radio", "A listener calls in to know: {question} Say it.\n[OUTPUT]: {answer}"),
        Template(
            "ask", 'What was asked, if "{answer}" is right?\n[OUTPUT]: {question}', inverted=True
        ),
    ),
)
"""A task without a fault, of free text."""

OPTIONS = choices("options", answer=position("right"))
QUIZ = Task(
    name="quiz",
    family="multiple choice",
    source=SOURCE,
    splits={"train": "train"},
    slots={
        "lettered": OPTIONS.lettered(),
        "bullets": OPTIONS.bulleted(),
        "line": OPTIONS.inline(),
        "text": OPTIONS.text(),
        "letter": OPTIONS.letter(),
        "both": OPTIONS.both(),
    },
    templates=(
        Template("seed", "Answer with letter and text: {question} \n{lettered}\n[OUTPUT]: {both}"),
        Template("pick", "{question}\n\nPick one:\n{bullets}\n\n[OUTPUT]: {text}"),
        Template("only", "Give the letter alone.\n\n{question}\n{lettered}\n[OUTPUT]: {letter}"),
        Template(
            "one_of", "{question} It is one of these: {line}.\n[OUTPUT]: The answer is {text}."
        ),
        Template("guess", "Do you know this?\n\n{question}\n\n{line}\n\n[OUTPUT]: {text}"),
        Template("sheet", "On an answer sheet: {question}\n{lettered}\nBox:\n[OUTPUT]: {letter}"),
        Template("blind", "No help is offered this time. {question}\n[OUTPUT]: {text}"),
        Template("exam", "Exam.\n\n{lettered}\n\nItem: {question}\nMark:\n[OUTPUT]: {letter}"),
        Template(
            "because", "{question}\n{bullets}\nIt is {text}. Name its colour.\n[OUTPUT]: {hue}"
        ),
        Template("ask", "Make a riddle out of {line}.\n[OUTPUT]: {question}", inverted=True),
    ),
)
"""A task without a fault, of options."""

TEXTS = pa.schema([("question", pa.string()), ("answer", pa.string())])
LABELLED = pa.schema([("text", pa.string()), ("label", pa.int64())])
CHOSEN = pa.schema(
    [
        ("question", pa.string()),
        ("hue", pa.string()),
        ("options", pa.list_(pa.string())),
        ("right", pa.int64()),
    ]
)

Row = dict[str, Any]


def mood_rows(
    count: int = 200, text: str = "What they saw on day {}.", every: int = 2
) -> list[Row]:
    return [{"text": text.format(n), "label": int(n % every == 0)} for n in range(count)]


def facts_rows(count: int = 60) -> list[Row]:
    return [
        {"question": f"Who won in {n}?", "answer": f"Team {n * 7 + 1000}"} for n in range(count)
    ]


def quiz_rows(count: int = 200) -> list[Row]:
    """The right option is the first throughout."""
    return [
        {
            "question": f"What is thing {n}?",
            "hue": f"hue{n}",
            "options": [f"right{n}", f"wrong{n}", f"false{n}", f"other{n}"],
            "right": 0,
        }
        for n in range(count)
    ]


@dataclass(frozen=True)
class Linter:
    """Checks tasks against rows written to a folder."""

    folder: Path

    def __call__(self, task: Task, source: Sequence[Row] | None = None, **options: Any) -> Checked:
        made: Mapping[str, tuple[Callable[[], list[Row]], pa.Schema]] = {
            "mood": (mood_rows, LABELLED),
            "facts": (facts_rows, TEXTS),
            "quiz": (quiz_rows, CHOSEN),
        }
        default, schema = made[task.name]
        rows = default() if source is None else source
        if set(rows[0]) - set(schema.names):
            schema = pa.Table.from_pylist(list(rows)).schema
        write_parquet(self.folder / "train-00000-of-00001.parquet", rows, schema)
        return check([task], {task.name: str(self.folder)}, **options)


@pytest.fixture
def lint(tmp_path: Path) -> Linter:
    return Linter(tmp_path / "source")


def with_template(task: Task, text: str, *, name: str = "planted", inverted: bool = False) -> Task:
    return replace(
        task, templates=(*task.templates, Template(name, text, inverted)), slots=declared(task)
    )


def declared(task: Task, **more: Slot | ChoiceSlot) -> dict[str, Slot | ChoiceSlot]:
    return {**task.slots, **more}


def broken(checked: Checked) -> set[tuple[str, str]]:
    """The rules that are broken, each with its severity."""
    return {(each.rule, each.severity) for each in checked.findings}


def only(checked: Checked) -> Finding:
    (finding,) = checked.findings
    return finding


@pytest.mark.parametrize("task", [MOOD, FACTS, QUIZ], ids=lambda task: task.name)
def test_a_task_without_a_fault_is_clean(task: Task, lint: Linter) -> None:
    checked = lint(task)
    assert checked.findings == ()
    assert checked.tasks == 1
    assert checked.source_rows in (60, 200)
    assert checked.rendered_rows == 10 * checked.source_rows


def test_the_splits_that_are_there_are_checked_and_the_others_named(lint: Linter) -> None:
    task = replace(FACTS, splits={"train": "train", "held": "validation"}, slots={})
    checked = lint(task)
    message = "the source has no 'validation', of which nothing can be said"
    assert only(checked) == Finding("facts", "missing-split", WARNING, message)
    assert checked.source_rows == 60
    with pytest.raises(SourceError, match="unknown split 'validation'"):
        lint(task, splits=["held"])


def test_what_is_wrong_with_the_columns_is_told_where_a_split_is_missing_too(
    tmp_path: Path,
) -> None:
    table = pa.table({"text": ["a film", "a song"], "label": [True, False]})
    pq.write_table(table, tmp_path / "train.parquet")
    checked = check([find("imdb")], {"imdb": str(tmp_path)}, splits=["train"])
    (found,) = [each for each in checked.findings if each.severity == ERROR]
    assert found == Finding(
        "imdb",
        "unrenderable",
        ERROR,
        "task 'imdb': expected numbers or names of classes in the column 'label', found truth "
        "values, which do not say which class is true; take a mirror with numbers or names, or "
        "declare what false and true are called: flag('label', ('negative', 'positive'))",
    )


def test_files_that_disagree_are_told_and_not_taken_for_a_misspelt_column(tmp_path: Path) -> None:
    for at, labels in enumerate(([0], ["neg"])):
        table = pa.table({"text": ["a film"], "label": labels})
        pq.write_table(table, tmp_path / f"train-{at:05}-of-00002.parquet")
    checked = check([find("imdb")], {"imdb": str(tmp_path)})
    (found,) = [each for each in checked.findings if each.severity == ERROR]
    assert (found.rule, found.message) == (
        "unrenderable",
        f"{tmp_path}: expected one kind of column 'label' in all files, got int64 in "
        "train-00000-of-00002.parquet, and string in train-00001-of-00002.parquet; correct the "
        "files, or take a mirror whose files agree",
    )


def test_a_split_is_checked_of_the_tasks_that_have_it(lint: Linter) -> None:
    lint(FACTS)
    other = replace(FACTS, name="other", splits={"half": "train"}, slots={})
    sources = {"facts": str(lint.folder), "other": str(lint.folder)}
    checked = check([FACTS, other], sources, splits=["half"])
    assert (checked.tasks, checked.source_rows) == (1, 60)
    with pytest.raises(UsageError) as caught:
        check([FACTS, other], sources, splits=["hal"])
    assert str(caught.value) == "unknown split 'hal'; did you mean 'half'? Known: train, half"


# ---------------------------------------------------------------- declarations


@pytest.mark.parametrize(
    ("rule", "text", "message"),
    [
        (
            "similar-templates",
            "Classify this SENTENCE; sentiment! {text}\n\n[OUTPUT]: {label}",
            "is 100% the same words as 'seed': "
            r"'Classify this SENTENCE; sentiment! {text}\n\n[OUTPUT]: {label}'",
        ),
        ("instruction", "1, 2, 3, 4, 5, 6: {text}\n7, 8, 9?\n[OUTPUT]: {label}",
         r"no word of instruction in '1, 2, 3, 4, 5, 6: {text}\n7, 8, 9?\n[OUTPUT]: {label}'"),
        ("unfinished", "TODO say what to do, for {text}\n[OUTPUT]: {label}",
         r"a TODO in 'TODO say what to do, for {text}\n[OUTPUT]: {label}'"),
        ("spacing", "Tell me  more of {text}\n[OUTPUT]: {label}",
         r"a doubled space in 'Tell me  more of {…}\n[OUTP'"),
        ("spacing", "Which mood has {text} \n[OUTPUT]: {label}", "a space at the end of a line"),
        ("spacing", "Which mood\n has {text}\n[OUTPUT]: {label}", "a space at the beginning of"),
        ("spacing", "Which mood?\n\n\n{text}\n[OUTPUT]: {label}", "more than one blank line"),
        ("spacing", "\nWhich mood has {text}\n[OUTPUT]: {label}", "a line break at the beginning"),
        ("punctuation", "Whose mood is {text} ?\n[OUTPUT]: {label}", "a space before punctuation"),
        ("punctuation", "Say its mood,, then: {text}\n[OUTPUT]: {label}", "doubled punctuation"),
        ("punctuation", "Say its mood.: {text}\n[OUTPUT]: {label}", "doubled punctuation"),
        ("punctuation", "Whose mood\n, {text}\n[OUTPUT]: {label}", "stray punctuation"),
        ("punctuation", "Whose mood (or tone? {text}\n[OUTPUT]: {label}", "an ( without its )"),
        ("punctuation", 'Whose mood is "{text}?\n[OUTPUT]: {label}', 'a " without its other'),
        ("doubled-word", "Judge the the tone here: {text}\n[OUTPUT]: {label}",
         "twice in a row: 'the the'"),
        ("inverted", "Compose something in the mood of {advice}.\n[OUTPUT]: {text}",
         "asks for what the seed's prompt gives (text), and is not marked as inverted"),
        ("stray-text", "How do they sound?\nn{text}\n[OUTPUT]: {label}",
         "a letter glued to a line break in"),
        ("stray-text", "Read it all.\n\nnHow does {text} sound?\n[OUTPUT]: {label}",
         "a letter glued to a line break in"),
        ("stray-text", "Read it.\nnthese words: {text}\n[OUTPUT]: {label}",
         "a letter glued to a line break in"),
        ("stray-text", r"How do they sound?\nText: {text} [OUTPUT]: {label}",
         "a backslash and a letter for a line break in"),
        ("stray-text", "How does {{text}} sound? {text}\n[OUTPUT]: {label}",
         "an unfilled placeholder in 'How does {text} sound? {…}"),
        ("stray-text", "How does a cafÃ© owner sound? {text}\n[OUTPUT]: {label}",
         "a broken encoding in"),
        ("stray-text", "How doesnâ€™t it sound? {text}\n[OUTPUT]: {label}", "a broken encoding in"),
        ("stray-text", "How does caf\ufffd sound? {text}\n[OUTPUT]: {label}",
         "a replacement character in"),
        ("stray-text", "How does this\x07 sound? {text}\n[OUTPUT]: {label}",
         "a control character in"),
        ("answer-in-prompt", "To be filed under {label}: {text}\nWhere?\n[OUTPUT]: {label}",
         "{label} in the prompt gives away what is asked for"),
    ],
)  # fmt: skip
def test_a_faulty_template_breaks_one_rule(
    rule: str, text: str, message: str, lint: Linter
) -> None:
    checked = lint(with_template(MOOD, text))
    found = {(each.rule, each.severity, each.template) for each in checked.findings}
    assert found == {(rule, ERROR, "planted")}
    assert checked.findings[0].message.startswith(message)


def test_the_seeds_space_before_a_line_break_is_kept_and_no_other(lint: Linter) -> None:
    seed = Template("seed", "Classify this sentence sentiment:  {text} \n[OUTPUT]: {label}")
    task = replace(MOOD, templates=(seed, *MOOD.templates[1:]), slots=declared(MOOD))
    assert only(lint(task)).message.startswith("a doubled space in 'ence sentiment:  {…} ")


@pytest.mark.parametrize(
    "text",
    [
        "Is it good, bad, etc., or e.g., fine (say)?\na) yes: {text}\n[OUTPUT]: {label}",
        'Call it "great"... or not: {text}\n[OUTPUT]: {label}',
        "He had had that that day: {text}\n[OUTPUT]: {label}",
        "Look:\n\nnothing, or the\nnth: {text}\n[OUTPUT]: {label}",
    ],
)
def test_what_only_looks_like_a_fault_is_none(text: str, lint: Linter) -> None:
    assert lint(with_template(MOOD, text)).findings == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (replace(SOURCE, citation="B, 2020"), "expected a citation in BibTeX, got 'B, 2020'"),
        (
            replace(SOURCE, citation="@misc{a, b={c}"),
            "expected a citation in BibTeX, got '@misc{a, b={c}'",
        ),
        (
            replace(SOURCE, license="cc-by-sa-40"),
            "expected a licence as the Hub spells it, got 'cc-by-sa-40'; "
            "did you mean 'cc-by-sa-4.0'?",
        ),
        (replace(SOURCE, limits=()), "no limits: what should a user of the rows know?"),
        (replace(SOURCE, limits=(" ",)), "no limits: what should a user of the rows know?"),
    ],
)  # fmt: skip
def test_a_source_is_cited_licensed_and_limited(source: Source, message: str, lint: Linter) -> None:
    checked = lint(replace(MOOD, source=source, slots=declared(MOOD)))
    assert only(checked) == Finding("mood", "attribution", ERROR, message)


def test_what_is_left_to_do_beside_the_templates_is_named(lint: Linter) -> None:
    slots = {"label": label("label", {"0": "TODO name of 0", "1": "glad"})}
    source = replace(SOURCE, limits=("TODO: what a user should know",))
    found = lint(replace(MOOD, source=source, slots=slots)).findings
    assert {each.message for each in found if each.rule == "unfinished"} == {
        "a TODO in 'TODO: what a user should know'",
        "a TODO in 'TODO name of 0'",
    }


def test_what_is_left_to_do_in_its_file_and_samples_is_named(
    lint: Linter, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = replace(MOOD, declaration='"""TODO: what it asks for."""\nTASK = …\n# TODO: ten\n')
    (found,) = (each for each in lint(begun).findings if each.rule == "unfinished")
    assert found.message == "a TODO in lines 1, 3 of its file"

    rendered = importlib.import_module("mixbuild.author.check.rendered")
    monkeypatch.setattr(rendered, "TODO", "umbrella")
    checked = check([find("imdb")], {"imdb": "samples"})
    (found,) = (each for each in checked.findings if each.rule == "unfinished")
    assert found.message == "a umbrella in 2 of its samples"


def test_samples_are_ten_of_each_split_and_shown_by_a_golden(tmp_path: Path) -> None:
    task = find("imdb")
    records = read_records(task, Request([task], tmp_path, {"imdb": SAMPLES}, templates="all"))
    assert list(check_samples(task, records)) == []
    assert {each.origin.split for each in records} == {"train", "test"}
    few = [
        replace(each, numbers=each.numbers[:9]) if each.origin.split == "test" else each
        for each in records
    ]
    about = tmp_path / "tasks/samples/imdb/README.md"
    about.parent.mkdir(parents=True)
    about.write_text("TODO: say which of the rows are awkward on purpose.")
    (tmp_path / "tests/tasks/golden").mkdir(parents=True)
    found = list(check_samples(task, few, package=tmp_path, checkout=tmp_path))
    assert [(each.rule, each.severity, each.message) for each in found] == [
        ("few-samples", ERROR, "expected at least 10 sample rows of 'test', got 9"),
        ("unfinished", ERROR, "a TODO in its samples' README.md"),
        (
            "golden",
            ERROR,
            "expected tests/tasks/golden/imdb.txt, got none; UPDATE_GOLDENS=1 python -m pytest -q "
            "tests/tasks/test_catalog.py -k imdb",
        ),
    ]


def test_what_is_asked_of_the_catalog_is_a_warning_of_a_task_of_ones_own(lint: Linter) -> None:
    bare = replace(FACTS.source, citation="", limits=())
    own = replace(FACTS, source=bare, templates=FACTS.templates[:9], slots={})
    for theirs, severity in (([own.name], "warning"), ([], "error")):
        found = broken(lint(own, own=theirs))
        assert found == {("attribution", severity), ("few-templates", severity)}


def test_a_task_has_ten_templates(lint: Linter) -> None:
    checked = lint(replace(FACTS, templates=FACTS.templates[:9], slots={}))
    message = "expected at least 10 templates, got 9"
    assert only(checked) == Finding("facts", "few-templates", ERROR, message)


def test_two_tasks_of_one_name(lint: Linter) -> None:
    lint(FACTS)
    checked = check([FACTS, FACTS], {"facts": str(lint.folder)})
    assert only(checked) == Finding("facts", "task-name", ERROR, "2 tasks have this name")


def test_what_a_declaration_refuses_by_itself_never_comes_to_the_linter() -> None:
    seed = MOOD.templates[0]
    for faulty in (
        {"templates": (seed, Template("seed", "Other: {text} [OUTPUT]: {label}"))},
        {"templates": (seed,), "slots": {"label": LABEL, "unused": LABEL}},
        {"source": replace(SOURCE, license="")},
    ):
        with pytest.raises(TaskError):
            replace(MOOD, **{"slots": declared(MOOD), **faulty})  # type: ignore[arg-type]


def test_a_placeholder_that_nothing_fills_is_named_with_its_near_match(lint: Linter) -> None:
    task = with_template(FACTS, "Once more, slowly: {questiom}\n[OUTPUT]: {answer}")
    message = "{questiom} needs 'questiom', which the source lacks; did you mean 'question'?"
    assert only(lint(task)) == Finding("facts", "unknown-placeholder", ERROR, message, "planted")


def test_a_field_that_a_struct_lacks_is_an_unknown_placeholder(lint: Linter) -> None:
    task = with_template(FACTS, "Once more, slowly: {inner}\n[OUTPUT]: {answer}")
    task = replace(task, slots=declared(task, inner=column("extra", "txt")))
    rows = [{**row, "extra": {"text": "x"}} for row in facts_rows()]
    finding = only(lint(task, rows))
    message = "{inner} needs 'extra.txt', which the source lacks"
    assert finding == Finding("facts", "unknown-placeholder", ERROR, message, "planted")


def test_a_task_whose_rows_cannot_be_rendered_is_a_finding_and_the_others_go_on(
    lint: Linter, tmp_path: Path
) -> None:
    lint(FACTS)
    good = tmp_path / "good"
    lint.folder.rename(good)
    lint(MOOD, [{"text": "a", "label": 2}])
    checked = check([MOOD, FACTS], {"mood": str(lint.folder), "facts": str(good)})
    finding = only(checked)
    assert (finding.task, finding.rule, finding.severity) == ("mood", "unrenderable", ERROR)
    assert "expected a label from 0 to 1 (negative, positive) in 'label', got 2" in finding.message
    assert checked.rendered_rows == 10 * 60


def test_a_number_where_a_text_is_wanted_cannot_be_rendered(lint: Linter) -> None:
    finding = only(lint(FACTS, [{"question": "Who?", "answer": 7, "more": 1}]))
    assert (finding.rule, finding.severity) == ("unrenderable", ERROR)
    assert "{answer} makes no text" in finding.message


def test_the_flag_of_a_template_that_asks_for_what_the_seed_asks_for(lint: Linter) -> None:
    task = with_template(MOOD, "Tell how this feels: {text}\n[OUTPUT]: {label}", inverted=True)
    message = "is marked as inverted, and asks for what the seed asks for"
    assert only(lint(task)) == Finding("mood", "inverted", ERROR, message, "planted")


# ---------------------------------------------------------------- rows


def test_a_constant_completion(lint: Linter) -> None:
    rows = [{**row, "answer": "Berlin"} for row in facts_rows()]
    checked = lint(with_template(FACTS, "Rows of one kind: {question}\n[OUTPUT]: {answer}"), rows)
    # the inverted template's prompt is then the same for all rows
    assert broken(checked) == {("constant-completion", ERROR), ("same-prompt", ERROR)}
    (finding,) = (each for each in checked.findings if each.template == "planted")
    assert finding.message == "all 60 rows have the completion 'Berlin'"
    assert finding.row == "facts/train/train-00000-of-00001.parquet:0"


def test_a_slotless_input(lint: Linter) -> None:
    task = with_template(FACTS, "Say what you are asked: {nothing}\n[OUTPUT]: {answer}")
    nothing = Slot(pc.if_else(field("question").is_valid(), "so", "or so"), (("question",),))
    finding = only(lint(replace(task, slots=declared(task, nothing=nothing))))
    assert (finding.rule, finding.severity, finding.template) == ("same-prompt", ERROR, "planted")
    assert finding.message == (
        r"all 60 rows have the prompt 'Say what you are asked: so\n[OUTPUT]:'"
    )


@pytest.mark.parametrize(("kinds", "severity"), [(10, ERROR), (50, WARNING)])
def test_a_prompt_that_lacks_what_decides(kinds: int, severity: str, lint: Linter) -> None:
    rows = [{**row, "question": f"Who won in {n % kinds}?"} for n, row in enumerate(facts_rows())]
    checked = lint(FACTS, rows)
    assert broken(checked) == {("ambiguous-prompt", severity)}
    count = "all 60 rows" if kinds == 10 else "20 of 60 rows"
    assert checked.findings[0].message.startswith(f"{count} have a prompt that comes with several")


def test_an_inverted_template_may_ask_for_one_of_many(lint: Linter) -> None:
    rows = [{**row, "answer": f"Place {n % 10}"} for n, row in enumerate(facts_rows())]
    text = "Tell a question of many to this answer: {answer}\n[OUTPUT]: {question}"
    assert broken(lint(with_template(FACTS, text, inverted=True), rows)) == set()
    assert broken(lint(with_template(FACTS, text), rows)) == {
        ("ambiguous-prompt", ERROR),
        ("inverted", ERROR),
    }


def test_the_same_row_twice_is_not_ambiguous(lint: Linter) -> None:
    assert lint(FACTS, facts_rows() * 2).findings == ()


@pytest.mark.parametrize(("unseen", "severity"), [(60, ERROR), (2, WARNING)])
def test_completions_in_which_nothing_can_be_seen(unseen: int, severity: str, lint: Linter) -> None:
    rows = facts_rows()
    for n in range(unseen):
        rows[n]["answer"] = "\u200b" * (n + 1)
    checked = lint(FACTS, rows)
    assert broken(checked) == {("empty-completion", severity)}


def test_a_template_that_makes_no_row(lint: Linter) -> None:
    task = with_template(FACTS, "Tell me something else: {question}\n[OUTPUT]: {other}")
    finding = only(lint(task, [{**row, "other": " "} for row in facts_rows()]))
    message = "makes no row of any record that was read"
    assert finding == Finding("facts", "empty-completion", ERROR, message, "planted")
    few = lint(task, [{**row, "other": " "} for row in facts_rows(19)])
    assert few.findings == ()
    assert few.unjudged["empty-completion"] == ("facts",)


@pytest.mark.parametrize(("leaks", "severity"), [(60, ERROR), (36, WARNING), (20, None)])
def test_an_answer_in_the_prompt(leaks: int, severity: str | None, lint: Linter) -> None:
    rows = facts_rows()
    for row in rows[:leaks]:
        row["question"] += f" Not {row['answer'].upper()}?"
    checked = lint(FACTS, rows)
    assert broken(checked) == ({("answer-in-prompt", severity)} if severity else set())
    if severity == WARNING:
        assert checked.findings[0].message == (
            "36 of 60 rows have their completion in the prompt: 'Team 1000'"
        )


def test_an_answer_that_is_to_be_found_in_the_prompt_is_no_leak(lint: Linter) -> None:
    rows = [{**row, "question": f"{row['question']} {row['answer']}!"} for row in facts_rows()]
    extractive = replace(FACTS, family="question answering", slots={})
    assert lint(extractive, rows).findings == ()


def test_a_part_of_a_word_is_no_leak(lint: Linter) -> None:
    rows = [{**row, "question": f"{row['question']} x{row['answer']}0"} for row in facts_rows()]
    assert lint(FACTS, rows).findings == ()


def test_the_name_of_a_label_in_its_own_rows_alone_is_a_leak(lint: Linter) -> None:
    names = ("negative", "positive")
    leaky = [{**row, "text": f"{row['text']} ({names[row['label']]})"} for row in mood_rows()]
    checked = lint(MOOD, leaky)
    assert broken(checked) == {("answer-in-prompt", ERROR)}
    assert {each.template for each in checked.findings} == {
        template.name for template in MOOD.templates if template.outputs == ("label",)
    }


def test_the_names_of_labels_in_any_rows_are_chance(lint: Linter) -> None:
    everywhere = mood_rows(text="No positive word, no negative word, on day {}, yes!")
    assert lint(MOOD, everywhere).findings == ()


def test_options_that_stand_in_every_question_are_no_leak(lint: Linter) -> None:
    rows = quiz_rows()
    for row in rows:
        row["question"] += f" Is it {' or '.join(row['options'])}?"
    assert lint(QUIZ, rows).findings == ()


def test_the_right_option_in_a_prompt_that_offers_no_help_is_a_leak(lint: Linter) -> None:
    rows = quiz_rows()
    for row in rows:
        row["question"] += f" Is it {row['options'][0]}?"
    checked = lint(QUIZ, rows)
    assert {(each.rule, each.template) for each in checked.findings} == {
        ("answer-in-prompt", "blind")
    }


def test_a_prompt_that_gives_the_letter_and_asks_for_the_text(lint: Linter) -> None:
    task = with_template(QUIZ, "It is {letter}. Spell it out.\n{lettered}\n[OUTPUT]: {text}")
    message = "{letter} in the prompt gives away what is asked for"
    assert only(lint(task)) == Finding("quiz", "answer-in-prompt", ERROR, message, "planted")


def test_stray_text_of_the_source_is_counted(lint: Linter) -> None:
    rows = facts_rows()
    rows[3]["question"] += " cafÃ©"
    rows[4]["question"] += " cafÃ©\x85"
    rows[5]["answer"] += r" one\nTwo"
    finding = only(lint(FACTS, rows))
    assert finding == Finding(
        "facts",
        "source-text",
        WARNING,
        "a backslash and a letter for a line break in 1 of 60 rows; a broken encoding in 2 of 60 "
        "rows; a control character in 1 of 60 rows",
    )


def test_stray_text_of_a_slot_is_the_declarations(lint: Linter) -> None:
    task = with_template(FACTS, "Consider well: {framed}\n[OUTPUT]: {answer}")
    framed = optional("question", before="\x07")
    finding = only(lint(replace(task, slots=declared(task, framed=framed))))
    assert (finding.rule, finding.severity) == ("stray-text", ERROR)
    assert finding.message == (
        "a control character in all 60 rows, and not in their source: it is a slot's"
    )


def test_an_unseeded_choice(lint: Linter) -> None:
    task = with_template(FACTS, "Toss a coin, {coin}: {question}\n[OUTPUT]: {answer}")
    toss = pc.Expression._call("random", [], pc.RandomOptions())
    coin = Slot(pc.if_else(toss < 0.5, "heads", "tails"), (("question",),))
    checked = lint(replace(task, slots=declared(task, coin=coin)))
    finding = only(checked)
    assert (finding.rule, finding.severity, finding.template) == ("unseeded", ERROR, "planted")
    assert finding.row.startswith("facts/train/train-00000-of-00001.parquet:")


def test_a_label_that_no_row_has(lint: Linter) -> None:
    task = with_template(MOOD, "Three trays, which one? {text}\n[OUTPUT]: {tray}")
    tray = label("label", {"0": "left", "1": "middle", "2": "right"})
    finding = only(lint(replace(task, slots=declared(task, tray=tray))))
    assert (finding.rule, finding.severity) == ("unseen-label", WARNING)
    assert finding.message == "'right' in none of 200 rows"


@pytest.mark.parametrize(("every", "uneven"), [(5, False), (10, True)])
def test_labels_of_which_one_is_rare(every: int, uneven: bool, lint: Linter) -> None:
    checked = lint(MOOD, mood_rows(every=every))
    assert broken(checked) == ({("class-balance", WARNING)} if uneven else set())
    if uneven:
        assert [each.message for each in checked.findings] == [
            "180 rows are 'negative', 20 are 'positive'",
            "180 rows are 'no', 20 are 'yes'",
        ]


def test_a_name_that_two_classes_share_may_be_twice_as_frequent(lint: Linter) -> None:
    rows = [{"text": f"Text {n}.", "label": min(n % 8, 2)} for n in range(200)]  # 25, 25, 150
    slots = {
        "label": label("label", {"0": "up", "1": "down", "2": "down"}),
        "advice": MOOD.slots["advice"],
    }
    templates = tuple(
        Template(each.name, each.text.replace("{advice}", "{label}"), each.inverted)
        for each in MOOD.templates
        if each.name not in ("choose", "options_listed")
    )
    task = replace(MOOD, templates=templates, slots={"label": slots["label"]})
    assert broken(lint(task, rows)) == {("few-templates", ERROR)}  # 175 : 25 is 3.5 : 1 by class


def test_too_few_rows_are_said_to_be_too_few(lint: Linter) -> None:
    checked = lint(MOOD, mood_rows(30))
    assert checked.findings == ()
    assert checked.unjudged == {"unseen-label": ("mood",), "class-balance": ("mood",)}
    assert as_text(checked) == (
        "1 task, 30 source rows, 300 rendered rows: 0 errors, 0 warnings, 0 waived; too few rows, "
        "or samples, to judge unseen-label (1 task), class-balance (1 task)"
    )


# ---------------------------------------------------------------- what is asked for


@pytest.mark.parametrize(
    ("rule", "answer", "shown"),
    [
        ("unclean-completion", "\u200bTeam {}", r"'\u200bTeam 1000'"),
        ("unclean-completion", "Team\t\t{}", r"'Team\t\t1000'"),
        ("unclean-completion", "Team.  It is {}", "'Team.  It is 1000'"),
        ("tokenised-target", "It 's team {}", '"It \'s team 1000"'),
        ("tokenised-target", "team {} ca n't", '"team 1000 ca n\'t"'),
        ("tokenised-target", "Team {} , I say", "'Team 1000 , I say'"),
        ("tokenised-target", "Team -lrb- {} -rrb-", "'Team -lrb- 1000 -rrb-'"),
        ("tokenised-target", "`` Team {}", "'`` Team 1000'"),
        ("markup", "Team&nbsp;{}", "'Team&nbsp;1000'"),
        ("markup", "Team #39;{}", "'Team #39;1000'"),
        ("markup", "Team<br />{}", "'Team<br />1000'"),
        ("markup", '<a href="x">Team {}</A>', "'<a href=\"x\">Team 1000</A>'"),
    ],
)
@pytest.mark.parametrize(
    ("count", "severity"), [(60, ERROR), (3, WARNING), (2, WARNING), (1, None)]
)
def test_a_target_that_nobody_would_write(
    rule: str, answer: str, shown: str, count: int, severity: str | None, lint: Linter
) -> None:
    if (rule, count) == ("tokenised-target", 2):
        severity = None  # a few authors write so
    rows = facts_rows()
    for row in rows[:count]:
        row["answer"] = answer.format(row["answer"].removeprefix("Team "))
    checked = lint(FACTS, rows)
    assert broken(checked) == ({(rule, severity)} if severity else set())
    if severity:
        rows_found = "all 60 rows" if count == 60 else f"{count} of 60 rows"
        assert checked.findings[0].message == f"{rows_found}: {shown}"
        assert len(checked.findings) == 9


@pytest.mark.parametrize(
    "answer",
    [
        "{}: a < b & c > d; e",
        "'{}' -- it's so... isn't it?",
        "{} 霜",
        "x = [{}, 1.5] # 39",
        "R&B {}",
    ],
)
def test_a_target_that_somebody_might_write(answer: str, lint: Linter) -> None:
    rows = [{**row, "answer": answer.format(row["answer"])} for row in facts_rows()]
    assert lint(FACTS, rows).findings == ()


def test_a_target_shorter_than_a_word(lint: Linter) -> None:
    rows = facts_rows(52)
    for row, short in zip(rows, ("x", "?!", "霜", "7", "no"), strict=False):
        row["answer"] = short
    finding = lint(FACTS, rows).findings[0]
    assert (finding.rule, finding.severity) == ("short-completion", WARNING)
    assert finding.message == "2 of 52 rows: 'x'"


def test_a_question_that_asks_to_choose_where_nothing_is_listed(lint: Linter) -> None:
    rows = quiz_rows()
    for row in rows[5:55]:
        row["question"] = row["question"].replace("What is thing", "Which of these is")
    finding = only(lint(QUIZ, rows))
    assert (finding.rule, finding.severity, finding.template) == (
        "missing-options",
        WARNING,
        "blind",
    )
    assert finding.message == "50 of 200 rows: 'red this time. Which of these is 5?\\n[OUTPUT]'"
    refused = {"asks to choose": holds("question", pattern="Which of these")}
    taught = tuple(
        replace(each, drops=refused) if each.name == "blind" else each for each in QUIZ.templates
    )
    assert lint(replace(QUIZ, templates=taught), rows).findings == ()


@pytest.mark.parametrize(("separator", "found"), [(", ", 2), ((", ", "; "), 0)])
def test_an_item_that_holds_what_the_list_is_joined_by(
    separator: str | tuple[str, ...], found: int, lint: Linter
) -> None:
    rows = [
        {**row, "answer": None, "all": ["one", f"two {n}"]} for n, row in enumerate(facts_rows())
    ]
    rows[3]["all"] = rows[9]["all"] = ["Rome, Italy", "Ulm"]
    answer = joined("all", separator=separator)
    checked = lint(replace(FACTS, slots={"answer": answer}), rows)
    messages = [each.message for each in checked.findings if each.rule == "separator-in-item"]
    assert messages == [
        "{answer}: an item of 2 of 60 rows holds ', ', by which they are joined: 'Rome, Italy'; "
        "give several separators"
    ] * bool(found)


def test_splits_that_have_rows_in_common(tmp_path: Path) -> None:
    rows = facts_rows(40)
    spelt = [{**row, "question": row["question"].replace(" won", "  WON")} for row in rows]
    for split, part in {"train": rows[:30], "test": [*rows[27:28], *spelt[28:]]}.items():
        write_parquet(tmp_path / f"{split}-00000-of-00001.parquet", part, TEXTS)
    task = replace(FACTS, splits={"train": "train", "test": "test"})
    found = check([task], {"facts": str(tmp_path)}).findings
    (finding,) = (each for each in found if each.rule == "overlapping-splits")
    assert (finding.severity, finding.template) == (WARNING, "")
    assert finding.message == (
        "train and test have 1 rows in common, 3 but for case, punctuation and spaces, of 13: "
        r"'Who won in 27?\nTeam 1189'"
    )


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Mood?\n\n{text}\n\nOptions:\n- positive\n- sad\n\n[OUTPUT]: {label}",
            "100 of 200 rows have a completion that is none of the options listed: 'negative'",
        ),
        (
            "Mood?\n\n{text}\n\nChoose:\n(A) happy\n(B) sad\n\n[OUTPUT]: {label}",
            "all 200 rows have a completion that is none of the options listed: 'positive'",
        ),
    ],
)
def test_a_label_outside_of_a_fixed_list(text: str, message: str, lint: Linter) -> None:
    finding = only(lint(with_template(MOOD, text)))
    assert (finding.rule, finding.severity, finding.message) == ("not-an-option", ERROR, message)


def test_a_label_that_a_prompt_forgets_to_name(lint: Linter) -> None:
    text = "Is it certain, possible or out of the question? {text}\n[OUTPUT]: {odds}"
    task = with_template(MOOD, text)
    odds = label("label", {"0": "certain", "1": "possible", "2": "impossible"})
    finding = lint(replace(task, slots=declared(task, odds=odds)), mood_rows(30)).findings[0]
    assert finding.rule == "not-an-option"
    assert finding.message == "the prompt names certain, possible, and not 'impossible'"


@pytest.mark.parametrize(
    "text",
    [
        "Compare them.\n1. {text}\n2. Some other remark\n[OUTPUT]: {label}",
        "Keep to the rules.\n- be brief\n- be honest\n\n{text}\n[OUTPUT]: {label}",
        "Mood?\n(1) negative\n(2) positive\n\n{text}\n[OUTPUT]: {label}",
    ],
)
def test_other_lists_are_no_options_or_have_them_all(text: str, lint: Linter) -> None:
    assert lint(with_template(MOOD, text)).findings == ()


def fixed_rows(count: int) -> list[Row]:
    return [{**row, "second": f"b{n}", "third": f"c{n}"} for n, row in enumerate(facts_rows(count))]


def test_gold_first_options_in_fixed_rows_over_ten_thousand_rows(lint: Linter) -> None:
    text = "{question}\nOptions:\n- {first}\n- {second}\n- {third}\n[OUTPUT]: {answer}"
    rows = [{**row, "first": row["answer"]} for row in fixed_rows(10_000)]
    finding = only(lint(with_template(FACTS, text), rows))
    assert (finding.rule, finding.severity, finding.template) == ("right-place", ERROR, "planted")
    assert finding.message == (
        "the right one of 3 options is at the places 10000, 0, 0 times (p = 0)"
    )
    names = ("first", "second", "third")
    shuffled = [
        {**row, **{name: row[names[(place + n) % 3]] for place, name in enumerate(names)}}
        for n, row in enumerate(rows)
    ]
    assert lint(with_template(FACTS, text), shuffled).findings == ()


def test_a_list_that_nothing_announces_is_of_options_if_the_completion_is_in_it(
    lint: Linter,
) -> None:
    rows = [{**row, "first": row["answer"]} for row in fixed_rows(100)]
    text = "{question} Look below.\n1. {first}\n2. {second}\n3. {third}\n[OUTPUT]: {answer}"
    assert only(lint(with_template(FACTS, text), rows)).rule == "right-place"
    others = "{question} Look below.\n1. {second}\n2. {third}\n[OUTPUT]: {answer}"
    assert lint(with_template(FACTS, others), rows).findings == ()


def test_a_list_that_is_announced_is_of_options_even_if_no_completion_is_in_it(
    lint: Linter,
) -> None:
    text = "{question}\nChoices:\n(A) {second}\n(B) {third}\n[OUTPUT]: {answer}"
    finding = only(lint(with_template(FACTS, text), fixed_rows(60)))
    assert (finding.rule, finding.severity) == ("not-an-option", ERROR)
    assert finding.message.startswith("all 60 rows have a completion that is none of the options")


def test_a_letter_of_options_in_fixed_rows_has_a_place_too(lint: Linter) -> None:
    text = "{question}\nChoices:\n(A) {second}\n(B) {third}\n[OUTPUT]: {letter}"
    rows = [{**row, "letter": "AB"[n % 8 == 0]} for n, row in enumerate(fixed_rows(80))]
    finding = only(lint(with_template(FACTS, text), rows))
    assert finding.message.startswith("the right one of 2 options is at the places 70, 10 times")


def test_gold_first_options_in_one_joined_slot(lint: Linter) -> None:
    text = "{question}\nOptions:\n- {all}\n[OUTPUT]: {answer}"
    rows = [{**row, "all": f"{row['answer']}\n- {row['second']}"} for row in fixed_rows(100)]
    finding = only(lint(with_template(FACTS, text), rows))
    assert finding.rule == "right-place"
    assert finding.message.startswith("the right one of 2 options is at the places 100, 0 times")


def test_a_target_outside_of_options_in_fixed_rows(lint: Linter) -> None:
    text = "{question}\nOptions:\n- {second}\n- {third}\n[OUTPUT]: {answer}"
    rows = fixed_rows(60)
    for n, row in enumerate(rows[:58]):
        row["second" if n % 2 else "third"] = row["answer"]
    finding = only(lint(with_template(FACTS, text), rows))
    assert (finding.rule, finding.severity) == ("not-an-option", ERROR)
    assert finding.message == (
        "2 of 60 rows have a completion that is none of the options listed: 'Team 1406'"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Which is it? {question}\n{bullets}\n[OUTPUT]: {letter}",
        "Which is it? {question}\n{lettered}\n[OUTPUT]: {hue}",
        "Which is it? {question}\n{line}\n[OUTPUT]: It is {hue}, I think.",
    ],
)
def test_a_completion_that_is_no_option_of_choices(text: str, lint: Linter) -> None:
    finding = only(lint(with_template(QUIZ, text)))
    assert (finding.rule, finding.severity, finding.template) == ("not-an-option", ERROR, "planted")
    assert finding.message.startswith("all 200 rows have a completion that is none of the options")


def test_a_shuffle_that_leaves_the_right_option_first(
    lint: Linter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "mixbuild.render.options.shuffled",
        lambda size, hashes: np.repeat(np.arange(size)[:, None], len(hashes), axis=1),
    )
    checked = lint(QUIZ, quiz_rows(1_000))
    # a template that asks for the letter now asks for an A throughout
    assert broken(checked) == {("right-place", ERROR), ("constant-completion", ERROR)}
    (finding,) = (each for each in checked.findings if each.rule == "right-place")
    assert finding.message == (
        "the right one of 4 options is at the places 1000, 0, 0, 0 times (p = 0)"
    )


def test_a_shuffle_is_judged_for_each_number_of_options(lint: Linter) -> None:
    rows = quiz_rows(1_000)
    for row in rows[::2]:
        row["options"] = row["options"][:3]
    assert lint(QUIZ, rows).findings == ()
    assert lint(QUIZ, rows[:10]).unjudged.get("right-place") == ("quiz",)


def test_an_option_that_is_never_right(lint: Linter) -> None:
    names = choices(names=("red", "green", "blue"), answer=position("colour"))
    task = with_template(FACTS, "Colour of {question}\n{colours}\n[OUTPUT]: {colour_name}")
    slots = declared(task, colours=names.bulleted(), colour_name=names.text())
    rows = [{**row, "colour": n % 2} for n, row in enumerate(facts_rows(200))]
    finding = only(lint(replace(task, slots=slots), rows))
    assert (finding.rule, finding.message) == ("unseen-label", "'blue' in none of 200 rows")


OPTION_TASKS = [
    task for task in ALL if any(isinstance(slot, ChoiceSlot) for slot in task.slots.values())
]


def made_up(task: Task, count: int) -> pa.Table:
    """Rows in the schema of the task's source, all of them with the right option where it was."""
    resolved = resolve(task, SAMPLES)
    run = resolved.runs[next(iter(task.splits))][0]
    _, batch = next(read(run, [(name,) for name in resolved.schema.names], schema=resolved.schema))
    return pa.Table.from_batches([batch.slice(0, 1)] * count).combine_chunks()


def letter_template(task: Task) -> Template:
    """A template that asks for the right option's letter and nothing else."""
    for template in task.templates:
        slot = task.slots[template.outputs[0]]
        letter = isinstance(slot, ChoiceSlot) and not slot.texts and slot.between is None
        if letter and len(template.completion) == 2:
            return template
    raise LookupError(task.name)


@pytest.mark.parametrize("task", OPTION_TASKS, ids=lambda task: task.name)
def test_the_right_place_is_uniform_and_the_same_in_two_builds(task: Task, tmp_path: Path) -> None:
    template = letter_template(task)
    split = next(iter(task.splits))
    table = made_up(task, 10_000)
    built = []
    for name, row_group_size in (("one", 10_000), ("two", 700)):
        folder = tmp_path / f"source-{name}"
        write_parquet(
            folder / f"{task.splits[split]}-00000-of-00001.parquet",
            table.to_pylist(), table.schema, row_group_size=row_group_size,
        )  # fmt: skip
        only_split = replace(
            task, splits={split: task.splits[split]}, slots=dict(task.slots), benchmarks={}
        )
        request = Request(
            [only_split], tmp_path / name, {task.name: str(folder)}, templates=template.name
        )
        make(request)
        built.append(read_shards(tmp_path / name, task.name, split))
    assert built[0].drop_columns(["source"]).equals(built[1].drop_columns(["source"]))
    places = Counter(built[0].column("completion").to_pylist())
    assert built[0].num_rows == 10_000
    assert set(places) == {f" {letter}" for letter in "ABCDEFGH"[: len(places)]}
    likelihood = uniformity(list(places.values()))
    assert likelihood is not None
    assert likelihood > 0.001, places


def test_there_are_option_tasks_to_look_at() -> None:
    assert {task.name for task in OPTION_TASKS} >= {"openbookqa", "commonsense_qa", "winogrande"}


@pytest.mark.parametrize(
    ("value", "degrees", "tail"),
    [
        (3.841459, 1, 0.05),
        (10.827566, 1, 0.001),
        (5.991465, 2, 0.05),
        (7.814728, 3, 0.05),
        (13.276704, 4, 0.01),
        (11.070498, 5, 0.05),
        (14.067140, 7, 0.05),
        (29.588298, 10, 0.001),
        (124.342113, 100, 0.05),
        (0.0, 3, 1.0),
    ],
)
def test_the_chi_square_test_gives_what_tables_give(
    value: float, degrees: int, tail: float
) -> None:
    assert chi_square_tail(value, degrees) == pytest.approx(tail, rel=1e-5)


# ---------------------------------------------------------------- waivers


def test_a_waived_rule_is_no_finding_and_is_counted(lint: Linter) -> None:
    waivers = {"few-templates": "it is small"}
    task = replace(FACTS, templates=FACTS.templates[:9], slots={}, waivers=waivers)
    checked = lint(task)
    assert checked.findings == ()
    assert [(each.rule, reason) for each, reason in checked.waived] == [
        ("few-templates", "it is small")
    ]
    assert ": 0 errors, 0 warnings, 1 waived" in as_text(checked)


@pytest.mark.parametrize(
    ("rule", "reason", "message"),
    [
        (
            "few-template",
            "why",
            "there is no rule 'few-template' to waive; did you mean 'few-templates'?",
        ),
        ("doubled-word", "why", "'doubled-word' is waived, and is not broken"),
    ],
)
def test_a_waiver_without_an_object_is_a_finding(
    rule: str, reason: str, message: str, lint: Linter
) -> None:
    task = replace(FACTS, slots={}, waivers={rule: reason})
    assert only(lint(task)) == Finding("facts", "waiver", ERROR, message)


def test_a_waiver_without_a_reason_waives_nothing(lint: Linter) -> None:
    task = replace(FACTS, templates=FACTS.templates[:9], slots={}, waivers={"few-templates": " "})
    checked = lint(task)
    assert [each.message for each in checked.findings] == [
        "expected at least 10 templates, got 9",
        "'few-templates' is waived without a reason",
    ]


def test_a_waiver_of_what_cannot_be_judged_stays(lint: Linter) -> None:
    task = replace(MOOD, slots=declared(MOOD), waivers={"class-balance": "they are rare"})
    assert lint(task, mood_rows(30)).findings == ()
    assert lint(task, mood_rows(999)).findings == (), "other rows of the source may show it"
    assert only(lint(task, mood_rows(1_000))) == Finding(
        "mood", "waiver", WARNING,
        "'class-balance' is waived, and is not broken by the 1,000 rows that were read",
    )  # fmt: skip
    assert lint(task, mood_rows(200, every=10)).findings == ()


# ---------------------------------------------------------------- the catalog, and the command


def test_the_catalog_is_clean() -> None:
    checked = check(ALL, {task.name: SAMPLES for task in ALL})
    assert as_text(checked).splitlines()[:-1] == []
    assert checked.tasks == len(ALL)
    assert checked.source_rows > 20 * len(ALL)


def test_a_few_rows_of_a_sorted_source_are_of_several_classes(lint: Linter) -> None:
    rows = [{"text": f"Text {n}.", "label": int(n >= 1_000)} for n in range(2_000)]
    checked = lint(MOOD, rows, rows=100)
    assert (checked.source_rows, checked.rendered_rows) == (100, 1000)
    assert checked.findings == ()


def test_rows_of_one_class_say_nothing_where_they_are_few(lint: Linter) -> None:
    few = lint(MOOD, mood_rows(39, "It was positive on day {}.", every=1))
    assert few.findings == ()
    assert few.unjudged["constant-completion"] == ("mood",)
    many = lint(MOOD, mood_rows(40, "It was positive on day {}.", every=1))
    assert {("constant-completion", ERROR), ("answer-in-prompt", ERROR)} <= broken(many)


def test_a_question_in_many_that_is_asked_twice_is_no_finding(lint: Linter) -> None:
    rows = facts_rows(201)
    rows[3]["question"] = rows[4]["question"]
    assert broken(lint(FACTS, rows)) == set()
    assert broken(lint(FACTS, rows[:200])) == {("ambiguous-prompt", WARNING)}


def test_the_seed_chooses_the_rows(lint: Linter) -> None:
    rows = facts_rows(200)
    rows[7]["answer"] = rows[8]["answer"] = "\x00"
    found = {broken(lint(FACTS, rows, rows=20, seed=seed)) != set() for seed in range(20)}
    assert found == {True, False}


def catalog_of(monkeypatch: pytest.MonkeyPatch, *tasks: Task) -> None:
    monkeypatch.setattr("mixbuild.cli.options.gather", lambda _: tasks)
    monkeypatch.setattr("mixbuild.cli.check.ALL", tasks)


def test_the_command_prints_a_table_and_a_summary_and_exits_with_1(
    lint: Linter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = with_template(FACTS, "Once  more, with café: {question}\n[OUTPUT]: {answer}")
    rows = facts_rows()
    rows[3]["question"] = rows[4]["question"]
    lint(task, rows)
    catalog_of(monkeypatch, task)
    assert cli.run(["check", "--source", f"facts={lint.folder}"]) == 1
    printed = capsys.readouterr()
    row = "facts/train/train-00000-of-00001.parquet:3"
    assert printed.out == (
        "         rule              task   template         row"
        "                                         finding\n"
        f"error    spacing           facts  planted          {' ' * len(row)}"
        "  a doubled space in 'Once  more, with café'\n"
        f"warning  ambiguous-prompt  facts  seed and 9 more  {row}"
        "  2 of 60 rows have a prompt that comes with several completions: "
        r"'Answer the following question: Who won in 4? \n[OUTPUT]:'"
        "\n"
        "\n"
        "1 task, 60 source rows, 660 rendered rows: 1 error, 10 warnings, 0 waived\n"
    )
    assert printed.err == (
        "error: 1 error in facts; mend what is named above, or waive a rule that does not hold, "
        "with the reason, in the task's waivers\n"
    )


def test_warnings_alone_are_no_failure(
    lint: Linter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = facts_rows()
    rows[3]["question"] += "\x07"
    lint(FACTS, rows)
    catalog_of(monkeypatch, FACTS)
    assert cli.run(["check", "facts", "--source", f"facts={lint.folder}"]) == 0
    printed = capsys.readouterr()
    assert "a control character in 1 of 60 rows\n" in printed.out
    assert printed.err == ""


def test_the_command_speaks_to_machines(
    lint: Linter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    waivers = {"spacing": "it is wanted"}
    task = with_template(FACTS, "Once  more, loudly: {question}\n[OUTPUT]: {answer}")
    task = replace(task, slots=declared(task), waivers=waivers, source=replace(SOURCE, limits=()))
    lint(task)
    catalog_of(monkeypatch, task)
    assert cli.run(["check", "--json", "--source", f"facts={lint.folder}"]) == 1
    assert json.loads(capsys.readouterr().out) == {
        "tasks": 1,
        "source_rows": 60,
        "rendered_rows": 660,
        "findings": [
            {
                "task": "facts",
                "rule": "attribution",
                "severity": "error",
                "message": "no limits: what should a user of the rows know?",
                "template": "",
                "row": "",
            }
        ],
        "waived": [
            {
                "task": "facts",
                "rule": "spacing",
                "severity": "error",
                "message": "a doubled space in 'Once  more, loudly: {…}'",
                "template": "planted",
                "row": "",
                "reason": "it is wanted",
            }
        ],
        "unjudged": {},
    }


def test_real_rows_are_a_thousand_by_default_and_samples_all_of_them(
    lint: Linter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lint(FACTS, facts_rows(1_200))
    catalog_of(monkeypatch, FACTS)
    assert cli.run(["check", "--source", f"facts={lint.folder}"]) == 0
    assert capsys.readouterr().out.startswith("1 task, 1,000 source rows, 10,000 rendered rows")
    assert cli.run(["check", "--source", f"facts={lint.folder}", "--rows", "30"]) == 0
    assert capsys.readouterr().out.startswith("1 task, 30 source rows, 300 rendered rows")


def test_the_command_as_a_person_runs_it(build: Build) -> None:
    done = build("check", "squad", "imdb")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 tasks, ")
    assert ": 0 errors, 0 warnings, 0 waived; too few rows, or samples, to judge " in done.stdout
    wrong = build("check", "squad", "--source", "imdb=nowhere")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "imdb is not among the tasks asked for" in wrong.stderr


def test_the_command_reads_the_hub_when_told_to(build: Build, tmp_path: Path) -> None:
    samples = ROOT / "build/mixbuild/tasks/samples/imdb"
    shutil.copytree(samples, tmp_path / "hub/stanfordnlp/imdb")
    with LoopbackHub(tmp_path / "hub") as hub:
        environment = hub.environment(tmp_path / "home")
        done = build("check", "imdb", "--hub", "--rows", "10", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 task, 20 source rows, ")
    # of the samples, whose splits overlap on purpose, only one rule is waived
    assert ": 0 errors, 0 warnings, 1 waived" in done.stdout


def test_every_rule_says_what_it_asks_for() -> None:
    assert all(text and rule == rule.lower() for rule, text in RULES.items())
    assert as_data(check([], {}))["findings"] == []


def test_rows_that_are_too_large_to_be_held_at_once_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.modules["mixbuild.author.check.sheets"], "MOST_BYTES", 1_000)
    write_parquet(tmp_path / "train.parquet", imdb_rows(40))
    write_parquet(tmp_path / "test.parquet", imdb_rows(1))
    assert cli.run(["check", "imdb", "--source", f"imdb={tmp_path}"]) == 1
    told = capsys.readouterr().err
    assert "train.parquet: expected rows to check of at most 1,000 bytes, got more by row " in told
    assert told.endswith("; check fewer with --rows\n")
