"""What ``check`` found, as text for people and as data for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from mixbuild.author.check.rules import ERROR, WARNING, Finding
from mixbuild.author.check.run import Checked
from mixbuild.core import count_of


def as_text(checked: Checked) -> str:
    """A table with a line for each finding, and a summary in one line."""
    table = [
        (
            first.severity,
            first.rule,
            first.task,
            _templates(first, len(others)),
            first.row,
            first.message,
        )
        for first, *others in _alike(checked.findings)
    ]
    lines = list(_aligned([("", "rule", "task", "template", "row", "finding"), *table]))
    return "\n".join([*lines, "", summary(checked)] if table else [summary(checked)])


def as_data(checked: Checked) -> dict[str, object]:
    """The same, to be written as JSON."""
    return {
        "tasks": checked.tasks,
        "source_rows": checked.source_rows,
        "rendered_rows": checked.rendered_rows,
        "findings": [asdict(each) for each in checked.findings],
        "waived": [{**asdict(each), "reason": reason} for each, reason in checked.waived],
        "unjudged": {rule: list(tasks) for rule, tasks in checked.unjudged.items()},
    }


def summary(checked: Checked) -> str:
    """How much was looked at, what was found, and what could not be judged."""
    counts = [
        count_of(sum(each.severity == severity for each in checked.findings), severity)
        for severity in (ERROR, WARNING)
    ]
    line = (
        f"{count_of(checked.tasks, 'task')}, {count_of(checked.source_rows, 'source row')}, "
        f"{count_of(checked.rendered_rows, 'rendered row')}: {', '.join(counts)}, "
        f"{len(checked.waived):,} waived"
    )
    unjudged = ", ".join(
        f"{rule} ({count_of(len(tasks), 'task')})" for rule, tasks in checked.unjudged.items()
    )
    return f"{line}; too few rows, or samples, to judge {unjudged}" if unjudged else line


def _alike(findings: Sequence[Finding]) -> Iterator[list[Finding]]:
    """What several templates of a task have in common, since it is the row's doing."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for each in findings:
        key = (each.severity, each.task, each.rule, each.row or each.message)
        groups.setdefault(key, []).append(each)
    yield from groups.values()


def _templates(first: Finding, others: int) -> str:
    return f"{first.template} and {others} more" if others else first.template


def _aligned(table: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Lines with each column as wide as its widest cell; the last as it comes."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:-1]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*cells, row[-1]]).rstrip()


def errors(findings: Sequence[Finding]) -> dict[str, int]:
    """How many errors each task has, of those that have any."""
    found: dict[str, int] = {}
    for each in findings:
        if each.severity == ERROR:
            found[each.task] = found.get(each.task, 0) + 1
    return found
