"""Make a build: resolve the sources, render the units that are not there, list it all.

The output folder while and after it is made::

    out/manifest.json                        written last: what it lists is whole
    out/squad/train-00000-of-00001.arrow     only what the manifest lists
    out/.units/<task>-<key>.arrow, .json     units of a build that is not finished yet

A build that was stopped, however rudely, goes on from ``.units``: units whose
key still holds are not rendered again. The same command on a whole build does
nothing.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from mixbuild.core import OutputError, UsageError, dump_json, explained_output, mutex, write_whole
from mixbuild.core import executor as engine
from mixbuild.declare import Task
from mixbuild.make import manifest
from mixbuild.make.config import Built, shard_path, unlisted
from mixbuild.make.manifest import Manifest
from mixbuild.make.plan import Plan, Request, plan
from mixbuild.make.shard import Shard, finished, holds, read_report, render_unit
from mixbuild.make.unit import Projection, Unit
from mixbuild.sources import SAMPLES, Resolved

UNITS = ".units"

Report: TypeAlias = Callable[[int, int], None]
"""Called with (units done, units in all)."""


@dataclass(frozen=True)
class Made:
    """What came of it.

    Attributes:
        manifest: all that the folder holds now.
        rendered: how many units were rendered.
        kept: how many were there already.
        changed: whether there was anything to do.
        removed: the splits that the folder held and that are not asked for any more.
    """

    manifest: Manifest
    rendered: int
    kept: int
    changed: bool
    removed: tuple[str, ...]


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
    out = request.out.resolve()  # a worker may stand in another folder
    _refuse_overlap(request, out)
    plans = [plan(task, request) for task in request.tasks]
    with mutex(out):
        there = manifest.load(out) or Manifest(manifest.FORMAT, {})
        listed = there.configs
        before = _paths(listed)
        entries = {
            each.task.name: functools.partial(_entry, each.task, each.resolved, request)
            for each in plans
        }
        stale = [
            each
            for each in plans
            if not _is_whole(out, listed.get(each.task.name), each.units, entries[each.task.name])
        ]
        staging = out / UNITS
        with explained_output(staging):
            staging.mkdir(exist_ok=True)
            for each in stale:
                _stage(out, staging, each.task, there)
        todo = [unit for each in stale for units in each.units.values() for unit in units]
        missing = [unit for unit in todo if not finished(unit, staging)]
        kept = len(todo) - len(missing)
        threads = engine_name == engine.PROCESSES and num_proc is None
        done = engine.run(
            missing,
            work,
            shared=Shared(
                {each.task.name: each.projection for each in stale}, staging, overlap=threads
            ),
            engine=engine_name,
            num_proc=num_proc,
            scheduler=scheduler,
        )
        report(kept, len(todo))
        with _no_partial_files(staging):
            for count, _ in enumerate(done, start=1):
                report(kept + count, len(todo))
        for each in stale:
            shards = {
                split: [_whole(unit, staging) for unit in units]
                for split, units in each.units.items()
            }
            with explained_output(out):
                _publish(out, staging, each.task, shards)
            listed[each.task.name] = entries[each.task.name](shards)
        there = msgspec.structs.replace(there, configs=dict(sorted(listed.items())))
        if stale:
            manifest.save(out, there)
        for task in request.tasks:  # units of other tasks may be waiting to be finished
            _forget(staging, task)
    return Made(
        there,
        rendered=len(missing),
        kept=_count(plans) - len(missing),
        changed=bool(stale),
        removed=tuple(sorted(before - _paths(listed))),
    )


@dataclass(frozen=True)
class Shared:
    """What every unit of a build is rendered with: it goes to each worker once."""

    projections: Mapping[str, Projection]
    folder: Path
    overlap: bool


def work(unit: Unit, shared: Shared) -> Shard:
    """Render one unit of a build, wherever that is."""
    projection = shared.projections[unit.config]
    return render_unit(unit, projection, shared.folder, overlap=shared.overlap)


def _refuse_overlap(request: Request, out: Path) -> None:
    """Refuse an output that would become a part of its source, or the other way round."""
    for name, source in request.sources.items():
        with contextlib.suppress(OSError, RuntimeError):  # what is wrong with it, resolve says
            folder = Path(source).expanduser().resolve()
            inside = out.is_relative_to(folder) or folder.is_relative_to(out)
            if source != SAMPLES and folder.is_dir() and inside:
                raise UsageError(
                    f"--source {name}={source} and --out {request.out} lie within one another; "
                    f"choose another --out"
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
    config: Built | None,
    units: Mapping[str, Sequence[Unit]],
    expected: Callable[[Mapping[str, Sequence[Shard]]], Built],
) -> bool:
    """Whether the manifest says of these units what it would anew, and their shards are there."""
    if config is None:
        return False
    shards = {split: each.shards for split, each in config.splits.items()}
    return (
        {split: [shard.unit for shard in each] for split, each in shards.items()}
        == {split: [unit.key for unit in each] for split, each in units.items()}
        and expected(shards) == config
        and all(
            _size(out / shard.path) == shard.bytes
            for split in config.splits.values()
            for shard in split.shards
        )
    )


def _stage(out: Path, staging: Path, task: Task, there: Manifest) -> None:
    """Move a task's shards back among the units, to be used again where they still hold.

    The reports come first, then the task is unlisted, then the shards are moved: whatever is
    listed is there at every moment, and what was moved by half is known by its report.
    """
    config = there.configs.pop(task.name, None)
    for split in config.splits.values() if config else ():
        for shard in split.shards:
            report = staging / f"{task.name}-{shard.unit}.json"
            write_whole(report, dump_json(unlisted(shard)))
    manifest.save(out, there)
    lying = {path: _size(path) for path in _shards_of(out, task)}
    for report in staging.glob(f"{task.name}-*.json"):
        arrow = report.with_suffix(".arrow")
        known = read_report(report)
        for path, size in list(lying.items()):
            if known is None or arrow.exists() or size != known.bytes:
                continue
            if holds(path, known):
                path.replace(arrow)
                del lying[path]


def _publish(out: Path, staging: Path, task: Task, shards: Mapping[str, list[Shard]]) -> None:
    """Move a task's shards to where the manifest will list them, and no old one beside them."""
    (out / task.name).mkdir(exist_ok=True)
    for old in _shards_of(out, task):
        old.unlink()
    for split, each in shards.items():
        for index, shard in enumerate(each):
            path = out / shard_path(task.name, split, index, len(each))
            (staging / f"{task.name}-{shard.unit}.arrow").replace(path)


def _shards_of(out: Path, task: Task) -> list[Path]:
    """The files in a task's folder that are called as we call its shards; others are not ours."""
    ours = re.compile(rf"({'|'.join(task.splits)})-\d{{5}}-of-\d{{5}}\.arrow")
    return [path for path in (out / task.name).glob("*.arrow") if ours.fullmatch(path.name)]


def _forget(staging: Path, task: Task) -> None:
    """Remove what a finished task left among the units."""
    for path in staging.glob(f"{task.name}-*"):
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # it is not empty: another task waits to be finished
        staging.rmdir()


def _paths(listed: Mapping[str, Built]) -> set[str]:
    """``config/split`` of all that a manifest lists."""
    return {f"{name}/{split}" for name, config in listed.items() for split in config.splits}


def _entry(
    task: Task,
    resolved: Resolved,
    request: Request,
    shards: Mapping[str, Sequence[Shard]],
) -> Built:
    return manifest.config_of(
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
            f"{staging}/{unit.stem}.arrow: not there after it was rendered; do all workers share "
            f"this folder, and run the same code?"
        )
    return shard


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _count(plans: Sequence[Plan]) -> int:
    return sum(len(units) for each in plans for units in each.units.values())
