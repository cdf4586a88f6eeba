"""What a repo on the Hub holds at one commit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # exported lazily
    build_hf_headers,
    hf_raise_for_status,
    http_backoff,
)

from mixbuild.core import HubError, UsageError, explained_hub, patiently
from mixbuild.publish.release import File

MAIN = "main"

READS = 3
"""How often a file is read that comes damaged."""


@dataclass(frozen=True)
class Stored:
    """A file as the Hub has it: LFS files are known by their SHA-256, others by git's hash."""

    size: int
    sha256: str | None
    git_oid: str

    def is_of(self, content: bytes) -> bool:
        """Whether these are its bytes."""
        if self.sha256 is None:
            return self.git_oid == git_oid(content)
        return self.sha256 == hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Remote:
    """A repo at one commit.

    Attributes:
        repo: ``org/name``.
        revision: the branch, tag or commit that was asked for.
        commit: what it is now; None when the repo has no such revision.
        exists: whether there is such a repo at all.
        files: by path.
    """

    repo: str
    revision: str
    commit: str | None
    exists: bool
    files: Mapping[str, Stored]

    @property
    def label(self) -> str:
        """``org/name@commit``."""
        return f"{self.repo}@{self.commit or self.revision}"

    def holds(self, file: File) -> bool:
        """Whether the repo has this very file."""
        stored = self.files.get(file.path)
        if stored is None or file.named_by_content:
            return stored is not None
        if stored.size != file.size:
            return False
        if stored.sha256 is not None:
            return stored.sha256 == file.sha256
        return stored.is_of(
            file.content if isinstance(file.content, bytes) else file.content.read_bytes()
        )


def check_name(repo: str) -> str:
    """The name of a repo.

    Raises:
        UsageError: it is none.
    """
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", repo):
        raise UsageError(f"expected a repo like 'org/name', got {repo!r}")
    return repo


def parse(place: str) -> tuple[str, str]:
    """The repo and the revision of ``org/name`` or ``org/name@revision``.

    >>> parse("org/mix@v1.0.0")
    ('org/mix', 'v1.0.0')

    Raises:
        UsageError: it is neither.
    """
    repo, _, revision = place.partition("@")
    return check_name(repo), revision or MAIN


def git_oid(content: bytes) -> str:
    """What git calls a file of this content."""
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()


def look(api: HfApi, repo: str, revision: str = MAIN) -> Remote:
    """A repo as it is now at a revision. One commit is read throughout, whatever is pushed.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with explained_hub(f"{repo}@{revision}"):
        try:
            found = patiently(lambda: api.dataset_info(repo, revision=revision))
        except RevisionNotFoundError:
            return Remote(repo, revision, None, True, {})
        except RepositoryNotFoundError:
            return Remote(repo, revision, None, False, {})
        commit = str(found.sha)
        # tried again by the library itself, page by page
        tree = list(api.list_repo_tree(repo, revision=commit, recursive=True, repo_type="dataset"))
    files = {
        each.path: Stored(each.size, each.lfs.sha256 if each.lfs else None, each.blob_id)
        for each in tree
        if isinstance(each, RepoFile)
    }
    return Remote(repo, revision, commit, True, files)


def read(api: HfApi, remote: Remote, path: str) -> bytes | None:
    """A file's bytes; None where the repo has no such file.

    Raises:
        HubError: the Hub refuses, does not answer, or gives other bytes than it lists.
    """
    if path not in remote.files:
        return None
    address = hf_hub_url(
        remote.repo, path, repo_type="dataset", revision=remote.commit, endpoint=api.endpoint
    )
    for _ in range(READS):
        with explained_hub(f"{remote.label}: {path}"):
            answer = http_backoff("GET", address, headers=build_hf_headers(token=api.token))
            hf_raise_for_status(answer)
        content: bytes = answer.content
        if remote.files[path].is_of(content):  # or damage would be merged, and published
            return content
    raise HubError(
        f"{remote.label}: {path}: expected the bytes that the Hub lists, got others {READS} times; "
        f"run the same command later"
    )
