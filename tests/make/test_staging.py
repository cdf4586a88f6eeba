"""Whatever interrupts a build, and whatever lies among its units: it costs its own work again."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, imdb_rows, write_parquet
from damage import DAMAGES, damage
from make.test_run import files, request
from mixbuild.core.errors import RowError
from mixbuild.make.run import Made, make
from mixbuild.make.staging import UNITS

CHANGES_A_FOLDER = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate"}


class Killed(BaseException):
    """What no handler of errors catches."""


class Fate:
    """Lets so many changes of a folder happen, and then none: as a kill does, and a cut of power.

    An audit hook cannot be taken away again, so there is one for all tests.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.left = 0
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None or event not in CHANGES_A_FOLDER:
            return
        if event == "open" and not set(str(arguments[1])) & set("wax+"):
            return
        path = str(arguments[0])
        if path.startswith(f"{self.folder}/") and not path.endswith(".lock"):
            self.left -= 1
            if self.left < 0:
                raise Killed

    @contextmanager
    def after(self, changes: int, folder: Path) -> Iterator[None]:
        self.folder, self.left = folder, changes
        try:
            yield
        finally:
            self.folder = None


FATE = Fate()


@pytest.mark.parametrize("before", ["nothing", "another build", "a shard less"])
def test_a_build_killed_before_any_of_its_steps_goes_on_and_ends_the_same(
    imdb_folder: Path, tmp_path: Path, before: str
) -> None:
    make(request(imdb_folder, tmp_path / "expected", templates="terse"))
    expected = files(tmp_path / "expected")
    for changes in itertools.count():
        out = tmp_path / str(changes)
        if before != "nothing":
            make(request(imdb_folder, out, templates="sample" if "another" in before else "terse"))
        if before == "a shard less":
            (out / "imdb/train-00001-of-00002.arrow").unlink()
        try:
            with FATE.after(changes, out):
                made = make(request(imdb_folder, out, templates="terse"))
        except Killed:
            again = make(request(imdb_folder, out, templates="terse"))
            assert files(out) == expected, f"after {changes} changes"
            assert not (out / UNITS).exists()
            if before == "a shard less":
                assert again.rendered <= 1, "what was whole is not rendered again"
        else:
            assert made.changed
            break
    assert changes > 20


def interrupted(folder: Path, out: Path) -> Callable[[], Made]:
    """A build with two of its three units finished; and what ends it."""
    path = folder / "test-00000-of-00001.parquet"
    good = path.read_bytes()
    write_parquet(path, [*imdb_rows(119, start=300), {"text": "Who knows.", "label": 7}])
    with pytest.raises(RowError):
        make(request(folder, out))
    assert len(list((out / UNITS).iterdir())) == 4

    def finish() -> Made:
        path.write_bytes(good)
        return make(request(folder, out))

    return finish


# a bit that has flipped is found by whoever reads the rows
@pytest.mark.parametrize("other", [how for how in DAMAGES if how != "flipped"])
@pytest.mark.parametrize("name", range(6))
def test_whatever_lies_among_the_units_costs_its_own_work_at_most(
    imdb_folder: Path, tmp_path: Path, name: int, other: str
) -> None:
    make(request(imdb_folder, tmp_path / "expected"))
    out = tmp_path / "out"
    # the same source as is expected: the rows of a folder are labelled by all its bytes
    make(request(imdb_folder, out))
    (out / "manifest.json").unlink()
    (out / UNITS).mkdir()
    listed = json.loads((tmp_path / "expected/manifest.json").read_text())["configs"]["imdb"]
    for split in listed["splits"].values():
        for shard in split["shards"][:2]:
            stem = out / UNITS / f"imdb-{shard['unit']}"
            (out / shard.pop("path")).rename(stem.with_suffix(".arrow"))
            stem.with_suffix(".json").write_text(json.dumps(shard))
    damage(sorted((out / UNITS).iterdir())[name], other)
    made = make(request(imdb_folder, out))
    assert made.rendered <= 1
    assert files(out) == files(tmp_path / "expected")
    assert not (out / UNITS).exists()


def test_a_finished_unit_is_not_rendered_again(imdb_folder: Path, tmp_path: Path) -> None:
    finish = interrupted(imdb_folder, tmp_path / "out")
    # another source from here on: its label is part of every row
    assert finish().rendered == 3
    make(request(imdb_folder, tmp_path / "expected"))
    assert files(tmp_path / "out") == files(tmp_path / "expected")
    assert not (tmp_path / "out" / UNITS).exists()


def test_a_whole_build_is_seen_without_writing_anything(imdb_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    whole = make(request(imdb_folder, out))
    (out / ".lock").unlink(missing_ok=True)
    with FATE.after(0, out):
        again = make(request(imdb_folder, out))
    assert (again.manifest, again.rendered, again.changed) == (whole.manifest, 0, False)
    assert not (out / ".lock").exists()


def test_a_kill_of_the_process_is_what_the_tests_above_take_it_for(
    imdb_folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    kill_at_the_first_report = (
        "import os, pathlib, signal, sys\n"
        "def hook(event, arguments):\n"
        "    if event == 'os.rename' and str(arguments[1]).endswith('.json'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(hook)\n"
        "from mixbuild.make import Request, make\n"
        "from mixbuild.tasks import find\n"
        "make(Request([find('imdb')], pathlib.Path(sys.argv[2]), {'imdb': sys.argv[1]}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", kill_at_the_first_report, imdb_folder, out],
        env={"PYTHONPATH": str(ROOT / "build")},
        check=False,
    )
    assert done.returncode == -9
    assert [path.suffix for path in sorted((out / UNITS).iterdir())] == [".arrow", ".partial"]
    make(request(imdb_folder, out))
    make(request(imdb_folder, tmp_path / "expected"))
    assert files(out) == files(tmp_path / "expected")
    assert not (out / UNITS).exists()
