"""The file that declares a task, as a manifest keeps it and as it is published."""

from __future__ import annotations

import hashlib

from mixbuild.core import Record

DECLARATIONS = "tasks"
"""The folder of these files, where they are published."""


class Declaration(Record, frozen=True):
    """The text of the file that declares a task, and its hash."""

    text: str
    sha256: str

    @classmethod
    def of(cls, text: str) -> Declaration | None:
        """Of a file's text; None of a task that no file declares."""
        return cls(text, text_sha256(text)) if text else None

    def path(self, task: str) -> str:
        """Where it is published; each version of a file can stand beside the others."""
        return f"{DECLARATIONS}/{task}-{self.sha256[:8]}.py"


def text_sha256(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
