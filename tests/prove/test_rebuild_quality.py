"""rebuild takes the same rows out again, of a config alone and of all that were judged together."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import imdb_rows
from hub_server import LoopbackHub
from prove.proving import IMDB, TEST, TOKEN, TRAIN, Run, parquet, read_manifest

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
