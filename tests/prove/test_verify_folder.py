"""Verify finds each fault of a build, and names the file that has it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from conftest import imdb_rows, write_parquet
from mixbuild.core.errors import ManifestError, VerifyError
from mixbuild.core.row import SCHEMA
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.prove.verify import verify_folder
from mixbuild.publish.hub.verify import Verified
from mixbuild.tasks import find

SHARD = "imdb/train-00001-of-00002.arrow"


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of imdb: three shards, one row left out."""
    folder = tmp_path_factory.mktemp("pristine")
    unlabelled = {"text": "Who knows.", "label": -1}
    rows = [*imdb_rows(10), unlabelled, *imdb_rows(5, start=10)]
    for index in range(2):
        write_parquet(folder / f"mirror/train-0000{index}-of-00002.parquet", rows[8 * index :][:8])
    write_parquet(folder / "mirror/test-00000-of-00001.parquet", imdb_rows(4, start=20))
    make(Request([find("imdb")], folder / "out", {"imdb": str(folder / "mirror")}))
    return folder


@pytest.fixture
def out(pristine: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged."""
    shutil.copytree(pristine / "out", tmp_path / "out")
    return tmp_path / "out"


def fault(out: Path) -> str:
    """What verify says, without its remedy."""
    with pytest.raises(VerifyError) as caught:
        verify_folder(out)
    text, remedy = str(caught.value).rsplit("; ", 1)
    assert remedy == f"delete it if it is there, then run make --out {out} again"
    assert "\n" not in text
    return text


def edit(out: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest's entry of imdb."""
    path = out / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest["configs"]["imdb"])
    path.write_text(json.dumps(manifest))


def test_a_whole_build_is_told_split_by_split(out: Path) -> None:
    reported: list[tuple[int, int]] = []
    verified = verify_folder(out, report=lambda done, total, **_: reported.append((done, total)))
    sizes = {path.name: path.stat().st_size for path in (out / "imdb").iterdir()}
    assert verified == [
        Verified("imdb", "train", 15, 2, sum(sizes[name] for name in sizes if "train" in name)),
        Verified("imdb", "test", 4, 1, sizes["test-00000-of-00001.arrow"]),
    ]
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_a_truncated_file(out: Path) -> None:
    size = (out / SHARD).stat().st_size
    os.truncate(out / SHARD, size - 1)
    assert fault(out) == f"{out}/{SHARD}: expected {size:,} bytes, got {size - 1:,}"


def test_a_missing_file(out: Path) -> None:
    size = (out / SHARD).stat().st_size
    (out / SHARD).unlink()
    assert fault(out) == f"{out}/{SHARD}: expected {size:,} bytes, got no file"


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("place", range(24))
def test_one_flipped_bit_is_noticed_where_it_changes_what_is_read(out: Path, place: int) -> None:
    path = out / SHARD
    whole = pa.ipc.open_stream(path.read_bytes()).read_all()
    flip(path, round(place / 23 * (path.stat().st_size - 1)))
    try:
        damaged = pa.ipc.open_stream(path.read_bytes()).read_all()
        damaged.validate(full=True)
        same = damaged.equals(whole)
    except (pa.ArrowException, OSError):
        same = False
    if same:  # it lies in what fills a buffer up to a multiple of eight bytes
        assert verify_folder(out)
    else:
        assert fault(out).startswith(f"{path}: ")


def test_a_file_that_cannot_be_read(out: Path) -> None:
    (out / SHARD).write_bytes(b"x" * (out / SHARD).stat().st_size)
    assert fault(out).startswith(f"{out}/{SHARD}: cannot be read (ArrowInvalid: ")


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"prompt": ["a"]}),
        pa.Table.from_pylist([dict.fromkeys(SCHEMA.names)], schema=SCHEMA),
    ],
    ids=["columns", "nulls"],
)
def test_a_file_with_what_no_shard_has(out: Path, table: pa.Table) -> None:
    with pa.OSFile(str(out / SHARD), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)
    size = (out / SHARD).stat().st_size
    edit(out, lambda imdb: imdb["splits"]["train"]["shards"][1].update(bytes=size))
    assert fault(out).startswith(f"{out}/{SHARD}: cannot be read (")


def test_a_folder_in_the_place_of_a_file(out: Path) -> None:
    (out / SHARD).unlink()
    (out / SHARD).mkdir()
    assert fault(out).startswith(f"{out}/{SHARD}: ")


def test_a_file_that_the_manifest_does_not_list(out: Path) -> None:
    extra = out / "imdb/train-00002-of-00003.arrow"
    shutil.copy(out / SHARD, extra)
    assert fault(out) == (
        f"{extra}: expected only the shards that the manifest lists, got this one too"
    )
    extra.unlink()
    verify_folder(out)


def test_what_no_reader_takes_for_a_shard_is_no_fault(out: Path) -> None:
    for name in ("README.md", "imdb/data-00000-of-00001.arrow", "imdb/notes.txt", "other/a.arrow"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("mine")
    verify_folder(out)


def test_other_rows_than_the_manifest_says(out: Path) -> None:
    edit(out, lambda imdb: imdb["splits"]["test"]["shards"][0].update(rows=5, rows_read=5))
    edit(out, lambda imdb: imdb["splits"]["test"].update(rows=5, rows_read=5))
    found = re.fullmatch(
        rf"{out}/imdb/test-00000-of-00001\.arrow: expected 5 rows with the content digest (\w+), "
        r"got 4 with (\w+)",
        fault(out),
    )
    assert found is not None
    assert found[1] == found[2]


def test_another_digest_than_the_manifest_says(out: Path) -> None:
    edit(out, lambda imdb: imdb["splits"]["test"]["shards"][0].update(content_digest="0" * 32))
    assert fault(out).startswith(
        f"{out}/imdb/test-00000-of-00001.arrow: expected 4 rows with the content digest "
        f"{'0' * 32}, got 4 with "
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"rows": 14, "rows_read": 15},
            ".rows_read: expected 16, as its shards have together, got 15",
        ),
        (
            {"rows": 14},
            ": expected 16 source rows with 1 renderings each to be rows or drops, got 14 rows "
            "and 1 drops",
        ),
        (
            {"drops": {"null text": 1}},
            ".drops: expected {'unlabelled': 1}, as its shards have together, got {'null text': 1}",
        ),
    ],
)
def test_numbers_that_contradict_one_another(out: Path, change: dict[str, Any], told: str) -> None:
    edit(out, lambda imdb: imdb["splits"]["train"].update(change))
    with pytest.raises(ManifestError) as caught:
        verify_folder(out)
    assert str(caught.value) == (
        f"{out}/manifest.json: configs.imdb.splits.train{told}; delete it and run make again"
    )


@pytest.mark.parametrize("path", ["../x.arrow", "imdb/train-00000-of-00001.arrow", "/etc/passwd"])
def test_a_path_that_is_not_the_shards_own(out: Path, path: str) -> None:
    edit(out, lambda imdb: imdb["splits"]["train"]["shards"][0].update(path=path))
    with pytest.raises(ManifestError) as caught:
        verify_folder(out)
    assert str(caught.value) == (
        f"{out}/manifest.json: configs.imdb.splits.train.shards.0.path: expected "
        f"'imdb/train-00000-of-00002.arrow', got {path!r}; delete it and run make again"
    )


def test_another_text_of_a_template(out: Path) -> None:
    edit(out, lambda imdb: imdb["made_of"]["templates"]["seed"].update(text="{text}", sha256="0"))
    sha256 = hashlib.sha256(b"{text}").hexdigest()
    with pytest.raises(ManifestError) as caught:
        verify_folder(out)
    assert str(caught.value) == (
        f"{out}/manifest.json: configs.imdb.made_of.templates.seed: expected the SHA-256 of its "
        f"text, {sha256}, got 0; delete it and run make again"
    )


def test_several_faults_are_counted(out: Path) -> None:
    (out / "imdb/train-00000-of-00002.arrow").unlink()
    flip(out / SHARD, 100)
    assert re.fullmatch(r".*00000-of-00002.arrow: .*, got no file \(and 1 more\)", fault(out))
    (out / "imdb/test-9.arrow").write_text("not listed")
    assert re.fullmatch(r".*00000-of-00002.arrow: .*, got no file \(and 2 more\)", fault(out))


@pytest.mark.parametrize("damage", ["flip", "truncate", "extra", "unlink", "digest"])
def test_what_verify_tells_to_do_helps(pristine: Path, out: Path, damage: str) -> None:
    if damage == "flip":
        flip(out / SHARD, 100)
    elif damage == "truncate":
        os.truncate(out / SHARD, 100)
    elif damage == "extra":
        shutil.copy(out / SHARD, out / "imdb/train-00002-of-00003.arrow")
    elif damage == "unlink":
        (out / SHARD).unlink()
    else:
        edit(out, lambda imdb: imdb["splits"]["train"]["shards"][0].update(content_digest="0"))
    Path(fault(out).partition(": ")[0]).unlink(missing_ok=True)
    make(Request([find("imdb")], out, {"imdb": str(pristine / "mirror")}))
    verify_folder(out)
    for path in (pristine / "out").rglob("*.arrow"):
        assert (out / path.relative_to(pristine / "out")).read_bytes() == path.read_bytes()


def test_a_folder_without_a_manifest_is_no_build(out: Path) -> None:
    (out / "manifest.json").unlink()
    with pytest.raises(ManifestError) as caught:
        verify_folder(out)
    assert str(caught.value) == (
        f"{out}/manifest.json: not there, so nothing says that the build is whole; "
        f"run make --out {out}"
    )


def published(manifest: dict[str, Any]) -> None:
    for split in manifest["configs"]["imdb"]["splits"].values():
        for shard in split["shards"]:
            del shard["unit"]


def without_counts(manifest: dict[str, Any]) -> None:
    del manifest["configs"]["imdb"]["splits"]["train"]["rows"]


def without_bytes(manifest: dict[str, Any]) -> None:
    del manifest["configs"]["imdb"]["splits"]["train"]["shards"][0]["bytes"]


@pytest.mark.parametrize("change", [published, without_counts, without_bytes])
def test_a_manifest_of_another_kind_is_refused(
    out: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    path = out / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    missing = {
        "published": ".splits.train.shards.0: expected the field unit",
        "without_counts": ".splits.train: expected the field rows",
        "without_bytes": ".splits.train.shards.0: expected the field bytes",
    }
    with pytest.raises(ManifestError) as caught:
        verify_folder(out)
    assert str(caught.value) == (
        f"{path}: configs.imdb{missing[change.__name__]}, got none; delete it and run make again"
    )
