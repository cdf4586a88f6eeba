"""How a task is made, where that is said for one task and not for all of a build. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec

Rows = Annotated[int, msgspec.Meta(ge=1)]


@dataclass(frozen=True)
class TaskChoice:
    """How a task is made; what it does not say, the build says for all of its tasks.

    Attributes:
        source: what it is read from: a mirror, a folder or ``org/name[@revision]``, or ``samples``;
            the Hub where nobody says another.
        templates: a template's name, ``sample``: one per row, or ``all``: a row per template.
        splits: those that are made; all where none is said.
        max_rows: at most so many source rows of each split, chosen by what they say.
    """

    source: str | None = None
    templates: str | None = None
    splits: tuple[str, ...] = ()
    max_rows: Rows | None = None
