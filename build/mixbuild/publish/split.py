"""A split of a build as it is exported: in which format, where to, and what that depends on."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mixbuild.core import UsageError, explained_output, hash_code, one_of, plain
from mixbuild.declare import CANONICAL, PROMPT_COMPLETION, RowFormat
from mixbuild.make import Built, BuiltSplit
from mixbuild.publish.manifest import FORMATS, PARQUET
from mixbuild.publish.tokens import sha256_of, tokenizers_of

FOLDER = ".publish"
"""Where exported files lie, below the output folder."""

DECISIVE = (
    "core",
    "curate/mapped.py",
    "curate/removal.py",
    "curate/selection.py",
    "curate/statistics.py",
    "declare",
    "publish/apart.py",
    "publish/formats",
    "publish/manifest.py",
    "publish/facts.py",
    "publish/export.py",
    "publish/parquet.py",
    "publish/shards.py",
    "publish/split.py",
    "publish/tokens.py",
    "sources/chat.py",
    "sources/session.py",
    "sources/tokenizer.py",
)
"""The rooms and modules whose text decides the bytes of exported files."""


@dataclass(frozen=True)
class Split:
    """One split of a build.

    Attributes:
        config: whose it is.
        split: its name.
        entry: what the build's manifest says of it.
        out: the build's folder.
        file_format: ``parquet`` or ``arrow``.
        row_format: in which the rows are laid out.
        texts: (task, template) -> the template's text, of all that a row may be rendered by.
        tokenizers: those that count its rows.
    """

    config: str
    split: str
    entry: BuiltSplit
    out: Path
    file_format: str
    row_format: RowFormat = CANONICAL
    texts: Mapping[tuple[str, str], str] = field(default_factory=dict)
    tokenizers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.config}/{self.split}"

    @property
    def written(self) -> bool:
        """Whether files are written; Arrow shards whose rows stay as they are, as they lie."""
        return (
            self.file_format == PARQUET
            or self.entry.removed is not None
            or self.entry.selected is not None
            or self.row_format != CANONICAL
        )

    @property
    def folder(self) -> Path:
        """What the paths of the files are below."""
        return self._folder if self.written else self.out

    @property
    def report(self) -> Path:
        """Where the export says of what the files were made."""
        return self._folder / self.config / f"{self.split}.{self.file_format}.json"

    @property
    def _folder(self) -> Path:
        """Of what is exported; each row format has its own."""
        own = () if self.row_format.name == PROMPT_COMPLETION else (self.row_format.name,)
        return self.out.joinpath(FOLDER, *own)

    @property
    def key(self) -> str:
        """A hash of all that the exported files depend on."""
        shards = [shard.content_digest for shard in self.entry.shards]
        removed = None if self.entry.removed is None else self.entry.removed.digest
        order = self.entry.selected
        # the key knows of the shards, and the digest of what their keys tell, such as groups
        selected = None if order is None else [order.key, order.digest]
        where = [self.file_format, self.config, self.split]
        parts: list[object] = [_code_version(), *where, shards, removed, selected]
        if self.row_format != CANONICAL:
            parts += [plain(self.row_format), sorted(self.texts.items())]
        parts += [(each, sha256_of(each)) for each in self.tokenizers]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def splits(
    out: Path,
    configs: Mapping[str, Built],
    *,
    file_format: str = PARQUET,
    row_format: RowFormat = CANONICAL,
) -> Iterator[Split]:
    """The splits of a build's configs.

    Raises:
        UsageError: there is no such format.
        RecipeError: a recipe in the build cannot be read.
    """
    if file_format not in FORMATS:
        raise UsageError(one_of("format", file_format, FORMATS))
    for name, config in configs.items():
        own = (file_format, row_format, config.texts, tokenizers_of(config.recipe, name))
        for split, each in config.splits.items():
            yield Split(name, split, each, out, *own)


def _code_version() -> str:
    """A hash of the code that decides the files' bytes."""
    return hash_code(*DECISIVE)


def forget_others(out: Path, configs: Mapping[str, Built]) -> None:
    """Remove what was exported of splits that a build does not have any more.

    Raises:
        OutputError: it cannot be removed.
    """
    with explained_output(out / FOLDER):
        for report in sorted(out.joinpath(FOLDER).rglob("*.*.json")):
            split, suffix = report.name.split(".")[:2]
            config = configs.get(report.parent.name)
            if config is None or split not in config.splits:
                for old in report.parent.glob(f"{split}-?????-of-?????.{suffix}"):
                    old.unlink()
                report.unlink()
                with contextlib.suppress(OSError):  # other splits are in it
                    report.parent.rmdir()
