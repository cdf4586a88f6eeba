"""Mixtures: which rows they take of their tasks, exact to the row, and in what order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import write_parquet
from mixbuild.curate import build
from mixbuild.declare import Mixture, Part
from mixbuild.make import Built, OfMixture, Request, expect
from mixbuild.publish import read_shards
from mixbuild.tasks import ALL, find

SIZES = {"imdb": 300, "rotten_tomatoes": 200}


def texts(task: str, rows: range) -> list[dict[str, Any]]:
    return [{"text": f"{task} has {row} words to say.", "label": row % 2} for row in rows]


def mirror(folder: Path, task: str, *, files: int = 1, turned: bool = False) -> Path:
    """A source: so many rows of train in so many files, and as its evaluation the last 20 of them
    and 20 more."""
    size = SIZES[task]
    train = texts(task, range(size))[:: -1 if turned else 1]
    for index in range(files):
        name = f"train-{index:05d}-of-{files:05d}.parquet"
        write_parquet(folder / name, train[index::files])
    for split in find(task).splits.keys() - {"train", "unsupervised"}:
        at = range(size - 20, size + 20) if split == "test" else range(size - 40, size - 20)
        write_parquet(folder / f"{split}-00000-of-00001.parquet", texts(task, at))
    return folder


def rows_of(out: Path, config: Built, split: str = "train") -> list[dict[str, Any]]:
    return [row for batch in read_shards(out, config.splits[split]) for row in batch.to_pylist()]


def made(
    folder: Path, mixture: Mixture, *, templates: str = "seed", **how: Any
) -> tuple[Path, Built]:
    """A mixture of mirrors, of what is below the folder."""
    tasks = [find(name) for name in sorted(mixture.parts)]
    sources = {task.name: str(mirror(folder / task.name, task.name, **how)) for task in tasks}
    out = folder / "out"
    build(Request(tasks, out, sources, templates), mixtures={"mix": mixture}, catalog=ALL)
    return out, expect(out).configs["mix"]


def test_a_mixture_has_as_many_rows_of_each_task_as_it_says(tmp_path: Path) -> None:
    parts = {"imdb": Part(weight=3), "rotten_tomatoes": Part(weight=1, cap=50)}
    out, mix = made(tmp_path, Mixture(parts=parts, total=200))
    # imdb has 280 rows that are not in its test; the other one counts for 50
    rows = rows_of(out, mix)
    assert Counter(row["task"] for row in rows) == {"imdb": 189, "rotten_tomatoes": 11}
    assert len({row["id"] for row in rows}) == 200
    assert mix.splits["train"].rows == 200
    made_of = mix.made_of
    assert isinstance(made_of, OfMixture)
    taken = made_of.parts["rotten_tomatoes"].splits["train"]
    assert (taken.available, taken.rows, taken.unused) == (160, 11, 149)
    assert taken.removed == {"its input is in an evaluation split": 40}
    assert taken.asked == pytest.approx(50 / (3 * 280 + 50))
    assert {split: each.rows for split, each in mix.splits.items()} == {
        "train": 200, "validation": 20, "test": 80}  # fmt: skip
    assert not {row["prompt"] for row in rows} & {
        row["prompt"] for split in ("validation", "test") for row in rows_of(out, mix, split)
    }
