"""The card and the manifest that are published, read from the Hub."""

from __future__ import annotations

from huggingface_hub import HfApi

from mixbuild.core import CardError, HubError, ManifestError
from mixbuild.make import FILE
from mixbuild.publish.card import write as card
from mixbuild.publish.hub.remote import Remote, look, read
from mixbuild.publish.manifest import Published, decode


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


def read_manifest(api: HfApi, remote: Remote) -> Published | None:
    """The published manifest; None where there is none.

    Raises:
        ManifestError: it cannot be read, or is of another format.
        HubError: the Hub refuses, or does not answer.
    """
    content = read(api, remote, FILE)
    return None if content is None else decode(content, where=remote.label)


def read_published(api: HfApi, repo: str, revision: str) -> tuple[Remote, Published]:
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
            f"{remote.label}: expected {FILE}, got none, so nothing was published there "
            f"by instruct_mix; check the name and the revision"
        )
    return remote, published
