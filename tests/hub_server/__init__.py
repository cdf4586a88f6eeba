"""A Hugging Face Hub on the loopback: real HTTP, in front of the real clients.

`LoopbackHub` mounts a folder laid out as `<root>/<org>/<name>/...` and answers the requests by
which `datasets` and `huggingface_hub` read dataset repos and write to them, so that a test
exercises those libraries as users run them: redirects, ranges, retries, conflicts and error classes
included. Every request is logged, and `fail`, `before` and `after` make chosen ones go wrong.
Clients read HF_ENDPOINT on import, hence the subprocess:

    with LoopbackHub(tmp_path / "hub") as hub:
        environment = os.environ | hub.environment(tmp_path / "home")
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
        assert [request for request in hub.log if request.status >= 500] == []

In this process, `HfApi(endpoint=hub.endpoint, token=...)` does for all but what takes no endpoint.

What it serves: facts, trees, files and history of dataset repos; their creation and deletion;
commits, over LFS and in plain git, with `parentCommit` and 412; branches, tags, discussions and
pull requests; redirects of what has moved, and to a second host for LFS; gated and private repos.

What can go wrong, by `fail`, for the next requests that match a pattern: a status with headers,
such as 429 with Retry-After or RateLimit; a delay; a connection that is cut within the request, the
answer, or before it; a flipped byte. `before` and `after` do anything else, such as a push of
somebody who is faster, or the end of the client's process.

In what Hubs differ, by `ways`: commit ids of 64 digits; Parquet in plain git; no SHA-256 in the
tree; a parent that is ignored; files that are left out of a commit; operations that are marked as
ignored; no references, tags or history; an answer to a commit that says nothing; repos that are
private unless told otherwise. `ways` has them one by one.

What it does not serve is Xet: the client chunks, packs and hashes in `hf_xet`, and speaks to a
content-addressed store in binary formats of its own (xorbs, shards, reconstructions), which would
be another server as large as this one, and one that tests nothing of ours: above `hf_xet`, a push
goes the same way. A client that insists on Xet is answered 404 here, as by any Hub without it, and
so `environment` sets HF_HUB_DISABLE_XET=1.

    exchange    a request and its answer
    log         what was asked, and how it was answered
    files       files as the Hub describes them; folders that are mounted
    commits     commits, operations, the bytes they refer to
    cards       what the Hub finds wrong with a card
    store       repos with their history, in a plain folder
    reading     routes: facts, references, history, listings
    contents    routes: files down and up
    writing     routes: create, delete, preupload, commit
    references  routes: branches, tags, discussions, pull requests
    routes      which function answers which request
    faults      what a test orders to go wrong
    ways        in which Hubs differ from the real one
    server      HTTP
    clients     how a test asks it
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from hub_server.commits import Commit, Delete, Operation, Put
from hub_server.exchange import NO_HEADERS, RefusalError
from hub_server.faults import Fault, Orders
from hub_server.log import Log, Request
from hub_server.server import Server
from hub_server.store import Store
from hub_server.ways import Ways

__all__ = ["Commit", "LoopbackHub", "RefusalError", "Request", "Ways"]


class LoopbackHub:
    """The dataset repos below `root`, served while the context is open.

    A mounted folder is a repo of one commit, `main`, made of its files' names and bytes. Repos that
    were created or written to, by a client or by `upload`, have a history, which is kept below
    `root/.hub`, for the next hub on that root too; a mounted folder is then read no more.

    The files of `gated` repos need `token`, and so does all of a private repo; `token` is also the
    one that whoami knows and that may write. Without a `token`, anybody may. Parquet files and the
    like, and any above 1 MB, are LFS: `resolve` redirects to a second host, 127.0.0.2 on the same
    port where the system allows.
    """

    def __init__(
        self, root: Path, *, gated: Collection[str] = (), token: str | None = None
    ) -> None:
        self.root, self.gated, self.token = root, frozenset(gated), token
        self.ways = Ways()
        self.store, self.orders, self.requests = Store(root, self.ways), Orders(), Log()
        self.servers: tuple[Server, ...] = ()
        self.stopping = threading.Event()
        self.errors: list[Exception] = []  # of an action, or of this hub's own code

    def __enter__(self) -> LoopbackHub:
        first = Server(self, "127.0.0.1", 0)
        self.servers = (first, self._second_server(first.server_port))
        for server in self.servers:
            server.thread.start()
        return self

    def _second_server(self, port: int) -> Server:
        for host, at in (("127.0.0.2", port), ("127.0.0.2", 0)):
            try:
                return Server(self, host, at)
            except OSError:  # the port is taken; or, on macOS, the address does not exist
                continue
        return Server(self, "127.0.0.1", 0)

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self.stopping.set()
        for server in self.servers:
            server.stop()
        if self.errors and failure is None:
            raise self.errors[0]

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:PORT`, and the path below which this Hub is."""
        return self.servers[0].url + self.ways.below

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

    def commit(self, repo: str, revision: str = "main") -> str:
        """The hex digits of the repo's commit; a mount's change with any byte of it."""
        return self.store.commit_at(repo, revision).oid

    def commits(self, repo: str, revision: str = "main") -> list[Commit]:
        """The commit at the revision and all before it, newest first."""
        return self.store.history(repo, revision)

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """The content of every file at the revision, by path."""
        held = self.store.commit_at(repo, revision).files
        return {path: file.where.read_bytes() for path, file in held.items()}

    def upload(
        self,
        repo: str,
        files: Mapping[str, bytes | None],
        *,
        revision: str = "main",
        message: str = "upload",
    ) -> str:
        """Commit the files as somebody else would, None for one to delete; the commit's digits.

        A repo that does not exist is created; a mounted one has a history from then on.
        """
        with self.store.lock:
            if not self.store.exists(repo):
                self.store.create(repo)
            operations: list[Operation] = [
                Delete(path, is_folder=False) if content is None else Put(path, content)
                for path, content in files.items()
            ]
            return self.store.commit(repo, operations, revision=revision, title=message).oid

    def delete_repo(self, repo: str) -> None:
        """The repo is gone; of a mounted one the folder stays on the disk."""
        self.store.delete(repo)

    def rename(self, repo: str, to: str) -> None:
        """The repo has another name; whoever asks for the old one is sent on, as by the Hub."""
        self.store.rename(repo, to)

    @property
    def log(self) -> list[Request]:
        """Every request so far, in the order in which their answers began."""
        return self.requests.all()

    def fail(
        self,
        pattern: str,
        *,
        times: int,
        after: int = 0,
        status: int | None = None,
        body: bytes = b'{"error": "a fault set by the test"}',
        headers: Mapping[str, str] = NO_HEADERS,
        delay_seconds: float = 0.0,
        cut_after: int | None = None,
        cut_upload_after: int | None = None,
        lose_answer: bool = False,
        corrupt: bool = False,
    ) -> None:
        """Make the next `times` requests that match go wrong, once `after` of them went well.

        `pattern` is searched in "METHOD path", spelled as in `log`. Of several faults that match a
        request, the one set first is used up before the next.

        Args:
            status: answered in place of carrying the request out
            body: of that answer
            headers: added to the answer, whatever it is
            delay_seconds: before anything else happens
            cut_after: the connection closes after that many bytes of the answer's body
            cut_upload_after: it closes after that many bytes of the request's body
            lose_answer: the request is carried out, then the connection closes without an answer
            corrupt: the byte in the middle of the answer's body is flipped
        """
        self.orders.add_fault(
            Fault(
                re.compile(pattern),
                times=times,
                after=after,
                status=status,
                body=body,
                headers=headers,
                delay_seconds=delay_seconds,
                cut_after=cut_after,
                cut_upload_after=cut_upload_after,
                lose_answer=lose_answer,
                corrupt=corrupt,
            )
        )

    def before(self, pattern: str, action: Callable[[], object], *, times: int = 1) -> None:
        """Call `action` when one of the next `times` requests that match is about to be handled.

        It runs in the server, within the request, which waits for it: it may `upload`, so that
        somebody else comes first, or end the client's process. The request is carried out all the
        same, unless `fail` gives it a `status`. What an action raises, the hub raises as it stops.
        """
        self.orders.add_hook("before", pattern, action, times=times)

    def after(self, pattern: str, action: Callable[[], object], *, times: int = 1) -> None:
        """The same, when the request has been carried out and before it is answered."""
        self.orders.add_hook("after", pattern, action, times=times)
