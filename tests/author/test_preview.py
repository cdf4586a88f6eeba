"""show: a source row beside what becomes of it, safe and legible wherever it is shown."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Build, imdb_rows, read_shards, write_parquet
from hub_server import LoopbackHub
from mixbuild.author.preview import Preview, preview
from mixbuild.cli.main import run
from mixbuild.cli.terminal import rows as shown_rows
from mixbuild.cli.terminal.rows import print_preview, print_preview_as_json
from mixbuild.cli.terminal.text import LONGEST_SHOWN, MOST_SHOWN, one_line_json, record, shown
from mixbuild.declare.options import choices, letter
from mixbuild.declare.task import Source, Task
from mixbuild.declare.template import Template
from mixbuild.sources.location import Run
from mixbuild.sources.read import read
from mixbuild.tasks import find
from rich.console import Console

REVIEW = "A slow, tender film about two rival bakers, and the bread alone is worth the ticket."

OPTIONS = choices("options", answer=letter("right"))
QUIZ = Task(
    name="quiz",
    family="multiple choice",
    source=Source("quayside/quiz", license="mit", citation="@misc{a,\n}"),
    splits={"train": "train"},
    slots={"options": OPTIONS.lettered(), "answer": OPTIONS.both()},
    templates=(
        Template("seed", "Choose: {question} \n{options}\n[OUTPUT]: {answer}"),
        Template("code", "Which letter? {question} \n[OUTPUT]: {right}"),
        Template("ask", "Ask for it: {answer}\n[OUTPUT]: {question}", inverted=True),
    ),
)


@pytest.fixture
def quiz(tmp_path: Path) -> Callable[..., Preview]:
    """The preview of one row of a quiz."""

    def make(**changes: Any) -> Preview:
        row = {"id": 7, "question": "Up?", "options": ["mast", "keel"], "right": "A", **changes}
        folder = tmp_path / "quiz"
        folder.mkdir(exist_ok=True)
        (folder / "train.jsonl").write_text(json.dumps(row) + "\n")
        return next(iter(preview(QUIZ, str(folder))))

    return make


class Screen(io.StringIO):
    """What a terminal is sent."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, each: Preview, *, width: int) -> str:
    """What a terminal of that width is sent."""
    file = Screen()
    console = Console(
        file=file, force_terminal=True, width=width, highlight=False, soft_wrap=True,
        color_system="standard",
    )  # fmt: skip
    monkeypatch.setattr(shown_rows, "out", console)
    print_preview(each)
    return file.getvalue()


def coloured(sent: str) -> Iterator[tuple[str, str]]:
    """(text, its colour's code) of all that is coloured."""
    for codes, text in re.findall(r"\x1b\[([\d;]+)m(.*?)\x1b\[0m", sent, flags=re.DOTALL):
        if colour := re.search(r"\b3[0-7]\b", codes):
            yield text, colour[0]


def plain(sent: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", sent)


def test_show_prints_the_raw_record_and_each_rendering(build: Build) -> None:
    done = build("show", "imdb", "--template", "seed")
    assert (done.returncode, done.stderr) == (0, "")
    head, *_ = done.stdout.split("samples/imdb@")
    assert head == (
        "a row of stanfordnlp/imdb\n"
        "{\n"
        f'  "text": "{REVIEW}",\n'
        '  "label": 1\n'
        "}\n"
        "\n"
        "imdb/train/train.jsonl:0  seed  "
    )
    assert done.stdout.endswith(
        f"Classify this sentence sentiment: {REVIEW} \n[OUTPUT]: positive\n"
    )
    every = build("show", "imdb").stdout
    for template in find("imdb").templates:
        assert f"imdb/train/train.jsonl:0#{template.name}  {template.name}" in every


def test_show_says_what_is_left_out_and_shortens_what_is_long(build: Build) -> None:
    done = build("show", "imdb", "--rows", "18", "--template", "terse")
    assert done.stdout.count("\nleft out: unlabelled\n") == 2
    assert done.stdout.count("\nleft out: null review\n") == 1
    assert done.stdout.count("a row of") == 18
    done = build("show", "imdb", "--split", "test", "--rows", "6", "--template", "seed")
    assert re.search(r" \[… [\d,]+ characters …\] ", done.stdout)
    assert len(done.stdout) < 12_000


def test_a_row_that_some_templates_leave_out_names_them(
    quiz: Callable[..., Preview], capsys: pytest.CaptureFixture[str]
) -> None:
    each = quiz(options=["mast", None])
    assert [one.left_out for one in each.renderings] == ["null options", "", "null answer"]
    print_preview(each)
    assert "\nleft out of ask: null answer\n" in capsys.readouterr().out


def test_what_fills_a_placeholder_has_the_colour_of_its_columns(
    quiz: Callable[..., Preview], monkeypatch: pytest.MonkeyPatch
) -> None:
    each = quiz()
    sent = on_terminal(monkeypatch, each, width=80)
    colours: dict[str, set[str]] = {}
    for text, colour in coloured(sent):
        colours.setdefault(colour, set()).add(text.strip(", \n"))
    assert len(colours) == 2
    by_text = {text: colour for colour, texts in colours.items() for text in texts}
    question, options = by_text['"question":'], by_text['"options":']
    assert question != options
    (lettered,) = (piece.text for piece in each.renderings[0].prompt if piece.slot == "options")
    assert colours[question] == {'"question":', '"Up?"', "Up?"}
    assert each.renderings[0].completion[1].text in lettered.split("\n")
    assert colours[options] == {
        '"options":', '["mast", "keel"]', '"right":', '"A"', *lettered.split("\n"), "A",
    }  # fmt: skip
    assert '"id": 7' in plain(sent).replace("\n", "")
    assert not any("7" in text for text in by_text), "no slot reads it"


def test_the_pieces_of_a_rendering_are_the_row(quiz: Callable[..., Preview]) -> None:
    for each in (quiz(), *preview(find("squad"), "samples", rows=5)):
        for one in each.renderings:
            if one.row:
                assert "".join(piece.text for piece in one.prompt) == one.row["prompt"]
                assert "".join(piece.text for piece in one.completion) == one.row["completion"]


def test_a_wide_terminal_shows_both_side_by_side_and_a_narrow_one_does_not(
    quiz: Callable[..., Preview], monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = plain(on_terminal(monkeypatch, quiz(), width=140)).splitlines()
    assert re.match(r"a row of quayside/quiz {10,}quiz/train/train.jsonl:0#seed  seed", wide[0])
    assert max(map(len, wide)) <= 140
    narrow = plain(on_terminal(monkeypatch, quiz(), width=80)).splitlines()
    assert narrow[0] == "a row of quayside/quiz"
    assert "quiz/train/train.jsonl:0#ask  ask, inverted  quayside/quiz@mirror-" in "\n".join(narrow)


def test_several_accepted_outputs_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    (each,) = preview(find("squad"), "samples", templates="terse", split="validation")
    print_preview(each)
    assert capsys.readouterr().out.endswith('[OUTPUT]: 1891\nreferences: ["1891", "until 1891"]\n')


def test_without_colours_nothing_is_lost(build: Build) -> None:
    forced = {"FORCE_COLOR": "1", "COLUMNS": "80"}
    coloured_text = build("show", "imdb", "--template", "seed", env=forced).stdout
    assert re.search(r"\x1b\[[\d;]*3[0-7]m", coloured_text)
    without = build("show", "imdb", "--template", "seed", env={**forced, "NO_COLOR": "1"}).stdout
    assert not re.search(r"\x1b\[[\d;]*3[0-7]m", without)
    assert plain(without) == plain(coloured_text)
    assert build("show", "imdb", "--template", "seed").stdout == plain(without)


AWKWARD = "red \x1b[31m, \x85next, \u202eturned, \r\n{braces} \x00 \x9b2J [bold]x[/bold]"


def test_control_characters_are_escaped_and_not_sent(
    quiz: Callable[..., Preview], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shown(AWKWARD).plain == (
        "red \\x1b[31m, \\x85next, \\u202eturned, \\r\n{braces} \\x00 \\x9b2J [bold]x[/bold]"
    )
    each = quiz(question=AWKWARD, options=[AWKWARD, "b"], **{"key\x1b[0m": 1})
    print_preview(each)
    print_preview_as_json(each)
    printed = capsys.readouterr().out
    assert "[bold]x[/bold]" in printed
    assert set(re.findall(r"[\x00-\x1f\x7f-\x9f\u202e]", printed)) == {"\n"}
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith('{"id"')]
    assert {line["raw"]["question"] for line in lines} == {AWKWARD}
    assert AWKWARD in lines[0]["row"]["prompt"]


def test_long_texts_and_lists_lose_their_middle_and_say_how_much() -> None:
    text = "a" * LONGEST_SHOWN + "bc"
    half = "a" * (LONGEST_SHOWN // 2)
    assert shown(text).plain == f"{half} [… 2 characters …] {half[2:]}bc"
    assert shown(text[:-2]).plain == text[:-2]
    many = record({"n": list(range(MOST_SHOWN + 1000))}).plain
    assert (
        many
        == '{\n  "n": [0, 1, 2, 3, 4, 5, … 1,000 items …, 1006, 1007, 1008, 1009, 1010, 1011]\n}'
    )
    assert text not in record({"turns": [{"text": text}], "in": {"it": [text]}}).plain
    assert one_line_json({"image": b"1234"}) == '{"image": "<4 bytes>"}'


def test_json_has_what_a_build_has_and_shortens_nothing(build: Build, tmp_path: Path) -> None:
    done = build("show", "imdb", "--split", "test", "--rows", "18", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    build("make", "imdb", "--samples", "--templates", "all", "--out", tmp_path / "out")
    made = read_shards(tmp_path / "out", "imdb", "test").to_pylist()
    assert [line["row"] for line in lines if line["row"]] == made
    templates = {template.name: template.text for template in find("imdb").templates}
    assert {line["template"]: line["text"] for line in lines} == templates
    left_out = [line for line in lines if line["row"] is None]
    assert {line["left_out"] for line in left_out} == {"null text", "null review"}
    assert {line["raw"]["text"] for line in left_out} == {None}
    ascii_only = build(
        "show", "imdb", "--split", "test", "--rows", "18", "--json",
        env={"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert [json.loads(line) for line in ascii_only.stdout.splitlines()] == lines


def test_the_seed_puts_the_options_in_the_order_of_a_build(
    quiz: Callable[..., Preview], tmp_path: Path
) -> None:
    quiz(options=list("abcdefgh"))
    rows = [
        next(iter(preview(QUIZ, str(tmp_path / "quiz"), seed=seed))).renderings[0].row
        for seed in (0, 1)
    ]
    assert rows[0] != rows[1]
    folder = tmp_path / "hellaswag"
    for seed in (0, 5):
        (each,) = preview(find("hellaswag"), "samples", templates="seed", seed=seed)
        out = folder / str(seed)
        arguments = ["--samples", "--seed", str(seed), "--split", "train", "--out", str(out)]
        assert run(["make", "hellaswag", *arguments]) == 0
        assert read_shards(out, "hellaswag", "train").slice(0, 1).to_pylist() == [
            each.renderings[0].row
        ]


def test_another_source_is_shown_and_only_as_much_of_it_is_read_as_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for split in ("train", "test"):
        write_parquet(tmp_path / "mirror" / f"{split}.parquet", imdb_rows(300))
    stretches: list[Run] = []

    def recording(run: Run, *arguments: Any, **options: Any) -> Any:
        stretches.append(run)
        return read(run, *arguments, **options)

    monkeypatch.setattr(sys.modules[preview.__module__], "read", recording)
    some = list(preview(find("imdb"), str(tmp_path / "mirror"), rows=3))
    assert [each.raw for each in some] == imdb_rows(3)
    assert [each.row_groups for each in stretches] == [(0, 1)]
    more = list(preview(find("imdb"), str(tmp_path / "mirror"), rows=150, templates="seed"))
    assert [each.raw for each in more] == imdb_rows(150)
    assert more[-1].id == "imdb/train/train.parquet:149"


def test_the_real_source_is_read_where_it_is_locked(build: Build, tmp_path: Path) -> None:
    (tmp_path / "hub/stanfordnlp").mkdir(parents=True)
    (tmp_path / "hub/stanfordnlp/imdb").symlink_to(ROOT / "build/mixbuild/tasks/samples/imdb")
    with LoopbackHub(tmp_path / "hub") as hub:
        environment = hub.environment(tmp_path / "hf")
        lock = ("--lock", str(tmp_path / "lock.json"))
        shown_now = build("show", "imdb", "--hub", "--template", "seed", *lock, env=environment)
        assert (shown_now.returncode, shown_now.stderr) == (0, "")
        assert f'"text": "{REVIEW}"' in shown_now.stdout
        (commit,) = re.findall(r"stanfordnlp/imdb@([0-9a-f]{40})", shown_now.stdout)
        entry: dict[str, Any] = {
            "repo": "stanfordnlp/imdb", "commit": "0" * 40, "config": None, "license": "other",
            "files": {}, "schema": {}, "splits": {},
        }  # fmt: skip
        (tmp_path / "lock.json").write_text(json.dumps({"format": 2, "sources": {"imdb": entry}}))
        elsewhere = build("show", "imdb", "--hub", *lock, env=environment)
        assert elsewhere.returncode == 1
        assert "no such revision" in elsewhere.stderr
        entry["commit"] = commit
        (tmp_path / "lock.json").write_text(json.dumps({"format": 2, "sources": {"imdb": entry}}))
        again = build("show", "imdb", "--hub", "--template", "seed", *lock, env=environment)
        assert again.stdout == shown_now.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hub", "--source", "imdb=."], "--hub and --source name two sources; say one of them"),
        (
            ["--template", "sample"],
            "--template sample: expected one template's name, or all of them",
        ),
        (
            ["--template", "ters"],
            "task 'imdb': unknown template 'ters'; did you mean 'terse'? Known: "
            + ", ".join(each.name for each in find("imdb").templates),
        ),
        (["--split", "dev"], "task 'imdb': unknown split 'dev'. Known: train, test"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_shown_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(["show", "imdb", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"error: {message}\n")
