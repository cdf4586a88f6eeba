"""Where source rows are: a Place is a dataset, a Run is a stretch of one of its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

BATCH_ROWS = 32_768
"""The most rows that are read at a time."""

BATCH_BYTES = 4 * 2**20
"""What one batch holds, about: enough to be worth a kernel's call, and little enough to cache."""


@dataclass(frozen=True)
class Place:
    """What ``load_dataset`` is called with: a repo at a commit, or a folder.

    Attributes:
        path: the repo's name, or the folder.
        config: the name of the config; None for the only one or the default.
        revision: the commit; None for a folder.
        folder: what alone is read of it; empty for all.
    """

    path: str
    config: str | None
    revision: str | None
    folder: str = ""

    @property
    def loaded(self) -> tuple[str, str | None]:
        """The path and the ``data_dir`` to load; a local folder's own card counts, if any."""
        if self.revision is None:
            return str(Path(self.path, self.folder)), None
        return self.path, self.folder or None

    @property
    def label(self) -> str:
        """``repo@commit``, or the folder."""
        return self.path if self.revision is None else f"{self.path}@{self.revision}"

    def name(self, address: str) -> str:
        """A file's path within the dataset, of its address."""
        if self.revision is not None:
            return address.split(f"@{self.revision}/", 1)[-1]
        path = Path(address)
        inside = path.is_relative_to(self.path)
        return path.relative_to(self.path).as_posix() if inside else path.name


@dataclass(frozen=True)
class Run:
    """A contiguous run of one file's rows; or, where files cannot be told apart, a split's.

    Attributes:
        place: the dataset that the run belongs to.
        split: the source's name of the split.
        file: the file's path within the dataset, as row ids show it.
        address: where the file is: a path, or an ``hf://`` address.
        first_row: the number of the run's first row within the file.
        rows: how many there are; None where only reading tells.
        row_groups: the Parquet row groups, from and to before; None for other formats.
        part: for other formats, which part of the streamed split, of how many.
        batch_rows: how many rows to read at a time.
    """

    place: Place
    split: str
    file: str
    address: str
    first_row: int = 0
    rows: int | None = None
    row_groups: tuple[int, int] | None = None
    part: tuple[int, int] = (0, 1)
    batch_rows: int = BATCH_ROWS
