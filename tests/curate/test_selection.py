"""A selection: written and read whole or not at all, and its rows gathered in its order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import imdb_rows, write_parquet
from hypothesis import given, settings
from hypothesis import strategies as st
from mixbuild.core.errors import OutputError, VerifyError
from mixbuild.core.row import SCHEMA
from mixbuild.curate import selection as module
from mixbuild.curate.selection import (
    SELECTION,
    gather,
    read_selection,
    selection_key,
    write_selection,
)
from mixbuild.make.plan import Request, plan
from mixbuild.make.shard import Shard, contents
from mixbuild.make.workers import Shared, work
from mixbuild.tasks import find

Source = tuple[Path, Shard]
ROWS = (130, 0, 7)
PLACES = [(shard, row) for shard, count in enumerate(ROWS) for row in range(count)]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    """Three shards of imdb, one of them empty."""
    folder = tmp_path_factory.mktemp("shards")
    for index, count in enumerate(ROWS):
        rows = imdb_rows(count, start=200 * index)
        write_parquet(folder / f"mirror/train-{index:05d}-of-00003.parquet", rows)
    request = Request([find("imdb")], folder, {"imdb": str(folder / "mirror")}, splits=["train"])
    planned = plan(find("imdb"), request)
    shared = Shared({"imdb": planned.projection}, folder, overlap=False)
    units = planned.units["train"]
    return [(folder / f"{unit.stem}.arrow", work(unit, shared)) for unit in units]


def rows_of(shards: list[Source]) -> dict[tuple[int, int], dict[str, object]]:
    return {
        (index, number): row
        for index, (path, _) in enumerate(shards)
        for number, row in enumerate(pa.ipc.open_stream(path.read_bytes()).read_all().to_pylist())
    }


def batches_of(*batches: list[tuple[int, int]]) -> Iterator[pa.RecordBatch]:
    for each in batches:
        yield pa.record_batch(
            {
                "shard": [shard for shard, _ in each],
                "row": [row for _, row in each],
                "copy": [0] * len(each),
            },
            SELECTION,
        )


@settings(max_examples=100)
@given(st.lists(st.lists(st.sampled_from(PLACES), max_size=60), max_size=4), st.integers(1, 50))
def test_rows_come_in_the_order_of_the_selection_and_as_often(
    shards: list[Source], places: list[list[tuple[int, int]]], step: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "GATHERED_ROWS", step)
        made = list(gather(batches_of(*places), shards))
    expected = rows_of(shards)
    assert [row for batch in made for row in batch.to_pylist()] == [
        expected[place] for each in places for place in each
    ]
    assert all(batch.schema == SCHEMA and batch.num_rows <= step for batch in made)


def shard_of(path: Path, rows: list[dict[str, object]], **options: object) -> Source:
    """A shard of batches of three rows that holds these."""
    batches = pa.Table.from_pylist(rows, SCHEMA).to_batches(max_chunksize=3)
    with pa.ipc.new_stream(path, SCHEMA, options=pa.ipc.IpcWriteOptions(**options)) as stream:
        for batch in batches:
            stream.write_batch(batch)
    (count, digest) = contents(path) or (0, "")
    return path, Shard("", count, count, {}, path.stat().st_size, digest)


def row_of(text: str) -> dict[str, object]:
    """A row that says nothing else."""
    references: object = [text] * (len(text) % 4)
    return {name: references if name == "references" else text for name in SCHEMA.names}


TEXTS = st.text(st.sampled_from("aé\u20ac\U0001f600\0"), max_size=14)


@settings(max_examples=100)
@given(st.lists(st.lists(TEXTS, max_size=8), min_size=1, max_size=3), st.randoms())
def test_a_text_of_any_length_comes_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, texts: list[list[str]], chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("texts")
    shards = [
        shard_of(folder / f"{number}.arrow", list(map(row_of, each)))
        for number, each in enumerate(texts)
    ]
    places = [(shard, row) for shard, each in enumerate(texts) for row in range(len(each))] * 2
    chance.shuffle(places)
    made = [row for batch in gather(batches_of(places), shards) for row in batch.to_pylist()]
    assert made == [row_of(texts[shard][row]) for shard, row in places]


def test_rows_that_were_compressed_are_not_taken_for_others(tmp_path: Path) -> None:
    path, shard = shard_of(tmp_path / "a.arrow", [row_of("text " * 99)] * 3, compression="zstd")
    with pytest.raises(VerifyError) as caught:
        list(gather(batches_of([(0, 1)]), [(path, shard)]))
    assert str(caught.value) == f"{path}: expected rows as make writes them, got compressed ones"


def test_a_whole_shuffle_takes_no_more_memory_than_a_few_rows(
    shards: list[Source], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GATHERED_BYTES", 20_000)
    places = PLACES * 200
    random.Random(3).shuffle(places)
    before = pa.total_allocated_bytes()
    most = count = 0
    for batch in gather(batches_of(places), shards):
        count += batch.num_rows
        most = max(most, pa.total_allocated_bytes() - before)
    assert count == len(places) == 27_400
    assert most < 27_400 * 16 + 300_000, "bytes: the selection itself, and the rows in hand"


@pytest.mark.parametrize("place", [(3, 0), (-1, 0), (0, 130), (2, -1), (1, 0)])
def test_what_is_not_there_is_not_gathered(shards: list[Source], place: tuple[int, int]) -> None:
    with pytest.raises(VerifyError) as caught:
        list(gather(batches_of([(0, 0), place]), shards))
    assert str(caught.value) == (
        f"a selection: expected rows of 3 shards with 130, 0, 7 rows, got row {place[1]} of shard "
        f"{place[0]}; make the selection again"
    )


def test_a_shard_with_other_rows_gives_none(shards: list[Source], tmp_path: Path) -> None:
    (first, shard), *others = shards
    content = first.read_bytes()
    at = content.index(b"Classify")
    (tmp_path / "bad.arrow").write_bytes(content[:at] + b"Glassify" + content[at + 8 :])
    sources = [(tmp_path / "bad.arrow", shard), *others]
    with pytest.raises(VerifyError) as caught:
        next(gather(batches_of([(2, 0), (0, 1)]), sources))
    assert str(caught.value).startswith(
        f"{tmp_path}/bad.arrow: expected 130 rows with the content digest {shard.content_digest}, "
        f"got 130 with "
    )
    assert next(gather(batches_of([(2, 0)]), sources)).num_rows == 1, "which is not looked at"


def test_a_selection_is_read_under_its_key_alone(shards: list[Source], tmp_path: Path) -> None:
    path = tmp_path / "selection.arrow"
    every = [shard for _, shard in shards]
    key = selection_key(every, "shuffle", "7")
    others = [
        selection_key(every, "shuffle", "8"),
        selection_key(every, "shuffle7"),
        selection_key(every[::-1], "shuffle", "7"),
        selection_key(every[:2], "shuffle", "7"),
    ]
    assert len({key, *others}) == 5
    written = list(batches_of(PLACES, [], PLACES[::-1]))
    write_selection(path, iter(written), key=key)
    found = read_selection(path, key=key)
    assert found is not None
    assert list(found) == written
    assert [read_selection(path, key=other) for other in others] == [None] * 4
    assert list(tmp_path.iterdir()) == [path]


def test_whatever_lies_in_its_place_is_no_selection(tmp_path: Path) -> None:
    path = tmp_path / "selection.arrow"
    assert read_selection(path, key="k") is None
    write_selection(path, batches_of(PLACES), key="k")
    whole = path.read_bytes()
    for content in (b"", whole[:8], whole[:-1], whole[: len(whole) // 2], b"x" * len(whole)):
        path.write_bytes(content)
        assert read_selection(path, key="k") is None, content[:20]


def test_a_selection_that_fails_midway_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "selection.arrow"
    write_selection(path, batches_of(PLACES), key="k")
    whole = path.read_bytes()

    def failing() -> Iterator[pa.RecordBatch]:
        yield from batches_of(PLACES)
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"selection\.arrow: cannot be written"):
        write_selection(path, failing(), key="another")
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]
