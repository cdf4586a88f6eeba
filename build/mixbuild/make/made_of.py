"""What a config is made of: the units of a task, and how they were asked for."""

from __future__ import annotations

from typing import Annotated

import msgspec

from mixbuild.core import Count, Record
from mixbuild.declare import NAME
from mixbuild.make.declaration import Declaration

Name = Annotated[str, msgspec.Meta(pattern=rf"^{NAME.pattern}\Z")]
"""Of a config or a split: in snake_case, which is what the Hub takes."""


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

    What is made of other configs' rows by a selection is another ``kind`` beside this one, with
    the selection's key and the configs; ``Config`` then answers for both.
    """

    task: Name
    family: str
    source: SourceEntry
    templates: dict[str, TemplateEntry]
    asked: Asked
    declaration: Declaration | None = None
