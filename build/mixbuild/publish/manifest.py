"""The manifest as it is published: a version, and the configs of every build that was pushed.

A config says what it says in a build; only its splits have files in the place of shards, with
what all their rows together tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec

from mixbuild.core import Count, ManifestError, Record, parse_json, typed
from mixbuild.curate import Common, Quantiles
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.make import FILE, Config, Name, SplitEntry, contradictions, refuse_format
from mixbuild.publish.formats import columns_of

FORMAT = 2

PARQUET = "parquet"
ARROW = "arrow"
FORMATS = (PARQUET, ARROW)

MAIN = "main"
"""The branch that is read where none is named."""


def columns_named(row_format: RowFormat) -> dict[str, str]:
    """Each column of a row format, and its type."""
    return {field.name: str(field.type) for field in columns_of(row_format)}


COLUMNS = columns_named(CANONICAL)

LENGTH_BINS = 32

REMEDY = "take the file back to what it was"

Bins = Annotated[tuple[Count, ...], msgspec.Meta(min_length=LENGTH_BINS, max_length=LENGTH_BINS)]
"""How many texts are as long as a number of 0, 1, 2 … binary digits."""


class Row(Record, frozen=True):
    """A row of the dataset."""

    prompt: str
    completion: str
    references: tuple[str, ...]
    task: str
    template: str
    source: str
    id: str


class Lengths(Record, frozen=True):
    """Of the texts of a split, in characters."""

    prompt: Bins
    completion: Bins


class Summary(Record, frozen=True):
    """What a split's rows are like, in a few numbers.

    Attributes:
        prompt, completion: how long they are, in characters.
        completions: the commonest, such as labels and letters of options; none where so many
            differ, or are so long, that they were not counted.
        distinct: how many completions differ; None where they were not counted.
        templates: how many rows each has.
        repeated: rows whose prompt and completion an earlier row has as well.
        conflicts: prompts that have more than one completion.
    """

    prompt: Quantiles
    completion: Quantiles
    completions: tuple[Common, ...]
    distinct: Count | None
    templates: dict[str, Count]
    repeated: Count
    conflicts: Count


class TokenLengths(Record, frozen=True):
    """How many tokens rows have in the row format that they lie in, as a tokenizer counts them.

    Attributes:
        tokenizer: as the recipe names it.
        sha256: of what decides its counts.
        total: of all rows together.
        quantiles: of single rows, from the least to the most.
    """

    tokenizer: str
    sha256: str
    total: Count
    quantiles: Quantiles


class ListedFile(Record, frozen=True):
    """A published file, and where it lies in the repo."""

    path: str
    rows: Count
    bytes: Count
    sha256: str


class PublishedSplit(SplitEntry, frozen=True):
    """A split as it is published.

    Attributes:
        text_bytes: of all its rows, in UTF-8.
        content_digest: of all its rows, the same in every row format.
        lengths: of its prompts and completions.
        example: a row of it; None where it has none.
        shards: its files; none where it has no rows, which nothing could load.
        format_digest: of its rows as they lie there; None where they are as they are.
        summary: what its rows are like; None where a version wrote it that did not say.
        tokens: how many its rows have, as each tokenizer counts that the recipe names.
    """

    text_bytes: Count
    content_digest: str
    lengths: Lengths
    example: Row | None
    shards: tuple[ListedFile, ...]
    format_digest: str | None = None
    summary: Summary | None = None
    tokens: tuple[TokenLengths, ...] = ()

    @property
    def bytes(self) -> int:
        """Of its files together."""
        return sum(file.bytes for file in self.shards)


PublishedConfig: TypeAlias = Config[PublishedSplit]

Configs: TypeAlias = Mapping[str, PublishedConfig]


class Published(Record, frozen=True):
    """All that a repo holds of ours.

    Attributes:
        format: of this manifest.
        version: of the dataset.
        file_format: ``parquet`` or ``arrow``, for all its files.
        columns: each column's name and type.
        history: version -> what changed in it, the newest first.
        configs: by name.
        row_format: in which all its rows are laid out.
    """

    format: int
    version: Annotated[str, msgspec.Meta(pattern=r"^\d{1,9}\.\d{1,9}\.\d{1,9}\Z")]
    file_format: Annotated[str, msgspec.Meta(pattern=r"^(parquet|arrow)\Z")]
    columns: dict[str, str]
    history: dict[str, tuple[str, ...]]
    configs: Annotated[dict[Name, PublishedConfig], msgspec.Meta(min_length=1)]
    row_format: RowFormat = CANONICAL


def decode(content: bytes, *, where: str) -> Published:
    """A published manifest, of its bytes.

    What the version before this one wrote says the same in other places, and is read as it is:
    a push goes on from there.

    Args:
        content: the file's bytes.
        where: the repo and its commit, for errors.

    Raises:
        ManifestError: it is none, or of a newer format.
    """
    where = f"{where}: {FILE}"
    raw = parse_json(content, where=where, error=ManifestError, remedy=REMEDY)
    if isinstance(raw, dict) and raw.get("format") == 1:
        raw = _of_format_1(raw)
    refuse_format(raw, FORMAT, where=where, remedy=REMEDY)
    found = typed(raw, Published, where=where, error=ManifestError, remedy=REMEDY)
    for name, config in found.configs.items():
        paths = {
            split: [file.path for file in each.shards] for split, each in config.splits.items()
        }
        for fault in contradictions(name, config, paths, suffix=found.file_format):
            raise ManifestError(f"{where}: {fault}; {REMEDY}")
    return found


def _of_format_1(raw: dict[str, object]) -> dict[str, object]:
    """The same in format 2: a config was its task, which stood in its place."""
    old = raw.pop("tasks", None)
    if not isinstance(old, dict):
        return raw
    configs = {}
    for name, entry in old.items():
        configs[name] = entry
        if isinstance(entry, dict):
            of_task = ("family", "source", "templates", "asked")
            made_of = {field: entry.pop(field) for field in of_task if field in entry}
            configs[name] = {"made_of": {"kind": "task", "task": name, **made_of}, **entry}
    return {**raw, "format": FORMAT, "configs": configs}
