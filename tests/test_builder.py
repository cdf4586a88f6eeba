"""instruct_mix: the builder and ``make`` are two doors to the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
from conftest import imdb_rows, read_shards, write_parquet
from make.test_run import request
from mixbuild.core.errors import MixError, UsageError
from mixbuild.core.row import SCHEMA
from mixbuild.curate import build
from mixbuild.declare import RowFormat, parse_recipe
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.make.recipe import read_recipe, request_of
from mixbuild.make.run import make
from mixbuild.publish import columns_of, deliver, open_place
from mixbuild.publish import read_shards as read
from mixbuild.tasks import ALL, find, gather

from instruct_mix import InstructMix


@pytest.mark.parametrize("task", [task.name for task in ALL])
@pytest.mark.parametrize("options", [{}, {"templates": "sample", "seed": 5}, {"templates": "all"}])
def test_the_builder_gives_the_rows_of_make(
    task: str, options: dict[str, Any], tmp_path: Path
) -> None:
    asked = [each for each in ALL if each.name == task]
    make(Request(asked, tmp_path / "out", {task: "samples"}, **options))
    builder = InstructMix(
        config_name=task, cache_dir=str(tmp_path / "cache"), source="samples", **options
    )
    builder.download_and_prepare()
    prepared = builder.as_dataset()
    assert set(prepared) == set(asked[0].splits)
    for split, dataset in prepared.items():
        expected = read_shards(tmp_path / "out", task, split).to_pylist()
        assert dataset.to_list() == expected
        assert list(builder.as_streaming_dataset(split=split)) == expected
        assert dataset.features.arrow_schema.remove_metadata() == SCHEMA


def test_num_proc_changes_nothing(imdb_folder: Path, tmp_path: Path, many_units: None) -> None:
    rows = []
    for workers in (None, 2):
        builder = InstructMix(
            config_name="imdb", cache_dir=str(tmp_path / str(workers)), source=str(imdb_folder)
        )
        builder.download_and_prepare(num_proc=workers)
        rows.append(builder.as_dataset(split="train").to_list())
    assert rows[0] == rows[1]
    assert len(rows[0]) == 300


def test_a_stream_can_be_sharded_by_units(imdb_folder: Path, tmp_path: Path) -> None:
    builder = InstructMix(
        config_name="imdb", cache_dir=str(tmp_path / "cache"), source=str(imdb_folder)
    )
    stream = builder.as_streaming_dataset(split="train")
    assert stream.num_shards == 2
    assert list(stream.shard(2, 1)) == list(stream)[150:]


@pytest.mark.parametrize(
    "options",
    [
        {"row_format": "messages", "system": "Be brief."},
        {"row_format": "alpaca", "templates": "all"},
        {"row_format": "sharegpt", "marker": "keep", "templates": "sample"},
        {"row_format": "text"},
    ],
    ids=lambda options: options["row_format"],
)
def test_the_rows_come_in_any_format(
    imdb_folder: Path, tmp_path: Path, many_units: None, options: dict[str, Any]
) -> None:
    """The same as export makes of the same build."""
    rendered = {"templates": options.get("templates", "seed")}
    of_folder = {"imdb": str(imdb_folder)}
    make(Request([find("imdb")], tmp_path / "out", of_folder, **rendered))
    asked = RowFormat(options["row_format"], options.get("marker", "drop"), options.get("system"))
    deliver(open_place(str(tmp_path / "out")), tmp_path / "rows", asked)
    expected = pq.read_table(tmp_path / "rows/imdb/train-00000-of-00001.parquet").to_pylist()

    cached = {"cache_dir": str(tmp_path / "cache"), "source": str(imdb_folder)}
    plain = InstructMix(config_name="imdb", **cached, **rendered)
    builder = InstructMix(config_name="imdb", **cached, **options)
    assert plain.cache_dir != builder.cache_dir
    builder.download_and_prepare(num_proc=2)
    prepared = builder.as_dataset(split="train")
    assert prepared.to_list() == expected
    assert list(builder.as_streaming_dataset(split="train")) == expected
    assert prepared.features.arrow_schema.remove_metadata() == columns_of(asked)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"row_format": "mesages"}, "unknown row format 'mesages'; did you mean 'messages'?"),
        ({"system": "x"}, "prompt_completion: has no place for a system message; take messages"),
    ],
)
def test_a_format_that_there_is_not_is_refused(options: dict[str, Any], error: str) -> None:
    with pytest.raises(UsageError) as caught:
        InstructMix(config_name="imdb", source="samples", **options)
    assert str(caught.value).startswith(error)


def test_a_source_that_changed_is_prepared_anew(imdb_folder: Path, tmp_path: Path) -> None:
    def prepared() -> int:
        builder = InstructMix(
            config_name="imdb", cache_dir=str(tmp_path / "cache"), source=str(imdb_folder)
        )
        builder.download_and_prepare()
        return int(builder.as_dataset(split="test").num_rows)

    assert prepared() == 120
    write_parquet(imdb_folder / "test-00000-of-00001.parquet", imdb_rows(7))
    assert prepared() == 7


def test_what_is_wrong_is_a_mix_error(tmp_path: Path, imdb_folder: Path) -> None:
    with pytest.raises(UsageError, match="unknown task 'imbd'; did you mean 'imdb'"):
        InstructMix(config_name="imbd")
    write_parquet(imdb_folder / "train-00000-of-00002.parquet", [{"text": "?", "label": 9}])
    builder = InstructMix(
        config_name="imdb", cache_dir=str(tmp_path / "cache"), source=str(imdb_folder)
    )
    with pytest.raises(datasets.exceptions.DatasetGenerationError) as caught:
        builder.download_and_prepare()
    assert isinstance(caught.value.__cause__, MixError)
    with pytest.raises(MixError, match="expected a label from 0 to 1"):
        list(builder.as_streaming_dataset(split="train"))


def test_every_task_is_a_config_with_its_facts() -> None:
    assert list(InstructMix.builder_configs) == [task.name for task in ALL]
    for task in ALL:
        info = InstructMix(config_name=task.name, source="samples").info
        assert info.license == task.source.license
        assert info.citation == task.source.citation
        assert task.source.repo in info.homepage


def test_a_task_of_ones_own_is_a_config_too(
    tmp_path: Path, imdb_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "films.py"
    path.write_text(
        "from dataclasses import replace\n"
        "from mixbuild.tasks import find\n"
        'import mixbuild.declare\nTASK = replace(find("imdb"), name="films")\n'
    )
    options = {"source": str(imdb_folder), "cache_dir": str(tmp_path / "cache")}
    builder = InstructMix(config_name="films", tasks=str(path), **options)
    builder.download_and_prepare(num_proc=2)
    rows = builder.as_dataset(split="test")
    assert set(rows["task"]) == {"films"}
    make(Request(gather([str(path)])[-1:], tmp_path / "out", {"films": str(imdb_folder)}))
    assert rows.to_list() == read_shards(tmp_path / "out", "films", "test").to_pylist()
    monkeypatch.setenv("INSTRUCT_MIX_TASKS", str(path))
    streamed = InstructMix(config_name="films", **options).as_streaming_dataset(split="test")
    assert next(iter(streamed)) == rows[0]
    with pytest.raises(UsageError, match="unknown task 'filmz'; did you mean 'films'"):
        InstructMix(config_name="filmz", tasks=str(path))
    assert "films" not in InstructMix.builder_configs


def test_the_shards_of_make_are_what_load_dataset_reads(tmp_path: Path) -> None:
    make(request(Path("samples"), tmp_path / "out"))
    loaded = datasets.load_dataset(
        "arrow",
        data_files={"train": str(tmp_path / "out/imdb/train-*.arrow")},
        cache_dir=str(tmp_path / "cache"),
    )
    assert loaded["train"].to_list() == read_shards(tmp_path / "out", "imdb", "train").to_pylist()


RECIPE = """
seed: 5
tasks: {billsum: {splits: [train], max_rows: 9}}
mixtures:
  mix:
    total: 18
    templates: sample
    parts: {imdb: {}, squad: {weight: 2}}
    validation: {rows: 6}
formats: [messages]  # of push; the builder's is its option
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE)
    return path


def made_of(recipe: Path, out: Path) -> Path:
    """What make --recipe makes of it, of the samples."""
    resolved, _ = read_recipe(str(recipe), tasks=ALL)
    sources = dict.fromkeys(resolved.choices, "samples")
    asked = request_of(resolved, out, tasks=ALL, sources=sources)
    build(asked, mixtures=resolved.mixtures, catalog=ALL)
    return out


@pytest.mark.parametrize("config", ["mix", "imdb", "billsum"])
def test_the_builder_gives_the_rows_of_a_recipe(
    config: str, recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("curate.mix.mixture", "publish.shards"):
        monkeypatch.setattr(f"mixbuild.{module}.GATHERED_ROWS", 7)  # for several parts of a split
    out = made_of(recipe, tmp_path / "out")
    expected = {
        split: [row for batch in read(out, entry) for row in batch.to_pylist()]
        for split, entry in expect(out).configs[config].splits.items()
    }
    assert len(expected["train"]) == {"mix": 18, "imdb": 15, "billsum": 9}[config]
    options = {"config_name": config, "source": "samples", "cache_dir": str(tmp_path / "cache")}
    for asked, workers in ((str(recipe), None), (parse_recipe(RECIPE, "a.yaml"), 2)):
        builder = InstructMix(recipe=asked, **options)
        builder.download_and_prepare(num_proc=workers)
        prepared = builder.as_dataset()
        assert {split: rows.to_list() for split, rows in prepared.items()} == expected
    for split, rows in expected.items():
        stream = builder.as_streaming_dataset(split=split)
        assert list(stream) == rows
        if config == "mix" and split == "train":
            assert stream.num_shards == 3
            assert list(stream.shard(2, 1)) == rows[14:]


def test_of_a_mixture_the_builder_says_what_it_is_made_of_and_lays_rows_out(
    recipe: Path, tmp_path: Path
) -> None:
    builder = InstructMix(
        config_name="mix", recipe=str(recipe), source="samples", cache_dir=str(tmp_path / "cache"),
        row_format="messages",
    )  # fmt: skip
    tasks = [each for each in ALL if each.name in ("squad", "imdb", "billsum")]
    assert builder.info.license == "cc-by-sa-4.0, cc0-1.0, other"
    assert all(task.source.citation in builder.info.citation for task in tasks)
    (first,) = builder.as_streaming_dataset(split="train").take(1)
    assert [each["role"] for each in first["messages"]] == ["user", "assistant"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"config_name": "mixx"},
            "unknown config of the recipe 'mixx'; did you mean 'mix'? Known: billsum, imdb, mix, "
            "squad",
        ),
        ({"config_name": "mix", "seed": 3}, "seed: the recipe says that; change it there"),
        (
            {"config_name": "mix", "templates": "all"},
            "templates: the recipe says that; change it there",
        ),
    ],
)
def test_what_a_recipe_does_not_have_or_says_itself_is_refused(
    recipe: Path, options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        InstructMix(recipe=str(recipe), **options)
    assert str(caught.value) == expected
