"""What is read is what was planned: a mirror's file that changes in between stops the build."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import IMDB_SCHEMA, imdb_rows, write_parquet
from make.test_run import request
from mixbuild.core.errors import SourceError
from mixbuild.make.plan import plan
from mixbuild.make.run import make
from mixbuild.sources.location import Run
from mixbuild.sources.read import read
from mixbuild.sources.resolve import resolve
from mixbuild.tasks import find

COLUMNS = [("text",), ("label",)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of a file of several batches' weight, as it was planned."""
    rows = [{"text": f"{row['text']} {'x' * 3_000_000}", "label": 1} for row in imdb_rows(6)]
    write_parquet(tmp_path / "mirror/train.parquet", rows, row_group_size=1)
    (found,) = resolve(find("imdb"), str(tmp_path / "mirror"), splits=["train"]).runs["train"]
    return found


def rows_of(run: Run) -> int:
    return sum(len(numbers) for numbers, _ in read(run, COLUMNS, schema=IMDB_SCHEMA))


def told(run: Run) -> str:
    return (
        f"{run.place.label}: train.parquet: expected the file as it was when the build was "
        "planned, got another: it is being changed; wait until nobody writes it, then run the same "
        "command"
    )


def one_byte_later(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def grown(path: Path) -> None:
    write_parquet(path, imdb_rows(9))


def as_before(path: Path) -> None:
    """Other bytes of the same size, with the time of the last change put back."""
    before = path.stat()
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [one_byte_later, grown, as_before])
def test_a_file_that_changed_since_it_was_planned_is_not_read(
    run: Run, change: Callable[[Path], None]
) -> None:
    assert rows_of(run) == 6
    change(Path(run.address))
    with pytest.raises(SourceError) as caught:
        next(read(run, COLUMNS, schema=IMDB_SCHEMA))
    assert str(caught.value) == told(run)


@pytest.mark.parametrize("change", [one_byte_later, grown])
def test_a_file_that_changes_while_it_is_read_is_noticed(
    run: Run, change: Callable[[Path], None]
) -> None:
    batches = read(run, COLUMNS, schema=IMDB_SCHEMA)
    next(batches)
    change(Path(run.address))
    with pytest.raises(SourceError) as caught:
        list(batches)
    assert str(caught.value) == told(run), "and not that it may be damaged"


def test_the_same_bytes_are_the_same_file(run: Run) -> None:
    path = Path(run.address)
    os.utime(path, ns=(0, 0))
    assert rows_of(run) == 6
    shutil.copyfile(path, path.with_name("copy"))
    path.with_name("copy").replace(path)
    assert rows_of(run) == 6


def test_rows_that_were_planned_are_all_there(run: Run) -> None:
    with pytest.raises(SourceError) as caught:
        rows_of(replace(run, rows=7))
    assert str(caught.value) == (
        f"{run.place.label}: train.parquet: expected 7 rows, as when the build was planned, got 6; "
        "run the same command again"
    )


def test_a_build_of_a_file_that_changes_lists_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mirror"
    for name in ("train", "test"):
        write_parquet(folder / f"{name}.parquet", imdb_rows(3))

    def changing(*arguments: object) -> object:
        found = plan(*arguments)  # type: ignore[arg-type]
        one_byte_later(folder / "test.parquet")
        return found

    monkeypatch.setattr("mixbuild.make.workers.plan", changing)
    with pytest.raises(SourceError, match=r"test\.parquet: expected the file as it was when"):
        make(request(folder, tmp_path / "out"))
    assert not (tmp_path / "out/manifest.json").exists()
