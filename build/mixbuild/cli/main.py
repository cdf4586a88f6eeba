"""The commands: read the arguments, call the pipeline, print. Decides nothing.

Exit status: 0 done, 1 a failure that is explained in one line, 2 wrong usage.
"""

from __future__ import annotations

import os
import pkgutil
import sys
import threading
from collections.abc import Sequence
from typing import NoReturn, cast

import click

from mixbuild import __version__
from mixbuild.cli.interrupt import INTERRUPTED, heed_interrupts, ignore_interrupts
from mixbuild.cli.terminal.console import PROGRAM, complain, examples
from mixbuild.core import MixError, UsageError, one_line, one_of, spare_pandas


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit; no traceback is ever shown for what can be explained."""
    if os.name != "posix":
        complain("Linux and macOS are supported; on Windows, run it in its Linux subsystem (WSL)")
        sys.exit(1)
    interrupted = False
    try:
        heed_interrupts()
        spare_pandas()
        status = run(arguments)
        ignore_interrupts()
    except KeyboardInterrupt:
        ignore_interrupts()
        complain(INTERRUPTED)
        status, interrupted = 1, True
    # the interpreter would end by the signal if it came within some libraries
    if interrupted or threading.active_count() > 1:
        _leave(status)
    sys.exit(status)


def _leave(status: int) -> NoReturn:
    """Exit at once, whatever threads still wait for, such as a Hub that has fallen silent.

    The interpreter would wait for them, or end them within libraries that then end the process
    by a signal.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        status = status or 1
    os._exit(status)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status.

    Raises:
        KeyboardInterrupt: at Ctrl-C and at SIGTERM; nothing was told.
    """
    try:
        # click returns the status of --help and the like, and what a command returns: nothing
        return commands.main(arguments, prog_name=PROGRAM, standalone_mode=False) or 0
    except click.ClickException as error:
        complain(error.format_message())
        return 2
    except MixError as error:
        complain(one_line(error))
        return 2 if isinstance(error, UsageError) else 1
    except click.Abort:  # in the place of the interrupt, after a line break
        raise KeyboardInterrupt from None


COMMANDS = {
    "list": ("catalog:list_tasks", "List the tasks, or tell all there is to know of some."),
    "show": ("author:show", "Show a raw record of a task, and what each template makes of it."),
    "new": ("author:new", "Start a new task: a skeleton, filled in with what its source tells."),
    "mix": ("mix:mix_command", "Show what the mixtures of a recipe would give, beforehand."),
    "make": ("build:make_command", "Render tasks into Arrow shards and a manifest."),
    "lock": ("build:lock_command", "Pin the commit at which each source is read."),
    "check": ("check:check_command", "Look for faults in tasks, and in what they render."),
    "stats": ("statistics:stats_command", "Show what the rows of a build are like."),
    "export": ("export:export_command", "Write the rows of a build as chats, JSON lines and more."),
    "card": ("publish:card_command", "Write the dataset card beside the shards of a build."),
    "push": ("publish:push_command", "Publish a build in one commit, and check it there."),
    "verify": ("prove:verify_command", "Check a build, or a published dataset, by its manifest."),
    "rebuild": ("prove:rebuild_command", "Build a published dataset again, and compare every row."),
    "trace": ("prove:trace_command", "Show the source record that a row was made of."),
}
"""Where each command is, and what it does, as the list of all says it."""


class Commands(click.Group):
    """The commands, each imported when it is asked for: ``list`` loads no more than it shows."""

    def list_commands(self, _: click.Context) -> list[str]:
        """Their names, as a build goes."""
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        """The command of that name, if there is one."""
        if name not in COMMANDS:
            return None
        place, _does = COMMANDS[name]
        return cast(click.Command, pkgutil.resolve_name(f"mixbuild.cli.{place}"))

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is asked for; another word is an error that names what is near."""
        if arguments[0] not in COMMANDS:
            raise UsageError(one_of("command", arguments[0], COMMANDS))
        return super().resolve_command(context, arguments)

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of all, without any of them being imported."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, does) for name, (_place, does) in COMMANDS.items()])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
    epilog=examples("list", "show squad", "make --samples", "make --help"),
)
@click.version_option(__version__, prog_name="instruct-mix")
@click.pass_context
def commands(context: click.Context) -> None:
    """Make prompt–completion rows of well-known datasets that anyone can rebuild."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
