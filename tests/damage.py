"""What may lie where a file of ours was: a loss of power, another version, a stranger did it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def _flipped(content: bytes) -> bytes:
    """One bit in the middle is another."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes] | bytes | None] = {
    "missing": None,
    "empty": b"",
    "cut": lambda content: content[: len(content) // 2],
    "a byte less": lambda content: content[:-2],
    "longer": lambda content: content + content,
    "flipped": _flipped,
    "text": b"Killed",
    "deep": b"[" * 100_000,
    "no object": b"[1, 2]",
    "no fields": b"{}",
    "null": b"null",
    "wrong types": b'{"unit": 1, "key": [], "entry": {}, "rows": -1, "drops": [], "bytes": null}',
    "a field less": lambda content: content.replace(b'"content_digest"', b'"another_digest"'),
    "huge": lambda content: content.replace(b'"rows": ', b'"rows": ' + b"9" * 5_000),
    "of another": lambda content: content.replace(b'"unit": "', b'"unit": "f').replace(
        b'"key": "', b'"key": "f'
    ),
    "no text": bytes(range(256)),
}
"""By name, what a file's content becomes; None where there is no file any more."""


def damage(path: Path, how: str) -> None:
    """Do to a file what ``DAMAGES`` says."""
    other = DAMAGES[how]
    if other is None:
        path.unlink()
    else:
        path.write_bytes(other(path.read_bytes()) if callable(other) else other)
