"""What is to be made: a request, and the units that it comes to. Renders nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mixbuild.core import UsageError
from mixbuild.declare import SEED, Task, TaskChoice
from mixbuild.make.claim import Claim, claim_of
from mixbuild.make.made_of import Asked, RecipeEntry
from mixbuild.make.trim import Trim
from mixbuild.make.unit import Projection, Unit, bind_projection, unit_of
from mixbuild.sources import (
    SAMPLES,
    Lock,
    Resolved,
    entry_of,
    resolve,
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
        max_rows: at most so many source rows per split: all are rendered, and room ``curate`` takes
            the others out.
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
        claim: what the reading is to show of a mirror, or has shown; None where nothing is.
    """

    task: Task
    resolved: Resolved
    projection: Projection
    units: Mapping[str, Sequence[Unit]]
    again: Mapping[str, Sequence[Unit]] = field(default_factory=dict)
    claim: Claim | None = None

    @property
    def all_units(self) -> list[Unit]:
        """Those of every split, and these again."""
        found = (*self.units.values(), *self.again.values())
        return [unit for units in found for unit in units]


def plan(task: Task, request: Request) -> Plan:
    """The units of a task. Reads metadata only, and renders nothing.

    What a mirror's rows are is not known then: where a lock says what they must be, the plan has a
    claim, which is judged once they have been read.

    Raises:
        SourceError, SchemaError, UsageError: the request cannot be met.
        LockError: the lock has another source for the task.
    """
    source = request.sources.get(task.name)
    splits = request.splits_of(task)
    claim = None
    locked = None if source == SAMPLES else entry_of(request.lock, task)
    if source is None and locked is not None:
        resolved = resolve(task, splits=splits, revision=locked.commit)
        resolved = replace(resolved, locked=True)
    else:
        resolved = resolve(task, source, splits=splits, follow_links=request.follow_links)
        if source is not None and locked is not None:
            resolved, claim = claim_of(task, resolved, locked)
    return _planned(task, request, resolved, claim)


def judged(planned: Plan, drift: Sequence[str], request: Request) -> Plan:
    """A plan whose claim is judged: in these lines its mirror's rows differ, or in none.

    Rows that are not the lock's do not say that they are: then it is the plan to make them again.

    Raises:
        LockError: they differ, and may not.
    """
    claim, resolved = planned.claim, planned.resolved
    if claim is None:
        return planned
    if drift and not request.allow_drift:
        raise claim.refusal(drift)
    resolved = replace(resolved, locked=not drift, drift=tuple(drift))
    if drift and resolved.label != claim.label:
        return _planned(planned.task, request, replace(resolved, label=claim.label), claim)
    return replace(planned, resolved=resolved)


def _planned(task: Task, request: Request, resolved: Resolved, claim: Claim | None) -> Plan:
    asked = request.asked(task.name)
    if asked.max_rows is not None and asked.max_rows < 1:
        raise UsageError(f"--max-rows: expected at least 1, got {asked.max_rows}")
    projection = bind_projection(
        task,
        resolved.schema,
        resolved.label,
        templates=asked.templates,
        seed=asked.seed,
        keys=request.keys,
        shingles=request.shingles,
        trim=request.trim,
        claim=claim,
    )
    units = {
        split: [unit_of(projection, split, run) for run in runs]
        for split, runs in resolved.runs.items()
    }
    again = {
        split: [
            unit_of(projection, split, each.run, turn=turn)
            for turn in range(1, request.turns[task.name, split])
            for each in of_split
        ]
        for split, of_split in units.items()
        if (task.name, split) in request.turns
    }
    return Plan(task, resolved, projection, units, again, claim)
