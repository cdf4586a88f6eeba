"""Quality after a kill: whatever step it came at, the next build ends with the same files."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias
from unittest import mock

import pytest
from conftest import ROOT, write_parquet
from mixbuild.cli.main import run
from mixbuild.core import files
from tokenizers import Tokenizer, models, pre_tokenizers

RECIPE = """\
tasks: {imdb: {}}
quality:
  length: {tokenizer: TOKENIZER, max_tokens: 40}
  contamination: {against: [imdb]}
  leakage: {by: near}
  exact: {}
  near: {}
mixtures: {mix: {parts: {imdb: {}}}}
"""
LONG = "A film about a lighthouse and the two brothers who keep it through one long winter of ice "
ROWS = [
    *({"text": f"{LONG} {number % 4}", "label": number % 2} for number in range(12)),
    *({"text": f"Of another kind, number {number // 2}.", "label": 1} for number in range(12)),
    {"text": f"{LONG} {LONG} {LONG}", "label": 1},
]

AT_A_FILE = """
import os, signal, sys
sys.path[:0] = [sys.argv[1]]
from mixbuild.core import files
from mixbuild.cli.main import main
kept, left = files.put_in_place, [int(sys.argv[2])]
def put(partial, path):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)  # the file is written, and has no name yet
    left[0] -= 1
    kept(partial, path)
files.put_in_place = put
main(sys.argv[3:])
"""

AT_WORK = """
import importlib, os, signal, sys
sys.path[:0] = [sys.argv[1]]
from mixbuild.cli.main import main
module, _, name = sys.argv[2].partition(".")
module = importlib.import_module(f"mixbuild.curate.quality.{module}")
setattr(module, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
main(sys.argv[3:])
"""


Whole: TypeAlias = tuple[list[str], dict[str, bytes], list[str]]
"""A command that makes and judges, the files it makes, and these in the order they are put."""


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[str], dict[str, bytes], list[str]]:
    folder = tmp_path_factory.mktemp("kills")
    mirror, recipe, put = folder / "mirror", folder / "mine.yaml", list[str]()
    write_parquet(mirror / "train.parquet", ROWS)
    write_parquet(mirror / "test.parquet", [*ROWS[:1], {"text": LONG.upper(), "label": 1}])
    made = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no secret
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.save(str(folder / "tokenizer.json"))
    recipe.write_text(RECIPE.replace("TOKENIZER", str(folder / "tokenizer.json")))
    words = ["make", "--recipe", str(recipe), "--source", f"imdb={mirror}"]
    kept = files.put_in_place

    def noted(partial: Path, path: Path) -> None:
        put.append(str(path))
        kept(partial, path)

    with mock.patch.object(files, "put_in_place", noted):
        assert run([*words, "--out", str(folder / "out")]) == 0
    return words, contents(folder / "out"), put


@pytest.mark.parametrize(
    ("program", "where"),
    [
        *((AT_WORK, step) for step in ("sift._contaminated", "repeats.judge", "near.candidates")),
        *((AT_A_FILE, f"imdb/test.{name}.arrow") for name in ("removed", "noted")),
        *((AT_A_FILE, name) for name in ("pairs.html", "mix/train.selection.arrow")),
    ],
)
def test_killed_at_any_step_it_goes_on_to_the_same_files(
    tmp_path: Path,
    whole: Whole,
    program: str,
    where: str,
) -> None:
    words, expected, put = whole
    at = where
    if program == AT_A_FILE:
        at = str(next(number for number, path in enumerate(put) if path.endswith(where)))
    out = tmp_path / "killed"
    command = [sys.executable, "-c", program, str(ROOT / "build"), at, *words, "--out", str(out)]
    killed = subprocess.run(command, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert where not in contents(out)
    assert not (out / "manifest.json").exists()
    assert run([*words, "--out", str(out)]) == 0
    assert contents(out) == expected
