"""What only all the rows of a split together tell: their digest, lengths, bytes, an example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SCHEMA, ContentDigest
from mixbuild.publish.manifest import LENGTH_BINS, Lengths, Row
from mixbuild.publish.parquet import Group

EXAMPLE_CHARACTERS = 1_000
"""The example is the first row with a prompt of at most so many, or else the first row; of the
first row group."""


@dataclass(frozen=True)
class Told:
    """What all the rows of a split have told; its attributes are those of the manifest's entry."""

    rows: int
    text_bytes: int
    content_digest: str
    lengths: Lengths
    example: Row | None
    format_digest: str | None = None


class Facts:
    """What only all the rows of a split together can tell."""

    def __init__(self) -> None:
        self.rows = 0
        self.digest = ContentDigest(SCHEMA)
        self.lengths = {
            name: np.zeros(LENGTH_BINS, dtype=np.int64) for name in ("prompt", "completion")
        }
        self.text_bytes = 0
        self.example: Row | None = None

    def noted(self, groups: Iterable[Group]) -> Iterator[Group]:
        """The same row groups, noted down as they pass."""
        for group, size in groups:
            self.rows += group.num_rows
            self.digest.update(group)
            for name, bins in self.lengths.items():
                bins += histogram(group.column(name))
            self.text_bytes += size
            self.example = self.example or _example(group)
            yield group, size

    def told(self) -> Told:
        """What they have told once all have passed."""
        return Told(
            self.rows,
            self.text_bytes,
            self.digest.hexdigest(),
            Lengths(*(tuple(bins.tolist()) for bins in self.lengths.values())),
            self.example,
        )


def histogram(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """How many texts are as long as a number of 0, 1, 2 … binary digits. Shape (LENGTH_BINS,).

    >>> histogram(pa.array(["", "a", "bc", "def", "ghij"]))[:5].tolist()
    [1, 1, 2, 1, 0]
    """
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
    digits = np.frexp(lengths.astype(np.float64))[1]
    return np.bincount(digits, minlength=LENGTH_BINS).astype(np.int64)


def _example(group: pa.RecordBatch) -> Row:
    """A row that is short enough to be shown whole, if there is one."""
    lengths = pc.utf8_length(group.column("prompt")).to_numpy(zero_copy_only=False)
    at = int(np.argmax(lengths <= EXAMPLE_CHARACTERS))  # the first that is; 0 where none is
    return msgspec.convert(group.slice(at, 1).to_pylist()[0], Row)
