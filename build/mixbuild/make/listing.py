"""A config's shards where the manifest lists them: whether they are whole, taken back, put there.

::

    out/squad/train-00000-of-00001.arrow        a shard
    out/squad/train-00000-of-00001.keys         its keys, where they are asked for
    out/squad/again/train-00000-of-00001.arrow  its rows by other templates, for mixtures
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mixbuild.core import explained_output
from mixbuild.declare import Task
from mixbuild.make import manifest
from mixbuild.make.config import (
    AGAIN,
    Built,
    ListedShard,
    mixtures_of,
    shard_path,
    unlisted,
    whole,
)
from mixbuild.make.keys import has_keys
from mixbuild.make.manifest import Manifest, config_of
from mixbuild.make.plan import Plan, Request
from mixbuild.make.shard import Shard
from mixbuild.make.staging import move_out, note, shards_in, take_back
from mixbuild.make.unit import Unit
from mixbuild.make.verdict import as_listed, refuse_listed, rendered


def stale_plans(out: Path, there: Manifest, plans: Sequence[Plan], request: Request) -> list[Plan]:
    """The plans of which a build does not hold what would be made of them now.

    Raises:
        LockError: it holds what was made of a mirror that differs from the lock, which may not be.
    """
    stale = []
    for each in plans:
        config = there.configs.get(each.task.name)
        if config is None or not _is_whole(out, config, as_listed(each, config, request), request):
            stale.append(each)
        else:
            refuse_listed(each, config, request)
    return stale


def stage(out: Path, folder: Path, planned: Plan, there: Manifest) -> None:
    """Move a config's shards back among the units, to be used again where they still hold.

    The reports come first, then the config is unlisted, then the shards are moved: whatever is
    listed is there at every moment, and what was moved by half is known by its report.
    """
    task = planned.task
    config = there.configs.pop(task.name, None)
    for mixture in mixtures_of(there.configs, task.name):
        del there.configs[mixture]
    with explained_output(folder):
        for split in config.splits.values() if config else ():
            listed = (*split.shards, *split.again)
            note(folder, task.name, [unlisted(shard) for shard in listed])
        manifest.save(out, there)
        take_back(folder, task.name, _lying(out, task))


def put_out(out: Path, folder: Path, planned: Plan, request: Request) -> Built:
    """Move a config's finished shards to where it will be listed; what the manifest says of it."""
    name = planned.task.name
    shards, again = (
        {
            split: [rendered(unit, planned, folder) for unit in units]
            for split, units in each.items()
        }
        for each in (planned.units, planned.again)
    )
    paths = {
        out / shard_path(below, split, index, len(each)): shard
        for below, listed in ((name, shards), (f"{name}/{AGAIN}", again))
        for split, each in listed.items()
        for index, shard in enumerate(each)
    }
    with explained_output(out):
        move_out(folder, name, paths, _lying(out, planned.task))
    return _entry(planned, request, shards, again)


def _is_whole(out: Path, config: Built, planned: Plan, request: Request) -> bool:
    """Whether the manifest says of a config what it would anew, and its shards are there."""
    shards = {split: each.shards for split, each in config.splits.items()}
    again = {split: each.again for split, each in config.splits.items() if each.again}
    return (
        _units_of(shards) == _keys_of(planned.units)
        # what only a mixture sees does not hurt where none is asked for
        and (not planned.again or _units_of(again) == _keys_of(planned.again))
        and _entry(planned, request, shards, again) == whole(config)
        and all(
            _size(out / shard.path) == shard.bytes
            and has_keys(out / shard.path, shard.unit, planned.projection)
            for each in (*shards.values(), *again.values())
            for shard in each
        )
    )


def _units_of(listed: Mapping[str, Sequence[ListedShard]]) -> dict[str, list[str]]:
    return {split: [shard.unit for shard in shards] for split, shards in listed.items()}


def _keys_of(planned: Mapping[str, Sequence[Unit]]) -> dict[str, list[str]]:
    return {split: [unit.key for unit in units] for split, units in planned.items()}


def _lying(out: Path, task: Task) -> list[Path]:
    """The files that are called as a config's shards are, where these are listed."""
    return [
        path
        for folder in (out / task.name, out / task.name / AGAIN)
        for path in shards_in(folder, task.splits)
    ]


def _entry(
    planned: Plan,
    request: Request,
    shards: Mapping[str, Sequence[Shard]],
    again: Mapping[str, Sequence[Shard]],
) -> Built:
    asked = request.asked(planned.task.name)
    return config_of(planned.task, planned.resolved, shards, asked, request.recipe, again)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
