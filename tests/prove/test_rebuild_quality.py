"""rebuild takes the same rows out again, of a config alone and of all that were judged together."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import imdb_rows
from hub_server import LoopbackHub
from prove.proving import IMDB, TEST, TOKEN, TRAIN, Run, parquet, read_manifest
from tokenizers import Tokenizer, models, pre_tokenizers

pytest_plugins = ["prove.proving"]

RECIPE = """
seed: 3
templates: sample
tasks: {imdb: {}, squad: {splits: [train]}}
quality:
  exact: {}
  leakage: {}
  contamination: {against: [imdb/test], coverage: 1}
"""
LONG = "A long review of a film about a river and all who ever lived on its northern bank."


@pytest.mark.parametrize("only", [(), ("imdb",)])
def test_rows_are_taken_out_again(
    hub: LoopbackHub, run: Run, tmp_path: Path, only: tuple[str, ...]
) -> None:
    train = [*imdb_rows(12), *imdb_rows(3), {"text": f"Quoted: {LONG}", "label": 1}]
    hub.upload(
        IMDB,
        {
            TRAIN: parquet(train),
            TEST: parquet([*imdb_rows(9, start=40), *imdb_rows(1), {"text": LONG, "label": 0}]),
        },
    )
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "out"
    recipe.write_text(RECIPE)
    told = run.ok("make", "--recipe", recipe, "--out", out, "--lock", tmp_path / "none.json")
    assert "imdb/train   imdb/test            1" in told
    taken = read_manifest(out)["imdb"]["splits"]["train"]
    assert taken["drops"] == {
        "contaminated by imdb/test": 1,
        "duplicate": 2,
        "inputs of an evaluation split": 2,
        "unlabelled": 1,
    }
    run.ok("push", "org/quality", "--out", out, HF_TOKEN=TOKEN)
    told = run.ok("rebuild", "org/quality", *only)
    rows = (
        taken["rows"] + 11 + (0 if only else read_manifest(out)["squad"]["splits"]["train"]["rows"])
    )
    assert told.endswith(f"org/quality: rebuilt, {rows} rows are the same\n")


def test_a_split_on_the_hub_is_an_evaluation_set(
    hub: LoopbackHub, run: Run, tmp_path: Path
) -> None:
    hub.upload(
        "org/bench",
        {
            "data/test.jsonl": b'{"question": "%s", "options": ["a", "b"], "answer": "b"}\n'
            % LONG.encode()
        },
    )
    hub.upload(IMDB, {TRAIN: parquet([*imdb_rows(3), {"text": f"Quoted: {LONG}", "label": 1}])})
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "out"
    made = ("make", "--recipe", recipe, "--out", out, "--lock", tmp_path / "none.json")
    text = "tasks: {imdb: {splits: [train]}}\nquality: {contamination: {against: ['%s']}}"
    recipe.write_text(text % "org/bench:test")
    run.ok(*made)
    drops = read_manifest(out)["imdb"]["splits"]["train"]["drops"]
    assert drops["contaminated by org/bench:test"] == 1
    recipe.write_text(text % "org/bench:tset")
    done = run(*made)
    assert done.status == 2
    assert "against org/bench:tset: unknown split 'tset'; did you mean 'test'?" in done.err


@pytest.mark.parametrize("parts", ["{imdb: {}}", "{own: {parts: {imdb: {}}}}"])
def test_what_a_mixture_may_take_decides_though_it_is_not_published(
    hub: LoopbackHub, run: Run, tmp_path: Path, parts: str
) -> None:
    made = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no secret
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.save(str(tmp_path / "tokenizer.json"))
    reviews = [{"text": "word " * (number % 60), "label": 1} for number in range(1, 240)]
    hub.upload(IMDB, {TRAIN: parquet(reviews), TEST: parquet(imdb_rows(2))})
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "out"
    text = (
        "templates: sample\ntasks: {imdb: {}}\n"
        f"quality: {{length: {{tokenizer: {tmp_path}/tokenizer.json, max_tokens: 40}}}}\n"
    )
    words = ("make", "--recipe", recipe, "--out", out, "--lock", tmp_path / "none.json")
    drops = []
    for also in ("", f"mixtures: {{mix: {{max_repetition_ratio: 4, parts: {parts}}}}}\n"):
        recipe.write_text(text + also)
        run.ok(*words)
        drops.append(read_manifest(out)["imdb"]["splits"]["train"]["drops"]["more than 40 tokens"])
    assert drops[0] < drops[1], "by one of the templates that it may be taken by it is too long"
    run.ok("push", "org/own-part", "--out", out, "--only", "imdb", HF_TOKEN=TOKEN)
    assert run.ok("rebuild", "org/own-part").endswith(" rows are the same\n")


def test_what_cannot_be_judged_again_is_said(hub: LoopbackHub, run: Run, tmp_path: Path) -> None:
    hub.upload(IMDB, {TRAIN: parquet(imdb_rows(9)), TEST: parquet(imdb_rows(2, start=40))})
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "out"
    recipe.write_text("quality: {exact: {}}\nmixtures: {mix: {parts: {imdb: {}, gsm8k: {}}}}\n")
    run.ok(
        *("make", "--recipe", recipe, "--out", out, "--lock", tmp_path / "none.json"),
        *("--source", "gsm8k=samples"),
    )
    run.ok("push", "org/part-of-it", "--out", out, "--only", "imdb", HF_TOKEN=TOKEN)
    done = run("rebuild", "org/part-of-it")
    assert (done.status, done.err) == (
        1,
        "error: imdb: expected all tasks of its recipe, since its quality judges them together, "
        "got none of gsm8k; rebuild it where they are published, too\n",
    )
