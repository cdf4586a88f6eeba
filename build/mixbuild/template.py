r"""The three-part prompt template: an instruction, ``{placeholders}``, ``[OUTPUT]:``.

>>> seed = Template("seed", "Classify this sentence sentiment: {text} \n[OUTPUT]: {label}")
>>> seed.prompt
('Classify this sentence sentiment: ', Placeholder('text'), ' \n[OUTPUT]:')
>>> seed.completion
(' ', Placeholder('label'))
>>> print(join(seed.completion, {"label": pc.field("label")}))
binary_join_element_wise(" ", label, "")
>>> join(seed.completion, {"label": pa.array(["positive", None])}).to_pylist()
[' positive', None]

Only the template's own text is ever parsed. What fills a placeholder passes
through untouched, be it ``{braces}`` or ``[OUTPUT]:``. Pure: no input, no output.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.errors import TemplateError

MARKER = "[OUTPUT]:"
NAME = re.compile(r"[a-z][a-z0-9_]*")
"""What a task, a template and a placeholder may be called."""


class Placeholder(str):
    """The name between two braces, kept apart from literal text by its type."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Placeholder({str(self)!r})"


Text = TypeVar("Text", pc.Expression, pa.StringArray)

Parts: TypeAlias = tuple[str, ...]
"""Literal text and placeholders, in order."""


@dataclass(frozen=True)
class Template:
    r"""A named template, valid from the moment it exists.

    Args:
        name: unique within its task, in ``snake_case``.
        text: the template itself. ``{{`` and ``}}`` stand for literal braces.

    Raises:
        TemplateError: naming everything that is wrong with the text, with positions.

    >>> Template("Shout", "Shout: {text} [OUTPUT]: {text}")
    Traceback (most recent call last):
    mixbuild.errors.TemplateError: template 'Shout': expected a name in snake_case
    """

    name: str
    text: str
    prompt: Parts = field(init=False, repr=False, compare=False)
    completion: Parts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = [] if NAME.fullmatch(self.name) else ["expected a name in snake_case"]
        parts: Parts = ()
        try:
            pieces = list(_parse(self.text))
        except ValueError as error:
            faults.append(str(error))
        else:
            faults += _faults(self.text, pieces)
            parts = tuple(piece for piece, _, _ in pieces)
        if faults:
            raise TemplateError(f"template {self.name!r}: {'; '.join(faults)}")
        prompt, completion = _split(parts)
        object.__setattr__(self, "prompt", prompt)
        object.__setattr__(self, "completion", completion)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The distinct placeholders, in order of first use."""
        parts = self.prompt + self.completion
        return tuple(dict.fromkeys(str(part) for part in parts if isinstance(part, Placeholder)))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The distinct placeholders of the completion, in order of first use."""
        return tuple(
            dict.fromkeys(str(part) for part in self.completion if isinstance(part, Placeholder))
        )

    @property
    def sha256(self) -> str:
        """The hash of the template's text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def join(parts: Parts, slots: Mapping[str, Text]) -> Text:
    """Join literal text and what fills the placeholders, row by row, in one Arrow kernel.

    Of expressions it makes an expression, of arrays an array. A null in any of
    them makes the whole null: nothing is rendered by half.
    """
    operands = [slots[str(part)] if isinstance(part, Placeholder) else part for part in parts]
    return pc.binary_join_element_wise(*operands, "")


def _parse(text: str) -> Iterator[tuple[str, int, str]]:
    """Yield (part, its position in the text, what is wrong with it or nothing)."""
    literal, start, position = "", 0, 0
    try:
        fields = list(Formatter().parse(text))
    except ValueError:
        at = _unbalanced_brace(text)
        raise ValueError(
            f"unbalanced {text[at]!r} at character {at + 1}; write {text[at] * 2} for a literal one"
        ) from None
    for before, name, spec, conversion in fields:
        literal += before
        position += len(before)
        if name is None:  # the end, or an escaped brace, which ends in one of its two characters
            position += 1 if text[position - 1 : position + 1] in ("{{", "}}") else 0
            continue
        if literal:
            yield literal, start, ""
        raw = text[position : text.index("}", position) + 1]
        yield Placeholder(name), position, _placeholder_fault(raw, name, spec, conversion)
        position += len(raw)
        literal, start = "", position
    if literal:
        yield literal, start, ""


def _unbalanced_brace(text: str) -> int:
    """The position of the first brace that belongs to no pair."""
    blank = re.sub(r"\{\{|\}\}|\{[^{}]*\}", lambda pair: " " * len(pair[0]), text)
    return next(at for at, character in enumerate(blank) if character in "{}")


def _placeholder_fault(raw: str, name: str, spec: str | None, conversion: str | None) -> str:
    if conversion is not None:
        return "expected a bare name, got a conversion"
    if spec or ":" in raw:
        return "expected a bare name, got a format specification"
    if "." in name:
        return "expected a bare name, got an attribute access"
    if "[" in name:
        return "expected a bare name, got an index"
    return "" if NAME.fullmatch(name) else "expected a name in snake_case"


def _faults(text: str, pieces: list[tuple[str, int, str]]) -> Iterator[str]:
    """Everything that keeps a parsed text from being a three-part template."""
    literals = [(part, at) for part, at, _ in pieces if not isinstance(part, Placeholder)]
    markers = sum(part.count(MARKER) for part, _ in literals)
    if markers != 1:
        yield f"expected {MARKER} exactly once in the template's own text, got it {markers} times"
    else:
        at = text.index(MARKER)
        before = [(part, where) for part, where, _ in pieces if where < at]
        if not any(isinstance(part, Placeholder) for part, _ in before):
            yield f"expected a {{placeholder}} before {MARKER} at character {at + 1}"
        instruction = "".join(
            part[: at - where] if where <= at < where + len(part) else part
            for part, where in before
            if not isinstance(part, Placeholder)
        )
        if not re.search(r"\w", instruction):
            yield f"no instruction before the first placeholder or between it and {MARKER}"
        after = at + len(MARKER)
        if not re.match(r" \S", text[after:]):
            yield (
                f"expected one space and then the output after {MARKER} "
                f"at character {after + 1}, got {text[after : after + 2][:1]!r}"
            )
        if not any(isinstance(part, Placeholder) for part, where, _ in pieces if where > at):
            yield f"expected a {{placeholder}} after {MARKER} at character {at + 1}"
    for _part, at, fault in pieces:
        if fault:
            yield f"{text[at : text.index('}', at) + 1]} at character {at + 1}: {fault}"


def _split(parts: Parts) -> tuple[Parts, Parts]:
    """Cut right after the marker, so that prompt + completion is the rendered text."""
    for index, part in enumerate(parts):
        if not isinstance(part, Placeholder) and MARKER in part:
            head, tail = part.split(MARKER)
            return (*parts[:index], head + MARKER), (tail, *parts[index + 1 :])
    raise AssertionError("unreachable: _faults asks for the marker")
