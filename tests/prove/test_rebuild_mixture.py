"""A mixture is made again from what its manifest says, and its rows are traced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hub_server import LoopbackHub
from prove.proving import TOKEN, Run, read_manifest

pytest_plugins = ["prove.proving"]

RECIPE = """
seed: 3
templates: sample
tasks: {squad: {splits: [train]}}
mixtures:
  mix:
    max_repetition_ratio: 2
    total: 50
    parts: {sentiment: {parts: {imdb: {}}}, squad: {cap: 20}}
"""
QUALITY = "quality: {exact: {}}\n"


@pytest.mark.parametrize("quality", ["", QUALITY])
def test_a_mixture_is_rebuilt_from_its_recipe_and_its_rows_are_traced(
    hub: LoopbackHub, run: Run, tmp_path: Path, quality: str
) -> None:
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "out"
    recipe.write_text(RECIPE + quality)
    run.ok("make", "--recipe", recipe, "--out", out, "--lock", tmp_path / "none.json")
    run.ok("push", "org/mixed", "--out", out, HF_TOKEN=TOKEN)
    manifest = read_manifest(out)
    rows = sum(each["rows"] for each in manifest["mix"]["splits"].values())
    assert rows == 50 + 9  # imdb alone has an evaluation split
    told = run.ok("rebuild", "org/mixed", "mix")
    assert told.endswith(f"org/mixed: rebuilt, {rows} rows are the same\n")
    run.ok("export", "org/mixed", "mix", "--split", "train", "--to", tmp_path / "mix.jsonl")
    lines = (tmp_path / "mix.jsonl").read_text("utf-8").removesuffix("\n").split("\n")
    ids = [json.loads(each)["id"] for each in lines]
    assert len(set(ids)) == len(ids) == 50
    copy = next(each for each in ids if each.startswith("imdb/") and each.endswith("#2"))
    for row in (copy, copy.removesuffix("#2")):
        told = run.ok("trace", row, "--from", "org/mixed")
        assert told.endswith("rendered again now: the same row\n"), row
