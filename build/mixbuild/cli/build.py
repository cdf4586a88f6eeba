"""The commands that read sources: make, lock."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from mixbuild.cli.options import (
    engine_option,
    follow_links_option,
    language_option,
    licences_option,
    lock_option,
    num_proc_option,
    out_option,
    refuse_strangers,
    scheduler_option,
    seed_option,
    source_option,
    splits_option,
    tasks_option,
)
from mixbuild.cli.recipes import (
    asked_by_recipe,
    recipe_option,
    refuse_beside_recipe,
    set_option,
)
from mixbuild.cli.select import select
from mixbuild.cli.terminal.builds import (
    print_findings,
    print_made,
    print_overlaps,
    print_page,
    print_pinned,
)
from mixbuild.cli.terminal.console import examples, out
from mixbuild.cli.terminal.mixtures import print_mixture
from mixbuild.cli.terminal.progress import progress
from mixbuild.core import LockError, UsageError, in_checkout
from mixbuild.curate import build
from mixbuild.declare import SEED, Mixture, Quality, Task
from mixbuild.make import Request
from mixbuild.sources import SAMPLES, check_lock, lock, pin
from mixbuild.tasks import ALL, find


@click.command(
    "make",
    epilog=examples(
        "make --samples",
        "make squad imdb --out out/two",
        "make --licences permissive --templates sample --seed 7",
        "make --recipe everything --samples --set seed=7",
        "make imdb --source imdb=~/imdb --split train --max-rows 1000",
    ),
)
@click.argument("task_names", nargs=-1, metavar="[TASK]...")
@recipe_option
@set_option
@out_option
@click.option(
    "--samples",
    is_flag=True,
    help="Read the small hand-written samples that come with the package.",
)
@tasks_option
@source_option
@follow_links_option
@click.option(
    "--templates",
    metavar="NAME|sample|all",
    default=SEED,
    show_default=True,
    help="One template by its name; sample: a template for each row, chosen by hash; all: a row "
    "for each template.",
)
@language_option
@seed_option
@splits_option
@click.option(
    "--max-rows",
    metavar="N",
    type=click.IntRange(1),
    help="At most so many source rows per split, chosen by a hash of what they say: all are "
    "rendered for that, and stay in the folder.",
)
@num_proc_option
@engine_option
@scheduler_option
@lock_option
@click.option("--allow-drift", is_flag=True, help="Read mirrors that differ from the lock.")
@licences_option
@click.option(
    "--keep-dropped",
    is_flag=True,
    help="Write the rows that the recipe takes out beside the shards, with their reasons.",
)
@click.pass_context
def make_command(
    context: click.Context,
    task_names: tuple[str, ...],
    recipe: str | None,
    settings: tuple[str, ...],
    folder: Path,
    samples: bool,
    catalog: tuple[Task, ...],
    sources: dict[str, str],
    follow_links: bool,
    templates: str,
    language: str | None,
    seed: int,
    splits: tuple[str, ...],
    max_rows: int | None,
    num_proc: int | None,
    engine_name: str,
    scheduler: str | None,
    lock_path: Path,
    allow_drift: bool,
    licences: list[str],
    keep_dropped: bool,
) -> None:
    """Render each TASK (default: all), or what a recipe says, into Arrow shards and a manifest.

    Sources are read from the Hub unless --samples or --source says otherwise. A build that was
    interrupted goes on where it was; a build that is whole is left as it is.
    """
    locked = lock.load(lock_path)
    quality: Quality | None = None
    mixtures: Mapping[str, Mixture] = {}
    if recipe is not None:
        refuse_beside_recipe(context)
        resolved, request = asked_by_recipe(
            recipe,
            settings,
            catalog=catalog,
            out=folder,
            samples=samples,
            sources=sources,
            lock=locked,
            allow_drift=allow_drift,
            follow_links=follow_links,
        )
        tasks = list(request.tasks)
        quality, mixtures = resolved.recipe.quality, resolved.mixtures
    elif settings:
        raise UsageError(f"--set {settings[0]}: sets what a recipe says; name it with --recipe")
    else:
        tasks = select(
            catalog,
            task_names,
            licences=licences,
            language=language,
            splits=splits,
            templates=templates,
        )
        if language:
            templates = f"{templates}:{language}"
        every = {task.name: SAMPLES for task in tasks} if samples else {}
        request = Request(
            tasks,
            folder,
            {**every, **sources},
            templates,
            seed,
            splits,
            max_rows,
            locked,
            allow_drift,
            follow_links,
        )
    refuse_strangers(sources, [task.name for task in tasks])
    with progress("rendering", unit="units") as report:
        curated = build(
            request,
            quality=quality,
            mixtures=mixtures,
            catalog=catalog,
            keep=keep_dropped,
            engine_name=engine_name,
            num_proc=num_proc,
            scheduler=scheduler,
            report=report,
        )
    made = curated.made
    print_made(folder, [task.name for task in tasks], made, mixtures=mixtures)
    for name in mixtures:
        print_mixture(folder, name, made.manifest.configs[name], new=made.changed)
    if curated.overlaps is not None:
        print_overlaps(curated.overlaps)
        print_page(folder, curated.overlaps)
    for line in curated.warnings:
        out.print(f"warning: {line}")


@click.command("lock", epilog=examples("lock squad imdb", "lock --check", "lock squad --update"))
@click.argument("task_names", nargs=-1, metavar="[TASK]...")
@click.option(
    "--update", is_flag=True, help="Pin the newest commit instead, and show what changed since."
)
@click.option(
    "--check",
    is_flag=True,
    help="Only look whether sources have changed; exit status 1 if one has.",
)
@tasks_option
@lock_option
def lock_command(
    task_names: tuple[str, ...],
    update: bool,
    check: bool,
    catalog: tuple[Task, ...],
    lock_path: Path,
) -> None:
    """Pin the commit at which the source of each TASK is read (default: all that have none yet)."""
    tasks = [find(name, catalog) for name in dict.fromkeys(task_names)]
    if update and check:
        raise UsageError("--update writes and --check does not; say one of them")
    of_project = lock_path == lock.default_path()
    if not check and not in_checkout() and of_project:
        raise UsageError("an installed package keeps no lock of yours; say where: --lock FILE")
    for task in tasks:
        if of_project and task not in ALL:
            raise UsageError(
                f"task {task.name!r}: the project's lock lists no tasks but its own; say where "
                f"yours is: --lock FILE"
            )
    if check:
        with progress("checking", unit="sources") as report:
            findings = check_lock(lock_path, tasks, among=catalog, report=report)
        print_findings(findings)
        if any(findings.values()):
            raise LockError(f"{lock_path}: sources have moved on; see above, then lock --update")
        return
    with progress("reading", unit="runs") as report:
        pinned = pin(
            lock_path, tasks or (ALL if of_project else catalog), update=update, report=report
        )
        for task, entry, changes in pinned:
            print_pinned(task, entry, changes)
