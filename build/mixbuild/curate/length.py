"""Rows with more tokens than a trainer takes: cut while they are rendered, or taken out."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixbuild.curate.pool import Pool
from mixbuild.declare import Length
from mixbuild.make import Request, Trim, read_shard
from mixbuild.sources import open_tokenizer


def with_trim(request: Request, length: Length | None) -> Request:
    """A request that has rows cut as they are rendered, where that is asked for.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
    """
    if length is None:
        return replace(request, trim=None)
    _, content = open_tokenizer(length.tokenizer, chat=length.chat)  # before anything is made
    if length.over == "drop":
        return replace(request, trim=None)
    place = length.tokenizer
    if place.endswith(".json"):
        place = str(Path(place).expanduser().resolve())  # a worker may stand in another folder
    sha256 = hashlib.sha256(content).hexdigest()
    return replace(request, trim=Trim(place, sha256, length.max_tokens, length.chat))


def take_out_long(pool: Pool, length: Length) -> None:
    """Take out rows whose prompt and completion have too many tokens, in one piece or as a chat.

    Of a row that a mixture may take by several templates, all of them are looked at.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
        VerifyError: a shard is not what the manifest says.
    """
    count, _ = open_tokenizer(length.tokenizer, chat=length.chat)
    reason = f"more than {length.max_tokens:,} tokens"
    for part in pool.parts:
        for path, shard in part.renderings:
            first = part.start
            for batch in read_shard(path, shard):
                tokens = count(batch["prompt"].to_pylist(), batch["completion"].to_pylist())
                long = np.flatnonzero(tokens > length.max_tokens)
                for row in pool.take_out(first + long, reason).tolist():
                    pool.because[row] = f"{tokens[row - first]:,} tokens"
                first += batch.num_rows
