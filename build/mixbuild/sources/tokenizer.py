"""How many tokens a model reads a text as: a tokenizer, from a file or from a repo at a commit.

The package that counts is an extra, ``instruct_mix[tokens]``; nothing else needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from mixbuild.core import SourceError, UsageError, explained, one_line

FILE = "tokenizer.json"

Count: TypeAlias = Callable[[Sequence[str]], "np.ndarray[tuple[int], np.dtype[np.int64]]"]
"""Texts -> how many tokens each has, without those that a model puts around a text."""


def open_tokenizer(place: str) -> tuple[Count, bytes]:
    """A tokenizer, and the bytes of its file, which decide every count.

    Args:
        place: a ``tokenizer.json``, or ``org/name@commit`` on the Hub.

    Raises:
        SourceError: it cannot be found or read.
        UsageError: the package that counts is not installed.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UsageError(
            "tokens are counted by the package tokenizers, which is not installed; run "
            "pip install 'instruct_mix[tokens]', or ask for characters"
        ) from None
    if place.endswith(".json"):
        path = Path(place).expanduser()
    else:
        from huggingface_hub import hf_hub_download

        repo, _, commit = place.partition("@")
        with explained(f"tokenizer {place}"):
            path = Path(hf_hub_download(repo, FILE, revision=commit))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"tokenizer {place}: expected a {FILE}, got none to read ({error.strerror})"
        ) from None
    try:
        tokenizer = Tokenizer.from_str(content.decode())
    except Exception as error:  # the package raises Exception itself
        raise SourceError(
            f"tokenizer {place}: expected a {FILE}, got another file ({one_line(error)})"
        ) from None
    tokenizer.no_truncation()  # every token counts, whatever a model takes
    tokenizer.no_padding()

    def count(texts: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        encoded = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return np.fromiter((len(each.ids) for each in encoded), np.int64, len(encoded))

    return count, content
