"""Branches, tags, pull requests and old commits of the loopback Hub, as real clients see them."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import DiscussionComment, hf_hub_download
from huggingface_hub.errors import BadRequestError, HfHubHTTPError, RevisionNotFoundError

from hub_server import LoopbackHub, RefusalError
from hub_server.clients import Client, evaluate, fetch

REPO = "org/mix"


def parquet(*rows: int) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"row": rows}), file)
    return file.getvalue()


SHORT, LONG = parquet(1, 2), parquet(1, 2, 3)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    with LoopbackHub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def api(hub: LoopbackHub) -> Client:
    """A client, and a repo to write to."""
    api = Client(endpoint=hub.endpoint, token=False)
    api.create_repo(REPO, repo_type="dataset")
    return api


def paths(hub: LoopbackHub, revision: str = "main") -> set[str]:
    return hub.files(REPO, revision).keys() - {".gitattributes"}


def test_a_pull_request_leaves_main_alone(hub: LoopbackHub, api: Client) -> None:
    first, head = api.commit(REPO, {"a.txt": b"a"}).oid, api.commit(REPO, {"a.txt": b"b"}).oid
    proposed = api.commit(REPO, {"b.parquet": SHORT}, create_pr=True, message="propose")
    assert (proposed.pr_num, proposed.pr_revision) == (1, "refs/pr/1")
    onto = api.commit(REPO, {"c.txt": b"c"}, revision="refs/pr/1", parent=proposed.oid)
    assert (hub.commit(REPO), paths(hub)) == (head, {"a.txt"})
    assert paths(hub, "refs/pr/1") == {"a.txt", "b.parquet", "c.txt"}
    log = [commit.oid for commit in hub.commits(REPO, "refs/pr/1")]
    assert log[:3] == [onto.oid, proposed.oid, head]
    assert hub.commits(REPO, "refs/pr/1") != hub.commits(REPO)

    late = api.commit(REPO, {"d.txt": b"d"}, create_pr=True, parent=first, message="late")
    assert hub.commits(REPO, late.oid)[1].oid == first  # it begins there, and is not refused
    opened = api.create_pull_request(REPO, "An empty one", repo_type="dataset")
    assert (opened.num, opened.is_pull_request, opened.status) == (3, True, "draft")
    asked = api.create_discussion(REPO, "A question", repo_type="dataset", description="Why?")
    comments = [event for event in asked.events if isinstance(event, DiscussionComment)]
    assert [comment.content for comment in comments] == ["Why?"]
    titles = [each.title for each in api.get_repo_discussions(REPO, repo_type="dataset")]
    assert titles == ["A question", "An empty one", "late", "propose"]
    refs = api.list_repo_refs(REPO, repo_type="dataset", include_pull_requests=True)
    assert {each.ref: each.target_commit for each in refs.pull_requests or ()} == {
        "refs/pr/1": onto.oid,
        "refs/pr/2": late.oid,
        "refs/pr/3": head,
    }
    unasked = json.loads(fetch(f"{hub.endpoint}/api/datasets/{REPO}/refs")[1])
    assert unasked.keys() == {"branches", "tags", "converts"}


def test_branches_and_tags_name_commits(hub: LoopbackHub, api: Client, tmp_path: Path) -> None:
    first = api.commit(REPO, {"a.txt": b"1"}).oid
    api.create_branch(REPO, branch="dev/one", repo_type="dataset", revision=first)
    api.create_tag(REPO, tag="v1", repo_type="dataset")
    second = api.commit(REPO, {"a.txt": b"2"}).oid
    third = api.commit(REPO, {"a.txt": b"3"}, revision="dev/one").oid
    assert hub.commits(REPO, "dev/one")[1].oid == first
    contents = {
        b"1": ("v1", "refs/tags/v1", first, first[:7]),
        b"2": (None, "main", "refs/heads/main", second),
        b"3": ("dev/one", "refs/heads/dev/one", third),
    }
    for content, revisions in contents.items():
        for revision in revisions:
            path = hf_hub_download(
                repo_id=REPO,
                filename="a.txt",
                repo_type="dataset",
                revision=revision,
                endpoint=hub.endpoint,
                cache_dir=tmp_path / "cache",
            )
            assert Path(path).read_bytes() == content, revision
    refs = api.list_repo_refs(REPO, repo_type="dataset")
    assert [(each.name, each.ref, each.target_commit) for each in refs.branches + refs.tags] == [
        ("main", "refs/heads/main", second),
        ("dev/one", "refs/heads/dev/one", third),
        ("v1", "refs/tags/v1", first),
    ]
    for revision in ("v1", "refs/tags/v1", first, "none"):  # to which nothing can be committed
        with pytest.raises(RevisionNotFoundError):
            api.commit(REPO, {"b.txt": b"b"}, revision=revision)

    api.delete_branch(REPO, branch="dev/one", repo_type="dataset")
    api.delete_tag(REPO, tag="v1", repo_type="dataset")
    with pytest.raises(RevisionNotFoundError):
        api.delete_tag(REPO, tag="v1", repo_type="dataset")
    with pytest.raises(HfHubHTTPError, match="main branch cannot be deleted"):
        api.delete_branch(REPO, branch="main", repo_type="dataset")
    assert hub.files(REPO, third)["a.txt"] == b"3"  # the commits stay


def test_a_branch_or_a_tag_is_made_once(hub: LoopbackHub, api: Client) -> None:
    for _ in range(2):
        api.create_branch(REPO, branch="dev", repo_type="dataset", exist_ok=True)
        api.create_tag(REPO, tag="v1", repo_type="dataset", exist_ok=True)
    with pytest.raises(HfHubHTTPError, match="Reference already exists: refs/heads/dev") as error:
        api.create_branch(REPO, branch="dev", repo_type="dataset")
    assert error.value.response.status_code == 409
    with pytest.raises(HfHubHTTPError, match="Reference already exists: refs/tags/v1") as error:
        api.create_tag(REPO, tag="v1", repo_type="dataset")
    assert error.value.response.status_code == 409
    with pytest.raises(BadRequestError, match="Invalid reference for a branch: refs/pr/9"):
        api.create_branch(REPO, branch="refs/pr/9", repo_type="dataset")
    for missing in ("none", "0" * 40):
        with pytest.raises(RevisionNotFoundError):
            api.create_tag(REPO, tag="v2", repo_type="dataset", revision=missing)
        with pytest.raises(RevisionNotFoundError):
            api.create_branch(REPO, branch="other", repo_type="dataset", revision=missing)


def test_long_lists_come_in_pages(hub: LoopbackHub, api: Client) -> None:
    oids = [hub.upload(REPO, {"count.txt": b"%d" % count}) for count in range(104)]
    log = api.list_repo_commits(REPO, repo_type="dataset")
    assert [commit.commit_id for commit in log][:104] == oids[::-1]
    dates = [commit.created_at for commit in log]
    assert dates == sorted(set(dates), reverse=True)
    assert sum("/commits/main" in each.path for each in hub.log) == 3
    hub.upload(REPO, {f"many/{number:04}.txt": b"" for number in range(1100)})
    listed = list(api.list_repo_tree(REPO, "many", repo_type="dataset"))
    assert [entry.path for entry in listed] == sorted(paths(hub) - {"count.txt"})
    assert sum("/tree/main/many" in each.path for each in hub.log) == 2
    expanded = api.list_repo_tree(REPO, "many", repo_type="dataset", expand=True)
    assert [entry.path for entry in expanded] == [entry.path for entry in listed]


def test_a_mounted_folder_gets_a_history_that_begins_with_it(
    hub: LoopbackHub, api: Client, tmp_path: Path
) -> None:
    source, folder = "org/source", hub.root / "org/source"
    folder.mkdir(parents=True)
    (folder / "train.parquet").write_bytes(SHORT)
    mounted = hub.commit(source)
    moved = hub.upload(source, {"train.parquet": LONG})
    api.create_branch(source, branch="old", repo_type="dataset", revision=mounted)
    hub.upload(source, {"train.parquet": None, "test.parquet": SHORT}, revision="old")
    proposed = api.commit(source, {"train.parquet": None, "train.csv": b"row\n7\n"}, create_pr=True)
    assert [commit.oid for commit in hub.commits(source)] == [moved, mounted]
    load = "load_dataset('org/source', revision={!r}, split={!r})['row'][:]"
    stream = (
        "[r['row'] for r in load_dataset('org/source', revision={!r}, split={!r}, streaming=True)]"
    )
    wanted: list[tuple[str | None, str, object]] = [
        (mounted, "train", [1, 2]),
        (None, "train", [1, 2, 3]),
        (moved, "train", [1, 2, 3]),
        ("old", "test", [1, 2]),
        ("old", "train", "ValueError"),
        ("refs/pr/1", "train", [7]),
        (proposed.oid, "train", [7]),
    ]
    codes = [code.format(*at[:2]) for at in wanted for code in (load, stream)]
    got = evaluate(hub, tmp_path / "home", *codes)
    assert got == [at[2] for at in wanted for _ in "ls"]
    assert (folder / "train.parquet").read_bytes() == SHORT  # what was mounted is left alone

    hub.delete_repo(source)
    with pytest.raises(RefusalError, match="Invalid rev id"):
        hub.files(source)
    assert folder.is_dir()
    api.create_repo(source, repo_type="dataset")
    assert hub.files(source).keys() == {".gitattributes"}
