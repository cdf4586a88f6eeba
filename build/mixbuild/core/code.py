"""A hash of this package's own code: what the key of a cached file takes for what made it."""

from __future__ import annotations

import functools
import hashlib

import pyarrow as pa

from mixbuild import __version__
from mixbuild.core.resources import PACKAGE


@functools.cache
def hash_code(*parts: str) -> str:
    """A hash of the modules, of this package's version, and of the Arrow that runs them.

    Args:
        parts: rooms, which stand for every module in them, and single modules, below the package:
            ``"core"``, ``"make/shard.py"``.

    Returns:
        16 hexadecimal digits.

    Raises:
        OSError: there is no such module.
    """
    digest = hashlib.sha256(f"{__version__} pyarrow {pa.__version__}".encode())
    for part in parts:
        found = PACKAGE / part
        for path in sorted(found.rglob("*.py")) if found.is_dir() else [found]:
            text = path.read_bytes()
            digest.update(f"{path.relative_to(PACKAGE).as_posix()} {len(text)}\n".encode() + text)
    return digest.hexdigest()[:16]
