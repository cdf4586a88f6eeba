"""A unit: small enough to travel, under a key that changes with all that decides its rows."""

from __future__ import annotations

import ast
import dataclasses
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from make.test_run import request
from mixbuild.core.errors import WorkerError
from mixbuild.curate.mix import mixture
from mixbuild.declare.task import Task
from mixbuild.make import unit as module
from mixbuild.make.plan import Request, plan
from mixbuild.make.unit import rows, unit_of
from mixbuild.publish import delivery, split
from mixbuild.sources.resolve import SAMPLES
from mixbuild.tasks import ALL, find

PACKAGE = ROOT / "build/mixbuild"


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_unit_travels_light_and_what_it_is_of_travels_once(task: Task) -> None:
    planned = plan(task, Request([task], Path("out"), {task.name: SAMPLES}, templates="all"))
    units = [unit for each in planned.units.values() for unit in each]
    assert units
    projection = pickle.loads(pickle.dumps(planned.projection))  # noqa: S301 - our own
    for unit in units:
        packed = pickle.dumps(unit)
        assert len(packed) < 1_000, "bytes; a pipe holds 64 of these"
        arrived = pickle.loads(packed)  # noqa: S301 - our own
        assert arrived == unit
        here, there = list(rows(unit, planned.projection)), list(rows(arrived, projection))
        assert [made.num_rows for _, made, _ in here]
        assert there == here


def test_the_key_of_a_unit_changes_with_where_its_rows_are(
    imdb_folder: Path, tmp_path: Path
) -> None:
    planned = plan(find("imdb"), request(imdb_folder, tmp_path / "out"))
    (first, second), (third,) = planned.units.values()
    assert len({first.key, second.key, third.key}) == 3
    run = first.run
    others = [
        dataclasses.replace(run, **change)
        for change in (
            {"file": "another"},
            {"split": "another"},
            {"first_row": 1},
            {"rows": 1},
            {"row_groups": (1, 2)},
            {"row_groups": None},
            {"batch_rows": 1},
            {"place": dataclasses.replace(run.place, config="another")},
        )
    ]
    units = [unit_of(planned.projection, "train", each) for each in others]
    units += [unit_of(planned.projection, "another", run)]
    units += [unit_of(planned.projection, "train", run, turn=turn) for turn in (1, 2)]
    assert len({first.key, *(unit.key for unit in units)}) == 1 + len(units)
    # where the same bytes lie decides nothing
    elsewhere = dataclasses.replace(run, place=dataclasses.replace(run.place, path="/elsewhere"))
    assert unit_of(planned.projection, "train", elsewhere).key == first.key


def test_a_worker_with_other_code_refuses(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(find("imdb"), request(imdb_folder, tmp_path / "out"))
    ours = planned.projection.code
    monkeypatch.setattr(module, "code_version", lambda: "another")
    with pytest.raises(WorkerError) as caught:
        list(rows(planned.units["train"][0], planned.projection))
    assert str(caught.value) == (
        f"imdb/train/train-00000-of-00002.parquet rows 0 to 149: expected the code {ours}, which "
        f"planned the build, got another; install the same version of instruct_mix and of pyarrow "
        f"wherever its workers run"
    )


def defining(room: Path, name: str) -> Path:
    """The module from which a room's door hands a name on."""
    for node in ast.parse((room / "__init__.py").read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            assert node.module is not None
            return located(node.module, name)
    return room / "__init__.py"


def located(dotted: str, name: str) -> Path:
    """The file of ours where a name that is imported from a module comes from."""
    path = PACKAGE.joinpath(*dotted.split(".")[1:])
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    if (path / f"{name}.py").is_file():
        return path / f"{name}.py"
    return path / name / "__init__.py" if (path / name).is_dir() else defining(path, name)


def imports(path: Path) -> Iterator[Path]:
    """The modules of ours that a module takes something from, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mixbuild":
            yield from (located(str(node.module), alias.name) for alias in node.names)


def closure(*names: str, without: tuple[str, ...] = ()) -> set[str]:
    """All modules that some modules come to by their imports, these included, but for rooms."""
    found: set[Path] = set()
    todo = [PACKAGE / name for name in names]
    while todo:
        path = todo.pop()
        if path not in found and path.relative_to(PACKAGE).parts[0] not in without:
            found.add(path)
            todo += imports(path)
    return {path.relative_to(PACKAGE).as_posix() for path in found}


@pytest.mark.parametrize(
    ("start", "hashed", "without"),
    [
        # what a task declares is in the key itself
        ("make/shard.py", module.DECISIVE, ("tasks",)),
        # what is read of a build is compared with its digest, which is in the key too
        ("publish/apart.py", split.DECISIVE, ("make",)),
        ("publish/shards.py", delivery.DECISIVE, ("make",)),
        ("curate/mix/mixture.py", mixture.DECISIVE, ("make",)),
    ],
    ids=["shards", "exported files", "delivered rows", "mixtures"],
)
def test_a_key_covers_all_the_code_that_decides(
    start: str, hashed: tuple[str, ...], without: tuple[str, ...]
) -> None:
    needed = closure(start, without=without)
    assert {"core/errors.py", start} <= needed
    missing = {
        path
        for path in needed - {"__init__.py"}
        if not any(f"{path}/".startswith(f"{part}/") for part in hashed)
    }
    assert missing == set()
