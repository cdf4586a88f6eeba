"""How a row is laid out: the row format that is asked for, and its options. Pure.

>>> RowFormat("messages", system="Answer briefly.").marker
'drop'
>>> RowFormat("mesages")  # doctest: +ELLIPSIS
Traceback (most recent call last):
mixbuild.core.errors.UsageError: unknown row format 'mesages'; did you mean 'messages'? Known: ...
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from mixbuild.core import Record, UsageError, one_of

PROMPT_COMPLETION = "prompt_completion"
MESSAGES = "messages"
ALPACA = "alpaca"
SHAREGPT = "sharegpt"
TEXT_FORMAT = "text"
ROW_FORMATS = (PROMPT_COMPLETION, MESSAGES, ALPACA, SHAREGPT, TEXT_FORMAT)
"""What each looks like, ``publish/formats`` says."""

FormatName = Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(ROW_FORMATS)})]
"""One of ``ROW_FORMATS``; an editor is told which there are."""

DROP = "drop"
KEEP = "keep"
MARKERS = (DROP, KEEP)


class RowFormat(Record, frozen=True):
    """A row format, and how rows are laid out in it.

    Attributes:
        name: one of ``ROW_FORMATS``.
        marker: of the formats for chats, whether ``[OUTPUT]:``, with the white space before it and
            the space after it, is left out of the texts (``drop``) or stays there (``keep``).
        system: of ``messages`` and ``sharegpt``, the message that each row begins with, if any.

    Raises:
        UsageError: there is no such format, or it has no such option.
    """

    name: FormatName = PROMPT_COMPLETION
    marker: str = DROP
    system: str | None = None

    def __post_init__(self) -> None:
        if self.name not in ROW_FORMATS:
            raise UsageError(one_of("row format", self.name, ROW_FORMATS))
        if self.marker not in MARKERS:
            raise UsageError(one_of("marker", self.marker, MARKERS))
        if self.marker == KEEP and self.name in (PROMPT_COMPLETION, TEXT_FORMAT):
            raise UsageError(f"{self.name}: keeps the marker in any case; leave 'keep' out")
        if self.system is not None and self.name not in (MESSAGES, SHAREGPT):
            raise UsageError(
                f"{self.name}: has no place for a system message; take {MESSAGES} or {SHAREGPT}, "
                f"or leave it out"
            )
        if self.system is not None and not self.system.strip():
            raise UsageError(f"{self.name}: expected a system message in words, got none")
        if self.system is not None and not is_text(self.system):
            raise UsageError(
                f"{self.name}: expected a system message in UTF-8, got {self.system!r:.99}; save "
                f"or type it in UTF-8"
            )


def is_text(value: str) -> bool:
    r"""Whether a string can be written in UTF-8; what a shell gives of other bytes cannot.

    >>> is_text("é"), is_text("\udc85")
    (True, False)
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


CANONICAL = RowFormat()
"""Rows as they are."""
