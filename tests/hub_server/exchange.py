"""One request and its answer: what a route is given, and what it returns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from hub_server import LoopbackHub
    from hub_server.commits import Commit

CHUNK_BYTES = 65_536
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    range: tuple[int, int] | None = None


class RefusalError(Exception):
    """An error answer: the client picks the exception it raises by the X-Error-Code header."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] = NO_HEADERS
    ) -> None:
        super().__init__(message)
        self.status, self.code = status, code
        as_header = " ".join(message.split()).encode("ascii", "backslashreplace").decode()
        headers = {"X-Error-Message": as_header, **headers}
        if code:
            headers["X-Error-Code"] = code
        self.answer = Answer(status, json.dumps({"error": message}).encode(), headers)


def json_answer(
    value: Any, *, status: int = 200, headers: Mapping[str, str] = NO_HEADERS
) -> Answer:
    body = json.dumps(value, default=str).encode()  # YAML may hold dates
    return Answer(status, body, {"Content-Type": "application/json", **headers})


class Body:
    """A request's body, read from the connection when a route asks for it, or thrown away."""

    def __init__(self, stream: BufferedIOBase, length: int) -> None:
        self.length, self.received, self._stream = length, 0, stream

    def chunks(self, *, at_most: int | None = None) -> Iterator[bytes]:
        """The rest of the body, or what is left of its first `at_most` bytes."""
        end = self.length if at_most is None else min(at_most, self.length)
        while self.received < end:
            chunk = self._stream.read(min(CHUNK_BYTES, end - self.received))
            if not chunk:
                raise ConnectionAbortedError("the client went away within the body of its request")
            self.received += len(chunk)
            yield chunk

    def read(self) -> bytes:
        return b"".join(self.chunks())

    def skip(self, *, at_most: int | None = None) -> None:
        for _ in self.chunks(at_most=at_most):
            pass


@dataclass(frozen=True)
class Call:
    """A request as a route sees it."""

    hub: LoopbackHub
    path: str  # as it was sent, quoted
    groups: Mapping[str, str]  # of the route: org, name, revision, path, sha256, number
    query: Mapping[str, list[str]]
    body: Body
    token: str | None
    range_header: str

    @property
    def repo(self) -> str:
        return f"{self.groups['org']}/{self.groups['name']}"

    @property
    def page_url(self) -> str:
        """Where a person would look at the repo."""
        return f"{self.hub.endpoint}/datasets/{self.repo}"

    @property
    def is_trusted(self) -> bool:
        """Whether the caller may see what is private, and write."""
        return self.hub.token is None or self.token == self.hub.token

    def json(self) -> Any:
        try:
            return json.loads(self.body.read() or b"{}")
        except ValueError as error:
            raise RefusalError(400, "", f"Invalid JSON: {error}") from None

    def asks_for(self, name: str) -> bool:
        return is_true(self.query, name)

    def check_repo(self) -> None:
        store = self.hub.store
        if moved_to := store.moved_to(self.repo):
            query = f"?{urlencode(self.query, doseq=True)}" if self.query else ""
            location = self.path.replace(self.repo, moved_to, 1) + query
            raise RefusalError(307, "", f"Moved to {moved_to}", {"Location": location})
        visible = store.exists(self.repo) and (self.is_trusted or not store.is_private(self.repo))
        if not visible:
            # An anonymous caller is not told whether a repo is private or missing.
            raise RefusalError(404 if self.token else 401, "RepoNotFound", "Repository not found")

    def check_may_write(self) -> None:
        self.check_repo()
        if not self.is_trusted and not self.token:
            # The client takes any 401 for a missing repo, but only when asked over https.
            raise RefusalError(401, "RepoNotFound", "Invalid username or password.")
        if not self.is_trusted:
            message = "Forbidden: this token gives no right to write to this repository"
            raise RefusalError(403, "", message)

    def commit(self) -> Commit:
        """What the route's revision stands for, `main` if it has none."""
        self.check_repo()
        return self.hub.store.commit_at(self.repo, self.groups.get("revision", "main"))


def is_true(fields: Mapping[str, list[str]], name: str) -> bool:
    return fields.get(name) in (["true"], ["True"], ["1"])
