"""The card and the manifest that are published, read from the Hub."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from huggingface_hub import HfApi

from mixbuild.core import CardError, HubError, ManifestError
from mixbuild.make import manifest
from mixbuild.publish.card import write as card
from mixbuild.publish.hub.remote import Remote, look, read
from mixbuild.publish.release import FORMAT
from mixbuild.publish.version import next_version


def read_card(api: HfApi, remote: Remote) -> str | None:
    """The card's text; None where there is none.

    Raises:
        CardError: it is no UTF-8, and would not survive a merge.
        HubError: the Hub refuses, or does not answer.
    """
    content = read(api, remote, card.FILE)
    try:
        return None if content is None else content.decode()
    except UnicodeDecodeError as error:
        raise CardError(
            f"{remote.label}: {card.FILE}: expected UTF-8, got other bytes ({error}); save it as "
            f"UTF-8 there, then push again"
        ) from None


def read_manifest(api: HfApi, remote: Remote) -> Mapping[str, Any] | None:
    """The published manifest; None where there is none.

    Raises:
        ManifestError: it cannot be read, or is of another format.
        HubError: the Hub refuses, or does not answer.
    """
    content = read(api, remote, manifest.FILE)
    if content is None:
        return None
    where = f"{remote.label}: {manifest.FILE}"
    try:
        published: Mapping[str, Any] = json.loads(content)
        got = published["format"]
        if got == FORMAT:
            _use(published)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ManifestError(
            f"{where}: expected the manifest of a published build, got something else "
            f"({type(error).__name__}: {error}); take the file back to what it was on the Hub"
        ) from None
    if got != FORMAT:
        raise ManifestError(f"{where}: expected format {FORMAT}, got {got!r}; update instruct_mix")
    return published


def _use(published: Mapping[str, Any]) -> None:
    """Whatever is done with a manifest later on, so that it fails here, if it does."""
    card.write_card(published, repo="org/name", images={"rows": "", "lengths": ""})
    next_version(published, published["tasks"])
    for entry in published["tasks"].values():
        for split in entry["splits"].values():
            [split["lengths"][text] for text in ("prompt", "completion")]
            for shard in split["shards"]:
                [shard[name] for name in ("path", "rows", "bytes", "sha256")]


def read_published(api: HfApi, repo: str, revision: str) -> tuple[Remote, Mapping[str, Any]]:
    """A repo at a revision, and the manifest that is published there.

    Raises:
        ManifestError: nothing is published there, or its manifest cannot be read.
        HubError: the Hub refuses, or does not answer.
    """
    remote = look(api, repo, revision)
    if remote.commit is None:
        raise HubError(f"{remote.label}: {remote.missing}")
    published = read_manifest(api, remote)
    if published is None:
        raise ManifestError(
            f"{remote.label}: expected {manifest.FILE}, got none, so nothing was published there "
            f"by instruct_mix; check the name and the revision"
        )
    return remote, published
