"""What the card says of a mixture: what it is made of, to the row, and its recipe word for word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mixbuild.curate import outcome
from mixbuild.declare import TRAIN
from mixbuild.make import OfMixture
from mixbuild.publish.card.markdown import code, fenced, table
from mixbuild.publish.manifest import Configs, PublishedConfig

HEAD = ("task", "available", "removed", "asked", "rows", "got", "times", "unused")


def mixtures(configs: Configs) -> dict[str, OfMixture]:
    """The configs that are mixtures."""
    made_of = {name: config.made_of for name, config in configs.items()}
    return {name: each for name, each in made_of.items() if isinstance(each, OfMixture)}


def mixture_sections(configs: Configs, images: Mapping[str, str]) -> Iterator[str]:
    """A section for each mixture."""
    for name, made_of in mixtures(configs).items():
        config = configs[name]
        yield "\n\n".join(
            [
                f"## What `{name}` is made of",
                _about(name, config, made_of),
                f"![What {name} is made of]({images[f'composition of {name}']})",
                table(*_composition(name, made_of)),
                *_notes(config, made_of),
                *_recipe(name, config),
            ]
        )


def _about(name: str, config: PublishedConfig, made_of: OfMixture) -> str:
    rows = ", ".join(f"{split} {each.rows:,}" for split, each in config.splits.items())
    return (
        f"`{name}` is one shuffled dataset of {len(made_of.parts)} tasks ({rows}). Which rows it "
        f"takes, and their order, depends on what they say and on the seed {made_of.seed} alone. "
        f"Of `train`: *removed* are the rows of a task that nothing may take, *asked* is its share "
        f"in the recipe, *got* that of the rows, *times* how often each row is taken, *unused* how "
        f"many never are."
    )


def _composition(name: str, made_of: OfMixture) -> tuple[Sequence[str], Iterator[tuple[str, ...]]]:
    """The table of train, exact to the row."""
    unit = (made_of.unit,) if made_of.unit else ()
    lines = (
        (
            f"`{line.task}`",
            f"{line.stock.rows:,}",
            f"{sum(line.stock.removed.values()):,}",
            f"{float(line.asked):.2%}",
            f"{line.rows:,}",
            f"{float(line.share):.2%}",
            f"{float(line.repetition):.2f}",
            f"{made_of.parts[line.task].splits[TRAIN].unused:,}",
            *(f"{line.size or 0:,}" for _ in unit),
        )
        for line in outcome(name, made_of).lines
    )
    return (*HEAD, *unit), lines


def _notes(config: PublishedConfig, made_of: OfMixture) -> Iterator[str]:
    """The reasons of what was removed, and what the other splits are of."""
    notes = []
    for task, part in made_of.parts.items():
        removed = part.splits[TRAIN].removed if TRAIN in part.splits else {}
        if removed:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in removed.items())
            notes.append(f"- removed from `{task}`: {reasons}")
    for split in config.splits:
        if split != TRAIN:
            taken = {
                task: part.splits[split].rows
                for task, part in made_of.parts.items()
                if split in part.splits
            }
            each = ", ".join(f"`{task}` {rows:,}" for task, rows in taken.items())
            none = ", ".join(f"`{task}`" for task in made_of.parts if task not in taken)
            notes.append(f"- {split}: {each}{f'; none of {none}' if none else ''}")
    if notes:
        yield "\n".join(notes)


def _recipe(name: str, config: PublishedConfig) -> Iterator[str]:
    """The recipe's file as it was, and what was set over it."""
    if config.recipe is None:
        return
    over = ", ".join(code(f"--set {each}") for each in config.recipe.settings)
    yield (
        f"<details><summary>The recipe of <code>{name}</code>, word for word</summary>\n\n"
        f"{fenced(config.recipe.text.rstrip(chr(10)), 'yaml')}\n\n"
        f"{f'Over it: {over}' + chr(10) * 2 if over else ''}</details>"
    )
