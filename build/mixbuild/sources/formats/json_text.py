"""The values of a JSON text, one after another, with numbers as they are written."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import TypeAlias

from mixbuild.core import SourceError

BLANK = " \t\n\r"
"""The white space of JSON."""

Text: TypeAlias = bytes | bytearray
"""A part of a file."""


class Number(str):
    """A number as it is written, such as ``1e5``."""

    __slots__ = ()


LARGE = 2**20
"""The characters of a record that is let go of as soon as it is read."""

BEGIN, LINES, FIRST, VALUE, NEXT, DONE = "begin", "lines", "first", "value", "next", "done"
"""Where a reader of a file is: before all; or after a line, ``[``, a comma, a value, ``]``."""

AFTER = {(BEGIN, "["): FIRST, (FIRST, "]"): DONE, (NEXT, "]"): DONE, (NEXT, ","): VALUE}
"""Where it is after a character that is no record's."""

TWICE = object()
"""Stands for the value of a key that a record has twice."""


def records_in(
    block: Text,
    more: Iterator[Text],
    *,
    where: str,
    first: int = 0,
    state: str = BEGIN,
) -> Iterator[tuple[object, int]]:
    """Each value of a text, be it in an array or by itself, and how long its own text is.

    Args:
        block: the text.
        more: what follows; of lines, no more of it is taken than the last of the text asks for.
        where: the file, for errors.
        first: the number of the first value within the file, for errors.
        state: where the text begins.

    Raises:
        SourceError: it is not JSON.
    """
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=Number
    )
    bytes_of = codecs.getincrementaldecoder("utf-8")()
    text, at, wanted, ended, row = bytes_of.decode(block), 0, 1, False, first
    are_lines = state == LINES
    del block
    while True:
        while at < len(text) and text[at] in BLANK:
            at += 1
        if at == len(text) and are_lines and not bytes_of.getstate()[0]:
            return
        if len(text) - at < wanted and not ended:
            piece = next(more, b"")
            text, at, ended = text[at:] + bytes_of.decode(piece, final=not piece), 0, not piece
            continue
        if at == len(text):
            if state in (FIRST, VALUE, NEXT):
                raise misshapen(where, row, "the end of the file within the array")
            return
        if follows := AFTER.get((state, text[at])):
            state, at = follows, at + 1
            continue
        if state in (NEXT, DONE):
            raise misshapen(where, row, repr(text[at : at + 40]))
        try:
            record, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            if ended:
                raise misshapen(where, row, f"{error.msg}: {text[at : at + 40]!r}") from None
            wanted = 2 * (len(text) - at)  # it may go on: look again when there is more of it
            continue
        except RecursionError:
            raise misshapen(where, row, "a record that is nested too deeply") from None
        size, at = end - at, end
        if size > LARGE:
            text, at = text[at:], 0
        held = [record]
        del record  # nobody else holds it while the caller works on it
        yield held.pop(), size
        state = LINES if state in (BEGIN, LINES) else NEXT
        wanted, row = 1, row + 1


def records_under(
    blocks: Iterator[bytes], field: str, *, where: str
) -> Iterator[tuple[object, int]]:
    """The records under a key of the only value of a file, and how long each is, about."""
    for document, size in records_in(b"", blocks, where=where):
        rows = document.get(field) if isinstance(document, dict) else None
        if not isinstance(rows, list):
            raise SourceError(
                f"{where}: expected an object with a list of records under {field!r}, as the card "
                f"says, got none; mend the card"
            )
        for each in rows:
            yield each, size // len(rows)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        made.update({name: TWICE for name in made if names.count(name) > 1})
    return made


def misshapen(where: str, row: int, shown: str) -> SourceError:
    """One line about what is no record."""
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
    return SourceError(
        f"{where}: row {row}: expected a JSON object for each row, a line each or in one array, "
        f"got {shown}; the file may be damaged, fetch it again"
    )
