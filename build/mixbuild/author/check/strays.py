r"""Text that nobody meant to write: remains of escapes, placeholders and encodings.

>>> [kind for kind, _ in in_own_text("Read this.\nnQuestion: {text} caf\u00c3\u00a9")]
['a letter glued to a line break', 'an unfilled placeholder', 'a broken encoding']
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.author.check.wording import HOLE

# what the bytes 0x80 to 0xBF of UTF-8 look like in Latin-1 or Windows-1252
TRAILING = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"

ANYWHERE: Mapping[str, str] = MappingProxyType(
    {
        "a backslash and a letter for a line break": r"\\[nrt](?:[^a-z]|$)",
        "a broken encoding": f"[ÂÃ][{TRAILING}]|â[€\x80][{TRAILING}]|ï¿½",
        "a replacement character": "\ufffd",
        "a control character": "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]",
    }
)
"""Kind -> pattern for what is out of place wherever it comes from; RE2 and ``re`` agree on them."""

IN_TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        # "\nn" where "\n\n" was meant: no word begins with an n and another consonant
        "a letter glued to a line break": (
            rf"\n[nrt](?=[A-Z{HOLE}\n])|\nn(?!th\b)(?=[b-df-hj-np-tv-xz])"
        ),
        "an unfilled placeholder": r"\{\w*\}",
    }
)
"""Kind -> pattern for what a source may well have, and a template not."""


def in_own_text(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Each kind that a template's own text has, and where it first stands."""
    for kind, pattern in {**IN_TEMPLATES, **ANYWHERE}.items():
        if match := re.search(pattern, text):
            yield kind, match


def has(texts: pa.StringArray, kind: str) -> pa.BooleanArray:
    """Which of the texts have something of a kind of ``ANYWHERE``."""
    return pc.match_substring_regex(texts, ANYWHERE[kind])


def all_text(records: pa.RecordBatch) -> pa.StringArray:
    """All the text of each record, from strings, lists and structs, in one string."""
    return pa.array(("\n".join(_strings(record)) for record in records.to_pylist()), pa.string())


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)
