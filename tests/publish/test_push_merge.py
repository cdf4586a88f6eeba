"""A push onto what others publish, before it or at once: both stay whole, nothing else moves."""

from __future__ import annotations

import functools
import itertools
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from commands import Commands
from conftest import as_json, from_json
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core import HubError
from mixbuild.core.progress import Report, silent
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import plots
from mixbuild.publish.card import write as card
from mixbuild.publish.hub.changes import SHARD
from mixbuild.publish.hub.commit import publish
from mixbuild.publish.hub.plan import Covered, Plan, Target, make_plan
from mixbuild.publish.manifest import Published
from mixbuild.tasks import find
from publish.pushing import (
    REPO,
    Builds,
    Built,
    Waits,
    check_tree,
    environment,
    export_build,
    push,
    requests,
    send,
)
from publish.pushing import published as manifest_of

pytest_plugins = ("publish.pushing",)
pytestmark = pytest.mark.usefixtures("undrawn")


def as_of_format_1(manifest: dict[str, Any]) -> bytes:
    """The manifest as the version before this one published it: a config was its task."""
    tasks = {}
    for name, config in manifest.pop("configs").items():
        made_of = config.pop("made_of")
        assert (made_of.pop("kind"), made_of.pop("task")) == ("task", name)
        del made_of["declaration"], made_of["benchmarks"]
        tasks[name] = {**made_of, **config}
    return json.dumps({**manifest, "format": 1, "tasks": tasks}, indent=2).encode()


def test_what_an_older_version_published_is_pushed_onto(
    at_the_hub: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    send(api, builds("squad", "imdb"))
    before, files = manifest_of(at_the_hub), at_the_hub.files(REPO)
    assert list(before["configs"]) == ["imdb", "squad"]
    at_the_hub.upload(REPO, {"manifest.json": as_of_format_1(manifest_of(at_the_hub))})
    check_tree(api)
    pushed = send(api, builds("imdb", otherwise=True))
    assert pushed.changed
    now = manifest_of(at_the_hub)
    assert now["format"] == 2
    assert "tasks" not in now
    # it kept none of them
    before["configs"]["squad"]["made_of"] |= {"declaration": None, "benchmarks": {}}
    assert now["configs"]["squad"] == before["configs"]["squad"]
    assert now["configs"]["imdb"] == as_json(builds("imdb", otherwise=True).entries["imdb"])
    assert list(now["history"]) == ["1.1.0", "1.0.0"]
    assert now["history"]["1.0.0"] == before["history"]["1.0.0"]
    kept = {path for path in files if path.startswith("squad/")}
    assert {path: at_the_hub.files(REPO)[path] for path in kept} == {
        path: files[path] for path in kept
    }
    assert configs(at_the_hub) == ["imdb", "squad"]
    check_tree(api)


def configs(served: LoopbackHub) -> list[str]:
    """Those of the card, which must be those of the manifest."""
    data, _ = card.split_card(served.files(REPO)["README.md"].decode())
    named = sorted(each["config_name"] for each in data["configs"])
    assert named == sorted(each["config_name"] for each in data["dataset_info"])
    assert [each["config_name"] for each in data["configs"] if each.get("default")]
    assert named == sorted(manifest_of(served)["configs"])
    return named


def shards(served: LoopbackHub) -> dict[str, bytes]:
    return {path: content for path, content in served.files(REPO).items() if SHARD.fullmatch(path)}


def test_somebody_who_was_faster_is_merged_with(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits
) -> None:
    send(api, builds("imdb"))
    for theirs in ("billsum", "gsm8k"):  # twice in a row
        loopback.before("/commit/main$", functools.partial(send, api, builds(theirs)))
    loopback.before("/commit/main$", lambda: loopback.upload(REPO, {"theirs.txt": b"theirs"}))
    pushed = send(api, builds("squad"))
    assert configs(loopback) == ["billsum", "gsm8k", "imdb", "squad"]
    assert loopback.files(REPO)["theirs.txt"] == b"theirs"
    answers = [each.status for each in loopback.log if "/commit/" in each.path]
    assert answers.count(412) >= 1
    assert pushed.commit == loopback.commit(REPO)
    check_tree(api)
    sent = requests(loopback, "PUT", "/lfs/")
    assert len(sent) == len(set(sent)), "nothing is sent twice"


def test_who_loses_a_race_says_so_waits_and_draws_nothing_twice(
    loopback: LoopbackHub,
    api: HfApi,
    builds: Builds,
    waits: Waits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(api, builds("imdb"))
    drawn: list[object] = []

    def draw(data: object) -> bytes:
        drawn.append(data)
        return repr(data).encode()

    monkeypatch.setattr(plots, "rows_plot", draw)
    monkeypatch.setattr(plots, "lengths_plot", draw)
    for number in range(3):  # each is faster than the one before, and draws nothing of its own
        loopback.before(
            "/commit/main$",
            functools.partial(loopback.upload, REPO, {f"{number}.txt": b"theirs"}),
            times=1,
        )
    loopback.fail("/commit/main$", times=2, status=412)  # a Hub that lags; nobody was faster
    said: list[str] = []

    @contextmanager
    def progress(what: str, _unit: str) -> Iterator[Report]:
        said.append(what)
        yield silent

    held: dict[str, bytes] = {}
    built = builds("squad")
    plan_again = functools.partial(planned, api, built, held)
    publish(api, Target(REPO), plan_again(None), plan_again, progress=progress)
    once = "sending, someone was faster 1 time"
    assert said == ["sending", once, once]
    assert len(drawn) == 2, "each image once, whoever was faster"
    assert len(waits.by_thread) == 1
    assert configs(loopback) == ["imdb", "squad"]


def test_who_loses_every_race_gives_up_and_says_how_many(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits
) -> None:
    send(api, builds("imdb"))
    others = itertools.count()
    loopback.before(
        "/commit/main$",
        lambda: loopback.upload(REPO, {"theirs.txt": str(next(others)).encode()}),
        times=1000,
    )
    with pytest.raises(HubError) as caught:
        send(api, builds("squad"))
    assert str(caught.value) == (
        f"{REPO}: someone else was faster 30 times in 30; run the same command later: what was "
        f"sent is kept"
    )
    assert configs(loopback) == ["imdb"]


def planned(api: HfApi, built: Built, drawn: dict[str, bytes], covered: Covered | None) -> Plan:
    return make_plan(
        api, Target(REPO), built.entries, built.files, "parquet", covered=covered, drawn=drawn
    )


def test_four_pushers_at_once_all_arrive(
    loopback: LoopbackHub, api: HfApi, builds: Builds, commands: Commands, tmp_path: Path
) -> None:
    names = ("squad", "imdb", "billsum", "gsm8k")
    outs = [builds(name).out for name in names]
    # all four find no repo, and come to their first commit before any of them is heard
    for pattern in ("/repos/create$", "/commit/main$"):
        loopback.before(pattern, threading.Barrier(4, timeout=60).wait, times=4)
    environ = environment(loopback, tmp_path)
    running = [
        commands.begin("push", REPO, "--out", out, env=environ, cwd=tmp_path) for out in outs
    ]
    assert [each.wait().stderr for each in running] == [""] * 4
    assert configs(loopback) == sorted(names)
    assert [each.title for each in loopback.commits(REPO)][::-1] == [
        "initial commit",
        *(f"Version 1.{minor}.0" for minor in range(4)),
    ]
    check_tree(api)


def test_nothing_new_is_no_commit_and_no_upload(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    first = send(api, builds("squad", "imdb"))
    before = len(loopback.log)
    for built in (builds("squad", "imdb"), builds("imdb"), builds("squad")):
        again = send(api, built)
        assert (again.changed, again.commit) == (False, first.commit)
    assert {each.method for each in loopback.log[before:]} == {"GET"}


def test_one_template_that_changed_sends_only_what_it_made(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    names = ("squad", "imdb", "billsum")
    send(api, builds(*names))
    before = loopback.files(REPO)
    sent = len(requests(loopback, "PUT", "/lfs/"))
    plan = send(api, builds(*names, otherwise=True)).plan
    after = loopback.files(REPO)
    moved = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    images = {path for path in moved if re.fullmatch(r"assets/lengths-\w{8}\.png", path)}
    of_imdb = {"imdb/train-00000-of-00001.parquet", "imdb/test-00000-of-00001.parquet"}
    texts = {"manifest.json", "README.md", "assets/templates.md"}
    assert moved == of_imdb | images | texts
    assert len(images) == 2, "the old one goes, a new one comes"
    assert len(requests(loopback, "PUT", "/lfs/")) - sent == len(of_imdb) + 1
    # and the plan said just that
    assert {file.path for file in plan.changes.replaced} == of_imdb | texts
    assert {file.path for file in plan.changes.added} == images & after.keys()
    assert {path for path, _ in plan.changes.deleted} == images & before.keys()
    assert manifest_of(loopback)["version"] == "1.1.0"
    check_tree(api)


def test_what_was_sent_is_what_the_plan_said(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    changes = send(api, builds("squad", "imdb")).plan.changes
    paths = {f"/lfs/{REPO}/{file.sha256}": file.size for file in changes.sent}
    got = {each.path: each.bytes_received for each in loopback.log if each.method == "PUT"}
    assert got == {path: size for path, size in paths.items() if path in got}
    in_the_commit = [file for file in changes.sent if file.path.endswith((".json", ".md", ".py"))]
    assert len(in_the_commit) == 5
    assert len(got) == len(changes.sent) - len(in_the_commit)
    held = {path: len(content) for path, content in loopback.files(REPO).items()}
    assert held.pop(".gitattributes")
    assert held == {file.path: file.size for file in changes.sent}


def test_stale_shards_of_ours_go_and_what_is_not_ours_stays(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    send(api, builds("squad", "imdb"))
    by_people = {
        "notes/how.md": b"by people",
        "people/train-00000-of-00001.parquet": b"a config of theirs",
        "imdb/notes.txt": b"in a folder of ours",
        "assets/photo.png": b"a picture of theirs",
    }
    stale = {
        "imdb/train-00000-of-00002.parquet": b"stale",
        "imdb/train-00001-of-00002.parquet": b"stale",
        "imdb/old_split-00000-of-00001.arrow": b"stale",
    }
    text = loopback.files(REPO)["README.md"].decode()
    text = text.replace("---\n", "---\nx-theirs: kept\n", 1)
    text = text.replace(
        "configs:\n",
        "configs:\n- config_name: people\n  data_files: people/train-*\n",
    )
    by_people["README.md"] = (text + "\nWritten by people.\n").encode()
    loopback.upload(REPO, by_people | stale)
    before = loopback.commits(REPO)
    send(api, builds("imdb"))
    assert loopback.commits(REPO)[1:] == before, "in one commit"
    after = loopback.files(REPO)
    assert not stale.keys() & after.keys()
    for path in by_people.keys() - {"README.md"}:
        assert after[path] == by_people[path]
    data, body = card.split_card(after["README.md"].decode())
    assert data["x-theirs"] == "kept"
    assert {"config_name": "people", "data_files": "people/train-*"} in data["configs"]
    assert body.endswith("\nWritten by people.\n")
    assert {path for path in after if path.startswith("squad/")}
    check_tree(api)


def test_many_shards_are_one_commit(
    loopback: LoopbackHub, api: HfApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 configs of 15 files each."""
    monkeypatch.setattr("mixbuild.publish.parquet.GROUP_ROWS", 1)
    monkeypatch.setattr("mixbuild.publish.parquet.FILE_BYTES", 1)
    names = ["squad", "imdb", "billsum", "gsm8k", "boolq", "snli", "mbpp", "dolly"]
    make(Request([find(name) for name in names], tmp_path / "out", dict.fromkeys(names, "samples")))
    built = export_build(tmp_path / "out")
    assert len(built.files) >= 120
    send(api, built)
    assert len(loopback.commits(REPO)) == 2
    assert len(shards(loopback)) == len(built.files)
    assert len(requests(loopback, "POST", "/commit/")) == 1
    assert configs(loopback) == sorted(names)
    check_tree(api)


def test_files_that_the_repo_ignores_are_published_all_the_same(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    loopback.upload(REPO, {".gitignore": b"*.parquet\nassets/\n*.json\n"})
    send(api, builds("squad"))
    check_tree(api)
    assert set(shards(loopback)) == {file.path for file in builds("squad").files}


def test_no_file_is_taken_for_there_because_it_was(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits
) -> None:
    """Somebody pushes the same before us, and somebody else takes it back before we try again."""
    ours, others = builds("imdb"), builds("imdb", otherwise=True)
    send(api, others)

    def push_the_same() -> None:
        send(api, ours)
        loopback.after("/commit/main$", lambda: send(api, others))  # which is ours, too late

    loopback.before("/preupload/", push_the_same)
    send(api, ours)
    check_tree(api)
    assert from_json(manifest_of(loopback), Published).configs == ours.entries
    assert len(loopback.commits(REPO)) == 5, "the first, theirs, the same, theirs again, ours"


READER = """
import hashlib, json, os, sys
from datasets import load_dataset
count = 0
while count < int(sys.argv[2]):
    try:
        splits = load_dataset(sys.argv[1], "imdb", streaming=True)
    except OSError as error:  # the client asks for the card's size, and then for the card
        if "Consistency check failed" not in str(error):
            raise
        continue
    read = {name: list(rows) for name, rows in splits.items()}
    begun = sorted({row["prompt"].split()[0] for rows in read.values() for row in rows})
    digest = hashlib.sha256(json.dumps(read).encode()).hexdigest()
    print(*begun, digest, *(len(rows) for rows in read.values()), flush=True)
    count += 1
os._exit(0)  # a process that has streamed Parquet may abort at its exit
"""


def test_a_reader_never_sees_two_versions_mixed(
    loopback: LoopbackHub, api: HfApi, builds: Builds, tmp_path: Path
) -> None:
    versions = [builds("imdb"), builds("imdb", otherwise=True)]
    send(api, versions[0])
    pushes = 0
    with subprocess.Popen(
        [sys.executable, "-c", READER, REPO, "12"],
        env={**os.environ, **loopback.environment(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        read = [reader.stdout.readline()]  # it is slow to begin
        while reader.poll() is None:
            pushes += 1
            assert send(api, versions[pushes % 2]).changed
        read += reader.stdout
    assert reader.returncode == 0
    assert len(read) == 12
    assert len(set(read)) == 2, f"both versions were read while {pushes} were pushed"
    counts = [str(each.rows) for each in versions[0].entries["imdb"].splits.values()]
    for line in set(read):
        begun, _, *rows = line.split()
        assert begun in ("Classify", "Say"), "all of one version"
        assert rows == counts


def test_a_push_after_an_edit_by_people_leaves_the_version_where_it_was(
    at_the_hub: LoopbackHub, api: HfApi, builds: Builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = push(api, builds("squad"), Target(REPO))
    assert done is not None
    text = at_the_hub.files(REPO)["README.md"] + b"\nby people\n"
    at_the_hub.upload(REPO, {"README.md": text})
    again = push(api, builds("squad"), Target(REPO))
    assert again is not None
    assert not again[0].changed
    assert at_the_hub.commit(REPO, "v1.0.0") == done[0].commit != at_the_hub.commit(REPO)
