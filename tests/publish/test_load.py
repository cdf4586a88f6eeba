"""The first and last rows of a split, streamed as its users stream it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets.packaged_modules.parquet.parquet import Parquet
from mixbuild.core import SCHEMA
from mixbuild.publish.ends import Ends, rows_of
from mixbuild.publish.hub import load


def rows(start: int, stop: int) -> pa.Table:
    texts = [f"row {number}" for number in range(start, stop)]
    columns = [
        [[text] for text in texts] if name == "references" else texts for name in SCHEMA.names
    ]
    return pa.table(columns, schema=SCHEMA)


@pytest.mark.parametrize(
    ("files", "read"),
    [([3], [(0,)]), ([9], [(0,), (2,)]), ([6, 3], [(0,), (0,)]), ([2, 5, 7], [(0,), (2,)])],
    ids=["one row group", "one file", "two files", "three files"],
)
def test_no_stream_of_parquet_is_left_before_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: list[int], read: list[tuple[int]]
) -> None:
    """Threads of Arrow's that still read for one abort a process that ends."""
    begun, ended = [], []
    generate = Parquet._generate_tables

    def noted(self: Any, files: Any, row_groups_list: Any) -> Iterator[Any]:
        begun.extend(row_groups_list)
        yield from generate(self, files, row_groups_list)
        ended.extend(row_groups_list)

    monkeypatch.setattr(Parquet, "_generate_tables", noted)
    paths, total = [], 0
    for number, count in enumerate(files):
        paths.append(str(tmp_path / f"{number}.parquet"))
        pq.write_table(rows(total, total + count), paths[-1], row_group_size=3)
        total += count
    stream = datasets.load_dataset(
        "parquet", data_files=paths, split="train", streaming=True, cache_dir=str(tmp_path)
    )
    expected = Ends(rows_of(rows(0, 2)), rows_of(rows(total - 1, total)))
    asked = load.Loading("org/mix", "1" * 40, "squad", 1, {"train": expected})
    assert load._read_ends(stream, expected, asked) == expected
    assert begun == ended == read
