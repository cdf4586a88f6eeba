"""The commands that look at recipes: mix plan, mix schema."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mixbuild.cli.options import (
    follow_links_option,
    lock_option,
    source_option,
    tasks_option,
)
from mixbuild.cli.recipes import asked_by_recipe, set_option
from mixbuild.cli.terminal.console import examples, out
from mixbuild.cli.terminal.mixtures import print_forecast
from mixbuild.cli.terminal.progress import progress
from mixbuild.core import LicenceError, UsageError
from mixbuild.curate import Stock, benchmarks_in_train, forecast, stocks_of
from mixbuild.declare import TRAIN, Task, recipe_schema, refuse_held_back
from mixbuild.make import load_manifest
from mixbuild.sources import lock


@click.group("mix")
def mix_command() -> None:
    """Look at what a recipe would make, before anything is rendered."""


@mix_command.command(
    "plan",
    short_help="Show what the mixtures of a recipe would be made of.",
    epilog=examples(
        "mix plan everything --samples", "mix plan mine.yaml --set mixtures.mix.total=50000"
    ),
)
@click.argument("recipe", metavar="RECIPE")
@set_option
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    help="A build whose rows are counted exactly.",
)
@click.option("--samples", is_flag=True, help="Count the samples that come with the package.")
@tasks_option
@source_option
@follow_links_option
@lock_option
def plan_command(
    recipe: str,
    settings: tuple[str, ...],
    folder: Path | None,
    samples: bool,
    catalog: tuple[Task, ...],
    sources: dict[str, str],
    follow_links: bool,
    lock_path: Path,
) -> None:
    """Show what the mixtures of RECIPE would be made of; exit status 1 when one cannot be made.

    RECIPE is a file, or the name of one that comes with the package. Rows are counted in the build
    in --out, by the lock, or in the sources' files. A number marked ~ is an estimate, the most that
    there can be: which rows will be left out is only known once they are rendered, so that make may
    still refuse what needs nearly all of them.
    """
    resolved, request = asked_by_recipe(
        recipe,
        settings,
        catalog=catalog,
        out=folder or Path(),
        samples=samples,
        sources=sources,
        lock=lock.load(lock_path),
        follow_links=follow_links,
    )
    if not resolved.mixtures:
        raise UsageError(f"{recipe}: expected a recipe with mixtures, got one of tasks alone")
    there = load_manifest(folder) if folder else None
    stocks: dict[str, dict[str, Stock]] = {}
    with progress("counting", unit="tasks") as report:
        for done, task in enumerate(request.tasks):
            report(done, len(request.tasks))
            stocks[task.name] = stocks_of(task, request, there)
    none = Stock(0)
    faults = []
    for number, (name, mixture) in enumerate(resolved.mixtures.items()):
        train = {task: each.get(TRAIN, none) for task, each in stocks.items()}
        found = forecast(name, mixture, train)
        if number:
            out.print()
        own = {line.task: stocks[line.task] for line in found.lines}
        print_forecast(found, own)
        faults += [found.fault] if found.fault else []
        try:
            licences = [
                (f"{name} > {task.name}", task.source.repo, task.source.license)
                for task in request.tasks
                if task.name in own
            ]
            refuse_held_back(licences, allowed=())
        except LicenceError as error:
            out.print(f"warning: push will refuse it: {error}")
    for line in benchmarks_in_train(request, catalog=catalog):
        out.print(f"warning: {line}")
    if faults:
        raise faults[0]


@mix_command.command("schema", short_help="Print the JSON Schema of recipes.")
def schema_command() -> None:
    """Print the JSON Schema of recipes, by which an editor completes and checks them."""
    click.echo(json.dumps(recipe_schema(), indent=1, ensure_ascii=False))
