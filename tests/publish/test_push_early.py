"""Files are sent while others are being written, and nothing stands on it."""

from __future__ import annotations

import pickle
import re
import shutil
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from huggingface_hub.utils._http import default_client_factory
from mixbuild.core.errors import VerifyError
from mixbuild.core.executor import Workers
from mixbuild.make.manifest import expect
from mixbuild.publish import apart, export
from mixbuild.publish.export import Offer
from mixbuild.publish.hub import push as hub
from mixbuild.publish.hub.early import Early, sending_early
from mixbuild.publish.hub.plan import Target
from mixbuild.publish.manifest import PublishedSplit
from mixbuild.publish.split import FOLDER, Split, splits
from publish.pushing import (
    REPO,
    Builds,
    Built,
    check_tree,
    export_build,
    place,
    push,
    requests,
    send,
    writes,
)

pytest_plugins = ("publish.pushing",)


@pytest.fixture
def out(builds: Builds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undrawn: None) -> Path:
    """A build whose rows are to have a file each."""
    monkeypatch.setattr("mixbuild.publish.parquet.GROUP_ROWS", 1)
    monkeypatch.setattr("mixbuild.publish.parquet.FILE_BYTES", 1)
    out = tmp_path / "out"
    shutil.copytree(builds("imdb").out, out, ignore=shutil.ignore_patterns(FOLDER))
    return out


def offered(api: HfApi, out: Path) -> list[str]:
    """Write the files of train, and wait each time for what was offered; the names that it had."""
    names = []
    place(api, Target(REPO))
    shutil.rmtree(out / FOLDER, ignore_errors=True)
    with sending_early(api, Target(REPO)) as offer:

        def wait(content: Path, name: str) -> None:
            offer(content, name)
            names.append(name)
            for thread in threading.enumerate():
                if thread.name == "send-early":
                    thread.join()

        train, _ = splits(out, expect(out).configs)
        export.export_split(train, wait)
    return names


def sent(served: LoopbackHub) -> Counter[str]:
    """How often each object was sent."""
    return Counter(re.findall(r"[0-9a-f]{64}", " ".join(requests(served, "PUT"))))


def test_what_was_sent_early_is_not_sent_again(
    loopback: LoopbackHub, api: HfApi, out: Path
) -> None:
    names = offered(api, out)
    early = sent(loopback)
    assert len(early) == len(names) > 9
    assert names == [f"imdb/train-{index:05d}.parquet" for index in range(len(names))]
    assert loopback.files(REPO).keys() == {".gitattributes"}
    built = export_build(out)
    send(api, built)
    every = sent(loopback)
    assert set(every.values()) == {1}
    assert early.keys() < every.keys() >= {file.sha256 for file in built.files}
    check_tree(api)


def test_a_file_too_large_to_be_held_is_not_sent_early(
    loopback: LoopbackHub, api: HfApi, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mixbuild.publish.hub.early.HELD_BYTES", 100)
    assert len(offered(api, out)) > 9
    assert writes(loopback) == ["POST /api/repos/create"]
    send(api, export_build(out))
    check_tree(api)


@pytest.mark.parametrize("num_proc", [None, 2])
def test_a_push_sends_early_and_a_dry_run_nothing(
    at_the_hub: LoopbackHub,
    api: HfApi,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    num_proc: int | None,
) -> None:
    monkeypatch.setattr(hub, "verify_repo", lambda *_, **__: ("", []))
    assert push(api, Built(out, {}, ()), dry_run=True) is None
    assert writes(at_the_hub) == []
    shutil.rmtree(out / FOLDER)
    seen: list[int] = []
    push(
        api,
        Built(out, {}, ()),
        num_proc=num_proc,
        show=lambda _: seen.append(len(sent(at_the_hub))),
    )
    assert seen[0] > 0, "before it was known what there is to send"
    assert set(sent(at_the_hub).values()) == {1}
    check_tree(api)


def test_what_is_written_in_another_process_is_sent_from_there(
    loopback: LoopbackHub, api: HfApi, out: Path
) -> None:
    place(api, Target(REPO))
    there = pickle.loads(pickle.dumps(Early(api, Target(REPO), default_client_factory)))  # noqa: S301
    train, test = splits(out, expect(out).configs)
    apart.write(apart.Run(train.name), apart.Export({train.name: train}, there))
    early = sent(loopback)
    assert len(early) > 0
    apart.write(apart.Run(test.name), apart.Export({test.name: test}))
    send(api, export_build(out))
    assert set(sent(loopback).values()) == {1}


def test_what_loads_begins_while_files_are_written_and_only_if_some_are(
    at_the_hub_with_workers: LoopbackHub, api: HfApi, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    write, begin = export.export_split, Workers.begin

    def noted(split: Split, offer: Offer | None) -> PublishedSplit:
        events.append("write")
        return write(split, offer)

    def begun(self: Workers, num_proc: int) -> None:
        events.append(f"begin {num_proc}")
        begin(self, num_proc)

    monkeypatch.setattr(apart, "export_split", noted)
    monkeypatch.setattr(Workers, "begin", begun)
    assert push(api, Built(out, {}, ()), dry_run=True) is None
    assert events == ["write", "write"]
    shutil.rmtree(out / FOLDER)
    done = push(api, Built(out, {}, ()))
    assert done is not None
    assert [each.split for each in done[1]] == ["train", "test"]
    assert events[2:] == ["begin 1", "write", "write", "begin 1"], "the last one finds it there"
    push(api, Built(out, {}, ()))
    assert len(events) == 6


@pytest.mark.parametrize("step", ["/preupload/", "info/lfs/objects/batch"])
def test_what_fails_early_fails_nothing(
    loopback: LoopbackHub, api: HfApi, out: Path, step: str
) -> None:
    loopback.fail(f"POST .*{step}", times=1, status=403)
    offered(api, out)
    assert not sent(loopback)
    assert len([each for each in writes(loopback) if step in each]) == 1, "none is tried any more"
    send(api, export_build(out))
    check_tree(api)


def test_nobody_waits_for_what_is_sent_where_writing_fails(
    loopback: LoopbackHub, api: HfApi, out: Path
) -> None:
    go_on = threading.Event()
    loopback.before("POST .*/preupload/", lambda: go_on.wait(20))
    with suppress(VerifyError), sending_early(api, Target(REPO)) as offer:
        offer(next(out.rglob("*.arrow")), "imdb/train-00000.parquet")
        raise VerifyError("a shard is damaged")
    (thread,) = [each for each in threading.enumerate() if each.name == "send-early"]
    assert thread.daemon
    go_on.set()
    thread.join()
