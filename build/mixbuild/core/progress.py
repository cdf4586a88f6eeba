"""How far a piece of long work is, as it is told to whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Report(Protocol):
    """Called each time that a part of the work is done."""

    def __call__(
        self,
        done: int,
        total: int,
        *,
        rows: int = 0,
        size: int = 0,
        running: str = "",
        ended: str = "",
    ) -> None:
        """Take note of it.

        Args:
            done: how many parts are done.
            total: how many there are.
            rows: made so far by this work.
            size: of what was made so far, in bytes.
            running: what is being worked on.
            ended: what has come to its end with this part, and what came of it.
        """


def silent(done: int, total: int, **_: object) -> None:
    """Show nothing."""
