"""A push that has not happened yet: what is there, what is to be there, and what that changes."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from huggingface_hub import HfApi

from mixbuild.core import HubError, Report
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.publish.hub.changes import Changes, compare
from mixbuild.publish.hub.history import covered_configs
from mixbuild.publish.hub.published import read_card, read_manifest
from mixbuild.publish.hub.refs import public
from mixbuild.publish.hub.remote import Remote, look
from mixbuild.publish.manifest import MAIN, Configs, Published
from mixbuild.publish.release import File, Publication, compose

Progress: TypeAlias = Callable[[str, str], AbstractContextManager[Report]]
"""Called with (what is done, in what unit) for each long piece of work."""


@dataclass(frozen=True)
class Target:
    """Where to publish.

    Attributes:
        repo: ``org/name``.
        revision: the branch.
        private: the repo is to be hidden: made so, or refused where it is not.
        create_pr: propose the commit instead of making it.
        message: of the commit; None for one that says what it is.
    """

    repo: str
    revision: str = MAIN
    private: bool = False
    create_pr: bool = False
    message: str | None = None


@dataclass(frozen=True)
class Plan:
    """A push that has not happened yet."""

    remote: Remote
    publication: Publication
    changes: Changes


@dataclass(frozen=True)
class Pushed:
    """A push that has happened.

    Attributes:
        commit: the one that holds what was pushed.
        plan: what was changed.
        changed: whether there was anything to change.
        pull_request: the address of the proposal, with ``create_pr``.
        untagged: the tags that the commit was to have, on a Hub that keeps none.
    """

    commit: str
    plan: Plan
    changed: bool
    pull_request: str | None = None
    untagged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Covered:
    """A commit that was to follow one that was read, and came after others.

    Attributes:
        commit: its id.
        parent: the one that it came after.
        since: the one that was read.
    """

    commit: str
    parent: str
    since: str | None


@dataclass(frozen=True)
class Seen:
    """The target as it is now.

    Attributes:
        remote: what it holds.
        manifest: what is published there; None where nothing is.
        card: the text of its card; None where it has none.
    """

    remote: Remote
    manifest: Published | None
    card: str | None


def see(api: HfApi, target: Target) -> Seen:
    """Look at the target.

    Raises:
        HubError: the Hub does not answer, or the repo is one that nothing can be published to.
        CardError, ManifestError: what is published there cannot be read.
    """
    remote = look(api, target.repo, target.revision)
    _refuse_script(remote)
    if target.private and remote.exists and not remote.private:
        raise public(target.repo)
    return Seen(remote, read_manifest(api, remote), read_card(api, remote))


def make_plan(
    api: HfApi,
    target: Target,
    configs: Configs,
    shards: Sequence[File],
    file_format: str,
    *,
    row_format: RowFormat = CANONICAL,
    covered: Covered | None = None,
    drawn: MutableMapping[str, bytes] | None = None,
    seen: Seen | None = None,
) -> Plan:
    """Read the Hub, and work out what a push would change.

    Args:
        api: with the endpoint and the token.
        target: where to.
        configs: what is to be published, config by config.
        shards: its files.
        file_format: of the shards.
        row_format: in which their rows are laid out.
        covered: a commit of ours that covered what others had published, which comes back.
        drawn: images that were drawn before, by path; added to.
        seen: what was just read of the Hub, if it was.

    Raises:
        HubError: the Hub does not answer, or the repo is one that nothing can be published to.
        CardError, ManifestError: what is published there cannot be merged with.
    """
    seen = seen or see(api, target)
    remote, card = seen.remote, seen.card
    theirs: Configs = {}
    if covered:
        theirs = covered_configs(api, target.repo, str(remote.commit), covered.since)
        if remote.commit == covered.commit:  # or else somebody has written the card since
            card = read_card(api, look(api, target.repo, covered.parent))
    publication = compose(
        {**theirs, **configs},
        shards,
        repo=target.repo,
        branch=target.revision,
        file_format=file_format,
        row_format=row_format,
        before=seen.manifest,
        old_card=card,
        there={path: stored.size for path, stored in remote.files.items()},
        drawn=drawn,
    )
    changes = compare(publication.files, remote, configs=set(configs))
    return Plan(remote, publication, changes)


def _refuse_script(remote: Remote) -> None:
    script = f"{remote.repo.partition('/')[2]}.py"
    if script in remote.files:
        raise HubError(
            f"{remote.label}: has {script} at its root, which newer versions of datasets refuse "
            f"and older ones run instead of reading the configs; delete that file on the Hub, then "
            f"push"
        )
