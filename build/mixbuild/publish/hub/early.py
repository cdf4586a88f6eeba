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

from mixbuild.publish.export import Offer
from mixbuild.publish.hub.client import asking
from mixbuild.publish.hub.plan import Target, look_at
from mixbuild.publish.hub.refs import make_place

HELD_BYTES = 64 * 2**20
"""A larger file goes with the rest: one that is sent early is held in memory."""


@contextmanager
def sending_early(api: HfApi, target: Target) -> Iterator[Offer]:
    """Yield what takes a file to be sent, unless one is on its way: who writes never waits for it.

    The repo is made for the first one, where there is none, and after what fails none is sent any
    more. At the end of the block the last one has arrived; at an error nobody waits for it.
    """
    placed, failed = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def send(file: CommitOperationAdd) -> None:
        try:
            if not placed.is_set():
                remote = look_at(api, target)
                if remote.commit is None:
                    make_place(api, remote, private=target.private)
                placed.set()
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
            failed.set()

    def offer(content: Path, path: str) -> None:
        if failed.is_set() or any(each.is_alive() for each in threads):
            return
        if content.stat().st_size > HELD_BYTES:
            return
        file = CommitOperationAdd(path, content.read_bytes())  # soon it has another name
        threads[:] = [threading.Thread(target=send, args=(file,), name="send-early", daemon=True)]
        threads[0].start()

    yield offer
    for each in threads:
        each.join()
