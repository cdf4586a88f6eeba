"""What the commands that take a recipe have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from mixbuild.core import UsageError
from mixbuild.declare import Resolved, Task
from mixbuild.make import Request, read_recipe, request_of
from mixbuild.sources import SAMPLES, Lock
from mixbuild.tasks import gather

recipe_option = click.option(
    "--recipe",
    metavar="FILE",
    help="Make what a recipe says: a file, or the name of one that comes with the package.",
)


set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override what the recipe says, such as seed=7 or mixtures.mix.total=1000. Repeatable.",
)


IN_RECIPES = {
    "task_names": ("TASK", "tasks.squad={}"),
    "templates": ("--templates", "templates=sample"),
    "language": ("--language", "templates=sample:de"),
    "seed": ("--seed", "seed=7"),
    "splits": ("--split", "tasks.squad.splits=[train]"),
    "max_rows": ("--max-rows", "max_rows=1000"),
    "licences": ("--licences", "tasks.squad={}"),
}
"""What a recipe says itself: the parameter, what it is called, and how it is said of a recipe."""


def refuse_beside_recipe(context: click.Context) -> None:
    """Refuse a second place for what a recipe says.

    Raises:
        UsageError: naming the first option that has no place beside one.
    """
    for name, (option, setting) in IN_RECIPES.items():
        if (
            context.get_parameter_source(name) is not ParameterSource.DEFAULT
            and (context.params[name])
        ):
            raise UsageError(f"{option}: the recipe says that; change it there, or --set {setting}")


def asked_by_recipe(
    place: str,
    settings: Sequence[str],
    *,
    catalog: Sequence[Task],
    out: Path,
    samples: bool,
    sources: Mapping[str, str],
    lock: Lock | None = None,
    allow_drift: bool = False,
    follow_links: bool = False,
) -> tuple[Resolved, Request]:
    """A recipe, and what it asks to make.

    Args:
        place: a file, or the name of a recipe that comes with the package.
        settings: what holds over it.
        catalog: the tasks that it may name.
        out: the output folder.
        samples: whether tasks are read from their samples, but for those in ``sources``.
        sources: task -> where it is read from.
        lock: as of ``Request``.
        allow_drift: as of ``Request``.
        follow_links: as of ``Request``.

    Raises:
        RecipeError, UsageError: what is wrong with the recipe.
    """
    resolved, catalog = read_recipe(place, tasks=catalog, settings=settings, gather=gather)
    if samples:
        sources = {**dict.fromkeys(resolved.choices, SAMPLES), **sources}
    request = request_of(
        resolved,
        out,
        tasks=catalog,
        sources=sources,
        lock=lock,
        allow_drift=allow_drift,
        follow_links=follow_links,
    )
    return resolved, request
