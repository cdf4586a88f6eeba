"""A recipe's file -> what is to be made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mixbuild.core import RecipeError, UsageError, one_of, project_file
from mixbuild.declare import (
    Recipe,
    Resolved,
    Task,
    parse_recipe,
    recipe_text,
    resolve_recipe,
)
from mixbuild.make.made_of import RecipeEntry
from mixbuild.make.plan import Request
from mixbuild.sources import Lock

SHIPPED = "recipes"
"""The folder of the recipes that come with the project."""


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the project, by the names that stand for their files."""
    return {path.stem: path for path in sorted(project_file(SHIPPED).glob("*.yaml"))}


def read_recipe(
    place: str | Recipe,
    *,
    tasks: Sequence[Task],
    settings: Sequence[str] = (),
    gather: Callable[[Sequence[str]], Sequence[Task]] | None = None,
) -> tuple[Resolved, Sequence[Task]]:
    """Read a recipe, and the tasks of one's own that it brings with it.

    Args:
        place: a file, the name of a recipe that comes with the project, or a recipe itself.
        tasks: all that a recipe may name.
        settings: ``"key.key=value"`` each: what holds over the file.
        gather: reads the tasks of files, folders and modules; None where none are to be read.

    Returns:
        The recipe, and all that it may name.

    Raises:
        UsageError: there is no such file.
        RecipeError: what is wrong in it, with its line.
    """
    path, text = _file(place)
    named = parse_recipe(text, str(path), settings=settings).task_files
    if named and gather is None:
        raise RecipeError(
            f"{path}: task_files: expected none where no file of tasks is run, got "
            f"{', '.join(named)}; make it with instruct-mix make --recipe"
        )
    if named and gather is not None:
        beside = (path.parent / each for each in named)
        places = [
            str(each) if each.exists() else name for each, name in zip(beside, named, strict=True)
        ]
        known = {task.name for task in tasks}
        tasks = [*tasks, *(task for task in gather(places) if task.name not in known)]
    families = families_of(tasks)
    return resolve_recipe(text, str(path), settings=settings, families=families), tasks


def _file(place: str | Recipe) -> tuple[Path, str]:
    """A recipe's file, and its text."""
    if isinstance(place, Recipe):
        return Path("recipe"), recipe_text(place)
    shipped = shipped_recipes()
    path = shipped.get(place, Path(place))
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"--recipe: {one_of('file or recipe', place, shipped)}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise RecipeError(
            f"{path}: expected a recipe, got what cannot be read ({reason})"
        ) from None
    return path, text


def families_of(tasks: Sequence[Task]) -> dict[str, list[str]]:
    """Of each family, the names of its tasks."""
    families: dict[str, list[str]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(task.name)
    return families


def request_of(
    resolved: Resolved,
    out: Path,
    *,
    tasks: Sequence[Task],
    sources: Mapping[str, str],
    lock: Lock | None = None,
    allow_drift: bool = False,
    follow_links: bool = False,
) -> Request:
    """What a recipe asks to make.

    Args:
        resolved: the recipe.
        out: the output folder.
        tasks: all that there are.
        sources: task -> where it is read from, whatever the recipe says.
        lock: as of ``Request``.
        allow_drift: as of ``Request``.
        follow_links: as of ``Request``.
    """
    recipe = resolved.recipe
    said = {name: each.source for name, each in resolved.choices.items() if each.source}
    return Request(
        [task for task in tasks if task.name in resolved.choices],
        out,
        {**said, **sources},
        recipe.templates,
        recipe.seed,
        max_rows=recipe.max_rows,
        choices=resolved.choices,
        recipe=RecipeEntry(resolved.text, resolved.settings),
        lock=lock or {},
        allow_drift=allow_drift,
        follow_links=follow_links,
    )
