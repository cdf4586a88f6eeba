"""What is to be pushed, what was pushed, and what is proven."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mixbuild.cli.terminal.console import out
from mixbuild.cli.terminal.tables import print_table, table
from mixbuild.core import count_of

if TYPE_CHECKING:  # importing the Hub's client takes a second, which `list` saves
    from mixbuild.publish import Plan, Pushed, Verified


def print_plan(plan: Plan) -> None:
    """What a push is about to change."""
    changes = plan.changes
    made = table("", "files", "MB", "", right=(1, 2))
    for what, files in (
        ("added", [(file.path, file.size) for file in changes.added]),
        ("replaced", [(file.path, file.size) for file in changes.replaced]),
        ("deleted", list(changes.deleted)),
        ("unchanged", [(file.path, file.size) for file in changes.unchanged]),
    ):
        total = sum(size for _, size in files) / 1e6
        folders = dict.fromkeys(path.partition("/")[0] for path, _ in files)
        made.add_row(what, f"{len(files):,}", f"{total:,.2f}", ", ".join(folders))
    print_table(made)
    version = plan.publication.manifest.version
    if changes:
        out.print(f"\n{plan.remote.label}: to become version {version}")


def print_pushed(repo: str, pushed: Pushed, verified: Sequence[Verified], *, whole: bool) -> None:
    """Where a push can be found now, and what was proven."""
    version = pushed.plan.publication.manifest.version
    if not pushed.changed:
        done = f"nothing to do, all files are version {version}{_untagged(pushed)}"
        out.print(f"\n{repo}@{pushed.commit}: {done}")
        return
    out.print()
    print_verified(f"{repo}@{pushed.commit}", verified, whole=whole)
    where = pushed.pull_request or f"version {version}"
    out.print(f"{repo}: pushed, {where}{_untagged(pushed)}")


def _untagged(pushed: Pushed) -> str:
    names = ", ".join(pushed.untagged)
    return f"; without the tag {names}: this Hub keeps none" if names else ""


def print_verified(where: str, verified: Sequence[Verified], *, whole: bool = True) -> None:
    """The splits that are what their manifest says, by every row or by the ends."""
    columns = ("config", "split", "rows", "files", "MB")
    made = table(*columns, right=(2, 3, 4), spare=("MB", "files"))
    for each in verified:
        size = f"{each.bytes / 1e6:,.2f}"
        made.add_row(each.config, each.split, f"{each.rows:,}", f"{each.files:,}", size)
    print_table(made)
    rows, files = sum(each.rows for each in verified), sum(each.files for each in verified)
    how = "" if whole else ", by their hashes and each split's first and last rows"
    out.print(f"\n{where}: verified, {count_of(rows, 'row')} in {count_of(files, 'file')}{how}")
