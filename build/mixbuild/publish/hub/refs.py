"""The repo, the branch and the tags around a commit: each made where it is not there yet."""

from __future__ import annotations

from huggingface_hub import HfApi

from mixbuild.core import HubError, patiently, status_of
from mixbuild.publish.hub.client import asking
from mixbuild.publish.hub.remote import Remote, is_private, look
from mixbuild.publish.manifest import MAIN


def make_place(api: HfApi, remote: Remote, *, private: bool) -> None:
    """Make the repo, or the branch, that is not there yet.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with asking(remote.repo):
        if not remote.exists:
            patiently(
                lambda: api.create_repo(
                    remote.repo,
                    repo_type="dataset",
                    private=private or None,  # or else as the organisation has it
                    exist_ok=True,
                )
            )
        if remote.revision != MAIN:
            # from the first commit: a branch has no other files than those that are pushed to it
            commits = api.list_repo_commits(remote.repo, repo_type="dataset")
            patiently(
                lambda: api.create_branch(
                    remote.repo,
                    branch=remote.revision,
                    revision=commits[-1].commit_id,
                    repo_type="dataset",
                    exist_ok=True,
                )
            )


def refuse_public(api: HfApi, repo: str) -> None:
    """Refuse a repo that everybody may see.

    Raises:
        HubError: it is one, or the Hub does not answer.
    """
    if not is_private(api, repo):
        raise public(repo)


def public(repo: str) -> HubError:
    """Everybody may see a repo that was to be private."""
    return HubError(
        f"{repo}: expected a private repo, as --private says, got a public one; make it private in "
        f"its settings on the Hub, or leave --private out"
    )


def tagged(api: HfApi, repo: str, name: str) -> str | None:
    """The commit that a tag stands for; None where there is no such tag.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with asking(f"{repo}: tag {name}"):
        try:
            refs = patiently(lambda: api.list_repo_refs(repo, repo_type="dataset"))
        except Exception as error:
            if status_of(error) != 404:
                raise
            names = {name}  # a Hub that lists no references may know this one all the same
        else:
            names = {ref.name for ref in refs.tags}
    # the target of a tag with a message is no commit, so the Hub is asked for it by its name
    return look(api, repo, name).commit if name in names else None


def taken(repo: str, name: str) -> HubError:
    """A tag is another commit's."""
    return HubError(
        f"{repo}: the tag {name} is taken by another commit; choose another, or delete it on the "
        f"Hub"
    )


def tag(api: HfApi, repo: str, name: str, commit: str) -> bool:
    """Give a commit a tag, unless it has it; whether it has it now: not every Hub keeps tags.

    Raises:
        HubError: the tag is taken by another commit, or the Hub refuses, or does not answer.
    """
    holder = tagged(api, repo, name)
    if holder not in (None, commit):
        raise taken(repo, name)
    if holder is None:
        with asking(f"{repo}: tag {name}"):
            try:
                patiently(
                    lambda: api.create_tag(
                        repo, tag=name, revision=commit, repo_type="dataset", exist_ok=True
                    )
                )
            except Exception as error:
                if status_of(error) == 404:
                    return False
                raise
    return True
