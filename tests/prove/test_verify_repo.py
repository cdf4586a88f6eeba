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
from mixbuild.publish.ends import Ends, exported_ends, rows_of
from mixbuild.publish.hub import push as hub
from mixbuild.publish.hub.rows import batch_rows
from mixbuild.publish.manifest import Lengths, PublishedSplit
from mixbuild.publish.split import FOLDER
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
    "the manifest has other columns": (
        edited("manifest.json", lambda text: text.replace(b'"references": "', b'"answers": "', 1)),
        "manifest.json: expected the columns {{'prompt': 'string', 'completion': 'string', "
        "'references': 'list<item: string>', 'task': 'string', 'template': 'string', 'source': "
        "'string', 'id': 'string'}}, got {{'prompt': 'string', 'completion': 'string', 'answers': "
        "'list<item: string>', 'task': 'string', 'template': 'string', 'source': 'string', 'id': "
        "'string'}}; push again",
    ),
    "the card reads other files": (
        edited("README.md", lambda text: text.replace(b"squad/train-*", b"squad/[t]*-*", 1)),
        "README.md: expected the configs of 'squad' that follows from the manifest, got other "
        "data_files; push again",
    ),
    "the card lacks a config": (
        edited(
            "README.md",
            lambda text: text.replace(b"config_name: squad", b"config_name: other", 1),
        ),
        "README.md: expected the configs of 'squad' that follows from the manifest, got none; "
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
    assert [each.batch_rows in (1, 2, 3) for each in loadings] == [True]


def put_rows(held: LoopbackHub, change: Callable[[list[int]], list[int]]) -> tuple[str, int]:
    """Other rows of squad's; a manifest and a card are made to agree. The commit, and their count.

    Args:
        held: the Hub.
        change: the numbers of the rows -> those that are there then, in their order.
    """
    table = pq.read_table(io.BytesIO(held.files(REPO)[SHARD]))
    buffer = io.BytesIO()
    pq.write_table(table.take(change(list(range(len(table))))), buffer, row_group_size=5)
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
    return commit, len(table)


@pytest.mark.parametrize("lost", [1, 0])
def test_rows_that_are_not_those_of_the_manifest_are_named_with_their_split(
    held: LoopbackHub, api: HfApi, lost: int
) -> None:
    """A row is lost, or two change places."""
    commit, count = put_rows(held, lambda rows: [1, 0, *rows[2 : len(rows) - lost]])
    check_tree(api)
    with pytest.raises(VerifyError) as error:
        hub.verify_repo(api, REPO, "main", configs=["squad"])
    assert str(error.value).startswith(
        f"{REPO}@{commit}: squad in full: train: expected {count} rows with the content digest "
    )
    assert f", got {count - lost} with " in str(error.value)
    assert "\n" not in str(error.value)


ORDERS: dict[str, tuple[Callable[[list[int]], list[int]], str]] = {
    "as they were": (lambda rows: rows, ""),
    "others in the middle": (lambda rows: [*rows[:6], 7, 6, *rows[8:]], ""),
    "another first": (lambda rows: [1, 0, *rows[2:]], "the first 3 rows"),
    "another last": (lambda rows: [*rows[:-2], rows[-1], rows[-2]], "the last 2 rows"),
    "one less": (lambda rows: rows[:-1], "the last 2 rows"),
    "none but one": (lambda rows: rows[:1], "the first 3 rows"),
}


@pytest.mark.parametrize("order", ORDERS)
def test_the_ends_of_a_split_are_loaded_and_no_row_between(
    held: LoopbackHub, api: HfApi, builds: Builds, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """Squad's 17 rows lie in row groups of five, of which the last has two."""
    change, named = ORDERS[order]
    monkeypatch.setattr("mixbuild.publish.ends.END_ROWS", 3)
    squad = builds("squad").entries["squad"].splits
    ends = {
        split: exported_ends(builds("squad").out / FOLDER, entry) for split, entry in squad.items()
    }
    last = pq.read_table(io.BytesIO(held.files(REPO)[SHARD]))[-2:]
    ends["train"] = Ends(ends["train"].first, rows_of(last))
    commit, _ = put_rows(held, change)
    if not named:
        hub.verify_repo(api, REPO, "main", configs=["squad"], ends={"squad": ends})
        return
    with pytest.raises(VerifyError) as error:
        hub.verify_repo(api, REPO, "main", configs=["squad"], ends={"squad": ends})
    assert str(error.value).startswith(
        f"{REPO}@{commit}: squad streamed: train: expected {named} with the content digest "
    )
    assert str(error.value).endswith("; try again, then push the build again")


def test_a_download_that_comes_damaged_is_not_taken_for_the_rows(
    held: LoopbackHub, api: HfApi
) -> None:
    """The client does not check it."""
    held.fail("^GET /lfs/.*/imdb/test", times=1, corrupt=True)
    with pytest.raises((VerifyError, SourceError)) as error:
        hub.verify_repo(api, REPO, "main", configs=["imdb"])
    assert str(error.value).startswith(f"{REPO}@{held.commit(REPO)}: imdb in full: ")
    assert "\n" not in str(error.value)


TOLD: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "text_bytes": (
        lambda entry: entry.update(text_bytes=entry["text_bytes"] + 1),
        "expected the text_bytes that its rows have, {text_bytes}, got {text_bytes_and_1}",
    ),
    "lengths": (
        lambda entry: entry["lengths"]["prompt"].reverse(),
        "expected the lengths that its rows have, {{'prompt': [0, ",
    ),
    "summary": (
        lambda entry: entry["summary"]["prompt"].update(median=7),
        "expected the summary that its rows have, {{'prompt': {{'least': ",
    ),
    "example": (
        lambda entry: entry["example"].update(completion=" made up"),
        "expected the example that its rows have, {{'prompt': 'Answer the following question ",
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_the_manifest_says_of_all_rows_is_taken_of_them_anew(
    held: LoopbackHub, api: HfApi, name: str
) -> None:
    change, expected = TOLD[name]
    entry = published(held)["configs"]["squad"]["splits"]["train"]
    files = dict(held.files(REPO))
    changes = in_manifest(change)(files)
    if name == "text_bytes":  # which the card repeats, and is made to agree
        card = files["README.md"].decode()
        for size in (entry["text_bytes"], sum_of_bytes(held)):
            card = card.replace(f": {size}\n", f": {size + 1}\n")
        changes["README.md"] = card.encode()
    commit = held.upload(REPO, changes)
    check_tree(api)
    with pytest.raises(VerifyError) as error:
        hub.verify_repo(api, REPO, "main", configs=["squad"])
    told = expected.format(**entry, text_bytes_and_1=f"{entry['text_bytes'] + 1}")
    start = f"{REPO}@{commit}: squad in full: train: manifest.json: {told}"
    assert str(error.value).startswith(start)
    assert str(error.value).endswith("; push the build again")
    assert "\n" not in str(error.value)


def sum_of_bytes(held: LoopbackHub) -> int:
    splits = published(held)["configs"]["squad"]["splits"].values()
    return sum(split["text_bytes"] for split in splits)


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
