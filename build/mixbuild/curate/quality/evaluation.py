"""Evaluation sets, as items to be looked for: a task's split, a file, or a split on the Hub."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mixbuild.core import SourceDigest, SourceError, UsageError, one_line, one_of
from mixbuild.curate.quality.contamination import Item
from mixbuild.declare import SEED, Source, Task, trains
from mixbuild.make import Request, judged, plan, source_rows
from mixbuild.render import Origin, fillings
from mixbuild.sources import explore, read

ANSWERS = ("answer", "completion", "output", "response", "solution", "target")
"""What a field with the answer, or its plural, may be called in a file; all other texts are the
question."""

SPEAKERS, ANSWERING = ("role", "from"), ("assistant", "gpt", "model")
"""In a chat, the field that says whose a message is, and who answers."""

BENCHMARKS = "benchmarks"
"""In the place of a name: every benchmark that a task knows."""

A_FILE, NOTHING = "a file", "no such file"

ON_HUB = re.compile(
    r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?:((?P<config>[\w.-]+)/)?(?P<split>\w+)"
)


def items_of(against: Sequence[str], request: Request, *, catalog: Sequence[Task]) -> list[Item]:
    """All items of some evaluation sets.

    Args:
        against: each ``TASK/SPLIT``, the name of a benchmark that a task knows, ``benchmarks`` for
            all of them, a file of JSON lines, or ``ORG/NAME[@REVISION]:SPLIT`` on the
            Hub, where several configs are there ``ORG/NAME[@REVISION]:CONFIG/SPLIT``.
        request: how sources are read: mirrors, the lock.
        catalog: the tasks that there are.

    Raises:
        UsageError: there is no such task, split or file.
        SourceError: an evaluation set cannot be read.
    """
    tasks = {task.name: task for task in catalog}
    found: list[Item] = []
    for place in _named(against, catalog):
        before = len(found)
        name, _, split = place.partition("/")
        if name in tasks and split:
            found += _of_task(tasks[name], split, request)
        elif (what := _what_is(Path(place))) == A_FILE:
            found += _of_file(Path(place))
        elif on_hub := ON_HUB.fullmatch(place):
            found += _of_repo(place, **on_hub.groupdict())
        elif what == NOTHING and split and "." not in place:
            raise UsageError(f"against {place}: {one_of('task', name, sorted(tasks))}")
        else:
            raise UsageError(
                f"against {place}: expected TASK/SPLIT, a benchmark of list TASK, a file of JSON "
                f"lines or ORG/NAME:SPLIT, got {what}"
            )
        if len(found) == before:
            raise SourceError(f"against {place}: expected items to look for, got none")
    return found


def benchmarks_in_train(request: Request, *, catalog: Sequence[Task]) -> Iterator[str]:
    """A line for each benchmark that a task is to train on, by another task's word or its own.

    A benchmark is never a split to train on of the task that declares it; but a task of one's own
    may read the same split of the same source as its ``train``, under whatever name.

    Args:
        request: the tasks, and which of their splits are made.
        catalog: all tasks that may know of benchmarks, beside those.
    """
    every = {task.name: task for task in (*catalog, *request.tasks)}.values()
    known = [
        (task.source, task.splits[split], benchmark)
        for task in every
        for benchmark, split in task.benchmarks.items()
    ]
    for task in request.tasks:
        for split in filter(trains, request.splits_of(task) or task.splits):
            for source, of_source, benchmark in known:
                if task.splits.get(split) == of_source and _same_rows(task.source, source):
                    yield (
                        f"task {task.name!r}: {split} reads {of_source} of {source.repo}, which "
                        f"evaluators ask as {benchmark}: not to be trained on"
                    )


def _same_rows(one: Source, other: Source) -> bool:
    """Whether two sources are one, as far as they say: none is the only config, or the default."""
    configs = {one.config, other.config} - {None}
    return one.repo.lower() == other.repo.lower() and len(configs) < 2


def _what_is(path: Path) -> str:
    """What is there, as an error calls it; nothing where that cannot be told."""
    try:
        return A_FILE if path.is_file() else "a folder" if path.is_dir() else NOTHING
    except OSError:  # a name that is too long, a folder that may not be read
        return NOTHING


def _named(against: Sequence[str], catalog: Sequence[Task]) -> Iterator[str]:
    """The same with ``TASK/SPLIT`` for each benchmark that a task knows, each of them once."""
    known = {
        benchmark: f"{task.name}/{split}"
        for task in catalog
        for benchmark, split in task.benchmarks.items()
    }
    every = [
        place
        for each in against
        for place in (known.values() if each == BENCHMARKS else (known.get(each, each),))
    ]
    yield from dict.fromkeys(every)


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
    digest = SourceDigest()
    for unit in planned.units[split]:
        origin = Origin(planned.projection.source, split, unit.run.file)
        for rows, batch in source_rows(unit, planned.projection, digest=digest):
            for texts in fillings(binding, batch, rows, origin).to_pylist():
                question = " ".join(texts[name] or "" for name in asks)
                answer = " ".join(texts[name] or "" for name in answers)
                yield Item(f"{task.name}/{split}:{number}", question, answer)
                number += 1
    if planned.claim is not None:
        judged(planned, planned.claim.drift({split: digest}), asked)


def _of_file(path: Path) -> Iterator[Item]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # U+2028 ends no line of JSON
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
        yield _item(f"{path}:{number}", record)


def _of_repo(
    place: str, *, repo: str, revision: str | None, config: str | None, split: str
) -> Iterator[Item]:
    source = Source(repo, config=config, revision=revision or "main")
    resolved = explore(source, name=place)
    if split not in resolved.runs:
        raise UsageError(f"against {place}: {one_of('split', split, resolved.runs)}")
    columns = [(name,) for name in resolved.schema.names]
    number = 0
    for run in resolved.runs[split]:
        for _, batch in read(run, columns, schema=resolved.schema):
            for record in batch.to_pylist():
                yield _item(f"{place}:{number}", record)
                number += 1


def _item(id_: str, record: Mapping[str, object]) -> Item:
    """A record as an item: all texts in it, however deep."""
    said = list(_said(record, is_answer=False))
    question, answer = (
        " ".join(text for of_answer, text in said if of_answer == wanted)
        for wanted in (False, True)
    )
    return Item(id_, question, answer)


def _said(value: object, *, is_answer: bool) -> Iterator[tuple[bool, str]]:
    """Each text of a value, and whether it is of the answer."""
    if isinstance(value, str):
        yield is_answer, value
    elif isinstance(value, list):
        for each in value:
            yield from _said(each, is_answer=is_answer)
    elif isinstance(value, dict):
        speaker = next((value[name] for name in SPEAKERS if name in value), None)
        for name, each in value.items():
            if name not in SPEAKERS:
                answers = name.lower().removesuffix("s") in ANSWERS or speaker in ANSWERING
                yield from _said(each, is_answer=is_answer or answers)
