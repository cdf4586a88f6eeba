"""What we publish loads everywhere: in four releases of datasets and in data frames."""

from __future__ import annotations

from collections import Counter
from typing import Any

import datasets
import pytest
from compat.conftest import CONFIGS, CURRENT, REPO, Published, Reader

RELEASES = {
    "datasets-2": "2.21.0",
    "datasets-3": "3.6.0",
    "datasets-4": "4.8.5",
    CURRENT: datasets.__version__,
}
FRAMES = {
    "pandas downloaded": ("str", "object"),
    "pandas http": ("str", "object"),
    "pandas hf": ("str", "object"),
    "polars downloaded": ("String", "List(String)"),
    "polars http": ("String", "List(String)"),
    "duckdb downloaded": ("VARCHAR", "VARCHAR[]"),
    "duckdb hf": ("VARCHAR", "VARCHAR[]"),
}
"""What each library, by each kind of address, calls a text and a list of texts."""

COLUMNS = ("prompt", "completion", "references", "task", "template", "source", "id")


def types(text: str, texts: str) -> dict[str, str]:
    return {name: texts if name == "references" else text for name in COLUMNS}


def as_loaded(splits: Any, config: str, published: Published) -> None:
    """Compare what `datasets` made of a config with what was published: types, counts and rows."""
    assert splits == {
        split: {"types": types("string", "list<string>"), "announced": len(rows), "rows": rows}
        for split, rows in published.rows[config].items()
    }


@pytest.mark.parametrize("environment", RELEASES)
def test_the_environment_holds_the_release_that_it_stands_for(
    read: Reader, environment: str
) -> None:
    found = read(environment, "read_back.py", REPO, *CONFIGS)
    assert found["version"] == RELEASES[environment]
    assert sorted(found["configs"]) == sorted(CONFIGS)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("way", ["streamed", "in_full"])
@pytest.mark.parametrize("environment", RELEASES)
def test_datasets_loads_every_row(
    read: Reader, published: Published, environment: str, way: str, config: str
) -> None:
    as_loaded(read(environment, "read_back.py", REPO, *CONFIGS)[way][config], config, published)


@pytest.mark.parametrize("way", ["streamed", "in_full"])
@pytest.mark.parametrize("environment", RELEASES)
def test_the_mixture_loads_when_no_config_is_named(
    read: Reader, published: Published, environment: str, way: str
) -> None:
    found = read(environment, "read_back.py", REPO, *CONFIGS)[way]
    as_loaded(found["no name"], CONFIGS[0], published)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("environment", RELEASES)
def test_the_files_load_without_the_card(
    read: Reader, published: Published, environment: str, config: str
) -> None:
    found = read(environment, "read_back.py", REPO, *CONFIGS)["files_alone"][config]
    rows = published.rows[config]["train"]
    expected = {"types": types("string", "list<string>"), "announced": len(rows), "rows": rows}
    assert found == {"train": expected}


@pytest.mark.parametrize("way", FRAMES)
def test_data_frames_read_every_row(read: Reader, published: Published, way: str) -> None:
    frames = read("frames", "read_frames.py", REPO)["frames"][way]
    assert {path: frame["types"] for path, frame in frames.items()} == {
        path: types(*FRAMES[way]) for path in frames
    }
    found: dict[tuple[str, str], list[Any]] = {}
    for path in sorted(frames):  # a split's files, in order
        config, _, name = path.partition("/")
        found.setdefault((config, name.partition("-")[0]), []).extend(frames[path]["rows"])
    assert found == {
        (config, split): rows
        for config, splits in published.rows.items()
        for split, rows in splits.items()
    }


def test_duckdb_queries_every_file_at_once(read: Reader, published: Published) -> None:
    every = (rows for splits in published.rows.values() for rows in splits.values())
    counts = Counter(row["task"] for rows in every for row in rows)
    assert read("frames", "read_frames.py", REPO)["counts"] == counts
