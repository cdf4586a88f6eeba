"""Whether a mirror has the rows of a lock, once they are read; if not, nothing is put in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mixbuild.core import OutputError, SourceDigest, explained_output
from mixbuild.make import manifest
from mixbuild.make.config import Built, unlisted
from mixbuild.make.manifest import Manifest
from mixbuild.make.plan import Plan, Request, judged
from mixbuild.make.shard import UnitReport, finished
from mixbuild.make.staging import forget, move_out
from mixbuild.make.unit import Unit


def as_listed(planned: Plan, config: Built, request: Request) -> Plan:
    """A plan, with what a build that is there found out about its mirror, if it was of this one."""
    return judged(planned, _drift(config), replace(request, allow_drift=True))


def refuse_listed(planned: Plan, config: Built, request: Request) -> None:
    """Refuse a mirror of which a build that is there found out that it is not the lock's.

    Raises:
        LockError: it must be.
    """
    judged(planned, _drift(config), request)


def _drift(config: Built) -> list[str]:
    return [line for source in config.sources for line in source.drift]


def as_read(planned: Plan, folder: Path, request: Request) -> Plan:
    """A plan, with what its finished units found out about its mirror.

    Raises:
        LockError: the rows are not the lock's, and must be.
    """
    if planned.claim is None:
        return planned
    found = {}
    for split in planned.units:
        found[split] = SourceDigest()
        for unit in planned.units[split]:
            if (read := rendered(unit, planned, folder).were_read) is not None:
                found[split].add(read.rows, read.parts)
    return judged(planned, planned.claim.drift(found), request)


def rendered(unit: Unit, planned: Plan, folder: Path) -> UnitReport:
    """What a unit made.

    Raises:
        OutputError: nothing is there of it.
    """
    shard = finished(unit, planned.projection, folder)
    if shard is None:
        raise OutputError(
            f"{folder}/{unit.stem}.arrow: not there after it was rendered; do all workers share "
            f"this folder?"
        )
    return shard


def put_back(out: Path, folder: Path, plans: Sequence[Plan], before: Manifest) -> None:
    """Leave an output folder as it was before shards were staged, with nothing of mirrors since."""
    with explained_output(out):
        for planned in plans:
            name = planned.task.name
            config = before.configs.get(name)
            splits = config.splits.values() if config else ()
            listed = [each for split in splits for each in (*split.shards, *split.again)]
            shards = {out / each.path: unlisted(each) for each in listed}
            staged = {
                path: shard
                for path, shard in shards.items()
                if (folder / f"{name}-{shard.unit}.arrow").exists()
            }
            move_out(folder, name, staged, ())
            if planned.claim is not None:
                forget(folder, name)
        manifest.save(out, before)
