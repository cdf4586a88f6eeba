"""What a repo on the Hub holds at one commit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import (
    GatedRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from mixbuild.core import UsageError, explain_missing, patiently
from mixbuild.publish.hub.client import asking
from mixbuild.publish.manifest import MAIN
from mixbuild.publish.release import File
from mixbuild.sources import Repo, Stored, find_repo, read_repo_file


@dataclass(frozen=True)
class Remote:
    """A repo at one commit.

    Attributes:
        repo: ``org/name``.
        revision: the branch, tag or commit that was asked for.
        commit: what it is now; None when the repo has no such revision.
        exists: whether there is such a repo at all, as far as this token may see.
        files: by path.
        private: whether it is hidden from those who have no right to it.
        missing: where there is no commit, why, and what to do, as an error would say it.
    """

    repo: str
    revision: str
    commit: str | None
    exists: bool
    files: Mapping[str, Stored]
    private: bool = False
    missing: str = ""

    @property
    def label(self) -> str:
        """``org/name@commit``."""
        return f"{self.repo}@{self.commit or self.revision}"

    def holds(self, file: File) -> bool:
        """Whether the repo has this very file."""
        stored = self.files.get(file.path)
        if stored is None or file.named_by_content:
            return stored is not None
        known = stored.is_known_as(file.sha256, size=file.size)
        return stored.is_of(file.content) if known is None else known


def check_name(repo: str) -> str:
    """The name of a repo.

    Raises:
        UsageError: it is none.
    """
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", repo):
        raise UsageError(f"expected a repo like 'org/name', got {repo!r}")
    return repo


def parse(place: str, *, or_folder: bool = False) -> tuple[str, str]:
    """The repo and the revision of ``org/name`` or ``org/name@revision``.

    >>> parse("org/mix@v1.0.0")
    ('org/mix', 'v1.0.0')

    Args:
        place: what was said.
        or_folder: whether a folder would do as well, if there were one.

    Raises:
        UsageError: it is neither, or reads like a folder that is not there.
    """
    repo, _, revision = place.partition("@")
    if not revision and Path(repo).parent.is_dir() and Path(repo).parent.name:
        raise UsageError(
            f"{place}: there is no such folder; for the repo of that name on the Hub, say "
            f"{place}@{MAIN}"
        )
    if or_folder and "/" not in place:
        raise UsageError(f"{place}: there is no such folder; for a repo on the Hub, say org/name")
    return check_name(repo), revision or MAIN


def look(api: HfApi, repo: str, revision: str = MAIN) -> Remote:
    """A repo as it is now at a revision. One commit is read throughout, whatever is pushed.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with asking(f"{repo}@{revision}"):
        try:
            found = find_repo(repo, revision, api=api)
        except RevisionNotFoundError as error:
            private = is_private(api, repo)
            return Remote(repo, revision, None, True, {}, private, explain_missing(error))
        except GatedRepoError:  # one that is there, to the client
            raise
        except RepositoryNotFoundError as error:
            return Remote(repo, revision, None, False, {}, missing=explain_missing(error))
    return Remote(repo, revision, found.commit, True, found.files, found.private)


def is_private(api: HfApi, repo: str) -> bool:
    """Whether a repo is hidden, as it is now, from those who have no right to it.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with asking(repo):
        return bool(patiently(lambda: api.dataset_info(repo)).private)


def read(api: HfApi, remote: Remote, path: str) -> bytes | None:
    """A file's bytes; None where the repo has no such file.

    Raises:
        HubError: the Hub refuses, does not answer, or gives other bytes than it lists.
    """
    held = Repo(remote.repo, remote.repo, str(remote.commit), False, remote.private, remote.files)
    with asking(f"{remote.label}: {path}"):
        return read_repo_file(held, path, api=api)
