"""What must be made again together: the tasks of one recipe, where some decide rows of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mixbuild.core import ManifestError
from mixbuild.declare import (
    Mixture,
    Quality,
    Recipe,
    TaskChoice,
    expanded,
    leaves,
    parse_recipe,
)
from mixbuild.make import OfMixture, OfTask
from mixbuild.publish import Published, PublishedConfig


@dataclass(frozen=True)
class Together:
    """Tasks, and what is made of them.

    Attributes:
        names: the published configs that come of it.
        tasks: what made the rows of each task.
        splits: of each task; all that it has when empty.
        quality: which rows are taken out.
        mixtures: configs that are made of the tasks, by name.
    """

    names: tuple[str, ...]
    tasks: Mapping[str, OfTask]
    splits: Mapping[str, Sequence[str]]
    quality: Quality | None = None
    mixtures: Mapping[str, Mixture] = field(default_factory=dict)


def made_together(published: Published, name: str) -> Together:
    """What has to be made again with a published config.

    Rows that are taken out because of others are so only beside them, and a mixture is made of
    what is left of its tasks. Which renderings of a row are looked at is decided by what the
    mixtures of a recipe may take of it, published or not.

    Raises:
        ManifestError: the manifest lacks what its recipe needs.
    """
    config = published.configs[name]
    said = _said(config, name)
    if said is None or (said.quality is None and not isinstance(config.made_of, OfMixture)):
        return Together((name,), config.tasks, {key: list(config.splits) for key in config.tasks})
    together = {name: config}
    if said.quality is not None:
        together |= {
            other: each for other, each in published.configs.items() if each.recipe == config.recipe
        }
    tasks = {task: of for each in together.values() for task, of in each.tasks.items()}
    families = _families(tasks)
    if said.quality is not None and (
        missing := sorted(_named(said) - tasks.keys() - families.keys())
    ):
        raise ManifestError(
            f"{name}: expected all tasks of its recipe, since its quality judges them together, "
            f"got none of {', '.join(missing)}; rebuild it where they are published, too"
        )
    return Together(
        tuple(together),
        tasks,
        {task: said.tasks.get(task, TaskChoice()).splits for task in tasks},
        said.quality,
        {
            other: expanded(
                other,
                said.mixtures,
                _families(together[other].tasks) if other in together else families,
            )
            for other in said.mixtures
            if other in together or said.quality is not None
        },
    )


def _named(said: Recipe) -> set[str]:
    """The tasks and families that a recipe names."""
    parts = {path[-1] for each in said.mixtures.values() for path, _ in leaves(each)}
    return {*said.tasks, *parts} - said.mixtures.keys()


def _said(config: PublishedConfig, name: str) -> Recipe | None:
    """The recipe that a config was made by."""
    recipe = config.recipe
    if recipe is not None:
        return parse_recipe(recipe.text, f"the recipe of {name}", settings=recipe.settings)
    if isinstance(config.made_of, OfMixture):
        raise ManifestError(
            f"configs.{name}: expected the recipe that a mixture is made by, got none; take the "
            f"file back to what it was"
        )
    return None


def _families(tasks: Mapping[str, OfTask]) -> dict[str, list[str]]:
    """Of each family, which of some tasks are: of a mixture, those that it had when it was made."""
    families: dict[str, list[str]] = {}
    for task, of in tasks.items():
        families.setdefault(of.family, []).append(task)
    return families
