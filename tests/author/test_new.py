"""new: what a task starts from, guessed from its source and finished by hand."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from conftest import ROOT, Build, write_parquet
from hub_server import LoopbackHub
from mixbuild.author.new import start as module
from mixbuild.author.new.columns import quoted
from mixbuild.author.new.start import Started
from mixbuild.author.preview import preview
from mixbuild.cli.main import run
from mixbuild.core.errors import SourceError, UsageError
from mixbuild.declare.task import Task
from mixbuild.render.bind import bind
from mixbuild.render.render import Origin, render
from mixbuild.tasks import ALL, find, gather

Row = Mapping[str, Any]


def write_source(
    folder: Path, rows: Sequence[Row], *, card: str = "", **others: Sequence[Row]
) -> Path:
    """A folder with a split of JSON lines each."""
    folder.mkdir(parents=True)
    for split, each in {"train": rows, **others}.items():
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in each))
    if card:
        (folder / "README.md").write_text(card)
    return folder


def load(path: Path) -> Task:
    """The task that a file declares."""
    spec = importlib.util.spec_from_file_location(f"written_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    task: Task = loaded.TASK
    return task


def begin(tmp_path: Path, source: Path, **options: Any) -> tuple[Started, Task, str]:
    """Start a task of the catalog; what was written, the task, and the text of its declaration."""
    options = {"source": str(source), "into": tmp_path, "catalog": True, **options}
    written = module.start("fresh", "quayside/fresh", **options)
    path = tmp_path / "build/mixbuild/tasks/fresh.py"
    return written, load(path), path.read_text()


CARD = """---
license: cc-by-nc-4.0
language: [de, en]
dataset_info:
  features:
  - {name: text, dtype: string}
  - name: label
    dtype:
      class_label:
        names:
          '0': bad
          '1': good
---
# Reviews

```bibtex
@misc{quay,
  title={Reviews {Written} on the Quay},
}
```
"""


def test_a_task_starts_from_what_its_source_says(tmp_path: Path) -> None:
    rows = [{"text": "Rope!", "label": 1}, {"text": "No rope.", "label": -1}]
    masked = [{"text": "Rope?", "label": -1}]
    source = write_source(tmp_path / "source", rows, card=CARD, validation=rows, test=masked)
    written, task, text = begin(tmp_path, source)
    assert task.name == "fresh"
    assert task.family == "topic"
    assert task.source.repo == "quayside/fresh"
    assert task.source.license == "cc-by-nc-4.0"
    assert task.source.languages == ("de", "en")
    assert task.source.citation == "@misc{quay,\n  title={Reviews {Written} on the Quay},\n}"
    assert task.source.config is None
    assert dict(task.splits) == {"train": "train", "validation": "validation"}
    assert "# test is left out: its label is masked" in text
    assert 'slots={"label": label("label", {"bad": "bad", "good": "good"})}' in text
    assert 'drops={"masked": field("label") < 0}' in text
    assert '\nSource: https://huggingface.co/datasets/quayside/fresh\nRaw record: {"text":' in text
    listed = "TODO ask to choose\n\nText: {text}\n\nOptions:\n- bad\n- good\n\n[OUTPUT]: {label}"
    assert task.template("options_listed").text == listed
    assert [each.name for each in task.templates if each.inverted] == ["todo_inverted"]
    assert written.notes == (
        "family: guessed to be 'topic'; another one is said with --family",
        "licence cc-by-nc-4.0: push holds its rows back, unless --allow-licences cc-by-nc-4.0 is "
        "said",
        "split test: left out, its label is masked",
    )


def test_a_norwegian_source_is_in_norwegian(tmp_path: Path) -> None:
    card = "---\nlicense: mit\nlanguage: no\n---\n# Spørsmål\n"
    source = write_source(tmp_path / "source", [{"question": "Hva?", "answer": "Tau"}], card=card)
    _, task, _ = begin(tmp_path, source)
    assert task.source.languages == ("no",)


def test_made_up_class_labels_are_among_those_there_are_in_slots_and_out_of_them(
    tmp_path: Path,
) -> None:
    card = CARD.replace(
        "---\n# Reviews",
        "  - {name: mood, dtype: {class_label: {names: {'0': sad, '1': glad, '2': calm}}}}\n"
        "---\n# Reviews",
    )
    source = write_source(
        tmp_path / "source", [{"text": "Rope!", "label": 1, "mood": 2}], card=card
    )
    begin(tmp_path, source)
    lines = (tmp_path / "build/mixbuild/tasks/samples/fresh/train.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["label"] for row in rows] == [0, 1] * 6
    assert [row["mood"] for row in rows] == [0, 1, 2] * 4


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_what_is_guessed_of_every_source_of_the_catalog_renders(tmp_path: Path, task: Task) -> None:
    source = ROOT / "build/mixbuild/tasks/samples" / task.name
    _, guessed, text = begin(tmp_path, source, config=task.source.config, family=task.family)
    path = str(tmp_path / "build/mixbuild/tasks/fresh.py")
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--config", str(ROOT / "pyproject.toml")]
    subprocess.run([*ruff, "check", *options, "--ignore", "E501", path], check=True)
    if all(len(line) <= 100 for line in text.splitlines() if "label(" in line):
        subprocess.run([*ruff, "format", "--check", *options, path], check=True)
    for place in (source, tmp_path / "build/mixbuild/tasks/samples/fresh"):
        for split in guessed.splits:
            (each,) = preview(guessed, str(place), split=split)
            made = [one for one in each.renderings if one.row]
            assert made, f"{place}: nothing can be rendered: {each.renderings[0].left_out}"
    assert any(
        column in {".".join(path) for path in slot.reads}
        for slot in guessed.slots.values()
        for column in {".".join(path) for slot in task.slots.values() for path in slot.reads}
    )


def test_made_up_rows_have_the_sources_types_and_nothing_of_its_text(tmp_path: Path) -> None:
    rows = [
        {"question": "SECRET?", "answers": {"text": ["SECRET"], "start": [3]}, "score": 0.5,
         "hard": True, "turns": [{"who": "SECRET", "n": 1}]}
    ]  # fmt: skip
    source = write_source(tmp_path / "source", rows, validation=rows)
    _, task, _ = begin(tmp_path, source)
    folder = tmp_path / "build/mixbuild/tasks/samples/fresh"
    for split in ("train", "validation"):
        text = (folder / f"{split}.jsonl").read_text()
        assert "SECRET" not in text
        made = [json.loads(line) for line in text.splitlines()]
        assert len(made) == 12
        assert made[0] == {
            "question": f"TODO question {split} 1",
            "answers": {
                "text": [f"TODO text {split} 1.1", f"TODO text {split} 1.2"], "start": [0, 0]
            },
            "score": 0.5,
            "hard": False,
            "turns": [
                {"who": f"TODO who turns {split} 1.1", "n": 0},
                {"who": f"TODO who turns {split} 1.2", "n": 0},
            ],
        }  # fmt: skip
        assert [row["question"] for row in made].count(None) == 1
    schema = pa.schema([(name, pa.string()) for name in ("question",)])
    shown = list(preview(task, str(folder), rows=12, templates="seed"))
    assert [each.renderings[0].left_out for each in shown].count("null question") == 1
    assert schema.names == ["question"]


TOKEN = "any"  # noqa: S105 - of a Hub that is gone after the test

SHAPES: dict[str, tuple[Row, str, str]] = {
    "arc": (
        {"question": "What boils?", "answerKey": "A",
         "choices": {"text": ["water", "rock"], "label": ["A", "B"]}},
        'choices(("choices", "text"), answer=key("answerKey", among=("choices", "label")))',
        "water",
    ),
    "winogrande": (
        {"sentence": "The _ is big.", "option1": "cup", "option2": "bag", "answer": "2"},
        'choices("option1", "option2", answer=position("answer", first=1))',
        "bag",
    ),
    "hellaswag": (
        {"ctx": "He cooks", "endings": ["a", "b"], "label": "0", "source_id": "x"},
        'choices("endings", answer=position("label"))',
        "a",
    ),
    "sciq": (
        {"question": "What?", "distractor1": "a", "distractor2": "b", "correct_answer": "d"},
        'choices("correct_answer", "distractor1", "distractor2", answer=key("correct_answer"))',
        "d",
    ),
    "social_iqa": (
        {"context": "Tom ran", "question": "Why?", "answerA": "a", "answerB": "b", "label": "1"},
        'choices("answerA", "answerB", answer=position("label", first=1))',
        "a",
    ),
    "medmcqa": (
        {"question": "Q?", "opa": "a", "opb": "b", "opc": "c", "cop": 0},
        'choices("opa", "opb", "opc", answer=position("cop"))',
        "a",
    ),
    "race": (
        {"article": "Text", "answer": "B", "question": "Which?", "options": ["a", "b"]},
        'choices("options", answer=letter("answer"))',
        "b",
    ),
    "aqua": (
        {"question": "Q?", "options": ["A)1", "B) 2"], "correct": "B"},
        'choices("options", answer=letter("correct"), own_letters=True)',
        "2",
    ),
    "text": (
        {"question": "Q?", "options": ["one", "two"], "answer": "two"},
        'choices("options", answer=key("answer"))',
        "two",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_options_are_found_with_the_one_that_is_right(tmp_path: Path, shape: str) -> None:
    row, expression, right = SHAPES[shape]
    source = write_source(tmp_path / "source", [row, row])
    written, task, text = begin(tmp_path, source)
    assert f"OPTIONS = {expression}\n" in text
    assert task.family == "multiple choice"
    assert "family: guessed to be 'multiple choice'" in written.notes[0]
    (each,) = preview(task, str(source), templates="seed")
    assert each.renderings[0].row is not None
    assert each.renderings[0].row["completion"] == f" {right}"
    made_up = preview(task, str(tmp_path / "build/mixbuild/tasks/samples/fresh"), rows=12)
    assert sum(bool(one.renderings[0].row) for one in made_up) >= 10


OTHERS: dict[str, tuple[Row, str, str, str]] = {
    "squad": (
        {"id": "1", "title": "T", "question": "Q?", "context": "C",
         "answers": {"text": ["A"], "answer_start": [0]}},
        "TODO say what to do: {context} \nQuestion: {question}\n[OUTPUT]: {answers}",
        'slots={"answers": first("answers", "text")}',
        "question answering",
    ),
    "trivia": (
        {"question": "Q?", "question_id": "x", "answer": {"value": "A", "aliases": ["A", "B"]}},
        "TODO say what to do: {question} \n[OUTPUT]: {answer}",
        'slots={"answer": first("answer", "aliases")}',
        "closed-book question answering",
    ),
    "translation": (
        {"translation": {"de": "Tau", "en": "rope"}},
        "TODO say what to do: {de} \n[OUTPUT]: {en}",
        'slots={"de": column("translation", "de"), "en": column("translation", "en")}',
        "translation",
    ),
    "summary": (
        {"id": "1", "document": "D", "summary": "S"},
        "TODO say what to do: {document} \n[OUTPUT]: {summary}",
        "# in no slot: id",
        "summarisation",
    ),
    "boolean": (
        {"question": "Q?", "passage": "P", "answer": True},
        "TODO say what to do: {passage} \nQuestion: {question}\n[OUTPUT]: {answer}",
        'slots={"answer": flag("answer", ("no", "yes"))}',
        "question answering",
    ),
    "numbers": (
        {"Some Text": "T", "stars": 1},
        "TODO say what to do: {some_text} \n[OUTPUT]: {stars}",
        '"stars": label("stars", {"0": "TODO name of 0", "1": "TODO name of 1"})',
        "",
    ),
    "concepts": (
        {"concepts": ["dog", "run"], "target": "A dog runs."},
        "TODO say what to do: {concepts} \n[OUTPUT]: {target}",
        'slots={"concepts": joined("concepts", separator=", ")}',
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", OTHERS)
def test_other_shapes_are_guessed(tmp_path: Path, shape: str) -> None:
    row, seed, line, family = OTHERS[shape]
    source = write_source(tmp_path / "source", [row, row])
    if not family:
        with pytest.raises(UsageError, match="do not tell the family; name it with --family, one"):
            begin(tmp_path, source)
        assert not (tmp_path / "build").exists()
    _, task, text = begin(tmp_path, source, family="" if family else "data to text")
    assert task.family == (family or "data to text")
    assert task.templates[0].text == seed
    assert line in text


def test_what_a_source_holds_never_becomes_code(tmp_path: Path) -> None:
    name = 'te"x\'t\\\n"""\nimport os\n#'
    rows = [{name: '""" + __import__("os")\n"""\x1b', 'a")\nTODO': 1, "label": '"""'}]
    source = write_source(tmp_path / "source", rows)
    _, task, text = begin(tmp_path, source, family="topic")
    assert "\x1b" not in text
    (slot,) = (each for each in task.slots.values() if each.reads == ((name,),))
    assert slot.reads == ((name,),)
    (each,) = preview(task, str(source), templates="seed")
    assert each.renderings[0].row is not None
    for awkward in (name, "\\", "'", '"', "\x00", "\\x00", "é\u2028", "'\"", '\\"'):
        assert eval(quoted(awkward)) == awkward  # noqa: S307 - that is what is asked


def test_a_start_is_on_the_hub_too_and_says_why_it_is_not(build: Build, tmp_path: Path) -> None:
    hub_folder = tmp_path / "hub"
    write_source(hub_folder / "quayside/one", [{"document": "D", "summary": "S"}], card=CARD[:26])
    configs = (
        "---\nlicense: mit\nconfigs:\n"
        "- {config_name: a, data_files: train.jsonl}\n- {config_name: b, data_files: train.jsonl}\n"
        "---\n"
    )
    write_source(hub_folder / "quayside/two", [{"document": "D", "summary": "S"}], card=configs)
    write_source(hub_folder / "quayside/gated", [{"document": "D", "summary": "S"}])
    (hub_folder / "quayside/script").mkdir()
    (hub_folder / "quayside/script/script.py").write_text("print()\n")
    with LoopbackHub(hub_folder, gated=["quayside/gated"], token=TOKEN) as hub:
        environment = {**hub.environment(tmp_path / "hf"), "HF_TOKEN": ""}

        def new(name: str, *options: str) -> subprocess.CompletedProcess[str]:
            into = ("--catalog", "--into", str(tmp_path / "into"))
            return build("new", "fresh", "--repo", f"quayside/{name}", *options, *into,
                         env=environment)  # fmt: skip

        for name, options, status, message in (
            ("none", (), 1, "the Hub has no such dataset, or none that this HF_TOKEN may see"),
            ("gated", (), 1, "is gated"),
            ("script", (), 1, "is a script now"),
            ("two", (), 1, "has several configs; name one of them: a, b"),
            ("two", ("--config", "c"), 1, "unknown config 'c'. Known: a, b"),
        ):
            done = new(name, *options)
            assert (done.returncode, done.stdout) == (status, ""), name
            assert done.stderr.startswith(f"error: quayside/{name}")
            assert message in done.stderr
            assert done.stderr.count("\n") == 1
            assert not (tmp_path / "into").exists()
        done = new("one")
        assert (done.returncode, done.stderr) == (0, "")
        assert (
            "\nAdd two lines to build/mixbuild/tasks/catalog.py, each among its like:\n"
            "  fresh,  to what it imports\n  fresh,  to MODULES, in its family\n"
        ) in done.stdout
        written = (tmp_path / "into/build/mixbuild/tasks/fresh.py").read_text()
        assert '"quayside/one",\n' in written
        shutil.rmtree(tmp_path / "into")
        done = new("two", "--config", "b")
        assert done.stderr == ""
        assert load(tmp_path / "into/build/mixbuild/tasks/fresh.py").source.config == "b"


def test_a_start_overwrites_nothing_and_refuses_what_no_task_can_be(tmp_path: Path) -> None:
    source = write_source(tmp_path / "source", [{"document": "D", "summary": "S"}])

    def new(name: str = "fresh", repo: str = "quayside/fresh", **options: Any) -> None:
        module.start(name, repo, source=str(source), into=tmp_path, catalog=True, **options)

    new()
    before = {path: path.read_bytes() for path in (tmp_path / "build").rglob("*.*")}
    with pytest.raises(UsageError, match=r"tasks/fresh.py: is there already; move it away, or"):
        new()
    (tmp_path / "build/mixbuild/tasks/fresh.py").unlink()
    with pytest.raises(UsageError, match=r"samples/fresh: is there already"):
        new()
    assert {path: path.read_bytes() for path in (tmp_path / "build").rglob("*.*")}.items() <= (
        before.items()
    )
    for options, message in (
        ({"name": "Fresh"}, "expected a task's name in snake_case, got 'Fresh'"),
        ({"name": "class"}, "expected a task's name in snake_case, got 'class'"),
        ({"name": "mnli"}, "task 'mnli': is in the catalog already; choose another name"),
        ({"name": "other", "repo": "fresh"}, "--repo fresh: expected a repo like 'org/name'"),
        (
            {"name": "other", "family": "summarisatio"},
            "unknown family 'summarisatio'; did you mean 'summarisation'? Known: question",
        ),
    ):
        with pytest.raises(UsageError) as caught:
            new(**options)
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"number": 1.5}], "expected a column of text and one of which an output can be made, got "
                            "number: double; prepare the source so that it has them"),
        ([{"text": "only"}], "expected a column of text and one of which an output can be made"),
        ([], "expected rows, got none in any of train; look at its files"),
    ],
)  # fmt: skip
def test_a_source_of_which_no_task_can_be_made_is_refused(
    tmp_path: Path, rows: list[Row], message: str
) -> None:
    source = write_source(tmp_path / "source", rows)
    with pytest.raises(SourceError) as caught:
        begin(tmp_path, source)
    assert message in str(caught.value)
    assert not (tmp_path / "build").exists()


def test_a_place_that_is_none_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["new", "fresh", "--repo", "quayside/fresh", "--source", str(tmp_path / "none")]
    assert run(arguments) == 1
    assert capsys.readouterr().err == (
        f"error: --source fresh={tmp_path}/none: expected a folder that exists, or a repo like "
        "'org/name' or 'org/name@revision'\n"
    )


def test_an_installed_package_says_that_it_is_no_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "PACKAGE", tmp_path / "site-packages/mixbuild")
    assert run(["new", "fresh", "--repo", "quayside/fresh", "--catalog"]) == 2
    assert capsys.readouterr().err == (
        f"error: --catalog: expected a checkout of the project, and {tmp_path}/site-packages/"
        "mixbuild is an installed package; clone the project and run it there, or say --into "
        "FOLDER\n"
    )


def test_a_parquet_mirror_with_class_labels_in_its_schema_is_read(tmp_path: Path) -> None:
    features = {"text": {"dtype": "string", "_type": "Value"},
                "mood": {"names": ["sad", "glad"], "_type": "ClassLabel"}}  # fmt: skip
    about = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    schema = pa.schema([("text", pa.string()), ("mood", pa.int64())], metadata=about)
    write_parquet(tmp_path / "source/train.parquet", [{"text": "a", "mood": 1}] * 3, schema)
    _, task, text = begin(tmp_path, tmp_path / "source")
    assert 'slots={"mood": label("mood", {"sad": "sad", "glad": "glad"})}' in text
    assert task.family == "topic"


def test_what_is_written_can_be_rendered_at_once(tmp_path: Path) -> None:
    schema = pa.schema([("document", pa.string()), ("summary", pa.string())])
    source = write_source(tmp_path / "source", [{"document": "D", "summary": "S"}])
    _, task, _ = begin(tmp_path, source)
    batch = pa.RecordBatch.from_pylist([{"document": "{a}", "summary": "b"}], schema=schema)
    origin = Origin("quayside/fresh@1", "train", "train.jsonl")
    rows, drops = render(bind(task, schema, templates="all"), batch, np.arange(1), origin)
    assert (rows.num_rows, drops) == (len(task.templates), {})
    assert find("squad").templates[0].name == task.templates[0].name == "seed"


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_private_task_is_one_file_that_can_be_used_at_once(tmp_path: Path, task: Task) -> None:
    source = ROOT / "build/mixbuild/tasks/samples" / task.name
    options: dict[str, Any] = {"config": task.source.config, "family": task.family}
    options |= {"source": str(source), "into": tmp_path}
    started = module.start("fresh", task.source.repo, **options)
    assert list(started.files) == [Path("fresh.py")]
    assert [path.name for path in tmp_path.iterdir()] == ["fresh.py"]
    path = tmp_path / "fresh.py"
    (own,) = gather([str(path)], environment={})[len(ALL) :]
    assert [each.name for each in own.templates] == ["seed", "terse"]
    assert started.files[Path("fresh.py")] == 2, "what each of the templates is to say"
    shown = preview(own, str(source), rows=12)  # in some of which a text is blank
    made = {each.template.name for row in shown for each in row.renderings if each.row}
    assert made == {"seed", "terse"}
    with pytest.raises(UsageError, match=r"fresh.py: is there already; move it away, or take"):
        module.start("fresh", task.source.repo, **options)
