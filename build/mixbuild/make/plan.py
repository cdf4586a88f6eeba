"""What is to be made: a request, and the units that it comes to. Renders nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mixbuild.core import LockError, UsageError
from mixbuild.declare import SEED, ChoiceSlot, Slot, Task, TaskChoice
from mixbuild.make.made_of import Asked, RecipeEntry
from mixbuild.make.unit import Projection, Trim, Unit, bind_projection, choice_hashes, unit_of
from mixbuild.sources import (
    SAMPLES,
    Lock,
    LockEntry,
    Resolved,
    Run,
    classes_in,
    count_rows,
    digests,
    entry_of,
    is_wholly,
    resolve,
    same_files,
)


@dataclass(frozen=True)
class Request:
    """What to make.

    Attributes:
        tasks: one config each.
        out: the output folder.
        sources: task name -> a mirror, or ``samples``; the Hub for the others.
        templates: a template's name, ``sample`` or ``all``.
        seed: of every choice by hash.
        splits: of each task those that it has, one at least; all when empty.
        max_rows: at most so many source rows per split, chosen by hash.
        lock: which commit each source is read at, and what a mirror must be.
        allow_drift: read mirrors that are not what the lock says.
        follow_links: read what a mirror's links and card lead to outside of its folder.
        choices: task name -> the templates, splits and most rows that are said for it alone.
        recipe: the recipe that asks for all this, to be noted with what is made.
        keys: write the rows' keys beside each shard.
        shingles: write their shingles of so many words, too, if more than 0.
        trim: cut rows that have too many tokens, where their task says what of them may be.
        turns: (task, split) -> how many templates each row is rendered by, one after the other,
            where a mixture may take it as often and ``sample`` gives it but one.
    """

    tasks: Sequence[Task]
    out: Path
    sources: Mapping[str, str] = field(default_factory=dict)
    templates: str = SEED
    seed: int = 0
    splits: Sequence[str] = ()
    max_rows: int | None = None
    lock: Lock = field(default_factory=dict)
    allow_drift: bool = False
    follow_links: bool = False
    choices: Mapping[str, TaskChoice] = field(default_factory=dict)
    recipe: RecipeEntry | None = None
    keys: bool = False
    shingles: int = 0
    trim: Trim | None = None
    turns: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def asked(self, task: str) -> Asked:
        """How a task is to be rendered: as is said for it, or else for all."""
        own = self.choices.get(task, TaskChoice())
        return Asked(own.templates or self.templates, self.seed, own.max_rows or self.max_rows)

    def splits_of(self, task: Task) -> Sequence[str]:
        """Which splits of a task are to be made; all when empty.

        Of those that are said for all, the ones that it has; what no task has is left in, and
        refused.
        """
        if said := self.choices.get(task.name, TaskChoice()).splits:
            return said
        known = {split for each in self.tasks for split in each.splits}
        own = [split for split in self.splits if split in task.splits or split not in known]
        return own or self.splits


@dataclass(frozen=True, eq=False)
class Plan:
    """What it takes to make a config of a task.

    Attributes:
        task: the declaration.
        resolved: its source.
        projection: what all its units share.
        units: by split, in order.
        again: by split, the same units by other templates: all of them once, then once more.
    """

    task: Task
    resolved: Resolved
    projection: Projection
    units: Mapping[str, Sequence[Unit]]
    again: Mapping[str, Sequence[Unit]] = field(default_factory=dict)

    @property
    def all_units(self) -> list[Unit]:
        """Those of every split, and these again."""
        found = (*self.units.values(), *self.again.values())
        return [unit for units in found for unit in units]


def plan(task: Task, request: Request) -> Plan:
    """The units of a task. Reads metadata only, and renders nothing.

    Raises:
        SourceError, SchemaError, UsageError: the request cannot be met.
        LockError: a mirror is not what the lock says.
    """
    source = request.sources.get(task.name)
    asked, splits = request.asked(task.name), request.splits_of(task)
    locked = None if source == SAMPLES else entry_of(request.lock, task)
    if source is None and locked is not None:
        resolved = resolve(task, splits=splits, revision=locked.commit)
        resolved = replace(resolved, locked=True)
    else:
        resolved = resolve(task, source, splits=splits, follow_links=request.follow_links)
        if source is not None and locked is not None:
            resolved = _as_locked(task, resolved, locked, allow_drift=request.allow_drift)
    projection = bind_projection(
        task,
        resolved.schema,
        resolved.label,
        templates=asked.templates,
        seed=asked.seed,
        keys=request.keys,
        shingles=request.shingles,
        trim=request.trim,
    )
    units = {
        split: _units(projection, split, runs, asked.max_rows)
        for split, runs in resolved.runs.items()
    }
    again = {
        split: [
            unit_of(projection, split, each.run, highest=each.highest, turn=turn)
            for turn in range(1, request.turns[task.name, split])
            for each in of_split
        ]
        for split, of_split in units.items()
        if (task.name, split) in request.turns
    }
    return Plan(task, resolved, projection, units, again)


def _as_locked(task: Task, mirror: Resolved, entry: LockEntry, *, allow_drift: bool) -> Resolved:
    """A mirror, shown to have the rows that are locked: by its files' bytes, or by reading it.

    Rows of a mirror with the same files, too, say that they are from the source itself.
    """
    itself = same_files(mirror, entry)
    drift = [
        f"{name}: the lock has the classes {', '.join(names)}, the mirror {', '.join(found)}"
        for name, names in entry.classes.items()
        if (found := _classes(task, mirror, name)) and found != names
    ]
    # what is read twice is read of the same bytes, since each file is held against its stamp
    read = {} if itself and is_wholly(task, mirror, entry) else digests(task, mirror)
    for split, got in read.items():
        expected = entry.splits.get(task.splits[split])
        if expected is None or not expected.is_same(got):
            has = f"{expected.rows:,} rows ({expected.content_digest})" if expected else "none"
            drift.append(
                f"{split}: the lock has {has}, the mirror {got.rows:,} ({got.content_digest})"
            )
    if drift and not allow_drift:
        raise LockError(
            f"task {task.name!r}: {mirror.place.label}: expected the rows of {entry.repo}@"
            f"{entry.commit}, got others: {'; '.join(drift)}; take another mirror, or say "
            f"--allow-drift"
        )
    label = f"{entry.repo}@{entry.commit}" if itself and not drift else mirror.label
    return replace(mirror, label=label, locked=not drift, drift=tuple(drift))


def _classes(task: Task, mirror: Resolved, column: str) -> tuple[str, ...]:
    """What the codes in a column stand for: as the mirror says, or by the task's order."""
    for slot in task.slots.values():
        if isinstance(slot, Slot) and slot.classes and slot.reads[0] == tuple(column.split(".")):
            return classes_in(mirror).get(column, slot.classes)
        if isinstance(slot, ChoiceSlot) and slot.choices.answer.path == tuple(column.split(".")):
            return classes_in(mirror).get(column, slot.choices.classes)
    return ()  # nobody reads it


def _units(
    projection: Projection, split: str, runs: Sequence[Run], max_rows: int | None
) -> list[Unit]:
    """A split's units; with ``max_rows``, those of its rows with the lowest hashes alone.

    A head of the split would be of one class only where the source is sorted by class.
    """
    if max_rows is None:
        return [unit_of(projection, split, run) for run in runs]
    if max_rows < 1:
        raise UsageError(f"--max-rows: expected at least 1, got {max_rows}")
    hashes = []
    for run in runs:
        row_numbers = run.first_row + np.arange(count_rows(run), dtype=np.int64)
        hashes.append(choice_hashes(projection, split, run, row_numbers))
    every = np.concatenate(hashes)
    if len(every) <= max_rows:
        return [unit_of(projection, split, run) for run in runs]
    highest = int(np.partition(every, max_rows - 1)[max_rows - 1])
    return [
        unit_of(projection, split, run, highest=highest)
        for run, each in zip(runs, hashes, strict=True)
        if (each <= np.uint64(highest)).any()
    ]
