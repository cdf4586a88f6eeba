"""A mixture's bytes, whatever made them, and its order, in which nothing is left."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from commands import Commands, Running
from conftest import ROOT, write_parquet
from make.test_run import files
from make.test_staging import FATE, Killed
from mixbuild.curate import build
from mixbuild.declare import resolve_recipe
from mixbuild.make import expect
from mixbuild.make.recipe import families_of, request_of
from mixbuild.publish import Split, apart, export_splits, parquet, read_shards
from mixbuild.tasks import ALL
from publish.test_export import elsewhere

RECIPE = """
seed: 3
templates: sample
tasks: {imdb: {splits: [train]}, rotten_tomatoes: {splits: [train]}}
mixtures:
  mix:
    parts: {imdb: {weight: 2}, rotten_tomatoes: {weight: 1}}
    total: 60
    validation: {rows: 10}
"""
TURNED = """
mixtures:
  mix:
    validation: {rows: 10.0}
    total: 60.0
    parts: {rotten_tomatoes: {weight: 1.0}, imdb: {weight: 2.0}}
tasks: {rotten_tomatoes: {splits: [train]}, imdb: {splits: [train]}}
templates: sample
seed: 3
"""


def mirrors(folder: Path, sizes: Mapping[str, int]) -> dict[str, str]:
    """Sources of so many rows each."""
    for task, size in sizes.items():
        rows = [{"text": f"{task} in {at} words.", "label": at % 2} for at in range(size)]
        write_parquet(folder / task / "train-00000-of-00001.parquet", rows)
    return {task: str(folder / task) for task in sizes}


def mixed(
    sources: Mapping[str, str], out: Path, recipe: str = RECIPE, *settings: str, **how: Any
) -> Path:
    """The build of a recipe."""
    resolved = resolve_recipe(recipe, "a.yaml", settings=settings, families=families_of(ALL))
    request = request_of(resolved, out, tasks=ALL, sources=sources)
    build(request, mixtures=resolved.mixtures, catalog=ALL, **how)
    return out


def published(out: Path, **how: Any) -> dict[str, bytes]:
    """The files of the mixture as they are published, and its selections."""
    mix = expect(out).configs["mix"].splits
    splits = [Split("mix", split, entry, out, "parquet") for split, entry in mix.items()]
    assert {split.split: entry.rows for split, entry in export_splits(splits, **how)} == {
        split: entry.rows for split, entry in mix.items()
    }
    paths = [*out.glob("mix/*.arrow"), *out.glob(".publish/mix/*.parquet")]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def test_the_bytes_are_the_same_whatever_makes_them(
    tmp_path: Path, many_units: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = mirrors(tmp_path, {"imdb": 200, "rotten_tomatoes": 150})
    expected = published(mixed(sources, tmp_path / "here"))
    assert len(expected) == 4
    ways: dict[str, dict[str, Any]] = {
        "parts in another order": {"recipe": TURNED},
        **{f"{workers} workers": {"num_proc": workers} for workers in (1, 2, 4)},
        "dask": {"engine_name": "dask", "num_proc": 2},
    }
    monkeypatch.setattr(apart, "APART_ROWS", 50)  # so that train's files are written apart
    for name, how in ways.items():
        engines = {key: value for key, value in how.items() if key != "recipe"}
        assert published(mixed(sources, tmp_path / name, **how), **engines) == expected, name


def test_a_mixture_of_many_files_is_the_same_whoever_writes_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixbuild.curate.mix.mixture.GATHERED_ROWS", 7)
    monkeypatch.setattr(parquet, "GROUP_ROWS", 5)
    monkeypatch.setattr(parquet, "FILE_BYTES", 1)
    out = mixed(mirrors(tmp_path, {"imdb": 90, "rotten_tomatoes": 60}), tmp_path / "out")
    expected = published(out)
    assert len(expected) == 2 + 12 + 2, "selections, and files of five rows"
    shutil.rmtree(out / ".publish")
    monkeypatch.setattr(apart, "APART_ROWS", 0)
    monkeypatch.setattr("mixbuild.publish.apart.engine.run", elsewhere)
    assert published(out, num_proc=2) == expected


def test_killed_before_any_of_its_steps_it_ends_the_same(tmp_path: Path) -> None:
    sources = mirrors(tmp_path, {"imdb": 90, "rotten_tomatoes": 60})
    out = mixed(sources, tmp_path / "out")
    expected = files(out)
    for changes in itertools.count():
        shutil.rmtree(out / "mix")
        try:
            with FATE.after(changes, out):
                mixed(sources, out)
        except Killed:
            mixed(sources, out)
            assert files(out) == expected, f"after {changes} changes"
        else:
            break
    assert files(out) == expected
    assert changes > 5


def test_killed_while_it_is_made_it_ends_the_same(commands: Commands, tmp_path: Path) -> None:
    """At moments of chance, each time before it goes on."""
    sources = mirrors(tmp_path, {"imdb": 3_000, "rotten_tomatoes": 2_000})
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RECIPE)
    repeated = ["total=4000", "max_repetition_ratio=2.5", "validation.rows=100"]
    command = ["make", "--recipe", str(recipe), "--num-proc", "2"]
    command += [f"--source={task}={place}" for task, place in sources.items()]
    for each in repeated:
        command += ["--set", f"mixtures.mix.{each}"]

    def begin(out: Path) -> Running:
        return commands.begin(*command, "--out", out, env=os.environ, cwd=ROOT)

    whole, out = tmp_path / "whole", tmp_path / "out"
    began = time.monotonic()
    assert begin(whole).wait().returncode == 0
    took = time.monotonic() - began
    moments = random.Random(0)
    for _ in range(2):
        process = begin(out)
        time.sleep(moments.uniform(0.1, 0.8) * took)
        with contextlib.suppress(ProcessLookupError):  # it was faster this time
            os.kill(process.pid, signal.SIGKILL)
        assert process.wait().returncode in (0, -signal.SIGKILL)
    assert begin(out).wait().returncode == 0
    assert files(out) == files(whole)


def runs_score(marks: Sequence[bool] | np.ndarray) -> float:
    """By how many standard deviations there are more or fewer runs than in a chance order.

    >>> round(runs_score([True] * 8 + [False] * 8), 1)
    -3.6
    """
    values = np.asarray(marks, bool)
    yes, no = int(values.sum()), int((~values).sum())
    both = yes + no
    expected = 2 * yes * no / both + 1
    variance = (expected - 1) * (expected - 2) / (both - 1)
    return float((1 + np.count_nonzero(values[1:] != values[:-1]) - expected) / variance**0.5)


def test_no_order_is_left_of_parts_of_templates_or_of_where_rows_were(tmp_path: Path) -> None:
    assert abs(runs_score([False, True] * 50)) > 9
    sources = mirrors(tmp_path, {"imdb": 4_000, "rotten_tomatoes": 4_000})
    out = mixed(sources, tmp_path / "out", RECIPE, "mixtures.mix.total=5900")
    table = pa.Table.from_batches(read_shards(out, expect(out).configs["mix"].splits["train"]))
    task, template = (table[name].to_numpy() for name in ("task", "template"))
    number = np.array([int(each.rpartition(":")[2]) for each in table["id"].to_pylist()])
    marks = {
        "imdb": task == "imdb",
        "late in its file": number >= 2_000,
        **{name: template == name for name in np.unique(template)},
    }
    assert len(marks) > 10
    windows = [(0, 5_900), *((start, start + 1_000) for start in range(0, 5_000, 1_000))]
    scores = {
        (name, start): runs_score(each[start:stop])
        for name, each in marks.items()
        for start, stop in windows
    }
    # of some 150 scores of chance the largest is about 3
    assert max(map(abs, scores.values())) < 4, max(scores, key=lambda at: abs(scores[at]))
    # each window has its share of each
    for name, each in marks.items():
        share = each.mean()
        for start, stop in windows[1:]:
            off = each[start:stop].mean() - share
            assert abs(off) < 4 * (share * (1 - share) / (stop - start)) ** 0.5, (name, start)
