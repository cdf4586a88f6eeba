"""How many worker processes a build is worth, where nobody says how many."""

from __future__ import annotations

from pathlib import Path

import pytest
from make.test_run import files, request
from mixbuild.make import run, workers
from mixbuild.make.run import make
from mixbuild.make.unit import Unit
from mixbuild.make.workers import worth_workers
from mixbuild.sources.location import BATCH_BYTES, Place, Run


def unit(folder: Path, *, batches: int, parquet: bool = True) -> Unit:
    place = Place(str(folder), None, None)
    if parquet:
        found = Run(place, "train", "f", rows=batches * 7, row_groups=(0, 1), batch_rows=7)
    else:
        found = Run(place, "train", f"{batches}.jsonl")
        with open(found.address, "wb") as file:
            file.truncate(batches * BATCH_BYTES)
    return Unit("imdb", "train", found, "key")


@pytest.mark.parametrize("parquet", [True, False], ids=["parquet", "text"])
@pytest.mark.parametrize(
    ("batches", "cores", "expected"),
    [
        ([16] * 11, 8, None),
        ([16] * 12, 8, 2),
        ([16] * 12, 1, None),
        ([16] * 200, 2, 2),
        ([16] * 200, 64, 33),
        ([9_600], 64, None),
        ([9_600, 1], 64, 2),
        ([0] * 500, 64, None),
        ([], 64, None),
    ],
)
def test_a_worker_is_worth_its_start_with_enough_to_do(
    tmp_path: Path, parquet: bool, batches: list[int], cores: int, expected: int | None
) -> None:
    units = [unit(tmp_path, batches=each, parquet=parquet) for each in batches]
    assert worth_workers(units, cores=cores) == expected


def test_a_large_build_uses_the_cores_and_says_so(
    imdb_folder: Path, tmp_path: Path, many_units: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = make(request(imdb_folder, tmp_path / "alone"))
    assert (alone.rendered, alone.workers) == (6, None)
    monkeypatch.setattr(workers, "WORKER_BATCHES", 1)
    monkeypatch.setattr(workers, "_batches", lambda _: 1)
    monkeypatch.setattr(run, "usable_cores", lambda: 2)
    made = make(request(imdb_folder, tmp_path / "made"))
    assert (made.rendered, made.workers) == (6, 2)
    assert files(tmp_path / "made") == files(tmp_path / "alone")
    assert make(request(imdb_folder, tmp_path / "asked"), num_proc=1).workers is None
