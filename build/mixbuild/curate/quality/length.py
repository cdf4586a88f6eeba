"""How many tokens a trainer takes: what rows are cut to while they are rendered, or left out by."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from mixbuild.declare import Length
from mixbuild.make import Request, Trim
from mixbuild.sources import open_tokenizer


def with_trim(request: Request, length: Length | None) -> Request:
    """A request that has rows cut as they are rendered, where that is asked for.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
    """
    trim = None if length is None else trim_of(length)  # before anything is made
    return replace(request, trim=trim if length is not None and length.over == "trim" else None)


def trim_of(length: Length) -> Trim:
    """What counts tokens, and how many are too many.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
    """
    _, content = open_tokenizer(length.tokenizer, chat=length.chat)
    place = length.tokenizer
    if place.endswith(".json"):
        place = str(Path(place).expanduser().resolve())  # a worker may stand in another folder
    sha256 = hashlib.sha256(content).hexdigest()
    return Trim(place, sha256, length.max_tokens, length.chat)
