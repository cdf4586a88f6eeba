"""What was made, pinned, rebuilt, traced."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from rich.text import Text

from mixbuild.cli.terminal.console import err, out
from mixbuild.cli.terminal.rows import print_record, print_row
from mixbuild.cli.terminal.tables import Table, print_table, table
from mixbuild.cli.terminal.text import shown
from mixbuild.core import RowDict, count_of
from mixbuild.curate import PAIRS, kept
from mixbuild.declare import Task
from mixbuild.make import CARD, FILE, Built, BuiltSplit, Made, Overlaps
from mixbuild.sources import LockEntry, is_commit

if TYPE_CHECKING:  # importing the Hub's client takes a second, which `list` saves
    from mixbuild.prove import Rebuilt, Traced


MOST_LINES = 16
"""So many splits are listed each; more are added up by family, so that they fit on a screen."""


def print_made(
    folder: Path, names: Sequence[str], made: Made, *, mixtures: Collection[str] = ()
) -> None:
    """What a build holds, and one of its rows if any was rendered and few configs are shown.

    Args:
        folder: the build's.
        names: the tasks'.
        made: what was made.
        mixtures: those of the build, whose tables tell the rest where there are many splits.
    """
    configs = {name: made.manifest.configs[name] for name in names}
    few = sum(len(config.splits) for config in configs.values()) <= MOST_LINES
    if few or not mixtures:
        print_table(_by_split(configs) if few else _by_family(configs))
    else:
        out.print(_together(configs))
    path = folder / FILE
    for name in made.removed:
        out.print(f"\n{name}: not asked for any more, removed")
    if made.without_card:
        out.print(
            f"\n{folder / CARD}: told of the build as it was, removed; run card --out {folder}"
        )
    _print_sources(configs)
    if not made.changed:
        all_are = "its shard is" if made.kept == 1 else f"all {made.kept:,} shards are"
        out.print(f"\n{path}: nothing to do, {all_are} up to date")
        return
    row = next((row for config in configs.values() for row in _first_row(folder, config)), None)
    if few and row:
        print_row(row)
    by = f" by {made.workers} worker processes" if made.workers else ""
    rendered = count_of(made.rendered, "shard")
    out.print(f"\n{path}: {rendered} rendered{by}, {made.kept:,} kept")


def _by_split(configs: Mapping[str, Built]) -> Table:
    """A line for each split, with every reason for which rows were left out."""
    made = table(
        *("config", "split", "rows read", "rows", "shards", "MB", "left out"),
        right=(2, 3, 4, 5),
        spare=("MB", "shards", "rows read"),
    )
    for name, config in configs.items():
        for split, each in config.splits.items():
            made.add_row(
                name,
                split,
                f"{each.rows_read:,}",
                f"{each.rows:,}",
                f"{len(each.shards):,}",
                f"{_megabytes([each]):,.2f}",
                ", ".join(f"{count:,} {reason}" for reason, count in each.drops.items()),
            )
    return made


def _by_family(configs: Mapping[str, Built]) -> Table:
    """A line for each family, and one for all."""
    families: dict[str, list[Built]] = {}
    for config in configs.values():
        families.setdefault(config.family, []).append(config)
    columns = ("family", "configs", "rows read", "rows", "left out", "MB")
    made = table(*columns, right=range(1, 6), spare=("MB", "rows read", "configs"))
    for family, some in {**families, "all together": list(configs.values())}.items():
        splits = [split for config in some for split in config.splits.values()]
        made.add_row(
            family,
            f"{len(some):,}",
            f"{sum(split.rows_read for split in splits):,}",
            f"{sum(split.rows for split in splits):,}",
            f"{sum(sum(split.drops.values()) for split in splits):,}",
            f"{_megabytes(splits):,.2f}",
        )
    return made


def _together(configs: Mapping[str, Built]) -> str:
    """All configs on one line."""
    splits = [split for config in configs.values() for split in config.splits.values()]
    return (
        f"{count_of(len(configs), 'config')}: {sum(split.rows_read for split in splits):,} rows "
        f"read, {count_of(sum(split.rows for split in splits), 'row')}, "
        f"{sum(sum(split.drops.values()) for split in splits):,} left out, "
        f"{_megabytes(splits):,.2f} MB"
    )


def _megabytes(splits: Sequence[BuiltSplit]) -> float:
    return sum(shard.bytes for split in splits for shard in split.shards) / 1e6


OTHERWISE = ", and with another answer"


def print_overlaps(overlaps: Overlaps) -> None:
    """What the rows of a build say more than once, whether it was taken out or not."""
    if overlaps.leaks:
        out.print("\ninputs that are in two splits:")
        near = any(each.near for each in overlaps.leaks)  # else nothing is said of it
        columns = ("to train on", "to evaluate by", "inputs", *(("near ones",) if near else ()))
        leaks = table(*columns, right=(2, 3))
        for each in overlaps.leaks:
            counts = (f"{each.inputs:,}", f"{each.near:,}")
            leaks.add_row(each.train, each.evaluation, *counts[: 2 if near else 1])
        print_table(leaks)
    for name, count in overlaps.conflicts.items():
        out.print(f"{name}: {count_of(count, 'row')} with the same inputs as another{OTHERWISE}")
    for name, count in overlaps.near_conflicts.items():
        rows = count_of(count, "row")
        out.print(f"{name}: {rows} with nearly the same inputs as another{OTHERWISE}")
    for name, alike in overlaps.near_clusters.items():
        out.print(
            f"{name}: {count_of(alike.rows, 'row')} in {count_of(alike.clusters, 'cluster')} of "
            f"nearly the same inputs, the largest of {count_of(alike.largest, 'row')}"
        )
    for name, count in overlaps.spanning.items():
        out.print(f"{name}: {count_of(count, 'group')} in several of its splits")


def print_page(folder: Path, overlaps: Overlaps) -> None:
    """Where pairs of such rows can be looked at, if there are any."""
    if overlaps.conflicts or overlaps.near_clusters:
        out.print(f"{folder / PAIRS}: pairs of these rows, to be looked at in a browser")


def _print_sources(configs: Mapping[str, Built]) -> None:
    """What was read of the Hub without a lock, and what is not as the lock says."""
    unlocked = {}
    sources = [(name, source) for name, config in configs.items() for source in config.sources]
    for name, source in sources:
        for line in source.drift:
            out.print(f"\n{name}: not as locked: {line}")
        repo, _, commit = source.read_from.partition("@")
        if repo == source.repo and not source.locked and is_commit(commit):
            unlocked[name] = source.read_from
    if unlocked:
        found = ", ".join(f"{name} ({place})" for name, place in unlocked.items())
        out.print(f"\nnot locked: {found}; to stay there: lock {' '.join(unlocked)}")


def print_pinned(task: Task, entry: LockEntry, changes: Sequence[str]) -> None:
    """A source that is about to be locked, and what changed in it."""
    rows = ", ".join(f"{split} {each.rows:,}" for split, each in entry.splits.items())
    out.print(
        f"{task.name}: {entry.repo}@{entry.commit}, {len(entry.files)} files, "
        f"rows {rows}, licence {entry.license}",
    )
    for change in changes or ["as before"]:
        out.print(f"  {change}")


def print_findings(findings: Mapping[str, Sequence[str]]) -> None:
    """What has moved on, source by source."""
    for task, lines in findings.items():
        for line in lines or ["as locked"]:
            out.print(shown(f"{task}: {line}"))


def print_rebuilt(place: str, rebuilt: Sequence[Rebuilt]) -> None:
    """Split by split, whether the rows came out the same."""
    columns = ("config", "split", "rows", "content digest", "")
    splits = table(*columns, right=(2,), spare=("content digest",))
    for each in rebuilt:
        same = "not the same" if each.difference else "the same"
        splits.add_row(each.config, each.split, f"{each.rows:,}", each.content_digest, same)
    print_table(splits)
    different = [each for each in rebuilt if each.difference]
    for each in different:
        out.print(shown(f"\n{each.config}/{each.split}: {each.difference}"))
    if not different:
        rows = sum(each.rows for each in rebuilt)
        are = "is" if rows == 1 else "are"
        out.print(f"\n{place}: rebuilt, {count_of(rows, 'row')} {are} the same")


def print_task_file(path: str, text: str) -> None:
    """A stranger's file, before it is executed; not among what a machine reads."""
    err.print(Text(f"{path}, about to be executed:", "bold"))
    for line in text.split("\n"):  # all of it: what is left out may be what matters
        err.print(f"  {line}")


def print_traced(traced: Traced) -> None:
    """A row, the record and the template that it was made of, and the code."""
    print_record(traced.task, traced.raw)
    out.print(Text(f"\ntemplate {traced.row['template']}", "bold"))
    out.print(shown(traced.template))
    print_row(traced.row)
    made = ", ".join(f"{name} {version}" for name, version in traced.versions.items())
    out.print(Text(f"\nmade by {made}", "dim"))
    other = "another row: the task, the code or the mirror has changed"
    out.print(f"rendered again now: {'the same row' if traced.again else other}")


def _first_row(folder: Path, config: Built) -> Iterator[RowDict]:
    """A config's first row that is not taken out, if it has any."""
    for split in config.splits.values():
        for shard, mask in zip(split.shards, kept(folder, split), strict=True):
            start = 0
            with pa.OSFile(str(folder / shard.path)) as file:
                for batch in pa.ipc.open_stream(file):
                    end = start + batch.num_rows
                    left = batch if mask is None else batch.filter(pa.array(mask[start:end]))
                    start = end
                    if left.num_rows:
                        yield from left.slice(0, 1).to_pylist()
                        return
