"""The two streams, the examples of a help, and the one line of an error."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from mixbuild.cli.terminal.text import escaped

PROGRAM = "instruct-mix" if Path(sys.argv[0]).stem == "instruct-mix" else "python build"
"""What a person typed to get here: the command once installed, the build script in a checkout."""

for stream in (sys.stdout, sys.stderr):
    if isinstance(stream, io.TextIOWrapper):  # a text that the terminal cannot show is no failure
        stream.reconfigure(errors="backslashreplace")


class Plain(Console):
    """A console that shows whatever it is given as text: no escape, no markup, no emoji.

    Texts of sources, manifests, cards and paths are strangers'. They are made safe here, where
    all of them pass, and not by each who prints.
    """

    def __init__(self, **options: Any) -> None:  # of rich, which checks them
        super().__init__(highlight=False, soft_wrap=True, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:  # likewise
        """A string as it came: rich would leave some control characters out without a word."""
        return super().render_str(escaped(text), **options)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """What is to be written; only rich's own segments steer the terminal."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=escaped(segment.text))


def examples(*lines: str) -> str:
    """The end of a command's help: commands as a person would type them."""
    return "\n".join(["\b", "Examples:", *(f"  {PROGRAM} {line}" for line in lines)])


# a table in a file or a pipe is not cut to the width of a terminal that is not there
out = Plain(width=None if sys.stdout.isatty() else 160)
err = Plain(stderr=True)


def complain(message: str) -> None:
    """One line on standard error, without any token that a library put into its message."""
    tokens = (os.environ.get(name, "") for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
    for secret in {*map(str.strip, tokens), *re.findall(r"\bhf_\w{8,}", message)}:
        message = message.replace(secret, "***") if secret else message
    err.print(Text.assemble(("error: ", "bold red"), escaped(message)))


def notice(message: str) -> None:
    """What a person should know of a command that goes on, on standard error."""
    err.print(f"note: {message}")
