"""Markdown that holds whatever a source's text has in it."""

from __future__ import annotations

import itertools
import re
import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 96
"""Characters of a line of an example, which no page need scroll for."""


def fenced(text: str, language: str = "") -> str:
    """A block of code that holds whatever the text has, rows of backticks too.

    >>> print(fenced("a ``` b"))
    ````
    a ``` b
    ````
    """
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def code(text: str) -> str:
    r"""A span of code that holds whatever the text has; what is not printed is shown escaped.

    >>> print(code("a ` b"))
    ``a ` b``
    >>> print(code("a\nb`"))
    `` a\nb` ``
    """
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    runs = {len(run) for run in re.findall("`+", shown)}
    tick = "`" * next(count for count in itertools.count(1) if count not in runs)
    # a space on both sides belongs to the span's ends, not to the text
    space = " " if shown[:1] in ("`", " ") or shown[-1:] in ("`", " ") or not shown else ""
    return f"{tick}{space}{shown}{space}{tick}"


def prose(text: str) -> str:
    r"""A text on one line that is read as it is: no character of it means anything in Markdown.

    >>> print(prose("HTML line breaks, <br />, are *kept*"))
    HTML line breaks, \<br />, are \*kept\*
    """
    return re.sub(r"[\\`*_~\[\]<&]", r"\\\g<0>", " ".join(text.split()))


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what is in a cell stays there."""
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def shortened(text: str, *, most: int) -> str:
    """A text of at most so many characters, without its middle where it is longer."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters …] {text[-half:]}"


def wrapped(text: str) -> str:
    r"""A text on lines that are not too long; its own ends of lines stay.

    >>> print(wrapped("a " * 50 + "end\n  as it is"))
    a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a
    a a end
      as it is
    """
    return "\n".join(
        line
        if len(line) <= WIDTH
        else "\n".join(textwrap.wrap(line, WIDTH, replace_whitespace=False))
        for line in text.split("\n")
    )
