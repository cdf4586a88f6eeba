"""How many worker processes a build is worth, where nobody says how many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from make.test_run import files, request
from mixbuild.core.executor import Workers
from mixbuild.declare import Task
from mixbuild.make import workers
from mixbuild.make.plan import Plan, Request, plan
from mixbuild.make.run import make
from mixbuild.make.unit import Unit
from mixbuild.make.workers import worth_workers
from mixbuild.sources.location import BATCH_BYTES, Place, Run
from mixbuild.tasks import find


def unit(folder: Path, *, batches: int, parquet: bool = True) -> Unit:
    place = Place(str(folder), None, None)
    if parquet:
        found = Run(place, "train", "f", rows=batches * 7, row_groups=(0, 1), batch_rows=7)
    else:
        found = Run(place, "train", f"{batches}.jsonl")
        with open(found.address, "wb") as file:
            file.truncate(batches * BATCH_BYTES)
    return Unit("imdb", "train", found, "key")


@pytest.mark.parametrize("parquet", [True, False], ids=["parquet", "text"])
@pytest.mark.parametrize(
    ("batches", "cores", "expected"),
    [
        ([16] * 11, 8, None),
        ([16] * 12, 8, 2),
        ([16] * 12, 1, None),
        ([16] * 200, 2, 2),
        ([16] * 200, 64, 33),
        ([9_600], 64, None),
        ([9_600, 1], 64, 2),
        ([0] * 500, 64, None),
        ([], 64, None),
    ],
)
def test_a_worker_is_worth_its_start_with_enough_to_do(
    tmp_path: Path, parquet: bool, batches: list[int], cores: int, expected: int | None
) -> None:
    units = [unit(tmp_path, batches=each, parquet=parquet) for each in batches]
    assert worth_workers(units, cores=cores) == expected


def test_a_large_build_uses_the_cores_and_says_so(
    imdb_folder: Path, tmp_path: Path, many_units: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = make(request(imdb_folder, tmp_path / "alone"))
    assert (alone.rendered, alone.workers) == (6, None)
    monkeypatch.setattr(workers, "WORKER_BATCHES", 1)
    monkeypatch.setattr(workers, "_batches", lambda _: 1)
    monkeypatch.setattr(workers, "usable_cores", lambda: 2)
    made = make(request(imdb_folder, tmp_path / "made"))
    assert (made.rendered, made.workers) == (6, 2)
    assert files(tmp_path / "made") == files(tmp_path / "alone")
    assert make(request(imdb_folder, tmp_path / "asked"), num_proc=1).workers is None


@pytest.mark.parametrize(
    ("num_proc", "cores", "expected"),
    [(None, 8, [0, 2]), (None, 1, [0, 0]), (9, 8, [4, 4]), (1, 8, [1, 1]), (0, 8, [0, 0])],
    ids=str,
)
def test_workers_begin_while_others_tasks_are_planned(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    num_proc: int | None,
    cores: int,
    expected: list[int],
) -> None:
    begun = 0
    seen = []

    class Counted(Workers):
        def begin(self, num_proc: int) -> None:
            nonlocal begun
            begun = max(begun, num_proc)

    def planned(task: Task, request: Request) -> Plan:
        seen.append(begun)
        return plan(task, request)

    monkeypatch.setattr(workers, "plan", planned)
    monkeypatch.setattr(workers, "WORKER_BATCHES", 1)
    monkeypatch.setattr(workers, "_batches", lambda _: 1)
    monkeypatch.setattr(workers, "usable_cores", lambda: cores)
    tasks = [find("squad"), find("imdb")]  # of two splits each
    asked = Request(tasks, tmp_path, dict.fromkeys(("squad", "imdb"), "samples"))
    plans = workers.plan_all(asked, (), Counted(workers.work), num_proc=num_proc)
    assert [each.task for each in plans] == tasks
    assert seen == expected
    seen.clear()
    begun = 0
    workers.plan_all(asked, ("squad", "imdb"), Counted(workers.work), num_proc=num_proc)
    assert seen == [0, 0], "which the build has"


SAMPLES = ROOT / "build/mixbuild/tasks/samples/imdb"

CALLER = """
import json, os, shutil, sys
import os
import subprocess
import sys
from pathlib import Path
from hub_server import LoopbackHub

root = Path(sys.argv[1])
with LoopbackHub(root / "hub") as served:
    os.environ.update(served.environment(root / "home"))
    from huggingface_hub import set_client_factory
    from make.clients import noting_client
    from mixbuild.core import MixError
    from mixbuild.make import Request, make
    from mixbuild.sources import lock, pin
    from mixbuild.tasks import find

    set_client_factory({factory})
    task = find("imdb")
    shutil.copytree(sys.argv[2], served.root / task.source.repo)
    list(pin(root / "lock.json", [task]))
    try:
        make(
            Request([task], root / "out", {{}}, lock=lock.load(root / "lock.json")),
            num_proc={num_proc},
        )
    except MixError as error:
        print(error)
    print(len(served.log))
"""


@pytest.mark.parametrize("num_proc", [2, None])
def test_workers_ask_the_hub_by_the_client_of_the_caller(
    tmp_path: Path, num_proc: int | None
) -> None:
    told = run_script(
        CALLER.format(factory="noting_client", num_proc=num_proc), tmp_path, str(SAMPLES)
    )
    asked = (tmp_path / "notes").read_text().splitlines()
    assert told == [str(len(asked))]
    assert len({line.split()[0] for line in asked}) == (3 if num_proc else 1)


def test_a_client_that_workers_cannot_have_is_refused_with_them(tmp_path: Path) -> None:
    script = CALLER.format(factory="lambda: noting_client()", num_proc=2)
    told, _ = run_script(script, tmp_path, str(SAMPLES))
    assert told == (
        "worker processes cannot have the client factory that was set for the Hub (it is a "
        "lambda, or lies in the script itself); move it to a module, or leave num_proc and "
        "engine out"
    )


def run_script(script: str, folder: Path, *arguments: str) -> list[str]:
    (folder / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, str(folder / "script.py"), str(folder), *arguments],
        env={
            **os.environ,
            "NOTES": str(folder / "notes"),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "build"), str(ROOT / "tests")]),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()
