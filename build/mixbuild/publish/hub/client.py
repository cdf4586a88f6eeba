"""The Hub's client, and what asks it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import HfApi

from mixbuild.core import explained_hub
from mixbuild.sources import bounded


def client() -> HfApi:
    """The Hub of the environment: HF_ENDPOINT, HF_TOKEN."""
    return HfApi()


@contextmanager
def asking(where: str) -> Iterator[None]:
    """Ask the Hub: no wait without end, and whatever goes wrong is explained in one line.

    Raises:
        HubError: saying where, what was wrong, and what to do.
    """
    with explained_hub(where), bounded():
        yield
