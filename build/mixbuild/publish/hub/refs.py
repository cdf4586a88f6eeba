"""The repo, the branch and the tags around a commit: each made where it is not there yet."""

from __future__ import annotations

from huggingface_hub import HfApi

from mixbuild.core import HubError, explained_hub, patiently
from mixbuild.publish.hub.remote import MAIN, Remote, look


def make_place(api: HfApi, remote: Remote, *, private: bool) -> None:
    """Make the repo, or the branch, that is not there yet.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with explained_hub(remote.repo):
        if not remote.exists:
            patiently(
                lambda: api.create_repo(
                    remote.repo, repo_type="dataset", private=private, exist_ok=True
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


def tagged(api: HfApi, repo: str, name: str) -> str | None:
    """The commit that a tag stands for; None where there is no such tag.

    Raises:
        HubError: the Hub refuses, or does not answer.
    """
    with explained_hub(f"{repo}: tag {name}"):
        refs = patiently(lambda: api.list_repo_refs(repo, repo_type="dataset"))
    # the target of a tag with a message is no commit, so the Hub is asked for it by its name
    return look(api, repo, name).commit if name in {ref.name for ref in refs.tags} else None


def taken(repo: str, name: str) -> HubError:
    """A tag is another commit's."""
    return HubError(
        f"{repo}: the tag {name} is taken by another commit; choose another, or delete it on the "
        f"Hub"
    )


def tag(api: HfApi, repo: str, name: str, commit: str) -> None:
    """Give a commit a tag, unless it has it.

    Raises:
        HubError: the tag is taken by another commit, or the Hub refuses, or does not answer.
    """
    holder = tagged(api, repo, name)
    if holder not in (None, commit):
        raise taken(repo, name)
    if holder is None:
        with explained_hub(f"{repo}: tag {name}"):
            patiently(
                lambda: api.create_tag(
                    repo, tag=name, revision=commit, repo_type="dataset", exist_ok=True
                )
            )
