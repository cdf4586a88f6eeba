"""Export: rows in a row format and a container, to a file or a folder, whole or not at all."""

from __future__ import annotations

import errno
import gzip
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import Commands
from conftest import ROOT, Build, imdb_rows, read_shards, write_parquet
from mixbuild.core import OutputError, UsageError, VerifyError, mutex
from mixbuild.declare import RowFormat
from mixbuild.publish import deliver, open_place
from mixbuild.publish.formats import back, columns_of

SPLITS = ("train", "test")


Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(commands: Commands) -> Run:
    """A command that ends well: what it prints."""

    def run(*words: str | Path) -> str:
        done = commands.run(*words, env=os.environ, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def made(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of two splits."""
    folder = tmp_path_factory.mktemp("made")
    for name in SPLITS:
        path = folder / "mirror" / f"{name}-00000-of-00001.parquet"
        write_parquet(path, imdb_rows(30, start=SPLITS.index(name) * 100))
    words = ["make", "imdb", "--source", f"imdb={folder / 'mirror'}", "--allow-drift"]
    run(*words, "--out", folder / "out")
    return folder / "out"


def read_lines(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".zst":
        with pa.input_stream(str(path), compression="zstd") as file:
            content = file.read()
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_a_file_of_lines_has_the_rows_of_every_split(
    run: Run, made: Path, tmp_path: Path, ending: str
) -> None:
    to = tmp_path / f"rows.{ending}"
    told = run("export", made, "--as", "messages", "--to", to)
    asked = RowFormat("messages")
    laid = pa.RecordBatch.from_pylist(read_lines(to), columns_of(asked))
    expected = pa.concat_tables([read_shards(made, "imdb", split) for split in SPLITS])
    assert pa.Table.from_batches([back(laid, asked)]).equals(expected)
    assert told.splitlines()[-2:] == [
        f"{to}: 60 rows as messages",
        "test, train are in one file: --split takes one of them",
    ]
    assert list(tmp_path.iterdir()) == [to]


@pytest.mark.parametrize("name", ["prompt_completion", "messages", "alpaca", "sharegpt", "text"])
def test_a_folder_has_a_file_for_each_split(made: Path, tmp_path: Path, name: str) -> None:
    asked, to = RowFormat(name), tmp_path / "rows"
    done = deliver(open_place(str(made)), to, asked)
    assert [(each.config, each.split, each.rows, each.path) for each in done] == [
        ("imdb", split, 30, to / f"imdb/{split}-00000-of-00001.parquet") for split in SPLITS
    ]
    for each in done:
        table = pq.read_table(each.path)
        assert table.schema.names == columns_of(asked).names
        (batch,) = table.cast(columns_of(asked)).combine_chunks().to_batches()
        rows = pa.Table.from_batches([back(batch, asked)])
        assert rows.equals(read_shards(made, "imdb", each.split).combine_chunks())
    assert list(tmp_path.iterdir()) == [to]


def test_only_the_columns_that_are_asked_for_go_along(run: Run, made: Path, tmp_path: Path) -> None:
    some, none = tmp_path / "some.jsonl", tmp_path / "none.jsonl"
    run("export", made, "--as", "messages", "--columns", "id,task", "--split", "test", "--to", some)
    run("export", made, "imdb", "--as", "text", "--columns", "none", "--to", none)
    assert {tuple(row) for row in read_lines(some)} == {("messages", "task", "id")}
    assert {tuple(row) for row in read_lines(none)} == {("text",)}
    assert len(read_lines(some)) == 30


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--as", "mesages"], "unknown row format 'mesages'; did you mean 'messages'? Known: "),
        (
            ["--columns", "idd"],
            "unknown column 'idd'; did you mean 'id'?",
        ),
        (["--split", "trian"], "{made}: unknown split 'trian'; did you mean 'train'? Known: "),
        (["imbd"], "{made}: unknown config 'imbd'; did you mean 'imdb'? Known: imdb"),
        (["--container", "json"], "unknown container 'json'; did you mean 'jsonl'"),
        (["--container", "jsonl", "--to", "{to}.parquet"], "{to}.parquet: is named like parquet, "),
        (["--to", "{to}.json"], "{to}.json: unknown ending '.json'; did you mean '.jsonl'"),
        (["--to", "{made}"], "{made}: is there already; delete it, or choose another --to"),
        (["--to", "{file}"], "{file}: is there already; delete it, or choose another --to"),
        (["--as", "alpaca", "--system", "x"], "alpaca: has no place for a system message; "),
    ],
)
def test_what_cannot_be_had_is_one_line(
    build: Build, made: Path, tmp_path: Path, words: list[str], error: str
) -> None:
    file = tmp_path / "there.jsonl"
    file.write_text("{}\n")
    names = {"made": str(made), "to": str(tmp_path / "to"), "file": str(file)}
    done = build("export", made, "--to", tmp_path / "to", *(each.format(**names) for each in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: " + error.format(**names))
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "{}\n"


def test_lines_without_the_package_that_writes_them_are_refused_before_anything(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    for target in (tmp_path / "rows.jsonl.gz", tmp_path / "folder"):
        with pytest.raises(UsageError) as caught:
            list(deliver(open_place(str(made)), target, RowFormat(), container="jsonl.gz"))
        assert str(caught.value) == (
            "JSON lines are written by the package polars, which is not installed; run pip install "
            "'instruct_mix[json]', or ask for .parquet"
        )
    assert list(tmp_path.iterdir()) == []


def test_whoever_has_no_place_for_an_export_is_told_to_choose_another_to(
    made: Path, tmp_path: Path
) -> None:
    def refused() -> str:
        with pytest.raises(OutputError) as caught:
            list(deliver(open_place(str(made)), tmp_path / "to", RowFormat()))
        return str(caught.value)

    work = tmp_path / "to.partial"
    with mutex(work):
        assert refused() == (
            f"{work}: another export is at work here; wait for it, or choose another --to"
        )
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
        assert refused().endswith(
            ": cannot be written (File too large); make room or choose another --to, then run the "
            "same command: finished units are kept"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_every_split_of_one_file_is_counted(made: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    done = deliver(
        open_place(str(made)),
        tmp_path / "rows.jsonl",
        RowFormat(),
        report=lambda *count: told.append(count),
    )
    assert len(done) > 1
    assert told == [(number, len(done)) for number in [*range(len(done) + 1), len(done)]]


KILLED = """
import json, os, signal, sys
sys.path[:0] = [sys.argv[1]]
from mixbuild.core import files
from mixbuild.cli.main import main
from mixbuild.publish.containers import Written
write, put_in_place, written = Written.write, files.put_in_place, [0]
def end():
    os.kill(os.getpid(), signal.SIGKILL)
def write_and_end(self, group):
    write(self, group)
    written[0] += 1
    if written[0] == groups:
        end()
def put(partial, path):
    if written[0] and not groups:
        end()  # the file is written, and has no name yet
    put_in_place(partial, path)
Written.write, files.put_in_place = write_and_end, put
for groups, words in json.loads(sys.argv[2]):
    pid = os.fork()  # each in a process of its own, which has imported all that it needs
    if not pid:
        main(words)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


NAMES = ["rows.jsonl", "rows.jsonl.gz", "rows.jsonl.zst", "rows.parquet", "rows.arrow", "rows"]


KILLS = [
    *((name, 0) for name in NAMES),
    *((name, 1) for name in ("rows.jsonl.gz", "rows.parquet", "rows")),
    *((name, 2) for name in ("rows.jsonl", "rows")),
]
"""What is exported, and after how many groups its process ends; 0 is before it has a name."""


@pytest.fixture(scope="module")
def killed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Path]:
    """Where each was to go whose process was killed."""
    places = {(name, groups): tmp_path_factory.mktemp("killed") / name for name, groups in KILLS}
    words = [
        (groups, ["export", str(made), "--as", "sharegpt", "--to", str(to)])
        for (_, groups), to in places.items()
    ]
    command = [sys.executable, "-c", KILLED, str(ROOT / "build"), json.dumps(words)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    ends = [-signal.SIGKILL] * len(KILLS)
    assert [int(line) for line in done.stdout.splitlines()] == ends, done.stderr
    return places


@pytest.mark.parametrize(("name", "groups"), KILLS)
def test_killed_it_goes_on_to_the_same_bytes(
    made: Path, killed: dict[tuple[str, int], Path], tmp_path: Path, name: str, groups: int
) -> None:
    whole, to = tmp_path / name, killed[name, groups]
    asked = RowFormat("sharegpt")
    deliver(open_place(str(made)), whole, asked)
    assert not to.exists()
    assert list(to.parent.iterdir()), "what was begun"
    deliver(open_place(str(made)), to, asked)
    assert list(to.parent.iterdir()) == [to]
    assert contents(to) == contents(whole)


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("name", ["rows.jsonl", "rows"])
def test_a_disk_that_fails_at_any_step_leaves_what_is_finished_or_nothing(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    whole = tmp_path / "whole" / name
    whole.parent.mkdir()
    deliver(open_place(str(made)), whole, RowFormat())
    real = getattr(os, step)
    for steps in itertools.count():
        left = [None] * steps
        to = tmp_path / f"{steps}" / name
        to.parent.mkdir()

        def fail(*arguments: Any, left: list[None] = left) -> Any:
            if not left:
                monkeypatch.undo()
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            left.pop()
            return real(*arguments)

        monkeypatch.setattr(os, step, fail)
        try:
            deliver(open_place(str(made)), to, RowFormat())
        except OutputError as error:
            told = str(error)
        else:
            break
        assert told.startswith(f"{to}: cannot be written (Input/output error); look at the disk, ")
        assert "\n" not in told
        assert not to.exists()
        held = [path for path in (tmp_path / f"{steps}").rglob("*") if path.is_file()]
        rows = [path for path in held if "rows" in path.relative_to(to.parent).parts[1:2]]
        assert bool(rows) == bool(held)
        assert not [path for path in held if path.suffix == ".partial"]
        deliver(open_place(str(made)), to, RowFormat())
        assert list(to.parent.iterdir()) == [to]
        assert contents(to) == contents(whole)
    assert steps >= 3
    monkeypatch.undo()


def contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in files}


@pytest.mark.parametrize("key", [b"another", b"", b"\xff", None])
def test_what_was_begun_for_other_rows_is_begun_again(
    made: Path, tmp_path: Path, key: bytes | None
) -> None:
    rows = tmp_path / "to.partial/rows/imdb"
    rows.mkdir(parents=True)
    (rows / "train-00000-of-00001.parquet").write_bytes(b"of another build")
    if key is not None:
        (tmp_path / "to.partial/key").write_bytes(key)
    done = deliver(open_place(str(made)), tmp_path / "to", RowFormat())
    assert pq.read_table(done[0].path).num_rows == 30


def test_a_damaged_shard_is_not_handed_out(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run(["cp", "-r", str(made), str(out)], check=True)
    shard = next((out / "imdb").glob("train-*.arrow"))
    content = shard.read_bytes()
    shard.write_bytes(content.replace(b"Review number 7", b"Review number 8"))
    with pytest.raises(VerifyError) as caught:
        deliver(open_place(str(out)), tmp_path / "to", RowFormat("messages"))
    assert str(caught.value).startswith(f"{shard}: expected 30 rows with the content digest ")
    assert not (tmp_path / "to").exists()
