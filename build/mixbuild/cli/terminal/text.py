r"""A text, or a source record, that is fit to be seen.

Source texts hold anything: a control character in them could steer the terminal.
What could is shown as an escape, and what is too long without its middle.

>>> shown("red: \x1b[31m, twice the line\r\n").plain
'red: \\x1b[31m, twice the line\\r\n'
>>> print(record({"id": 7, "answers": {"text": ["a", "b"]}}))
{
  "id": 7,
  "answers": {
    "text": ["a", "b"]
  }
}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from rich.text import Text

from mixbuild.declare import Path

LONGEST_SHOWN = 600
"""Characters of a text that are shown; the middle of a longer one is left out, and said to be."""

MOST_SHOWN = 12
"""Items of a list that are shown, likewise."""

WIDEST = 76
"""Characters of a list that is shown on one line."""

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What a terminal might obey, and what turns a line around; not the line's end, not the tab."""


def shown(text: str, style: str = "") -> Text:
    """A text in one style, short enough and without a character that a terminal would obey."""
    short = shorten(text)
    made = Text(style=style)
    end = 0
    for found in UNSAFE.finditer(short):
        made.append(short[end : found.start()])
        made.append(found[0].encode("unicode_escape").decode(), "dim")
        end = found.end()
    return made.append(short[end:])


def escaped(text: str) -> str:
    """A text without a character that a terminal would obey."""
    return UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def shorten(text: str) -> str:
    """A text, without its middle where it is long."""
    if len(text) <= LONGEST_SHOWN:
        return text
    half = LONGEST_SHOWN // 2
    return f"{text[:half]} [… {len(text) - 2 * half:,} characters …] {text[-half:]}"


def one_line_json(value: object, *, ascii_only: bool = False) -> str:
    """JSON that is safe to show, and still the same JSON: what is escaped is within strings."""
    text = json.dumps(value, ensure_ascii=ascii_only, default=_described)
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def record(raw: Mapping[str, object], styles: Mapping[Path, str] | None = None) -> Text:
    """A source record, as JSON that is easy to read.

    Args:
        raw: the record.
        styles: of columns, and of fields within struct columns.
    """
    made = Text()
    _write(made, raw, (), "", styles or {})
    return made


def _write(made: Text, value: object, path: Path, style: str, styles: Mapping[Path, str]) -> None:
    indent = "  " * len(path)
    if isinstance(value, Mapping) and value:
        made.append("{\n", style)
        for place, (key, each) in enumerate(value.items()):
            inside = (*path, str(key))
            own = styles.get(inside, style)
            made.append(f"{indent}  ").append(f"{one_line_json(key)}: ", own)
            _write(made, each, inside, own, styles)
            made.append(",\n" if place < len(value) - 1 else "\n", style)
        made.append(f"{indent}}}", style)
    elif isinstance(value, (list, tuple)):
        made.append(listed(value, indent), style)
    else:
        made.append(_scalar(value), style)


def listed(values: Sequence[object], indent: str = "") -> str:
    """A list on one line, or an item each, without the middle ones where there are many."""
    half = MOST_SHOWN // 2
    some = list(map(_scalar, values))
    if len(values) > MOST_SHOWN:
        left_out = f"… {len(values) - 2 * half:,} items …"
        some = [*some[:half], left_out, *some[-half:]]
    whole = f"[{', '.join(some)}]"
    if len(whole) <= WIDEST:
        return whole
    lines = f",\n{indent}  ".join(some)
    return f"[\n{indent}  {lines}\n{indent}]"


def _scalar(value: object) -> str:
    return one_line_json(_shortened(value))


def _shortened(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _shortened(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shortened(each) for each in value]
    return shorten(value) if isinstance(value, str) else value


def _described(value: object) -> str:
    """What JSON has no form for: bytes, dates."""
    return f"<{len(value):,} bytes>" if isinstance(value, (bytes, bytearray)) else str(value)
