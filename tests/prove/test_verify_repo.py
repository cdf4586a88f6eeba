"""``verify ORG/NAME`` names what on the Hub is not as it was published, in one line."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core.errors import HubError, ManifestError, SourceError, VerifyError
from mixbuild.publish.hub import push as hub
from mixbuild.publish.hub.rows import batch_rows
from mixbuild.publish.manifest import Lengths, PublishedSplit
from publish.pushing import REPO, Builds, Command, check_tree, published, send

pytest_plugins = ("publish.pushing",)
pytestmark = pytest.mark.usefixtures("undrawn")

SHARD = "squad/train-00000-of-00001.parquet"
Files = Mapping[str, bytes]
Edit = Callable[[Files], dict[str, bytes | None]]


@pytest.fixture
def held(at_the_hub: LoopbackHub, api: HfApi, builds: Builds) -> LoopbackHub:
    """A Hub where squad and imdb are published."""
    send(api, builds("squad", "imdb"))
    return at_the_hub


def flip(content: bytes) -> bytes:
    """One bit of the byte in the middle."""
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


def edited(path: str, change: Callable[[bytes], bytes]) -> Edit:
    return lambda files: {path: change(files[path])}


def in_manifest(change: Callable[[dict[str, Any]], object]) -> Edit:
    """A change to the entry of squad/train."""

    def edit(files: Files) -> dict[str, bytes | None]:
        manifest = json.loads(files["manifest.json"])
        change(manifest["configs"]["squad"]["splits"]["train"])
        return {"manifest.json": json.dumps(manifest, indent=1).encode()}

    return edit


TREE: dict[str, tuple[Edit, str]] = {
    "one bit of a shard": (
        edited(SHARD, flip),
        f"{SHARD}: expected {{size}} bytes with the SHA-256 {{sha256}}, got {{size}} bytes with "
        f"{{got}}; push again",
    ),
    "a shard is missing": (
        lambda files: {SHARD: None},
        f"{SHARD}: expected {{size}} bytes with the SHA-256 {{sha256}}, got no file; push again",
    ),
    "a shard too many": (
        lambda files: {"squad/train-00001-of-00002.parquet": files[SHARD]},
        "squad/train-00001-of-00002.parquet: expected only the files that the manifest lists, got "
        "this one too; push again",
    ),
    "the manifest has another digest": (
        in_manifest(lambda entry: entry["shards"][0].update(sha256="0" * 64)),
        f"{SHARD}: expected {{size}} bytes with the SHA-256 {'0' * 64}, got {{size}} bytes with "
        f"{{sha256}}; push again",
    ),
    "the manifest has another number of rows": (
        in_manifest(lambda entry: entry.update(rows=99, rows_read=101)),
        "README.md: expected the dataset_info of 'squad' that follows from the manifest, got "
        "other splits; push again",
    ),
    "the card has another number of rows": (
        edited("README.md", lambda text: text.replace(b"num_examples: ", b"num_examples: 1", 9)),
        "README.md: expected the dataset_info of 'squad' that follows from the manifest, got other "
        "splits; push again",
    ),
    "the card has one of one config only": (
        edited(
            "README.md",
            lambda text: text.replace(b"dataset_info:", b"dataset_info: {config_name: x}\nx:", 1),
        ),
        "README.md: expected the dataset_info of 'squad' that follows from the manifest, got none; "
        "push again",
    ),
    "the card has no dataset_info": (
        edited("README.md", lambda text: text.replace(b"dataset_info:", b"other_info:", 1)),
        "README.md: expected the dataset_info of 'squad' that follows from the manifest, got none; "
        "push again",
    ),
}


@pytest.mark.parametrize("name", TREE)
def test_the_file_that_was_changed_is_named(held: LoopbackHub, api: HfApi, name: str) -> None:
    edit, expected = TREE[name]
    before = held.files(REPO)
    changes = edit(before)
    assert all(content != before.get(path) for path, content in changes.items())
    commit = held.upload(REPO, changes)
    with pytest.raises(VerifyError) as error:
        check_tree(api)
    expected = expected.format(
        size=f"{len(before[SHARD]):,}",
        sha256=hashlib.sha256(before[SHARD]).hexdigest(),
        got=hashlib.sha256(changes.get(SHARD) or b"").hexdigest(),
    )
    assert str(error.value) == f"{REPO}@{commit}: {expected}"


@pytest.mark.parametrize(
    ("rows", "row_bytes", "expected"),
    [(0, 0, 4_096), (9, 0, 4_096), (10**6, 100, 4_096), (50, 300_000, 13), (2, 10**9, 1)],
)
def test_long_rows_are_read_fewer_at_once(rows: int, row_bytes: int, expected: int) -> None:
    lengths = Lengths((0,) * 32, (0,) * 32)
    split = PublishedSplit(rows, rows, {}, rows * row_bytes, "", lengths, None, ())
    assert batch_rows(split) == expected


def test_no_more_rows_are_read_at_once_than_fit(
    held: LoopbackHub, api: HfApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, manifest = hub.read_published(api, REPO, "main")
    entry = manifest.configs["squad"].splits["train"]
    monkeypatch.setattr("mixbuild.publish.hub.rows.BATCH_BYTES", 3 * entry.text_bytes // entry.rows)
    sizes = [len(batch) for batch in hub.published_rows(api, remote, entry, columns=["id"])]
    assert sum(sizes) == entry.rows
    assert set(sizes[:-1]) <= {2, 3}
    loadings = []

    def load(items: list[Any], *_: object, **__: object) -> list[Any]:
        loadings.extend(items)
        return []

    monkeypatch.setattr("mixbuild.core.executor.run", load)
    hub.verify_repo(api, REPO, "main", configs=["squad"])
    assert [each.batch_rows in (1, 2, 3) for each in loadings] == [True, True]


@pytest.mark.parametrize("lost", [1, 0])
def test_rows_that_are_not_those_of_the_manifest_are_named_with_their_split(
    held: LoopbackHub, api: HfApi, lost: int
) -> None:
    """A row is lost, or two change places; a manifest and a card have been made to agree."""
    table = pq.read_table(io.BytesIO(held.files(REPO)[SHARD]))
    count = table.num_rows
    buffer = io.BytesIO()
    pq.write_table(table.take([1, 0, *range(2, count - lost)]), buffer)
    content = buffer.getvalue()
    manifest = published(held)
    entry = manifest["configs"]["squad"]["splits"]["train"]["shards"][0]
    more = len(content) - entry["bytes"]
    entry.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    size = sum(
        shard["bytes"]
        for split in manifest["configs"]["squad"]["splits"].values()
        for shard in split["shards"]
    )
    text = held.files(REPO)["README.md"].decode()
    commit = held.upload(
        REPO,
        {
            SHARD: content,
            "manifest.json": json.dumps(manifest).encode(),
            "README.md": text.replace(
                f"download_size: {size - more}", f"download_size: {size}"
            ).encode(),
        },
    )
    check_tree(api)
    with pytest.raises(VerifyError) as error:
        hub.verify_repo(api, REPO, "main", configs=["squad"])
    assert str(error.value).startswith(
        f"{REPO}@{commit}: squad streamed: train: expected {count} rows with the content digest "
    )
    assert f", got {count - lost} with " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("after", [0, 1])
def test_a_download_that_comes_damaged_is_not_taken_for_the_rows(
    held: LoopbackHub, api: HfApi, after: int
) -> None:
    """Streamed, and in full: neither is checked by the client."""
    held.fail("^GET /lfs/.*/imdb/test", times=1, after=after, corrupt=True)
    with pytest.raises((VerifyError, SourceError)) as error:
        hub.verify_repo(api, REPO, "main", configs=["imdb"])
    way = "streamed" if after == 0 else "in full"
    assert str(error.value).startswith(f"{REPO}@{held.commit(REPO)}: imdb {way}: ")
    assert "\n" not in str(error.value)


def test_the_command_says_one_line_and_fails(held: LoopbackHub, command: Command) -> None:
    good = held.commit(REPO)
    bad = held.upload(REPO, {SHARD: flip(held.files(REPO)[SHARD])})
    done = command("verify", REPO)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {REPO}@{bad}: {SHARD}: expected ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    done = command("verify", f"{REPO}@{good}")
    assert (done.returncode, done.stderr) == (0, "")
    entries = published(held)["configs"].values()
    rows = sum(split["rows"] for entry in entries for split in entry["splits"].values())
    assert done.stdout.endswith(f"\n{REPO}@{good}: verified, {rows} rows in 4 files\n")


ABSENT = {
    REPO: "COMMIT: expected manifest.json, got none, so nothing was published there by "
    "instruct_mix; check the name and the revision",
    f"{REPO}@v7": "v7: the dataset has no such revision; check the branch, tag or commit",
    "org/other": "main: the Hub has no such dataset, or none that this HF_TOKEN may see; check the "
    "name, and whose token it is",
}


@pytest.mark.parametrize("place", ABSENT)
def test_nothing_is_published_there(at_the_hub: LoopbackHub, api: HfApi, place: str) -> None:
    commit = at_the_hub.upload(REPO, {"train.parquet": b"of people"})
    with pytest.raises((ManifestError, HubError)) as error:
        hub.verify_repo(api, *hub.parse(place))
    expected = ABSENT[place].replace("COMMIT", commit)
    assert str(error.value) == f"{place.partition('@')[0]}@{expected}"


@pytest.mark.parametrize("repo", ["org/secret", "org/none"])
def test_without_a_token_nobody_is_told_whether_a_repo_is_there(
    at_the_hub: LoopbackHub, repo: str
) -> None:
    at_the_hub.store.create("org/secret", private=True)
    with pytest.raises(HubError) as error:
        hub.verify_repo(HfApi(endpoint=at_the_hub.endpoint, token=False), repo, "main")
    assert str(error.value) == (
        f"{repo}@main: the Hub shows no such dataset without a token: it is not there, or it is "
        f"private; check the name, or set HF_TOKEN"
    )


def test_an_address_that_is_no_hub_is_named(at_the_hub: LoopbackHub) -> None:
    with pytest.raises(HubError) as error:
        hub.verify_repo(HfApi(endpoint=f"{at_the_hub.endpoint}/else", token=False), REPO, "main")
    assert str(error.value) == (
        f"{REPO}@main: the Hub has no page /else/api/datasets/{REPO}/revision/main (404); is "
        f"HF_ENDPOINT the address of a Hub?"
    )


def test_what_a_load_asks_is_waited_out_as_the_hub_says(
    held: LoopbackHub, api: HfApi, tmp_path: Path
) -> None:
    """Requests of `datasets`, in the process that loads: the client tries these but once."""
    patterns = (rf"GET /api/datasets/{REPO}/revision/\w{{40}}$", r"HEAD .*/README.md$")
    told = ({"Retry-After": "1"}, {"RateLimit": '"api";r=0;t=1'})
    for pattern, status, headers in zip(patterns, (503, 429), told, strict=True):
        held.fail(pattern, times=1, status=status, headers=headers)
    trusted = state(tmp_path / "home")
    hub.verify_repo(api, REPO, "main", configs=["squad"])
    asked = [f"{each.method} {each.path}" for each in held.log if each.status in (429, 503)]
    assert len(asked) == 2
    assert all(any(re.search(pattern, each) for each in asked) for pattern in patterns)
    assert state(tmp_path / "home") == trusted, "nothing is kept that a later load would trust"


def state(home: Path) -> list[str]:
    return sorted(str(path) for path in home.rglob("*.parquet"))
