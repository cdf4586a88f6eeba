"""To how many tokens the rows of a build are cut, and what counts them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

from mixbuild.core import WorkerError
from mixbuild.declare import Chat
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


@cache
def limit_of(trim: Trim) -> Limit:
    """The tokenizer that planned the build, once in each process."""
    count, content = open_tokenizer(trim.tokenizer, chat=trim.chat)
    if (got := hashlib.sha256(content).hexdigest()) != trim.sha256:
        raise WorkerError(
            f"tokenizer {trim.tokenizer}: expected the file with the SHA-256 {trim.sha256}, which "
            f"planned the build, got {got}; leave it as it is while a build is made"
        )
    return Limit(trim.max_tokens, count)
