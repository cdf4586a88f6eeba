"""A repo on the Hub at one commit: its files, with their sizes and hashes, and its card.

The one reader of a repo's tree, for what is read of the Hub and for what is published there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mixbuild.core import (
    HubError,
    SourceError,
    explain_odd_answer,
    file_sha256,
    git_blob_hash,
    is_odd_answer,
    load_yaml,
    patiently,
    split_front_matter,
)
from mixbuild.sources.session import bounded

if TYPE_CHECKING:  # a local build needs no client of the Hub
    from huggingface_hub import DatasetInfo, HfApi

CARD = "README.md"

READS = 3
"""How often a file is read that comes damaged."""


@dataclass(frozen=True)
class Stored:
    """A file as the Hub lists it: known by its SHA-256 where LFS keeps it, or else by git's hash.

    Attributes:
        size: in bytes.
        sha256: of its bytes; None where git itself keeps it.
        git_oid: git's own hash, of 40 digits, or of 64 in a repo of that kind.
    """

    size: int
    sha256: str | None
    git_oid: str

    @property
    def hash(self) -> str:
        """The one that the file is known by."""
        return self.sha256 or self.git_oid

    def is_known_as(self, sha256: str, *, size: int) -> bool | None:
        """Whether it is the file of this SHA-256; None where only its bytes can tell."""
        if self.size != size:
            return False
        if self.sha256 is not None:
            return self.sha256 == sha256
        # some list an LFS file without its SHA-256: as the pointer that git has, or as that alone
        return True if self.git_oid in (sha256, *_pointer_hashes(sha256, size)) else None

    def is_of(self, content: bytes | Path) -> bool:
        """Whether these are its bytes, in memory or in a file."""
        return is_of(content, size=self.size, hash=self.hash)


@dataclass(frozen=True)
class Repo:
    """A repo at one commit.

    Attributes:
        name: as it was asked for, ``org/name``.
        id: as the Hub calls it now.
        commit: its id there, of 40 or 64 hexadecimal digits.
        gated: whether its files need a token of somebody who accepted its terms.
        private: whether it needs the token of somebody who may see it.
        files: by path.
    """

    name: str
    id: str
    commit: str
    gated: bool
    private: bool
    files: Mapping[str, Stored]


def is_commit(revision: str) -> bool:
    """Whether a revision is a commit's own id, which stands for the same files for ever.

    >>> is_commit("0" * 40), is_commit("0" * 64), is_commit("main")
    (True, True, False)
    """
    return re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", revision) is not None


def find_commit(repo: str, revision: str, *, api: HfApi | None = None) -> str:
    """Which commit a revision is now.

    Raises:
        HubError: the Hub calls its commits by what is no commit's id.
        Exception: of the Hub's client, where there is no such repo or revision, or no answer.
    """
    commit, _ = _info(repo, revision, api or _api())
    return commit


def find_repo(repo: str, revision: str, *, api: HfApi | None = None) -> Repo:
    """A repo as it is now at a revision. One commit is read throughout, whatever is pushed.

    Raises:
        HubError: the Hub calls its commits by what is no commit's id.
        Exception: of the Hub's client, where there is no such repo or revision, or no answer.
    """
    api = api or _api()
    commit, info = _info(repo, revision, api)
    return Repo(
        repo,
        str(info.id),
        commit,
        bool(info.gated),
        bool(info.private),
        list_files(repo, commit, api=api),
    )


def list_files(repo: str, commit: str, *, api: HfApi | None = None) -> dict[str, Stored]:
    """Each file of a repo at a commit, by its path.

    Raises:
        Exception: of the Hub's client, where there is no such repo or commit, or no answer.
    """
    from huggingface_hub.hf_api import RepoFile

    api = api or _api()
    with bounded(), _understood(f"{repo}@{commit}"):
        # tried again by the library itself, page by page
        tree = api.list_repo_tree(repo, revision=commit, recursive=True, repo_type="dataset")
        files = {each.path: each for each in tree if isinstance(each, RepoFile)}
    return {
        path: Stored(each.size, each.lfs.sha256 if each.lfs else None, each.blob_id)
        for path, each in sorted(files.items())
    }


def read_repo_file(repo: Repo, path: str, *, api: HfApi | None = None) -> bytes | None:
    """A file's bytes, as the Hub lists them; None where the repo has no such file.

    Raises:
        HubError: the Hub gives other bytes than it lists.
        Exception: of the Hub's client, where there is no answer.
    """
    if path not in repo.files:
        return None
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import (  # type: ignore[attr-defined]  # exported lazily
        build_hf_headers,
        hf_raise_for_status,
        http_backoff,
    )

    api = api or _api()
    address = hf_hub_url(
        repo.name, path, repo_type="dataset", revision=repo.commit, endpoint=api.endpoint
    )

    for _ in range(READS):
        with bounded(), _understood(f"{repo.name}@{repo.commit}: {path}"):
            answer = http_backoff("GET", address, headers=build_hf_headers(token=api.token))
        hf_raise_for_status(answer)
        content: bytes = answer.content
        if repo.files[path].is_of(content):  # or damage would be taken for what it says
            return content
    raise HubError(
        f"{repo.name}@{repo.commit}: {path}: expected the bytes that the Hub lists, got others "
        f"{READS} times; run the same command later"
    )


def read_card(card: bytes, *, where: str) -> dict[str, object]:
    """What a card's front matter says; empty where it has none.

    Args:
        card: the text of a README.md.
        where: what an error's line begins with.

    Raises:
        SourceError: it is no YAML, or no mapping.
    """
    front, _ = split_front_matter(card.decode("utf-8", errors="replace"))
    found = load_yaml(front or "", where=where, error=SourceError)
    if found is not None and not isinstance(found, dict):
        raise SourceError(
            f"{where}: expected a mapping between the lines of dashes, got {found!r:.80}; mend the "
            f"card, or read a mirror with another"
        )
    return found or {}


def is_of(content: bytes | Path, *, size: int, hash: str) -> bool:  # noqa: A002 - as locks name it
    """Whether these bytes have the size and the hash that the Hub lists for a file.

    Args:
        content: in memory, or a file that may not be there.
        size: in bytes.
        hash: a SHA-256, or git's, of 40 digits or of 64.
    """
    if isinstance(content, bytes):
        if len(content) != size:
            return False
    elif not content.is_file() or content.stat().st_size != size:
        return False
    # LFS and the newer git both write 64 digits, and do not say which of them it was
    if hash == git_blob_hash(content, algorithm="sha1" if len(hash) == 40 else "sha256"):
        return True
    sha256 = file_sha256(content)
    return hash in (sha256, *_pointer_hashes(sha256, size))


def _pointer_hashes(sha256: str, size: int) -> tuple[str, str]:
    """What git calls the pointer that stands for an LFS file, in a repo of either kind."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n"
    return git_blob_hash(pointer.encode()), git_blob_hash(pointer.encode(), algorithm="sha256")


def _api() -> HfApi:
    """The Hub of the environment: HF_ENDPOINT, HF_TOKEN."""
    from huggingface_hub import HfApi

    return HfApi()


@contextmanager
def _understood(where: str) -> Iterator[None]:
    """Say of an answer that the client cannot make sense of what it is.

    Raises:
        HubError: one came.
    """
    try:
        yield
    except Exception as error:
        if not is_odd_answer(error):
            raise
        raise HubError(f"{where}: {explain_odd_answer(error)}") from error


def _info(repo: str, revision: str, api: HfApi) -> tuple[str, DatasetInfo]:
    with bounded(), _understood(f"{repo}@{revision}"):
        info = patiently(lambda: api.dataset_info(repo, revision=revision))
    if not is_commit(commit := str(info.sha)):
        raise HubError(
            f"{repo}@{revision}: expected a commit's id of 40 or 64 hexadecimal digits, got "
            f"{commit!r} from the Hub; is HF_ENDPOINT a Hub's address?"
        )
    return commit, info
