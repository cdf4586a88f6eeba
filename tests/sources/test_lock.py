"""lock: what a source is at a commit, what has moved on since, and builds that stay there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from conftest import imdb_rows, read_shards
from hub_server import LoopbackHub
from mixbuild.cli import main as cli
from mixbuild.core.errors import LockError
from mixbuild.core.resources import read_project_file
from mixbuild.make.plan import Request, plan
from mixbuild.sources import lock
from mixbuild.sources.pin import pin
from mixbuild.sources.resolve import SAMPLES
from mixbuild.sources.survey import differences
from mixbuild.tasks import ALL, find
from prove.proving import (
    DOLLY,
    IMDB,
    SOURCES,
    SQUAD,
    TEST,
    TOKEN,
    TRAIN,
    TRAIN_2,
    Run,
    as_lock,
    entries,
    parquet,
    read_manifest,
)

pytest_plugins = ["prove.proving"]

NEWER = parquet([*imdb_rows(12), {"text": "One more.", "label": 1}])
"""The first file of imdb with a row more."""


def git_hash(content: bytes) -> str:
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


@pytest.fixture
def path(locked: Path, tmp_path: Path) -> Path:
    """A lock that may be changed."""
    return Path(shutil.copy(locked, tmp_path))


def check(run: Run, path: Path, *tasks: str) -> list[str]:
    """What lock --check finds: a line for each thing that has moved on."""
    done = run("lock", "--check", *tasks, "--lock", path)
    lines = [line.partition(": ")[2] for line in done.out.splitlines()]
    found = [line for line in lines if line != "as locked"]
    expected = f"error: {path}: sources have moved on; see above, then lock --update\n"
    assert (done.status, done.err) == ((1, expected) if found else (0, ""))
    return found


def test_the_project_ships_a_lock_of_its_own_tasks_and_invents_no_commit() -> None:
    kept = json.loads(read_project_file("sources.lock.json"))
    assert kept["format"] == 2
    assert lock.load(lock.default_path()) == as_lock(kept["sources"])
    assert set(kept["sources"]) <= {task.name for task in ALL}
    for name, entry in kept["sources"].items():
        assert entry["repo"] == find(name).source.repo
        assert re.fullmatch(r"[0-9a-f]{40}", entry["commit"])


def test_a_lock_says_all_that_the_hub_does(hub: LoopbackHub, locked: Path) -> None:
    found = entries(locked)
    assert list(found) == ["dolly", "imdb", "squad"]
    for name, repo, config, licence in (
        ("imdb", IMDB, "plain_text", "other"),
        ("squad", SQUAD, "plain_text", "cc-by-sa-4.0"),
        ("dolly", DOLLY, "default", "cc-by-sa-3.0"),
    ):
        files = {
            path: {
                "size": len(content),
                "hash": hashlib.sha256(content).hexdigest()
                if path.endswith(".parquet")
                else git_hash(content),
            }
            for path, content in SOURCES[repo].items()
        }
        entry = found[name]
        digests = [each.pop("content_digest") for each in entry["splits"].values()]
        assert all(len(bytes.fromhex(each)) == 16 for each in digests)
        assert len(set(digests)) == len(digests)
        assert entry == {
            "repo": repo,
            "commit": hub.commit(repo),
            "config": config,
            "license": licence,
            "files": files,
            "schema": entry["schema"],
            "splits": entry["splits"],
            "classes": {},
        }
    assert found["imdb"]["schema"] == {"text": "string", "label": "int64"}
    assert found["imdb"]["splits"] == {"train": {"rows": 25}, "test": {"rows": 9}}
    assert found["squad"]["schema"]["answers"] == (
        "struct<text: list<string>, answer_start: list<int32>>"
    )
    assert found["dolly"]["splits"] == {"train": {"rows": 18}}


def test_files_that_are_no_data_of_the_task_are_not_locked(
    hub: LoopbackHub, run: Run, path: Path
) -> None:
    hub.upload(IMDB, {"notes.txt": b"A note.", "plain_text/unsupervised.parquet": b"Not read."})
    assert check(run, path, "imdb") == []
    run.ok("lock", "--update", "imdb", "--lock", path)
    assert entries(path)["imdb"]["files"].keys() == SOURCES[IMDB].keys()


def test_lock_writes_what_is_missing_and_nothing_else(
    hub: LoopbackHub, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "a lock.json"
    first = run.ok("lock", "imdb", "--lock", path)
    assert first == (
        f"imdb: {IMDB}@{hub.commit(IMDB)}, 4 files, rows train 25, test 9, licence other\n  new\n"
    )
    before = entries(path)["imdb"]
    hub.upload(IMDB, {TRAIN: NEWER})
    assert run.ok("lock", "imdb", "dolly", "--lock", path).startswith(f"dolly: {DOLLY}@")
    assert entries(path)["imdb"] == before
    assert entries(path).keys() == {"imdb", "dolly"}
    asked = len(hub.log)
    assert run.ok("lock", "imdb", "dolly", "--lock", path) == ""
    assert len(hub.log) == asked


def test_make_says_what_was_not_locked_and_records_it(
    hub: LoopbackHub, run: Run, path: Path, tmp_path: Path
) -> None:
    some = entries(path)
    del some["imdb"], some["dolly"]
    lock.save(path, as_lock(some))
    arguments = ("make", "imdb", "squad", "dolly", "--lock", path, "--out", tmp_path / "out")
    line = (
        f"\nnot locked: imdb ({IMDB}@{hub.commit(IMDB)}), dolly ({DOLLY}@{hub.commit(DOLLY)}); "
        f"to stay there: lock imdb dolly\n"
    )
    assert line in run.ok(*arguments)
    again = run.ok(*arguments)
    assert line in again
    assert "nothing to do" in again
    found = {
        name: entry["made_of"]["source"] for name, entry in read_manifest(tmp_path / "out").items()
    }
    assert {name: each["locked"] for name, each in found.items()} == {
        "imdb": False,
        "squad": True,
        "dolly": False,
    }
    assert found["imdb"]["read_from"] == f"{IMDB}@{hub.commit(IMDB)}"
    assert all(each["drift"] == [] for each in found.values())


def test_locking_what_was_built_renders_nothing_again(
    hub: LoopbackHub, run: Run, tmp_path: Path
) -> None:
    arguments = ("--lock", tmp_path / "lock.json")
    make = ("make", "imdb", "--out", tmp_path / "out", *arguments)
    assert "not locked: imdb" in run.ok(*make)
    run.ok("lock", "imdb", *arguments)
    told = run.ok(*make)
    assert "not locked" not in told
    assert "0 shards rendered, 3 kept" in told
    assert read_manifest(tmp_path / "out")["imdb"]["made_of"]["source"]["locked"] is True


def test_samples_need_no_lock_and_say_nothing_of_it(run: Run, tmp_path: Path) -> None:
    assert "locked" not in run.ok("make", "imdb", "--samples", "--out", tmp_path / "out")


SMALL_LABELS = pa.schema([("text", pa.string()), ("label", pa.int8())])


def renamed_column() -> bytes:
    schema = pa.schema([("review", pa.string()), ("label", pa.int64())])
    rows = [{"review": row["text"], "label": row["label"]} for row in imdb_rows(12)]
    return parquet(rows, schema)


OTHER_CARD = SOURCES[IMDB]["README.md"].replace(b"license: other", b"license: cc-by-nc-4.0")
NO_LICENCE = SOURCES[IMDB]["README.md"].replace(b"license: other", b"pretty_name: imdb")
EVERY_FILE = {name: None for name in SOURCES[IMDB] if name.endswith(".parquet")}
SIZE = len(SOURCES[IMDB][TRAIN])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {TRAIN: NEWER},
            [rf"file {TRAIN}: {SIZE:,} bytes, \w{{12}} → {len(NEWER):,} bytes, \w{{12}}",
             r"rows of train: 25 → 26"],
        ),
        (
            {"plain_text/train-extra.parquet": parquet(imdb_rows(3, start=90))},
            [r"file plain_text/train-extra\.parquet: new", r"rows of train: 25 → 28"],
        ),
        (
            {TRAIN_2: None},
            [rf"{IMDB}@\w{{40}}: split 'train': expected 2 files, numbered 0 to 1, got "
             r"00000-of-00002; fetch what is missing, or take a mirror that is whole"],
        ),
        (
            {**dict.fromkeys(EVERY_FILE, renamed_column())},
            [r"column text: gone", r"column review: new", *[r"file .*"] * 3, r"rows of .*",
             r"rows of .*"],
        ),
        (
            dict.fromkeys(EVERY_FILE, parquet(imdb_rows(12), SMALL_LABELS)),
            [r"column label: int64 → int8", *[r"file .*"] * 3, *[r"rows of .*"] * 2],
        ),
        ({"README.md": OTHER_CARD}, [r"license: other → cc-by-nc-4\.0", r"file README\.md: .*"]),
        ({"README.md": NO_LICENCE}, [r"license: other → None", r"file README\.md: .*"]),
        ({"README.md": SOURCES[IMDB]["README.md"] + b"More words.\n"}, [r"file README\.md: .*"]),
    ],
    ids=["rows", "a file more", "a file less", "column", "type", "licence", "none", "card"],
)  # fmt: skip
def test_check_names_what_has_moved_on_and_make_stays(
    hub: LoopbackHub,
    run: Run,
    path: Path,
    tmp_path: Path,
    change: dict[str, bytes | None],
    expected: list[str],
) -> None:
    before = hub.commit(IMDB)
    after = hub.upload(IMDB, change)
    content = path.read_bytes()
    lines = check(run, path)
    assert len(lines) == len(expected), lines
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(f"newest: {pattern}", line), line
    assert path.read_bytes() == content, "a check writes nothing"
    asked = len(hub.log)
    stays(run, path, tmp_path / "out", before)
    assert not [each for each in hub.log[asked:] if after in each.path]


def stays(run: Run, path: Path, out: Path, commit: str, **variables: str) -> None:
    """Make builds the commit that is locked."""
    told = run.ok("make", "imdb", "--lock", path, "--out", out, **variables)
    assert "not locked" not in told
    rows = read_shards(out, "imdb", "train")
    assert set(rows["source"].to_pylist()) == {f"{IMDB}@{commit}"}
    assert rows.num_rows == 24


def test_a_source_that_became_a_script(
    hub: LoopbackHub, run: Run, path: Path, tmp_path: Path
) -> None:
    before = hub.commit(IMDB)
    after = hub.upload(IMDB, {"imdb.py": b"import datasets"})
    script = (
        f"{IMDB}@{after}: is a script now (imdb.py), which datasets does not run; stay at an "
        f"earlier commit, or take the branch refs/convert/parquet as a mirror"
    )
    assert check(run, path, "imdb") == [f"newest: {script}"]
    stays(run, path, tmp_path / "out", before)
    assert run.error("lock", "--update", "imdb", "--lock", path) == script


def test_a_source_that_has_another_name(
    hub: LoopbackHub, run: Run, path: Path, tmp_path: Path
) -> None:
    before = hub.commit(IMDB)
    hub.rename(IMDB, "stanford/movies")
    moved = f"{IMDB}: has moved to stanford/movies; declare that name in the task"
    assert check(run, path, "imdb") == [f"locked commit: {moved}"], "and not twice"
    stays(run, path, tmp_path / "out", before)
    assert run.error("lock", "--update", "imdb", "--lock", path) == moved
    hub.delete_repo("stanford/movies")


def test_a_source_that_became_gated(hub: LoopbackHub, run: Run, path: Path, tmp_path: Path) -> None:
    hub.gated = frozenset({IMDB})
    gated = f"{IMDB}: is gated, so that not everyone can build from it; take a mirror that is not"
    assert check(run, path, "imdb") == [f"locked commit: {gated}"]
    refused = run.error("make", "imdb", "--lock", path, "--out", tmp_path / "out")
    assert refused.startswith(f"{IMDB}@{hub.commit(IMDB)}: the Hub says that this dataset is gated")
    stays(run, path, tmp_path / "out", hub.commit(IMDB), HF_TOKEN=TOKEN)


def test_a_source_that_is_gone(hub: LoopbackHub, run: Run, path: Path, tmp_path: Path) -> None:
    commit = hub.commit(IMDB)
    hub.delete_repo(IMDB)
    gone = (
        "the Hub has no such dataset, or none that this HF_TOKEN may see; check the name, or read "
        "a mirror with --source"
    )
    assert check(run, path) == [
        f"locked commit: {IMDB}@{commit}: {gone}",
        f"newest: {IMDB}@main: {gone}",
    ]
    made = run.error("make", "imdb", "--lock", path, "--out", tmp_path / "out")
    assert made == f"{IMDB}@{commit}: {gone}"
    assert not (tmp_path / "out").exists()


def test_a_locked_commit_that_is_gone(
    hub: LoopbackHub, run: Run, path: Path, tmp_path: Path
) -> None:
    commit = hub.commit(IMDB)
    hub.delete_repo(IMDB)
    hub.upload(IMDB, {**SOURCES[IMDB], TRAIN: NEWER}, message="history was written anew")
    line = f"{IMDB}@{commit}: the dataset has no such revision; check the branch, tag or commit"
    assert check(run, path, "imdb")[0] == f"locked commit: {line}"
    assert run.error("make", "imdb", "--lock", path, "--out", tmp_path / "out") == line
    assert "rows of train: 25 → 26" in run.ok("lock", "--update", "imdb", "--lock", path)
    assert check(run, path) == []


def test_files_that_changed_at_the_locked_commit_are_named_there(run: Run, path: Path) -> None:
    """As a lock that was edited by hand, or a Hub that lies."""
    changed = entries(path)
    changed["imdb"]["files"][TRAIN]["size"] += 1
    lock.save(path, as_lock(changed))
    (line,) = check(run, path, "imdb")
    assert line.startswith(f"locked commit: file {TRAIN}: {SIZE + 1:,} bytes, ")


def test_a_commit_without_any_change_of_the_source_is_no_drift(
    hub: LoopbackHub, run: Run, path: Path
) -> None:
    before = hub.commit(IMDB)
    after = hub.upload(IMDB, {"notes.txt": b"A note."})
    assert check(run, path) == []
    told = run.ok("lock", "--update", "imdb", "--lock", path)
    assert told.endswith("licence other\n  as before\n")
    assert before != after == entries(path)["imdb"]["commit"]


def test_a_hub_that_fails_says_nothing_about_the_source(
    hub: LoopbackHub, run: Run, path: Path
) -> None:
    hub.fail("GET /api/datasets", times=5, status=503)
    assert run.error("lock", "--check", "imdb", "--lock", path) == (
        f"{IMDB}@{hub.commit(IMDB)}: the Hub answered 503 time and again; try again later"
    )


def test_check_wants_something_to_check(run: Run, path: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.json"
    assert run.error("lock", "--check", "--lock", nowhere) == (
        f"{nowhere}: expected entries to check, got none; run lock first"
    )
    assert run.error("lock", "--check", "imdb", "billsum", "--lock", path) == (
        f"{path}: expected an entry of 'billsum', got none; run lock billsum"
    )
    both = run("lock", "--check", "--update", "--lock", path)
    assert (both.status, both.err) == (
        2,
        "error: --update writes and --check does not; say one of them\n",
    )


def test_an_entry_of_a_task_that_is_no_more(run: Run, path: Path) -> None:
    found = entries(path)
    lock.save(path, as_lock({"imdb": found["imdb"], "imdb_old": found["imdb"]}))
    assert check(run, path) == ["there is no such task any more"]


def test_update_shows_what_changed_before_it_writes(hub: LoopbackHub, run: Run, path: Path) -> None:
    before = entries(path)
    more = b'{"instruction":"Add.","context":"","response":"Done.","category":"qa","id":1}\n'
    hub.upload(DOLLY, {"databricks-dolly-15k.jsonl": more})
    hub.upload(IMDB, {"README.md": OTHER_CARD, TEST: parquet(imdb_rows(9, start=41))})
    told = run.ok("lock", "--update", "--lock", path, "imdb", "dolly")
    size = len(SOURCES[DOLLY]["databricks-dolly-15k.jsonl"])
    line = re.sub(r"(?<= bytes, )\w{12}", "…", told)
    assert line == (
        f"imdb: {IMDB}@{hub.commit(IMDB)}, 4 files, rows train 25, test 9, licence cc-by-nc-4.0\n"
        f"  license: other → cc-by-nc-4.0\n"
        f"  file README.md: 160 bytes, … → 167 bytes, …\n"
        f"  file {TEST}: {len(SOURCES[IMDB][TEST]):,} bytes, … → "
        f"{len(hub.files(IMDB)[TEST]):,} bytes, …\n"
        f"  rows of test: as many as before, not the same\n"
        f"dolly: {DOLLY}@{hub.commit(DOLLY)}, 2 files, rows train 1, licence cc-by-sa-3.0\n"
        f"  column id: new\n"
        f"  file databricks-dolly-15k.jsonl: {size:,} bytes, … → {len(more)} bytes, …\n"
        f"  rows of train: 18 → 1\n"
    )
    after = entries(path)
    assert after["squad"] == before["squad"]
    assert {name: after[name]["commit"] for name in ("imdb", "dolly")} == {
        "imdb": hub.commit(IMDB),
        "dolly": hub.commit(DOLLY),
    }
    assert check(run, path) == []


def test_the_change_is_shown_while_the_lock_is_still_as_it_was(
    hub: LoopbackHub, run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = entries(path)["imdb"]
    newer = {**entry, "license": "mit"}
    surveyed = as_lock({"imdb": newer})["imdb"]
    monkeypatch.setattr(sys.modules[pin.__module__], "survey", lambda task, **_: surveyed)
    pinned = pin(path, [find("imdb")], update=True)
    assert next(pinned) == (find("imdb"), surveyed, ["license: other → mit"])
    assert entries(path)["imdb"] == entry, "shown, and not written"
    del pinned
    assert entries(path)["imdb"] == entry
    assert list(pin(path, [find("imdb")], update=True))
    assert entries(path)["imdb"] == newer


@pytest.mark.parametrize("what", ["interrupted", "killed", "failing", "column"])
def test_an_update_that_does_not_end_well_leaves_the_lock_as_it_was(
    hub: LoopbackHub, run: Run, path: Path, what: str
) -> None:
    before = path.read_bytes()
    column = what == "column"
    commit = hub.upload(IMDB, {**dict.fromkeys(EVERY_FILE, renamed_column() if column else NEWER)})
    if what == "failing":
        hub.fail("GET .*test-00000", times=30, status=404)
    elif what in ("interrupted", "killed"):
        sent = signal.SIGINT if what == "interrupted" else signal.SIGKILL
        hub.before(f"GET .*{commit}/{TEST}", lambda: os.kill(run.pid, sent))
    done = run("lock", "--update", "imdb", "--lock", path)
    assert done.status == (-signal.SIGKILL if what == "killed" else 1)
    assert done.out == ""
    assert done.err.count("\n") == {"interrupted": 2, "killed": 0}.get(what, 1)
    if what == "interrupted":
        assert done.err.startswith("\nerror: interrupted; ")
    if column:
        assert "error: task 'imdb'" in done.err
        assert "text" in done.err
        assert "review: string" in done.err
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_of_several_sources_those_before_a_failing_one_are_locked(
    hub: LoopbackHub, run: Run, path: Path
) -> None:
    before = entries(path)
    hub.upload(IMDB, {TRAIN: NEWER})
    hub.delete_repo(SQUAD)
    assert run.error("lock", "--update", "imdb", "squad", "--lock", path).startswith(SQUAD)
    after = entries(path)
    assert after["imdb"]["splits"]["train"]["rows"] == 26
    assert {name: after[name] for name in ("squad", "dolly")} == {
        name: before[name] for name in ("squad", "dolly")
    }


def test_a_lock_that_cannot_be_written_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "no such folder" / "lock.json"
    assert run.error("lock", "imdb", "--lock", path) == (
        f"{path}: cannot be written (No such file or directory); make room, or name another with "
        f"--lock"
    )


def cut(text: str) -> str:
    return text[: len(text) // 2]


def without(name: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        found = json.loads(text)
        del found["sources"]["imdb"][name]
        return json.dumps(found)

    return change


def having(**values: object) -> Callable[[str], str]:
    def change(text: str) -> str:
        found = json.loads(text)
        found["sources"]["imdb"].update(values)
        return json.dumps(found)

    return change


DIGITS = r"str matching regex '^([0-9a-f]{40}|[0-9a-f]{64})$'"
FIELDS = ("repo", "commit", "config", "license", "files", "schema", "splits")
BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "cut": (cut, "expected JSON, got something else (Input data was truncated)"),
    "empty": (lambda _: "", "expected JSON, got something else (Input data was truncated)"),
    "a list": (lambda _: "[]", "expected object, got []"),
    "null": (lambda _: "null", "expected object, got None"),
    "no text": (lambda _: "\ud800", "expected JSON, got something else ("),
    "deep": (lambda _: "[" * 100_000, "expected JSON, got more than 64 lists and objects"),
    "digits": (having(files={"a": {"size": 0, "hash": "0"}}, config="9" * 5_000), "sources.imdb."),
    "a long integer": (
        lambda _: '{"format": 2, "sources": ' + "9" * 5_000 + "}",
        "expected JSON, got something else (Integer value out of range)",
    ),
    "no sources": (lambda _: '{"format": 2}', "expected the field sources, got none"),
    "a list of sources": (
        lambda _: '{"format": 2, "sources": [1]}',
        "sources: expected object, got [1]",
    ),
    "an entry that is none": (
        lambda _: '{"format": 2, "sources": {"imdb": 1}}',
        "sources.imdb: expected object, got 1",
    ),
    **{
        f"without {name}": (without(name), f"sources.imdb: expected the field {name}, got none")
        for name in FIELDS
    },
    "no commit": (having(commit=None), "sources.imdb.commit: expected str, got None"),
    "a branch": (having(commit="main"), f"sources.imdb.commit: expected {DIGITS}, got 'main'"),
    "39 digits": (having(commit="0" * 39), f"sources.imdb.commit: expected {DIGITS}, got '000"),
    "files of another kind": (
        having(files=["a"]),
        "sources.imdb.files: expected object, got ['a']",
    ),
    "a file without a hash": (
        having(files={"a": {"size": 1}}),
        "sources.imdb.files.a: expected the field hash, got none",
    ),
    "a size in words": (
        having(files={"a": {"size": "one", "hash": "0" * 40}}),
        "sources.imdb.files.a.size: expected int, got 'one'",
    ),
    "rows of another kind": (
        having(splits={"train": {"rows": None, "content_digest": "0"}}),
        "sources.imdb.splits.train.rows: expected int, got None",
    ),
    "a split of another kind": (
        having(splits={"train": 25}),
        "sources.imdb.splits.train: expected object, got 25",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_lock_is_one_line(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    change, expected = BROKEN[fault]
    path.write_bytes(change(path.read_text("utf-8")).encode("utf-8", "surrogatepass"))
    for command in ("make imdb", "lock imdb", "lock --check", "lock --update imdb"):
        out = ["--out", str(tmp_path / "out")] if command.startswith("make") else []
        assert cli.run([*command.split(), "--lock", str(path), *out]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"error: {path}: {expected}")
        assert told.endswith("; delete it and run lock again\n")
        assert told.count("\n") == 1
        assert len(told) < 400
    assert not (tmp_path / "out").exists()


def test_what_a_newer_version_noted_survives_a_round_trip(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    found["note"] = {"of": [1]}
    found["sources"]["imdb"]["mirror"] = "x"
    found["sources"]["imdb"]["files"][TRAIN]["xet"] = "y"
    path.write_text(json.dumps(found))
    some = lock.load(path)
    lock.save(path, {name: some[name] for name in ("imdb", "squad")})
    del found["sources"]["dolly"]
    assert json.loads(path.read_text("utf-8")) == found


def test_a_commit_of_64_digits_is_kept_and_what_is_none_is_not_written(path: Path) -> None:
    found = entries(path)["imdb"]
    lock.save(path, as_lock({"imdb": {**found, "commit": "ab" * 32}}))
    before = path.read_bytes()
    assert lock.load(path)["imdb"].commit == "ab" * 32
    other = msgspec.structs.replace(lock.load(path)["imdb"], commit="4711")
    with pytest.raises(LockError) as caught:
        lock.save(path, {"imdb": other})
    assert str(caught.value) == (
        f"{path}: sources.imdb.commit: expected {DIGITS}, got '4711'; nothing was written; is "
        "HF_ENDPOINT a Hub's address?"
    )
    assert path.read_bytes() == before


def test_a_folder_in_the_place_of_a_lock_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LockError) as caught:
        lock.load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected a lock file, got one that cannot be read (Is a directory); name "
        "another with --lock"
    )


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(1, "delete it and run lock again"), (3, "update instruct_mix")],
    ids=["older", "newer"],
)
def test_a_lock_of_another_format_is_one_line(path: Path, number: int, remedy: str) -> None:
    path.write_text(json.dumps({"format": number, "sources": {}}))
    with pytest.raises(LockError) as caught:
        lock.load(path)
    assert str(caught.value) == f"{path}: expected format 2, got {number}; {remedy}"


def test_a_task_of_another_repo_than_the_locked_one_is_one_line(
    run: Run, path: Path, tmp_path: Path
) -> None:
    changed = entries(path)
    changed["imdb"]["repo"] = "someone/imdb"
    lock.save(path, as_lock(changed))
    line = (
        f"task 'imdb': expected its source {IMDB} in the lock, got someone/imdb; run lock --update "
        f"imdb"
    )
    assert run.error("make", "imdb", "--lock", path, "--out", tmp_path / "out") == line
    assert run.error("lock", "imdb", "--lock", path) == line
    assert check(run, path, "imdb") == [f"repo: the lock has someone/imdb, the task {IMDB}"]
    samples = Request([find("imdb")], tmp_path / "out", {"imdb": SAMPLES}, lock=as_lock(changed))
    assert plan(find("imdb"), samples).resolved.locked is False, "which do not come from there"
    told = run.ok("lock", "--update", "imdb", "--lock", path)
    assert told.endswith(f"  repo: someone/imdb → {IMDB}\n")


def told(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    both = as_lock({"old": old, "new": new})
    return differences(both["old"], both["new"])


def test_differences_are_told_a_line_each() -> None:
    file = {"size": 1_000, "hash": "0123456789abcdef" + "0" * 24}
    old: dict[str, Any] = {
        "repo": "a/b",
        "commit": "0" * 40,
        "config": "default",
        "license": None,
        "files": {"a": file, "b": file},
        "schema": {"x": "string", "y": "int64"},
        "splits": {
            "train": {"rows": 1_000, "content_digest": "0"},
            "test": {"rows": 2, "content_digest": "1"},
        },
    }
    assert told(old, {**old, "commit": "1" * 40}) == [], "the commit alone is none"
    unread = {"test": {"rows": 2, "content_digest": ""}}
    assert told(old, {**old, "splits": unread}) == [], "nor is what was not read"
    new = {
        "repo": "a/c",
        "commit": "1" * 40,
        "config": "other",
        "license": "mit",
        "files": {"a": {**file, "size": 1_001}, "c": file},
        "schema": {"y": "int32", "z": "string"},
        "splits": {
            "train": {"rows": 1_001, "content_digest": "2"},
            "test": {"rows": 2, "content_digest": "3"},
        },
    }
    assert told(old, new) == [
        "repo: a/b → a/c",
        "config: default → other",
        "license: None → mit",
        "column x: gone",
        "column z: new",
        "column y: int64 → int32",
        "file b: gone",
        "file c: new",
        "file a: 1,000 bytes, 0123456789ab → 1,001 bytes, 0123456789ab",
        "rows of train: 1,000 → 1,001",
        "rows of test: as many as before, not the same",
    ]
