"""stats: what a person is shown of a build, in a folder and on the Hub, and what a machine is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import write_parquet
from mixbuild.cli.main import run
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.tasks import find
from tokenizers import Tokenizer, models, pre_tokenizers

ROWS = [
    *({"text": "A fine film.", "label": 1},) * 3,
    {"text": "A fine film.", "label": 0},
    {"text": "A poor one.", "label": 0},
]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    write_parquet(tmp_path / "mirror/train.parquet", ROWS)
    make(
        Request(
            [find("imdb")], tmp_path / "out", {"imdb": str(tmp_path / "mirror")}, splits=["train"]
        )
    )
    return tmp_path / "out"


def test_a_build_is_shown(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", str(out)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines() == [
        str(out),
        "config  split  rows  said twice  prompts with several completions",
        "imdb    train     5           2                                 1",
        "",
        "characters of a prompt; bars: how many have 1, 2 to 3, 4 to 7, 8 to 15 …",
        "config  split  least  25 %  median  75 %  95 %  99 %  most  total  bars",
        "imdb    train     56    57      57    57    57    57    57    284       █",
        "",
        "characters of a completion; bars: how many have 1, 2 to 3, 4 to 7, 8 to 15 …",
        "config  split  least  25 %  median  75 %  95 %  99 %  most  total  bars",
        "imdb    train      9     9       9     9     9     9     9     45     █",
        "",
        "imdb/train: 2 different completions",
        "rows      %  template or completion",
        "   5  100.0  template seed",
        '   3   60.0  " positive"',
        '   2   40.0  " negative"',
    ]


def test_what_a_recipe_found_is_told_too(
    tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("tasks: {imdb: {splits: [train]}}\nquality: {exact: {conflict: report}}")
    made = ("--recipe", str(recipe), "--source", f"imdb={tmp_path / 'mirror'}", "--out", str(out))
    assert run(["make", *made]) == 0
    found = "imdb/train: 4 rows with the same inputs as another, and with another answer"
    page = f"{out / 'pairs.html'}: pairs of these rows, to be looked at in a browser"
    assert capsys.readouterr().out.splitlines()[-2:] == [found, page]
    assert run(["stats", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == found
    asked = ("show", "imdb", "--out", str(out), "--rows", "9", "--json")
    assert run([*asked, "--noted", "conflicting answers"]) == 0
    noted = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["completion"] for row in noted] == [" positive"] * 3 + [" negative"]
    assert {row["because"] for row in noted[:3]} == {noted[3]["id"]}
    assert noted[3]["because"] in {row["id"] for row in noted[:3]}
    assert run([*asked, "--noted", "conflict"]) == 2
    assert capsys.readouterr().err == (
        f"error: --noted conflict: the build in {out} says that of no row of imdb; see what it "
        f"says with: make --recipe FILE\n"
    )
    assert run([*asked, "--noted", "conflicting answers", "--dropped", "duplicate"]) == 2
    assert capsys.readouterr().err == (
        "error: --dropped and --noted ask for rows of two kinds; say one of them\n"
    )


def test_a_machine_is_told_all_of_it(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", str(out), "--config", "imdb", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["imdb"]["train"]
    lengths = [len(f"Classify this sentence sentiment: {row['text']} \n[OUTPUT]:") for row in ROWS]
    assert told["prompt"]["total"] == sum(lengths)
    assert (told["rows"], told["repeated"], told["conflicts"]) == (5, 2, 1)
    assert told["templates"] == {"seed": 5}
    assert told["completions"] == [
        {"text": " positive", "rows": 3},
        {"text": " negative", "rows": 2},
    ]


def test_tokens_are_counted_of_a_row_in_one_piece(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no secret
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(out / "tokenizer.json"))
    assert run(["stats", str(out), "--tokenizer", str(out / "tokenizer.json"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["imdb"]["train"]["tokens"]
    words = [len(f"Classify this sentence sentiment: {row['text']} [O]: x".split()) for row in ROWS]
    assert (told["total"], told["quantiles"]["most"]) == (sum(words), max(words))


def test_a_config_that_is_not_there_is_named(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["stats", str(out), "--config", "imbd"]) == 2
    assert capsys.readouterr().err == (
        f"error: {out}: unknown config 'imbd'; did you mean 'imdb'? Known: imdb\n"
    )
