"""From sources on a Hub to a dataset that people load from it; and each option of a push."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import ROOT, imdb_rows, read_shards, write_parquet
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core.errors import HubError, VerifyError
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish.hub import push as hub
from mixbuild.publish.hub.changes import Changes
from mixbuild.publish.hub.plan import Plan, Pushed, Target
from mixbuild.publish.hub.send import addition
from mixbuild.publish.hub.send import send as send_files
from mixbuild.publish.release import File
from mixbuild.tasks import find
from publish.pushing import (
    COLUMNS,
    REPO,
    Builds,
    Built,
    Command,
    check_tree,
    export_build,
    published,
    push,
    requests,
    send,
    writes,
)

pytest_plugins = ("publish.pushing",)

FOUNDING = ("squad", "imdb", "billsum")

LOAD = """
import json, os, sys
from datasets import load_dataset
read = {}
for task in sys.argv[2:]:
    for streaming in (False, True):
        splits = load_dataset(sys.argv[1], task, streaming=streaming)
        read[f"{task} {streaming}"] = {name: list(rows) for name, rows in splits.items()}
print(json.dumps(read), flush=True)
os._exit(0)  # a process that has streamed Parquet may abort at its exit
"""


@pytest.fixture
def unloaded(at_the_hub: LoopbackHub, undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push checks every file, and loads nothing: that takes seconds, and is tested once."""
    verify_repo = hub.verify_repo

    def checked(*arguments: Any, **options: Any) -> Any:
        return verify_repo(*arguments, **{**options, "configs": ()})

    monkeypatch.setattr(hub, "verify_repo", checked)


def pushed(api: HfApi, built: Built, target: Target | None = None, **options: Any) -> Pushed:
    done = push(api, built, target, **options)
    assert done is not None
    return done[0]


def tags(api: HfApi) -> dict[str, str]:
    refs = api.list_repo_refs(REPO, repo_type="dataset").tags
    return {each.name: each.target_commit for each in refs}


def test_from_sources_on_the_hub_to_rows_that_are_loaded_from_it(
    loopback: LoopbackHub, command: Command, tmp_path: Path
) -> None:
    for name in FOUNDING:
        folder = loopback.root / find(name).source.repo
        shutil.copytree(ROOT / "build/mixbuild/tasks/samples" / name, folder)
    made = command("make", *FOUNDING, "--out", "out")
    assert (made.returncode, made.stderr) == (0, "")
    done = command("push", REPO, "--out", "out")
    assert (done.returncode, done.stderr) == (0, "")
    commit = loopback.commit(REPO)
    assert f"{REPO}@{commit}: verified, " in done.stdout
    assert done.stdout.endswith(f"{REPO}: pushed, version 1.0.0\n")
    assert "rows in 7 files, by their hashes and each split's first and last rows" in done.stdout
    before = len(requests(loopback, "GET", "/lfs/"))
    verified = command("verify", REPO)
    assert len(requests(loopback, "GET", "/lfs/")) == before + 7, "each file was loaded, once"
    assert (verified.returncode, verified.stderr) == (0, "")
    assert re.search(rf"\n{REPO}@{commit}: verified, \d+ rows in 7 files\n$", verified.stdout)
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, REPO, *FOUNDING],
        env={**os.environ, **loopback.environment(tmp_path / "reader")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    read = json.loads(loaded.stdout.splitlines()[-1])
    for name in FOUNDING:
        source = find(name).source.repo
        rows = {
            split: read_shards(tmp_path / "out", name, split).to_pylist()
            for split in find(name).splits
        }
        assert read[f"{name} False"] == read[f"{name} True"] == rows
        for row in (row for split in rows.values() for row in split):
            assert list(row) == COLUMNS
            assert row["references"][0] == row["completion"].removeprefix(" ")
            assert (row["task"], row["template"]) == (name, "seed")
            assert row["source"] == f"{source}@{loopback.commit(source)}"


def test_a_dry_run_says_what_would_come_and_changes_nothing(
    loopback: LoopbackHub, api: HfApi, builds: Builds, command: Command, undrawn: None
) -> None:
    out = builds("squad", "imdb").out
    done = command("push", REPO, "--out", out, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert not loopback.store.exists(REPO)
    assert writes(loopback) == []
    added = re.search(r"^added +(\d+) +([\d.]+)  (.*)$", done.stdout, re.MULTILINE)
    assert added is not None
    assert done.stdout.endswith(f"\n{REPO}@main: to become version 1.0.0\n")
    changes = send(api, builds("squad", "imdb")).plan.changes
    sizes = [len(each) for path, each in loopback.files(REPO).items() if path != ".gitattributes"]
    assert int(added[1]) == len(changes.added) == len(sizes)
    assert added[3] == "imdb, squad, assets, tasks, manifest.json, README.md"
    before = loopback.commits(REPO)
    plans: list[Plan] = []
    for built in (builds("squad", "imdb"), builds("squad", "imdb", otherwise=True)):
        assert push(api, built, show=plans.append, dry_run=True) is None
    assert loopback.commits(REPO) == before
    assert not plans[0].changes
    assert plans[1].changes == send(api, builds("squad", "imdb", otherwise=True)).plan.changes


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize("by_default", [False, True])
def test_a_repo_is_made_private_if_asked_for_or_else_as_the_organisation_has_it(
    loopback: LoopbackHub, api: HfApi, builds: Builds, by_default: bool
) -> None:
    loopback.ways.private_by_default = by_default
    pushed(api, builds("squad"), Target(REPO))
    assert loopback.store.is_private(REPO) is by_default
    pushed(api, builds("squad"), Target("org/secret", private=True))
    assert loopback.store.is_private("org/secret")
    assert not pushed(api, builds("squad"), Target("org/secret", private=True)).changed


PUBLIC = (
    f"{REPO}: expected a private repo, as --private says, got a public one; make it private in its "
    f"settings on the Hub, or leave --private out"
)


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize("revision", ["main", "next"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_public_repo_is_refused_if_it_was_to_be_private(
    loopback: LoopbackHub, api: HfApi, builds: Builds, revision: str, dry_run: bool
) -> None:
    pushed(api, builds("squad"), Target(REPO))
    before = writes(loopback)
    with pytest.raises(HubError) as caught:
        push(api, builds("imdb"), Target(REPO, revision, private=True), dry_run=dry_run)
    assert str(caught.value) == PUBLIC
    assert writes(loopback) == before


@pytest.mark.parametrize("moment", ["POST /api/repos/create", "PUT /lfs/"])
def test_a_repo_that_is_made_public_meanwhile_is_refused(
    loopback: LoopbackHub, api: HfApi, builds: Builds, moment: str, undrawn: None
) -> None:
    def publicly() -> None:
        loopback.store.publish(REPO)

    (loopback.before if "create" in moment else loopback.after)(moment, publicly)
    with pytest.raises(HubError) as caught:
        push(api, builds("imdb"), Target(REPO, private=True))
    assert str(caught.value) == PUBLIC
    assert set(loopback.files(REPO)) == {".gitattributes"}


@pytest.mark.usefixtures("unloaded")
def test_a_branch_is_made_or_gone_on_with_and_main_is_left_alone(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    pushed(api, builds("squad"))
    main = loopback.commits(REPO)
    first = pushed(api, builds("imdb"), Target(REPO, "next/try"))
    assert loopback.commits(REPO) == main
    assert list(published(loopback, "next/try")["configs"]) == ["imdb"], "nothing of main"
    second = pushed(api, builds("billsum"), Target(REPO, "next/try", message="Try again"))
    assert [each.oid for each in loopback.commits(REPO, "next/try")] == [
        second.commit,
        first.commit,
        main[-1].oid,
    ]
    assert loopback.commits(REPO, "next/try")[0].title == "Try again"
    assert list(published(loopback, "next/try")["configs"]) == ["billsum", "imdb"]
    assert list(tags(api)) == ["v1.0.0"], "a version is a tag on main only"


@pytest.mark.usefixtures("unloaded")
def test_a_proposal_is_a_pull_request_and_main_stays(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    pushed(api, builds("squad"))
    main = loopback.commit(REPO)
    proposal = pushed(api, builds("imdb"), Target(REPO, create_pr=True, message="Add imdb"))
    assert proposal.pull_request == f"{loopback.endpoint}/datasets/{REPO}/discussions/1"
    assert loopback.commit(REPO, "refs/pr/1") == proposal.commit
    assert list(published(loopback, "refs/pr/1")["configs"]) == ["imdb", "squad"]
    assert api.get_discussion_details(REPO, 1, repo_type="dataset").title == "Add imdb"
    assert (loopback.commit(REPO), list(tags(api))) == (main, ["v1.0.0"])
    again = pushed(api, builds("squad"), Target(REPO, create_pr=True))
    assert not again.changed, "nothing to propose"
    assert len(list(api.get_repo_discussions(REPO, repo_type="dataset"))) == 1


@pytest.mark.usefixtures("unloaded")
def test_a_commit_is_tagged_with_its_version_and_as_asked(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    first = pushed(api, builds("squad"), tag_name="stable")
    assert tags(api) == {"stable": first.commit, "v1.0.0": first.commit}
    again = pushed(api, builds("squad"), tag_name="stable")
    assert (again.changed, again.commit) == (False, first.commit)
    later = pushed(api, builds("squad"), tag_name="later")
    assert later.commit == first.commit
    before = loopback.commits(REPO)
    sent = len(writes(loopback))
    with pytest.raises(HubError) as error:
        pushed(api, builds("imdb"), tag_name="stable")
    assert str(error.value) == (
        f"{REPO}: the tag stable is taken by another commit; choose another, or delete it on the "
        f"Hub"
    )
    assert loopback.commits(REPO) == before
    assert len(writes(loopback)) == sent, "refused before anything is sent"
    second = pushed(api, builds("imdb"))
    assert tags(api) == {
        **dict.fromkeys(("stable", "later", "v1.0.0"), first.commit),
        "v1.1.0": second.commit,
    }
    with pytest.raises(HubError, match="the tag stable is taken by another commit"):
        pushed(api, builds("imdb"), tag_name="stable")  # nothing to send, and still


@pytest.mark.usefixtures("unloaded")
def test_a_tag_that_a_push_had_no_time_for_comes_with_the_next(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    first = send(api, builds("squad"))
    assert tags(api) == {}
    assert not pushed(api, builds("squad")).changed
    assert tags(api) == {"v1.0.0": first.commit}


@pytest.fixture
def asked(
    at_the_hub: LoopbackHub, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> list[list[str]]:
    """What each push asks to be loaded; the first one finds it damaged."""
    verify_repo = hub.verify_repo
    calls: list[list[str]] = []

    def checked(*arguments: Any, configs: Any, **options: Any) -> Any:
        calls.append(sorted(configs))
        if len(calls) == 1:
            raise VerifyError("not what was built")
        return verify_repo(*arguments, configs=(), **options)

    monkeypatch.setattr(hub, "verify_repo", checked)
    return calls


def test_what_was_found_damaged_is_loaded_until_it_is_proven(
    api: HfApi, builds: Builds, asked: list[list[str]]
) -> None:
    with pytest.raises(VerifyError, match="not what was built"):
        pushed(api, builds("squad"))
    assert tags(api) == {}, "only what is proven has its version's tag"
    assert not pushed(api, builds("squad")).changed
    assert list(tags(api)) == ["v1.0.0"]
    assert not pushed(api, builds("squad")).changed
    assert asked == [["squad"], ["squad"], []]


def test_on_a_branch_without_versions_all_is_loaded_each_time(
    api: HfApi, builds: Builds, asked: list[list[str]]
) -> None:
    with pytest.raises(VerifyError, match="not what was built"):
        pushed(api, builds("squad"), Target(REPO, "next"))
    for _ in range(2):
        assert not pushed(api, builds("squad"), Target(REPO, "next")).changed
    assert asked == [["squad"]] * 3


def unlabelled(tmp_path: Path, *, of: tuple[str, ...]) -> Built:
    """A build of imdb from which all rows of these splits are left out."""
    for split in ("train", "test"):
        rows = [{**row, "label": -1} if split in of else row for row in imdb_rows(3)]
        write_parquet(tmp_path / f"mirror/{split}-00000-of-00001.parquet", rows)
    out = tmp_path / "out"
    make(Request([find("imdb")], out, {"imdb": str(tmp_path / "mirror")}))
    return export_build(out)


@pytest.mark.parametrize("file_format", ["parquet", "arrow"])
def test_a_split_without_rows_is_in_the_manifest_and_the_others_load(
    at_the_hub: LoopbackHub, api: HfApi, tmp_path: Path, undrawn: None, file_format: str
) -> None:
    done = push(api, unlabelled(tmp_path, of=("test",)), file_format=file_format)
    assert done is not None
    assert {each.split: (each.rows, each.files) for each in done[1]} == {
        "train": (3, 1),
        "test": (0, 0),
    }
    entry = published(at_the_hub)["configs"]["imdb"]["splits"]["test"]
    assert (entry["rows_read"], entry["rows"], entry["shards"]) == (3, 0, [])
    shards = [path for path in at_the_hub.files(REPO) if path.startswith("imdb/")]
    assert shards == [f"imdb/train-00000-of-00001.{file_format}"]


def test_a_config_without_rows_is_refused_before_anything_is_sent(
    at_the_hub: LoopbackHub, api: HfApi, tmp_path: Path
) -> None:
    built = unlabelled(tmp_path, of=("train", "test"))
    with pytest.raises(VerifyError, match=r"^imdb: expected rows in one of its splits \(.*[^\n]$"):
        push(api, built)
    assert writes(at_the_hub) == []


def test_a_file_that_changed_since_the_plan_is_not_sent(
    at_the_hub: LoopbackHub, api: HfApi, tmp_path: Path, undrawn: None
) -> None:
    built = unlabelled(tmp_path, of=("test",))
    path = built.files[0].content
    assert isinstance(path, Path)

    def change(_: Plan) -> None:
        path.write_bytes(bytes(reversed(path.read_bytes())))

    with pytest.raises(VerifyError) as caught:
        push(api, built, show=change)
    message = str(caught.value)
    assert message.startswith(f"{path}: expected the SHA-256 {built.files[0].sha256}, got ")
    assert message.endswith("it changed since it was checked, and was not sent; push again")
    assert not [path for path in at_the_hub.files(REPO) if path.startswith("imdb/")]
    assert pushed(api, built).changed, "as it was exported anew"


def test_a_file_is_hashed_as_it_is_written_and_again_only_if_it_was_touched(
    builds: Builds, tmp_path: Path
) -> None:
    shutil.copytree(
        builds("squad").out, tmp_path / "out", ignore=shutil.ignore_patterns(".publish")
    )
    for file in export_build(tmp_path / "out").files:
        assert isinstance(file.content, Path)
        assert hashlib.sha256(file.content.read_bytes()).hexdigest() == file.sha256
        elsewhere = dataclasses.replace(file, sha256="0" * 64)
        assert addition(elsewhere).upload_info.sha256.hex() == "0" * 64, "it is not read again"
        os.utime(file.content, ns=(1, 1))
        assert addition(file).upload_info.sha256.hex() == file.sha256
        with pytest.raises(VerifyError) as caught:
            addition(elsewhere)
        assert str(caught.value) == (
            f"{file.content}: expected the SHA-256 {'0' * 64}, got {file.sha256}: it changed since "
            f"it was checked, and was not sent; push again"
        )


def test_the_bytes_of_a_file_are_counted_while_it_is_sent(
    loopback: LoopbackHub, api: HfApi, tmp_path: Path
) -> None:
    api.create_repo(REPO, repo_type="dataset")
    loopback.fail("/lfs/", times=1, status=503)  # what is sent again is not counted again
    files = []
    for name, size in (("a", 3_000_000), ("b", 1_000_000)):
        (tmp_path / name).write_bytes(os.urandom(size))
        content = (tmp_path / name).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(File(f"{name}/train-0.parquet", tmp_path / name, size, sha256))
    plan = SimpleNamespace(changes=Changes(tuple(files), (), (), ()))
    told: list[tuple[int, int]] = []
    send_files(api, Target(REPO), plan, known={}, report=lambda *count: told.append(count))  # type: ignore[arg-type]
    counts, totals = zip(*told, strict=True)
    assert set(totals) == {4_000_000}
    assert (counts[0], counts[-1]) == (0, 4_000_000)
    assert len(set(counts)) > 20
    assert max(after - before for before, after in pairwise(sorted(counts))) < 500_000


def test_arrow_has_a_branch_of_its_own_that_loads(
    loopback: LoopbackHub, command: Command, builds: Builds
) -> None:
    asked = ("--format", "arrow", "--tag", "a")
    done = command("push", REPO, "--out", builds("squad").out, *asked)
    assert (done.returncode, done.stderr) == (0, "")
    full = command("push", REPO, "--out", builds("squad").out, *asked[:2], "--verify", "full")
    assert (full.returncode, full.stderr) == (0, "")
    splits = builds("squad").entries["squad"].splits.values()
    assert f"verified, {sum(each.rows for each in splits)} rows in 2 files" in done.stdout
    assert set(loopback.files(REPO)) == {".gitattributes"}
    held = loopback.files(REPO, "arrow")
    shards = sorted(path for path in held if path.startswith("squad/"))
    assert [path.rpartition(".")[2] for path in shards] == ["arrow", "arrow"]
    assert held[shards[0]] == (builds("squad").out / shards[0]).read_bytes()
    assert loopback.commit(REPO, "a") == loopback.commit(REPO, "arrow")


def test_the_private_repo_of_a_token_is_pushed_to_and_verified(
    loopback: LoopbackHub, command: Command, builds: Builds, api: HfApi
) -> None:
    done = command("push", REPO, "--out", builds("squad").out, "--private", "--message", "Ours")
    assert (done.returncode, done.stderr) == (0, "")
    assert loopback.store.is_private(REPO)
    assert loopback.commits(REPO)[0].title == "Ours"
    check_tree(api)
