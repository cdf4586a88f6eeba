"""A Hugging Face Hub on the loopback: real HTTP, in front of the real clients.

`LoopbackHub` mounts a folder laid out as `<root>/<org>/<name>/...` and answers the requests by
which `datasets` and `huggingface_hub` read dataset repos, so that a test exercises those libraries
as users run them: redirects, ranges, retries and error classes included. Every request is logged,
and `fail` makes chosen ones go wrong. Clients read HF_ENDPOINT on import, hence the subprocess:

    with LoopbackHub(tmp_path / "hub") as hub:
        environment = os.environ | hub.environment(tmp_path / "home")
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        assert [request for request in hub.log if request.status >= 500] == []

To serve more of the Hub, write a function from `_Call` to `_Answer` and give it a row in `_ROUTES`.
"""

import contextlib
import hashlib
import json
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote

LFS_ABOVE_BYTES = 1_000_000
SEND_BYTES = 65_536
DATE = "2024-01-01T00:00:00.000Z"  # of every commit: the clock must not leak into an answer
_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Request:
    """One request as it was answered.

    `path` is unquoted and without the query; `range` is the first and the last byte served, on a
    206 only; `bytes_sent` counts the body. A request for a host that is not ours, which comes here
    by the proxy variables of `LoopbackHub.environment`, has the path `//host:port/path`.
    """

    method: str
    path: str
    status: int
    range: tuple[int, int] | None
    bytes_sent: int


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    range: tuple[int, int] | None = None


class _RefusalError(Exception):
    """An error answer: the client picks the exception it raises by the X-Error-Code header."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] = _NO_HEADERS
    ) -> None:
        super().__init__(message)
        headers = {"X-Error-Code": code, "X-Error-Message": message, **headers}
        self.answer = _Answer(status, json.dumps({"error": message}).encode(), headers)


@dataclass
class _Fault:
    pattern: re.Pattern[str]
    times: int
    status: int | None
    headers: Mapping[str, str]
    cut_after: int | None
    delay_seconds: float
    after: int


@dataclass(frozen=True)
class _File:
    path: str
    where: Path
    size: int
    sha256: str
    oid: str  # git's: of the content, or of the pointer that stands for it
    pointer_size: int  # of what git holds in place of an LFS file; 0 for a file that git holds

    @property
    def etag(self) -> str:
        return self.sha256 if self.pointer_size else self.oid


@dataclass(frozen=True)
class _Call:
    hub: "LoopbackHub"
    groups: Mapping[str, str]  # of the route: org, name, revision, path, sha256
    query: Mapping[str, list[str]]
    body: bytes
    token: str | None
    range_header: str

    @property
    def repo(self) -> str:
        return f"{self.groups['org']}/{self.groups['name']}"

    def files(self) -> tuple[dict[str, _File], str]:
        """The repo's files by path, and its commit, provided that repo and revision exist."""
        if not (self.hub.root / self.repo).is_dir():
            # An anonymous caller is not told whether a repo is private or missing.
            raise _RefusalError(404 if self.token else 401, "RepoNotFound", "Repository not found")
        files, commit = self.hub.read(self.repo)
        revision = self.groups.get("revision", "main")
        if revision not in ("main", commit):
            raise _RefusalError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return files, commit


def _json(value: Any) -> _Answer:
    return _Answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


def _is_true(fields: Mapping[str, list[str]], name: str) -> bool:
    return fields.get(name) in (["true"], ["True"])


def _whoami(call: _Call) -> _Answer:
    if not call.token or call.token != call.hub.token:
        message = "Invalid credentials in Authorization header"
        return _Answer(401, b"", {"X-Error-Message": message})
    auth = {"type": "access_token", "accessToken": {"displayName": "loopback", "role": "write"}}
    return _json({"type": "user", "name": "loopback", "orgs": [], "auth": auth})


def _info(call: _Call) -> _Answer:
    # As on the real Hub, what a gated repo holds is public; only the contents are not.
    files, commit = call.files()
    siblings: list[dict[str, Any]] = [{"rfilename": path} for path in files]
    if _is_true(call.query, "blobs"):
        siblings = [
            {"rfilename": file.path, "size": file.size, "blobId": file.oid, "lfs": _lfs_facts(file)}
            for file in files.values()
        ]
    gated = "manual" if call.repo in call.hub.gated else False
    facts = {"author": call.groups["org"], "private": False, "gated": gated, "lastModified": DATE}
    return _json({"id": call.repo, "sha": commit, "siblings": siblings} | facts)


def _refs(call: _Call) -> _Answer:
    main = {"name": "main", "ref": "refs/heads/main", "targetCommit": call.files()[1]}
    return _json({"branches": [main], "converts": [], "tags": [], "pullRequests": []})


def _lfs_facts(file: _File) -> dict[str, Any] | None:
    # The digest is named sha256 by the Hub's info, and oid by its tree.
    facts = {"size": file.size, "sha256": file.sha256, "oid": file.sha256}
    return facts | {"pointerSize": file.pointer_size} if file.pointer_size else None


def _entries(files: Mapping[str, _File], commit: str, *, expand: bool) -> dict[str, dict[str, Any]]:
    """Every folder and file of a repo by path, as `tree` and `paths-info` describe them."""
    entries: dict[str, dict[str, Any]] = {}
    for file in files.values():
        for folder in reversed(Path(file.path).parents[:-1]):
            path = folder.as_posix()
            oid = hashlib.sha1(f"{commit} {path}".encode(), usedforsecurity=False).hexdigest()
            entries[path] = {"type": "directory", "oid": oid, "size": 0, "path": path}
        entry = {"type": "file", "oid": file.oid, "size": file.size, "path": file.path}
        entries[file.path] = entry | {"lfs": _lfs_facts(file)}
    for entry in entries.values() if expand else ():
        entry["lastCommit"] = {"id": commit, "title": "mounted", "date": DATE}
    return entries


def _tree(call: _Call) -> _Answer:
    files, commit = call.files()
    entries = _entries(files, commit, expand=_is_true(call.query, "expand"))
    folder = call.groups.get("path", "")
    if folder and entries.get(folder, {}).get("type") != "directory":
        raise _RefusalError(404, "EntryNotFound", f"{folder} does not exist", _at(commit))
    prefix = f"{folder}/" if folder else ""
    below = {path[len(prefix) :]: path for path in entries if path.startswith(prefix)}
    recursive = _is_true(call.query, "recursive")
    return _json([entries[path] for rest, path in below.items() if recursive or "/" not in rest])


def _paths_info(call: _Call) -> _Answer:
    form = parse_qs(call.body.decode())
    entries = _entries(*call.files(), expand=_is_true(form, "expand"))
    return _json([entries[path] for path in form.get("paths", ()) if path in entries])


def _at(commit: str) -> dict[str, str]:
    return {"X-Repo-Commit": commit}


def _resolve(call: _Call) -> _Answer:
    files, commit = call.files()
    if call.repo in call.hub.gated and (not call.token or call.token != call.hub.token):
        # 401 asks to log in, 403 to apply for access: `datasets` words its advice by that.
        message = f"Access to dataset {call.repo} is restricted"
        raise _RefusalError(403 if call.token else 401, "GatedRepo", message)
    file = files.get(call.groups["path"])
    if file is None:
        raise _RefusalError(404, "EntryNotFound", "Entry not found", _at(commit))
    linked = {"X-Linked-Size": str(file.size), "X-Linked-ETag": f'"{file.etag}"'} | _at(commit)
    if not file.pointer_size:
        return _content(file, call.range_header, linked)
    location = f"{call.hub.storage}/lfs/{call.repo}/{file.sha256}/{quote(file.path)}"
    return _Answer(302, b"", {"Location": location, "ETag": f'"{file.etag}"'} | linked)


def _lfs(call: _Call) -> _Answer:
    if call.token:
        # As the real storage does with a signed address: a token must not leak to another host.
        return _Answer(400, b"Only one auth mechanism allowed")
    file = call.files()[0].get(call.groups["path"])
    if file is None or file.sha256 != call.groups["sha256"]:
        return _Answer(404, b"NoSuchKey")
    return _content(file, call.range_header, _NO_HEADERS)


def _content(file: _File, range_header: str, headers: Mapping[str, str]) -> _Answer:
    """The file, or the part that the header asks for: `bytes=0-99`, `bytes=100-`, `bytes=-8`."""
    headers = {**headers, "ETag": f'"{file.etag}"', "Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(?:(\d+)-(\d*)|-(\d+))", range_header)
    first, last = 0, file.size - 1
    if asked:
        begin, end, suffix = asked.groups()
        first = max(file.size - int(suffix), 0) if suffix else int(begin)
        last = min(int(end), last) if end else last
        if first > last:
            return _Answer(416, b"", {**headers, "Content-Range": f"bytes */{file.size}"})
        headers["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    with file.where.open("rb") as content:
        content.seek(first)
        body = content.read(last + 1 - first)
    return _Answer(206 if asked else 200, body, headers, (first, last) if asked else None)


_REPO = r"(?P<org>\w[\w.-]*)/(?P<name>\w[\w.-]*)"
_REVISION, _PATH = r"(?P<revision>[^/]+)", r"(?P<path>.+)"
_ROUTES: tuple[tuple[str, str, Callable[[_Call], _Answer]], ...] = (
    ("GET", "/api/whoami-v2", _whoami),
    ("GET", f"/api/datasets/{_REPO}(/revision/{_REVISION})?", _info),
    ("GET", f"/api/datasets/{_REPO}/refs", _refs),
    ("GET", f"/api/datasets/{_REPO}/tree/{_REVISION}(/{_PATH})?", _tree),
    ("POST", f"/api/datasets/{_REPO}/paths-info/{_REVISION}", _paths_info),
    ("GET HEAD", f"/datasets/{_REPO}/resolve/{_REVISION}/{_PATH}", _resolve),
    ("GET HEAD", f"/lfs/{_REPO}/(?P<sha256>[0-9a-f]+)/{_PATH}", _lfs),  # on the second host
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits for the headers to be acknowledged: 40 ms
    server: "_Server"

    def do_GET(self) -> None:
        hub = self.server.hub
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        raw, _, query = self.path.partition("?")
        if not raw.startswith("/"):  # we are asked as a proxy: "http://host/path", or "host:443"
            raw = "//" + raw.removeprefix("http://")
        fault = hub.next_fault(f"{self.command} {unquote(raw)}")
        if fault is None:
            return self.send(unquote(raw), self.answer(raw, query, body), None)
        hub.stopping.wait(fault.delay_seconds)
        if fault.status is None:
            answer = self.answer(raw, query, body)
            answer = replace(answer, headers={**answer.headers, **fault.headers})
        else:
            answer = _Answer(fault.status, b'{"error": "a fault set by the test"}', fault.headers)
        return self.send(unquote(raw), answer, fault.cut_after)

    do_HEAD = do_POST = do_CONNECT = do_GET  # noqa: N815 - the names that http.server looks for

    def answer(self, raw: str, query: str, body: bytes) -> _Answer:
        hub = self.server.hub
        for methods, pattern, respond in _ROUTES:
            match = re.fullmatch(pattern, raw)
            on_its_host = pattern.startswith("/lfs/") == (self.server is hub.servers[1])
            if match and on_its_host and self.command in methods.split():
                groups = {key: unquote(value) for key, value in match.groupdict().items() if value}
                token = self.headers.get("Authorization", "").removeprefix("Bearer ") or None
                asked = self.headers.get("Range", "")
                try:
                    return respond(_Call(hub, groups, parse_qs(query), body, token, asked))
                except _RefusalError as refusal:
                    return refusal.answer
        return _Answer(404, b'{"error": "This hub has no such page"}')

    def send(self, path: str, answer: _Answer, cut_after: int | None) -> None:
        # Logged before the client can see it, since a test reads the log when its client is done.
        request = Request(self.command, path, answer.status, answer.range, 0)
        entry = self.server.hub.record(request)
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = b"" if self.command == "HEAD" else answer.body[:cut_after]
        for start in range(0, len(body), SEND_BYTES):
            chunk = body[start : start + SEND_BYTES]
            sent = replace(request, bytes_sent=start + len(chunk))
            self.server.hub.record(sent, entry)
            self.wfile.write(chunk)
        self.close_connection |= cut_after is not None


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that `server_close` waits for them: none outlives the hub
    request_queue_size = 128

    def __init__(self, hub: "LoopbackHub", host: str, port: int) -> None:
        self.hub = hub
        self.connections: set[socket.socket] = set()
        super().__init__((host, port), _Handler)
        self.url = f"http://{host}:{self.server_port}"
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), name=self.url)

    def server_bind(self) -> None:
        # HTTPServer's own looks our name up, which takes the network and maybe seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "loopback", self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # which is a client that went away
            super().handle_error(request, client_address)

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        for connection in tuple(self.connections):
            # Wakes the thread that waits for this connection's next request.
            with contextlib.suppress(OSError):  # the client has closed it meanwhile
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class LoopbackHub:
    """The dataset repos below `root`, served while the context is open.

    Each repo has one commit, `main`, made of its files' names and bytes. The files of `gated` repos
    need `token`, which is also the one that whoami knows. Parquet files, and any above 1 MB, are
    LFS: `resolve` redirects to a second host, 127.0.0.2 on the same port where the system allows.
    """

    def __init__(
        self, root: Path, *, gated: Collection[str] = (), token: str | None = None
    ) -> None:
        self.root, self.gated, self.token = root, frozenset(gated), token
        self.servers: tuple[_Server, ...] = ()
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._log: list[Request] = []
        self._faults: list[_Fault] = []
        self._large: dict[Path, tuple[tuple[int, int], _File]] = {}

    def __enter__(self) -> "LoopbackHub":
        first = _Server(self, "127.0.0.1", 0)
        self.servers = (first, self._second_server(first.server_port))
        for server in self.servers:
            server.thread.start()
        return self

    def _second_server(self, port: int) -> _Server:
        for host, at in (("127.0.0.2", port), ("127.0.0.2", 0)):
            try:
                return _Server(self, host, at)
            except OSError:  # the port is taken; or, on macOS, the address does not exist
                continue
        return _Server(self, "127.0.0.1", 0)

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
        for server in self.servers:
            server.stop()

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.servers[0].url

    @property
    def storage(self) -> str:
        """The other host, where LFS files are: `http://127.0.0.2:PORT`."""
        return self.servers[1].url

    def environment(self, home: Path) -> dict[str, str]:
        """The variables by which a client process uses this hub, anonymously, and nothing else.

        The hub is also the proxy for every other host, where it answers 404: `datasets` asks for
        `http://datasets-server.127.0.0.1:PORT`, which no resolver should be bothered with.
        """
        return {
            "HF_ENDPOINT": self.endpoint,
            "HF_HOME": str(home),
            "HF_TOKEN": "",
            "HF_HUB_DISABLE_XET": "1",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "http_proxy": self.endpoint,
            "https_proxy": self.endpoint,
            "no_proxy": "127.0.0.1,127.0.0.2,localhost",
        }

    def commit(self, repo: str) -> str:
        """The 40 hex digits of the repo's only commit; they change with any byte of it."""
        return self.read(repo)[1]

    @property
    def log(self) -> list[Request]:
        """Every request so far, in the order in which their answers began."""
        with self._lock:
            return list(self._log)

    def fail(
        self,
        pattern: str,
        *,
        times: int,
        status: int | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        cut_after: int | None = None,
        delay_seconds: float = 0.0,
        after: int = 0,
    ) -> None:
        """Make the next `times` requests that match go wrong, once `after` of them went well.

        `pattern` is searched in "METHOD path", spelled as in `log`. The request waits
        `delay_seconds`, then answers `status`, or what is right if that is None, with `headers`
        added; after `cut_after` bytes of the body the connection closes. Of several faults that
        match a request, the one set first is used up before the next.
        """
        what = _Fault(re.compile(pattern), times, status, headers, cut_after, delay_seconds, after)
        with self._lock:
            self._faults.append(what)

    def next_fault(self, request: str) -> _Fault | None:
        """The fault that befalls `request`, "METHOD path", which uses it up once."""
        with self._lock:
            for fault in self._faults:
                if fault.times and fault.pattern.search(request):
                    if fault.after:
                        fault.after -= 1
                        return None
                    fault.times -= 1
                    return fault
        return None

    def record(self, request: Request, entry: int | None = None) -> int:
        """Append to the log, or replace its `entry`; the entry's place."""
        with self._lock:
            if entry is None:
                self._log.append(request)
                return len(self._log) - 1
            self._log[entry] = request
            return entry

    def read(self, repo: str) -> tuple[dict[str, _File], str]:
        """The files of `repo` by path, as they are on disk now, and the commit that they make."""
        folder = self.root / repo
        files = {
            where.relative_to(folder).as_posix(): self._file(where, folder)
            for where in sorted(folder.rglob("*"))
            if where.is_file()
        }
        lines = "".join(f"{file.path} {file.size} {file.sha256}\n" for file in files.values())
        return files, hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()

    def _file(self, where: Path, folder: Path) -> _File:
        # Large files are hashed once. Small ones always, for tests write the same file twice within
        # a tick of the file system's clock.
        stamp = (where.stat().st_size, where.stat().st_mtime_ns)
        known = self._large.get(where)
        if known and known[0] == stamp:
            return known[1]
        blob = where.read_bytes()
        size, sha256, pointer_size = len(blob), hashlib.sha256(blob).hexdigest(), 0
        if where.suffix == ".parquet" or size > LFS_ABOVE_BYTES:
            blob = b"version https://git-lfs.github.com/spec/v1\n"
            blob += f"oid sha256:{sha256}\nsize {size}\n".encode()
            pointer_size = len(blob)
        oid = hashlib.sha1(b"blob %d\0" % len(blob) + blob, usedforsecurity=False).hexdigest()
        path = where.relative_to(folder).as_posix()
        file = _File(path, where, size, sha256, oid, pointer_size)
        if size > LFS_ABOVE_BYTES:
            self._large[where] = (stamp, file)
        return file
