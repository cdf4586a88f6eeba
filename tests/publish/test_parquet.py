"""The same rows make the same files however they come, with what the Hub looks for in them."""

from __future__ import annotations

import hashlib
import json
import random
import resource
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mixbuild.core.row import SCHEMA
from mixbuild.publish import parquet
from mixbuild.publish.parquet import Files, row_groups, text_bytes

Record = dict[str, Any]

texts = st.one_of(st.sampled_from(["", "a", "é", "\U0001f41d" * 9, "\0"]), st.text(max_size=20))
rows_of_any_text = st.lists(
    st.fixed_dictionaries(dict.fromkeys(SCHEMA.names, texts)).flatmap(
        lambda row: st.lists(texts, max_size=3).map(lambda items: {**row, "references": items})
    ),
    max_size=14,
)


def batch(rows: Sequence[Record]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)


def row(prompt: str, number: int = 0) -> Record:
    return {
        "prompt": prompt,
        "completion": " yes",
        "references": ["yes"],
        "task": "imdb",
        "template": "seed",
        "source": "stanfordnlp/imdb@samples",
        "id": f"imdb/train/{number}",
    }


def size_of(row: Record) -> int:
    """The bytes of a row's texts, a value at a time."""
    values = [each for name, each in row.items() if name != "references"] + row["references"]
    return sum(len(value.encode()) for value in values)


def write(folder: Path, batches: Iterable[pa.RecordBatch]) -> list[tuple[Path, int, str]]:
    with Files(folder, "train") as files:
        for group, size in row_groups(batches):
            files.write(group, size)
        return files.finish()


def interrupted(error: type[BaseException] = KeyboardInterrupt) -> Iterator[pa.RecordBatch]:
    """Rows that end in an error."""
    yield from [batch(MIXED)] * 3
    raise error


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@contextmanager
def small(rows: int = 4, group_bytes: int = 120, file_bytes: int = 200) -> Iterator[None]:
    """Limits that a few rows reach."""
    limits: dict[str, Any] = {
        "GROUP_ROWS": rows,
        "GROUP_BYTES": group_bytes,
        "FILE_BYTES": file_bytes,
        "FILES_ALIKE": 2,
    }
    with mock.patch.multiple(parquet, **limits):
        yield


def cut(rows: Sequence[Record], cuts: Sequence[int]) -> list[pa.RecordBatch]:
    """Batches that end there: every other one a slice of the whole, as readers of files give."""
    whole = batch(rows)
    edges = [0, *sorted(min(each, len(rows)) for each in cuts), len(rows)]
    return [
        whole.slice(start, stop - start) if number % 2 else batch(rows[start:stop])
        for number, (start, stop) in enumerate(pairwise(edges))
    ]


def expected_groups(rows: Sequence[Record]) -> list[list[Record]]:
    """Row groups, a row at a time."""
    groups: list[list[Record]] = []
    for each in rows:
        if (
            not groups
            or len(groups[-1]) == parquet.GROUP_ROWS
            or sum(map(size_of, groups[-1])) + size_of(each) > parquet.GROUP_BYTES
        ):
            groups.append([])
        groups[-1].append(each)
    return groups


def expected_files(rows: Sequence[Record]) -> list[list[list[Record]]]:
    """The row groups of each file, a group at a time."""
    files: list[list[list[Record]]] = [[]]
    for group in expected_groups(rows):
        most = parquet.FILE_BYTES * 2 ** ((len(files) - 1) // parquet.FILES_ALIKE)
        if sum(size_of(each) for held in files[-1] for each in held) >= most:
            files.append([])
        files[-1].append(group)
    return [held for held in files if held]


MIXED = [row("a" * length, number) for number, length in enumerate([0, 300, 5, 5, 5, 5, 90, 1, 80])]


@settings(max_examples=40)
@given(rows_of_any_text, st.lists(st.integers(0, 14), max_size=6))
@example(MIXED, [])
@example(MIXED, [0, 1, 1, 2, 5])
@example([], [0, 0])
def test_files_are_cut_by_their_rows_alone(rows: list[Record], cuts: list[int]) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other, small():
        write(Path(one), [batch(rows)])
        finished = write(Path(other), cut(rows, cuts))
        assert contents(Path(one)) == contents(Path(other))
        expected = expected_files(rows)
        assert len(finished) == len(expected)
        for (path, count, _), groups in zip(finished, expected, strict=True):
            file = pq.ParquetFile(path)
            read = [file.read_row_group(index).to_pylist() for index in range(file.num_row_groups)]
            assert [each for each in read if each] == groups
            assert count == sum(map(len, groups))


@settings(max_examples=40)
@given(rows_of_any_text, st.lists(st.integers(0, 14), max_size=6))
@example(MIXED, [1, 2, 3, 4, 5, 6, 7, 8])
def test_row_groups_say_how_much_text_they_hold(rows: list[Record], cuts: list[int]) -> None:
    with small():
        groups = list(row_groups(cut(rows, cuts)))
        assert [group.to_pylist() for group, _ in groups] == expected_groups(rows)
        assert [size for _, size in groups] == [
            sum(map(size_of, group)) for group in expected_groups(rows)
        ]


def test_a_row_larger_than_a_row_group_has_one_of_its_own() -> None:
    rows = [row("a"), row("b" * 1_000), row("c" * 1_000), row("d")]
    with small(rows=10, group_bytes=500):
        assert [len(group) for group, _ in row_groups([batch(rows)])] == [1, 1, 1, 1]
        assert [len(group) for group, _ in row_groups([batch(rows[:1] * 3)])] == [3]


def test_a_group_is_full_to_the_very_byte() -> None:
    rows = [row("abc", number) for number in range(4)]
    with small(rows=10, group_bytes=2 * size_of(rows[0])):
        assert [len(group) for group, _ in row_groups([batch(rows)])] == [2, 2]
    with small(rows=10, group_bytes=2 * size_of(rows[0]) - 1):
        assert [len(group) for group, _ in row_groups([batch(rows)])] == [1, 1, 1, 1]


@given(rows_of_any_text, st.integers(0, 14), st.integers(0, 14))
def test_text_bytes_are_those_of_a_plain_loop(rows: list[Record], start: int, count: int) -> None:
    assert text_bytes(batch(rows)).tolist() == [size_of(each) for each in rows]
    part = batch(rows).slice(min(start, len(rows)), count)
    assert text_bytes(part).tolist() == [size_of(each) for each in rows[start : start + count]]


def test_files_are_numbered_and_known_by_their_sha256(tmp_path: Path) -> None:
    rows = [row("a" * 300, number) for number in range(5)]
    with small(rows=2, group_bytes=10_000, file_bytes=1):
        finished = write(tmp_path, [batch(rows)])
    assert [path.name for path, _, _ in finished] == [
        "train-00000-of-00003.parquet",
        "train-00001-of-00003.parquet",
        "train-00002-of-00003.parquet",
    ]
    assert [count for _, count, _ in finished] == [2, 2, 1]
    for path, _, sha256 in finished:
        assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(list(tmp_path.iterdir())) == 3


def test_without_rows_there_is_no_file(tmp_path: Path) -> None:
    """Datasets 5 takes its batch size from a row group, and there would be none."""
    assert write(tmp_path, []) == []
    assert list(tmp_path.iterdir()) == []


def test_the_schema_spells_a_list_as_readers_before_datasets_4_know_it(tmp_path: Path) -> None:
    ((path, _, _),) = write(tmp_path, [batch(MIXED)])
    schema = pq.read_schema(path)
    assert schema.remove_metadata() == SCHEMA
    value = {"dtype": "string", "_type": "Value"}
    assert json.loads(schema.metadata[b"huggingface"]) == {
        "info": {
            "features": {
                "prompt": value,
                "completion": value,
                "references": {"feature": value, "_type": "Sequence"},
                "task": value,
                "template": value,
                "source": value,
                "id": value,
            }
        }
    }
    assert Features.from_arrow_schema(schema).arrow_schema.remove_metadata() == SCHEMA


def test_a_file_has_what_the_viewer_looks_for(tmp_path: Path) -> None:
    rows = [row(f"Review {number}", number) for number in range(10_500)]
    ((path, _, _),) = write(tmp_path, cut(rows, [9_999, 10_200]))
    metadata = pq.ParquetFile(path).metadata
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [
        10_000,
        500,
    ]
    options = {"min_chunk_size": 262_144, "max_chunk_size": 1_048_576, "norm_level": 0}
    for key in (b"content_defined_chunking", b"use_content_defined_chunking"):
        assert json.loads(metadata.metadata[key]) == options
    repeated = {"completion", "task", "template", "source"}
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            assert column.compression == "ZSTD"
            assert column.has_offset_index
            assert column.has_column_index
            assert ("RLE_DICTIONARY" in column.encodings) == (column.path_in_schema in repeated)


def test_most_pages_stay_as_they_were_when_a_row_is_inserted(tmp_path: Path) -> None:
    chance = random.Random(0)
    rows = [row(chance.randbytes(2_000).hex(), number) for number in range(800)]
    files = []
    for name, each in (("before", rows), ("after", [row("new", -1), *rows])):
        (tmp_path / name).mkdir()
        ((path, _, _),) = write(tmp_path / name, [batch(each)])
        files.append(path.read_bytes())
    before, after = files
    pieces = [before[start : start + 64] for start in range(0, len(before) - 64, 20_000)]
    assert sum(piece in after for piece in pieces) > 0.6 * len(pieces)


def test_what_is_begun_and_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with small(file_bytes=1), Files(tmp_path, "train") as files:
        for group, size in row_groups([batch(MIXED)]):
            files.write(group, size)
        assert len(list(tmp_path.glob("*.partial"))) > 1
        assert not list(tmp_path.glob("*.parquet")), "none is there before all are"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, ValueError])
def test_an_error_among_the_rows_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    with small(file_bytes=1), pytest.raises(error):
        write(tmp_path, interrupted(error))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    chance = random.Random(0)
    rows = [row(chance.randbytes(500).hex(), number) for number in range(100)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with small(rows=10, group_bytes=10**6, file_bytes=10**6):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
            with pytest.raises(OSError, match="File too large"):
                write(tmp_path, [batch(rows)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_at_the_last_byte_leaves_nothing(tmp_path: Path) -> None:
    full = mock.patch.object(pq.ParquetWriter, "close", side_effect=OSError("No space left"))
    with full, pytest.raises(OSError, match="No space left"):
        write(tmp_path, [batch(MIXED)])
    assert not list(tmp_path.iterdir())


def test_a_disk_that_is_full_does_not_hide_why_it_was_left(tmp_path: Path) -> None:
    full = mock.patch.object(pq.ParquetWriter, "close", side_effect=OSError("No space left"))
    with small(file_bytes=10**6), full, pytest.raises(KeyboardInterrupt):
        write(tmp_path, interrupted())
    assert not list(tmp_path.iterdir())


def test_a_split_of_a_few_megabytes_is_several_files(tmp_path: Path) -> None:
    reviews = batch([row("x" * 1_300)] * 10_000)
    files = write(tmp_path, [reviews, reviews, reviews.slice(0, 5_000)])  # as many as imdb has
    assert [rows for _, rows, _ in files] == [10_000, 10_000, 5_000]


def test_many_files_are_fewer_by_growing() -> None:
    sizes = [parquet._file_bytes(count) // 2**20 for count in (1, 64, 65, 128, 129, 400)]
    assert sizes == [8, 8, 16, 16, 32, 512]
