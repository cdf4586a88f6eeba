"""What a person sees: tables with aligned columns, rows as they read, a bar for long work."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from mixbuild import manifest
from mixbuild.make import Made, Report
from mixbuild.task import Task
from mixbuild.verify import Verified

if TYPE_CHECKING:  # importing the Hub's client takes a second, which `list` saves
    from mixbuild.hub import Plan, Pushed
    from mixbuild.rebuild import Rebuilt
    from mixbuild.trace import Traced

LONGEST_SHOWN = 600
"""Characters of a text that are shown; the middle of a longer one is left out, and said to be."""

for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, io.TextIOWrapper):  # a text that the terminal cannot show is no failure
        stream.reconfigure(errors="backslashreplace")

# a table in a file or a pipe is not cut to the width of a terminal that is not there
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """One line on standard error, without any token that a library put into its message."""
    for secret in {os.environ.get("HF_TOKEN"), *re.findall(r"\bhf_\w{8,}", message)}:
        message = message.replace(secret, "***") if secret else message
    err.print(Text.assemble(("error: ", "bold red"), message))


def print_tasks(tasks: Sequence[Task]) -> None:
    """The catalog, a line each."""
    table = _table("task", "family", "source", "licence", "templates", "splits", right=(4,))
    for task in tasks:
        table.add_row(
            task.name,
            task.family,
            task.source.repo,
            task.source.license,
            str(len(task.templates)),
            ", ".join(task.splits),
        )
    _print_table(table)


def print_record(task: Task, raw: Mapping[str, Any]) -> None:
    """A source row as it came."""
    out.print(Text(f"a row of {task.source.repo}", "bold"))
    out.print(Text(json.dumps(_shortened(raw), ensure_ascii=False, indent=2, default=str)))


def print_row(row: Mapping[str, Any]) -> None:
    """A rendered row, its completion set off by colour."""
    out.print(Text(f"\n{row['id']}  {row['template']}  {row['source']}", "dim"))
    out.print(Text(_short(row["prompt"])), Text(_short(row["completion"]), "bold green"), sep="")


def print_drops(drops: Mapping[str, int]) -> None:
    """What was left out, and why."""
    for reason, count in drops.items():
        out.print(Text(f"\nleft out: {count:,} {reason}", "yellow"))


def print_made(folder: Path, tasks: Sequence[str], made: Made) -> None:
    """What a build holds, and a rendered row of each task if anything was rendered."""
    entries = {task: made.manifest["tasks"][task] for task in tasks}
    table = _table(
        "task", "split", "rows read", "rows", "shards", "MB", "left out", right=(2, 3, 4, 5)
    )
    for name, entry in entries.items():
        for split, each in entry["splits"].items():
            table.add_row(
                name,
                split,
                f"{each['rows_read']:,}",
                f"{each['rows']:,}",
                f"{len(each['shards']):,}",
                f"{sum(shard['bytes'] for shard in each['shards']) / 1e6:,.2f}",
                ", ".join(f"{count:,} {reason}" for reason, count in each["drops"].items()),
            )
    _print_table(table)
    path = folder / manifest.FILE
    for name in made.removed:
        out.print(f"\n{name}: not asked for any more, removed")
    if not made.changed:
        out.print(f"\n{path}: nothing to do, all {made.kept:,} shards are up to date")
        return
    for entry in entries.values():
        for row in _first_row(folder, entry):
            print_row(row)
    out.print(f"\n{path}: {made.rendered:,} shards rendered, {made.kept:,} kept")


def print_plan(plan: Plan) -> None:
    """What a push is about to change."""
    changes = plan.changes
    table = _table("", "files", "MB", "", right=(1, 2))
    for what, files in (
        ("added", [(file.path, file.size) for file in changes.added]),
        ("replaced", [(file.path, file.size) for file in changes.replaced]),
        ("deleted", list(changes.deleted)),
        ("unchanged", [(file.path, file.size) for file in changes.unchanged]),
    ):
        total = sum(size for _, size in files) / 1e6
        folders = dict.fromkeys(path.partition("/")[0] for path, _ in files)
        table.add_row(what, f"{len(files):,}", f"{total:,.2f}", ", ".join(folders))
    _print_table(table)
    version = plan.publication.manifest["version"]
    if changes:
        out.print(f"\n{plan.remote.label}: to become version {version}")


def print_pushed(repo: str, pushed: Pushed, verified: Sequence[Verified]) -> None:
    """Where a push can be found now, and what was proven."""
    version = pushed.plan.publication.manifest["version"]
    if not pushed.changed:
        out.print(f"\n{repo}@{pushed.commit}: nothing to do, all files are version {version}")
        return
    out.print()
    print_verified(f"{repo}@{pushed.commit}", verified)
    where = pushed.pull_request or f"version {version}"
    out.print(f"{repo}: pushed, {where}")


def print_verified(where: str, verified: Sequence[Verified]) -> None:
    """The splits that are what their manifest says."""
    table = _table("task", "split", "rows", "files", "MB", right=(2, 3, 4))
    for each in verified:
        size = f"{each.bytes / 1e6:,.2f}"
        table.add_row(each.task, each.split, f"{each.rows:,}", f"{each.files:,}", size)
    _print_table(table)
    rows, files = sum(each.rows for each in verified), sum(each.files for each in verified)
    out.print(f"\n{where}: verified, {rows:,} rows in {files:,} files")


def print_pinned(task: Task, entry: Mapping[str, Any], changes: Sequence[str]) -> None:
    """A source that is about to be locked, and what changed in it."""
    rows = ", ".join(f"{split} {each['rows']:,}" for split, each in entry["splits"].items())
    out.print(
        f"{task.name}: {entry['repo']}@{entry['commit']}, {len(entry['files'])} files, "
        f"rows {rows}, licence {entry['license']}"
    )
    for change in changes or ["as before"]:
        out.print(f"  {change}", markup=False)


def print_findings(findings: Mapping[str, Sequence[str]]) -> None:
    """What has moved on, source by source."""
    table = _table("task", "source")
    for task, lines in findings.items():
        for line in lines or ["as locked"]:
            table.add_row(task, line)
    _print_table(table)


def print_rebuilt(place: str, rebuilt: Sequence[Rebuilt]) -> None:
    """Split by split, whether the rows came out the same."""
    table = _table("task", "split", "rows", "content digest", "", right=(2,))
    for each in rebuilt:
        same = each.difference or "the same"
        table.add_row(each.task, each.split, f"{each.rows:,}", each.content_digest, same)
    _print_table(table)
    if not any(each.difference for each in rebuilt):
        rows = sum(each.rows for each in rebuilt)
        out.print(f"\n{place}: rebuilt, {rows:,} rows are the same")


def print_traced(traced: Traced) -> None:
    """A row, the record and the template that it was made of, and the code."""
    print_record(traced.task, traced.raw)
    out.print(Text(f"\ntemplate {traced.row['template']}", "bold"))
    out.print(Text(traced.template))
    print_row(traced.row)
    made = ", ".join(f"{name} {version}" for name, version in traced.versions.items())
    out.print(Text(f"\nmade by {made}", "dim"))
    again = "the same row" if traced.again else "another row: the task or the code has changed"
    out.print(f"rendered again now: {again}")


@contextmanager
def progress(what: str, *, unit: str) -> Iterator[Report]:
    """A bar on the terminal; nothing where there is none."""
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _first_row(folder: Path, entry: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A task's first row, if it has any."""
    for split in entry["splits"].values():
        for shard in split["shards"]:
            with pa.OSFile(str(folder / shard["path"])) as file:
                for batch in pa.ipc.open_stream(file):
                    yield from batch.slice(0, 1).to_pylist()
                    return


def _short(text: str) -> str:
    if len(text) <= LONGEST_SHOWN:
        return text
    half = LONGEST_SHOWN // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters …] {text[-half:]}"


def _shortened(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _shortened(each) for key, each in value.items()}
    return _short(value) if isinstance(value, str) else value


def _table(*names: str, right: Sequence[int] = ()) -> Table:
    """A table whose last column alone may be broken into lines."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(names):
        last = index == len(names) - 1
        table.add_column(name, justify="right" if index in right else "left", no_wrap=not last)
    return table


def _print_table(table: Table) -> None:
    # rich fills every line up with spaces
    with out.capture() as capture:
        out.print(table)
    out.print("\n".join(line.rstrip() for line in capture.get().splitlines()), markup=False)
