"""Mirrors as people have them: folders without a card, other libraries' types, empty splits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Build, imdb_rows, read_shards, write_parquet
from hub_server import LoopbackHub
from make.test_run import request
from mixbuild.core.errors import SourceError
from mixbuild.declare.task import Task
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.sources.location import BATCH_BYTES, BATCH_ROWS
from mixbuild.sources.read import count_rows, read
from mixbuild.sources.resolve import Resolved, resolve
from mixbuild.tasks import find


def declared(config: str | None) -> Task:
    """imdb, as if its source had called its config so."""
    task = find("imdb")
    return replace(task, source=replace(task.source, config=config))


def lay(folder: Path, *names: str) -> Path:
    """A mirror with these files; as many rows in each as its place in the list."""
    for count, name in enumerate(names, 1):
        write_parquet(folder / name, imdb_rows(count))
    return folder


def read_files(found: Resolved) -> dict[str, list[tuple[str, int]]]:
    return {
        split: [(run.file, count_rows(run)) for run in runs] for split, runs in found.runs.items()
    }


def refused(folder: Path, config: str | None = "rte") -> str:
    with pytest.raises(SourceError) as caught:
        resolve(declared(config), str(folder))
    assert "\n" not in str(caught.value)
    return str(caught.value)


CONVERTED = [
    f"{config}/{split}/0000.parquet" for config in ("mrpc", "rte") for split in ("train", "test")
]
BESIDE = [
    f"{config}/{split}-0.parquet"
    for config in ("ARC-Challenge", "ARC-Easy")
    for split in ("train", "test")
]


@pytest.mark.parametrize(("names", "config"), [(CONVERTED, "rte"), (BESIDE, "ARC-Easy")])
def test_of_several_configs_only_the_declared_ones_folder_is_read(
    tmp_path: Path, names: Sequence[str], config: str
) -> None:
    found = resolve(declared(config), str(lay(tmp_path / "mirror", *names)))
    assert read_files(found) == {"train": [(names[2], 3)], "test": [(names[3], 4)]}
    (run,) = found.runs["train"]
    assert sum(batch.num_rows for _, batch in read(run, [("text",)], schema=found.schema)) == 3


def test_the_folder_of_a_config_is_read_in_other_formats_too(tmp_path: Path) -> None:
    for config, count in (("mrpc", 1), ("rte", 2)):
        (tmp_path / config).mkdir()
        for split in ("train", "test"):
            lines = "".join(json.dumps(row) + "\n" for row in imdb_rows(count))
            (tmp_path / config / f"{split}.jsonl").write_text(lines)
    found = resolve(declared("rte"), str(tmp_path))
    assert read_files(found) == {"train": [("rte/train.jsonl", 2)], "test": [("rte/test.jsonl", 2)]}


def test_the_folder_of_a_config_is_read_of_a_repo_too(build: Build, tmp_path: Path) -> None:
    names = [name.replace("rte/", "plain_text/") for name in CONVERTED]
    lay(tmp_path / "hub/org/all", *names)
    with LoopbackHub(tmp_path / "hub") as hub:
        done = build(
            "make", "imdb", "--source", "imdb=org/all", "--out", tmp_path / "out",
            env=hub.environment(tmp_path / "hf"),
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    ids = read_shards(tmp_path / "out", "imdb", "train")["id"].to_pylist()
    assert len(ids) == 3
    assert all("plain_text/train/0000.parquet" in each for each in ids)


@pytest.mark.parametrize("config", ["qnli", "default", None])
def test_files_in_several_folders_are_not_mixed(tmp_path: Path, config: str | None) -> None:
    told = refused(lay(tmp_path / "mirror", *CONVERTED), config)
    assert told.startswith(
        f"{tmp_path}/mirror: expected the files of one config, got files in several folders: "
        "mrpc, rte; take one of them as the mirror, or list "
    )


@pytest.mark.parametrize(
    "names",
    [
        ["train/0000.parquet", "test/0000.parquet"],
        ["data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"],
        ["any/train.parquet", "any/test.parquet"],
        ["imdb_train.parquet", "imdb_test.parquet"],
        ["train/a/0.parquet", "test/b/0.parquet"],
        ["data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet",
         "data/ca_test-00000-of-00001.parquet"],
    ],
)  # fmt: skip
def test_files_of_one_config_are_read_whatever_it_is_called(
    tmp_path: Path, names: Sequence[str]
) -> None:
    found = resolve(declared("rte"), str(lay(tmp_path / "mirror", *names)))
    assert read_files(found) == {"train": [(names[0], 1)], "test": [(names[1], 2)]}


def card(folder: Path, *configs: str) -> None:
    lines = [
        f"- config_name: {name}\n{'  default: true' if not index else '  drop_labels: false'}\n"
        f"  data_files:\n"
        f"  - {{split: train, path: {name}/train*}}\n  - {{split: test, path: {name}/test*}}\n"
        for index, name in enumerate(configs)
    ]
    (folder / "README.md").write_text(f"---\nconfigs:\n{''.join(lines)}---\n")


def test_the_default_of_a_card_is_not_taken_for_another_config(tmp_path: Path) -> None:
    names = [
        f"{config}/{split}.parquet" for config in ("mrpc", "rte") for split in ("train", "test")
    ]
    folder = lay(tmp_path, *names)
    card(folder, "mrpc", "rte")
    assert refused(folder, "qnli") == (
        f"{folder}: unknown config 'qnli'. Known: mrpc, rte; take a mirror with a config or a "
        "folder of that name"
    )
    found = resolve(declared("rte"), str(folder))
    assert read_files(found)["train"] == [("rte/train.parquet", 3)]


def test_the_only_config_of_a_card_will_do(tmp_path: Path) -> None:
    folder = lay(tmp_path, "x/train-a.parquet", "x/test.parquet", "y/train.parquet")
    card(folder, "x")
    found = resolve(declared("rte"), str(folder))
    assert read_files(found) == {
        "train": [("x/train-a.parquet", 1)],
        "test": [("x/test.parquet", 2)],
    }


@pytest.mark.parametrize(
    ("other", "split"), [("ca_test", "test"), ("eval", "test"), ("my-train", "train")]
)
def test_a_file_that_is_of_another_split_by_its_name_is_refused(
    tmp_path: Path, other: str, split: str
) -> None:
    folder = lay(tmp_path, "train.parquet", "test.parquet", f"{other}.parquet")
    shown = ", ".join(sorted([f"{other}.parquet", f"{split}.parquet"]))
    assert refused(folder) == (
        f"{folder}: files of different names would be read as split {split!r}: {shown}; list the "
        "files of each split in a card (README.md), or take away those that are not of it"
    )


def test_a_file_of_two_splits_is_refused(tmp_path: Path) -> None:
    folder = lay(tmp_path, "train-test.parquet")
    assert refused(folder) == (
        f"{folder}: 'train-test.parquet' would be read as split 'test' and as split 'train'; list "
        "the files of each split in a card (README.md)"
    )


def test_parts_of_a_split_are_no_other_splits(tmp_path: Path) -> None:
    names = ["01-train", "02-train", "test_1", "test_2"]
    folder = lay(tmp_path, *(f"{name}.parquet" for name in names))
    found = resolve(declared("rte"), str(folder))
    assert [count for _, count in read_files(found)["train"]] == [1, 2]


def squad_table() -> pa.Table:
    rows = [
        {
            "id": str(number),
            "title": "T",
            "context": f"Oats, number {number}.",
            "question": "What?",
            "answers": {"text": ["Oats", "oats"], "answer_start": [0, 0]},
        }
        for number in range(5)
    ]
    texts = pa.list_(pa.string())
    answers = pa.struct([("text", texts), ("answer_start", pa.list_(pa.int32()))])
    fields = [(name, pa.string()) for name in ("id", "title", "context", "question")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, ("answers", answers)]))


def spelled(kind: pa.DataType, text: pa.DataType) -> pa.DataType:
    """The type as polars would have it."""
    if pa.types.is_string(kind):
        return text
    if pa.types.is_struct(kind):
        return pa.struct([(each.name, spelled(each.type, text)) for each in kind])
    return pa.large_list(spelled(kind.value_type, text)) if pa.types.is_list(kind) else kind


@pytest.mark.parametrize(
    "text",
    [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.large_string())],
    ids=str,
)
def test_other_spellings_of_texts_and_lists_make_the_same_rows(
    tmp_path: Path, text: pa.DataType
) -> None:
    plain = squad_table()
    columns = {}
    for field, column in zip(plain.schema, plain.columns, strict=True):
        # Arrow writes no dictionary within a list of a struct
        inner = (
            pa.large_string() if pa.types.is_dictionary(text) and field.name == "answers" else text
        )
        columns[field.name] = pa.array(column.to_pylist(), spelled(field.type, inner))
    for name, table in (("plain", plain), ("other", pa.table(columns))):
        (tmp_path / name).mkdir()
        for split in ("train", "validation"):
            pq.write_table(table, tmp_path / name / f"{split}.parquet")
    found = resolve(find("squad"), str(tmp_path / "other"))
    assert found.schema.equals(plain.schema)
    (run,) = found.runs["train"]
    ((_, batch),) = read(run, [("context",), ("answers",)], schema=found.schema)
    assert batch.schema.field("answers").type == plain.schema.field("answers").type
    made = {}
    for name in ("plain", "other"):
        sources = {"squad": str(tmp_path / name)}
        make(Request([find("squad")], tmp_path / "out" / name, sources))
        rows = read_shards(tmp_path / "out" / name, "squad", "train")
        made[name] = rows.drop_columns(["source"]).to_pylist()
    assert made["plain"] == made["other"]


def test_trimmed_texts_of_any_spelling_are_rendered(tmp_path: Path) -> None:
    """The slot's expression itself refuses them: a cast after it comes too late."""
    from mixbuild.declare.slots import project, trimmed

    table = pa.table({"text": pa.array([" a "], pa.string_view())})
    pq.write_table(table, tmp_path / "train.parquet")
    found = resolve(declared(None), str(tmp_path), splits=["train"])
    (run,) = found.runs["train"]
    ((_, batch),) = read(run, [("text",)], schema=found.schema)
    assert project(batch, {"x": trimmed("text").value}).to_pylist() == [{"x": "a"}]


def test_plain_batches_are_passed_on_as_they_are() -> None:
    from mixbuild.sources.types import conform

    batch = pa.record_batch({"text": ["a"], "texts": [["b"]]})
    assert conform(batch, batch.schema, where="here", numbers=[0]) is batch


EMPTY = {"jsonl": "", "csv": "text,label\n"}


@pytest.mark.parametrize("suffix", EMPTY)
def test_a_first_split_without_rows_is_read(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / f"train.{suffix}").write_text(EMPTY[suffix])
    row = imdb_rows(1)[0]
    full = {"jsonl": json.dumps(row) + "\n", "csv": f"text,label\n{row['text']},{row['label']}\n"}
    (folder / f"test.{suffix}").write_text(full[suffix])
    made = make(request(folder, tmp_path / "out"))
    splits = made.manifest.configs["imdb"].splits
    assert {split: each.rows for split, each in splits.items()} == {"train": 0, "test": 1}


def test_no_rows_in_any_split_is_said_in_one_line(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / f"{split}.jsonl").write_text("")
    assert refused(tmp_path) == (
        f"{tmp_path}: expected rows, got none in any of train, test; look at its files"
    )


def lines(folder: Path, rows: int, text: str) -> Resolved:
    folder.mkdir()
    content = "".join(json.dumps({"text": f"{text}{n}", "label": 1}) + "\n" for n in range(rows))
    (folder / "train.jsonl").write_text(content)
    return resolve(declared(None), str(folder), splits=["train"])


def test_light_rows_are_gathered_and_heavy_ones_are_not(tmp_path: Path) -> None:
    light = lines(tmp_path / "light", BATCH_ROWS + 1_000, "x")
    (run,) = light.runs["train"]
    assert [batch.num_rows for _, batch in read(run, [("text",)], schema=light.schema)] == [
        BATCH_ROWS,
        1_000,
    ]
    heavy = lines(tmp_path / "heavy", 300, "x" * 150_000)
    (run,) = heavy.runs["train"]
    weights = [batch.nbytes for _, batch in read(run, [("text",)], schema=heavy.schema)]
    assert sum(weights) > 40 * 2**20
    assert max(weights) <= BATCH_BYTES + 151_000
