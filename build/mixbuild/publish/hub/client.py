"""The Hub's client, with a bound on how long it is silent; the caller's process stays as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import HfApi, get_session
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

from mixbuild.core import explained_hub

SILENCE_SECONDS = 120.0
"""How long the Hub may be silent within an answer; the library alone would wait for ever."""


def client() -> HfApi:
    """The Hub of the environment: HF_ENDPOINT, HF_TOKEN."""
    return HfApi()


@contextmanager
def asking(where: str) -> Iterator[None]:
    """Ask the Hub: no silence without end, and whatever goes wrong is explained in one line.

    Raises:
        HubError: saying where, what was wrong, and what to do.
    """
    with explained_hub(where), bounded_silence():
        yield


@contextmanager
def bounded_silence() -> Iterator[None]:
    """Have the client that all of this process shares wait for ever no more, within the block.

    Whoever made that client, the library or a factory of the caller's, made it for every request,
    ours too; only where it has no bound at all does it have one meanwhile.
    """
    session = get_session()
    found = session.timeout
    if found == httpx.Timeout(None):
        session.timeout = httpx.Timeout(SILENCE_SECONDS)
    try:
        yield
    finally:
        session.timeout = found
