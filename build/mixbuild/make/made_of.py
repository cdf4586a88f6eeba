"""What a config is made of: the units of a task, as they were asked for, or tasks' rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from mixbuild.core import Count, Record
from mixbuild.declare import EVERY, NAME
from mixbuild.make.declaration import Declaration

Name = Annotated[str, msgspec.Meta(pattern=rf"^{NAME.pattern}\Z")]
"""Of a config or a split: in snake_case, which is what the Hub takes."""

MIXTURE = "mixture"
"""In the place of a family, for what is made of several tasks."""


class SourceEntry(Record, frozen=True):
    """A source as it was read.

    Attributes:
        repo: its id on the Hub.
        read_from: ``repo@commit``, a mirror's label, or that of the samples; as the rows have it.
        config: the name of the source's config.
        license, citation, languages, limits: as its task declares them.
        locked: whether its rows are those that the lock names.
        drift: in what they are not, a line each.
    """

    repo: str
    read_from: str
    config: str | None
    license: str
    citation: str
    languages: tuple[str, ...]
    limits: tuple[str, ...]
    locked: bool = False
    drift: tuple[str, ...] = ()

    @property
    def is_mirror(self) -> bool:
        """Whether it was read from a folder that is not known to hold the source's own files."""
        return self.read_from.partition("@")[2].startswith("mirror-")


class TemplateEntry(Record, frozen=True):
    """A template's text, its hash, whether it asks for what the source gives, and its language."""

    text: str
    sha256: str
    inverted: bool
    language: str = "en"


class Asked(Record, frozen=True):
    """What was asked for: the templates, the seed of every choice, the most rows of a split."""

    templates: str
    seed: int
    max_rows: Count | None


class RecipeEntry(Record, frozen=True):
    """The recipe by which a config was made: its file word for word, and what was set over it."""

    text: str
    settings: tuple[str, ...] = ()


class OfTask(Record, frozen=True, tag_field="kind", tag="task"):
    """The units of a task: what a config is made of.

    Attributes:
        task, family, source, templates, asked: which ones, and how they are rendered.
        declaration: the file that declares the task, where there is one.
        benchmarks: names by which evaluators know one of its splits -> that split.
    """

    task: Name
    family: str
    source: SourceEntry
    templates: dict[str, TemplateEntry]
    asked: Asked
    declaration: Declaration | None = None
    benchmarks: dict[str, Name] = msgspec.field(default_factory=dict)

    @property
    def tasks(self) -> Mapping[str, OfTask]:
        """By the name that its rows have: itself."""
        return {self.task: self}

    @property
    def renderings(self) -> int:
        """How many rows one source row makes, those that are left out counted in."""
        return len(self.templates) if self.several else 1

    @property
    def several(self) -> bool:
        """Whether a source row may have several renderings."""
        return self.asked.templates.partition(":")[0] == EVERY


class Taken(Record, frozen=True):
    """What a split of a mixture takes of a task.

    Attributes:
        split: of the task's own.
        available: how many rows there were to take from.
        removed: how many were not, by reason, though the source has them.
        asked: the task's share of the mixture, as the recipe asks for it.
        rows: how many are taken, each copy counted.
        unused: how many are never taken.
        size: what they come to in ``OfMixture.unit``; None where it has none.
    """

    split: Name
    available: Count
    removed: dict[str, Count]
    asked: float
    rows: Count
    unused: Count
    size: Count | None = None


class MixedTask(Record, frozen=True):
    """A task in a mixture: what made its rows, and what each split takes of it."""

    of: OfTask
    splits: dict[Name, Taken]


class OfMixture(Record, frozen=True, tag_field="kind", tag="mixture"):
    """Rows of several tasks: what a config is made of.

    Attributes:
        seed: of the choice of rows and of their order.
        parts: by task.
        unit: in what its size was asked for: None for rows, ``characters`` or ``tokens``.
    """

    seed: int
    parts: dict[Name, MixedTask]
    unit: str | None = None

    @property
    def family(self) -> str:
        """No task's."""
        return MIXTURE

    @property
    def tasks(self) -> Mapping[str, OfTask]:
        """By the name that their rows have."""
        return {name: part.of for name, part in self.parts.items()}

    @property
    def templates(self) -> Mapping[str, TemplateEntry]:
        """Every template that a row may be rendered by, as ``task/template``."""
        return {
            f"{task}/{name}": each
            for task, part in self.parts.items()
            for name, each in part.of.templates.items()
        }

    @property
    def renderings(self) -> int:
        """Every row of it is one that was rendered already."""
        return 1
