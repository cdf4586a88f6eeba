"""The only module that writes to the Hub: plan, push, verify.

::

    remote     what a repo holds at one commit
    published  its card and its manifest
    changes    what a push would change
    refs       the repo, the branch and the tags around a commit
    publish    everything in one commit, or nothing
    rows       the published rows, as they lie there
    verify     what is published against its manifest, file by file and row by row
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, set_client_factory
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily
from huggingface_hub.utils._http import default_client_factory

from mixbuild.core import executor as engine
from mixbuild.core import mutex
from mixbuild.declare import refuse_held_back
from mixbuild.make import Verified, expect, verify_folder
from mixbuild.publish.export import PARQUET, Split, export_split
from mixbuild.publish.export import splits as splits_of
from mixbuild.publish.hub.commit import Plan, Pushed, Report, Target, make_plan, publish
from mixbuild.publish.hub.published import read_published
from mixbuild.publish.hub.refs import tag, tagged, taken
from mixbuild.publish.hub.remote import MAIN, Remote, check_name, parse
from mixbuild.publish.hub.rows import published_rows
from mixbuild.publish.hub.verify import verify_repo
from mixbuild.publish.release import shard_files, task_entries

__all__ = [
    "MAIN",
    "Plan",
    "Pushed",
    "Remote",
    "Target",
    "parse",
    "published_rows",
    "push",
    "read_published",
    "verify_repo",
]

SILENCE_SECONDS = 120.0
"""How long the Hub may be silent within an answer; the library alone would wait for ever."""

Progress = Callable[[str, str], AbstractContextManager[Report]]
"""Called with (what is done, in what unit) for each long piece of work."""


def push(
    out: Path,
    target: Target,
    *,
    progress: Progress,
    show: Callable[[Plan], None],
    file_format: str = PARQUET,
    tag_name: str | None = None,
    dry_run: bool = False,
    num_proc: int | None = None,
    allow_licences: Collection[str] = (),
    api: HfApi | None = None,
) -> tuple[Pushed, list[Verified]] | None:
    """Publish a build, and prove that what can be loaded is what was built.

    Only what is proven is tagged with its version, so the tag is the mark of it: when there is
    nothing to send, the configs of the build are loaded all the same unless the version has its
    tag. A branch other than main has no such tags: there they are loaded each time.

    Args:
        out: the build's folder.
        target: where to.
        progress: shows how far each step is.
        show: called with the plan, before anything is sent.
        file_format: ``parquet`` or ``arrow``.
        tag_name: a tag to give the commit.
        dry_run: stop after the plan.
        num_proc: how many processes write Parquet files; None for this one.
        allow_licences: identifiers that are published although they are held back.
        api: the Hub's client; None for the one of the environment.

    Returns:
        what was pushed, and the splits that were verified; None after a dry run.

    Raises:
        MixError: of any kind. The repo is then what it was, or holds the whole build.
    """
    api = api or client()
    check_name(target.repo)
    refuse_held_back(expect(out)["tasks"], allowed=allow_licences)
    with mutex(out):  # what is being sent must not be made anew meanwhile
        with progress("checking the build", "shards") as report:
            manifest, _ = verify_folder(out, report=report)
        splits = list(splits_of(out, manifest["tasks"], file_format=file_format))
        exported = _export(splits, file_format, num_proc, progress)
        entries, shards = task_entries(manifest["tasks"], exported), list(shard_files(exported))
        plan_again = partial(make_plan, api, target, entries, shards, file_format)
        plan = plan_again()
        show(plan)
        if tag_name and plan.changes and plan.remote.exists and tagged(api, target.repo, tag_name):
            raise taken(target.repo, tag_name)  # by a commit that is there; this one is to come
        if dry_run:
            return None
        with progress("sending", "bytes") as report:
            pushed = publish(api, target, plan, plan_again, report=report)
    with progress("loading what was published", "configs") as report:
        loaded = () if _is_proven(api, target, pushed) else entries
        _, verified = verify_repo(api, target.repo, pushed.commit, tasks=loaded, report=report)
    _tag(api, target, pushed, tag_name)
    return pushed, verified


def _export(
    splits: Sequence[Split], file_format: str, num_proc: int | None, progress: Progress
) -> list[tuple[Split, dict[str, Any]]]:
    """What is published of each split, in the order of the splits."""
    done: dict[str, dict[str, Any]] = {}
    with progress(f"writing {file_format}", "splits") as report:
        for split, entry in engine.run(splits, export_split, shared=None, num_proc=num_proc):
            done[split.name] = entry
            report(len(done), len(splits))
    return [(split, done[split.name]) for split in splits]


def _is_proven(api: HfApi, target: Target, pushed: Pushed) -> bool:
    """Whether an earlier push has loaded what this one found already there."""
    if pushed.changed or target.revision != MAIN:
        return False
    return tagged(api, target.repo, _version_tag(pushed)) is not None


def _version_tag(pushed: Pushed) -> str:
    return f"v{pushed.plan.publication.manifest['version']}"


def _tag(api: HfApi, target: Target, pushed: Pushed, asked: str | None) -> None:
    """Give the commit the tag that was asked for, and on the main branch that of its version."""
    if asked:
        tag(api, target.repo, asked, pushed.commit)
    version = _version_tag(pushed)
    versioned = target.revision == MAIN and not target.create_pr
    # people may have committed since that version was pushed: the tag stays where it is
    if versioned and (pushed.changed or tagged(api, target.repo, version) is None):
        tag(api, target.repo, version, pushed.commit)


def client() -> HfApi:
    """The Hub of the environment: HF_ENDPOINT, HF_TOKEN."""
    set_client_factory(_impatient_client)
    return HfApi()


def _impatient_client() -> httpx.Client:
    made = default_client_factory()
    made.timeout = httpx.Timeout(SILENCE_SECONDS)
    return made


def default_branch(file_format: str) -> str:
    """Each format has a branch of its own: all the configs of one are read alike."""
    return MAIN if file_format == PARQUET else file_format
