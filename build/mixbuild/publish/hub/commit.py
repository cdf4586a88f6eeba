"""Publish a build: everything in one commit, or nothing.

The Hub is read, what is to change is worked out and sent ahead, then committed
on top of the very commit that was read. If someone else was faster, or no answer
came, the Hub is read again: what is to change is then less, or nothing. What has
become of a commit is looked at, for not every Hub does as it is told.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from huggingface_hub import CommitInfo, CommitOperationAdd, CommitOperationDelete, HfApi

from mixbuild.core import (
    HubError,
    explain_hub,
    is_transient,
    patiently,
    retry_after,
    silent,
    status_of,
)
from mixbuild.publish.hub.client import asking
from mixbuild.publish.hub.history import parent_of
from mixbuild.publish.hub.plan import Covered, Plan, Progress, Pushed, Target
from mixbuild.publish.hub.refs import refuse_public
from mixbuild.publish.hub.remote import Remote, look
from mixbuild.publish.hub.send import Known, send
from mixbuild.sources import bounded

ATTEMPTS = 30
"""How often a commit is tried: each time someone else was faster, or no answer came."""

FAILURES = 5
"""How often in a row the Hub may fail to answer a commit."""

INCOMPLETE = 3
"""How often the Hub may say that all is committed, and then lack some of it."""

FASTER = (409, 412)
"""What the Hub answers when the branch is not at the commit that was read, or just moving."""

LONGEST_WAIT_SECONDS = 30.0
"""How long to keep out of the way of those who were faster, at most."""

CLIENT_DIGITS = 40
"""So many digits of a commit's id the client takes; a longer one is abbreviated."""


@dataclass
class _Tries:
    """How often what has happened."""

    commits: int = 0
    faster: int = 0
    refused: int = 0  # as not the newest any more, since somebody was faster
    failures: int = 0  # in a row
    incomplete: int = 0
    begun: float = 0.0  # when the Hub was last read, on the clock that only counts


def publish(
    api: HfApi,
    target: Target,
    plan: Plan,
    plan_again: Callable[[Covered | None], Plan],
    *,
    progress: Progress = lambda _what, _unit: nullcontext(silent),
) -> Pushed:
    """Carry out a plan, made anew whenever the Hub has moved on.

    Args:
        api: with the endpoint and the token.
        target: where to; the repo and the branch are there.
        plan: as the Hub is now.
        plan_again: makes it anew, with what a commit of ours has covered, if it has.
        progress: shows what is sent, and how often someone else was faster.

    Raises:
        HubError: the Hub refuses, or fails time and again. The repo is then what it was, or holds
            the whole build; the same call goes on from there.
    """
    known: Known = {}
    proposals = _proposals(api, target)
    tries = _Tries(begun=time.monotonic())
    while plan.changes:
        if tries.commits == ATTEMPTS:
            raise HubError(
                f"{target.repo}: someone else was faster {tries.faster} times in {ATTEMPTS}; run "
                f"the same command later: what was sent is kept"
            )
        tries.commits += 1
        with progress(_what(tries), "bytes") as report, asking(target.repo):
            additions = send(api, target, plan, known=known, report=report)
        if target.private:
            refuse_public(api, target.repo)
        made = _commit(api, target, plan, additions, tries)
        if target.create_pr:
            if proposed := _proposed(api, target, plan, made, proposals):
                return proposed
            plan = _lost(target, plan, plan_again(None), tries)
            continue
        now = None if made else plan_again(None)
        if now and now.changes:
            plan = _lost(target, plan, now, tries)
            continue
        commit = made.oid if made else str(now and now.remote.commit)
        covered = _covered(api, target, plan, commit)
        lacking = _lacking(look(api, target.repo, commit), plan) if made else []
        if not covered and not lacking:
            return Pushed(commit, plan, changed=True)
        if lacking:
            _count_incomplete(target, commit, lacking, tries)
        else:
            tries.faster += 1
            _wait(tries)
        plan = plan_again(covered)
    return Pushed(str(plan.remote.commit), plan, changed=tries.commits > 0)


def _what(tries: _Tries) -> str:
    times = f"{tries.faster} time{'s' if tries.faster > 1 else ''}"
    return f"sending, someone was faster {times}" if tries.faster else "sending"


def _commit(
    api: HfApi, target: Target, plan: Plan, additions: Sequence[CommitOperationAdd], tries: _Tries
) -> CommitInfo | None:
    """Commit what was sent; None after a wait, where only the Hub can tell whether it is there.

    Raises:
        HubError: the Hub refuses, or fails time and again.
    """
    try:
        with bounded():
            made = api.create_commit(
                target.repo,
                [*additions, *(CommitOperationDelete(path) for path, _ in plan.changes.deleted)],
                commit_message=target.message or f"Version {plan.publication.manifest.version}",
                repo_type="dataset",
                revision=target.revision,
                parent_commit=plan.remote.commit and plan.remote.commit[:CLIENT_DIGITS],
                create_pr=target.create_pr,
            )
    except Exception as error:
        if status_of(error) in FASTER:
            tries.failures = 0
            tries.refused += 1
            _wait(tries)
        elif is_transient(error) and tries.failures < FAILURES:
            wait = retry_after(error)
            time.sleep(0.1 * 2**tries.failures if wait is True else wait)
            tries.failures += 1
        elif _is_odd(error) and tries.failures < FAILURES:
            tries.failures += 1
        elif _is_as_before(api, target, plan, error):
            raise HubError(f"{target.repo}: {explain_hub(error)}; nothing was published") from error
        else:  # what is there now differs, such as by a file that was to be deleted and is gone
            tries.refused += 1
            _wait(tries)
        return None
    return made


def _is_odd(error: Exception) -> bool:
    """Whether an answer came that is not what the client expects, such as one without an id."""
    return status_of(error) is None and isinstance(error, (LookupError, TypeError, ValueError))


def _is_as_before(api: HfApi, target: Target, plan: Plan, error: Exception) -> bool:
    """Whether the repo is what it was before a commit that was refused.

    Raises:
        HubError: that cannot be looked up, so that nothing but the refusal is said.
    """
    try:
        return look(api, target.repo, target.revision).commit == plan.remote.commit
    except HubError:
        raise HubError(f"{target.repo}: {explain_hub(error)}") from error


def _lost(target: Target, plan: Plan, now: Plan, tries: _Tries) -> Plan:
    """The plan after a commit that was not made, with the race counted if somebody has won it.

    Raises:
        HubError: nobody has, and the Hub refuses to go on from where it says that the branch is.
    """
    if now.remote.commit != plan.remote.commit:
        tries.faster += 1
        tries.refused = 0
    elif tries.refused == FAILURES:
        raise HubError(
            f"{target.repo}: expected a commit on top of {plan.remote.commit} to be taken, which "
            f"the Hub lists as the newest of {target.revision}, got word {FAILURES} times that it "
            f"is not; nothing was published, and only whoever runs that Hub can tell why"
        )
    return now


def _wait(tries: _Tries) -> None:
    """Keep out of the others' way, never in step with them.

    A race is lost by whoever takes longer from reading the Hub to the commit, so the wait is
    measured by that: twice as long with each race that was lost.
    """
    taken = time.monotonic() - tries.begun
    longest = min(taken * 2 ** (tries.faster + tries.refused), LONGEST_WAIT_SECONDS)
    time.sleep(random.uniform(0, longest))  # noqa: S311 - no secret
    tries.begun = time.monotonic()


def _covered(api: HfApi, target: Target, plan: Plan, commit: str) -> Covered | None:
    """What a commit came after, if that is not what was read."""
    parent = parent_of(api, target.repo, commit)
    if parent is None or parent == plan.remote.commit or commit == plan.remote.commit:
        return None
    return Covered(commit, parent, plan.remote.commit)


def _lacking(remote: Remote, plan: Plan) -> list[str]:
    """What is not there as it was committed, a file each."""
    absent = [
        f"{file.path}: expected {file.size:,} bytes with the SHA-256 {file.sha256}, got "
        f"{f'{stored.size:,} bytes with {stored.hash}' if stored else 'no file'}"
        for file in plan.publication.files
        if not remote.holds(file)
        for stored in [remote.files.get(file.path)]
    ]
    left = [path for path, _ in plan.changes.deleted if path in remote.files]
    return absent + [f"{path}: expected no file, got one" for path in left]


def _count_incomplete(target: Target, commit: str, lacking: list[str], tries: _Tries) -> None:
    tries.incomplete += 1
    if tries.incomplete == INCOMPLETE:
        raise HubError(
            f"{target.repo}@{commit}: {lacking[0]}, although the Hub said {INCOMPLETE} times that "
            f"it was committed; it is not whole, and only whoever runs that Hub can tell why"
        )


def _proposals(api: HfApi, target: Target) -> frozenset[str]:
    """The pull requests that there are, where one is to be made and the Hub lists them."""
    if not target.create_pr:
        return frozenset()
    with asking(target.repo):
        try:
            refs = patiently(
                lambda: api.list_repo_refs(
                    target.repo, repo_type="dataset", include_pull_requests=True
                )
            )
        except Exception as error:
            if status_of(error) != 404:
                raise
            return frozenset()
    return frozenset(ref.ref for ref in refs.pull_requests or ())


def _proposed(
    api: HfApi, target: Target, plan: Plan, made: CommitInfo | None, before: frozenset[str]
) -> Pushed | None:
    """The pull request that was made, whether an answer came or not; None where there is none."""
    told = made and made.pr_revision
    refs = [told] if told else sorted(_proposals(api, target) - before)
    lacking: list[str] = []
    for ref in refs:
        remote = look(api, target.repo, ref)
        if not (lacking := _lacking(remote, plan)):
            page = f"{api.endpoint}/datasets/{target.repo}/discussions/{ref.rpartition('/')[2]}"
            url = (made and made.pr_url) or page
            return Pushed(str(remote.commit), plan, changed=True, pull_request=url)
    if lacking and told:
        raise HubError(
            f"{target.repo}@{told}: {lacking[0]}, although the Hub said that it was "
            f"committed; close that pull request, and ask whoever runs the Hub"
        )
    return None
