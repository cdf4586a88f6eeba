"""The client by which the caller reaches the Hub (proxy, CA, headers), in other processes too.

And a bound on how long it waits.
"""

from __future__ import annotations

import math
import pickle
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from mixbuild.core import TRANSIENT_STATUS, asked_seconds

if TYPE_CHECKING:  # a local build needs no client of the Hub
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

Factory: TypeAlias = Callable[[], Any]  # of an httpx client, whose library is imported for the Hub
"""What makes the client that all requests of a process share."""

SILENCE_SECONDS = 120.0
"""How long the Hub may be silent within an answer; the library alone would wait for ever."""

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


_LOCK = threading.Lock()
_BOUNDED: dict[Any, tuple[int, Any]] = {}  # of a library that is imported for the Hub
"""Client -> how many blocks use it, and the timeout that it had before."""


@contextmanager
def bounded() -> Iterator[None]:
    """Have the client that all of this process shares wait for ever no more, within the block.

    Whoever made that client, the library or a factory of the caller's, made it for every request,
    ours too, and finds it as it was. Only where it has no bound at all for a silent Hub does it
    have one meanwhile; and the library, which waits as long as a busy Hub asks for, is told of no
    more than ``asked_seconds``.
    """
    from huggingface_hub import get_session
    from huggingface_hub.utils import httpx  # type: ignore[attr-defined]  # exported lazily

    session = get_session()
    hooks = session.event_hooks["response"]
    with _LOCK:
        blocks, own = _BOUNDED.get(session, (0, session.timeout))
        _BOUNDED[session] = blocks + 1, own
        if not blocks:
            hooks.append(_bound)
            if own == httpx.Timeout(None):
                session.timeout = httpx.Timeout(SILENCE_SECONDS)
    try:
        yield
    finally:
        with _LOCK:
            blocks, own = _BOUNDED.pop(session)
            if blocks > 1:
                _BOUNDED[session] = blocks - 1, own
            else:
                hooks.remove(_bound)
                session.timeout = own


def _bound(response: httpx.Response) -> None:
    """Rewrite what a busy Hub asks for, in whatever form, as seconds that it may have."""
    if response.status_code in TRANSIENT_STATUS:
        asked = asked_seconds(response.headers)
        for name in ("RateLimit", "Retry-After"):
            response.headers.pop(name, None)
        if asked is not None:
            response.headers["Retry-After"] = str(math.ceil(asked))
