"""One row of the published dataset: its columns, and why rows are left out."""

from __future__ import annotations

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

KEYS = pa.schema([(name, pa.binary(16)) for name in ("inputs", "slots", "group")])
"""What a row says, as digests: of what its template is filled with but for the answer, of all of
it, and of what it has in common with other rows of its task; null where the task declares none."""

Drops = dict[str, int]
"""Reason -> how many rows were left out for it."""
