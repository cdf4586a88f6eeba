"""The commands: read the arguments, call the pipeline, print. Decides nothing.

Exit status: 0 done, 1 a failure that is explained in one line, 2 wrong usage.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from mixbuild import __version__
from mixbuild.cli import terminal
from mixbuild.cli.build import lock_command, make_command
from mixbuild.cli.catalog import list_tasks, new, show
from mixbuild.cli.check import check_command
from mixbuild.cli.prove import rebuild_command, trace_command
from mixbuild.cli.publish import card_command, push_command, verify_command
from mixbuild.core import MixError, UsageError, one_line


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit; no traceback is ever shown for what can be explained."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: tidy up, then go
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
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


for command in (
    list_tasks,
    show,
    new,
    make_command,
    lock_command,
    check_command,
    card_command,
    push_command,
    verify_command,
    rebuild_command,
    trace_command,
):
    commands.add_command(command)
