"""The client by which the caller reaches the Hub (proxy, CA, headers), in other processes too."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

Factory: TypeAlias = Callable[[], Any]  # of an httpx client, whose library is imported for the Hub
"""What makes the client that all requests of a process share."""

LIBRARY = "huggingface_hub.utils._http"


def callers_factory() -> Factory | None:
    """What the caller has set by ``set_client_factory``; None for the library's own."""
    library = sys.modules.get(LIBRARY)  # who has set one has imported it
    if library is None or library._GLOBAL_CLIENT_FACTORY is library.default_client_factory:
        return None
    factory: Factory = library._GLOBAL_CLIENT_FACTORY
    return factory


def can_travel(asked: object) -> bool:
    """Whether another process can have it; what lies in the caller's own script, it cannot."""
    try:
        return b"__main__" not in pickle.dumps(asked)
    except Exception:  # a lambda, or what it holds: pickle and the objects raise nearly anything
        return False


def adopt(factory: Factory | None) -> None:
    """Make this process's client by it, where it is one of the caller's and not there yet."""
    if factory is not None and callers_factory() is not factory:
        from huggingface_hub import set_client_factory

        set_client_factory(factory)
