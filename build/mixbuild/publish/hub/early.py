"""Files sent while the next ones are being written.

The Hub keeps large files by their hashes: what a file will be called, and in which commit, need not
be known yet. Nothing stands on what is sent here. What did not arrive goes with the rest, of what
did the Hub then asks for nothing more, and whatever is wrong is said there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi

from mixbuild.publish.hub.client import asking
from mixbuild.publish.hub.plan import Target
from mixbuild.sources import Factory, adopt, callers_factory

HELD_BYTES = 64 * 2**20
"""A larger file goes with the rest: one that is sent early is held in memory."""


class Early:
    """What takes a file to be sent, unless one is on its way: who writes never waits for it.

    After what fails none is sent any more. In each process that it is sent to, it sends what is
    written there.
    """

    def __init__(self, api: HfApi, target: Target, factory: Factory | None) -> None:
        """The Hub's client, where to, and what the caller has set to make clients by."""
        self._asked = (api, target, factory)
        self._failed = threading.Event()
        self._thread: threading.Thread | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return Early, self._asked

    def __call__(self, content: Path, path: str) -> None:
        """Send a file, by a thread."""
        if self._failed.is_set() or (self._thread is not None and self._thread.is_alive()):
            return
        if content.stat().st_size > HELD_BYTES:
            return
        file = CommitOperationAdd(path, content.read_bytes())  # soon it has another name
        self._thread = threading.Thread(
            target=self._send, args=(file,), name="send-early", daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Wait for the last one to have arrived."""
        if self._thread is not None:
            self._thread.join()

    def _send(self, file: CommitOperationAdd) -> None:
        api, target, factory = self._asked
        try:
            adopt(factory)
            with asking(target.repo):
                api.preupload_lfs_files(
                    target.repo,
                    [file],
                    repo_type="dataset",
                    revision=target.revision,
                    create_pr=target.create_pr,
                    gitignore_content="# none",  # as for all that is sent
                )
        except Exception:  # it is met again when the rest is sent, and explained there
            self._failed.set()


@contextmanager
def sending_early(api: HfApi, target: Target) -> Iterator[Early]:
    """Yield what sends; the block ends when all has arrived, and at an error waits for nothing."""
    early = Early(api, target, callers_factory())
    yield early
    early.wait()
