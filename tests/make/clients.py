"""A client factory of a caller's own, which notes in a file whatever is asked through it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from huggingface_hub.utils import _http as library
from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily


def noting_client() -> Any:
    """The library's own client, but for a note of each request: the process, and what it asks."""
    client = library.default_client_factory()

    def note(request: httpx.Request) -> None:
        with Path(os.environ["NOTES"]).open("a") as notes:
            notes.write(f"{os.getpid()} {request.method} {request.url}\n")

    client.event_hooks["request"].append(note)
    return client
