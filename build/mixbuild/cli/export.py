"""The command that hands rows out: export."""

from __future__ import annotations

from pathlib import Path

import click

from mixbuild.cli.options import marker_option, system_option
from mixbuild.cli.terminal.console import examples, out
from mixbuild.cli.terminal.progress import progress
from mixbuild.cli.terminal.tables import print_table, table
from mixbuild.core import count_of
from mixbuild.declare import PROMPT_COMPLETION, RowFormat


@click.command(
    "export",
    epilog=examples(
        "export out --as messages --to chats.jsonl.zst",
        "export org/my_mix squad --as alpaca --to squad.jsonl",
    ),
)
@click.argument("place", metavar="DIR|ORG/NAME[@REVISION]")
@click.argument("configs", nargs=-1, metavar="[CONFIG]...")
@click.option(
    "--as",
    "row_format",
    default=PROMPT_COMPLETION,
    show_default=True,
    metavar="FORMAT",
    help="The row format: prompt_completion, messages, alpaca, sharegpt or text.",
)
@click.option(
    "--to",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE|FOLDER",
    help="FILE.jsonl, .jsonl.gz, .jsonl.zst, .parquet, .arrow; or a folder of a file per split.",
)
@click.option(
    "--container",
    metavar="NAME",
    help="The files of a folder: parquet, jsonl, jsonl.gz, …  [default: parquet]",
)
@click.option(
    "--split", "splits", metavar="NAME", multiple=True, help="Only this split. Repeatable."
)
@click.option(
    "--columns",
    metavar="NAME,...",
    help="The other columns to keep beside the texts; 'none' for none.  [default: all]",
)
@marker_option
@system_option
def export_command(
    place: str,
    configs: tuple[str, ...],
    row_format: str,
    to: Path,
    container: str | None,
    splits: tuple[str, ...],
    columns: str | None,
    marker: str,
    system: str | None,
) -> None:
    """Write rows of a build, or of a published dataset, in a row format, to a file or a folder.

    When it was interrupted, the same command goes on where it was, and makes the same bytes.
    Prompt and completion can be restored from every row: what a chat leaves out of them is kept in
    the column marker.
    """
    asked = RowFormat(row_format, marker, system)  # before the Hub's client is loaded
    from mixbuild.publish import deliver, open_place

    chosen = columns.split(",") if columns else None
    with progress("exporting", unit="splits") as report:
        done = deliver(
            open_place(place),
            to,
            asked,
            container=container,
            columns=[] if columns == "none" else chosen,
            configs=configs,
            splits=splits,
            report=report,
        )
    made = table("config", "split", "rows", "file", right=(2,))
    for each in done:
        made.add_row(each.config, each.split, f"{each.rows:,}", str(each.path))
    print_table(made)
    out.print(f"\n{to}: {count_of(sum(each.rows for each in done), 'row')} as {asked.name}")
    if len({each.path for each in done}) == 1 < len(together := {each.split for each in done}):
        out.print(f"{', '.join(sorted(together))} are in one file: --split takes one of them")
