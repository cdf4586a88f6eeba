"""What the rows of a build are like: a few tables, and a line of bars for each length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from rich.text import Text

from mixbuild.cli.terminal.console import out
from mixbuild.cli.terminal.tables import print_table, table
from mixbuild.cli.terminal.text import one_line_json
from mixbuild.core import count_of
from mixbuild.curate import QUANTILES, Statistics

if TYPE_CHECKING:
    from mixbuild.publish import TokenLengths

BARS = "▁▂▃▄▅▆▇█"

LONGEST_SHOWN = 40
"""Characters of a completion in a table."""

Told = Mapping[str, Mapping[str, Statistics]]

Tokens: TypeAlias = "Mapping[str, tuple[TokenLengths, ...]]"
"""Of a split: by row format, what each tokenizer counts."""


def print_statistics(place: str, told: Told) -> None:
    """Split by split: rows, lengths, templates, the commonest completions."""
    out.print(Text(place, "bold"))
    rows = table(
        "config", "split", "rows", "said twice", "prompts with several completions", right=(2, 3, 4)
    )
    for name, split, each in _splits(told):
        rows.add_row(name, split, f"{each.rows:,}", f"{each.repeated:,}", f"{each.conflicts:,}")
    print_table(rows)
    for what in ("prompt", "completion", "tokens"):
        _print_lengths(what, told)
    _print_counts(told)


def print_tokens(told: Mapping[str, Mapping[str, Tokens]]) -> None:
    """A table of the tokens in each row format, for each tokenizer that a recipe names."""
    by_tokenizer: dict[str, list[tuple[str, ...]]] = {}
    for name, splits in told.items():
        for split, formats in splits.items():
            for row_format, counted in formats.items():
                for each in counted:
                    numbers = (f"{n:,}" for n in (*each.quantiles.ordered, each.total))
                    line = (name, split, row_format, *numbers)
                    by_tokenizer.setdefault(each.tokenizer, []).append(line)
    columns = (*QUANTILES, "total")
    for tokenizer, found in by_tokenizer.items():
        out.print(Text(f"\ntokens of a row in each row format, counted by {tokenizer}"))
        spare = ("99 %", "75 %", "25 %", "least", "95 %")
        right = range(3, 3 + len(columns))
        lines = table("config", "split", "as", *columns, right=right, spare=spare, whole=True)
        for line in found:
            lines.add_row(*line)
        print_table(lines)


def _print_lengths(what: str, told: Told) -> None:
    """A table of one kind of length; nothing where no split has it."""
    found = [
        (name, split, lengths)
        for name, split, each in _splits(told)
        if (lengths := getattr(each, what)) is not None and each.rows
    ]
    if not found:
        return
    heading = "tokens of a row" if what == "tokens" else f"characters of a {what}"
    out.print(f"\n{heading}; bars: how many have 1, 2 to 3, 4 to 7, 8 to 15 …")
    columns = ("config", "split", *QUANTILES)
    spare = ("99 %", "total", "75 %", "25 %", "least", "95 %", "bars")
    right = range(2, len(columns) + 1)
    lines = table(*columns, "total", "bars", right=right, spare=spare, whole=True)
    for name, split, each in found:
        lines.add_row(
            name,
            split,
            *(f"{length:,}" for length in (*each.quantiles.ordered, each.total)),
            bars(each.histogram[1:]),
        )
    print_table(lines)


def _print_counts(told: Told) -> None:
    """How many rows have each template, and each of the commonest completions."""
    for name, split, each in _splits(told):
        if not each.rows:
            continue
        out.print(f"\n{name}/{split}: {count_of(each.distinct, 'different completion')}")
        counts = table("rows", "%", "template or completion", right=(0, 1))
        by_template = sorted(each.templates.items(), key=lambda found: (-found[1], found[0]))
        shown = [(f"template {template}", count) for template, count in by_template]
        # a completion that only one row has is not common
        shown += [(_short(found.text), found.rows) for found in each.completions if found.rows > 1]
        for what, count in shown:
            counts.add_row(f"{count:,}", f"{100 * count / each.rows:.1f}", what)
        print_table(counts)


def bars(counts: Sequence[int]) -> str:
    """A bar for each number, the highest for the largest; nothing is lower than the lowest one.

    >>> bars([0, 1, 4, 8])
    ' ▁▄█'
    """
    most = max(counts, default=0)
    return "".join(BARS[-(-len(BARS) * each // most) - 1] if each else " " for each in counts)


def _short(text: str) -> str:
    text = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} …"
    return one_line_json(text)


def _splits(told: Told) -> Iterator[tuple[str, str, Statistics]]:
    for name, splits in told.items():
        for split, each in splits.items():
            yield name, split, each
