"""Real clients publish to the loopback Hub as they would to the real one."""

import hashlib
import io
import json
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, RepoFile
from huggingface_hub.errors import (
    BadRequestError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
)

from hub_server import LoopbackHub
from hub_server.clients import Client, fetch

WRITER, OTHER = "hf_writer", "hf_other"
REPO = "org/mix"
CARD = b"---\nlicense: mit\n---\n# Mix\n"


def parquet(*rows: int) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"row": rows}), file)
    return file.getvalue()


SHARD = parquet(1, 2)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    with LoopbackHub(tmp_path / "hub", token=WRITER) as hub:
        yield hub


@pytest.fixture
def api(hub: LoopbackHub) -> Client:
    """A client that may write, and a repo to write to."""
    api = Client(endpoint=hub.endpoint, token=WRITER)
    api.create_repo(REPO, repo_type="dataset")
    return api


def paths(hub: LoopbackHub) -> set[str]:
    return hub.files(REPO).keys() - {".gitattributes"}


def status(error: pytest.ExceptionInfo[HfHubHTTPError]) -> int:
    return int(error.value.response.status_code)


def test_a_repo_is_created_once_and_is_gone_once(hub: LoopbackHub, api: Client) -> None:
    assert [commit.title for commit in hub.commits(REPO)] == ["initial commit"]
    assert b"*.parquet filter=lfs" in hub.files(REPO)[".gitattributes"]
    with pytest.raises(HfHubHTTPError, match="You already created this dataset repo") as error:
        api.create_repo(REPO, repo_type="dataset")
    assert status(error) == 409
    there = api.create_repo(REPO, repo_type="dataset", exist_ok=True)
    assert (there, there.repo_id) == (f"{hub.endpoint}/datasets/{REPO}", REPO)
    api.delete_repo(REPO, repo_type="dataset")
    with pytest.raises(RepositoryNotFoundError):
        api.delete_repo(REPO, repo_type="dataset")
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info(REPO)
    assert api.create_repo("mine", repo_type="dataset").repo_id == "loopback/mine"


def test_a_commit_holds_what_was_sent_and_says_where_it_came_from(
    hub: LoopbackHub, api: Client
) -> None:
    first = hub.commit(REPO)
    sent = {"README.md": CARD, "a/train.parquet": SHARD, "a/empty.parquet": b"", "b/ü #.txt": b"b"}
    made = api.commit(REPO, sent, parent=first, message="one\n\nwhy").oid
    assert hub.files(REPO) == sent | {".gitattributes": hub.files(REPO)[".gitattributes"]}
    assert [(commit.oid, commit.parent) for commit in hub.commits(REPO)] == [
        (made, first),
        (first, None),
    ]
    log = api.list_repo_commits(REPO, repo_type="dataset")
    assert [(commit.commit_id, commit.title) for commit in log] == [
        (made, hub.commits(REPO)[0].title),
        (first, "initial commit"),
    ]
    info = api.dataset_info(REPO, files_metadata=True)
    assert (info.sha, info.private) == (made, False)
    assert info.card_data is not None
    assert info.card_data.license == "mit"
    tree = api.list_repo_tree(REPO, repo_type="dataset", recursive=True, expand=True)
    listed = {entry.path: entry for entry in tree}
    assert listed.keys() == sent.keys() | {".gitattributes", "a", "b"}
    files = {path: entry for path, entry in listed.items() if isinstance(entry, RepoFile)}
    in_lfs = {path: (file.lfs.sha256, file.lfs.size) for path, file in files.items() if file.lfs}
    assert in_lfs == {"a/train.parquet": (hashlib.sha256(SHARD).hexdigest(), len(SHARD))}
    by = {path: entry.last_commit.oid for path, entry in listed.items() if entry.last_commit}
    assert by == dict.fromkeys(listed, made) | {".gitattributes": first}
    hub.upload(REPO, {"a/empty.parquet": b"", "large.txt": b"a" * 1_000_001})  # by the same rule
    tree = api.list_repo_tree(REPO, repo_type="dataset", recursive=True)
    held = {entry.path for entry in tree if isinstance(entry, RepoFile) and entry.lfs}
    assert held == {"a/train.parquet", "large.txt"}


def test_a_stale_parent_is_refused_and_changes_nothing(hub: LoopbackHub, api: Client) -> None:
    before = hub.commit(REPO)
    theirs = hub.upload(REPO, {"theirs.txt": b"t"})
    with pytest.raises(HfHubHTTPError, match="A commit has happened since") as error:
        api.commit(REPO, {"ours.txt": b"o"}, parent=before)
    assert status(error) == 412
    assert (hub.commit(REPO), paths(hub)) == (theirs, {"theirs.txt"})
    assert api.commit(REPO, {"ours.txt": b"o"}, parent=theirs).oid == hub.commit(REPO)


def test_what_is_there_already_is_not_sent_again(hub: LoopbackHub, api: Client) -> None:
    files = {"train.parquet": SHARD, "README.md": CARD}
    first = api.commit(REPO, files).oid
    begin = len(hub.log)
    assert api.commit(REPO, files).oid == first  # of nothing new the client makes no commit
    again = api.commit(REPO, files | {"README.md": CARD + b"More.\n", "copy.parquet": SHARD}).oid
    assert {each.method for each in hub.log[begin:]} == {"GET", "POST"}
    assert [commit.oid for commit in hub.commits(REPO)][:2] == [again, first]
    # LFS files are not shared between repos.
    api.create_repo("org/other", repo_type="dataset")
    shard = CommitOperationAdd("train.parquet", SHARD)
    api.preupload_lfs_files("org/other", [shard], repo_type="dataset")
    assert (hub.log[-2].method, hub.log[-2].bytes_received) == ("PUT", len(SHARD))
    assert hub.files("org/other").keys() == {".gitattributes"}  # it is not committed yet


def test_an_lfs_file_must_be_uploaded_before_it_is_committed(hub: LoopbackHub, api: Client) -> None:
    shard = CommitOperationAdd("train.parquet", SHARD)
    shard._upload_mode, shard._is_uploaded = "lfs", True
    with pytest.raises(BadRequestError, match=r"does not exist\. Offending: train\.parquet"):
        api.create_commit(REPO, [shard], commit_message="too early", repo_type="dataset")
    assert paths(hub) == set()
    digest = hashlib.sha256(SHARD).hexdigest()
    address, auth = f"{hub.storage}/lfs/{REPO}/{digest}", {"Authorization": f"Bearer {WRITER}"}
    asked = json.dumps({"oid": digest, "size": len(SHARD)}).encode()
    verify = f"{hub.endpoint}/datasets/{REPO}.git/info/lfs/objects/verify"
    assert fetch(address, method="PUT", body=b"another")[0] == 400
    assert fetch(address, method="PUT", body=b"")[0] == 411
    assert fetch(address, method="PUT", body=iter([SHARD]))[0] == 411  # in chunks, unmeasured
    assert fetch(address, method="PUT", body=SHARD, **auth)[0] == 400  # a token that leaks
    assert fetch(verify, method="POST", body=asked, **auth)[0] == 404
    assert fetch(address, method="PUT", body=SHARD)[0] == 200
    assert fetch(verify, method="POST", body=asked, **auth)[0] == 200
    assert fetch(verify, method="POST", body=asked)[0] == 401
    shorter = asked.replace(b"%d}" % len(SHARD), b"1}")
    assert fetch(verify, method="POST", body=shorter, **auth)[0] == 404
    api.create_commit(REPO, [shard], commit_message="now", repo_type="dataset")
    assert hub.files(REPO)["train.parquet"] == SHARD


def test_an_upload_goes_to_the_disk_as_it_comes(
    hub: LoopbackHub, api: Client, tmp_path: Path
) -> None:
    path, size = tmp_path / "large", 40_000_000
    with path.open("wb") as file:
        file.truncate(size)
    shard = CommitOperationAdd("train.parquet", path)
    tracemalloc.start()
    try:
        api.preupload_lfs_files(REPO, [shard], repo_type="dataset")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [each.bytes_received for each in hub.log if each.method == "PUT"] == [size]
    assert peak < size / 4


def test_files_and_folders_are_deleted_or_nothing_happens(hub: LoopbackHub, api: Client) -> None:
    api.commit(REPO, {"a/1.txt": b"1", "a/b/2.txt": b"2", "c.txt": b"3"})
    with pytest.raises(RemoteEntryNotFoundError, match="differentiate file and folder"):
        api.commit(REPO, {"new.txt": b"n", "a": None})
    for missing in ("c.txt/", "文\n.txt"):
        with pytest.raises(RemoteEntryNotFoundError, match="A file with this name doesn't exist"):
            api.commit(REPO, {"new.txt": b"n", missing: None})
    assert paths(hub) == {"a/1.txt", "a/b/2.txt", "c.txt"}
    with pytest.raises(BadRequestError, match="both a file and a folder"):
        api.commit(REPO, {"a/b": b"n"})
    api.commit(REPO, {"a/": None, "a/3.txt": b"4"})
    assert paths(hub) == {"a/3.txt", "c.txt"}


def test_a_folder_is_uploaded_with_patterns_and_gitignore(
    hub: LoopbackHub, api: Client, tmp_path: Path
) -> None:
    ignored = b"# no traces\n*.tmp\nout/\n"
    api.commit(REPO, {"old/train.parquet": SHARD, "old/keep.txt": b"k", ".gitignore": ignored})
    folder = tmp_path / "folder"
    for path in ("train.parquet", "x.tmp", "out/y.txt", "sub/out"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"new")
    api.upload_folder(
        repo_id=REPO, folder_path=folder, repo_type="dataset", delete_patterns="*.parquet"
    )
    assert paths(hub) == {"train.parquet", "sub/out", "old/keep.txt", ".gitignore"}
    assert hub.files(REPO)["train.parquet"] == b"new"


def test_an_lfs_file_is_copied_without_being_sent(hub: LoopbackHub, api: Client) -> None:
    api.commit(REPO, {"a.parquet": SHARD, "a.txt": b"a"})
    copies = [CommitOperationCopy(f"a.{end}", f"b.{end}") for end in ("parquet", "txt")]
    api.create_commit(REPO, copies, commit_message="copy", repo_type="dataset")
    assert hub.files(REPO)["b.parquet"] == SHARD
    assert hub.files(REPO)["b.txt"] == b"a"
    assert [each.method for each in hub.log].count("PUT") == 1


def test_writing_and_private_repos_need_the_token(hub: LoopbackHub, api: Client) -> None:
    nobody = Client(endpoint=hub.endpoint, token=False)
    other = Client(endpoint=hub.endpoint, token=OTHER)
    with pytest.raises(RepositoryNotFoundError, match="Invalid username or password"):
        nobody.commit(REPO, {"a.txt": b"a"})
    with pytest.raises(HfHubHTTPError, match="no right to write"):
        other.commit(REPO, {"a.txt": b"a"})
    api.create_repo("org/secret", repo_type="dataset", private=True)
    assert api.dataset_info("org/secret").private
    for client, write, read in ((nobody, 401, 401), (other, 403, 404)):
        with pytest.raises(HfHubHTTPError, match="don't have the rights to create") as error:
            client.create_repo("org/new", repo_type="dataset")
        assert status(error) == write
        changes = (
            partial(client.create_tag, tag="v1"),
            partial(client.create_branch, branch="dev"),
            partial(client.create_pull_request, title="please"),
            partial(client.delete_repo),
        )
        for change in changes:
            with pytest.raises(HfHubHTTPError) as error:
                change(REPO, repo_type="dataset")
            assert status(error) == write
        assert client.dataset_info(REPO).sha == hub.commit(REPO)
        with pytest.raises(RepositoryNotFoundError) as error:
            client.dataset_info("org/secret")
        assert status(error) == read
    hidden = f"{hub.endpoint}/datasets/org/secret/resolve/main/.gitattributes"
    assert fetch(hidden)[0] == 401
    assert fetch(hidden, Authorization=f"Bearer {WRITER}")[0] == 200


def test_history_survives_a_restart(hub: LoopbackHub, api: Client) -> None:
    first = api.commit(REPO, {"a.txt": b"1", "a.parquet": SHARD}).oid
    api.create_tag(REPO, tag="v1", repo_type="dataset")
    api.create_pull_request(REPO, "Open", repo_type="dataset")
    api.commit(REPO, {"a.txt": b"2"})
    with LoopbackHub(hub.root) as again:  # where, without a token, anybody may write
        assert again.commits(REPO) == hub.commits(REPO)
        assert again.files(REPO, "v1") == hub.files(REPO, first)
        assert again.commit(REPO, "refs/pr/1") == first
        client = Client(endpoint=again.endpoint, token=False)
        assert client.commit(REPO, {"a.txt": b"3"}).oid == again.commit(REPO)
        assert again.files(REPO)["a.txt"] == b"3"


def test_four_at_once_commit_one_after_the_other(hub: LoopbackHub, api: Client) -> None:
    refusals: list[int] = []

    def publish(number: int) -> None:
        client = Client(endpoint=hub.endpoint, token=WRITER)
        for part in range(4):
            files = {f"{number}/{part}.parquet": parquet(number, part), "last.txt": b"%d" % number}
            while not committed(client, files):
                pass

    def committed(client: Client, files: dict[str, bytes]) -> bool:
        try:
            client.commit(REPO, files, parent=client.dataset_info(REPO).sha)
        except HfHubHTTPError as error:
            refusals.append(error.response.status_code)
            return False
        return True

    # The first two have seen the same head, so that one of them must lose.
    hub.before("POST .*/commit/", threading.Barrier(2, timeout=60).wait, times=2)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(publish, range(4)))
    assert set(refusals) == {412}
    log = hub.commits(REPO)
    assert [commit.parent for commit in log] == [*(commit.oid for commit in log[1:]), None]
    assert len(log) == 17
    shards = {f"{number}/{part}.parquet" for number in range(4) for part in range(4)}
    assert paths(hub) == shards | {"last.txt"}
    assert hub.files(REPO)["3/2.parquet"] == parquet(3, 2)
