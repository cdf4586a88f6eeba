"""The loopback Hub does to the real clients what the Hub does, faults included."""

import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hub_server import LoopbackHub, Request
from hub_server.clients import evaluate, fetch

READER = "hf_reader"  # opens the gated repo
CARD = """---
configs:
- config_name: small
  data_files:
  - {split: train, path: small/train-*.parquet}
  - {split: test, path: small/test-*.parquet}
---
"""
TRAIN = [{"text": f"row {row} {row**99}", "label": row % 2} for row in range(2_000)]
TEST = [{"text": "naïve {braces} \x85", "label": 1}, {"text": "", "label": 0}]
LINES = [{"question": "1 + 1?", "answer": "2"}, {"question": "2 + 2?", "answer": "4"}]
TRAIN_PATH, TEST_PATH = "small/train-00000-of-00001.parquet", "small/test-00000-of-00001.parquet"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three repos: Parquet files with a card, bare lines of JSON, and gated lines of JSON."""
    root = tmp_path / "hub"
    for folder in ("org/tables/small", "org/lines", "org/gated"):
        (root / folder).mkdir(parents=True)
    (root / "org/tables/README.md").write_text(CARD)
    pq.write_table(pa.Table.from_pylist(TRAIN), root / "org/tables" / TRAIN_PATH)
    pq.write_table(pa.Table.from_pylist(TEST), root / "org/tables" / TEST_PATH)
    lines = "".join(json.dumps(line) + "\n" for line in LINES)
    (root / "org/lines/train.jsonl").write_text(lines)
    (root / "org/gated/train.jsonl").write_text(lines)
    return root


@pytest.fixture
def hub(root: Path) -> Iterator[LoopbackHub]:
    with LoopbackHub(root, gated={"org/gated"}, token=READER) as hub:
        yield hub


def reads(hub: LoopbackHub, path: str) -> list[Request]:
    return [
        request
        for request in hub.log
        if request.method == "GET" and request.path.endswith(path) and "/tree/" not in request.path
    ]


def test_a_builder_and_its_stream_give_the_rows_of_the_files(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    assert evaluate(
        hub,
        tmp_path / "home",
        "load_dataset_builder('org/tables').config.name",
        "load_dataset_builder('org/tables').hash",
        "list(load_dataset('org/tables', split='train', streaming=True))",
        "list(load_dataset('org/tables', split='test', streaming=True))",
        "list(load_dataset('org/lines', split='train', streaming=True))",
        "load_dataset('org/tables', split='test').to_list()",
    ) == ["small", hub.commit("org/tables"), TRAIN, TEST, LINES, TEST]

    # What `datasets` looks for in any repo and need not find. More is an endpoint that we lack.
    missed = {r.path.rpartition("/")[2] for r in hub.log if r.status >= 400}
    scripts, viewer = {"tables.py", "lines.py"}, {"info"}
    optional = {"README.md", ".huggingface.yaml", "dataset_infos.json", "data"}
    assert missed <= scripts | viewer | optional


def test_a_range_is_read_from_the_other_host_and_nothing_more(
    hub: LoopbackHub, root: Path, tmp_path: Path
) -> None:
    content = (root / "org/tables" / TRAIN_PATH).read_bytes()
    assert len(content) > 50_000
    opened = f"HfFileSystem().open('datasets/org/tables/{TRAIN_PATH}', block_size=1000)"
    assert evaluate(
        hub, tmp_path / "home", f"[(file := {opened}).seek(20_000), file.size, file.read(10).hex()]"
    ) == [[20_000, len(content), content[20_000:20_010].hex()]]
    resolved, read = reads(hub, TRAIN_PATH)
    assert resolved == Request(
        "GET", f"/datasets/org/tables/resolve/main/{TRAIN_PATH}", 302, None, 0
    )
    assert read.path.startswith("/lfs/org/tables/")
    # The client reads one block ahead of the ten bytes it was asked for.
    assert (read.status, read.range, read.bytes_sent) == (206, (20_000, 21_009), 1_010)
    assert urlsplit(hub.storage).netloc != urlsplit(hub.endpoint).netloc


def test_listings_and_facts_are_those_of_the_folder(
    hub: LoopbackHub, root: Path, tmp_path: Path
) -> None:
    commit, paths = hub.commit("org/tables"), ["README.md", TEST_PATH, TRAIN_PATH]
    files = [[path, (root / "org/tables" / path).stat().st_size] for path in paths]
    (root / "org/lines/deep/a b").mkdir(parents=True)
    (root / "org/lines/deep/a b/ü#.txt").write_text("found")
    assert evaluate(
        hub,
        tmp_path / "home",
        "sorted(HfFileSystem().find('datasets/org/tables'))",
        "[entry.path for entry in HfApi().list_repo_tree('org/tables', repo_type='dataset')]",
        "HfFileSystem().ls('datasets/org/lines/deep/a b', detail=False)",
        "HfFileSystem().cat('datasets/org/lines/deep/a b/ü#.txt').decode()",
        "HfApi().dataset_info('org/tables').sha",
        "[[s.rfilename, s.size] for s in"
        " HfApi().dataset_info('org/tables', files_metadata=True).siblings]",
        "[[f.path, f.last_commit.oid] for f in HfApi().get_paths_info("
        "'org/tables', ['small', 'README.md', 'none'], repo_type='dataset', expand=True)]",
        "[[branch.name, branch.target_commit] for branch in"
        " HfApi().list_repo_refs('org/tables', repo_type='dataset').branches]",
        f"HfApi().whoami(token='{READER}')['name']",
    ) == [
        [f"datasets/org/tables/{path}" for path in paths],
        ["README.md", "small"],
        ["datasets/org/lines/deep/a b/ü#.txt"],
        "found",
        commit,
        files,
        [["small", commit], ["README.md", commit]],
        [["main", commit]],
        "loopback",
    ]


def test_the_commit_changes_with_a_byte_and_the_old_one_is_gone(
    hub: LoopbackHub, root: Path, tmp_path: Path
) -> None:
    before = hub.commit("org/lines")
    assert hub.commit("org/lines") == before
    assert len(bytes.fromhex(before)) == 20
    lines = root / "org/lines/train.jsonl"
    lines.write_text(lines.read_text().replace("4", "5"))
    after = hub.commit("org/lines")
    assert after != before
    asked = [f"HfApi().dataset_info('org/lines', revision='{sha}').sha" for sha in (before, after)]
    assert evaluate(hub, tmp_path / "home", *asked) == ["RevisionNotFoundError", after]

    large = [b"a" * 1_100_000, b"b" * 1_100_001]  # hashed once, unless they change
    commits = [lines.write_bytes(content) and hub.commit("org/lines") for content in large]
    assert len({after, *commits}) == 3


def test_what_is_missing_or_closed_raises_the_class_that_says_so(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", READER)  # the developer's own, which a client must not get
    expected = {
        "HfApi().dataset_info('org/none')": "RepositoryNotFoundError",
        "load_dataset_builder('org/none')": "DatasetNotFoundError",
        "HfApi().dataset_info('org/lines', revision='v9')": "RevisionNotFoundError",
        "load_dataset_builder('org/lines', revision='v9')": "DatasetNotFoundError",
        "hf_hub_download('org/lines', 'none', repo_type='dataset')": "RemoteEntryNotFoundError",
        "HfFileSystem().open('datasets/org/lines/none')": "FileNotFoundError",
        "HfApi().list_repo_tree('org/lines', 'none', repo_type='dataset').__next__()": (
            "RemoteEntryNotFoundError"
        ),
        "hf_hub_download('org/gated', 'train.jsonl', repo_type='dataset')": "GatedRepoError",
        "load_dataset_builder('org/gated')": "DatasetNotFoundError",
        "HfApi().dataset_info('org/gated').gated": "manual",
        "HfApi().whoami(token='hf_other')": "HfHubHTTPError",
        "HfApi(endpoint='http://elsewhere.invalid').dataset_info('org/lines')": "HfHubHTTPError",
    }
    assert dict(zip(expected, evaluate(hub, tmp_path / "home", *expected), strict=True)) == expected
    # The last went to this hub, as the proxy of a client that has left the loopback.
    assert hub.log[-1].path == "//elsewhere.invalid/api/datasets/org/lines"


def test_the_token_opens_the_gated_repo_and_stays_on_the_first_host(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    assert evaluate(
        hub,
        tmp_path / "home",
        "list(load_dataset('org/gated', split='train', streaming=True))",
        "list(load_dataset('org/tables', split='test', streaming=True))",
        HF_TOKEN=READER,
    ) == [LINES, TEST]

    gated = f"{hub.endpoint}/datasets/org/gated/resolve/main/train.jsonl"
    assert fetch(gated)[0] == 401
    assert fetch(gated, Authorization="Bearer hf_other")[0] == 403
    assert fetch(gated, Authorization=f"Bearer {READER}")[0] == 200
    _, _, headers = fetch(f"{hub.endpoint}/datasets/org/tables/resolve/main/{TEST_PATH}")
    assert fetch(headers["Location"])[0] == 200
    assert fetch(headers["Location"], Authorization=f"Bearer {READER}")[0] == 400
    sha256 = headers["X-Linked-ETag"].strip('"')
    assert fetch(headers["Location"].replace(sha256, "0" * 64))[0] == 404
    # Neither host has what the other serves.
    assert fetch(headers["Location"].replace(hub.storage, hub.endpoint))[0] == 404
    assert fetch(gated.replace(hub.endpoint, hub.storage))[0] == 404


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=5-", 206, 5, 89),
        ("bytes=-5", 206, 85, 89),
        ("bytes=-500", 206, 0, 89),
        ("bytes=80-500", 206, 80, 89),
        ("bytes=90-99", 416, None, None),
        ("bytes=nonsense", 200, 0, 89),
    ],
)
def test_ranges(
    hub: LoopbackHub, root: Path, asked: str, status: int, first: int | None, last: int | None
) -> None:
    content = bytes(range(90))
    (root / "org/lines/bytes").write_bytes(content)
    got, body, headers = fetch(f"{hub.endpoint}/datasets/org/lines/resolve/main/bytes", Range=asked)
    assert got == status
    assert body == (b"" if first is None or last is None else content[first : last + 1])
    ranges = {200: None, 206: f"bytes {first}-{last}/90", 416: "bytes */90"}
    assert headers["Content-Range"] == ranges[status]


def test_a_client_survives_two_errors_by_its_own_retries(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.fail(r"^GET /datasets/org/tables/resolve/.*/test-", times=2, status=500)
    [rows] = evaluate(
        hub, tmp_path / "home", "list(load_dataset('org/tables', split='test', streaming=True))"
    )
    assert rows == TEST
    assert [request.status for request in reads(hub, TEST_PATH)][:3] == [500, 500, 302]


def test_a_cut_connection_is_noticed(hub: LoopbackHub, root: Path, tmp_path: Path) -> None:
    content = (root / "org/tables" / TRAIN_PATH).read_bytes()
    read = f"len(HfFileSystem().read_bytes('datasets/org/tables/{TRAIN_PATH}'))"
    hub.fail(r"^GET /lfs/", times=3, cut_after=1_000)
    # A whole file is read by one request, for which the client gives up after one retry.
    assert evaluate(hub, tmp_path / "home", read, read) == ["RemoteProtocolError", len(content)]
    sent = [request.bytes_sent for request in reads(hub, TRAIN_PATH) if request.status == 200]
    assert sent == [1_000, 1_000, 1_000, len(content)]


def test_faults_wait_their_turn(hub: LoopbackHub) -> None:
    hub.fail("^GET /api/", times=1, after=1, status=503)
    hub.fail("refs$", times=1, status=429, headers={"Retry-After": "0"})
    hub.fail("refs$", times=1, delay_seconds=0.3, headers={"X-Late": "yes"})
    refs, whoami = f"{hub.endpoint}/api/datasets/org/lines/refs", f"{hub.endpoint}/api/whoami-v2"
    answers = [fetch(url) for url in (refs, whoami, refs)]
    begin = time.monotonic()
    late, usual = fetch(refs), fetch(refs)
    assert time.monotonic() - begin >= 0.3
    assert [status for status, _, _ in (*answers, late, usual)] == [200, 503, 429, 200, 200]
    assert answers[2][2]["Retry-After"] == "0"
    assert (late[2]["X-Late"], usual[2]["X-Late"]) == ("yes", None)
    assert late[1] == usual[1]


def test_a_stopped_hub_leaves_no_thread_and_no_listener(root: Path) -> None:
    before = set(threading.enumerate())
    with LoopbackHub(root) as hub:
        idle = http.client.HTTPConnection(urlsplit(hub.endpoint).netloc, timeout=10)
        idle.request("GET", "/api/datasets/org/lines/refs")
        with idle.getresponse() as answer:
            answer.read()
        assert len(set(threading.enumerate()) - before) == 3  # two hosts, and the open connection
        hub.fail("refs$", times=1, delay_seconds=60)
        idle.request("GET", "/api/datasets/org/lines/refs")
        endpoint, storage, begin = hub.endpoint, hub.storage, time.monotonic()
    assert time.monotonic() - begin < 10
    idle.close()
    assert set(threading.enumerate()) == before
    for host in (endpoint, storage):
        with pytest.raises(ConnectionRefusedError):
            fetch(host)
