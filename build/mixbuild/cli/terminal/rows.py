"""Source rows, and what they are rendered to.

What fills a placeholder has the colour of the columns that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from rich.table import Table
from rich.text import Text

from mixbuild.author import Piece, Preview, Rendering
from mixbuild.cli.terminal.console import out
from mixbuild.cli.terminal.text import listed, one_line_json, record, shown
from mixbuild.core import RowDict
from mixbuild.curate import Dropped
from mixbuild.declare import Path, Task

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
"""Of the terminal's own: legible on dark and on light, as far as its user chose them so."""

TWO_COLUMNS = 110
"""From this width on, in characters, the source row stands beside what it is rendered to."""


def print_record(task: Task, raw: Mapping[str, object]) -> None:
    """A source row as it came."""
    out.print(_heading(task))
    out.print(record(raw))


def print_row(row: RowDict) -> None:
    """A rendered row, its completion set off by colour."""
    out.print()
    out.print(shown(f"{row['id']}  {row['template']}  {row['source']}", "dim"))
    out.print(shown(row["prompt"]), shown(row["completion"], "bold green"), sep="")


def print_dropped(row: Dropped, *, first: bool, as_json: bool) -> None:
    """A row that was taken out of a build, and what shows why."""
    if as_json:
        out.out(one_line_json(row, ascii_only="utf" not in out.encoding), highlight=False)
        return
    if first:
        out.print(shown(row["reason"], "bold"))
    print_row(row)
    if row["because"]:
        out.print(shown(f"because of {row['because']}", "yellow"))


def print_preview(preview: Preview, *, first: bool = True) -> None:
    """A source row, and what each template makes of it: side by side where there is room."""
    if not first:
        out.print()
    columns = _styles(preview)
    styles = {slot: columns[preview.task.slots[slot].reads[0]] for slot in _slots(preview)}
    wide = out.file.isatty() and out.width >= TWO_COLUMNS  # a pager has another width
    heading = [_heading(preview.task), *([shown(preview.source, "dim")] if wide else [])]
    left = Text("\n").join([*heading, record(preview.raw, columns)])
    source = "" if wide else f"  {preview.source}"
    right = [
        *(_rendered(each, each.row, styles, source) for each in preview.renderings if each.row),
        *_left_out(preview),
    ]
    if wide:
        beside = Table.grid(padding=(0, 3), expand=True)
        beside.add_column(ratio=2, overflow="fold")
        beside.add_column(ratio=3, overflow="fold")
        beside.add_row(left, Text("\n\n").join(right))
        out.print(beside, soft_wrap=False)
        return
    out.print(left)
    for each in right:
        out.print(Text("\n") + each)


def print_preview_as_json(preview: Preview) -> None:
    """A line for each template: all of it, nothing shortened."""
    for each in preview.renderings:
        line = {
            "id": each.row["id"] if each.row else preview.id,
            "template": each.template.name,
            "text": each.template.text,
            "raw": preview.raw,
            "row": each.row,
            "left_out": each.left_out or None,
        }
        out.out(one_line_json(line, ascii_only="utf" not in out.encoding), highlight=False)


def _heading(task: Task) -> Text:
    return Text(f"a row of {task.source.repo}", "bold")


def _rendered(rendering: Rendering, row: RowDict, styles: Mapping[str, str], source: str) -> Text:
    made = Text.assemble(
        shown(f"{row['id']}  ", "dim"),
        rendering.template.name,
        (", inverted" if rendering.template.inverted else "", "dim"),
        shown(f"{source}\n", "dim"),
    )
    made += _joined(rendering.prompt, styles)
    made += _joined(rendering.completion, styles, also="bold")
    if len(row["references"]) > 1:
        made += Text("\nreferences: ", "dim") + Text(listed(row["references"]))
    return made


def _joined(pieces: Sequence[Piece], styles: Mapping[str, str], *, also: str = "") -> Text:
    made = Text()
    for piece in pieces:
        style = f"{also} {styles[piece.slot] if piece.slot else ''}".strip()
        made += shown(piece.text, style)
    return made


def _left_out(preview: Preview) -> Iterator[Text]:
    """The reasons, each with the templates that it holds for, unless it holds for all."""
    reasons: dict[str, list[str]] = {}
    for each in preview.renderings:
        if each.left_out:
            reasons.setdefault(each.left_out, []).append(each.template.name)
    for reason, templates in reasons.items():
        all_of_them = len(templates) == len(preview.renderings)
        which = "" if all_of_them else f" of {', '.join(templates)}"
        yield Text(f"left out{which}: {reason}", "yellow")


def _styles(preview: Preview) -> dict[Path, str]:
    """A colour for each column that is read: the same one for those that a slot puts together."""
    groups: list[tuple[Path, ...]] = []
    for slot in _slots(preview):
        own = preview.task.slots[slot].reads
        touched = [group for group in groups if _overlap(group, own)]
        merged = tuple(path for group in [*touched, own] for path in group)
        groups = [merged if group in touched[:1] else group for group in groups]
        groups = [group for group in groups if group not in touched[1:]]
        groups += [] if touched else [merged]
    colours = cycle(COLOURS)
    return {path: colour for group, colour in zip(groups, colours, strict=False) for path in group}


def _slots(preview: Preview) -> tuple[str, ...]:
    """Those that the templates use, each once."""
    used = (name for each in preview.renderings for name in each.template.placeholders)
    return tuple(dict.fromkeys(used))


def _overlap(some: Sequence[Path], others: Sequence[Path]) -> bool:
    """Whether a column is in both, or in the one a field of what is in the other."""
    return any(one[: len(two)] == two[: len(one)] for one in some for two in others)
