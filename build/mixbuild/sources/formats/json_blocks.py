"""A JSON file in pieces of whole records: of lines, or of an array, which is taken apart here.

What stands between the records of an array is made blank, so that Arrow reads them like lines. Of
an array that is not as it should be, the rest is left as it is, for a reader that can tell why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from mixbuild.sources.formats.json_text import BEGIN, BLANK, DONE, FIRST, LINES, NEXT, VALUE, Text
from mixbuild.sources.formats.opened import BOM
from mixbuild.sources.location import BATCH_BYTES

QUOTE, BACKSLASH, SPACE, COMMA, LEFT, RIGHT = b'"\\ ,{}'
BLANKS = BLANK.encode()

LONG_BYTES = 2**16
"""What is more than anyone need see of a text to know that it is one."""

BRACKET = 0x20
"""The bit by which braces differ from brackets."""

ARRAY, OPEN, CLOSE, NEXT_ONE, END, STRAY = b"[oc,]x"
"""What an array has: its begin, a record's begin and end, a comma, its end, anything else."""

FAULT = re.compile(rb"x|\[[^o\]]|o[^c]|c[^,\]]|,[^o]|\].")
"""What does not follow in an array."""

AFTER = {0: BEGIN, ARRAY: FIRST, OPEN: VALUE, CLOSE: NEXT, NEXT_ONE: VALUE, END: DONE}
"""Where a reader is after it, or after nothing; a record that is begun is read from its begin."""


class Block(NamedTuple):
    """A piece of a file.

    Attributes:
        text: its bytes.
        state: where a reader of ``json_text`` is before it; with any but ``LINES``, the blocks
            that follow go on with it.
    """

    text: Text
    state: str = LINES


def blocks(file: BinaryIO) -> Iterator[Block]:
    """Pieces of about ``BATCH_BYTES``, of whole records, or of one that is larger."""
    rest = pieces(file)
    # as many as tell what it is
    begun = b""
    while not begun.strip(BLANKS) and (piece := next(rest, b"")):
        begun += piece
    is_array = begun.lstrip(BLANKS).startswith(b"[")
    yield from (_of_array if is_array else _of_lines)(chain([begun], rest))


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """What a file has, without the mark of its encoding, about ``BATCH_BYTES`` at a time."""
    piece = file.read(BATCH_BYTES)
    if piece.startswith(BOM):
        piece = piece[len(BOM) :]
    while piece:
        yield piece
        piece = file.read(BATCH_BYTES)


def _of_lines(parts: Iterator[bytes]) -> Iterator[Block]:
    held = _Held()
    for piece in parts:
        end = (piece.find if held.is_large else piece.rfind)(b"\n") + 1
        held.add(memoryview(piece)[: end or None])
        if end:
            yield Block(held.take())
            held.add(memoryview(piece)[end:])
    if rest := held.take():
        yield Block(rest)


def _of_array(parts: Iterator[bytes]) -> Iterator[Block]:
    held, scan = _Held(), _Scan()
    for piece in parts:
        last = scan.last
        clean = bytearray(piece)
        ends = scan.read(clean)
        if ends is None:  # nothing before this piece was wrong
            yield Block(held.take() + piece, AFTER[last])
            yield from (Block(rest, AFTER[last]) for rest in parts)
            return
        begin = 0
        for end in dict.fromkeys([*(ends[:1] if held.is_large else ()), *ends[-1:]]):
            held.add(memoryview(clean)[begin : end + 1])
            begin = end + 1
            yield Block(held.take())
        held.add(memoryview(clean)[begin:])
    rest = held.take()
    if scan.last != END:
        yield Block(rest, AFTER[scan.last])
    elif rest.strip():
        yield Block(rest)


def without_long_texts(block: Text) -> bytes:
    """The same records, with nothing in each text of more than ``LONG_BYTES``.

    >>> without_long_texts(b'{"a": "' + b"x" * 99_999 + b'", "b": "x"}')
    b'{"a": "", "b": "x"}'
    """
    quotes = _Scan().quotes(np.frombuffer(block, np.uint8))
    begins, ends = quotes[: len(quotes) // 2 * 2].reshape(-1, 2).T
    are_long = ends - begins > LONG_BYTES
    cuts = [0, *np.stack([begins + 1, ends])[:, are_long].T.ravel().tolist(), len(block)]
    whole = memoryview(block)
    return b"".join(whole[begin:end] for begin, end in zip(cuts[::2], cuts[1::2], strict=True))


class _Held:
    """The text of a block so far, in one piece that grows: to join parts would take it twice."""

    def __init__(self) -> None:
        self._text = bytearray()

    @property
    def is_large(self) -> bool:
        """Whether it is to be a block by itself."""
        return len(self._text) >= BATCH_BYTES

    def add(self, part: memoryview) -> None:
        self._text += part

    def take(self) -> bytearray:
        """All of it, which is held here no longer."""
        whole, self._text = self._text, bytearray()
        return whole


class _Scan:
    """Reads an array piece by piece, and knows how deep within it, or in a text, a piece begins."""

    def __init__(self) -> None:
        self.last = 0
        self._depth = 0
        self._is_text = False
        self._is_escaped = False

    def read(self, piece: bytearray) -> list[int] | None:
        """Make blank what stands between records; where these end, or None for a fault."""
        found = np.frombuffer(piece, np.uint8)
        quotes = self.quotes(found)
        braces = found | BRACKET
        at = np.flatnonzero((braces == LEFT) | (braces == RIGHT) | (found == COMMA))
        at = at[np.searchsorted(quotes, at) % 2 == self._is_text]
        self._is_text ^= bool(len(quotes) % 2)
        kinds = found[at]
        step = (braces[at] == LEFT).astype(np.int64) - (braces[at] == RIGHT)
        depth = self._depth + np.cumsum(step)
        self._depth = int(depth[-1]) if len(depth) else self._depth
        seen = np.zeros(len(at), np.uint8)
        seen[(depth == 1) & (step == 1)] = STRAY
        seen[(depth == 1) & (kinds == ord("["))] = ARRAY
        seen[(depth == 2) & (step == 1)] = OPEN
        seen[(depth == 1) & (step == -1)] = CLOSE
        seen[(depth == 1) & (kinds == COMMA)] = NEXT_ONE
        seen[depth < 1] = STRAY
        seen[(depth == 0) & (kinds == ord("]"))] = END
        at, seen = at[seen > 0], seen[seen > 0]
        if FAULT.search(bytes([self.last] if self.last else []) + seen.tobytes()):
            return None
        if len(seen):
            self.last = int(seen[-1])
        found[at[np.isin(seen, (ARRAY, NEXT_ONE, END))]] = SPACE
        ends: list[int] = at[seen == CLOSE].tolist()
        return ends

    def quotes(self, found: npt.NDArray[np.uint8]) -> npt.NDArray[np.intp]:
        """Where texts begin and end: the quotes before which no backslash stands that counts."""
        quotes = np.flatnonzero(found == QUOTE)
        slashes = np.flatnonzero(found == BACKSLASH)
        if not len(slashes) and not self._is_escaped:
            return quotes
        # the first of each run of backslashes; one that goes on from the last piece is longer
        begins = slashes[np.diff(slashes, prepend=-2) != 1]
        if self._is_escaped:
            begins = np.concatenate([[-1], begins[begins > 0]])
        run = begins[np.searchsorted(begins, quotes) - 1] if len(begins) else quotes
        is_after = found[quotes - 1] == BACKSLASH
        is_after[quotes == 0] = self._is_escaped
        self._is_escaped = bool(
            len(slashes) and slashes[-1] == len(found) - 1 and (len(found) - begins[-1]) % 2
        )
        counted: npt.NDArray[np.intp] = quotes[~(is_after & ((quotes - run) % 2 == 1))]
        return counted
