"""Mirrors: taken for the source when their rows are the same, whatever holds them, and else not."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
from conftest import IMDB_SCHEMA, imdb_rows, read_shards
from hub_server import LoopbackHub
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mixbuild.core import git_blob_hash
from mixbuild.core.digest import SourceDigest
from mixbuild.core.errors import LockError, MixError
from mixbuild.make.made_of import SourceEntry
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import plots
from mixbuild.publish.release import write_local_card
from mixbuild.sources import Run as SourceRun
from mixbuild.sources.formats import parquet as formats
from mixbuild.tasks import find
from prove.proving import (
    DOLLY,
    IMDB,
    SOURCES,
    TEST,
    TRAIN,
    TRAIN_2,
    Run,
    as_lock,
    card,
    entries,
    parquet,
    read_manifest,
    samples,
    write_folder,
)

pytest_plugins = ["prove.proving"]

Rows = list[dict[str, Any]]
IMDB_CARD = SOURCES[IMDB]["README.md"]
IMDB_ROWS: dict[str, Rows] = {
    split: pq.read_table(io.BytesIO(SOURCES[IMDB][name])).to_pylist()
    for split, name in (("train", TRAIN), ("test", TEST))
}
IMDB_ROWS["train"] += pq.read_table(io.BytesIO(SOURCES[IMDB][TRAIN_2])).to_pylist()


@pytest.fixture(scope="session")
def lock(locked: Path) -> dict[str, Any]:
    """What is locked of the three sources."""
    return entries(locked)


def request(task: str, folder: Path, out: Path, lock: Mapping[str, Any], **more: Any) -> Request:
    return Request([find(task)], out, {task: str(folder)}, lock=as_lock(lock), **more)


def taken_for(task: str, folder: Path, lock: Mapping[str, Any], **more: Any) -> SourceEntry:
    """What a mirror is taken for."""
    with TemporaryDirectory(dir=folder.parent) as out:
        made = make(request(task, folder, Path(out), lock, **more))
    (source,) = made.manifest.configs[task].sources
    return source


def refusal(task: str, folder: Path, lock: Mapping[str, Any], **more: Any) -> str:
    """Why a mirror is refused; nothing is in place."""
    out = folder.with_name("out")
    with pytest.raises(LockError) as caught:
        make(request(task, folder, out, lock, **more))
    assert [path.name for path in out.rglob("*")] == [".lock"]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def imdb(**changed: Rows) -> dict[str, bytes]:
    """The rows of imdb in a file per split, some of them changed."""
    rows = {**IMDB_ROWS, **changed}
    return {f"{split}.parquet": parquet(each) for split, each in rows.items()}


def jsonl(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def with_labels(kind: pa.DataType) -> dict[str, bytes]:
    schema = pa.schema([("text", pa.string()), ("label", kind)])
    return {f"{split}.parquet": parquet(rows, schema) for split, rows in IMDB_ROWS.items()}


def with_texts(kind: pa.DataType) -> dict[str, bytes]:
    schema = pa.schema([("text", kind), ("label", pa.int64())])
    return {f"{split}.parquet": parquet(rows, schema) for split, rows in IMDB_ROWS.items()}


def dealt(count: int, rows: Rows = IMDB_ROWS["train"]) -> dict[str, bytes]:
    """The rows of train dealt to three files, the test's in one."""
    edges = [0, count, 2 * count, len(rows)]
    return {
        **{
            f"train-{index:05d}-of-00003.parquet": parquet(rows[start:stop])
            for index, (start, stop) in enumerate(pairwise(edges))
        },
        "test.parquet": parquet(IMDB_ROWS["test"]),
    }


SQUAD_ROWS = {split: samples("squad", split) for split in ("train", "validation")}
SQUAD_FEATURES = """dataset_info:
  config_name: plain_text
  features:
  - {name: id, dtype: string}
  - {name: title, dtype: string}
  - {name: context, dtype: string}
  - {name: question, dtype: string}
  - name: answers
    struct:
    - {name: text, sequence: string}
    - {name: answer_start, sequence: int32}
"""


def squad(**changed: Rows) -> dict[str, bytes]:
    """The rows of squad as JSON, some of them changed."""
    rows = {**SQUAD_ROWS, **changed}
    listed = {split: f"{split}.jsonl" for split in rows}
    head = card("cc-by-sa-4.0", "plain_text", **listed).removesuffix(b"---\n")
    return {
        "README.md": head + SQUAD_FEATURES.encode() + b"---\n",
        **{f"{split}.jsonl": jsonl(each) for split, each in rows.items()},
    }


def other_numbers() -> Rows:
    """Another value in each row of columns that the task does not read."""
    rows = []
    for row in SQUAD_ROWS["train"]:
        there = row["answers"] and {**row["answers"], "answer_start": [7]}
        rows.append({**row, "id": "another", "answers": there})
    return rows


SAME: dict[str, tuple[str, dict[str, bytes]]] = {
    "one file per split": ("imdb", imdb()),
    "three files": ("imdb", dealt(7)),
    "three files, one of them empty": ("imdb", dealt(0)),
    "JSON": ("imdb", {f"{split}.jsonl": jsonl(rows) for split, rows in IMDB_ROWS.items()}),
    "CSV": ("imdb", {f"{split}.csv": as_csv(rows) for split, rows in IMDB_ROWS.items()}),
    "int32": ("imdb", with_labels(pa.int32())),
    "int8": ("imdb", with_labels(pa.int8())),
    "large strings": ("imdb", with_texts(pa.large_string())),
    "dictionaries": ("imdb", with_texts(pa.dictionary(pa.int32(), pa.string()))),
    "a column that is not read": (
        "imdb",
        {
            f"{split}.jsonl": jsonl([{**row, "stars": 3} for row in rows])
            for split, rows in IMDB_ROWS.items()
        },
    ),
    "nested JSON": ("squad", squad()),
    "other values that are not read": ("squad", squad(train=other_numbers())),
}


@pytest.mark.parametrize("mirror", SAME)
def test_equal_rows_are_the_source_whatever_holds_them(
    tmp_path: Path, lock: dict[str, Any], mirror: str
) -> None:
    task, files = SAME[mirror]
    out = tmp_path / "out"
    made = make(request(task, write_folder(tmp_path / "mirror", files), out, lock))
    source = made.manifest.configs[task].sources[0]
    assert (source.locked, source.drift) == (True, ())
    assert source.read_from.startswith(f"{source.repo}@mirror-"), "it is in other files"
    rows = read_shards(out, task, "train")
    assert set(rows["source"].to_pylist()) == {source.read_from}
    assert rows.num_rows == {"imdb": 24, "squad": 17}[task]


def changed(task: str, split: str, number: int, **values: Any) -> dict[str, bytes]:
    """One row of a split with other values."""
    rows = {"imdb": IMDB_ROWS, "squad": SQUAD_ROWS}[task][split]
    other = [*rows[:number], {**rows[number], **values}, *rows[number + 1 :]]
    return {"imdb": imdb, "squad": squad}[task](**{split: other})


def dotted_at(number: int) -> dict[str, bytes]:
    """A text of train, in three files, with one more dot."""
    rows = list(IMDB_ROWS["train"])
    rows[number] = {**rows[number], "text": f"{rows[number]['text']}."}
    return dealt(2, rows)


def swapped(task: str, split: str) -> dict[str, bytes]:
    rows = {"imdb": IMDB_ROWS, "squad": SQUAD_ROWS}[task][split]
    return {"imdb": imdb, "squad": squad}[task](**{split: [rows[1], rows[0], *rows[2:]]})


SEVERAL = next(
    (number, row["answers"]["text"])
    for number, row in enumerate(SQUAD_ROWS["validation"])
    if row["answers"] and len(set(row["answers"]["text"])) > 1
)
"""A row of squad with several answers, and these."""

NONE = next(
    number
    for number, row in enumerate(SQUAD_ROWS["validation"])
    if row["answers"] and not row["answers"]["text"]
)


def answers(*texts: str | None) -> dict[str, Any]:
    return {"text": list(texts), "answer_start": [0] * len(texts)}


TWICE = answers("barley", "barley")

OTHER: dict[str, tuple[str, str, dict[str, bytes]]] = {
    "a value": ("imdb", "train", changed("imdb", "train", 20, text="Review number 21: good")),
    "a letter": ("imdb", "test", changed("imdb", "test", 8, text="review number 48: ")),
    "a label": ("imdb", "train", changed("imdb", "train", 0, label=1)),
    "null for a text": ("imdb", "train", changed("imdb", "train", 0, text=None)),
    "an empty text": ("imdb", "train", changed("imdb", "train", 0, text="")),
    "null for a label": ("imdb", "test", changed("imdb", "test", 0, label=None)),
    "a row less": ("imdb", "test", imdb(test=IMDB_ROWS["test"][:-1])),
    "a row more": ("imdb", "train", imdb(train=[*IMDB_ROWS["train"], *imdb_rows(1)])),
    "no row": ("imdb", "test", imdb(test=[])),
    "two rows swapped": ("imdb", "train", swapped("imdb", "train")),
    "an answer": ("squad", "train", changed("squad", "train", 0, answers=answers("oats"))),
    "an answer more": ("squad", "train", changed("squad", "train", 0, answers=TWICE)),
    "answers the other way round": (
        "squad",
        "validation",
        changed("squad", "validation", SEVERAL[0], answers=answers(*reversed(SEVERAL[1]))),
    ),
    "null for a list": ("squad", "validation", changed("squad", "validation", NONE, answers=None)),
    "null for no answers": (
        "squad",
        "validation",
        changed("squad", "validation", NONE, answers={"text": None, "answer_start": None}),
    ),
    "nested rows swapped": ("squad", "train", swapped("squad", "train")),
}  # fmt: skip


@pytest.mark.parametrize("mirror", OTHER)
def test_other_rows_are_refused_and_the_split_is_named(
    tmp_path: Path, lock: dict[str, Any], mirror: str
) -> None:
    task, split, files = OTHER[mirror]
    folder = write_folder(tmp_path / "mirror", files)
    entry = lock[task]
    told = refusal(task, folder, lock)
    head = f"task {task!r}: {folder}: expected the rows of {entry['repo']}@{entry['commit']}, "
    expected = entry["splits"][split]
    assert told.startswith(
        f"{head}got others: {split}: the lock has {expected['rows']} rows "
        f"({expected['content_digest']}), the mirror "
    )
    assert told.endswith("); take another mirror, or say --allow-drift")
    assert told.count("the lock has") == 1, "the other split is the same"
    found = taken_for(task, folder, lock, allow_drift=True)
    assert found.locked is False
    (line,) = found.drift
    assert line.startswith(f"{split}: the lock has {expected['rows']} rows (")
    assert found.read_from.startswith(f"{entry['repo']}@mirror-")


def test_both_splits_are_named_when_both_differ(tmp_path: Path, lock: dict[str, Any]) -> None:
    folder = write_folder(tmp_path / "mirror", imdb(train=IMDB_ROWS["test"], test=[]))
    told = refusal("imdb", folder, lock)
    assert "train: the lock has 25 rows (" in told
    assert "the mirror 9 (" in told
    assert "; test: the lock has 9 rows (" in told
    assert "the mirror 0 (" in told


def test_a_split_that_is_not_asked_for_is_not_compared(
    tmp_path: Path, lock: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / "mirror", imdb(test=[]))
    assert taken_for("imdb", folder, lock, splits=["train"]).locked is True
    refusal("imdb", folder, lock, splits=["test"])


def test_a_split_that_is_not_in_the_lock_is_other_rows(
    tmp_path: Path, lock: dict[str, Any]
) -> None:
    folder = write_folder(tmp_path / "mirror", imdb())
    splits = {"test": lock["imdb"]["splits"]["test"]}
    told = refusal("imdb", folder, {"imdb": {**lock["imdb"], "splits": splits}})
    assert "got others: train: the lock has none, the mirror 25 (" in told


def test_without_a_lock_a_mirror_is_what_it_says(tmp_path: Path, lock: dict[str, Any]) -> None:
    folder = write_folder(tmp_path / "mirror", imdb(test=[]))
    found = taken_for("imdb", folder, {"squad": lock["squad"]})
    assert (found.locked, found.drift) == (False, ())


def test_a_mirror_that_lacks_what_the_task_reads_is_an_error_of_its_own(
    tmp_path: Path, lock: dict[str, Any]
) -> None:
    rows = [{"review": "Good.", "label": 1}]
    folder = write_folder(
        tmp_path / "mirror", {"train.jsonl": jsonl(rows), "test.jsonl": jsonl(rows)}
    )
    with pytest.raises(MixError, match="text"):
        taken_for("imdb", folder, lock, allow_drift=True)  # fmt: skip


def test_the_very_files_are_the_source_itself(
    run: Run, locked: Path, hub: LoopbackHub, tmp_path: Path
) -> None:
    """A folder of them, or another repo: the rows say the same as those of the Hub, to the byte."""
    folder = write_folder(tmp_path / "mirror", SOURCES[IMDB])
    hub.upload("mirror/imdb", {**SOURCES[IMDB], "notes.txt": b"A copy."})
    shards = {}
    for name, options in (
        ("hub", ()),
        ("folder", ("--source", f"imdb={folder}")),
        ("repo", ("--source", "imdb=mirror/imdb")),
    ):
        out = tmp_path / name
        run.ok("make", "imdb", *options, "--lock", locked, "--out", out)
        entry = read_manifest(out)["imdb"]
        assert entry["made_of"]["source"]["read_from"] == f"{IMDB}@{hub.commit(IMDB)}"
        assert entry["made_of"]["source"]["locked"] is True
        shards[name] = [
            shard["content_digest"] for each in entry["splits"].values() for shard in each["shards"]
        ]
    assert shards["hub"] == shards["folder"] == shards["repo"]


COMPRESSED = io.BytesIO()
pq.write_table(pa.Table.from_pylist(IMDB_ROWS["test"], IMDB_SCHEMA), COMPRESSED, compression="zstd")


@pytest.mark.parametrize(
    "files",
    [
        {TRAIN: parquet(IMDB_ROWS["train"][:5]), TRAIN_2: parquet(IMDB_ROWS["train"][5:])},
        {TEST: COMPRESSED.getvalue()},
    ],
    ids=["rows in another file", "bytes"],
)
def test_files_of_the_same_names_are_not_the_source_itself(
    run: Run, locked: Path, hub: LoopbackHub, tmp_path: Path, files: dict[str, bytes]
) -> None:
    """An id names a file and a row in it: there, those of the source may be others."""
    folder = write_folder(tmp_path / "mirror", {**SOURCES[IMDB], **files})
    found = taken_for("imdb", folder, entries(locked))
    assert (found.locked, found.drift) == (True, ())
    assert found.read_from.startswith(f"{IMDB}@mirror-")
    commit = hub.upload("mirror/imdb", {**SOURCES[IMDB], **files})
    run.ok(
        "make", "imdb", "--source", "imdb=mirror/imdb", "--lock", locked, "--out", tmp_path / "o"
    )
    source = read_manifest(tmp_path / "o")["imdb"]["made_of"]["source"]
    assert (source["read_from"], source["locked"]) == (f"mirror/imdb@{commit}", True)


def test_files_that_git_holds_are_known_by_their_hash(tmp_path: Path, lock: dict[str, Any]) -> None:
    """Small ones that are not in LFS have no SHA-256 on the Hub."""
    folder = write_folder(tmp_path / "mirror", SOURCES[DOLLY])
    assert taken_for("dolly", folder, lock).read_from == f"{DOLLY}@{lock['dolly']['commit']}"
    name = "databricks-dolly-15k.jsonl"
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content.replace(b'{"instruction":', b'{"instruction": '))
    assert "mirror-" in taken_for("dolly", folder, lock).read_from
    (folder / name).write_bytes(content.replace(b"autumn", b"autuMn"))
    refusal("dolly", folder, lock)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file's rows were read, and, as "digest", how often a digest was taken."""
    counted: Counter[str] = Counter()
    read, update = formats.read, SourceDigest.update

    def counting(run: SourceRun, *options: Any, **more: Any) -> Any:
        counted[run.file] += 1
        return read(run, *options, **more)

    def taking(digest: SourceDigest, batch: pa.RecordBatch) -> None:
        counted["digest"] += 1
        update(digest, batch)

    monkeypatch.setattr(formats, "read", counting)
    monkeypatch.setattr(SourceDigest, "update", taking)
    return counted


@pytest.mark.parametrize(
    ("files", "digests"),
    [
        (SOURCES[IMDB], 0),
        ({**SOURCES[IMDB], "README.md": IMDB_CARD + b"Other words."}, 3),
        ({name: each for name, each in SOURCES[IMDB].items() if name != "README.md"}, 3),
        (imdb(), 2),
    ],
    ids=["the very files", "another card", "no card", "other files"],
)
def test_a_mirror_is_read_once_and_proven_as_it_is_rendered(
    tmp_path: Path,
    lock: dict[str, Any],
    readings: Counter[str],
    files: dict[str, bytes],
    digests: int,
) -> None:
    """The very files, under the very card, need no digest: the same rows come of the same bytes."""
    folder, out = write_folder(tmp_path / "mirror", files), tmp_path / "out"
    asked = request("imdb", folder, out, lock)
    (source,) = make(asked).manifest.configs["imdb"].sources
    assert (source.locked, source.drift) == (True, ())
    assert source.read_from.startswith(f"{IMDB}@mirror-") is (files == imdb())
    once = {name: 1 for name in files if name.endswith(".parquet")}
    assert readings == {**once, "digest": digests} if digests else once
    assert not make(asked).changed
    assert {name: readings[name] for name in once} == once, "what is there is known"


def contents(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_other_rows_leave_the_build_that_is_there_as_it_was(
    tmp_path: Path, lock: dict[str, Any]
) -> None:
    out = tmp_path / "out"
    good = request("imdb", write_folder(tmp_path / "good", dealt(7)), out, lock)
    make(good)
    before = contents(out)
    *_, files = OTHER["a label"]
    with pytest.raises(LockError, match="got others: train: the lock has 25 rows"):
        make(request("imdb", write_folder(tmp_path / "mirror", files), out, lock))
    assert contents(out) == before
    assert not make(good).changed


def test_what_was_read_before_a_stop_is_proven_without_being_read_again(
    tmp_path: Path, lock: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request("imdb", write_folder(tmp_path / "mirror", dealt(7)), tmp_path / "out", lock)
    with monkeypatch.context() as patched:
        patched.setattr("mixbuild.make.run.as_read", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make(asked)
    made = make(asked)
    assert (made.rendered, made.kept) == (0, 4)
    assert made.manifest.configs["imdb"].sources[0].locked is True


def test_the_very_files_with_other_rows_are_labelled_as_the_mirror(
    tmp_path: Path, lock: dict[str, Any]
) -> None:
    """Only once they are read is that known: they are made again, and nothing after that."""
    folder = write_folder(tmp_path / "mirror", SOURCES[DOLLY])
    split = {**lock["dolly"]["splits"]["train"], "content_digest": "0" * 32}
    other = {"dolly": {**lock["dolly"], "splits": {"train": split}}}
    asked = request("dolly", folder, tmp_path / "out", other, allow_drift=True)
    (source,) = make(asked).manifest.configs["dolly"].sources
    assert source.read_from.startswith(f"{DOLLY}@mirror-")
    assert (source.locked, len(source.drift)) == (False, 1)
    rows = read_shards(tmp_path / "out", "dolly", "train")
    assert set(rows["source"].to_pylist()) == {source.read_from}
    assert not make(asked).changed
    # by a lock that has these rows they are the source's, whatever an earlier one said of them
    (source,) = make(replace(asked, lock=as_lock(lock))).manifest.configs["dolly"].sources
    assert (source.locked, source.drift) == (True, ())
    assert source.read_from == f"{DOLLY}@{lock['dolly']['commit']}"


def test_the_very_files_that_are_read_otherwise_are_proven_anew(
    tmp_path: Path, lock: dict[str, Any]
) -> None:
    """A card of a mirror's own may leave lines out, and nothing of the files tells that."""
    files = {f"{split}.csv": as_csv(rows) for split, rows in IMDB_ROWS.items()}
    folder = write_folder(tmp_path / "mirror", files)
    known = {name: {"size": len(each), "hash": git_blob_hash(each)} for name, each in files.items()}
    asked = request("imdb", folder, tmp_path / "out", {"imdb": {**lock["imdb"], "files": known}})
    (source,) = make(asked).manifest.configs["imdb"].sources
    assert source.read_from == f"{IMDB}@{lock['imdb']['commit']}"
    paths = [{"split": split, "path": f"{split}.csv"} for split in IMDB_ROWS]
    config = {"config_name": "default", "data_files": paths, "skiprows": [2]}
    write_folder(folder, {"README.md": f"---\nconfigs: {json.dumps([config])}\n---\n".encode()})
    with pytest.raises(LockError, match=r"train: the lock has 25 rows .*, the mirror 24 "):
        make(asked)


@pytest.mark.parametrize("told", [("pos", "neg"), ()], ids=["told", "untold"])
def test_classes_that_the_lock_has_in_another_order_are_other_rows(
    tmp_path: Path, lock: dict[str, Any], told: tuple[str, ...]
) -> None:
    """The codes are the same, and what they stand for is not; without names, the task's count."""
    ours = told[::-1] or ("pos", "neg")
    entry = {"imdb": {**lock["imdb"], "classes": {"label": list(ours)}}}
    folder = write_folder(tmp_path / "mirror", imdb())
    if told:
        listed = "".join(f"        '{at}': {name}\n" for at, name in enumerate(told))
        front = (
            "dataset_info:\n- config_name: plain_text\n  features:\n  - name: label\n    dtype:\n"
            f"      class_label:\n       names:\n{listed}---\n"
        )
        about = IMDB_CARD.decode().removesuffix("---\n") + front
        for old, new in (("plain_text/train-*", "train.*"), ("plain_text/test-*", "test.*")):
            about = about.replace(old, new)
        (folder / "README.md").write_text(about)
    names = ", ".join(told or ("neg", "pos"))
    assert (
        f"got others: label: the lock has the classes {', '.join(ours)}, the mirror {names}; "
        "take another mirror"
    ) in refusal("imdb", folder, entry)


def test_drift_that_is_allowed_is_shown_and_recorded_and_on_the_card(
    run: Run, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, files = OTHER["a row more"]
    folder = write_folder(tmp_path / "mirror", files)
    make = (
        "make",
        "imdb",
        "--source",
        f"imdb={folder}",
        "--lock",
        locked,
        "--out",
        tmp_path / "out",
    )
    refused = run.error(*make)
    assert "say --allow-drift" in refused
    told = run.ok(*make, "--allow-drift")
    entry = read_manifest(tmp_path / "out")["imdb"]
    (line,) = entry["made_of"]["source"]["drift"]
    assert line in refused
    assert entry["made_of"]["source"]["locked"] is False
    assert entry["splits"]["train"]["rows_read"] == 26
    assert f"\nimdb: not as locked: {line}\n" in told
    assert "not locked:" not in told
    assert run.error(*make) == refused, "once is not always"
    monkeypatch.setattr(plots, "rows_plot", lambda data: b"a PNG")
    monkeypatch.setattr(plots, "lengths_plot", lambda data: b"another PNG")
    *_, written = write_local_card(tmp_path / "out", repo="org/mix")
    limits = written.read_text("utf-8").partition("## Known limits")[2].partition("\n## ")[0]
    assert f"- **`imdb`** was made of a mirror that is not its source: `{line}`.\n" in limits
    monkeypatch.undo()


# the digest itself


def digest(*batches: pa.RecordBatch) -> str:
    made = SourceDigest()
    for batch in batches:
        made.update(batch)
    return made.hexdigest()


def column(values: Sequence[Any], kind: pa.DataType) -> pa.RecordBatch:
    return pa.record_batch({"x": pa.array(values, kind)})


Streams = dict[str, list[bytes]]
FACTORS = (0x9E3779B97F4A7C15, 0x94D049BB133111EB)


def independent(values: Sequence[Any], kind: pa.DataType) -> str:
    """The digest again, of plain values."""
    streams: Streams = {}
    if values:
        _add(streams, "x", values, kind)
    lines = [f"{name} {_summed(streams[name])}\n" for name in sorted(streams)]
    return xxhash.xxh3_128_hexdigest("".join(lines).encode())


def _summed(values: Sequence[bytes]) -> str:
    sums = [0, 0]
    for value in values:
        both = xxhash.xxh3_128_hexdigest(value)
        halves = int(both[:16], 16), int(both[16:], 16)
        sums = [
            (each * factor + half) % 2**64
            for each, factor, half in zip(sums, FACTORS, halves, strict=True)
        ]
    return f"{len(values)} {sums[0]:016x}{sums[1]:016x}"


def _add(streams: Streams, name: str, values: Sequence[Any], kind: pa.DataType) -> None:
    if pa.types.is_struct(kind):
        _add_texts(streams, name, [str(value is not None).lower() for value in values])
        for each in kind:
            within = [None if value is None else value[each.name] for value in values]
            _add(streams, f"{name}.{each.name}", within, each.type)
    elif pa.types.is_list(kind):
        counts = [None if value is None else str(len(value)) for value in values]
        _add_texts(streams, f"{name}[]", counts)
        items = [item for value in values for item in value or ()]
        _add(streams, f"{name}[].items", items, kind.value_type)
    else:
        texts = [str(value).lower() if isinstance(value, bool) else value for value in values]
        _add_texts(streams, name, [None if text is None else str(text) for text in texts])


def _add_texts(streams: Streams, name: str, texts: Sequence[str | None]) -> None:
    streams[name] = [b"" if text is None else b"=" + text.encode() for text in texts]


LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.string(), st.sampled_from(["", "=", "a", "null", "\0", "é"]) | st.text(max_size=5)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.int8(), st.integers(-128, 127)),
    (pa.bool_(), st.booleans()),
]  # fmt: skip


@st.composite
def kinds(draw: st.DrawFn, depth: int = 2) -> tuple[pa.DataType, st.SearchStrategy[Any]]:
    """A type, nested or not, and its values, null among them."""
    shape = draw(st.sampled_from(["leaf", "list", "struct"])) if depth else "leaf"
    if shape == "leaf":
        kind, values = draw(st.sampled_from(LEAVES))
    elif shape == "list":
        inner, items = draw(kinds(depth - 1))
        kind, values = pa.list_(inner), st.lists(items, max_size=3)
    else:
        fields = {name: draw(kinds(depth - 1)) for name in draw(st.sampled_from(["a", "ab"]))}
        kind = pa.struct({name: inner for name, (inner, _) in fields.items()})
        values = st.fixed_dictionaries({name: inside for name, (_, inside) in fields.items()})
    return kind, st.none() | values


@st.composite
def columns(draw: st.DrawFn) -> tuple[pa.DataType, list[Any]]:
    kind, values = draw(kinds())
    return kind, draw(st.lists(values, max_size=8))


LISTED = (pa.list_(pa.struct({"a": pa.string()})), [[{"a": "x"}, None], None, [], [{"a": None}]])


@given(columns())
@example(LISTED)
@example((pa.struct({"a": pa.list_(pa.string())}), [{"a": [""]}, None, {"a": None}, {"a": []}]))
def test_an_independent_implementation_agrees(found: tuple[pa.DataType, list[Any]]) -> None:
    kind, values = found
    assert digest(column(values, kind)) == independent(values, kind)


@given(columns(), st.lists(st.integers(0, 8), max_size=5))
@example(LISTED, [0, 1, 1, 2, 3])
@example((pa.string(), []), [0, 0])
def test_any_cut_gives_the_same_digest(
    found: tuple[pa.DataType, list[Any]], cuts: list[int]
) -> None:
    kind, values = found
    whole = column(values, kind)
    edges = [0, *sorted(min(cut, len(values)) for cut in cuts), len(values)]
    pairs = list(pairwise(edges))
    # slices keep the buffers of the whole and have an offset; copies have neither
    assert digest(*(whole.slice(start, stop - start) for start, stop in pairs)) == digest(whole)
    assert digest(*(column(values[start:stop], kind) for start, stop in pairs)) == digest(whole)


@given(kinds(), st.data())
def test_the_digest_tells_any_two_columns_apart(
    found: tuple[pa.DataType, st.SearchStrategy[Any]], data: st.DataObject
) -> None:
    kind, values = found
    rows = st.lists(values, max_size=6)
    one, other = data.draw(rows), data.draw(rows)
    assume(one != other)
    assert digest(column(one, kind)) != digest(column(other, kind))


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ([None], [""], pa.string()),
        (["="], [""], pa.string()),
        (["a", "b"], ["b", "a"], pa.string()),
        (["ab", ""], ["a", "b"], pa.string()),
        ([[]], [None], pa.list_(pa.string())),
        ([[None]], [[""]], pa.list_(pa.string())),
        ([["a"], ["b"]], [["a", "b"], []], pa.list_(pa.string())),
        ([["a", "b"]], [["b", "a"]], pa.list_(pa.string())),
        ([None], [{"a": None}], pa.struct({"a": pa.string()})),
        ([True], [None], pa.bool_()),
        ([0], [None], pa.int64()),
    ],
    ids=str,
)
def test_near_values_are_other_values(one: list[Any], other: list[Any], kind: pa.DataType) -> None:
    assert digest(column(one, kind)) != digest(column(other, kind))


SPELLINGS: dict[str, tuple[list[Any], list[pa.DataType]]] = {
    "integers": ([1, None, -1], [pa.int64(), pa.int32(), pa.int8()]),
    "texts": (
        ["a", None, ""],
        [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string()), pa.string_view()],
    ),
    "lists": (
        [["a", ""], ["b", None], ["c", "d"]],
        [
            pa.list_(pa.string()),
            pa.large_list(pa.large_string()),
            pa.list_(pa.string(), 2),
            pa.list_(pa.field("element", pa.string())),
        ],
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_same_values_have_the_same_digest_in_another_type(spelling: str) -> None:
    values, types = SPELLINGS[spelling]
    assert len({digest(column(values, kind)) for kind in types}) == 1


def test_the_order_of_the_columns_counts_for_nothing_and_their_names_do() -> None:
    def table(**columns: list[str]) -> str:
        return digest(pa.record_batch(columns))

    assert table(a=["1"], b=["2"]) == table(b=["2"], a=["1"])
    assert len({table(a=["1"], b=["2"]), table(a=["2"], b=["1"]), table(a=["1"], c=["2"])}) == 3


def test_the_digest_of_a_source_is_pinned() -> None:
    """Locks hold it: another digest of the same rows would refuse every mirror."""
    rows = pa.RecordBatch.from_pylist(
        [
            {"text": "naïve", "label": 1, "answers": {"text": ["a", ""], "at": [0, 1]}},
            {"text": None, "label": None, "answers": None},
            {"text": "", "label": -1, "answers": {"text": [], "at": None}},
        ],
        schema=pa.schema(
            [
                ("text", pa.string()),
                ("label", pa.int64()),
                ("answers", pa.struct({"text": pa.list_(pa.string()), "at": pa.list_(pa.int32())})),
            ]
        ),
    )
    assert digest(rows) == "3b962c853f13dbd3c44f90bd3b6afcbf"
    assert digest() == digest(rows.slice(0, 0)) == "99aa06d3014798d86001c324468d497f"
