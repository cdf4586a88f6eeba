"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from mixbuild.core import UsageError, did_you_mean
from mixbuild.core import executor as engine
from mixbuild.declare import DROP, Task
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
    help="A file, a folder or a module that declares tasks of your own. Repeatable; the variable "
    f"{VARIABLE} says the same for every command.",
)
"""Gives a command all the tasks that there are: the project's, then the user's own."""


source_option = click.option(
    "--source",
    "sources",
    multiple=True,
    callback=_places,
    metavar="TASK=PLACE",
    help="Read TASK from PLACE instead: a folder, or another repo (org/name[@revision]). "
    "Repeatable.",
)


follow_links_option = click.option(
    "--follow-links",
    is_flag=True,
    help="Also read files outside of a source's folder that its links or its card lead to.",
)


def _default_lock() -> Path:
    from mixbuild.sources import lock  # `list` needs nothing of what reads sources

    return lock.default_path()


lock_option = click.option(
    "--lock",
    "lock_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    default=_default_lock,
    help="The file that pins the sources.  [default: the project's]",
)


out_option = click.option(
    "--out",
    "folder",
    default=Path("out"),
    show_default=True,
    type=click.Path(path_type=Path),
    help="The folder of the build.",
)


seed_option = click.option(
    "--seed",
    metavar="N",
    type=int,
    default=0,
    show_default=True,
    help="Seed for every hash-based choice.",
)


splits_option = click.option(
    "--split",
    "splits",
    metavar="NAME",
    multiple=True,
    help="Only this split, of the tasks that have it. Repeatable.",
)


marker_option = click.option(
    "--marker",
    metavar="drop|keep",
    default=DROP,
    show_default=True,
    help="In chats: drop takes [OUTPUT]: out of the texts, keep leaves it.",
)

system_option = click.option(
    "--system", metavar="TEXT", help="In chats: a system message for each to begin with."
)

num_proc_option = click.option(
    "--num-proc",
    metavar="N",
    type=click.IntRange(1),
    help="Worker processes, of one core each.  [default: this process alone, with threads; for a "
    "large build, as many as it has cores]",
)


def identifiers(_: click.Context, __: click.Parameter, values: Sequence[str]) -> list[str]:
    """``("mit,other", "cc0-1.0")`` -> ``["mit", "other", "cc0-1.0"]``."""
    identifiers = [each.strip() for value in values for each in value.split(",") if each.strip()]
    if values and not identifiers:  # none at all would allow them all
        raise click.BadParameter("expected identifiers like mit,cc-by-4.0, got none")
    return identifiers


language_option = click.option(
    "--language", metavar="CODE", help="Only templates in this language, such as 'de'."
)


licences_option = click.option(
    "--licences",
    multiple=True,
    callback=identifiers,
    metavar="KIND|ID,...",
    help="Only tasks under these licences: permissive, attribution, share-alike, non-commercial, "
    "no-derivatives, unknown, or identifiers such as cc-by-4.0.",
)


def refuse_strangers(sources: Mapping[str, str], tasks: Sequence[str]) -> None:
    """Refuse mirrors of tasks that are not asked for."""
    for name, place in sources.items():
        if name not in tasks:
            hint = did_you_mean(name, tasks)
            raise UsageError(
                f"--source {name}={place}: {name} is not among the tasks asked for{hint}"
            )


engine_option = click.option(
    "--engine",
    "engine_name",
    metavar="processes|dask",
    default=engine.PROCESSES,
    show_default=True,
    help="What runs the work: processes on this machine, or a Dask cluster.",
)

scheduler_option = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="A running Dask scheduler; its workers must see the same --out folder.",
)
