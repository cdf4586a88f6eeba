"""How many tokens a model reads a row as: a tokenizer, from a file or from a repo at a commit.

The package that counts is an extra, ``instruct_mix[tokens]``; nothing else needs it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from mixbuild.core import CountTokens, SourceError, UsageError, explained, one_line
from mixbuild.declare import Chat
from mixbuild.sources.chat import Chats, chats_of
from mixbuild.sources.session import bounded

FILE = "tokenizer.json"
ON_HUB = re.compile(r"[\w.-]+(/[\w.-]+)?@[\w./-]+")

REMEDY = "put it there, or name another one; where a recipe does, run make again then"


def open_tokenizer(place: str, *, chat: Chat | None = None) -> tuple[CountTokens, str]:
    """A tokenizer, and the SHA-256 of what decides every count: its file, and its chat template.

    Args:
        place: a ``tokenizer.json``, or ``org/name@commit`` on the Hub.
        chat: count the chat that a row becomes; None for prompt and completion as they are.

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
    path = _file(place, FILE)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"tokenizer {place}: expected a {FILE}, got none to read ({error.strerror}); {REMEDY}"
        ) from None
    try:
        tokenizer = Tokenizer.from_str(content.decode())
    except Exception as error:  # the package raises Exception itself
        raise SourceError(
            f"tokenizer {place}: expected a {FILE}, got another file ({one_line(error)}); {REMEDY}"
        ) from None
    tokenizer.no_truncation()  # every token counts, whatever a model takes
    tokenizer.no_padding()

    texts_of: Chats = _in_one_piece
    template = b""
    if chat is not None:
        texts_of, template = chats_of(partial(_beside, place), chat, where=place)

    def count(
        prompts: Sequence[str], completions: Sequence[str]
    ) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        texts = texts_of(prompts, completions)
        encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return np.fromiter((len(each.ids) for each in encoded), np.int64, len(encoded))

    return count, hashlib.sha256(content + template).hexdigest()


def _in_one_piece(prompts: Sequence[str], completions: Sequence[str]) -> list[str]:
    return [prompt + completion for prompt, completion in zip(prompts, completions, strict=True)]


def _file(place: str, name: str) -> Path:
    """The tokenizer's file, or one that lies beside it; fetched where it is on the Hub."""
    if place.endswith(".json"):
        own = Path(place).expanduser()
        return own if name == FILE else own.with_name(name)
    from huggingface_hub import hf_hub_download

    if not ON_HUB.fullmatch(place):
        raise UsageError(f"tokenizer {place}: expected a {FILE} or org/name@commit")
    repo, _, commit = place.partition("@")
    with explained(f"tokenizer {place}"), bounded():
        return Path(hf_hub_download(repo, name, revision=commit))


def _beside(place: str, name: str) -> bytes | None:
    """What a file beside the tokenizer holds; None where there is none."""
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return _file(place, name).read_bytes()
    except (EntryNotFoundError, FileNotFoundError):
        return None
    except OSError as error:
        raise SourceError(f"tokenizer {place}: {name}: {error.strerror}") from None
