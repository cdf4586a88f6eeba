"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from mixbuild.core import UsageError, did_you_mean, one_of
from mixbuild.declare import Task
from mixbuild.tasks import VARIABLE, gather


def _places(_: click.Context, __: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """``("squad=folder",)`` -> ``{"squad": "folder"}``."""
    places = {}
    for value in values:
        name, _equals, place = value.partition("=")
        if not place:
            raise click.BadParameter(f"expected TASK=FOLDER or TASK=ORG/NAME, got {value!r}")
        places[name] = place
    return places


def _gather(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[Task, ...]:
    return gather(values)


tasks_option = click.option(
    "--tasks",
    "catalog",
    multiple=True,
    callback=_gather,
    metavar="PATH",
    help=f"Also the tasks of your own in a file, a folder or a module. Repeatable; {VARIABLE} says "
    "the same for every command.",
)
"""Gives a command all the tasks that there are: the project's, then the user's own."""


source_option = click.option(
    "--source",
    "sources",
    multiple=True,
    callback=_places,
    metavar="TASK=PLACE",
    help="Read a task from a folder or another repo (org/name[@revision]). Repeatable.",
)


follow_links_option = click.option(
    "--follow-links",
    is_flag=True,
    help="Read what a mirror's links and card lead to outside of its folder, too.",
)


def _default_lock() -> Path:
    from mixbuild.sources import lock  # `list` needs nothing of what reads sources

    return lock.default_path()


lock_option = click.option(
    "--lock",
    "lock_path",
    type=click.Path(path_type=Path),
    default=_default_lock,
    help="The lock file.  [default: the project's]",
)


def _identifiers(_: click.Context, __: click.Parameter, values: Sequence[str]) -> list[str]:
    """``("mit,other", "cc0-1.0")`` -> ``["mit", "other", "cc0-1.0"]``."""
    identifiers = [each.strip() for value in values for each in value.split(",") if each.strip()]
    if values and not identifiers:  # none at all would allow them all
        raise click.BadParameter("expected identifiers like mit,cc-by-4.0, got none")
    return identifiers


language_option = click.option(
    "--language", metavar="CODE", help="Only templates in this language, as 'de'."
)


licences_option = click.option(
    "--allow-licences",
    multiple=True,
    callback=_identifiers,
    metavar="ID,...",
    help="make: only these licences. push: also these, although they are held back.",
)


def in_language(tasks: Sequence[Task], language: str | None) -> list[Task]:
    """The tasks that have templates in the language; all without one.

    Raises:
        UsageError: none has.
    """
    there = [
        task
        for task in tasks
        if language is None or language in (each.language for each in task.templates)
    ]
    if not there:
        known = dict.fromkeys(each.language for task in tasks for each in task.templates)
        raise UsageError(one_of("language", str(language), known))
    return there


def refuse_strangers(sources: Mapping[str, str], tasks: Sequence[str]) -> None:
    """Refuse mirrors of tasks that are not asked for."""
    for name, place in sources.items():
        if name not in tasks:
            hint = did_you_mean(name, tasks)
            raise UsageError(
                f"--source {name}={place}: {name} is not among the tasks asked for{hint}"
            )
