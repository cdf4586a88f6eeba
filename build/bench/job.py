"""What is to be done, the same for every contender: one Parquet file in, finished rows out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Formatter

MARKER = "[OUTPUT]:"
LABELS = ("negative", "positive")

READS = {"squad": ("context", "question", "answers"), "imdb": ("text", "label")}
"""The columns that the job needs, for readers that cannot leave out half of a struct."""

LEAVES = {"squad": ("context", "question", "answers.text"), "imdb": ("text", "label")}
"""The same, for readers that can."""


@dataclass(frozen=True)
class Job:
    """One task's rows. Plain strings, so that a fresh process gets it without our imports.

    Attributes:
        task: ``squad`` or ``imdb``.
        template: the seed template's text.
        source: a folder laid out as the Hub repo is.
        file: the Parquet file in it, as row ids show it.
        out: the folder that a contender writes to; the caller empties it.
        label: what the column ``source`` says.
    """

    task: str
    template: str
    source: str
    file: str
    out: str
    label: str = ""

    @property
    def parquet(self) -> Path:
        """The source file."""
        return Path(self.source, self.file)

    @property
    def output(self) -> Path:
        """The Arrow file that a contender writes; ours names its own."""
        return Path(self.out, "train.arrow")

    @property
    def halves(self) -> tuple[str, str]:
        """The template up to and including the marker, and the rest."""
        prompt, marker, completion = self.template.partition(MARKER)
        return prompt + marker, completion

    @property
    def id_prefix(self) -> str:
        """What stands before the row's number in its id."""
        return f"{self.task}/train/{self.file}:"

    @property
    def constants(self) -> dict[str, str]:
        """The columns with the same value in every row."""
        return {"task": self.task, "template": "seed", "source": self.label}

    def to_json(self) -> str:
        """For a fresh process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """What ``to_json`` wrote."""
        return cls(**json.loads(text))


def pieces(text: str) -> list[tuple[str, str | None]]:
    """Cut half a template into (literal text, the placeholder after it or None).

    >>> pieces(" {label}")
    [(' ', 'label')]
    """
    return [(literal, name) for literal, name, _, _ in Formatter().parse(text)]
