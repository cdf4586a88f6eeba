"""A repo's tree and card, read once and held against what the Hub lists."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core import HubError, SourceError
from mixbuild.core.files import git_blob_hash
from mixbuild.sources import hub as reader
from mixbuild.sources.hub import find_commit, find_repo, is_of, read_card, read_repo_file

FILES = {"README.md": b"---\nlicense: mit\n---\n", "a b/[x].parquet": b"PAR1", "e": b""}


def test_files_come_with_the_hash_that_they_are_known_by(tmp_path: Path) -> None:
    with LoopbackHub(tmp_path) as hub:
        commit = hub.upload("org/name", FILES)
        api = HfApi(endpoint=f"{hub.endpoint}/", token=False)
        found = find_repo("org/name", "main", api=api)
        assert (found.commit, found.id, found.gated, found.private) == (
            commit,
            "org/name",
            False,
            False,
        )
        assert {
            path: (each.size, each.hash) for path, each in found.files.items() if path in FILES
        } == {
            "README.md": (21, git_blob_hash(FILES["README.md"])),
            "a b/[x].parquet": (4, hashlib.sha256(b"PAR1").hexdigest()),
            "e": (0, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        }
        for path, content in FILES.items():
            assert read_repo_file(found, path, api=api) == content
            assert found.files[path].is_of(content)
            assert not found.files[path].is_of(content + b".")
        assert read_repo_file(found, "not there", api=api) is None
        other = {**found.files, "README.md": found.files["e"]}
        damaged = reader.Repo("org/name", "org/name", commit, False, False, other)
        with pytest.raises(HubError) as caught:
            read_repo_file(damaged, "README.md", api=api)
    assert str(caught.value) == (
        f"org/name@{commit}: README.md: expected the bytes that the Hub lists, got others 3 times; "
        "run the same command later"
    )


@pytest.mark.parametrize("commit", ["0" * 40, "ab" * 32])
def test_a_commit_has_either_number_of_digits(commit: str) -> None:
    assert find_commit("org/name", "main", api=answering(commit)) == commit


@pytest.mark.parametrize("commit", ["main", "0" * 39, "0" * 41, "A" * 40, "0" * 63, "", None])
def test_what_is_no_commit_is_not_taken_for_one(commit: str | None) -> None:
    with pytest.raises(HubError) as caught:
        find_commit("org/name", "main", api=answering(commit))
    assert str(caught.value) == (
        "org/name@main: expected a commit's id of 40 or 64 hexadecimal digits, got "
        f"{str(commit)!r} from the Hub; is HF_ENDPOINT a Hub's address?"
    )


def answering(commit: str | None) -> HfApi:
    info: Callable[..., Any] = lambda repo, revision: SimpleNamespace(sha=commit)  # noqa: E731
    return cast(HfApi, SimpleNamespace(dataset_info=info))


def test_a_file_is_known_by_each_of_the_hashes_that_a_hub_may_list(tmp_path: Path) -> None:
    content = b"Several\nlines\n" * 100_000
    path = tmp_path / "a file"
    path.write_bytes(content)
    told = subprocess.run(["git", "hash-object", path], capture_output=True, text=True, check=True)
    blob = b"blob %d\0" % len(content) + content
    for digest in (
        told.stdout.strip(),
        hashlib.sha256(content).hexdigest(),
        hashlib.sha256(blob).hexdigest(),
    ):
        for held in (content, path):
            assert is_of(held, size=len(content), hash=digest)
            assert not is_of(held, size=len(content) - 1, hash=digest)
            assert not is_of(held, size=len(content), hash=digest[::-1])
        assert not is_of(tmp_path / "not there", size=len(content), hash=digest)


@pytest.mark.parametrize(
    ("card", "found"),
    [
        (b"", {}),
        (b"# A title\n", {}),
        (b"---\n---\n", {}),
        (b"\xef\xbb\xbf---\r\nlicense: no\r\n---\r\n", {"license": "no"}),
        (b"---\nsize: 1_000\nday: 2020-01-01\n---\n", {"size": "1_000", "day": "2020-01-01"}),
    ],
)
def test_a_card_says_what_stands_there(card: bytes, found: dict[str, Any]) -> None:
    assert read_card(card, where="card") == found


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (
            b"---\n- a\n---\n",
            "card: expected a mapping between the lines of dashes, got ['a']; mend the card, or "
            "read a mirror with another",
        ),
        (b"---\na: [\n---\n", "card: line 2: expected YAML, got something else ("),
    ],
)
def test_a_card_that_cannot_be_read_is_one_line(card: bytes, told: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_card(card, where="card")
    assert str(caught.value).startswith(told)
    assert "\n" not in str(caught.value)
