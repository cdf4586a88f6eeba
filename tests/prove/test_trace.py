"""trace: from the id of any row to its source record, its template and the code that made it."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import imdb_rows, read_shards
from hub_server import LoopbackHub
from mixbuild.cli import main as cli
from mixbuild.core import Rows
from mixbuild.core.errors import ManifestError, SourceError, UsageError
from mixbuild.declare.slots import Path as ColumnPath
from mixbuild.declare.task import Task
from mixbuild.make.manifest import expect, versions
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.prove.trace import ID, Traced, trace
from mixbuild.publish import read_shards as shards_of
from mixbuild.sources.location import Run as SourceRun
from mixbuild.sources.read import read
from mixbuild.sources.resolve import Resolved, resolve
from mixbuild.tasks import ALL, find
from prove.proving import (
    DOLLY,
    IMDB,
    REPO,
    SOURCES,
    SQUAD,
    TRAIN,
    Run,
    parquet,
    read_manifest,
    samples,
    write_folder,
)

pytest_plugins = ["prove.proving"]

Record = dict[str, Any]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source is found and read once, and not for each of its rows."""

    @functools.cache
    def resolve_once(task: Task, source: str, splits: tuple[str, ...]) -> Resolved:
        return resolve(task, source, splits=splits)

    batches: dict[str, list[tuple[Rows, pa.RecordBatch]]] = {}

    def remember(
        run: SourceRun, columns: Iterable[ColumnPath], *, schema: pa.Schema
    ) -> list[tuple[Rows, pa.RecordBatch]]:
        if repr(run) not in batches:
            batches[repr(run)] = list(read(run, columns, schema=schema))
        return batches[repr(run)]

    monkeypatch.setattr(
        sys.modules[trace.__module__],
        "resolve",
        lambda task, source, *, splits: resolve_once(task, source, tuple(splits)),
    )
    monkeypatch.setattr(sys.modules[trace.__module__], "read", remember)


def rows_of(out: Path, task: str) -> Iterator[tuple[str, Record]]:
    """Every row of a build's task, with its split."""
    for split in read_manifest(out)[task]["splits"]:
        for row in read_shards(out, task, split).to_pylist():
            yield split, row


@pytest.mark.parametrize("templates", ["all", "sample"])
@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_every_sample_of_every_task_is_traced(
    tmp_path: Path, quick: None, task: Task, templates: str
) -> None:
    """With ``all``, each source row by one of its templates, and each template in its turn."""
    make(Request([task], tmp_path, {task.name: "samples"}, templates=templates, seed=4))
    records = {split: samples(task.name, theirs) for split, theirs in task.splits.items()}
    names = [template.name for template in task.templates]
    traced_rows, used = 0, set()
    for split, row in rows_of(tmp_path, task.name):
        parts = ID.fullmatch(row["id"])
        assert parts is not None
        number = int(parts["row"])
        assert parts["template"] == (row["template"] if templates == "all" else None)
        in_turn = templates == "sample" or names[number % len(names)] == row["template"]
        if not in_turn and row["template"] in used:
            continue
        traced = trace(row["id"], str(tmp_path))
        assert traced.task is task
        assert traced.row == row
        record = records[split][number]
        assert traced.raw == {name: record.get(name) for name in traced.raw}
        assert traced.raw.keys() >= record.keys()
        assert traced.template == task.template(row["template"]).text
        assert traced.versions == versions()
        assert traced.again, row["id"]
        traced_rows += 1
        used.add(row["template"])
    assert traced_rows > 3
    if templates == "all":
        assert used == set(names)


def example(published: Path, task: str, split: str, number: int) -> Record:
    entry = expect(published).configs[task].splits[split]
    rows: list[Record] = pa.Table.from_batches(shards_of(published, entry)).to_pylist()
    return rows[number]


@pytest.mark.parametrize(
    ("task", "split", "number"),
    [("imdb", "train", 0), ("imdb", "train", 150), ("imdb", "test", -1), ("squad", "validation", 9),
     ("dolly", "train", -1)],
)  # fmt: skip
@pytest.mark.parametrize("place", ["folder", "hub"])
def test_a_row_of_the_hub_is_traced_from_a_folder_and_from_there(
    hub: LoopbackHub, run: Run, published: Path, task: str, split: str, number: int, place: str
) -> None:
    row = example(published, task, split, number)
    if number == 0:  # where the source is by then counts for nothing
        hub.upload(IMDB, {TRAIN: None})
    told = json.loads(
        run.ok("trace", row["id"], "--json", "--from", published if place == "folder" else REPO)
    )
    parts = ID.fullmatch(row["id"])
    assert parts is not None
    repo = {"imdb": IMDB, "squad": SQUAD, "dolly": DOLLY}[task]
    content = SOURCES[repo][parts["file"]]
    if parts["file"].endswith(".parquet"):
        raw = pq.read_table(io.BytesIO(content)).slice(int(parts["row"]), 1).to_pylist()[0]
    else:
        raw = json.loads(content.split(b"\n")[int(parts["row"])])
    assert told == {
        "row": row,
        "raw": raw,
        "template": find(task).template(row["template"]).text,
        "versions": read_manifest(published)[task]["versions"],
        "again": True,
    }


def test_a_person_sees_the_record_the_template_the_row_and_the_code(
    run: Run, published: Path
) -> None:
    row = example(published, "imdb", "test", 3)
    told = run.ok("trace", row["id"], "--from", published)
    template = find("imdb").template(row["template"])
    assert told.startswith(f'a row of {IMDB}\n{{\n  "text": "Review number ')
    assert f"\n\ntemplate {row['template']}\n{template.text}\n\n{row['id']}  " in told
    assert f"{row['prompt']}{row['completion']}\n\nmade by instruct_mix " in told
    assert f"code {versions()['code']}, " in told
    assert told.endswith("\nrendered again now: the same row\n")


@pytest.mark.parametrize(
    ("row_id", "message"),
    [
        (
            "imdb",
            "expected an id like 'squad/train/train.parquet:0' or one with '#template', got 'imdb'",
        ),
        ("imdb/train/x:y", "expected an id like "),
        ("imdb/train/:0", "expected an id like "),
        ("imdb/train/x:0#", "expected an id like "),
        ("imdb/train/x:0#Seed", "expected an id like "),
        ("", "expected an id like "),
        ("imbd/train/x:0", "{out}: unknown config 'imbd'; did you mean 'imdb'? Known: imdb"),
        (
            "imdb/trainn/x:0",
            "{out}: unknown split 'trainn'; did you mean 'train'? Known: train, test",
        ),
        (
            "imdb/train/train.jsonl:99",
            "{out}: has no row 'imdb/train/train.jsonl:99'; it may have been left out, or rendered "
            "by another template",
        ),
        ("imdb/train/train.jsonl:0#seed", "{out}: has no row 'imdb/train/train.jsonl:0#seed'; "),
        ("imdb/train/\x1b[31m:0", "{out}: has no row 'imdb/train/\\x1b[31m:0'; "),
    ],
)
def test_an_id_that_is_none_is_wrong_usage(
    of_samples: Path, capsys: pytest.CaptureFixture[str], row_id: str, message: str
) -> None:
    assert cli.run(["trace", row_id, "--from", str(of_samples)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {message.format(out=of_samples)}")
    assert captured.err.count("\n") == 1
    assert "\x1b[31m" not in captured.err


@pytest.fixture(scope="module")
def of_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("of-samples")
    make(Request([find("imdb")], out, {"imdb": "samples"}))
    return out


def test_a_row_that_was_left_out_is_said_to_be_none(of_samples: Path) -> None:
    there = {row["id"] for _, row in rows_of(of_samples, "imdb")}
    left_out = [
        f"imdb/train/train.jsonl:{number}"
        for number, record in enumerate(samples("imdb", "train"))
        if record["label"] < 0 or record["text"] is None
    ]
    assert left_out
    for row_id in left_out:
        assert row_id not in there
        with pytest.raises(UsageError, match="it may have been left out"):
            trace(row_id, str(of_samples))


def test_a_place_without_a_build_is_one_line(run: Run, tmp_path: Path) -> None:
    row_id = "imdb/train/train.jsonl:0"
    assert run.error("trace", row_id, "--from", tmp_path).startswith(
        f"{tmp_path}/manifest.json: not there"
    )
    assert "expected manifest.json, got none" in run.error("trace", row_id, "--from", IMDB)
    done = run("trace", row_id, "--from", "nowhere")
    assert (done.status, done.err) == (
        2,
        "error: nowhere: there is no such folder; for a repo on the Hub, say org/name\n",
    )


def test_a_source_that_is_gone_is_one_line(hub: LoopbackHub, run: Run, published: Path) -> None:
    row = example(published, "dolly", "train", 0)
    hub.delete_repo(DOLLY)
    assert run.error("trace", row["id"], "--from", published).startswith(
        f"{row['source']}: the Hub has no such dataset"
    )
    hub.upload(DOLLY, SOURCES[DOLLY], message="anew")
    assert run.error("trace", row["id"], "--from", published) == (
        f"{row['source']}: the dataset has no such revision; check the branch, tag or commit"
    )


def test_a_source_that_is_gone_may_be_read_from_a_mirror(
    hub: LoopbackHub, run: Run, published: Path, tmp_path: Path
) -> None:
    row = example(published, "dolly", "train", 0)
    hub.delete_repo(DOLLY)
    folder = write_folder(tmp_path / "mirror", SOURCES[DOLLY])
    source = ("--source", f"dolly={folder}")
    told = json.loads(run.ok("trace", row["id"], "--json", "--from", published, *source))
    assert told["again"] is True
    content = (folder / "databricks-dolly-15k.jsonl").read_bytes()
    (folder / "databricks-dolly-15k.jsonl").write_bytes(content.replace(b"a", b"b"))
    shown = run.ok("trace", row["id"], "--from", published, *source)
    assert shown.endswith(
        "\nrendered again now: another row: the task, the code or the mirror has changed\n"
    )


def test_a_row_of_another_repo_is_traced_to_it(hub: LoopbackHub, run: Run, tmp_path: Path) -> None:
    commit = hub.upload("mirror/imdb", SOURCES[IMDB])
    out = tmp_path / "out"
    run.ok("make", "imdb", "--split", "test", "--source", "imdb=mirror/imdb", "--out", out)
    hub.upload("mirror/imdb", {"README.md": b"Nothing is here any more."})
    row = example(out, "imdb", "test", 8)
    assert row["source"] == f"mirror/imdb@{commit}"
    told = json.loads(run.ok("trace", row["id"], "--json", "--from", out))
    assert (told["raw"], told["again"]) == (imdb_rows(1, start=48)[0], True)


@pytest.fixture
def mirrored(tmp_path: Path) -> tuple[Path, Path]:
    """A folder, and a build of it."""
    folder = write_folder(tmp_path / "mirror", {"train.parquet": parquet(imdb_rows(25))})
    out = tmp_path / "out"
    make(Request([find("imdb")], out, {"imdb": str(folder)}, splits=["train"]))
    return folder, out


def test_a_row_of_a_mirror_asks_for_it(mirrored: tuple[Path, Path]) -> None:
    folder, out = mirrored
    row = example(out, "imdb", "train", 17)
    with pytest.raises(SourceError) as caught:  # and no Hub was asked: there is none
        trace(row["id"], str(out))
    assert str(caught.value) == (
        f"{row['id']!r}: was made of a mirror, {row['source']}; say where it is with "
        f"--source imdb=PLACE"
    )
    traced = trace(row["id"], str(out), source=str(folder))
    assert (traced.raw, traced.again) == (imdb_rows(25)[17], True)


def test_another_mirror_is_another_row_or_none(mirrored: tuple[Path, Path], tmp_path: Path) -> None:
    _, out = mirrored
    row = example(out, "imdb", "train", 17)

    def look(name: str, content: bytes) -> Traced:
        folder = write_folder(tmp_path / f"other-{len(content)}", {name: content})
        return trace(row["id"], str(out), source=str(folder))

    other = look("train.parquet", parquet(imdb_rows(25, start=3)))
    assert (other.raw, other.again) == (imdb_rows(1, start=20)[0], False)
    for name, rows in (("train.parquet", imdb_rows(17)), ("train-0.parquet", imdb_rows(26))):
        with pytest.raises(SourceError, match=r"train\.parquet: has no row 17; is it the same"):
            look(name, parquet(rows))
    schema = pa.schema([("review", pa.string())])
    lacking = look("train.parquet", parquet([{"review": "Good."}] * 18, schema))
    assert (lacking.raw, lacking.again) == ({"review": "Good."}, False)


def test_samples_that_have_changed_are_one_line(
    of_samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = example(of_samples, "imdb", "train", 0)

    def newer(task: Task, source: str, *, splits: list[str]) -> Resolved:
        found = resolve(task, source, splits=splits)
        return dataclasses.replace(found, label="samples/imdb@newer")

    monkeypatch.setattr(sys.modules[trace.__module__], "resolve", newer)
    with pytest.raises(SourceError) as caught:
        trace(row["id"], str(of_samples))
    assert str(caught.value) == (
        f"{row['id']!r}: expected its source {row['source']}, got samples/imdb@newer; say where "
        f"it is with --source imdb=PLACE"
    )


def test_a_template_that_is_no_more_is_told_as_it_was(tmp_path: Path) -> None:
    task = find("imdb")
    make(Request([task], tmp_path, {"imdb": "samples"}, "terse"))
    row = example(tmp_path, "imdb", "train", 0)
    others = tuple(each for each in task.templates if each.name != "terse")
    changed = dataclasses.replace(task, templates=others)
    traced = trace(row["id"], str(tmp_path), tasks=[changed])
    assert traced.template == task.template("terse").text
    assert traced.raw == samples("imdb", "train")[0]
    assert traced.again is False


def test_a_task_that_reads_other_columns_now_is_told_all_the_same(
    of_samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = example(of_samples, "imdb", "train", 0)
    monkeypatch.setattr(
        sys.modules[trace.__module__],
        "resolve",
        lambda task, *args, **named: resolve(find("imdb"), *args, **named),
    )
    monkeypatch.setattr(sys.modules[trace.__module__], "SAMPLES", "of no repo")
    other = dataclasses.replace(find("squad"), name="imdb")
    traced = trace(row["id"], str(of_samples), source="samples", tasks=[other])
    assert traced.raw == samples("imdb", "train")[0]
    assert traced.again is False


@pytest.mark.parametrize("missing", ["made_of", "versions"])
def test_a_manifest_that_says_too_little_is_one_line(
    of_samples: Path, tmp_path: Path, missing: str
) -> None:
    manifest = json.loads((of_samples / "manifest.json").read_text("utf-8"))
    del manifest["configs"]["imdb"][missing]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (tmp_path / "imdb").symlink_to(of_samples / "imdb")
    with pytest.raises(ManifestError) as caught:
        trace("imdb/train/train.jsonl:0", str(tmp_path))
    assert str(caught.value) == (
        f"{tmp_path}/manifest.json: configs.imdb: expected the field {missing}, got none; "
        f"delete it and run make again"
    )


NAMES = [
    "train:1.parquet",
    "train#seed.parquet",
    "train:1#seed.parquet",
    "train:0#seed:1.parquet",
    "a:b/c#d/train.parquet",
    "train \x1b[31m\x07.parquet",
    "train\x85\u2028\u202e.parquet",
    "train 100%.parquet",
]


@pytest.mark.parametrize(
    ("name", "templates"), [*((name, "seed") for name in NAMES), (NAMES[3], "all")]
)
def test_a_file_of_any_name_is_found_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, templates: str
) -> None:
    folder = write_folder(tmp_path / "mirror", {name: parquet(imdb_rows(2))})
    out = tmp_path / "out"
    request = Request([find("imdb")], out, {"imdb": str(folder)}, templates, splits=["train"])
    make(request)
    for _, row in rows_of(out, "imdb"):
        assert f"imdb/train/{name}:" in row["id"]
        traced = trace(row["id"], str(out), source=str(folder))
        number = int(row["id"].removeprefix(f"imdb/train/{name}:").partition("#")[0])
        assert (traced.raw, traced.again) == (imdb_rows(2)[number], True)
        assert traced.row == row
    shorter = write_folder(tmp_path / "shorter", {name: parquet([])})
    for place, status in ((None, 1), (shorter, 1), (folder, 0)):
        source = [] if place is None else ["--source", f"imdb={place}"]
        assert cli.run(["trace", row["id"], "--from", str(out), *source]) == status
        captured = capsys.readouterr()
        assert not set("\x1b\x07\x85\u2028\u202e") & set(captured.out + captured.err)
        assert captured.err.count("\n") == status


def test_an_id_may_hold_a_line_break() -> None:
    """No source that datasets reads has such a file; a reader of its own may."""
    parts = ID.fullmatch("imdb/train/a\nb\r:1#x:7#seed#2")
    assert parts is not None
    assert parts.groups() == ("imdb", "train", "a\nb\r:1#x", "7", "seed", "2")


def test_one_file_of_several_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    for index in range(3):
        content = parquet(imdb_rows(15, start=15 * index))
        write_folder(folder, {f"train-{index}.parquet": content})
    out = tmp_path / "out"
    make(Request([find("imdb")], out, {"imdb": str(folder)}, splits=["train"]))
    for number in (0, 14, 15, 44):
        row = example(out, "imdb", "train", number)
        assert row["id"] == f"imdb/train/train-{number // 15}.parquet:{number % 15}"
        assert trace(row["id"], str(out), source=str(folder)).raw == imdb_rows(45)[number]


def test_runs_of_one_file_are_told_apart(tmp_path: Path, many_units: Callable[..., None]) -> None:
    folder = write_folder(tmp_path / "mirror", {"train.parquet": parquet(imdb_rows(45))})
    out = tmp_path / "out"
    make(Request([find("imdb")], out, {"imdb": str(folder)}, splits=["train"]))
    assert len(read_manifest(out)["imdb"]["splits"]["train"]["shards"]) == 5
    for number in (0, 9, 10, 29, 44):
        traced = trace(f"imdb/train/train.parquet:{number}", str(out), source=str(folder))
        assert traced.raw == imdb_rows(45)[number]


def test_a_mirror_of_another_task_is_not_taken_for_this_ones(run: Run) -> None:
    done = run("trace", "squad/train/train.jsonl:0", "--from", REPO, "--source", "imdb=/nowhere")
    assert (done.status, done.err) == (
        2,
        "error: --source imdb=/nowhere: imdb is not among the tasks asked for\n",
    )
