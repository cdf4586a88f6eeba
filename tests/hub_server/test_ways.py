"""Each way in which this Hub can be told to differ, seen by the real client."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.hf_api import RepoFile

from hub_server import LoopbackHub
from hub_server.clients import Client
from hub_server.files import git_oid

REPO = "org/name"
CONTENT = b"PAR1" * 10
POINTER = (
    f"version https://git-lfs.github.com/spec/v1\noid sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    f"\nsize {len(CONTENT)}\n"
).encode()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    with LoopbackHub(tmp_path) as served:
        yield served


@pytest.fixture
def client(hub: LoopbackHub) -> Client:
    client = Client(endpoint=hub.endpoint, token="any")  # noqa: S106 - of a hub on the loopback
    client.create_repo(REPO, repo_type="dataset")
    return client


def listed(client: Client, path: str) -> RepoFile:
    (found,) = client.get_paths_info(REPO, path, repo_type="dataset")
    assert isinstance(found, RepoFile)
    return found


def test_a_commit_has_64_digits_and_a_parent_may_be_abbreviated(
    hub: LoopbackHub, client: Client
) -> None:
    hub.ways.commit_digits = 64
    first = client.commit(REPO, {"a.txt": b"a"})
    assert len(first.oid) == 64
    client.commit(REPO, {"b.txt": b"b"}, parent=first.oid[:40])
    with pytest.raises(HfHubHTTPError, match="412"):
        client.commit(REPO, {"c.txt": b"c"}, parent=first.oid[:40])
    hub.ways.takes_abbreviated = False
    with pytest.raises(HfHubHTTPError, match="412"):
        client.commit(REPO, {"c.txt": b"c"}, parent=hub.commit(REPO)[:40])
    hub.ways.ignores_parent = True
    client.commit(REPO, {"c.txt": b"c"}, parent=first.oid[:40])
    assert set(hub.files(REPO)) >= {"a.txt", "b.txt", "c.txt"}


def test_parquet_is_kept_in_git_or_listed_as_its_pointer(hub: LoopbackHub, client: Client) -> None:
    hub.ways.lists_no_lfs = True
    client.commit(REPO, {"a.parquet": CONTENT})
    assert (listed(client, "a.parquet").lfs, listed(client, "a.parquet").blob_id) == (
        None,
        git_oid(POINTER),
    )
    hub.ways.keeps_all_in_git = True
    client.commit(REPO, {"b.parquet": CONTENT})
    assert (listed(client, "b.parquet").lfs, listed(client, "b.parquet").blob_id) == (
        None,
        git_oid(CONTENT),
    )


def test_files_are_left_out_or_the_client_is_told_to(hub: LoopbackHub, client: Client) -> None:
    hub.ways.skips, hub.ways.ignores = "skipped", "ignored"
    client.commit(REPO, {"skipped.txt": b"s", "ignored.txt": b"i", "kept.txt": b"k"})
    assert set(hub.files(REPO)) == {".gitattributes", "kept.txt"}


def test_what_it_has_not_is_a_page_that_is_not_there(hub: LoopbackHub, client: Client) -> None:
    hub.ways.has_refs = hub.ways.has_tags = hub.ways.has_history = False
    for ask in (
        lambda: client.list_repo_refs(REPO, repo_type="dataset"),
        lambda: client.create_tag(REPO, tag="v1", repo_type="dataset"),
        lambda: client.list_repo_commits(REPO, repo_type="dataset"),
    ):
        with pytest.raises(HfHubHTTPError, match="404") as caught:
            ask()
        assert "X-Error-Code" not in caught.value.response.headers


def test_an_answer_without_an_id_and_a_repo_that_is_private_by_default(
    hub: LoopbackHub, client: Client
) -> None:
    hub.ways.tells_commit = False
    with pytest.raises(KeyError):
        client.commit(REPO, {"a.txt": b"a"})
    assert hub.files(REPO)["a.txt"] == b"a"
    hub.ways.private_by_default = True
    client.create_repo("org/quiet", repo_type="dataset")
    client.create_repo("org/loud", repo_type="dataset", private=False)
    assert (hub.store.is_private("org/quiet"), hub.store.is_private("org/loud")) == (True, False)
