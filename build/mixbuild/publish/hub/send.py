"""Files on their way to the Hub, ahead of the commit that names them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from copy import copy
from functools import partial
from pathlib import Path
from typing import BinaryIO

from huggingface_hub import CommitOperationAdd, HfApi

from mixbuild.core import HubError, Report, VerifyError, glance
from mixbuild.publish.hub.plan import Plan, Target
from mixbuild.publish.release import File

SENT_AT_ONCE = 8


class Sent(CommitOperationAdd):
    """A file that tells how far it was read as it is sent.

    Not over Xet: `hf_xet` reads by itself, and counts for the client's own bars alone, which
    `preupload_lfs_files` hands on to nobody. The bytes then move by as many files as go at once.
    """

    told: Callable[[int], None]

    @contextmanager
    def as_file(self, with_tqdm: bool = False) -> Iterator[BinaryIO]:
        """What the client reads it by: the client's own way to count, with our count in it."""
        with super().as_file(with_tqdm) as file:
            if not isinstance(self.path_or_fileobj, bytes):
                read = file.read

                def counted(size: int = -1) -> bytes:
                    content = read(size)
                    self.told(file.tell())
                    return content

                file.read = counted  # type: ignore[method-assign]
            yield file


Known = MutableMapping[tuple[str, str], Sent]
"""What was read and hashed, by path and SHA-256."""


def send(api: HfApi, target: Target, plan: Plan, *, known: Known, report: Report) -> list[Sent]:
    """Send the files ahead of their commit; the Hub asks for no more than what it has not got.

    What was read and hashed is ``known`` from one attempt to the next, and each works on copies:
    the client notes in an operation what the Hub holds, and leaves out of the commit what is the
    same; by the next attempt the Hub may hold something else.

    Raises:
        HubError: the Hub would have a file left out of the commit.
        VerifyError: a file changed since it was checked.
    """
    files = plan.changes.sent
    additions: list[Sent] = []
    total = sum(file.size for file in files)
    done = 0
    read: dict[str, int] = {}  # of the files under way; one that is tried again is counted once
    report(done, total)

    def tell(path: str, position: int) -> None:
        read[path] = max(position, read.get(path, 0))
        report(done + sum(read.copy().values()), total)

    for start in range(0, len(files), SENT_AT_ONCE):
        batch = files[start : start + SENT_AT_ONCE]
        for file in batch:
            if (file.path, file.sha256) not in known:
                known[file.path, file.sha256] = addition(file)
            additions.append(copy(known[file.path, file.sha256]))
            additions[-1].told = partial(tell, file.path)
        # tried again by the library itself, each request on its own
        api.preupload_lfs_files(
            target.repo,
            additions[start:],
            repo_type="dataset",
            revision=target.revision,
            create_pr=target.create_pr,
            free_memory=False,  # the commit needs those that are no LFS files
            gitignore_content="# none",  # else what the repo's own names would be left out
        )
        for each in additions[start:]:
            if each._should_ignore:  # the client would leave it out without a word
                raise HubError(
                    f"{target.repo}: expected {each.path_in_repo} in the commit, got word from "
                    f"the Hub to leave it out, so it was not made; take the rule that names it out "
                    f"of the repo's .gitignore"
                )
        read.clear()
        done += sum(file.size for file in batch)
        report(done, total)
    return additions


def addition(file: File) -> Sent:
    """What is sent must be what was planned: the manifest beside it names its SHA-256.

    A file that nobody touched since it was hashed is not read for that again; over LFS
    the Hub compares what arrives with the hash that it was told.
    """
    content = file.content if isinstance(file.content, bytes) else str(file.content)
    made = Sent(file.path, content)
    if isinstance(file.content, Path) and glance(file.content) == file.stamp:
        made.upload_info.sha256 = bytes.fromhex(file.sha256)
    got = made.upload_info.sha256.hex()
    if got != file.sha256:
        where = file.path if isinstance(content, bytes) else content
        raise VerifyError(
            f"{where}: expected the SHA-256 {file.sha256}, got {got}: it changed since it was "
            f"checked, and was not sent; push again"
        )
    return made
