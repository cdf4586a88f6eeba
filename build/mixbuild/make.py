"""Make a build: resolve the sources, render the units that are not there, list it all.

The output folder while and after it is made::

    out/manifest.json                        written last: what it lists is whole
    out/squad/train-00000-of-00001.arrow     only what the manifest lists
    out/.units/<key>.arrow, <key>.json       units of a build that is not finished yet

A build that was stopped, however rudely, goes on from ``.units``: units whose
key still holds are not rendered again. The same command on a whole build does
nothing.
"""

from __future__ import annotations

import functools
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from mixbuild import engine, manifest
from mixbuild.errors import OutputError
from mixbuild.plan import Request, plan
from mixbuild.shards import Shard, Unit, finished, render_unit
from mixbuild.sources import Resolved
from mixbuild.task import Task
from mixbuild.trouble import explained_output

UNITS = ".units"

Report: TypeAlias = Callable[[int, int], None]
"""Called with (units done, units in all)."""


@dataclass(frozen=True)
class Made:
    """What came of it: the manifest, and how many units were rendered, and kept."""

    manifest: manifest.Manifest
    rendered: int
    kept: int


def make(
    request: Request,
    *,
    engine_name: str = engine.PROCESSES,
    num_proc: int | None = None,
    scheduler: str | None = None,
    report: Report = lambda *_: None,
) -> Made:
    """Make what is asked for, or bring what is there up to it.

    Raises:
        MixError: of any kind; the manifest then lists only what is whole.
    """
    engine.check(engine_name, scheduler)
    plans = [(task, *plan(task, request)) for task in request.tasks]
    with _locked(request.out):
        listed = dict((manifest.load(request.out) or {"tasks": {}})["tasks"])
        entries = {
            task.name: functools.partial(_entry, task, resolved, request)
            for task, resolved, units in plans
        }
        stale = [
            (task, units)
            for task, _, units in plans
            if not _is_whole(request.out, listed.get(task.name), units, entries[task.name])
        ]
        staging = request.out / UNITS
        if not stale:
            # a build that was killed at its very end may have left some
            shutil.rmtree(staging, ignore_errors=True)
            return Made({"format": manifest.FORMAT, "tasks": listed}, 0, _count(plans))
        # unlisted first, then moved: whatever is listed is there at every moment
        old = [listed.pop(task.name, None) for task, _ in stale]
        manifest.save(request.out, listed)
        with explained_output(staging):
            staging.mkdir(exist_ok=True)
            for entry in filter(None, old):
                _stage(request.out, staging, entry)
        todo = [unit for _, units in stale for each in units.values() for unit in each]
        missing = list({unit.key: unit for unit in todo if not finished(unit, staging)}.values())
        kept = len(todo) - len(missing)
        threads = engine_name == engine.PROCESSES and num_proc is None
        work = functools.partial(render_unit, folder=staging, overlap=threads)
        done = engine.run(missing, work, engine=engine_name, num_proc=num_proc, scheduler=scheduler)
        report(kept, len(todo))
        with _no_partial_files(staging):
            for count, _ in enumerate(done, start=1):
                report(kept + count, len(todo))
        for task, units in stale:
            shards = {
                split: [_whole(unit, staging) for unit in each] for split, each in units.items()
            }
            with explained_output(request.out):
                _publish(request.out, staging, task, shards)
            listed[task.name] = entries[task.name](shards)
        manifest.save(request.out, listed)
        shutil.rmtree(staging, ignore_errors=True)
    return Made(
        {"format": manifest.FORMAT, "tasks": dict(sorted(listed.items()))},
        len(missing),
        _count(plans) - len(missing),
    )


@contextmanager
def _no_partial_files(staging: Path) -> Iterator[None]:
    """Remove what workers that were killed had begun to write, now or in an earlier build."""
    try:
        yield
    finally:
        for partial in staging.glob("*.partial"):
            partial.unlink(missing_ok=True)


def _is_whole(
    out: Path,
    entry: Mapping[str, Any] | None,
    units: Mapping[str, list[Unit]],
    expected: Callable[[Mapping[str, list[Shard]]], dict[str, Any]],
) -> bool:
    """Whether the manifest says of these units what it would anew, and their shards are there."""
    if entry is None:
        return False
    shards = {
        split: [_listed(shard) for shard in each["shards"]]
        for split, each in entry["splits"].items()
    }
    return (
        {split: [shard.unit for shard in each] for split, each in shards.items()}
        == {split: [unit.key for unit in each] for split, each in units.items()}
        and expected(shards) == entry
        and all(
            _size(out / shard["path"]) == shard["bytes"]
            for split in entry["splits"].values()
            for shard in split["shards"]
        )
    )


def _listed(shard: Mapping[str, Any]) -> Shard:
    """A shard, of what the manifest says of it."""
    return Shard(**{name: shard[name] for name in Shard.__dataclass_fields__})


def _stage(out: Path, staging: Path, entry: Mapping[str, Any]) -> None:
    """Move the shards of an entry that is about to be remade back among the units."""
    for split in entry["splits"].values():
        for shard in split["shards"]:
            path, key = out / shard["path"], shard["unit"]
            if _size(path) != shard["bytes"]:
                continue
            (staging / f"{key}.json").write_text(json.dumps(asdict(_listed(shard))))
            path.replace(staging / f"{key}.arrow")


def _publish(out: Path, staging: Path, task: Task, shards: Mapping[str, list[Shard]]) -> None:
    """Move a task's shards to where the manifest will list them, and nothing else beside them."""
    folder = out / task.name
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*-of-*.arrow"):
        old.unlink()
    for split, each in shards.items():
        for index, shard in enumerate(each):
            path = out / manifest.shard_path(task.name, split, index, len(each))
            (staging / f"{shard.unit}.arrow").replace(path)


def _entry(
    task: Task,
    resolved: Resolved,
    request: Request,
    shards: Mapping[str, list[Shard]],
) -> dict[str, Any]:
    return manifest.task_entry(
        task,
        resolved,
        shards,
        templates=request.templates,
        seed=request.seed,
        max_rows=request.max_rows,
    )


def _whole(unit: Unit, staging: Path) -> Shard:
    shard = finished(unit, staging)
    if shard is None:
        raise OutputError(
            f"{staging}/{unit.key}.arrow: gone since it was rendered; is the folder shared by "
            f"every worker, and used by this build alone?"
        )
    return shard


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _count(plans: Sequence[tuple[Task, Resolved, Mapping[str, list[Unit]]]]) -> int:
    return sum(len(each) for _, _, units in plans for each in units.values())


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Keep a second build out of the folder."""
    from filelock import FileLock, Timeout

    with explained_output(out):
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise OutputError(
                f"{out}: another build is being made here; wait for it, or choose another --out"
            ) from None
    try:
        yield
    finally:
        lock.release()
