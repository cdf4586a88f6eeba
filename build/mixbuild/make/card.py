"""The card beside a build's shards: it tells of what the manifest lists, or else it is not there.

``datasets`` reads what a card names. One that tells of an earlier build would have rows loaded that
this one does not have, without a word.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

CARD = "README.md"

CARD_BEGINS = "<!-- instruct_mix: generated from here; edits are overwritten -->"
"""The line above what is generated of it: a card without it is somebody else's."""


def has_card(out: Path) -> bool:
    """Whether there is a card of ours in an output folder."""
    with contextlib.suppress(OSError):  # there is none, or it is a folder
        return CARD_BEGINS.encode() in (out / CARD).read_bytes()
    return False


def forget_card(out: Path) -> None:
    """Remove it, before its build is another one.

    Raises:
        OSError: the system refuses.
    """
    if has_card(out):
        (out / CARD).unlink(missing_ok=True)
