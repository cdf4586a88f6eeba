"""A recipe: one YAML file that says all that a build depends on. Pure.

What it says is what ``Recipe`` has; it is kept word for word with what it makes, so that nobody
needs another file to make the same again.

>>> recipe = parse_recipe("mixtures: {mix: {parts: {squad: {weight: 2}, sentiment: {}}}}", "a.yaml")
>>> recipe.mixtures["mix"].parts["squad"].weight
2.0
>>> print(recipe_text(recipe), end="")
mixtures:
  mix:
    parts:
      sentiment: {}
      squad:
        weight: 2.0
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from mixbuild.core import (
    Document,
    MixtureError,
    RecipeError,
    decode,
    dump_yaml,
    fault,
    one_of,
)
from mixbuild.declare.choice import Rows, TaskChoice
from mixbuild.declare.mixture import Mixture, expanded, leaves
from mixbuild.declare.quality import Quality
from mixbuild.declare.row_format import ROW_FORMATS, FormatName, RowFormat
from mixbuild.declare.task import SEED
from mixbuild.declare.template import NAME


@dataclass(frozen=True)
class Recipe:
    """All that a build depends on.

    Attributes:
        seed: of every choice by hash: template, order of options, which rows, their order.
        templates: what tasks are rendered by, as for a task, which may say otherwise.
        max_rows: at most so many source rows of each split, chosen by what they say, where a task
            says nothing else.
        task_files: where tasks of one's own are declared: files, folders or modules, a relative
            path from the recipe's own folder.
        tasks: the tasks that are made, each a config of its own; those of the mixtures need not be
            named again.
        mixtures: configs that are made of several tasks, by name.
        quality: which rows are taken out before a mixture takes of them.
        formats: the row formats that ``push`` publishes beside the canonical one, each on a branch
            of its name; a mapping says its options: ``{name: messages, system: Be brief.}``.
    """

    seed: int = 0
    templates: str = SEED
    max_rows: Rows | None = None
    task_files: tuple[str, ...] = ()
    tasks: Mapping[str, TaskChoice] = field(default_factory=dict)
    mixtures: Mapping[str, Mixture] = field(default_factory=dict)
    quality: Quality | None = None
    formats: tuple[FormatName | RowFormat, ...] = ()

    @property
    def row_formats(self) -> tuple[RowFormat, ...]:
        """The formats, with the options of those that are named alone."""
        return tuple(RowFormat(each) if isinstance(each, str) else each for each in self.formats)

    @property
    def tokenizers(self) -> tuple[str, ...]:
        """Those that count anything, each once."""
        length = self.quality.length if self.quality else None
        named = [length.tokenizer] if length else []
        named += [each.tokenizer for each in self.mixtures.values() if each.tokenizer is not None]
        return tuple(dict.fromkeys(named))


def parse_recipe(text: str, where: str, *, settings: Sequence[str] = ()) -> Recipe:
    """What a recipe's text says.

    Args:
        text: in YAML.
        where: the file, for errors.
        settings: ``"key.key=value"`` each: what holds over the text.

    Raises:
        RecipeError: naming the line, the key, and what was expected there.
    """
    return decode(_document(text, where, settings), Recipe)


@dataclass(frozen=True)
class Resolved:
    """A recipe of which every name is known.

    Attributes:
        text, settings: what it was read from, word for word, and what was set over it.
        recipe: what they say together.
        mixtures: its mixtures, with nothing but tasks as their innermost parts.
        choices: each task that is to be made -> how.
    """

    text: str
    settings: tuple[str, ...]
    recipe: Recipe
    mixtures: Mapping[str, Mixture]
    choices: Mapping[str, TaskChoice]


def resolve_recipe(
    text: str,
    where: str,
    *,
    settings: Sequence[str] = (),
    families: Mapping[str, Collection[str]],
) -> Resolved:
    """Read a recipe, and bring every name in it down to tasks.

    Args:
        text: in YAML.
        where: the file, for errors.
        settings: what holds over the text.
        families: of each family, the names of its tasks.

    Raises:
        RecipeError: a name that no task, family or mixture has, or that two have; a mixture within
            itself; a task that is to be rendered in two ways; a row format that is none or is
            named twice.
    """
    document = _document(text, where, settings)
    recipe = decode(document, Recipe)
    tasks = {name for family in families.values() for name in family}
    for name in recipe.tasks:
        if name not in tasks:
            raise fault(document, ["tasks", name], one_of("task", name, sorted(tasks)), named=1)
    for name in recipe.mixtures:
        at = ["mixtures", name]
        if not NAME.fullmatch(name):
            raise fault(document, at, f"expected a name in snake_case, got {name!r}", named=1)
        if name in tasks or name in families:
            what = "task" if name in tasks else "family"
            raise fault(document, at, f"expected a name of its own, got that of a {what}")
    if not recipe.tasks and not recipe.mixtures:
        raise fault(document, [], "expected tasks or mixtures, got neither")
    _check_formats(document, recipe)
    mixtures = {}
    for name in recipe.mixtures:
        try:
            mixtures[name] = expanded(name, recipe.mixtures, families)
        except MixtureError as error:
            raise fault(document, ["mixtures", *error.steps], str(error), named=0) from None
    choices = dict(recipe.tasks)
    for name, mixture in mixtures.items():
        for path, part in leaves(mixture):
            own = choices.setdefault(path[-1], TaskChoice())
            asked = part.templates or own.templates
            if own.templates not in (None, asked):
                raise fault(
                    document,
                    ["mixtures", name, "parts", *path],
                    f"task {path[-1]!r} is rendered once in a build: expected the templates "
                    f"{own.templates!r}, as elsewhere in this recipe, got {asked!r}",
                )
            choices[path[-1]] = replace(own, templates=asked)
    return Resolved(text, tuple(settings), recipe, mixtures, choices)


def recipe_text(recipe: Recipe) -> str:
    """A recipe made in Python as the file that says the same."""
    return dump_yaml(_said(recipe))


def _check_formats(document: Document, recipe: Recipe) -> None:
    named: list[str] = []
    for place, each in enumerate(recipe.formats):
        name = each if isinstance(each, str) else each.name
        if name not in ROW_FORMATS:
            raise fault(document, ["formats", place], one_of("row format", name, ROW_FORMATS))
        if name in named:
            what = f"expected each row format once, since it has one branch; got {name!r} again"
            raise fault(document, ["formats", place], what)
        named.append(name)


def _document(text: str, where: str, settings: Sequence[str]) -> Document:
    return Document(text, where=where, error=RecipeError, settings=settings)


def _said(value: object) -> object:
    """What a declaration says beyond what it would be without a word, as YAML's mappings."""
    if isinstance(value, Mapping):
        return {key: _said(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return list(map(_said, value))
    if dataclasses.is_dataclass(value):
        fields = [
            (each.name, each.default, each.default_factory) for each in dataclasses.fields(value)
        ]
    elif isinstance(value, msgspec.Struct):
        fields = [
            (each.name, each.default, each.default_factory)
            for each in msgspec.structs.fields(value)
        ]
    else:
        return value
    said = {}
    for name, default, factory in fields:
        usual = factory() if callable(factory) else default
        if (got := getattr(value, name)) != usual:
            said[name] = _said(got)
    return said
