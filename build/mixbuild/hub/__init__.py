"""The only module that writes to the Hub: plan, push, verify.

::

    remote     what a repo holds at one commit
    changes    what a push would change
    publish    everything in one commit, or nothing
    rows       the published rows, as they lie there
    check      what is published against its manifest, file by file and row by row
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from huggingface_hub import HfApi

from mixbuild import engine, export
from mixbuild.hub.check import verify_repo
from mixbuild.hub.publish import Plan, Pushed, Report, Target, make_plan, publish, tag
from mixbuild.hub.remote import MAIN, Remote, check_name, parse, read_published
from mixbuild.hub.rows import published_rows
from mixbuild.licences import refuse_held_back
from mixbuild.manifest import expect
from mixbuild.publication import shard_files, task_entries
from mixbuild.verify import Verified, verify_folder

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

Progress = Callable[[str, str], AbstractContextManager[Report]]
"""Called with (what is done, in what unit) for each long piece of work."""


def push(
    out: Path,
    target: Target,
    *,
    progress: Progress,
    show: Callable[[Plan], None],
    file_format: str = export.PARQUET,
    tag_name: str | None = None,
    dry_run: bool = False,
    num_proc: int | None = None,
    allow_licences: Collection[str] = (),
    api: HfApi | None = None,
) -> tuple[Pushed, list[Verified]] | None:
    """Publish a build, and prove that what can be loaded is what was built.

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
    with progress("checking the build", "shards") as report:
        manifest, _ = verify_folder(out, report=report)
    splits = list(export.splits(out, manifest["tasks"], file_format=file_format))
    exported = {}
    with progress(f"writing {file_format}", "splits") as report:
        for split, entry in engine.run(splits, export.export, num_proc=num_proc):
            exported[split.task, split.split] = (split, entry)
            report(len(exported), len(splits))
    in_order = [exported[split.task, split.split] for split in splits]
    entries = task_entries(manifest["tasks"], in_order)
    plan_again = partial(make_plan, api, target, entries, list(shard_files(in_order)), file_format)
    plan = plan_again()
    show(plan)
    if dry_run:
        return None
    with progress("sending", "bytes") as report:
        pushed = publish(api, target, plan, plan_again, report=report)
    with progress("loading what was published", "configs") as report:
        _, verified = verify_repo(
            api, target.repo, pushed.commit, tasks=entries if pushed.changed else (), report=report
        )
    for name in _tags(target, pushed, tag_name):
        tag(api, target.repo, name, pushed.commit)
    return pushed, verified


def client() -> HfApi:
    """The Hub of the environment: HF_ENDPOINT, HF_TOKEN."""
    return HfApi()


def default_branch(file_format: str) -> str:
    """Each format has a branch of its own: all the configs of one are read alike."""
    return MAIN if file_format == export.PARQUET else file_format


def _tags(target: Target, pushed: Pushed, asked: str | None) -> list[str]:
    """The tag that was asked for, and on the main branch one of the version."""
    version = f"v{pushed.plan.publication.manifest['version']}"
    versioned = target.revision == MAIN and not target.create_pr
    return [name for name in (asked, version if versioned else None) if name]
