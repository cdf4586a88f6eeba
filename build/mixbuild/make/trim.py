"""To how many tokens the rows of a build are cut, and what counts them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixbuild.core import WorkerError
from mixbuild.declare import Chat, Length
from mixbuild.render import Limit
from mixbuild.sources import open_tokenizer


@dataclass(frozen=True)
class Trim:
    """To how many tokens rows are cut.

    Attributes:
        tokenizer: its file, or ``org/name@commit`` on the Hub.
        sha256: of all that decides its counts.
        max_tokens: of prompt and completion in one piece, or of their chat.
        chat: whether their chat is counted, and what is in there.
    """

    tokenizer: str
    sha256: str
    max_tokens: int
    chat: Chat | None = None


_opened: dict[Trim, Limit] = {}
"""What this process has opened: of a large tokenizer the file takes a second to read."""


def trim_of(length: Length) -> Trim:
    """What counts tokens as it is now, and how many are too many.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
    """
    count, sha256 = open_tokenizer(length.tokenizer, chat=length.chat)
    place = length.tokenizer
    if place.endswith(".json"):
        place = str(Path(place).expanduser().resolve())  # a worker may stand in another folder
    trim = Trim(place, sha256, length.max_tokens, length.chat)
    _opened[trim] = Limit(length.max_tokens, count)
    return trim


def limit_of(trim: Trim) -> Limit:
    """The tokenizer that planned the build, once in each process.

    Raises:
        SourceError, UsageError: it cannot be had.
        WorkerError: it is another one now.
    """
    if trim not in _opened:
        count, sha256 = open_tokenizer(trim.tokenizer, chat=trim.chat)
        if sha256 != trim.sha256:
            raise WorkerError(
                f"tokenizer {trim.tokenizer}: expected the file with the SHA-256 {trim.sha256}, "
                f"which planned the build, got {sha256}; leave it as it is while a build is made"
            )
        _opened[trim] = Limit(trim.max_tokens, count)
    return _opened[trim]
