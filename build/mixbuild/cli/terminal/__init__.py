"""What a person sees: tables with aligned columns, rows as they read, a bar for long work.

::

    text        a text or a record that is fit to be seen
    console     the two streams, tables, the bar, the one line of an error
    catalog     tasks
    rows        source rows, and what they are rendered to
    builds      what was made, pinned, rebuilt, traced
    publishing  what is to be pushed, was pushed, is proven
"""

from mixbuild.cli.terminal.builds import (
    print_findings,
    print_made,
    print_pinned,
    print_rebuilt,
    print_traced,
)
from mixbuild.cli.terminal.catalog import print_families, print_started, print_tasks
from mixbuild.cli.terminal.console import complain, progress
from mixbuild.cli.terminal.publishing import print_plan, print_pushed, print_verified
from mixbuild.cli.terminal.rows import print_preview, print_preview_as_json, print_record, print_row

__all__ = [
    "complain",
    "print_families",
    "print_findings",
    "print_made",
    "print_pinned",
    "print_plan",
    "print_preview",
    "print_preview_as_json",
    "print_pushed",
    "print_rebuilt",
    "print_record",
    "print_row",
    "print_started",
    "print_tasks",
    "print_traced",
    "print_verified",
    "progress",
]
