"""Ways in which Hubs differ from the real one; a test sets those that it is about.

Each was seen on a Hub that somebody else wrote, or is what one may do that serves the same
clients: none is a fault, which `faults` has.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass


@dataclass
class Ways:
    """How this Hub goes its own ways; as it stands, none."""

    commit_digits: int = 40
    """Of the ids of commits, from the next commit on; 64 for a git of the newer kind."""
    takes_abbreviated: bool = True
    """Whether the first digits of a parent's id will do, of which clients send no more than 40."""
    keeps_all_in_git: bool = False
    """Parquet too: no file is LFS, and the tree has git's own hash of each."""
    lists_no_lfs: bool = False
    """LFS files are listed as git has them: by the hash of the pointer."""
    ignores_parent: bool = False
    """A commit is made on top of whatever there is."""
    skips: str = ""
    """Of a commit, files whose path has this pattern are left out without a word."""
    ignores: str = ""
    """Clients are told to leave such files out, whatever `.gitignore` they send along."""
    has_refs: bool = True
    """Whether branches and tags can be listed."""
    has_auth_check: bool = True
    """Whether it says beforehand if a token may write."""
    has_tags: bool = True
    """Whether a commit can be given a tag."""
    has_history: bool = True
    """Whether the commits of a branch can be listed."""
    tells_commit: bool = True
    """Whether the answer to a commit says its id, and that to a proposal its address."""
    below: str = ""
    """The path that it is served below, beside whatever else that host has: ``/mirrors/hf``."""
    private_by_default: bool = False
    """Whether a repo is private if who makes it says nothing about it, as organisations may set."""

    def commit_id(self, content: bytes) -> str:
        """What a commit of this content is called."""
        algorithm = "sha1" if self.commit_digits == 40 else "sha256"
        return hashlib.new(algorithm, content, usedforsecurity=False).hexdigest()

    def leaves_out(self, path: str) -> bool:
        return bool(self.skips and re.search(self.skips, path))

    def tells_to_leave_out(self, path: str) -> bool:
        return bool(self.ignores and re.search(self.ignores, path))
