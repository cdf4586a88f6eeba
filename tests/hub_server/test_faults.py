"""What a test orders goes wrong at the loopback Hub, as it would on the way to the real one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from conftest import ROOT
from huggingface_hub import CommitOperationAdd, hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

from hub_server import LoopbackHub
from hub_server.clients import Client, fetch

REPO = "org/mix"
SHARD = bytes(range(256)) * 1_000
FILES = {"train.parquet": SHARD, "a.txt": b"a"}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    with LoopbackHub(tmp_path / "hub") as hub:
        hub.store.create(REPO)
        yield hub


@pytest.fixture
def api(hub: LoopbackHub) -> Client:
    return Client(endpoint=hub.endpoint, token=False)


def upload(api: Client) -> None:
    """Send the LFS file, without a commit."""
    shard = CommitOperationAdd("train.parquet", SHARD)
    api.preupload_lfs_files(REPO, [shard], repo_type="dataset")


def answers(hub: LoopbackHub, method: str, part: str) -> list[tuple[int, int]]:
    """Status and bytes received of the requests that match."""
    return [
        (each.status, each.bytes_received)
        for each in hub.log
        if each.method == method and part in each.path
    ]


def leftovers(hub: LoopbackHub) -> list[Path]:
    return list((hub.root / ".hub").rglob("*.incoming"))


def test_a_download_is_corrupted_by_one_byte(hub: LoopbackHub, api: Client, tmp_path: Path) -> None:
    api.commit(REPO, FILES)
    hub.fail("^GET /lfs/", times=1, corrupt=True)
    got = [
        hf_hub_download(
            repo_id=REPO,
            filename="train.parquet",
            repo_type="dataset",
            endpoint=hub.endpoint,
            cache_dir=tmp_path / name,
        )
        for name in ("corrupt", "right")
    ]
    corrupt, right = (Path(path).read_bytes() for path in got)
    assert right == SHARD
    assert [at for at in range(len(SHARD)) if corrupt[at] != SHARD[at]] == [len(SHARD) // 2]
    hub.fail("^GET .*gitattributes", times=1, corrupt=True)
    address = f"{hub.endpoint}/datasets/{REPO}/resolve/main/.gitattributes"
    once, twice = fetch(address), fetch(address)
    assert (once[0], once[1] == twice[1], len(once[1])) == (200, False, len(twice[1]))


def test_an_upload_is_cut_and_the_client_sends_it_again(hub: LoopbackHub, api: Client) -> None:
    hub.fail("^PUT /lfs/", times=1, cut_upload_after=70_000)
    upload(api)
    assert answers(hub, "PUT", "/lfs/") == [(0, 70_000), (200, len(SHARD))]
    assert leftovers(hub) == []


def test_the_hub_is_busy_or_broken_for_a_while(hub: LoopbackHub, api: Client) -> None:
    hub.fail("/preupload/", times=1, status=429, headers={"Retry-After": "0"})
    hub.fail("^PUT /lfs/", times=1, status=503)
    hub.fail("/verify$", times=1, lose_answer=True)
    upload(api)
    size = len(SHARD)
    assert [status for status, _ in answers(hub, "POST", "/preupload/")] == [429, 200]
    assert answers(hub, "PUT", "/lfs/") == [(503, size), (200, size)]
    assert [status for status, _ in answers(hub, "POST", "/verify")] == [0, 200]
    # What the client does not try again by itself.
    hub.fail("/commit/", times=1, status=502)
    before = hub.commit(REPO)
    with pytest.raises(HfHubHTTPError) as error:
        api.commit(REPO, FILES)
    assert error.value.response.status_code == 502
    assert hub.commit(REPO) == before


def test_an_answer_is_lost_but_what_was_asked_is_done(hub: LoopbackHub, api: Client) -> None:
    hub.fail("/commit/", times=1, lose_answer=True)
    before = hub.commit(REPO)
    with pytest.raises(httpx2.RemoteProtocolError):
        api.commit(REPO, FILES, parent=before)
    assert hub.commits(REPO)[0].parent == before
    assert hub.files(REPO)["train.parquet"] == SHARD
    assert [status for status, _ in answers(hub, "POST", "/commit/")] == [0]
    hub.fail("/commit/", times=1, cut_after=20)  # the same, a little later
    with pytest.raises(httpx2.RemoteProtocolError):
        api.commit(REPO, {"b.txt": b"b"})
    assert "b.txt" in hub.files(REPO)


def test_somebody_else_comes_first(hub: LoopbackHub, api: Client) -> None:
    before = hub.commit(REPO)
    hub.before("/commit/main$", lambda: hub.upload(REPO, {"theirs.txt": b"t"}))
    with pytest.raises(HfHubHTTPError) as error:
        api.commit(REPO, FILES, parent=before)
    assert error.value.response.status_code == 412
    assert api.commit(REPO, FILES, parent=hub.commit(REPO)).oid == hub.commit(REPO)
    assert {"theirs.txt", "train.parquet"} <= hub.files(REPO).keys()


def test_hooks_run_before_and_after_as_often_as_they_were_ordered(
    hub: LoopbackHub, api: Client
) -> None:
    seen: list[tuple[str, int]] = []
    hub.before("/commit/", lambda: seen.append(("before", len(hub.commits(REPO)))), times=2)
    hub.after("/commit/", lambda: seen.append(("after", len(hub.commits(REPO)))), times=1)
    # An action may itself use a client, and is not called for that.
    hub.before("/preupload/", lambda: api.commit(REPO, {"nested.txt": b"n"}))
    for number in range(3):
        api.commit(REPO, {"number.txt": b"%d" % number})
    # The nested commit, then ours.
    assert seen == [("before", 1), ("after", 2), ("before", 2)]
    hub.fail("/commit/", times=1, status=500)
    hub.after("/commit/", lambda: seen.append(("never", 0)))
    with pytest.raises(HfHubHTTPError):
        api.commit(REPO, {"number.txt": b"last"})
    assert len(seen) == 3  # for what is not carried out there is no after


CLIENT = f"""
from hub_server.clients import Client
import os
files = {{"train.parquet": bytes(range(256)) * 120_000, "a.txt": b"a"}}
Client(endpoint=os.environ["HF_ENDPOINT"], token=False).commit({REPO!r}, files)
"""


@pytest.mark.parametrize(
    ("pattern", "moment", "lands"),
    [
        ("^PUT /lfs/", "before", False),
        ("^PUT /lfs/", "after", False),
        ("/verify$", "before", False),
        ("/commit/", "after", True),
    ],
)
def test_a_client_is_killed_at_a_request(
    hub: LoopbackHub, tmp_path: Path, pattern: str, moment: str, lands: bool
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        started[0].send_signal(signal.SIGKILL)
        started[0].wait()

    order = {"before": hub.before, "after": hub.after}[moment]
    order(pattern, kill)
    environment = os.environ | hub.environment(tmp_path / "home")
    environment["PYTHONPATH"] = str(ROOT / "tests")
    started.append(subprocess.Popen([sys.executable, "-c", CLIENT], env=environment))
    assert started[0].wait(timeout=60) == -signal.SIGKILL
    wait_until(lambda: not any(server.connections for server in hub.servers))  # it has noticed
    assert len(hub.commits(REPO)) == 1 + lands
    assert leftovers(hub) == []
    # What was sent whole is kept for the next attempt.
    blobs = list((hub.root / ".hub" / REPO / "blobs").glob("*"))
    sizes = [blob.stat().st_size for blob in blobs]
    assert (256 * 120_000 in sizes) == ((pattern, moment) != ("^PUT /lfs/", "before"))


def wait_until(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_an_action_raises_is_raised_by_the_hub(tmp_path: Path) -> None:
    def fail() -> None:
        raise ValueError("an error of the test")

    def use_hub() -> None:
        with LoopbackHub(tmp_path) as hub:
            hub.store.create(REPO)
            hub.before("/refs$", fail)
            with pytest.raises(httpx2.RemoteProtocolError):
                Client(endpoint=hub.endpoint, token=False).list_repo_refs(REPO, repo_type="dataset")

    with pytest.raises(ValueError, match="an error of the test"):
        use_hub()
