"""A build, published and proven."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path

from huggingface_hub import HfApi

from mixbuild.core import HubError, UsageError, mutex, one_of, usable_cores
from mixbuild.core import executor as engine
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.make import expect
from mixbuild.publish.apart import export_splits
from mixbuild.publish.ends import Ends, exported_ends
from mixbuild.publish.export import exported
from mixbuild.publish.formats import columns_of
from mixbuild.publish.hub.branches import (
    Branch,
    branches,
    chosen,
    default_branch,
    look_at_others,
    naming_branch,
)
from mixbuild.publish.hub.client import client
from mixbuild.publish.hub.commit import publish
from mixbuild.publish.hub.early import Early, sending_early
from mixbuild.publish.hub.load import loaders
from mixbuild.publish.hub.plan import Covered, Plan, Progress, Pushed, Seen, Target, make_plan
from mixbuild.publish.hub.published import read_published
from mixbuild.publish.hub.refs import make_place, tag, tagged, taken
from mixbuild.publish.hub.refusals import look_ahead, refuse_build, refuse_readers
from mixbuild.publish.hub.remote import Remote, check_name, parse
from mixbuild.publish.hub.rows import published_rows
from mixbuild.publish.hub.verify import Verified, verify_repo
from mixbuild.publish.manifest import MAIN, PARQUET, PublishedSplit
from mixbuild.publish.release import Exported, published_configs, shard_files
from mixbuild.publish.split import Split, forget_others
from mixbuild.publish.split import splits as splits_of
from mixbuild.sources import callers_factory, can_travel

__all__ = [
    "ENDS",
    "FULL",
    "MAIN",
    "Branch",
    "Plan",
    "Progress",
    "Pushed",
    "Remote",
    "Target",
    "Verified",
    "branches",
    "client",
    "default_branch",
    "look_at_others",
    "naming_branch",
    "parse",
    "published_rows",
    "push",
    "read_published",
    "verify_repo",
]


ENDS = "ends"
FULL = "full"
"""What is loaded after a push: the first and last rows of each split, streamed; or every row."""


def push(
    out: Path,
    target: Target,
    *,
    progress: Progress,
    show: Callable[[Plan], None],
    file_format: str = PARQUET,
    row_format: RowFormat = CANONICAL,
    tag_name: str | None = None,
    verify: str = ENDS,
    dry_run: bool = False,
    num_proc: int | None = None,
    engine_name: str = engine.PROCESSES,
    scheduler: str | None = None,
    only: Collection[str] = (),
    allow_licences: Collection[str] = (),
    allow_mirrors: bool = False,
    api: HfApi | None = None,
) -> tuple[Pushed, list[Verified]] | None:
    """Publish a build, and prove that what can be loaded is what was built.

    Only what is proven is tagged with its version, so the tag is the mark of it: when there is
    nothing to send, what the build is asked for is loaded all the same unless the version has its
    tag. A branch other than main has no such tags: there they are loaded each time.

    Args:
        out: the build's folder.
        target: where to.
        progress: shows how far each step is.
        show: called with the plan, before anything is sent.
        file_format: ``parquet`` or ``arrow``.
        row_format: in which rows are laid out.
        tag_name: a tag to give the commit.
        verify: what is loaded to be compared with the build: ``ends``, the first and last rows of
            each split, or ``full``, every row, whatever was proven before. The tree's hashes and
            the card are compared with the manifest in any case.
        dry_run: stop after the plan.
        num_proc: how many processes write Parquet files; None for this one.
        engine_name: ``processes``, or ``dask`` for a cluster that writes them.
        scheduler: the address of a Dask scheduler.
        only: the configs of the build that are published; all when empty.
        allow_licences: identifiers that are published although they are held back.
        allow_mirrors: publish what was made of mirrors that nobody else has.
        api: the Hub's client; None for the one of the environment.

    Returns:
        what was pushed, and the splits that were verified; None after a dry run.

    Raises:
        MixError: of any kind. The repo is then what it was, or holds the whole build.
    """
    if verify not in (ENDS, FULL):
        raise UsageError(one_of("--verify", verify, (ENDS, FULL)))
    engine.check(engine_name, scheduler)
    elsewhere = engine_name != engine.PROCESSES or num_proc is not None
    api = api or client()
    check_name(target.repo)
    expect(out)  # before the mutex, which makes the folder
    with loaders() as workers:
        with mutex(out):  # what is being sent must not be made anew meanwhile
            every = expect(out).configs
            forget_others(out, every)
            built = chosen(every, only)
            refuse_build(built, allow_licences=allow_licences, allow_mirrors=allow_mirrors)
            splits = list(splits_of(out, built, file_format=file_format, row_format=row_format))
            ahead = look_ahead(
                api,
                target,
                built,
                file_format=file_format,
                row_format=row_format,
                tag_name=tag_name,
            )
            seen: Seen | None = ahead
            if not dry_run and ahead.remote.commit is None:
                make_place(api, ahead.remote, private=target.private)
                seen = None
            # each shard is held against the manifest as it is read, and read no other time
            there = {
                split.name: entry for split in splits if (entry := exported(split)) is not None
            }
            if len(there) < len(splits):  # something is new, to be sent and to be loaded
                if seen and not dry_run:
                    refuse_readers(api, target)
                seen = None  # by the time that it is written
                if not dry_run and can_travel(callers_factory()):
                    workers.begin(min(usable_cores(), len(built)))
            with sending_early(api, target) if not dry_run else nullcontext() as offer:
                write = partial(
                    export_splits,
                    engine_name=engine_name,
                    num_proc=num_proc,
                    scheduler=scheduler,
                    offer=None if elsewhere and not can_travel(offer) else offer,
                )
                written = _export(splits, there, file_format, write, progress, offer)
            configs = published_configs(built, written)
            shards = list(shard_files(written))
            drawn: dict[str, bytes] = {}

            def plan_again(covered: Covered | None, seen: Seen | None = None) -> Plan:
                return make_plan(
                    api,
                    target,
                    configs,
                    shards,
                    file_format,
                    row_format=row_format,
                    covered=covered,
                    drawn=drawn,
                    seen=seen,
                )

            plan = plan_again(None, seen)
            show(plan)
            if (
                tag_name
                and plan.changes
                and plan.remote.exists
                and tagged(api, target.repo, tag_name)
            ):
                raise taken(target.repo, tag_name)  # by a commit that is there; this one is to come
            if dry_run:
                if plan.remote.exists and plan.changes:
                    refuse_readers(api, target)
                return None
            pushed = publish(api, target, plan, plan_again, progress=progress)
            proven = verify == ENDS and _is_proven(api, target, pushed)
            ends = None if verify == FULL or proven else _ends(written)
        with progress("loading what was published", "configs") as report:
            _, verified = verify_repo(
                api,
                target.repo,
                pushed.commit,
                configs=() if proven else configs,
                ends=ends,
                report=report,
                workers=workers,
            )
    return _tag(api, target, pushed, tag_name), verified


def _export(
    splits: Sequence[Split],
    there: Mapping[str, PublishedSplit],
    file_format: str,
    write: Callable[[Sequence[Split]], Iterator[tuple[Split, PublishedSplit]]],
    progress: Progress,
    offer: Early | None,
) -> list[tuple[Split, PublishedSplit]]:
    """What is published of each split, in the order of the splits; some are there already."""
    done = dict(there)
    left = [split for split in splits if split.name not in done]
    with progress(f"writing {file_format}", "splits") as report:
        report(len(done), len(splits))
        for split, entry in write(left):
            done[split.name] = entry
            report(len(done), len(splits))
            if offer and entry.shards and len(done) < len(splits):  # others were offered before
                last = entry.shards[-1].path
                offer(split.folder / last, last)
    return [(split, done[split.name]) for split in splits]


def _ends(exported: Exported) -> dict[str, dict[str, Ends]]:
    """By config and split, the rows that each split with rows is to begin and end with."""
    found: dict[str, dict[str, Ends]] = {split.config: {} for split, _ in exported}
    for split, entry in exported:
        if entry.rows:
            found[split.config][split.split] = exported_ends(
                split.folder, entry, columns_of(split.row_format)
            )
    return found


def _is_proven(api: HfApi, target: Target, pushed: Pushed) -> bool:
    """Whether an earlier push has loaded what this one found already there."""
    if pushed.changed or target.revision != MAIN:
        return False
    return tagged(api, target.repo, _version_tag(pushed)) is not None


def _version_tag(pushed: Pushed) -> str:
    return f"v{pushed.plan.publication.manifest.version}"


def _tag(api: HfApi, target: Target, pushed: Pushed, asked: str | None) -> Pushed:
    """Give the commit the tag that was asked for, and on the main branch that of its version.

    Raises:
        HubError: all is published, and a tag cannot be given.
    """
    names = [asked] if asked else []
    version = _version_tag(pushed)
    versioned = target.revision == MAIN and not target.create_pr
    try:
        # people may have committed since that version was pushed: the tag stays where it is
        if versioned and (pushed.changed or tagged(api, target.repo, version) is None):
            names.append(version)
        given = [tag(api, target.repo, name, pushed.commit) for name in names]
    except HubError as error:
        raise HubError(
            f"{target.repo}@{pushed.commit}: published and proven, but not tagged: {error}"
        ) from error
    return replace(
        pushed,
        untagged=tuple(name for name, is_given in zip(names, given, strict=True) if not is_given),
    )
