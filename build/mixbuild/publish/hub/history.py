"""What a commit came after: not every Hub makes sure that it is the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from huggingface_hub import HfApi
from huggingface_hub.utils import (  # type: ignore[attr-defined]  # exported lazily
    build_hf_headers,
    paginate,
)

from mixbuild.core import status_of
from mixbuild.publish.hub.client import asking
from mixbuild.publish.hub.published import read_manifest
from mixbuild.publish.hub.remote import look
from mixbuild.publish.manifest import Configs, PublishedConfig

MOST_COMMITS = 50
"""How far back is looked for what a commit has covered."""


def parent_of(api: HfApi, repo: str, commit: str) -> str | None:
    """The commit before this one; None where there is none, or the Hub keeps no history.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with asking(f"{repo}@{commit}"):
        return next(islice(_commits(api, repo, commit), 1, None), None)


def covered_configs(
    api: HfApi, repo: str, commit: str, since: str | None
) -> dict[str, PublishedConfig]:
    """The configs that were published after one commit, up to and with another: the newest of each.

    Args:
        api: with the endpoint and the token.
        repo: ``org/name``.
        commit: the last that is looked at.
        since: the commit before the first; None for all that there are.

    Raises:
        HubError: the Hub refuses, or does not answer.
        ManifestError: a manifest among them cannot be read.
    """
    with asking(f"{repo}@{commit}"):
        commits = list(islice(_commits(api, repo, commit), MOST_COMMITS))
    if since in commits:
        commits = commits[: commits.index(since)]
    known = _configs(api, repo, since) if since else {}
    covered: dict[str, PublishedConfig] = {}
    for at in reversed(commits):
        found = _configs(api, repo, at)
        covered |= {name: each for name, each in found.items() if each != known.get(name)}
    return covered


def _configs(api: HfApi, repo: str, commit: str) -> Configs:
    published = read_manifest(api, look(api, repo, commit))
    return published.configs if published else {}


def _commits(api: HfApi, repo: str, commit: str) -> Iterator[str]:
    """The ids of a commit and of those before it, page by page; none where there is no history."""
    address = f"{api.endpoint}/api/datasets/{repo}/commits/{quote(commit, safe='')}"
    try:
        for each in paginate(address, params={}, headers=build_hf_headers(token=api.token)):
            yield str(each["id"])
    except Exception as error:
        if status_of(error) != 404:
            raise
