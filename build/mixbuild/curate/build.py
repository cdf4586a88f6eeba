"""Make a build: render what is missing, take out of it what is said, then mix the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from mixbuild.core import Report, count_of, mutex, silent
from mixbuild.core import executor as engine
from mixbuild.curate.dropped import keep_dropped, write_page
from mixbuild.curate.mix.mixture import mixed
from mixbuild.curate.quality.contamination import Item
from mixbuild.curate.quality.evaluation import benchmarks_in_train, items_of
from mixbuild.curate.quality.max_rows import most_rows
from mixbuild.curate.quality.run import Run, run_by
from mixbuild.curate.quality.take_out import TakenOut, by_keys, near_of, take_out
from mixbuild.curate.sweep import sweep
from mixbuild.declare import SAMPLE, TRAIN, Mixture, Quality, Task, copies
from mixbuild.make import (
    Built,
    Made,
    Manifest,
    Overlaps,
    Request,
    expect,
    listed_with,
    make,
    save_manifest,
    trim_of,
    whole,
)
from mixbuild.render import choose_templates


@dataclass(frozen=True)
class Curated:
    """What came of it.

    Attributes:
        made: the build.
        overlaps: what its rows say more than once, where the recipe asks.
        warnings: what whoever trains on it should know, a line each.
    """

    made: Made
    overlaps: Overlaps | None = None
    warnings: tuple[str, ...] = ()


def build(
    request: Request,
    *,
    quality: Quality | None = None,
    mixtures: Mapping[str, Mixture] | None = None,
    catalog: Sequence[Task],
    keep: bool = False,
    engine_name: str = engine.PROCESSES,
    num_proc: int | None = None,
    scheduler: str | None = None,
    report: Report = silent,
) -> Curated:
    """Make what is asked for, with nothing in it that ``quality`` takes out, and its mixtures.

    Of a task whose rows are limited so many are chosen of what is left, before a mixture takes any.

    Args:
        request: what to make.
        quality: which rows to take out; nothing is listed before that is done.
        mixtures: configs to make of what is left, by name, with nothing but tasks that are asked
            for as their innermost parts.
        catalog: the tasks whose splits ``quality`` may name.
        keep: write the rows that are taken out beside the shards, with their reasons.
        engine_name: as of ``make``.
        num_proc: as of ``make``.
        scheduler: as of ``make``.
        report: as of ``make``.

    Raises:
        UsageError: ``quality`` asks for what this version cannot do, or names no evaluation set.
        MixError: of any kind; the manifest then lists only what is whole.
    """
    run = partial(
        make, engine_name=engine_name, num_proc=num_proc, scheduler=scheduler, report=report
    )
    if quality is None and not mixtures and not _is_limited(request):
        made = run(request)
        own = {task.name: made.manifest.configs[task.name] for task in request.tasks}
        keep_dropped(request.out, own, keep=False)
        sweep(request.out, made.manifest)
        return Curated(made, warnings=tuple(benchmarks_in_train(request, catalog=catalog)))
    items = [] if quality is None else _items(quality, request, catalog)
    found: list[TakenOut | None] = []

    def finish(configs: Mapping[str, Built]) -> Mapping[str, Built]:
        how = run_by(engine_name, num_proc=num_proc, scheduler=scheduler)
        settled, taken = _settled(request, configs, quality, mixtures or {}, items, how, look=True)
        found.append(taken)
        keep_dropped(request.out, settled, keep=keep)
        if taken is not None and taken.page is not None:
            write_page(request.out, taken.page)
        return settled

    request = as_curated(request, quality, mixtures or {})
    made, taken = run(request, finish=finish), found[0]
    sweep(request.out, made.manifest)
    warnings = [*benchmarks_in_train(request, catalog=catalog), *_too_short(quality, taken)]
    return Curated(made, None if taken is None else taken.overlaps, tuple(warnings))


def _too_short(quality: Quality | None, taken: TakenOut | None) -> Iterator[str]:
    """A line for each evaluation set of which items cannot be looked for."""
    if taken is not None and quality is not None and quality.contamination is not None:
        for name, items in taken.too_short.items():
            words = count_of(quality.contamination.words, "word")
            yield (
                f"against {name}: {count_of(items, 'item')} with fewer than {words}, the answer "
                f"among them, cannot be looked for"
            )


def _settled(
    request: Request,
    configs: Mapping[str, Built],
    quality: Quality | None,
    mixtures: Mapping[str, Mixture],
    items: Sequence[Item],
    how: Run,
    *,
    look: bool = False,
) -> tuple[dict[str, Built], TakenOut | None]:
    """What a manifest is to say of configs whose shards are whole, and of their mixtures."""
    out = request.out.resolve()
    settled, taken = dict(configs), None
    judged = {
        name: config
        for name, config in configs.items()
        if quality is not None or most_rows(config) is not None
    }
    if judged:
        again = {(task, TRAIN) for task, count in _copies(mixtures).items() if count > 1}
        taken = take_out(out, judged, quality, items=items, again=again, run=how, look=look)
        settled |= taken.configs
    made = {
        name: mixed(out, settled, name, mixture, seed=request.seed)
        for name, mixture in mixtures.items()
    }
    return {**settled, **made}, taken


def settle(
    request: Request,
    names: Sequence[str],
    *,
    quality: Quality | None,
    mixtures: Mapping[str, Mixture],
    catalog: Sequence[Task],
    num_proc: int | None = None,
) -> Manifest:
    """Curate configs that were made one after the other; the manifest then.

    Args:
        request: the folder, the seed, and how the sources of evaluation sets are read.
        names: the configs, made as ``as_curated`` asks.
        quality: which rows to take out.
        mixtures: as of ``build``.
        catalog: the tasks whose splits ``quality`` may name.
        num_proc: as of ``build``.

    Raises:
        MixError: as of ``build``.
    """
    items = [] if quality is None else _items(quality, request, catalog)
    with mutex(request.out):
        there = expect(request.out)
        configs = {name: whole(there.configs[name]) for name in names}
        how = run_by(num_proc=num_proc)
        settled, _ = _settled(request, configs, quality, mixtures, items, how)
        configs = listed_with(there.configs, settled)
        there = msgspec.structs.replace(there, configs=configs)
        save_manifest(request.out, there)
    return there


def as_curated(
    request: Request, quality: Quality | None, mixtures: Mapping[str, Mixture]
) -> Request:
    """A request that has all made of which rows are taken out, and mixtures made.

    Rows are cut as is said; beside the shards lies what they are judged by; and where a mixture may
    take a row more than once, and ``sample`` gives it one template, it is rendered by others, too.

    Raises:
        MixError: a tokenizer cannot be had.
    """
    near = None if quality is None else near_of(quality)
    length = None if quality is None else quality.length
    trim = None if length is None else trim_of(length)  # before anything is made
    return replace(
        request,
        trim=trim if length is not None and length.over == "trim" else None,
        keys=(
            request.keys
            or bool(mixtures)
            or _is_limited(request)
            or (quality is not None and by_keys(quality))
        ),
        shingles=0 if near is None else near.shingle_words,
        turns=_turns(request, mixtures),
    )


def _is_limited(request: Request) -> bool:
    """Whether a task is to have at most so many rows."""
    return any(request.asked(task.name).max_rows is not None for task in request.tasks)


def _turns(request: Request, mixtures: Mapping[str, Mixture]) -> dict[tuple[str, str], int]:
    """By how many templates each row of a task's train is rendered, where it is by several."""
    most = _copies(mixtures)
    turns = {}
    for task in request.tasks:
        templates = request.asked(task.name).templates
        count = min(most[task.name], len(choose_templates(task, templates)))
        if count > 1 and templates.partition(":")[0] == SAMPLE:
            turns[task.name, TRAIN] = count
    return turns


def _copies(mixtures: Mapping[str, Mixture]) -> Counter[str]:
    """How many times a row of each task may be taken, in the mixture that takes it most often."""
    most: Counter[str] = Counter()
    for mixture in mixtures.values():
        most |= Counter(copies(mixture))
    return most


def _items(quality: Quality, request: Request, catalog: Sequence[Task]) -> list[Item]:
    against = () if quality.contamination is None else quality.contamination.against
    return items_of(against, request, catalog=catalog)
