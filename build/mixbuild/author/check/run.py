"""Check what tasks declare and what they render: the faults that no type and no golden shows.

``check`` reads some rows of each task's source, renders them with every
template, and holds declarations and rows to ``RULES``. A rule that does not
hold for a task is waived in its declaration, with the reason: ``Task.waivers``.
A waiver of what would not be broken is itself a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from mixbuild.author.check.declarations import check_columns, check_declaration, check_names
from mixbuild.author.check.lists import check_lists, check_overlap
from mixbuild.author.check.options import check_options
from mixbuild.author.check.rendered import check_sheet, check_texts
from mixbuild.author.check.rules import (
    ENOUGH_ROWS,
    ERROR,
    OF_ROWS,
    OF_THE_CATALOG,
    RULES,
    SOME_ROWS,
    UNJUDGED,
    WARNING,
    Finding,
)
from mixbuild.author.check.samples import check_samples
from mixbuild.author.check.sheets import Records, read_records, render_sheets
from mixbuild.author.check.targets import check_targets
from mixbuild.core import (
    Report,
    RowError,
    SchemaError,
    SourceError,
    UsageError,
    did_you_mean,
    one_line,
    one_of,
    silent,
)
from mixbuild.declare import EVERY, Task
from mixbuild.make import Request
from mixbuild.sources import SAMPLES, Lock, explore, resolve


@dataclass(frozen=True)
class Checked:
    """What was found.

    Attributes:
        tasks: how many were checked.
        source_rows: how many rows were read.
        rendered_rows: how many they were rendered to, by all templates.
        findings: the rules that are broken and not waived.
        waived: those that are, each with the reason.
        unjudged: rule -> the tasks of which there were too few rows to say anything.
    """

    tasks: int
    source_rows: int
    rendered_rows: int
    findings: tuple[Finding, ...]
    waived: tuple[tuple[Finding, str], ...]
    unjudged: Mapping[str, tuple[str, ...]]


def check(
    tasks: Sequence[Task],
    sources: Mapping[str, str] | None = None,
    *,
    rows: int | None = None,
    seed: int = 0,
    splits: Sequence[str] = (),
    lock: Lock | None = None,
    follow_links: bool = False,
    own: Collection[str] = (),
    report: Report = silent,
) -> Checked:
    """Hold tasks to every rule.

    Args:
        tasks: to be checked, together and each alone.
        sources: task name -> ``SAMPLES``, or a mirror; the Hub for the others.
        rows: at most so many source rows per split, chosen by hash; all without it.
        seed: of every choice by hash.
        splits: those to read, of the tasks that have one of them; all when empty.
        lock: at which commit sources on the Hub are read.
        follow_links: as of ``make``.
        own: the tasks that are nobody's but their user's: what is asked of the project's catalog
            alone is no more than a warning there.
        report: is told how far it is, before each task.

    Raises:
        SourceError, LockError, UsageError: a source cannot be read.
    """
    known = [split for task in tasks for split in task.splits]
    for split in splits:
        if split not in known:
            raise UsageError(one_of("split", split, dict.fromkeys(known)))
    sources = sources or {}
    tasks = [task for task in tasks if not splits or not task.splits.keys().isdisjoint(splits)]
    findings = list(check_names(tasks))
    rendered_rows, source_rows = 0, {}
    for done, task in enumerate(tasks):
        report(done, len(tasks), running=task.name)
        source = sources.get(task.name)
        request = Request(
            [task],
            Path(),  # nothing is written
            {} if source is None else {task.name: source},
            templates=EVERY,
            seed=seed,
            splits=[split for split in splits if split in task.splits],
            lock=(lock or {}) if source is None else {},
            follow_links=follow_links,
        )
        found, read, rendered = _check_task(task, request, rows)
        findings += found
        source_rows[task.name] = read
        rendered_rows += rendered
    findings = [
        replace(each, severity=WARNING)
        if each.task in own and each.rule in OF_THE_CATALOG and each.severity == ERROR
        else each
        for each in findings
    ]
    kept, waived = _waive(tasks, [each for each in findings if each.severity != UNJUDGED])
    unjudged = {(each.rule, each.task) for each in findings if each.severity == UNJUDGED}
    for task in tasks:
        real = None if sources.get(task.name) == SAMPLES else source_rows[task.name]
        kept += _idle_waivers(task, waived, unjudged, rows=real)
    order = {task.name: place for place, task in enumerate(tasks)}
    return Checked(
        len(tasks),
        sum(source_rows.values()),
        rendered_rows,
        tuple(sorted(kept, key=lambda each: (each.severity, order[each.task]))),
        tuple(waived),
        {
            rule: tuple(name for name in order if (rule, name) in unjudged)
            for rule in RULES
            if any(rule == each for each, _ in unjudged)
        },
    )


def _check_task(task: Task, request: Request, rows: int | None) -> tuple[list[Finding], int, int]:
    """What is found, how many rows were read, and how many they were rendered to."""
    source = request.sources.get(task.name)
    findings = list(check_declaration(task))
    try:
        records, missing = _read_what_is_there(task, request, rows)
        findings += missing
        sheets = list(render_sheets(task, records, seed=request.seed))
    except SchemaError as error:
        return [*findings, *(_misspelt(task, request) or [_unrenderable(task, error)])], 0, 0
    except (RowError, pa.ArrowException) as error:
        return [*findings, _unrenderable(task, error)], 0, 0
    samples = source == SAMPLES
    if samples and rows is None:
        findings += check_samples(task, records)
    read = sum(len(each.numbers) for each in records)
    for sheet in sheets:
        findings += check_sheet(sheet, enough=samples or read >= SOME_ROWS)
        findings += check_targets(sheet)
    findings += check_options(task, sheets)
    findings += check_lists(task, records)
    findings += check_overlap(task, sheets[0], samples=samples)
    findings += check_texts(task, sheets, records, samples=samples)
    return findings, read, sum(sheet.rows.num_rows for sheet in sheets)


def _read_what_is_there(
    task: Task, request: Request, rows: int | None
) -> tuple[list[Records], list[Finding]]:
    """The rows of every split that the source has, and a finding for each that it lacks."""
    try:
        return read_records(task, request, rows=rows), []
    except SourceError:
        there = _splits_there(task, request)
        if request.splits or not there or len(there) == len(task.splits):
            raise
    lacking = [split for split in task.splits if split not in there]
    message = "the source has no {!r}, of which nothing can be said"
    return read_records(task, replace(request, splits=there), rows=rows), [
        Finding(task.name, "missing-split", WARNING, message.format(task.splits[split]))
        for split in lacking
    ]


def _splits_there(task: Task, request: Request) -> list[str]:
    source = request.sources.get(task.name)
    found = explore(task.source, source, name=task.name, follow_links=request.follow_links)
    return [split for split, theirs in task.splits.items() if theirs in found.runs]


def _misspelt(task: Task, request: Request) -> list[Finding]:
    """Of columns that do not fit, those that are not there; none where the files disagree."""
    source, splits = request.sources.get(task.name), _splits_there(task, request)
    try:
        found = resolve(task, source, splits=splits, follow_links=request.follow_links)
    except SchemaError:
        return []
    return list(check_columns(task, found.schema))


def _unrenderable(task: Task, error: Exception) -> Finding:
    return Finding(task.name, "unrenderable", ERROR, one_line(error))


def _waive(
    tasks: Sequence[Task], findings: Sequence[Finding]
) -> tuple[list[Finding], list[tuple[Finding, str]]]:
    """What is left of the findings, and what is waived, with the reasons."""
    reasons = {(task.name, rule): why for task in tasks for rule, why in task.waivers.items()}
    kept, waived = [], []
    for each in findings:
        if (reason := reasons.get((each.task, each.rule), "")).strip():
            waived.append((each, reason))
        else:
            kept.append(each)
    return kept, waived


def _idle_waivers(
    task: Task,
    waived: Sequence[tuple[Finding, str]],
    unjudged: set[tuple[str, str]],
    *,
    rows: int | None,
) -> Iterator[Finding]:
    """Waivers without an object, or without a reason.

    Samples are to show what is waived; of a source, ``rows`` were read, and others may show it.
    """
    used = {each.rule for each, _ in waived if each.task == task.name}
    for rule, reason in task.waivers.items():
        if rule not in RULES:
            hint = did_you_mean(rule, RULES)
            yield Finding(task.name, "waiver", ERROR, f"there is no rule {rule!r} to waive{hint}")
        elif not reason.strip():
            yield Finding(task.name, "waiver", ERROR, f"{rule!r} is waived without a reason")
        elif rule in used or (rule, task.name) in unjudged:
            continue
        elif rows is None or rule not in OF_ROWS:
            yield Finding(task.name, "waiver", ERROR, f"{rule!r} is waived, and is not broken")
        elif rows >= ENOUGH_ROWS:
            message = f"{rule!r} is waived, and is not broken by the {rows:,} rows that were read"
            yield Finding(task.name, "waiver", WARNING, message)
