"""Exported files depend on the rows alone, are written once, and are whole or not there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pickle
import re
import resource
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT, as_json, imdb_rows, read_shards, write_parquet
from curate.test_removal import take_out
from damage import DAMAGES, damage
from mixbuild.core import file_sha256
from mixbuild.core.code import hash_code
from mixbuild.core.errors import OutputError, UsageError, VerifyError
from mixbuild.declare import RowFormat
from mixbuild.declare.slots import field
from mixbuild.declare.task import Task
from mixbuild.make.manifest import expect, load
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import apart, parquet
from mixbuild.publish import export as module
from mixbuild.publish import split as split_module
from mixbuild.publish.apart import export_splits
from mixbuild.publish.export import export_split
from mixbuild.publish.parquet import File, Files
from mixbuild.publish.split import FOLDER, Split, splits
from mixbuild.tasks import find


def built(source: Path | str, out: Path, *, task: Task | None = None, **options: Any) -> Path:
    """A build of imdb."""
    make(Request([task or find("imdb")], out, {"imdb": str(source)}), **options)
    return out


def splits_of(out: Path, file_format: str = "parquet") -> list[Split]:
    manifest = load(out)
    assert manifest is not None
    return list(splits(out, manifest.configs, file_format=file_format))


def exported(out: Path, file_format: str = "parquet") -> dict[str, dict[str, Any]]:
    """What is said of each split."""
    return {split.split: as_json(export_split(split)) for split in splits_of(out, file_format)}


def files(out: Path) -> dict[str, bytes]:
    """Every file below the folder of exported files; reports without when and where files lie."""
    folder = out / FOLDER
    return {
        path.relative_to(folder).as_posix(): re.sub(
            rb'"stamps": \[.*\]', b"", path.read_bytes(), flags=re.DOTALL
        )
        if path.suffix == ".json"
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def stamps(out: Path) -> dict[str, tuple[int, int]]:
    """What tells whether a file was written again."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted((out / FOLDER).rglob("*.*"))
    }


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of 40 rows, two or so to a file."""
    monkeypatch.setattr(parquet, "GROUP_ROWS", 40)
    monkeypatch.setattr(parquet, "FILE_BYTES", 10_000)


def documented_digest() -> Callable[[list[dict[str, Any]]], str]:
    """The implementation that build/docs/content-digest.md gives to readers."""
    text = (ROOT / "build/docs/content-digest.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(code[1], names)  # noqa: S102  # as its readers run it
    digest: Callable[[list[dict[str, Any]]], str] = names["digest"]
    return digest


def test_an_entry_says_what_is_in_the_files(
    imdb_folder: Path, tmp_path: Path, small_files: None
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    entries = exported(out)
    assert list(entries) == ["train", "test"]
    digest = documented_digest()
    for split, entry in entries.items():
        rows = read_shards(out, "imdb", split).to_pylist()
        assert (entry["rows_read"], entry["rows"], entry["drops"]) == (len(rows), len(rows), {})
        assert entry["content_digest"] == digest(rows)
        texts = [value for row in rows for name, value in row.items() if name != "references"]
        texts += [value for row in rows for value in row["references"]]
        assert entry["text_bytes"] == sum(len(text.encode()) for text in texts)
        for name in ("prompt", "completion"):
            bins = [0] * 32
            for row in rows:
                bins[len(row[name]).bit_length()] += 1
            assert entry["lengths"][name] == bins
            in_order = sorted(len(row[name]) for row in rows)
            quantiles = entry["summary"][name]
            assert (quantiles["least"], quantiles["most"]) == (in_order[0], in_order[-1])
            assert quantiles["median"] == in_order[(len(rows) - 1) // 2]
        labels = Counter(row["completion"] for row in rows)
        assert entry["summary"]["completions"] == [
            {"text": text, "rows": count}
            for text, count in sorted(labels.items(), key=lambda each: (-each[1], each[0]))
        ]
        assert entry["summary"]["distinct"] == len(labels) == 2
        assert entry["example"] == rows[0]
        read: list[dict[str, Any]] = []
        for shard in entry["shards"]:
            path = out / FOLDER / shard["path"]
            table = pq.read_table(path)
            read += table.to_pylist()
            assert shard == {
                "path": f"imdb/{path.name}",
                "rows": table.num_rows,
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
        assert read == rows
        assert len(entry["shards"]) > 1
        assert json.loads(json.dumps(entry)) == entry


@pytest.mark.parametrize("templates", ["seed", "all"])
def test_the_cut_of_a_split_into_shards_changes_nothing(
    imdb_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_files: None,
    templates: str,
) -> None:
    def entries(out: Path) -> list[dict[str, Any]]:
        make(Request([find("imdb")], out, {"imdb": str(imdb_folder)}, templates))
        return list(exported(out).values())

    few = entries(tmp_path / "few")
    monkeypatch.setattr("mixbuild.sources.formats.parquet.RUN_BYTES", 1)
    monkeypatch.setattr("mixbuild.sources.formats.parquet.BATCH_ROWS", 7)
    many = entries(tmp_path / "many")
    shards = [sorted((tmp_path / each).glob("imdb/*.arrow")) for each in ("few", "many")]
    assert [len(each) for each in shards] == [3, 6]
    assert few == many
    parquet_files = [
        {name: data for name, data in files(tmp_path / each).items() if name.endswith(".parquet")}
        for each in ("few", "many")
    ]
    assert parquet_files[0] == parquet_files[1]
    assert len(parquet_files[0]) > 4


def elsewhere(
    units: Iterable[Any], work: Callable[[Any, Any], Any], *, shared: Any, **_: Any
) -> Iterator[tuple[Any, Any]]:
    """An engine on which all ends in another order than it began, and all of it has travelled."""
    there = pickle.loads(pickle.dumps(shared))  # noqa: S301
    done = []
    for unit in units:
        sent = pickle.dumps(unit)
        assert len(sent) < 1_000
        result = work(pickle.loads(sent), there)  # noqa: S301
        done.append((unit, pickle.loads(pickle.dumps(result))))  # noqa: S301
    yield from reversed(done)


@pytest.mark.parametrize(
    ("row_format", "file_format"),
    [("prompt_completion", "parquet"), ("prompt_completion", "arrow"), ("messages", "parquet")],
)
@pytest.mark.parametrize("removed", [False, True], ids=["whole", "with rows taken out"])
def test_whoever_writes_a_file_of_a_large_split_changes_nothing(
    imdb_folder: Path,
    tmp_path: Path,
    small_files: None,
    monkeypatch: pytest.MonkeyPatch,
    row_format: str,
    file_format: str,
    removed: bool,
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    if removed:
        take_out(out)
    configs, asked = expect(out).configs, RowFormat(row_format)
    every = list(splits(out, configs, file_format=file_format, row_format=asked))
    before = {split.name: entry for split, entry in export_splits(every)}, files(out)
    monkeypatch.setattr(apart, "APART_ROWS", 200)  # train has more, test has fewer
    monkeypatch.setattr("mixbuild.publish.apart.engine.run", elsewhere)
    shutil.rmtree(out / FOLDER)
    written: list[Path] = []

    def noted(path: Path, *args: Any, **options: Any) -> File:
        written.append(path)
        return File(path, *args, **options)

    monkeypatch.setattr(apart, "File", noted)
    after = {split.name: entry for split, entry in export_splits(every, num_proc=2)}, files(out)
    assert after == before
    assert len(written) > 3 or (file_format == "arrow" and not removed), "each by a run"


def test_what_fails_while_a_large_split_is_written_leaves_no_file(
    imdb_folder: Path, tmp_path: Path, small_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    monkeypatch.setattr(apart, "APART_ROWS", 200)
    monkeypatch.setattr("mixbuild.publish.apart.engine.run", elsewhere)
    (shard,) = out.glob("imdb/train-00001-of-*.arrow")
    damage(shard, "flipped")
    with pytest.raises(VerifyError, match=re.escape(f"{shard}: ")):
        list(export_splits(splits_of(out), num_proc=2))
    assert not [*out.rglob("*.partial"), *out.glob(f"{FOLDER}/imdb/train*")]


def imdb_of(folder: Path, *texts: str) -> Path:
    """A mirror with these reviews."""
    rows = [{"text": text, "label": 0} for text in texts]
    for split in ("train", "test"):
        write_parquet(folder / f"{split}-00000-of-00001.parquet", rows)
    return folder


AROUND = len("Classify this sentence sentiment:  \n[OUTPUT]:")


@pytest.mark.parametrize(
    ("lengths", "chosen"),
    [([2_000, 60, 50], 1), ([1_000, 50], 0), ([1_001, 1_000], 1), ([2_000, 3_000], 0)],
    ids=["the first that is short", "a short first", "to the very character", "none is short"],
)
def test_the_example_is_the_first_row_that_can_be_shown_whole(
    tmp_path: Path, lengths: Sequence[int], chosen: int
) -> None:
    texts = ["é" * (length - AROUND) for length in lengths]
    out = built(imdb_of(tmp_path / "mirror", *texts), tmp_path / "out")
    example = exported(out)["train"]["example"]
    assert example["id"].endswith(f":{chosen}")
    assert len(example["prompt"]) == lengths[chosen]


def test_a_split_whose_rows_are_all_left_out_has_an_entry_and_no_files(tmp_path: Path) -> None:
    write_parquet(tmp_path / "mirror/train-00000-of-00001.parquet", imdb_rows(2))
    unlabelled = [{"text": "Who knows.", "label": -1}]
    write_parquet(tmp_path / "mirror/test-00000-of-00001.parquet", unlabelled)
    out = built(tmp_path / "mirror", tmp_path / "out")
    entry = exported(out)["test"]
    assert (entry["rows_read"], entry["rows"], entry["drops"]) == (1, 0, {"unlabelled": 1})
    assert entry["example"] is None
    assert entry["text_bytes"] == 0
    assert entry["shards"] == []
    assert exported(out, "arrow")["test"] == entry
    assert "imdb/test-00000-of-00001.parquet" not in files(out)


def test_what_is_exported_is_not_written_again(imdb_folder: Path, tmp_path: Path) -> None:
    out = built(imdb_folder, tmp_path / "out")
    first, before = exported(out), stamps(out)
    assert exported(out) == first
    assert stamps(out) == before
    assert len(before) == 4


NAMES = [
    "test-00000-of-00001.parquet",
    "test.parquet.json",
    "train-00000-of-00001.parquet",
    "train.parquet.json",
]


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", NAMES)
def test_whatever_lies_among_the_exported_files_costs_its_own_work_at_most(
    imdb_folder: Path, tmp_path: Path, name: str, how: str
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    first, before, written = exported(out), files(out), stamps(out)
    assert sorted(before) == [f"imdb/{each}" for each in NAMES]
    damage(out / FOLDER / "imdb" / name, how)
    assert exported(out) == first
    assert files(out) == before
    split, again = re.split(r"\W", name)[0], stamps(out)
    assert [
        path
        for path in written
        if written[path] != again[path] and not Path(path).name.startswith(split)
    ] == []


def test_other_shards_are_exported_anew(imdb_folder: Path, tmp_path: Path) -> None:
    out = built(imdb_folder, tmp_path / "out")
    first, before = exported(out), stamps(out)
    make(Request([find("imdb")], out, {"imdb": str(imdb_folder)}, "terse"))
    again = exported(out)
    assert {split: entry["example"]["template"] for split, entry in again.items()} == {
        "train": "terse",
        "test": "terse",
    }
    for split in ("train", "test"):
        assert again[split]["content_digest"] != first[split]["content_digest"]
    assert not set(stamps(out).items()) & set(before.items())
    make(Request([find("imdb")], out, {"imdb": str(imdb_folder)}))
    assert exported(out) == first


def test_rows_left_out_for_a_reason_with_a_new_name_are_said_so(tmp_path: Path) -> None:
    rows = [*imdb_rows(3), {"text": "Who knows.", "label": -1}]
    for split in ("train", "test"):
        write_parquet(tmp_path / f"mirror/{split}-00000-of-00001.parquet", rows)
    out = built(tmp_path / "mirror", tmp_path / "out")
    assert exported(out)["train"]["drops"] == {"unlabelled": 1}
    task = dataclasses.replace(find("imdb"), drops={"no label": field("label") < 0})
    before = stamps(out)
    built(tmp_path / "mirror", out, task=task)
    assert exported(out)["train"]["drops"] == {"no label": 1}
    assert stamps(out) == before, "the same rows"


@pytest.mark.parametrize("what", ["arrow", "code"])
def test_another_arrow_or_code_exports_anew(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    first, before = exported(out), stamps(out)
    if what == "arrow":
        hash_code.cache_clear()
        monkeypatch.setattr(pa, "__version__", "99.0.0")
    else:
        monkeypatch.setattr(split_module, "_code_version", lambda: "another")
    assert exported(out) == first
    monkeypatch.undo()
    hash_code.cache_clear()
    assert not set(stamps(out).items()) & set(before.items())


def test_files_of_an_earlier_export_do_not_stay(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    with monkeypatch.context() as patched:
        patched.setattr(parquet, "GROUP_ROWS", 40)
        patched.setattr(parquet, "FILE_BYTES", 1)
        assert len(exported(out)["train"]["shards"]) == 8
    (out / FOLDER / "imdb/train-00003-of-00008.parquet").unlink()
    (out / FOLDER / "imdb/train-00002.partial").write_text("left by a kill")
    assert len(exported(out)["train"]["shards"]) == 1
    assert sorted(name for name in files(out) if "train" in name) == [
        "imdb/train-00000-of-00001.parquet",
        "imdb/train.parquet.json",
    ]
    assert len([name for name in files(out) if "test-" in name]) == 3, "another split's stay"


class KilledError(BaseException):
    """As if by a kill: nothing answers it but what answers everything."""


def kill_after_renaming_one(monkeypatch: pytest.MonkeyPatch) -> None:
    replace = Path.replace
    renamed: list[Path] = []

    def dying(self: Path, target: Path) -> Path:
        if str(target).endswith(".parquet"):
            if renamed:
                raise KilledError
            renamed.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", dying)


def kill_before_the_report(monkeypatch: pytest.MonkeyPatch) -> None:
    finish = Files.finish

    def dying(self: Files) -> list[tuple[Path, int, str]]:
        finish(self)
        raise KilledError

    monkeypatch.setattr(Files, "finish", dying)


def kill_among_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(batches: Iterator[pa.RecordBatch]) -> Iterator[Any]:
        yield next(iter(parquet.row_groups(batches)))
        raise KilledError

    monkeypatch.setattr(module, "row_groups", dying)


@pytest.mark.parametrize(
    "kill", [kill_among_the_rows, kill_after_renaming_one, kill_before_the_report]
)
@pytest.mark.parametrize("earlier", [True, False], ids=["after another export", "at first"])
def test_a_kill_leaves_nothing_that_looks_finished(
    imdb_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_files: None,
    kill: Callable[[pytest.MonkeyPatch], None],
    earlier: bool,
) -> None:
    expected_out = built(imdb_folder, tmp_path / "expected")
    expected = exported(expected_out)
    out = built(imdb_folder, tmp_path / "out")
    if earlier:  # of other rows, with other files
        monkeypatch.setattr(split_module, "_code_version", lambda: "another")
        exported(out)
        monkeypatch.undo()
        monkeypatch.setattr(parquet, "GROUP_ROWS", 40)
        monkeypatch.setattr(parquet, "FILE_BYTES", 10_000)
    with monkeypatch.context() as patched:
        kill(patched)
        with pytest.raises(KilledError):
            exported(out)
    assert not (out / FOLDER / "imdb/train.parquet.json").exists()
    assert not list(out.rglob("*.partial"))
    assert exported(out) == expected
    assert files(out) == files(expected_out)


def test_a_full_disk_is_said_in_one_line(imdb_folder: Path, tmp_path: Path) -> None:
    out = built(imdb_folder, tmp_path / "out")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
        with pytest.raises(OutputError) as caught:
            exported(out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    message = str(caught.value)
    assert message.startswith(f"{out}/.publish/imdb/train")
    assert "File too large" in message
    assert message.endswith(
        "make room or choose another --out, then run the same command: finished units are kept"
    )
    assert "\n" not in message
    assert not files(out)


def test_a_folder_that_may_not_be_written_is_said_in_one_line(
    imdb_folder: Path, tmp_path: Path
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    (out / FOLDER).write_text("a file where a folder should be")
    with pytest.raises(OutputError) as caught:
        exported(out)
    assert str(caught.value).startswith(f"{out}/.publish/imdb: cannot be written (Not a directory)")


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: os.truncate(path, 1_000)])
def test_a_shard_that_cannot_be_read_is_named(
    imdb_folder: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    spoil(out / "imdb/train-00001-of-00002.arrow")
    with pytest.raises(VerifyError) as caught:
        exported(out)
    message = str(caught.value)
    path = out / "imdb/train-00001-of-00002.arrow"
    fault = "cannot be read (" if path.exists() else "expected 36,272 bytes, got no file;"
    assert message.startswith(f"{path}: {fault}")
    assert message.endswith(f"; delete it if it is there, then run make --out {out} again")
    assert "\n" not in message
    assert not files(out)


OTHER_ROWS: dict[str, Callable[[pa.Table], pa.Table]] = {
    "a row fewer": lambda table: table.slice(1),
    "rows in another order": lambda table: table.take([1, 0, *range(2, len(table))]),
    "a column fewer": lambda table: table.drop_columns(["id"]),
}


@pytest.mark.parametrize("file_format", ["parquet", "arrow"])
@pytest.mark.parametrize("name", OTHER_ROWS)
def test_a_shard_that_is_not_what_the_manifest_says_is_named(
    imdb_folder: Path, tmp_path: Path, name: str, file_format: str
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    path = out / "imdb/train-00001-of-00002.arrow"
    with pa.OSFile(str(path)) as file:
        table = OTHER_ROWS[name](pa.ipc.open_stream(file).read_all())
    path.unlink()  # it may be mapped yet
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(VerifyError) as caught:
        exported(out, file_format)
    message = str(caught.value)
    other = "cannot be read (" if name == "a column fewer" else "expected 150 rows with the content"
    assert message.startswith(f"{path}: {other}")
    assert message.endswith(f"; delete it if it is there, then run make --out {out} again")
    assert "\n" not in message
    assert not files(out), "nothing that looks exported"


def test_arrow_shards_are_published_as_they_lie(imdb_folder: Path, tmp_path: Path) -> None:
    out = built(imdb_folder, tmp_path / "out")
    manifest = load(out)
    assert manifest is not None
    as_parquet, as_arrow = exported(out), exported(out, "arrow")
    for split, entry in as_arrow.items():
        assert entry["shards"] == [
            {
                "path": shard.path,
                "rows": shard.rows,
                "bytes": shard.bytes,
                "sha256": hashlib.sha256((out / shard.path).read_bytes()).hexdigest(),
            }
            for shard in manifest.configs["imdb"].splits[split].shards
        ]
        others = entry.keys() - {"shards"}
        assert {name: entry[name] for name in others} == {
            name: as_parquet[split][name] for name in others
        }
    assert [split.folder for split in splits_of(out, "arrow")] == [out, out]
    assert sorted(files(out)) == [
        "imdb/test-00000-of-00001.parquet",
        "imdb/test.arrow.json",
        "imdb/test.parquet.json",
        "imdb/train-00000-of-00001.parquet",
        "imdb/train.arrow.json",
        "imdb/train.parquet.json",
    ]
    before = stamps(out)
    assert exported(out, "arrow") == as_arrow
    assert stamps(out) == before


def test_a_file_that_nobody_touched_is_not_read_again(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    expected, written = exported(out), files(out)
    hashed: list[Path] = []

    def remember(path: Path) -> str:
        hashed.append(path)
        return file_sha256(path)

    monkeypatch.setattr(module, "file_sha256", remember)
    assert exported(out) == expected
    assert hashed == []
    path = out / FOLDER / "imdb/test-00000-of-00001.parquet"
    os.utime(path)
    assert exported(out) == expected
    assert hashed == [path], "it may have changed, and has not"
    stamp = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert exported(out) == expected
    assert files(out).keys() == written.keys()
    assert path.read_bytes() == written["imdb/test-00000-of-00001.parquet"]


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: os.truncate(path, 1_000)])
def test_an_arrow_shard_that_was_damaged_since_is_named(
    imdb_folder: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    out = built(imdb_folder, tmp_path / "out")
    exported(out, "arrow")
    spoil(out / "imdb/train-00001-of-00002.arrow")
    with pytest.raises(VerifyError, match=r"/train-00001-of-00002\.arrow: (cannot|expected) "):
        exported(out, "arrow")


def test_another_format_is_refused(imdb_folder: Path, tmp_path: Path) -> None:
    out = built(imdb_folder, tmp_path / "out")
    with pytest.raises(UsageError) as caught:
        splits_of(out, "parqet")
    assert str(caught.value) == (
        "unknown format 'parqet'; did you mean 'parquet'? Known: parquet, arrow"
    )
