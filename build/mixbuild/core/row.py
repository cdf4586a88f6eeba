"""One row of the published dataset: its columns, and why rows are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypedDict

import numpy as np
import numpy.typing as npt
import pyarrow as pa

SCHEMA = pa.schema(
    [
        ("prompt", pa.string()),
        ("completion", pa.string()),
        ("references", pa.list_(pa.string())),
        ("task", pa.string()),
        ("template", pa.string()),
        ("source", pa.string()),
        ("id", pa.string()),
    ]
)
"""One row. Only string and list<string>: what every reader and the viewer understand."""


class RowDict(TypedDict):
    """One row as Python has it: what Arrow's ``to_pylist`` makes of a row of ``SCHEMA``."""

    prompt: str
    completion: str
    references: list[str]
    task: str
    template: str
    source: str
    id: str


KEYS = pa.schema(
    [
        *((name, pa.binary(16)) for name in ("inputs", "slots", "group")),
        ("source_row", pa.uint64()),
    ]
)
"""What a row says, as digests: of what its template is filled with but for the answer, of all of
it, and of what it has in common with other rows of its task; null where the task declares none. And
which source row it is made of: a hash of its id, without a template."""

SHINGLES = pa.schema([("answers", pa.binary(16)), ("shingles", pa.list_(pa.list_(pa.uint64())))])
"""What rows are compared by that may be near one another: the digest of what a row answers; and of
each text that its template is filled with but for the answer, the different runs of words, each a
hash, in order."""

Drops = dict[str, int]
"""Reason -> how many rows were left out for it."""

CountTokens: TypeAlias = Callable[[Sequence[str], Sequence[str]], npt.NDArray[np.int64]]
"""Prompts and completions -> how many tokens each row has, without those that a model puts around a
text. The two are one text for a model: a token may reach over where they meet."""
