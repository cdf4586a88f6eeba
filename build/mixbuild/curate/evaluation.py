"""Evaluation sets, as items to be looked for: a task's split, or a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mixbuild.core import SourceError, UsageError, one_line, one_of
from mixbuild.curate.contamination import Item
from mixbuild.declare import SEED, Task
from mixbuild.make import Request, plan, source_rows
from mixbuild.render import Origin, fillings

ANSWERS = ("answer", "completion", "output", "response", "solution", "target")
"""What a field with the answer may be called in a file; all other texts are the question."""


def items_of(against: Sequence[str], request: Request, *, catalog: Sequence[Task]) -> list[Item]:
    """All items of some evaluation sets.

    Args:
        against: each ``TASK/SPLIT``, or a file of JSON lines.
        request: how sources are read: mirrors, the lock.
        catalog: the tasks that there are.

    Raises:
        UsageError: there is no such task, split or file.
        SourceError: an evaluation set cannot be read.
    """
    tasks = {task.name: task for task in catalog}
    found: list[Item] = []
    for place in against:
        name, _, split = place.partition("/")
        if name in tasks and split:
            found += _of_task(tasks[name], split, request)
        elif Path(place).is_file():
            found += _of_file(Path(place))
        elif split and "." not in place:
            raise UsageError(f"against {place}: {one_of('task', name, sorted(tasks))}")
        else:
            raise UsageError(
                f"against {place}: expected TASK/SPLIT or a file of JSON lines, got no such file"
            )
    return found


def _of_task(task: Task, split: str, request: Request) -> Iterator[Item]:
    """The texts that fill the task's first template, before anything is left out."""
    if split not in task.splits:
        raise UsageError(f"against {task.name}/{split}: {one_of('split', split, task.splits)}")
    asked = replace(
        request, tasks=[task], templates=SEED, splits=[split], max_rows=None, choices={}
    )
    planned = plan(task, asked)
    binding = planned.projection.binding
    answers = binding.templates[0].outputs
    asks = [name for name in binding.templates[0].placeholders if name not in answers]
    number = 0
    for unit in planned.units[split]:
        origin = Origin(planned.projection.source, split, unit.run.file)
        for rows, batch in source_rows(unit, planned.projection):
            for texts in fillings(binding, batch, rows, origin).to_pylist():
                question = " ".join(texts[name] or "" for name in asks)
                answer = " ".join(texts[name] or "" for name in answers)
                yield Item(f"{task.name}/{split}:{number}", question, answer)
                number += 1


def _of_file(path: Path) -> Iterator[Item]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # U+2028 ends no line of JSON
    except (OSError, ValueError) as error:
        raise SourceError(f"against {path}: cannot be read ({one_line(error)})") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise SourceError(
                f"against {path}: line {number}: expected JSON, got something else "
                f"({one_line(error)})"
            ) from None
        if not isinstance(record, dict):
            raise SourceError(
                f"against {path}: line {number}: expected an object, got {line.strip()[:60]}"
            )
        texts = {name: each for name, each in record.items() if isinstance(each, str)}
        answer = " ".join(each for name, each in texts.items() if name in ANSWERS)
        question = " ".join(each for name, each in texts.items() if name not in ANSWERS)
        yield Item(f"{path}:{number}", question, answer)
