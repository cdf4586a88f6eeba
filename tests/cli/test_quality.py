"""What is taken out of a build can be looked at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Build, write_parquet

RECIPE = """
tasks: {imdb: {splits: [train]}}
quality: {exact: {}, near: {}}
"""
LONG = " ".join(f"word{number}" for number in range(60))
ROWS = [
    {"text": "It rains.", "label": 0},
    {"text": "It rains.", "label": 0},
    {"text": LONG, "label": 1},
    {"text": f"{LONG} indeed", "label": 1},
    {"text": "What?", "label": -1},
]


@pytest.fixture
def asked(tmp_path: Path) -> tuple[object, ...]:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    write_parquet(tmp_path / "mirror/train.parquet", ROWS)
    source = f"imdb={tmp_path}/mirror"
    return "--recipe", tmp_path / "recipe.yaml", "--source", source, "--out", tmp_path / "out"


def test_rows_that_were_taken_out_are_kept_and_shown(
    build: Build, asked: tuple[object, ...], tmp_path: Path
) -> None:
    done = build("make", *asked, "--keep-dropped")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "out/imdb/train.dropped.jsonl"
    first, second = map(json.loads, path.read_text("utf-8").splitlines())
    assert (first["reason"], second["reason"]) == ("duplicate", "near duplicate")
    assert first["prompt"] == "Classify this sentence sentiment: It rains. \n[OUTPUT]:"
    where = "imdb/train/train.parquet"
    others = {f"{where}:{at}": f"{where}:{other}" for at, other in ((0, 1), (1, 0), (2, 3), (3, 2))}
    for row in (first, second):
        assert row["because"] == others[row["id"]]

    shown = build("show", "imdb", "--dropped", "near duplicate", "--out", tmp_path / "out")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(
        f"near duplicate\n\n{second['id']}  seed  stanfordnlp/imdb@mirror-"
    )
    assert shown.stdout.endswith(f"because of {second['because']}\n")
    asked_as_json = ("--dropped", "duplicate", "--out", tmp_path / "out", "--json")
    assert json.loads(build("show", "imdb", *asked_as_json).stdout) == first

    assert build("make", *asked).returncode == 0
    assert not path.exists(), "nobody asked to keep them"


def test_rows_that_a_task_leaves_out_are_shown_as_the_source_has_them(
    build: Build, asked: tuple[object, ...], tmp_path: Path
) -> None:
    source = asked[3]
    shown = build("show", "imdb", "--dropped", "unlabelled", "--source", source, "--rows", 3)
    assert shown.returncode == 0, shown.stderr
    assert "What?" in shown.stdout
    assert "It rains." not in shown.stdout
    none = build("show", "imdb", "--dropped", "unlabeled", "--source", source)
    assert (none.returncode, none.stdout) == (2, "")
    assert "--dropped unlabeled: imdb leaves out no row of these for that reason, and " in (
        none.stderr
    )
