"""The commands: read the arguments, call the pipeline, print. Decides nothing.

Exit status: 0 done, 1 a failure that is explained in one line, 2 wrong usage.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import click

from mixbuild import __version__, engine, terminal
from mixbuild.errors import MixError, UsageError, one_line
from mixbuild.make import make
from mixbuild.plan import Request, preview
from mixbuild.sources import SAMPLES
from mixbuild.task import EVERY, SEED
from mixbuild.tasks import ALL, find


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit; no traceback is ever shown for what can be explained."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: tidy up, then go
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    # the libraries' own messages would stand beside our one line; both are read at their import
    os.environ.setdefault("DATASETS_VERBOSITY", "critical")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    try:
        # click returns the status of --help and the like, and what a command returns: nothing
        return commands.main(arguments, prog_name="instruct-mix", standalone_mode=False) or 0
    except click.ClickException as error:
        terminal.complain(error.format_message())
        return 2
    except MixError as error:
        terminal.complain(one_line(error))
        return 2 if isinstance(error, UsageError) else 1
    except (KeyboardInterrupt, click.Abort):
        terminal.complain("interrupted; finished units are kept, run the same command to go on")
        return 1


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="instruct-mix")
@click.pass_context
def commands(context: click.Context) -> None:
    """Stream source datasets through instruction templates into Arrow shards."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _places(_: click.Context, __: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """``("squad=folder",)`` -> ``{"squad": "folder"}``."""
    places = {}
    for value in values:
        name, _equals, place = value.partition("=")
        if not place:
            raise click.BadParameter(f"expected TASK=FOLDER or TASK=ORG/NAME, got {value!r}")
        places[find(name).name] = place
    return places


source_option = click.option(
    "--source",
    "sources",
    multiple=True,
    callback=_places,
    metavar="TASK=PLACE",
    help="Read a task from a folder or another repo (org/name[@revision]). Repeatable.",
)


def _refuse_others(sources: Mapping[str, str], tasks: Sequence[str]) -> None:
    for name, place in sources.items():
        if name not in tasks:
            raise UsageError(f"--source {name}={place}: {name} is not among the tasks asked for")


@commands.command("list")
def list_tasks() -> None:
    """The tasks: family, source, licence, templates."""
    terminal.print_tasks(ALL)


@commands.command("show")
@click.argument("task_name", metavar="TASK")
@click.option("--template", default=EVERY, help="One template's name.  [default: all]")
@click.option("--rows", default=1, show_default=True, type=click.IntRange(1), help="Source rows.")
@click.option("--split", help="The split to show.  [default: the task's first]")
@source_option
def show(
    task_name: str, template: str, rows: int, split: str | None, sources: dict[str, str]
) -> None:
    """A raw record of TASK, then the rows it is rendered to. Reads the samples unless told."""
    task = find(task_name)
    _refuse_others(sources, [task.name])
    source = sources.get(task.name, SAMPLES)
    for raw, rendered, drops in preview(task, source, templates=template, split=split, rows=rows):
        terminal.print_record(task, raw)
        for row in rendered.to_pylist():
            terminal.print_row(row)
        terminal.print_drops(drops)


@commands.command("make")
@click.argument("task_names", nargs=-1, metavar="[TASK]...")
@click.option(
    "--out",
    "folder",
    required=True,
    type=click.Path(path_type=Path),
    help="The output folder.",
)
@click.option("--samples", is_flag=True, help="Read the rows that come with the package.")
@source_option
@click.option(
    "--templates",
    default=SEED,
    show_default=True,
    help="A template's name; 'sample': one per row, by hash; 'all': one row per template.",
)
@click.option("--seed", default=0, show_default=True, help="Of every choice by hash.")
@click.option("--split", "splits", multiple=True, help="Only this split. Repeatable.")
@click.option(
    "--max-rows",
    type=click.IntRange(1),
    help="At most so many source rows per split, chosen by hash.",
)
@click.option(
    "--num-proc",
    type=click.IntRange(1),
    help="Worker processes of one core each.  [default: this process, with threads]",
)
@click.option(
    "--engine",
    "engine_name",
    default=engine.PROCESSES,
    show_default=True,
    help="'processes', or 'dask' for a cluster.",
)
@click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler; its workers share --out.")
def make_command(
    task_names: tuple[str, ...],
    folder: Path,
    samples: bool,
    sources: dict[str, str],
    templates: str,
    seed: int,
    splits: tuple[str, ...],
    max_rows: int | None,
    num_proc: int | None,
    engine_name: str,
    scheduler: str | None,
) -> None:
    """Render TASKs (default: all) into Arrow shards and a manifest."""
    tasks = [find(name) for name in dict.fromkeys(task_names)] or list(ALL)
    _refuse_others(sources, [task.name for task in tasks])
    if samples:
        sources = {**{task.name: SAMPLES for task in tasks}, **sources}
    with terminal.progress("rendering", unit="units") as report:
        made = make(
            Request(tasks, folder, sources, templates, seed, splits, max_rows),
            engine_name=engine_name,
            num_proc=num_proc,
            scheduler=scheduler,
            report=report,
        )
    terminal.print_made(folder, [task.name for task in tasks], made)
