"""Make a build: resolve the sources, render the units that are not there, list it all.

The output folder while and after it is made::

    out/manifest.json                        written last: what it lists is whole
    out/squad/train-00000-of-00001.arrow     only what the manifest lists, and
    out/squad/train-00000-of-00001.keys    its keys, where they are asked for
    out/squad/again/train-00000-of-00001.arrow  its rows by other templates, for mixtures
    out/.units/<task>-<key>.arrow, .json     units of a build that is not finished yet

A build that was stopped, however rudely, goes on from ``.units``: units whose
key still holds are not rendered again. The same command on a whole build does
nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import msgspec

from mixbuild.core import LockError, Report, UsageError, explained_output, mutex, silent
from mixbuild.core import executor as engine
from mixbuild.make import manifest
from mixbuild.make.card import has_card
from mixbuild.make.config import Built, listed_with, whole
from mixbuild.make.listing import put_out, stage, stale_plans
from mixbuild.make.manifest import Manifest
from mixbuild.make.plan import Plan, Request
from mixbuild.make.staging import UNITS, forget, staging
from mixbuild.make.verdict import as_read, put_back
from mixbuild.make.workers import plan_all, render_plans, work
from mixbuild.sources import SAMPLES

Finish: TypeAlias = Callable[[Mapping[str, Built]], Mapping[str, Built]]
"""Configs whose shards are whole -> what the manifest is to say of them."""


@dataclass(frozen=True)
class Made:
    """What came of it.

    Attributes:
        manifest: all that the folder holds now.
        rendered: how many units were rendered.
        kept: how many were there already.
        changed: whether there was anything to do.
        removed: the splits that the folder held and that are not asked for any more.
        without_card: whether the folder had a card, which told of the build as it was.
        workers: how many worker processes were chosen, where nobody said how many; None for this
            process alone.
    """

    manifest: Manifest
    rendered: int
    kept: int
    changed: bool
    removed: tuple[str, ...]
    without_card: bool = False
    workers: int | None = None


def make(
    request: Request,
    *,
    engine_name: str = engine.PROCESSES,
    num_proc: int | None = None,
    scheduler: str | None = None,
    report: Report = silent,
    finish: Finish | None = None,
) -> Made:
    """Make what is asked for, or bring what is there up to it.

    Args:
        request: what to make.
        engine_name: ``processes``, or ``dask`` for a cluster.
        num_proc: worker processes of one core each; without it, as many as are worth their start
            on the cores that may be used, or none: this process, with threads.
        scheduler: the address of a Dask scheduler.
        report: told of units; of rows and bytes as rendered now; of each config that ends.
        finish: called before the configs that are asked for are listed, once their shards are in
            their places: what the manifest is to say of them. Without it, rows that were taken out
            of them before are back.

    Raises:
        MixError: of any kind; the manifest then lists only what is whole.
    """
    engine.check(engine_name, scheduler)
    out = request.out.resolve()  # a worker may stand in another folder
    _refuse_overlap(request, out)
    with engine.Workers(work) as crew:
        listed = manifest.load(out)
        processes = num_proc if engine_name == engine.PROCESSES else 0
        plans = plan_all(request, listed.configs if listed else (), crew, num_proc=processes)
        with explained_output(out):  # a name that is too long, say
            unfinished = (out / UNITS).exists()  # whatever is at work, or was interrupted, has it
        if not unfinished and finish is None:
            there = manifest.load(out)
            if (
                there is not None
                and _is_settled(there, request)
                and not stale_plans(out, there, plans, request)
            ):
                # where nothing is to be done, nothing is written, not even a mutex
                return Made(there, rendered=0, kept=_count(plans), changed=False, removed=())
        with mutex(out):
            had_card = has_card(out)
            there = manifest.load(out) or Manifest(manifest.FORMAT, {})
            before = msgspec.structs.replace(there, configs=dict(there.configs))
            stale = stale_plans(out, there, plans, request)
            # without a folder where there is nothing to render: it may be a read-only medium
            idle = not stale and not (out / UNITS).exists()
            with staging(out, idle=idle) as folder:
                for each in stale:
                    stage(out, folder, each, there)
                render = partial(
                    render_plans,
                    folder=folder,
                    engine_name=engine_name,
                    num_proc=num_proc,
                    scheduler=scheduler,
                    report=report,
                    do=work,
                )
                missing, workers = render(stale, crew=crew)
                try:
                    judged = [as_read(each, folder, request) for each in stale]
                except LockError:
                    put_back(out, folder, stale, before)
                    raise
                pairs = zip(stale, judged, strict=True)
                if again := [now for was, now in pairs if now.units is not was.units]:
                    render(again)
                for each in judged:
                    there.configs[each.task.name] = put_out(out, folder, each, request)
                asked = {task.name: whole(there.configs[task.name]) for task in request.tasks}
                settled = asked if finish is None else dict(finish(asked))
                configs = listed_with(there.configs, settled)
                changed = bool(stale) or configs != there.configs
                there = msgspec.structs.replace(there, configs=configs)
                if changed:
                    manifest.save(out, there)
                for task in request.tasks:  # units of other tasks may be waiting to be finished
                    forget(folder, task.name)
        return Made(
            there,
            rendered=missing,
            kept=_count(plans) - missing,
            changed=changed,
            removed=tuple(sorted(_paths(before) - _paths(there))),
            without_card=had_card and not has_card(out),
            workers=workers,
        )


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


def _is_settled(there: Manifest, request: Request) -> bool:
    """Whether nothing is taken out of the configs that are asked for."""
    found = [there.configs.get(task.name) for task in request.tasks]
    return all(config == whole(config) for config in found if config is not None)


def _paths(there: Manifest) -> set[str]:
    """``config/split`` of all that a manifest lists."""
    return {f"{name}/{split}" for name, config in there.configs.items() for split in config.splits}


def _count(plans: Sequence[Plan]) -> int:
    return sum(len(each.all_units) for each in plans)
