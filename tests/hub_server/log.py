"""What was asked of the hub, and how it answered."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it was answered.

    `path` is unquoted and without the query; `status` is 0 when the connection ended before any
    answer; `range` is the first and the last byte served, on a 206 only; `bytes_sent` and
    `bytes_received` count the bodies. A request for a host that is not ours, which comes here by
    the proxy variables of `LoopbackHub.environment`, has the path `//host:port/path`.
    """

    method: str
    path: str
    status: int
    range: tuple[int, int] | None
    bytes_sent: int
    bytes_received: int = 0


class Log:
    """Requests from many threads, in the order in which their answers began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[Request] = []

    def all(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    def put(self, request: Request, at: int | None) -> int:
        """Append the request, or replace what is `at` its place; the place."""
        with self._lock:
            if at is None:
                self._requests.append(request)
                return len(self._requests) - 1
            self._requests[at] = request
            return at


@dataclass
class Entry:
    """A request's line of the log, which begins with the first that is noted about it."""

    log: Log
    request: Request
    at: int | None = field(default=None, init=False)

    def note(self, **facts: Any) -> None:
        self.request = replace(self.request, **facts)
        self.at = self.log.put(self.request, self.at)
