"""Publish a build: everything in one commit, or nothing.

The Hub is read, what is to change is worked out and sent ahead, then committed
on top of the very commit that was read. If someone else was faster, or no answer
came, the Hub is read again: what is to change is then less, or nothing.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from mixbuild.errors import HubError
from mixbuild.hub.changes import Changes, compare
from mixbuild.hub.remote import MAIN, Remote, look, read_card, read_manifest
from mixbuild.publication import File, Publication, compose
from mixbuild.trouble import explained_hub, is_transient, patiently, retry_after, status_of

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
        _make_place(api, target, plan.remote)
        plan = plan_again()
    operations: dict[tuple[str, str], CommitOperationAdd] = {}
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
            _send(api, target, plan.changes, operations, report)
        try:
            commit = api.create_commit(
                target.repo,
                [
                    *(operations[file.path, file.sha256] for file in plan.changes.sent),
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
            return Pushed(str(landed.commit), plan, changed=True, pull_request=landed.revision)
        plan = plan_again()
    return Pushed(str(plan.remote.commit), plan, changed=tried > 0)


def tag(api: HfApi, repo: str, name: str, commit: str) -> None:
    """Give a commit a tag, unless it has it.

    Raises:
        HubError: the tag is taken by another commit, or the Hub refuses, or does not answer.
    """
    with explained_hub(f"{repo}: tag {name}"):
        refs = patiently(lambda: api.list_repo_refs(repo, repo_type="dataset"))
        taken = {ref.name: ref.target_commit for ref in refs.tags}
        if name in taken:
            if look(api, repo, name).commit != commit:
                raise HubError(
                    f"{repo}: the tag {name} is taken by another commit; choose another, or delete "
                    f"it on the Hub"
                )
            return
        patiently(
            lambda: api.create_tag(
                repo, tag=name, revision=commit, repo_type="dataset", exist_ok=True
            )
        )


def _make_place(api: HfApi, target: Target, remote: Remote) -> None:
    """Make the repo, or the branch, that is not there yet."""
    with explained_hub(target.repo):
        if not remote.exists:
            patiently(
                lambda: api.create_repo(
                    target.repo, repo_type="dataset", private=target.private, exist_ok=True
                )
            )
        if target.revision != MAIN:
            # from the first commit: a branch has no other files than those that are pushed to it
            commits = patiently(lambda: api.list_repo_commits(target.repo, repo_type="dataset"))
            patiently(
                lambda: api.create_branch(
                    target.repo,
                    branch=target.revision,
                    revision=commits[-1].commit_id,
                    repo_type="dataset",
                    exist_ok=True,
                )
            )


def _send(
    api: HfApi,
    target: Target,
    changes: Changes,
    operations: dict[tuple[str, str], CommitOperationAdd],
    report: Report,
) -> None:
    """Send the files ahead of their commit; the Hub asks for no more than what it has not got."""
    files = changes.sent
    total = sum(file.size for file in files)
    done = 0
    report(done, total)
    for start in range(0, len(files), SENT_AT_ONCE):
        batch = files[start : start + SENT_AT_ONCE]
        for file in batch:
            if (file.path, file.sha256) not in operations:
                content = file.content if isinstance(file.content, bytes) else str(file.content)
                operations[file.path, file.sha256] = CommitOperationAdd(file.path, content)
        additions = [operations[file.path, file.sha256] for file in batch]
        patiently(
            functools.partial(
                api.preupload_lfs_files,
                target.repo,
                additions,
                repo_type="dataset",
                revision=target.revision,
                create_pr=target.create_pr,
                free_memory=False,  # another attempt may need them
            )
        )
        done += sum(file.size for file in batch)
        report(done, total)


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
