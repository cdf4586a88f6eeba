"""What a row format is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa

from mixbuild.declare import RowFormat

Openings: TypeAlias = Mapping[tuple[str, str], str]
"""(task, template) -> the instruction that the template begins with, and the white space after
it; nothing where it begins with no instruction."""

Columns: TypeAlias = Mapping[str, pa.Array]

ALONG = ("references", "task", "template", "source", "id")
"""The columns that are the same in each row format."""


@dataclass(frozen=True)
class View:
    """A row format.

    Attributes:
        columns: its own, with their types: the texts, then what the way back needs.
        texts: how many of the columns are texts; the others stand last in a row.
        lay: a batch of rows -> those columns.
        back: a batch in this format -> prompts and completions.
        few: the places of a Parquet file whose values come often.
    """

    columns: Mapping[str, pa.DataType]
    texts: int
    lay: Callable[[pa.RecordBatch, RowFormat, Openings], Columns]
    back: Callable[[pa.RecordBatch], tuple[pa.StringArray, pa.StringArray]]
    few: tuple[str, ...] = ()
