"""sources: mirrors of any format, the Hub over HTTP, and what is wrong with either, in one line."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from conftest import IMDB_SCHEMA, ROOT, Build, imdb_rows, read_shards, write_parquet
from hub_server import LoopbackHub
from make.test_run import files, request
from mixbuild.core.errors import RowError, SchemaError, SourceError, UsageError
from mixbuild.make.run import make
from mixbuild.sources.formats.parquet import read as read_parquet
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS
from mixbuild.sources.read import count_rows, read
from mixbuild.sources.resolve import resolve
from mixbuild.tasks import ALL, find

CARD = """---
license: other
configs:
- config_name: plain_text
  default: true
  data_files:
  - {split: train, path: plain_text/train-*}
  - {split: test, path: plain_text/test-*}
---
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    """imdb on a loopback Hub: a card, three Parquet files, one of them of 2 MB."""
    folder = tmp_path / "hub/stanfordnlp/imdb"
    # texts that do not compress, in a column beside one that nobody asks for
    schema = IMDB_SCHEMA.append(pa.field("ballast", pa.binary()))
    rows = [
        {**row, "ballast": bytes([index % 251] * 10)} for index, row in enumerate(imdb_rows(600))
    ]
    wide = [{**row, "ballast": index.to_bytes(4, "big") * 1000} for index, row in enumerate(rows)]
    write_parquet(folder / "plain_text/train-00000-of-00002.parquet", rows[:300], schema)
    write_parquet(folder / "plain_text/train-00001-of-00002.parquet", rows[300:], schema)
    path = folder / "plain_text/test-00000-of-00001.parquet"
    table = pa.Table.from_pylist(wide, schema=schema)
    pq.write_table(table, path, row_group_size=100, compression="none", use_dictionary=False)
    (folder / "README.md").write_text(CARD)
    for name in ("gated/imdb", "mirror/imdb"):
        shutil.copytree(folder, tmp_path / "hub" / name)
    with LoopbackHub(tmp_path / "hub", gated=["gated/imdb"]) as served:
        yield served


def test_the_hub_is_streamed_and_gives_what_a_folder_gives(
    hub: LoopbackHub, build: Build, tmp_path: Path
) -> None:
    environment = hub.environment(tmp_path / "hf")
    done = build("make", "imdb", "--out", tmp_path / "out", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    make(request(tmp_path / "hub/stanfordnlp/imdb", tmp_path / "folder"))
    commit = hub.commit("stanfordnlp/imdb")
    for split in ("train", "test"):
        streamed = read_shards(tmp_path / "out", "imdb", split)
        local = read_shards(tmp_path / "folder", "imdb", split)
        assert set(streamed["source"].to_pylist()) == {f"stanfordnlp/imdb@{commit}"}
        assert streamed.drop_columns("source") == local.drop_columns("source")
    ballast = 600 * 4000
    fetched = [each for each in hub.log if "test-00000" in each.path and each.method == "GET"]
    assert {each.status for each in fetched} == {206, 302}, "never a whole file"
    assert sum(each.bytes_sent for each in fetched) < ballast / 4, "only the needed columns"


def test_worker_processes_stream_the_same(hub: LoopbackHub, build: Build, tmp_path: Path) -> None:
    environment = hub.environment(tmp_path / "hf")
    for out, options in (("one", []), ("two", ["--num-proc", "2"])):
        done = build("make", "imdb", "--out", tmp_path / out, *options, env=environment)
        assert (done.returncode, done.stderr) == (0, "")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_commit_that_moves_on_is_rendered_anew(
    hub: LoopbackHub, build: Build, tmp_path: Path
) -> None:
    environment = hub.environment(tmp_path / "hf")
    arguments = ["make", "imdb", "--out", str(tmp_path / "out")]
    old = hub.commit("stanfordnlp/imdb")
    assert "3 shards rendered, 0 kept" in build(*arguments, env=environment).stdout
    assert "nothing to do, all 3 shards" in build(*arguments, env=environment).stdout
    folder = tmp_path / "hub/stanfordnlp/imdb/plain_text"
    write_parquet(folder / "train-00001-of-00002.parquet", imdb_rows(5))
    assert hub.commit("stanfordnlp/imdb") != old
    assert "3 shards rendered, 0 kept" in build(*arguments, env=environment).stdout
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 305


def test_another_repo_is_a_mirror_and_says_so(
    hub: LoopbackHub, build: Build, tmp_path: Path
) -> None:
    commit = hub.commit("mirror/imdb")
    for source in ("mirror/imdb", f"mirror/imdb@{commit}"):
        done = build(
            "make", "imdb", "--source", f"imdb={source}", "--out", tmp_path / source[-4:],
            env=hub.environment(tmp_path / "hf"),
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        rows = read_shards(tmp_path / source[-4:], "imdb", "train")
        assert set(rows["source"].to_pylist()) == {f"mirror/imdb@{commit}"}


def test_errors_that_pass_are_waited_out(hub: LoopbackHub, build: Build, tmp_path: Path) -> None:
    hub.fail(r"GET /api/datasets/stanfordnlp/imdb", times=2, status=503)
    hub.fail(r"GET .*train-00000", times=1, status=500)
    hub.fail(r"GET .*/lfs/", times=1, cut_after=50)
    hub.fail(r"GET .*test-00000", times=1, status=429, headers={"Retry-After": "1"})
    done = build("make", "imdb", "--out", tmp_path / "out", env=hub.environment(tmp_path / "hf"))
    assert (done.returncode, done.stderr) == (0, "")
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 600
    assert {503, 500, 429} <= {each.status for each in hub.log}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "nobody/imdb",
            "nobody/imdb@main: the Hub has no such dataset, or none that this HF_TOKEN may see; "
            "check the name, or read a mirror with --source",
        ),
        (
            "gated/imdb",
            "gated/imdb@{commit}: the Hub says that this dataset is gated; accept its terms on "
            "its page, then set HF_TOKEN to a token of your account",
        ),
        (
            "mirror/imdb@nowhere",
            "mirror/imdb@nowhere: the dataset has no such revision; check the branch, tag or "
            "commit",
        ),
    ],
)
def test_what_the_hub_refuses_is_said_in_one_line(
    hub: LoopbackHub, build: Build, tmp_path: Path, source: str, message: str
) -> None:
    done = build(
        "make", "imdb", "--source", f"imdb={source}", "--out", tmp_path / "out",
        env=hub.environment(tmp_path / "hf"),
    )  # fmt: skip
    expected = message.format(commit=hub.commit("gated/imdb"))
    assert (done.returncode, done.stderr) == (1, f"error: {expected}\n")
    assert not (tmp_path / "out").exists()


def test_no_network_is_said_in_one_line(build: Build, tmp_path: Path) -> None:
    done = build(
        "make", "imdb", "--out", tmp_path / "out", env={"HF_ENDPOINT": "http://127.0.0.1:9"}
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: stanfordnlp/imdb@main: no answer from the Hub (")
    assert done.stderr.endswith(
        "); check the network and HF_ENDPOINT, or read a mirror with --source\n"
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_offline_mode_is_said_in_one_line(build: Build, tmp_path: Path) -> None:
    done = build("make", "imdb", "--out", tmp_path / "out", env={"HF_HUB_OFFLINE": "1"})
    assert (done.returncode, done.stderr) == (
        1,
        "error: stanfordnlp/imdb@main: HF_HUB_OFFLINE is set; unset it, or read a mirror "
        "with --source\n",
    )


def test_a_token_never_appears(hub: LoopbackHub, build: Build, tmp_path: Path) -> None:
    token = "hf_" + "secret" * 5
    environment = {**hub.environment(tmp_path / "hf"), "HF_TOKEN": token}
    for source in ("stanfordnlp/imdb", "gated/imdb", "nobody/imdb"):
        done = build(
            "make", "imdb", "--source", f"imdb={source}", "--out", tmp_path / "out",
            env=environment,
        )  # fmt: skip
        assert token not in done.stdout + done.stderr
    for path in (tmp_path / "out").rglob("*"):
        assert path.is_dir() or token.encode() not in path.read_bytes()


def _jsonl(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def _csv(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _arrow(path: Path, rows: list[dict[str, object]]) -> None:
    table = pa.Table.from_pylist(rows, schema=IMDB_SCHEMA)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize(("suffix", "write"), [("jsonl", _jsonl), ("csv", _csv), ("arrow", _arrow)])
def test_whatever_load_dataset_reads_gives_the_same_rows(
    tmp_path: Path, imdb_folder: Path, suffix: str, write: object
) -> None:
    folder = tmp_path / suffix
    folder.mkdir()
    assert callable(write)
    write(folder / f"train-00000-of-00002.{suffix}", imdb_rows(150))
    write(folder / f"train-00001-of-00002.{suffix}", imdb_rows(150, start=150))
    write(folder / f"test-00000-of-00001.{suffix}", imdb_rows(120, start=300))
    make(request(folder, tmp_path / "out"))
    make(request(imdb_folder, tmp_path / "expected"))
    for split, count in (("train", 300), ("test", 120)):
        found = read_shards(tmp_path / "out", "imdb", split)
        expected = read_shards(tmp_path / "expected", "imdb", split)
        columns = ["prompt", "completion", "references"]
        assert found.select(columns).to_pylist() == expected.select(columns).to_pylist()
        ids = [each.replace(".parquet:", f".{suffix}:") for each in expected["id"].to_pylist()]
        assert found["id"].to_pylist() == ids
        assert len(set(ids)) == count


def test_rows_are_counted_where_nothing_declares_how_many(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    _jsonl(folder / "train.jsonl", imdb_rows(BATCH_ROWS + 1_000))
    _jsonl(folder / "test.jsonl", imdb_rows(10))
    (run,) = resolve(find("imdb"), str(folder), splits=["train"]).runs["train"]
    assert run.rows is None
    assert count_rows(run) == BATCH_ROWS + 1_000


def test_a_file_that_must_be_cast_to_what_the_card_declares_is_cast(tmp_path: Path) -> None:
    folder = tmp_path / "declared"
    narrow = pa.schema([("text", pa.large_string()), ("label", pa.int8())])
    write_parquet(folder / "train.parquet", imdb_rows(10), narrow)
    features = "  - {name: text, dtype: string}\n  - {name: label, dtype: int64}\n"
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: x\n  data_files: train.parquet\n"
        f"dataset_info:\n- config_name: x\n  features:\n{features}---\n"
    )
    make(request(folder, tmp_path / "out", splits=["train"]))
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 10


def test_texts_of_any_kind_of_string_column_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    large = pa.schema([("text", pa.large_string()), ("label", pa.int8())])
    write_parquet(folder / "train.parquet", imdb_rows(10), large)
    make(request(folder, tmp_path / "out", splits=["train"]))
    assert (
        read_shards(tmp_path / "out", "imdb", "train")["completion"].to_pylist()
        == [
            " negative",
            " positive",
        ]
        * 5
    )


def test_a_batch_of_huge_rows_is_cut(tmp_path: Path) -> None:
    folder = tmp_path / "huge"
    rows = [{"text": chr(97 + index) * 3_000_000, "label": 1} for index in range(6)]
    write_parquet(folder / "train.parquet", rows)
    found = resolve(find("imdb"), str(folder), splits=["train"])
    (run,) = found.runs["train"]
    columns = [("text",), ("label",)]
    batches = [batch for _, batch in read(run, columns, schema=found.schema)]
    assert [batch.num_rows for batch in batches] == [1] * 6
    assert all(batch.slice().nbytes <= BATCH_BYTES for batch in batches)


@pytest.mark.parametrize("at", [0, 300, 1_999])
@pytest.mark.parametrize("group_rows", [100, 2_000])
def test_one_huge_row_among_small_ones_is_held_a_few_times(
    tmp_path: Path, at: int, group_rows: int
) -> None:
    huge = "".join(chr(97 + n * n % 26) for n in range(1_000)) * 12_000
    texts = [f"{n} " * 20 for n in range(2_000)]
    texts[at] = huge
    table = pa.table({"text": texts, "label": [0, 1] * 1_000})
    # the writer's own dictionary, which has to be held as well, and no compression to help
    pq.write_table(table, tmp_path / "train.parquet", group_rows, compression="none")
    found = resolve(find("imdb"), str(tmp_path), splits=["train"])
    (run,) = found.runs["train"]
    usual, pool = pa.default_memory_pool(), pa.proxy_memory_pool(pa.system_memory_pool())
    lengths = []
    pa.set_memory_pool(pool)
    try:
        for _, batch in read(run, [("text",), ("label",)], schema=found.schema):
            lengths += pc.binary_length(batch.column("text")).to_pylist()
            del batch
    finally:
        pa.set_memory_pool(usual)
    assert lengths == [len(text) for text in texts]
    assert pool.max_memory() < 4.2 * len(huge)


@pytest.mark.parametrize(
    ("light", "heavy", "heavy_bytes", "shape"),
    [
        (1_000, 9_000, 1_300, ["whole", "whole", "whole"]),  # the second weighs 1.1 times as much
        (5_000, 5_000, 2_000, ["whole", "half", "half", "whole"]),  # the second weighs 1.9 times
    ],
)
def test_a_batch_is_cut_into_equal_pieces_without_a_rest(
    tmp_path: Path, light: int, heavy: int, heavy_bytes: int, shape: list[str]
) -> None:
    # the file's mean tells how many rows a batch has, and the heavy ones lie together
    folder = tmp_path / "uneven"
    texts = [str(row) for row in range(light)]
    texts += [str(row).ljust(heavy_bytes, "x") for row in range(heavy)]
    write_parquet(folder / "train.parquet", [{"text": text, "label": 1} for text in texts])
    found = resolve(find("imdb"), str(folder), splits=["train"])
    (run,) = found.runs["train"]
    most = run.batch_rows
    columns = [("text",), ("label",)]
    sizes = [batch.num_rows for _, batch in read(run, columns, schema=found.schema)]
    expected = [most if part == "whole" else most // 2 for part in shape]
    assert sum(sizes) == light + heavy
    assert len(sizes) == len(expected)
    assert all(abs(size - whole) <= 1 for size, whole in zip(sizes[:-1], expected, strict=False))


def test_no_row_of_an_empty_file_is_no_error(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    write_parquet(folder / "train.parquet", [])
    write_parquet(folder / "test.parquet", imdb_rows(1))
    made = make(request(folder, tmp_path / "out"))
    assert made.manifest.configs["imdb"].splits["train"].rows == 0
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 0


def test_what_rows_share_is_weighed_for_each_of_them(tmp_path: Path) -> None:
    # in the file the text stands once, and the footer tells of no more
    texts = pa.array([text for text in ("a" * 10_000, "b" * 9_000) for _ in range(10_000)])
    path = tmp_path / "mirror/train.parquet"
    path.parent.mkdir()
    labels = pa.array([0, 1] * 10_000)
    pq.write_table(pa.table({"text": texts, "label": labels}), path, row_group_size=20_000)
    assert path.stat().st_size < 2**20
    (run,) = resolve(find("imdb"), str(path.parent), splits=["train"]).runs["train"]
    rows = 0
    for batch in read_parquet(run, pa.schema({"text": pa.string()}), where="here"):
        assert batch.nbytes < 2 * BATCH_BYTES
        rows += batch.num_rows
    assert rows == 20_000


def test_overlapped_reading_gives_the_same_batches(imdb_folder: Path) -> None:
    found = resolve(find("imdb"), str(imdb_folder))
    (first, _) = found.runs["train"]
    columns = [("label",), ("text",)]
    alone, beside = (
        list(read(first, columns, schema=found.schema, overlap=overlap))
        for overlap in (False, True)
    )
    assert [batch for _, batch in alone] == [batch for _, batch in beside]
    for each in (alone, beside):
        assert np.concatenate([numbers for numbers, _ in each]).tolist() == list(range(150))
        assert {numbers.dtype for numbers, _ in each} == {np.dtype(np.int64)}


def test_a_reader_that_stops_early_stops_the_thread(imdb_folder: Path) -> None:
    import threading

    found = resolve(find("imdb"), str(imdb_folder))
    (first, _) = found.runs["train"]
    batches = read(first, [("text",)], schema=found.schema, overlap=True)
    next(batches)
    assert [thread.name for thread in threading.enumerate()].count("ahead") <= 1
    batches.close()  # type: ignore[attr-defined]  # an iterator by its type, a generator in truth
    assert "ahead" not in [thread.name for thread in threading.enumerate()]


def texts_in(value: object) -> Iterator[str]:
    """Every text of a record's field, however deep."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    else:
        yield str(value)


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_samples_hold_twelve_rows_a_split_and_the_awkward_cases(task: object) -> None:
    resolved = resolve(find(task.name), "samples")  # type: ignore[attr-defined]  # parametrised
    for runs in resolved.runs.values():
        assert sum(count_rows(run) for run in runs) >= 12
    columns = [(name,) for name in resolved.schema.names]
    rows = [
        row
        for runs in resolved.runs.values()
        for run in runs
        for _, batch in read(run, columns, schema=resolved.schema)
        for row in batch.to_pylist()
    ]
    texts = [text for row in rows for value in row.values() for text in texts_in(value)]
    assert any("[OUTPUT]:" in text for text in texts)
    assert any("{" in text for text in texts)
    assert any(value is None for row in rows for value in row.values())
    assert any(text != text.strip() for text in texts)
    assert any(ord(character) > 0x370 for text in texts for character in text)


@pytest.mark.parametrize("task", ["squad", "imdb", "billsum"])
def test_the_founding_samples_have_what_breaks_lines(task: str) -> None:
    folder = ROOT / "build/mixbuild/tasks/samples" / task
    assert any("\x85" in json.dumps(line, ensure_ascii=False) for line in _records(folder))


def _records(folder: Path) -> list[object]:
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").split("\n")
        if line
    ]


def test_a_missing_column_is_named_before_anything_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    write_parquet(folder / "train.parquet", [{"review": "x"}], pa.schema([("review", pa.string())]))
    with pytest.raises(SchemaError) as caught:
        make(request(folder, tmp_path / "out", splits=["train"]))
    assert str(caught.value) == (
        "task 'imdb': the source has no column 'text', which {text} needs; it has review: string"
    )
    assert not (tmp_path / "out").exists()


def test_a_split_that_the_source_lacks_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "half"
    write_parquet(folder / "train.parquet", imdb_rows(3))
    with pytest.raises(SourceError) as caught:
        make(request(folder, tmp_path / "out"))
    assert str(caught.value) == (
        f"{folder}: unknown split 'test'. Known: train; choose others with --split, or declare "
        "the source's splits in the task"
    )
    with pytest.raises(
        UsageError, match="task 'imdb': unknown split 'trainn'; did you mean 'train'"
    ):
        make(request(folder, tmp_path / "out", splits=["trainn"]))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        make(request(tmp_path / "nowhere", tmp_path / "out"))
    assert str(caught.value) == (
        f"--source imdb={tmp_path}/nowhere: expected a folder that exists, or a repo like "
        "'org/name' or 'org/name@revision'"
    )


@pytest.mark.parametrize("damage", ["footer", "page"])
def test_a_damaged_file_is_named(imdb_folder: Path, tmp_path: Path, damage: str) -> None:
    path = imdb_folder / "train-00001-of-00002.parquet"
    content = bytearray(path.read_bytes())
    if damage == "footer":
        content = content[: len(content) // 2]
    else:
        content[4:200] = b"\xff" * 196
    path.write_bytes(bytes(content))
    with pytest.raises(SourceError) as caught:
        make(request(imdb_folder, tmp_path / "out"))
    assert str(caught.value).startswith(
        f"{imdb_folder}: train-00001-of-00002.parquet: cannot be read ("
    )
    assert str(caught.value).endswith("); the file may be damaged, fetch it again")
    assert not (tmp_path / "out/manifest.json").exists()
    assert not list((tmp_path / "out").glob("imdb/*"))


REAL = ROOT.parent / "shared/data/hub"


@pytest.mark.skipif(not REAL.is_dir(), reason="genuine rows lie beside the project, not in it")
@pytest.mark.parametrize("over_http", [False, True], ids=["folder", "hub"])
def test_genuine_rows_are_the_seed_template_filled_by_hand(
    build: Build, tmp_path: Path, over_http: bool
) -> None:
    arguments = ["make", "squad", "imdb", "billsum", "--out", str(tmp_path / "out")]
    if over_http:
        with LoopbackHub(REAL) as hub:
            done = build(*arguments, env=hub.environment(tmp_path / "hf"))
            fetched = [each for each in hub.log if each.path.endswith(".parquet")]
            assert all(each.range for each in fetched if each.status == 206)
            assert {each.status for each in fetched} == {206, 302}, "never a whole file"
    else:
        for task in (find("squad"), find("imdb"), find("billsum")):
            arguments += ["--source", f"{task.name}={REAL / task.source.repo}"]
        done = build(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    seeds = {
        "squad": lambda row: (
            f"Answer the following question based on the passage: {row['context']} \n"
            f"Question: {row['question']}\n[OUTPUT]: {row['answers']['text'][0]}"
        ),
        "imdb": lambda row: (
            f"Classify this sentence sentiment: {row['text']} \n"
            f"[OUTPUT]: {('negative', 'positive')[row['label']]}"
        ),
        "billsum": lambda row: (
            "Summarize the following passage: "
            + re.sub(" *\t{2,} *", " ", row["text"])  # a typesetter's margin
            + f" \n[OUTPUT]: {row['summary'].strip()}"
        ),
    }
    counts: dict[str, int] = {}
    for task in (find("squad"), find("imdb"), find("billsum")):
        for split in task.splits:
            found = read_shards(tmp_path / "out", task.name, split).to_pylist()
            paths = sorted((REAL / task.source.repo).rglob(f"{split}-*.parquet"))
            source = pa.concat_tables([pq.read_table(path) for path in paths]).to_pylist()
            counts[task.name] = counts.get(task.name, 0) + len(found)
            assert [row["prompt"] + row["completion"] for row in found] == [
                seeds[task.name](row) for row in source
            ]
            if task.name == "squad":
                assert [row["references"] for row in found] == [
                    list(dict.fromkeys(each.strip() for each in row["answers"]["text"]))
                    for row in source
                ]
    assert counts == {"squad": 10_570, "imdb": 50_000, "billsum": 10}


def test_a_folder_of_the_repos_name_is_not_read_in_the_hubs_place(
    hub: LoopbackHub, build: Build, tmp_path: Path
) -> None:
    (tmp_path / "here/stanfordnlp/imdb").mkdir(parents=True)
    write_parquet(tmp_path / "here/stanfordnlp/imdb/train.parquet", imdb_rows(3))
    environment = hub.environment(tmp_path / "hf")
    done = build("make", "imdb", "--out", tmp_path / "out", env=environment, cwd=tmp_path / "here")
    assert (done.returncode, done.stderr) == (0, "")
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 600


def test_how_the_card_says_to_read_a_file_counts(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "train.csv").write_text("text;label\na;0\nb;1\n")
    card = "---\nconfigs:\n- config_name: x\n  sep: ';'\n{}  data_files: train.csv\n---\n"
    (folder / "README.md").write_text(card.format(""))
    made = make(request(folder, tmp_path / "out", splits=["train"]))
    assert made.manifest.configs["imdb"].splits["train"].rows == 2
    (folder / "README.md").write_text(card.format("  skiprows: [1]\n"))
    made = make(request(folder, tmp_path / "out", splits=["train"]))
    assert made.manifest.configs["imdb"].splits["train"].rows == 1


def test_a_file_whose_columns_are_of_another_kind_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "csv"
    folder.mkdir()
    _csv(folder / "train.csv", imdb_rows(3))
    _csv(folder / "test.csv", [{"text": "x", "label": "neg"}])
    with pytest.raises(RowError) as caught:
        make(request(folder, tmp_path / "out"))
    assert re.sub("mirror-[0-9a-f]{32}", "mirror-…", str(caught.value)) == (
        "task 'imdb': row 0 of train.csv in stanfordnlp/imdb@mirror-…: expected a label, one of "
        "'neg', 'pos', in 'label', got '0'; write names in all rows or numbers in all, which in "
        "JSON have no quotation marks"
    )
    assert not (tmp_path / "out/manifest.json").exists()


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "twice"
    write_parquet(folder / "train.parquet", imdb_rows(3))
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: x\n  data_files:\n  - split: train\n"
        "    path: [train.parquet, '*.parquet']\n---\n"
    )
    with pytest.raises(SourceError) as caught:
        make(request(folder, tmp_path / "out", splits=["train"]))
    assert str(caught.value) == (
        f"{folder}: 2 files of split 'train' are called 'train.parquet'; list each file once in "
        "the card, and keep them all within the folder"
    )


def test_split_changes_nothing_but_what_is_made(tmp_path: Path, many_units: None) -> None:
    folder = tmp_path / "mixed"
    write_parquet(folder / "train.parquet", imdb_rows(250))
    narrow = pa.schema([("text", pa.string()), ("label", pa.int8())])
    write_parquet(folder / "test.parquet", imdb_rows(10), narrow)
    make(request(folder, tmp_path / "all"))
    make(request(folder, tmp_path / "one", splits=["train"]))
    whole = {path: data for path, data in files(tmp_path / "all").items() if "train" in path}
    one = {path: data for path, data in files(tmp_path / "one").items() if "train" in path}
    assert whole == one


@pytest.mark.parametrize("source", ["~nobody-of-this-name/x", "x" * 300, "data/imbd"])
def test_a_place_that_makes_no_sense_is_one_line(build: Build, tmp_path: Path, source: str) -> None:
    done = build(
        "make", "imdb", "--source", f"imdb={source}", "--out", tmp_path / "out",
        env={"HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_local_files_and_samples_need_no_folder_of_anybodys_to_write_to(
    build: Build, imdb_folder: Path, tmp_path: Path
) -> None:
    """Neither a cache nor a folder for what is temporary: both are files here."""
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    env = dict.fromkeys(("HF_HOME", "TMPDIR", "XDG_CACHE_HOME", "HOME"), str(nowhere / "x"))
    for source in ("--samples", f"--source=imdb={imdb_folder}"):
        done = build("make", "imdb", source, "--out", tmp_path / source[:5], env=env)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("suffix", ["/", "//"])
def test_an_endpoint_may_end_in_slashes(
    hub: LoopbackHub, build: Build, tmp_path: Path, suffix: str
) -> None:
    environment = {**hub.environment(tmp_path / "hf"), "HF_ENDPOINT": hub.endpoint + suffix}
    done = build("make", "imdb", "--out", tmp_path / "out", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 600
    assert all("//" not in each.path for each in hub.log)


def test_the_hub_is_read_without_datasets(hub: LoopbackHub, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'build')\n"
        "from mixbuild.sources import read, resolve\n"
        "from mixbuild.tasks import find\n"
        "found = resolve(find('imdb'), splits=['train'])\n"
        "batches = read(found.runs['train'][0], [('text',)], schema=found.schema)\n"
        "print(sum(batch.num_rows for _, batch in batches), 'datasets' in sys.modules)\n"
    )
    environment = {**os.environ, **hub.environment(tmp_path / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout == "300 False\n"


def write_as(path: Path, rows: list[dict[str, object]]) -> None:
    """Rows of imdb as the format, and below the compression, that a path ends in."""
    table = pa.Table.from_pylist(rows, schema=IMDB_SCHEMA)
    kind = path.name.split(".")[1]
    with pa.output_stream(path) as file:  # it knows compressions by their endings
        if kind == "parquet":
            pq.write_table(table, file, row_group_size=100)
        elif kind == "arrow":
            with pa.ipc.new_stream(file, table.schema) as writer:
                writer.write_table(table)
        elif kind == "csv":
            pa.csv.write_csv(table, file)
        else:
            file.write("".join(json.dumps(row) + "\n" for row in rows).encode())


@pytest.mark.parametrize(
    "name",
    ["train.parquet", "train.arrow", "train.csv", "train.csv.gz", "train.jsonl", "train.jsonl.zst"],
)
def test_no_thread_of_arrows_asks_the_hub(tmp_path: Path, name: str) -> None:
    """One that is left at the end of the process, about to give back what it read, aborts it."""
    folder = tmp_path / "hub/stanfordnlp/imdb"
    folder.mkdir(parents=True)
    write_as(folder / name, imdb_rows(300))
    (folder / "README.md").write_text(
        f"---\nconfigs:\n- {{config_name: plain_text, data_files: {name}}}\n---\n"
    )
    code = (
        "import sys, threading; sys.path.insert(0, 'build')\n"
        "from huggingface_hub import hf_file_system as remote\n"
        "from mixbuild.sources import read, resolve\n"
        "from mixbuild.tasks import find\n"
        "asking, fetch = set(), remote.HfFileSystemFile._fetch_range\n"
        "def spied(self, start, end):\n"
        "    asking.add(type(threading.current_thread()).__name__)\n"
        "    return fetch(self, start, end)\n"
        "remote.HfFileSystemFile._fetch_range = spied\n"
        "found = resolve(find('imdb'), splits=['train'])\n"
        "batches = read(found.runs['train'][0], [('text',)], schema=found.schema)\n"
        "print(sum(batch.num_rows for _, batch in batches), *sorted(asking))\n"
    )
    with LoopbackHub(tmp_path / "hub") as hub:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, text=True, capture_output=True, check=True,
            env={**os.environ, **hub.environment(tmp_path / "hf")},
        )  # fmt: skip
    rows, *asking = done.stdout.split()
    assert rows == "300"
    assert "_MainThread" in asking
    assert "_DummyThread" not in asking, "as Python calls what it did not begin"
