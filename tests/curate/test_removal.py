"""A removal: what is taken out of a split is read by nobody, and is known again by its digest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import as_json
from datasets import load_dataset
from mixbuild.core.errors import ManifestError, VerifyError
from mixbuild.curate.removal import REMOVED, read_removal, removal_path, write_removal
from mixbuild.make import manifest
from mixbuild.make.config import Removed, without
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import export_split, read_shards, splits
from mixbuild.publish.release import write_local_card
from mixbuild.tasks import find
from msgspec.structs import replace

ROWS = {
    "shard": [0, 0, 1],
    "row": [0, 149, 7],
    "reason": ["duplicate", "conflict", "duplicate"],
    "because": ["imdb/train/x:1", "", "imdb/train/x:2"],
}


def request(folder: Path, out: Path) -> Request:
    return Request([find("imdb")], out, {"imdb": str(folder)})


def take_out(out: Path) -> Removed:
    """Take three rows out of imdb/train, as a command would."""
    removed = write_removal(out, removal_path("imdb", "train"), pa.table(ROWS, REMOVED))
    there = manifest.expect(out)
    config = there.configs["imdb"]
    changed = {**config.splits, "train": without(config.splits["train"], removed)}
    manifest.save(out, replace(there, configs={"imdb": replace(config, splits=changed)}))
    return removed


@pytest.fixture
def out(imdb_folder: Path, tmp_path: Path) -> Path:
    make(request(imdb_folder, tmp_path / "out"))
    return tmp_path / "out"


def test_the_manifest_counts_what_is_taken_out_as_any_drop(out: Path) -> None:
    removed = take_out(out)
    assert as_json(removed) == {
        "path": "imdb/train.removed.arrow",
        "drops": {"conflict": 1, "duplicate": 2},
        "digest": removed.digest,
    }
    entry = manifest.expect(out).configs["imdb"].splits["train"]
    assert (entry.rows_read, entry.rows) == (300, 297)
    assert entry.drops == {"conflict": 1, "duplicate": 2}
    assert sum(shard.rows for shard in entry.shards) == 300


def test_nobody_reads_what_is_taken_out(out: Path) -> None:
    entry = manifest.expect(out).configs["imdb"].splits["train"]
    ids = [each for batch in read_shards(out, entry) for each in batch.column("id").to_pylist()]
    exported = {
        split.split: export_split(split) for split in splits(out, manifest.expect(out).configs)
    }
    take_out(out)
    entry = manifest.expect(out).configs["imdb"].splits["train"]
    left = [each for batch in read_shards(out, entry) for each in batch.column("id").to_pylist()]
    assert left == [each for at, each in enumerate(ids) if at not in (0, 149, 157)]
    again = {
        split.split: export_split(split) for split in splits(out, manifest.expect(out).configs)
    }
    assert again["test"] == exported["test"]
    assert (again["train"].rows, exported["train"].rows) == (297, 300)
    assert again["train"].content_digest != exported["train"].content_digest


def test_make_without_a_removal_lists_all_rows_again(out: Path, imdb_folder: Path) -> None:
    before = (out / manifest.FILE).read_bytes()
    take_out(out)
    assert (out / manifest.FILE).read_bytes() != before
    made = make(request(imdb_folder, out))
    assert (made.changed, made.rendered) == (True, 0)
    assert (out / manifest.FILE).read_bytes() == before


@pytest.mark.parametrize("damage", ["gone", "cut", "other rows"])
def test_a_removal_that_is_not_what_it_was_is_refused(out: Path, damage: str) -> None:
    removed = take_out(out)
    path = out / removed.path
    remedy = f"delete it if it is there, then run make --out {out} again"
    if damage == "gone":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    else:
        write_removal(out, removed.path, pa.table({**ROWS, "row": [0, 149, 8]}, REMOVED))
    with pytest.raises(VerifyError) as caught:
        read_removal(out, removed)
    message = str(caught.value)
    if damage == "other rows":
        assert message == (f"{path}: expected the 3 rows that are taken out, got others; {remedy}")
    else:
        assert message.startswith(f"{path}: cannot be read (")
        assert message.endswith(f"); {remedy}")


def test_a_folder_with_its_card_loads_without_what_is_taken_out(out: Path) -> None:
    take_out(out)
    lying = {path: path.read_bytes() for path in out.rglob("*-of-*.arrow")}
    *_, card = write_local_card(out, repo="org/name")
    assert "path: .publish/imdb/train-*.arrow" in card.read_text("utf-8")
    assert "path: imdb/test-*.arrow" in card.read_text("utf-8"), "its shards, as they lie"
    assert {path: path.read_bytes() for path in lying} == lying, "no shard is rewritten"
    for streaming in (False, True):
        loaded = load_dataset(str(out), "imdb", streaming=streaming)
        for split, entry in manifest.expect(out).configs["imdb"].splits.items():
            expected = pa.Table.from_batches(read_shards(out, entry)).to_pylist()
            assert list(loaded[split]) == expected


def test_arrow_files_have_no_more_than_what_is_left(out: Path) -> None:
    take_out(out)
    configs = manifest.expect(out).configs
    rows = {}
    for split in splits(out, configs, file_format="arrow"):
        entry = export_split(split)
        assert export_split(split) == entry
        tables = []
        for file in entry.shards:
            content = (split.folder / file.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file.sha256
            tables.append(pa.ipc.open_stream(content).read_all())
        rows[split.split] = pa.concat_tables(tables)
        assert rows[split.split].equals(pa.Table.from_batches(read_shards(out, split.entry)))
    assert {split: each.num_rows for split, each in rows.items()} == {"train": 297, "test": 120}


def test_a_manifest_that_counts_otherwise_is_refused(out: Path) -> None:
    take_out(out)
    path = out / manifest.FILE
    path.write_text(path.read_text().replace('"duplicate": 2', '"duplicate": 3'))
    with pytest.raises(ManifestError) as caught:
        manifest.expect(out)
    assert "configs.imdb.splits.train" in str(caught.value)
