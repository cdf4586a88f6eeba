"""Where source rows are: a Place is a dataset, a Run is a stretch of one of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixbuild.sources.stamp import Stamp

BATCH_ROWS = 32_768
"""The most rows that are read at a time."""

BATCH_BYTES = 4 * 2**20
"""What one batch holds, about: enough to be worth a kernel's call, and little enough to cache."""


@dataclass(frozen=True)
class Place:
    """One config of a dataset: a repo at a commit, or a folder.

    Attributes:
        path: the repo's name, or the folder.
        config: the name of the config; None for the only one or the default.
        revision: the commit; None for a folder.
        format: of its files: ``parquet``, ``json``, ``csv``, ``tsv`` or ``arrow``.
        options: how the card says that they are read, such as ``{"sep": ";"}``.
    """

    path: str
    config: str | None
    revision: str | None
    format: str = ""
    # whatever the card says; each format refuses what it cannot follow
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def label(self) -> str:
        """``repo@commit``, or the folder."""
        return self.path if self.revision is None else f"{self.path}@{self.revision}"

    def address(self, name: str) -> str:
        """Where a file of this name is: a path, or an ``hf://`` address."""
        if self.revision is not None:
            return f"hf://datasets/{self.path}@{self.revision}/{name}"
        return str(Path(self.path, name))


@dataclass(frozen=True)
class Run:
    """A contiguous run of one file's rows.

    Attributes:
        place: the dataset that the run belongs to.
        split: the source's name of the split.
        file: the file's path within the dataset, as row ids show it.
        first_row: the number of the run's first row within the file.
        rows: how many there are; None where only reading tells.
        row_groups: the Parquet row groups, from and to before; None for other formats.
        batch_rows: how many rows to read at a time.
        stamp: what the file was when the build was planned; None on the Hub.
    """

    place: Place
    split: str
    file: str
    first_row: int = 0
    rows: int | None = None
    row_groups: tuple[int, int] | None = None
    batch_rows: int = BATCH_ROWS
    stamp: Stamp | None = None

    @property
    def address(self) -> str:
        """Where the file is: a path, or an ``hf://`` address."""
        return self.place.address(self.file)
