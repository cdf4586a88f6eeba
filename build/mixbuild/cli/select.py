"""Which tasks a command works on: those that are named, or all; without those that do not fit.

One task alone that does not fit is an error; of several, those that do not fit are skipped, with a
notice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from mixbuild.cli.terminal.console import notice
from mixbuild.core import UsageError, one_of
from mixbuild.declare import EVERY, FAMILIES, SAMPLE, SEED, Task, chosen_licences, licence
from mixbuild.tasks import find


def select(
    catalog: Sequence[Task],
    names: Sequence[str] = (),
    *,
    family: str | None = None,
    licences: Sequence[str] = (),
    language: str | None = None,
    splits: Sequence[str] = (),
    templates: str = SEED,
    quiet: bool = False,
) -> list[Task]:
    """The tasks of these names, or all, that fit; a notice for those that are skipped.

    Args:
        catalog: all the tasks that there are.
        names: of tasks; all when empty.
        family: one of ``FAMILIES``.
        licences: kinds of licences, or identifiers; any when empty.
        language: that a template is in.
        splits: of which a task has one at least; any when empty.
        templates: a template's name that a task has, ``sample`` or ``all``.
        quiet: skip without a notice.

    Raises:
        UsageError: there is no such task, family, licence, language, split or template, or no
            task is left.
    """
    tasks = [find(name, catalog) for name in dict.fromkeys(names)] or list(catalog)
    say = (lambda _: None) if quiet else notice
    if family:
        if family not in FAMILIES:
            raise UsageError(one_of("family", family, FAMILIES))
        tasks = _kept(tasks, lambda task: task.family == family, f"no task is of {family!r}")
    if licences:
        chosen = chosen_licences(licences, {task.source.license for task in catalog})
        asked = ",".join(licences)
        kept = _kept(
            tasks,
            lambda task: task.source.license in chosen,
            f"--licences {asked}: none of the tasks asked for is under them",
        )
        _say_skipped(tasks, kept, f"--licences {asked}", _licences, say=say)
        tasks = kept
    if language:
        known = _known(tasks, lambda task: [each.language for each in task.templates])
        tasks = _fitting(tasks, [language], known, "language", "--language", say=say)
    if splits:
        tasks = _fitting(
            tasks, splits, _known(tasks, lambda task: task.splits), "split", "--split", say=say
        )
    if templates not in (SEED, SAMPLE, EVERY):
        known = _known(tasks, lambda task: [each.name for each in task.templates])
        tasks = _fitting(tasks, [templates], known, "template", "--templates", say=say)
    return tasks


def _known(tasks: Sequence[Task], of: Callable[[Task], Iterable[str]]) -> dict[str, list[str]]:
    return {task.name: list(of(task)) for task in tasks}


def _kept(tasks: Sequence[Task], fits: Callable[[Task], bool], otherwise: str) -> list[Task]:
    kept = [task for task in tasks if fits(task)]
    if not kept:
        raise UsageError(otherwise)
    return kept


def _fitting(
    tasks: Sequence[Task],
    wanted: Sequence[str],
    known: dict[str, list[str]],
    what: str,
    option: str,
    *,
    say: Callable[[str], None],
) -> list[Task]:
    """The tasks that have any of what is wanted; all of it is known to some task."""
    every = list(dict.fromkeys(each for some in known.values() for each in some))
    where = f"task {tasks[0].name!r}: " if len(tasks) == 1 else ""
    for each in wanted:
        if each not in every:
            raise UsageError(where + one_of(what, each, every))
    kept = [task for task in tasks if not set(wanted).isdisjoint(known[task.name])]
    _say_skipped(tasks, kept, f"{option} {','.join(wanted)}", ", ".join, say=say)
    return kept


def _say_skipped(
    tasks: Sequence[Task],
    kept: Sequence[Task],
    option: str,
    told: Callable[[dict[str, Task]], str],
    *,
    say: Callable[[str], None],
) -> None:
    left = {task.name: task for task in tasks if task not in kept}
    if left:
        count = f"{len(left)} of {len(tasks)} tasks"
        say(f"{option}: {count} left out: {told(left)}")


def _licences(left: dict[str, Task]) -> str:
    """``a, b (mit: permissive); c (unknown)``."""
    under: dict[str, list[str]] = {}
    for name, task in left.items():
        under.setdefault(task.source.license, []).append(name)
    kinds = {each: licence(each).kind for each in under}
    told = {each: each if kind == each else f"{each}: {kind}" for each, kind in kinds.items()}
    return "; ".join(f"{', '.join(names)} ({told[each]})" for each, names in under.items())
