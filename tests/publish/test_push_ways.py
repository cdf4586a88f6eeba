"""Hubs that go ways of their own: a push goes on from what is there, or says what cannot be."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from conftest import ROOT
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core import HubError, VerifyError
from mixbuild.publish.hub.plan import Target
from publish.pushing import REPO, Builds, Waits, check_tree, published, requests, send

pytest_plugins = ("publish.pushing",)

ALL_AT_ONCE: dict[str, Any] = {
    "commit_digits": 64,
    "keeps_all_in_git": True,
    "ignores_parent": True,
    "has_refs": False,
    "has_auth_check": False,
    "has_tags": False,
    "tells_commit": False,
}
WAYS: list[dict[str, Any]] = [
    *({name: way} for name, way in ALL_AT_ONCE.items()),
    {"lists_no_lfs": True},
    {"has_history": False},
    {"commit_digits": 64, "lists_no_lfs": True},
    ALL_AT_ONCE,
]

CHAIN = """
import dataclasses, json, os, shutil, sys
from contextlib import closing, nullcontext
from pathlib import Path
from hub_server import LoopbackHub, Ways

root = Path(sys.argv[1])
with LoopbackHub(root / "hub") as served:
    os.environ.update(served.environment(root / "home"))
    from huggingface_hub import get_session, set_client_factory
    from huggingface_hub.utils import httpx
    from huggingface_hub.utils import _http as library
    from mixbuild.make import Request, make
    from mixbuild.prove import rebuild, trace
    from mixbuild.publish import plots, push as hub
    from mixbuild.sources import lock, pin
    from mixbuild.tasks import find

    for name in ("rows_plot", "lengths_plot", "composition_plot"):  # no Hub looks at them
        setattr(plots, name, lambda data: repr(data).encode())

    asked = []

    def of_the_caller():
        client = library.default_client_factory()
        client.event_hooks["request"].append(asked.append)
        return client

    set_client_factory(of_the_caller)  # which no other process can have: all is loaded in this one
    task = find("imdb")
    shutil.copytree(sys.argv[2], served.root / task.source.repo)

    def chain(out, repo):
        list(pin(out / "lock.json", [task]))
        make(Request([task], out / "built", {}, lock=lock.load(out / "lock.json")))
        shown = nullcontext(lambda done, total: None)
        options = {"progress": lambda what, unit: shown, "show": lambda plan: None}
        first, verified = hub.push(out / "built", hub.Target(repo), **options)
        again, _ = hub.push(out / "built", hub.Target(repo), **options)
        differences = [each.difference for each in rebuild(repo, out / "again")]
        remote, manifest = hub.read_published(hub.client(), repo, "main")
        split = manifest.configs["imdb"].splits["train"]
        rows = hub.published_rows(hub.client(), remote, split, columns=["id"])
        with closing(rows):
            traced = trace(next(rows).column("id")[0].as_py(), repo)
        return {
            "rows": sum(each.rows for each in verified),
            "commits": [each.title for each in served.commits(repo)],
            "digits": len(first.commit),
            "commit": first.commit == served.commit(repo),
            "untagged": first.untagged,
            "again": again.changed,
            "differences": differences,
            "traced": traced.again,
            "asked otherwise": len(served.log) - len(asked),
            "as it was": library._GLOBAL_CLIENT_FACTORY is of_the_caller
            and get_session().timeout == httpx.Timeout(None),
        }

    for number, ways in enumerate(json.loads(sys.argv[3])):
        for each in dataclasses.fields(Ways):
            setattr(served.ways, each.name, ways.get(each.name, each.default))
        (root / str(number)).mkdir()
        try:
            found = chain(root / str(number), f"org/mix{number}")
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        print(json.dumps(found), flush=True)
    os._exit(0)  # a process that has streamed Parquet may abort at its exit
"""


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What came of lock, make, push, verify, push, rebuild and trace on each kind of Hub."""
    path = os.pathsep.join([str(ROOT / "build"), str(ROOT / "tests")])
    samples = ROOT / "build/mixbuild/tasks/samples/imdb"
    root = tmp_path_factory.mktemp("ways")
    done = subprocess.run(
        [sys.executable, "-c", CHAIN, str(root), str(samples), json.dumps(WAYS)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(WAYS), done.stderr
    return found


@pytest.mark.parametrize("number", range(len(WAYS)), ids=lambda number: "-".join(WAYS[number]))
def test_the_whole_chain_works_on_it_by_the_callers_own_client(
    chains: list[Any], number: int
) -> None:
    ways = WAYS[number]
    assert chains[number] == {
        "rows": 32,
        "commits": ["Version 1.0.0", "initial commit"],
        "digits": ways.get("commit_digits", 40),
        "commit": True,
        "untagged": [] if ways.get("has_tags", True) else ["v1.0.0"],
        "again": False,
        "differences": [None, None],
        "traced": True,
        "asked otherwise": 0,
        "as it was": True,
    }


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("moves", [1, 2])
def test_what_a_commit_covers_where_the_parent_is_ignored_comes_back(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, tells: bool, moves: int
) -> None:
    send(api, builds("billsum"))
    loopback.ways.ignores_parent = True
    loopback.ways.tells_commit = tells
    for theirs in ("imdb", "gsm8k")[:moves]:
        loopback.before("/commit/main$", functools.partial(send, api, builds(theirs)))
    by_people = loopback.files(REPO)["README.md"] + b"\nby people\n"
    loopback.before("/commit/main$", lambda: loopback.upload(REPO, {"README.md": by_people}))
    send(api, builds("squad"))
    names = sorted(["billsum", "squad", *("imdb", "gsm8k")[:moves]])
    assert list(published(loopback)["configs"]) == names
    assert b"\nby people\n" in loopback.files(REPO)["README.md"]
    check_tree(api)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("create_pr", [False, True])
def test_a_hub_that_refuses_what_it_lists_as_the_newest_is_named_and_nobody_was_faster(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, create_pr: bool
) -> None:
    loopback.ways.commit_digits = 64
    send(api, builds("billsum"))
    before = loopback.commits(REPO)
    loopback.ways.takes_abbreviated = False
    if create_pr:  # which is made on top of any commit that there is
        loopback.fail("/commit/main$", times=100, status=412)
    with pytest.raises(HubError) as caught:
        send(api, builds("imdb"), Target(REPO, create_pr=create_pr))
    assert str(caught.value) == (
        f"{REPO}: expected a commit on top of {before[0].oid} to be taken, which the Hub lists as "
        f"the newest of main, got word 5 times that it is not; nothing was published, and only "
        f"whoever runs that Hub can tell why"
    )
    assert loopback.commits(REPO) == before


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("path", ["imdb/train", "README.md", "manifest.json"])
def test_what_a_hub_left_out_of_a_commit_is_sent_again(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, path: str
) -> None:
    loopback.ways.skips = path
    loopback.after("/commit/main$", lambda: setattr(loopback.ways, "skips", ""))
    pushed = send(api, builds("imdb"))
    assert len(requests(loopback, "POST", "/commit/")) == 2
    assert pushed.commit == loopback.commit(REPO)
    check_tree(api)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("create_pr", [False, True])
def test_a_hub_that_will_not_keep_a_file_is_named_and_no_push_advised(
    loopback: LoopbackHub, api: HfApi, builds: Builds, waits: Waits, create_pr: bool
) -> None:
    loopback.ways.skips = "imdb/train"
    with pytest.raises(HubError) as caught:
        send(api, builds("imdb"), Target(REPO, create_pr=create_pr))
    (shard,) = [file for file in builds("imdb").files if file.path.startswith("imdb/train")]
    lacking = f"{shard.path}: expected {shard.size:,} bytes with the SHA-256 {shard.sha256}, got no"
    assert str(caught.value) == (
        f"{REPO}@refs/pr/1: {lacking} file, although the Hub said that it was committed; close "
        f"that pull request, and ask whoever runs the Hub"
        if create_pr
        else f"{REPO}@{loopback.commit(REPO)}: {lacking} file, although the Hub said 3 times that "
        f"it was committed; it is not whole, and only whoever runs that Hub can tell why"
    )


@pytest.mark.usefixtures("undrawn")
def test_a_file_that_is_to_be_left_out_stops_the_commit(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    send(api, builds("squad"))
    before = loopback.commits(REPO)
    loopback.ways.ignores = "imdb/test"
    with pytest.raises(HubError) as caught:
        send(api, builds("imdb"))
    assert str(caught.value) == (
        f"{REPO}: expected imdb/test-00000-of-00001.parquet in the commit, got word from the Hub "
        f"to leave it out, so it was not made; take the rule that names it out of the repo's "
        f".gitignore"
    )
    assert loopback.commits(REPO) == before


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("way", ["keeps_all_in_git", "lists_no_lfs"])
def test_a_file_without_its_sha256_is_known_by_its_bytes(
    loopback: LoopbackHub, api: HfApi, builds: Builds, way: str
) -> None:
    setattr(loopback.ways, way, True)
    send(api, builds("imdb"))
    check_tree(api)
    assert not send(api, builds("imdb")).changed
    path = "imdb/train-00000-of-00001.parquet"
    content = loopback.files(REPO)[path]
    other = bytes(reversed(content))
    commit = loopback.upload(REPO, {path: other})
    with pytest.raises(VerifyError) as caught:
        check_tree(api)
    message = str(caught.value)
    assert message.startswith(f"{REPO}@{commit}: {path}: expected {len(content):,} bytes with the ")
    assert message.endswith("; push again")
    assert send(api, builds("imdb")).changed
    assert loopback.files(REPO)[path] == content


@pytest.mark.usefixtures("undrawn")
def test_a_proposal_needs_no_list_of_references(
    loopback: LoopbackHub, api: HfApi, builds: Builds
) -> None:
    loopback.ways.has_refs = False
    proposal = send(api, builds("imdb"), Target(REPO, create_pr=True))
    assert proposal.commit == loopback.commit(REPO, "refs/pr/1")
