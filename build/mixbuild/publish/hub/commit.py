"""Publish a build: everything in one commit, or nothing.

The Hub is read, what is to change is worked out and sent ahead, then committed
on top of the very commit that was read. If someone else was faster, or no answer
came, the Hub is read again: what is to change is then less, or nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, TypeAlias

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from mixbuild.core import (
    HubError,
    VerifyError,
    explained_hub,
    is_transient,
    patiently,
    retry_after,
    status_of,
)
from mixbuild.publish.hub.changes import Changes, compare
from mixbuild.publish.hub.published import read_card, read_manifest
from mixbuild.publish.hub.refs import make_place
from mixbuild.publish.hub.remote import MAIN, Remote, look
from mixbuild.publish.release import File, Publication, compose

ATTEMPTS = 30
"""How often a commit is tried: each time someone else was faster, or no answer came."""

FAILURES = 5
"""How often in a row the Hub may fail to answer a commit."""

FASTER = (409, 412)
"""What the Hub answers when the branch is not at the commit that was read, or just moving."""

SENT_AT_ONCE = 8

Report: TypeAlias = Callable[[int, int], None]
"""Called with (bytes sent, bytes in all)."""


@dataclass(frozen=True)
class Target:
    """Where to publish.

    Attributes:
        repo: ``org/name``.
        revision: the branch.
        private: for a repo that does not exist yet.
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
    """

    commit: str
    plan: Plan
    changed: bool
    pull_request: str | None = None


def make_plan(
    api: HfApi, target: Target, entries: Mapping[str, Any], shards: Sequence[File], file_format: str
) -> Plan:
    """Read the Hub, and work out what a push would change.

    Raises:
        HubError: the Hub does not answer, or the repo is one that nothing can be published to.
        CardError, ManifestError: what is published there cannot be merged with.
    """
    remote = look(api, target.repo, target.revision)
    _refuse_script(remote)
    publication = compose(
        entries,
        shards,
        repo=target.repo,
        file_format=file_format,
        before=read_manifest(api, remote),
        old_card=read_card(api, remote),
    )
    changes = compare(publication.files, remote, tasks=set(entries))
    return Plan(remote, publication, changes)


def publish(
    api: HfApi,
    target: Target,
    plan: Plan,
    plan_again: Callable[[], Plan],
    *,
    report: Report = lambda *_: None,
) -> Pushed:
    """Carry out a plan, made anew whenever the Hub has moved on.

    Raises:
        HubError: the Hub refuses, or fails time and again. The repo is then what it was, or holds
            the whole build; the same call goes on from there.
    """
    if plan.remote.commit is None:
        make_place(api, plan.remote, private=target.private)
        plan = plan_again()
    known: dict[tuple[str, str], CommitOperationAdd] = {}
    proposals = _proposals(api, target)
    tried = failures = 0
    while plan.changes:
        if tried == ATTEMPTS:
            raise HubError(
                f"{target.repo}: someone else was faster {tried} times; run the same command "
                f"later: what was sent is kept"
            )
        tried += 1
        with explained_hub(target.repo):
            additions = _send(api, target, plan.changes, known, report)
        try:
            commit = api.create_commit(
                target.repo,
                [
                    *additions,
                    *(CommitOperationDelete(path) for path, _ in plan.changes.deleted),
                ],
                commit_message=target.message or _message(plan.publication),
                repo_type="dataset",
                revision=target.revision,
                parent_commit=plan.remote.commit,
                create_pr=target.create_pr,
            )
            return Pushed(commit.oid, plan, changed=True, pull_request=commit.pr_url)
        except Exception as error:  # whatever it was, the Hub tells whether the commit is there
            if status_of(error) in FASTER:
                failures = 0
            elif is_transient(error) and failures < FAILURES:
                wait = retry_after(error)
                time.sleep(0.1 * 2**failures if wait is True else wait)
                failures += 1
            else:
                with explained_hub(target.repo):
                    raise
        if target.create_pr and (landed := _landed(api, target, plan, proposals)):
            number = landed.revision.rpartition("/")[2]  # refs/pr/7
            page = f"{api.endpoint}/datasets/{target.repo}/discussions/{number}"
            return Pushed(str(landed.commit), plan, changed=True, pull_request=page)
        plan = plan_again()
    return Pushed(str(plan.remote.commit), plan, changed=tried > 0)


def _send(
    api: HfApi,
    target: Target,
    changes: Changes,
    known: dict[tuple[str, str], CommitOperationAdd],
    report: Report,
) -> list[CommitOperationAdd]:
    """Send the files ahead of their commit; the Hub asks for no more than what it has not got.

    What was read and hashed is ``known`` from one attempt to the next, and each works on copies:
    the client notes in an operation what the Hub holds, and leaves out of the commit what is the
    same; by the next attempt the Hub may hold something else.
    """
    files = changes.sent
    additions: list[CommitOperationAdd] = []
    total = sum(file.size for file in files)
    done = 0
    report(done, total)
    for start in range(0, len(files), SENT_AT_ONCE):
        batch = files[start : start + SENT_AT_ONCE]
        for file in batch:
            if (file.path, file.sha256) not in known:
                content = file.content if isinstance(file.content, bytes) else str(file.content)
                known[file.path, file.sha256] = _addition(file, content)
            additions.append(copy(known[file.path, file.sha256]))
        # tried again by the library itself, each request on its own
        api.preupload_lfs_files(
            target.repo,
            additions[start:],
            repo_type="dataset",
            revision=target.revision,
            create_pr=target.create_pr,
            free_memory=False,  # the commit needs those that are no LFS files
            gitignore_content="# none",  # else what the repo's own names would be left out
        )
        done += sum(file.size for file in batch)
        report(done, total)
    return additions


def _addition(file: File, content: str | bytes) -> CommitOperationAdd:
    """What is sent must be what was planned: the manifest beside it names its SHA-256."""
    addition = CommitOperationAdd(file.path, content)
    got = addition.upload_info.sha256.hex()
    if got != file.sha256:
        where = file.path if isinstance(content, bytes) else content
        raise VerifyError(
            f"{where}: expected the SHA-256 {file.sha256}, got {got}: it changed since it was "
            f"checked; nothing was published, push again"
        )
    return addition


def _refuse_script(remote: Remote) -> None:
    script = f"{remote.repo.partition('/')[2]}.py"
    if script in remote.files:
        raise HubError(
            f"{remote.label}: has {script} at its root, which newer versions of datasets refuse "
            f"and older ones run instead of reading the configs; delete that file on the Hub, then "
            f"push"
        )


def _proposals(api: HfApi, target: Target) -> frozenset[str]:
    """The pull requests that there are, where one is to be made."""
    if not target.create_pr:
        return frozenset()
    with explained_hub(target.repo):
        refs = patiently(
            lambda: api.list_repo_refs(target.repo, repo_type="dataset", include_pull_requests=True)
        )
    return frozenset(ref.ref for ref in refs.pull_requests or ())


def _landed(api: HfApi, target: Target, plan: Plan, before: frozenset[str]) -> Remote | None:
    """The pull request that was made although no answer came."""
    for ref in sorted(_proposals(api, target) - before):
        remote = look(api, target.repo, ref)
        if all(remote.holds(file) for file in plan.publication.files):
            return remote
    return None


def _message(publication: Publication) -> str:
    return f"Version {publication.manifest['version']}"
