"""Quality after a kill: whatever step it came at, the next build ends with the same files."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, write_parquet
from mixbuild.cli.main import run

RECIPE = """\
tasks: {imdb: {}}
quality: {contamination: {against: [imdb]}, leakage: {by: near}, exact: {}, near: {}}
mixtures: {mix: {parts: {imdb: {}}}}
"""
LONG = "A film about a lighthouse and the two brothers who keep it through one long winter of ice "
ROWS = [
    *({"text": f"{LONG} {number % 4}", "label": number % 2} for number in range(12)),
    *({"text": f"Of another kind, number {number // 2}.", "label": 1} for number in range(12)),
]

KILLED = """
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


def contents(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", ["imdb/test.removed.arrow", "mix/train.selection.arrow"])
def test_killed_at_any_step_it_goes_on_to_the_same_files(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror, recipe = tmp_path / "mirror", tmp_path / "mine.yaml"
    write_parquet(mirror / "train.parquet", ROWS)
    write_parquet(mirror / "test.parquet", [*ROWS[:1], {"text": LONG.upper(), "label": 1}])
    recipe.write_text(RECIPE)
    words = ["make", "--recipe", str(recipe), "--source", f"imdb={mirror}", "--num-proc", "1"]
    put: list[str] = []
    with monkeypatch.context() as patched:
        from mixbuild.core import files

        kept = files.put_in_place

        def noted(partial: Path, path: Path) -> None:
            put.append(str(path))
            kept(partial, path)

        patched.setattr(files, "put_in_place", noted)
        assert run([*words, "--out", str(tmp_path / "whole")]) == 0
    at = next(number for number, path in enumerate(put) if path.endswith(name))
    out = tmp_path / "killed"
    command = [sys.executable, "-c", KILLED, str(ROOT / "build"), str(at), *words]
    killed = subprocess.run([*command, "--out", str(out)], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    assert not (out / name).exists()
    assert not (out / "manifest.json").exists()
    assert run([*words, "--out", str(out)]) == 0
    assert contents(out) == contents(tmp_path / "whole")
