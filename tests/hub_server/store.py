"""The repos of the loopback Hub with their history, kept in a plain folder that outlives it.

`<root>/.hub/<org>/<name>/` holds `repo.json` (references and discussions; replaced as a whole, so
that a commit is there or is not), `commits/<oid>.json` (parent, title, files by path) and
`blobs/<sha256>`. A repo without `repo.json` is a mount: see `Mounts`. It becomes a repo with
history at the first write, and what was mounted is then its first commit.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hub_server import commits
from hub_server.commits import Blobs, Commit, Operation, Put
from hub_server.exchange import RefusalError
from hub_server.files import LFS_SUFFIXES, Mounts
from hub_server.ways import Ways

MAIN = "refs/heads/main"
MOUNTED = "mounted"
_ATTRIBUTES = "".join(f"*{suffix} filter=lfs diff=lfs merge=lfs -text\n" for suffix in LFS_SUFFIXES)
_ABBREVIATED_DIGITS = 7


@dataclass
class Repo:
    """What changes about a repo; its commits never do."""

    private: bool = False
    deleted: bool = False  # only of a mount, whose folder stays
    moved_to: str = ""  # the name that it has now
    refs: dict[str, str] = field(default_factory=dict)  # refs/heads/main, refs/tags/v1, refs/pr/2
    discussions: list[dict[str, Any]] = field(default_factory=list)  # and pull requests: 1, 2, ...
    commits_made: int = 0


class Store:
    """Every method may be called from any thread; writes wait for each other."""

    def __init__(self, root: Path, ways: Ways) -> None:
        self.ways = ways
        self.mounts = Mounts(root, self.ways)
        self.folder, self.lock = root / ".hub", threading.RLock()

    def exists(self, repo: str) -> bool:
        state = self._load(repo)
        return not state.deleted if state else self.mounts.exists(repo)

    def is_private(self, repo: str) -> bool:
        state = self._load(repo)
        return state is not None and state.private

    def publish(self, repo: str) -> None:
        """Everybody may see the repo from now on, which is made if it is not there."""
        with self.lock:
            if not self.exists(repo):
                self.create(repo)
            with self.changing(repo) as state:
                state.private = False

    def look(self, repo: str) -> Repo:
        """The repo as it is now."""
        return self._load(repo) or Repo(refs={MAIN: self.mounts.read(repo)[0]})

    def create(self, repo: str, *, private: bool = False) -> None:
        """A new repo, of one commit that holds `.gitattributes`, as on the real Hub."""
        with self.lock:
            if self.exists(repo):
                raise RefusalError(409, "", f"You already created this dataset repo: {repo}")
            state, attributes = Repo(private), [Put(".gitattributes", _ATTRIBUTES.encode())]
            self._advance(repo, state, ref=MAIN, operations=attributes, title="initial commit")
            self._save(repo, state)

    def delete(self, repo: str) -> None:
        """The folder of a mount stays, and is served no more."""
        with self.lock:
            shutil.rmtree(self.folder / repo, ignore_errors=True)
            if self.mounts.exists(repo):
                self._save(repo, Repo(deleted=True))

    def rename(self, repo: str, to: str) -> None:
        """Under its old name, clients are sent to the new one."""
        with self.changing(repo):
            pass  # so that a mount has a history, which can be moved
        with self.lock:
            (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.folder / repo, self.folder / to)
            self._save(repo, Repo(deleted=True, moved_to=to))

    def moved_to(self, repo: str) -> str:
        """The name that the repo has now; empty if it has kept its own."""
        state = self._load(repo)
        return state.moved_to if state else ""

    def commit_at(self, repo: str, revision: str) -> Commit:
        """What a branch, a tag, refs/pr/N, or a commit (seven digits suffice) stands for."""
        state = self._load(repo)
        if state is None:
            oid, files = self.mounts.read(repo)
            if revision in ("main", MAIN) or _abbreviates(revision, oid):
                return Commit(oid, None, MOUNTED, "", commits.date(0), files)
        else:
            for ref in (f"refs/heads/{revision}", f"refs/tags/{revision}", revision):
                if ref in state.refs:
                    return self._read_commit(repo, state.refs[ref])
            for path in sorted((self.folder / repo / "commits").glob("*.json")):
                if _abbreviates(revision, path.stem):
                    return self._read_commit(repo, path.stem)
        raise RefusalError(404, "RevisionNotFound", f"Invalid rev id: {revision}")

    def history(self, repo: str, revision: str) -> list[Commit]:
        """The commit at the revision and those before it, newest first."""
        found = [self.commit_at(repo, revision)]
        while (parent := found[-1].parent) is not None:
            found.append(self._read_commit(repo, parent))
        return found

    def commit(
        self,
        repo: str,
        operations: Sequence[Operation],
        *,
        revision: str,
        title: str,
        message: str = "",
        parent: str | None = None,
    ) -> Commit:
        """Move a branch or a pull request on, provided that it is still at `parent`, if given."""
        with self.changing(repo) as state:
            names = (f"refs/heads/{revision}", revision)
            ref = next((name for name in names if name in state.refs), "")
            if not ref.startswith(("refs/heads/", "refs/pr/")):
                raise RefusalError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            now = state.refs[ref]
            is_now = _abbreviates(parent or now, now)
            if not self.ways.takes_abbreviated:
                is_now = parent in (None, now)
            if not (is_now or self.ways.ignores_parent):
                reason = "A commit has happened since. Please refresh and try again."
                raise RefusalError(412, "", reason)
            return self._advance(
                repo, state, ref=ref, operations=operations, title=title, message=message
            )

    def propose(
        self,
        repo: str,
        operations: Sequence[Operation],
        *,
        revision: str,
        title: str,
        message: str = "",
    ) -> tuple[Commit, int]:
        """Commit onto a new pull request, which begins at the revision; its number too."""
        with self.changing(repo) as state:
            number = self.discuss(state, title=title, description=message, pull_request=True)
            ref = f"refs/pr/{number}"
            state.refs[ref] = self.commit_at(repo, revision).oid
            made = self._advance(
                repo, state, ref=ref, operations=operations, title=title, message=message
            )
            return made, number

    @staticmethod
    def discuss(state: Repo, *, title: str, description: str, pull_request: bool) -> int:
        facts = {"title": title, "description": description, "pull_request": pull_request}
        state.discussions.append(facts | {"status": "draft" if pull_request else "open"})
        return len(state.discussions)

    @contextlib.contextmanager
    def changing(self, repo: str) -> Iterator[Repo]:
        """The repo's state, under the lock; it is kept unless the block raises."""
        with self.lock:
            state = self._load(repo) or self._with_history(repo)
            yield state
            self._save(repo, state)

    def blobs(self, repo: str) -> Blobs:
        return Blobs(self.folder / repo / "blobs")

    def find_blob(self, repo: str, sha256: str) -> Path | None:
        """Where the bytes with this digest are, if the repo has them: committed, or uploaded."""
        mounted = () if self._load(repo) else self.mounts.read(repo)[1].values()
        found = (file.where for file in mounted if file.sha256 == sha256)
        return self.blobs(repo).find(sha256) or next(found, None)

    def _with_history(self, repo: str) -> Repo:
        first = self.commit_at(repo, "main")
        for file in first.files.values():
            self.blobs(repo).add(file.sha256, file.chunks())
        self._write_commit(repo, first)
        return Repo(refs={MAIN: first.oid}, commits_made=1)

    def _advance(
        self,
        repo: str,
        state: Repo,
        *,
        ref: str,
        operations: Sequence[Operation],
        title: str,
        message: str = "",
    ) -> Commit:
        parent = self._read_commit(repo, state.refs[ref]) if ref in state.refs else None
        made = commits.make(
            commits.apply(parent.files if parent else {}, operations, self.blobs(repo), self.ways),
            number=state.commits_made,
            parent=parent.oid if parent else None,
            title=title,
            message=message,
            ways=self.ways,
        )
        self._write_commit(repo, made)
        state.refs[ref] = made.oid
        state.commits_made += 1
        return made

    def _read_commit(self, repo: str, oid: str) -> Commit:
        text = (self.folder / repo / "commits" / f"{oid}.json").read_text("utf-8")
        return commits.from_json(oid, text, self.blobs(repo))

    def _write_commit(self, repo: str, commit: Commit) -> None:
        _write(self.folder / repo / "commits" / f"{commit.oid}.json", commits.to_json(commit))

    def _load(self, repo: str) -> Repo | None:
        try:
            return Repo(**json.loads((self.folder / repo / "repo.json").read_text("utf-8")))
        except FileNotFoundError:
            return None

    def _save(self, repo: str, state: Repo) -> None:
        _write(self.folder / repo / "repo.json", json.dumps(asdict(state), indent=1))


def _abbreviates(revision: str, oid: str) -> bool:
    return len(revision) >= _ABBREVIATED_DIGITS and oid.startswith(revision)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".incoming")
    beside.write_text(text, "utf-8")
    beside.replace(path)
