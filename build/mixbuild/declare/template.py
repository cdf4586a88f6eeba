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

from mixbuild.core import TemplateError

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
        inverted: whether it asks for what the source gives, such as the question.
        drops: reason -> the source rows that this template does not take. They are left out for it
            alone; with ``sample`` another template that takes them has them.
        language: of its own text, as an ISO 639 code.

    Raises:
        TemplateError: naming everything that is wrong with the text, with positions.

    >>> Template("Shout", "Shout: {text} [OUTPUT]: {text}")
    Traceback (most recent call last):
    mixbuild.core.errors.TemplateError: template 'Shout': expected a name in snake_case
    """

    name: str
    text: str
    inverted: bool = False
    drops: Mapping[str, pc.Expression] = field(default_factory=dict, compare=False)
    language: str = "en"
    prompt: Parts = field(init=False, repr=False, compare=False)
    completion: Parts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        faults = [] if NAME.fullmatch(self.name) else ["expected a name in snake_case"]
        if re.search("[\ud800-\udfff]", self.text):
            faults.append("expected text, got half of a surrogate pair, which is none")
        pieces, wrong = _parse(self.text)
        if pieces or not wrong:
            faults += _faults(self.text, pieces)
        faults += wrong
        if faults:
            raise TemplateError(f"template {self.name!r}: {'; '.join(faults)}")
        prompt, completion = _split(tuple(part for part, _ in pieces))
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
    compiled = any(isinstance(slot, pc.Expression) for slot in slots.values())
    operands = [
        slots[str(part)]
        if isinstance(part, Placeholder)
        else (pc.scalar(part) if compiled else part)
        for part in (*parts, "")  # the last is what stands between the others
    ]
    return pc.binary_join_element_wise(*operands)


Piece: TypeAlias = tuple[str, int]
"""A part, and its position in the template's text."""

TOKEN = re.compile(
    r"(?P<escaped>\{\{|\}\})"
    r"|(?P<placeholder>\{(?:[^{}\[]|\[[^]]*\]|\{[^{}]*\})*\})"
    r"|(?P<unbalanced>[{}])"
    r"|(?P<literal>[^{}]+)"
)
"""What ``string.Formatter`` reads one after the other, with positions, which it does not tell."""


def _parse(text: str) -> tuple[list[Piece], list[str]]:
    """The parts of a text, neighbouring literals as one; and what is wrong with its braces."""
    pieces: list[Piece] = []
    faults: list[str] = []
    for token in TOKEN.finditer(text):
        found, at = token[0], token.start()
        if token.lastgroup == "unbalanced":
            advice = f"write {found * 2} for a literal one"
            return [], [f"unbalanced {found!r} at character {at + 1}; {advice}"]
        if token.lastgroup == "placeholder":
            fault = _placeholder_fault(found)
            faults += [f"{_shown(found)} at character {at + 1}: {fault}"] if fault else []
            pieces.append((Placeholder(found[1:-1]), at))
            continue
        literal = found[0] if token.lastgroup == "escaped" else found
        if pieces and not isinstance(pieces[-1][0], Placeholder):
            literal, at = pieces[-1][0] + literal, pieces.pop()[1]
        pieces.append((literal, at))
    return pieces, faults


def _placeholder_fault(found: str) -> str:
    try:
        ((_, name, spec, conversion),) = Formatter().parse(found)
    except ValueError as error:
        return f"expected a bare name, got what Python cannot parse ({error})"
    name = name or ""
    if conversion is not None:
        return "expected a bare name, got a conversion"
    if "[" in name and "." not in name.partition("[")[0]:
        return "expected a bare name, got an index"
    if "." in name:
        return "expected a bare name, got an attribute access"
    if spec or ":" in found:
        return "expected a bare name, got a format specification"
    return "" if NAME.fullmatch(name) else "expected a name in snake_case"


def _shown(text: str) -> str:
    """On one line, whatever it holds."""
    return repr(text)[1:-1]


def _faults(text: str, pieces: list[Piece]) -> Iterator[str]:
    """Everything that keeps a parsed text from being a three-part template."""
    literals = [part for part, _ in pieces if not isinstance(part, Placeholder)]
    markers = sum(part.count(MARKER) for part in literals)
    if markers != 1:
        yield f"expected {MARKER} exactly once in the template's own text, got it {markers} times"
        return
    own = next(
        index
        for index, (part, _) in enumerate(pieces)
        if MARKER in part and not isinstance(part, Placeholder)
    )
    at = text.index(MARKER, pieces[own][1])
    if not any(isinstance(part, Placeholder) for part, _ in pieces[:own]):
        yield f"expected a {{placeholder}} before {MARKER} at character {at + 1}"
    before = [part for part, _ in pieces[:own] if not isinstance(part, Placeholder)]
    if not re.search(r"\w", "".join([*before, pieces[own][0].partition(MARKER)[0]])):
        yield f"expected an instruction in words before {MARKER} at character {at + 1}"
    after = text[at + len(MARKER) :]
    if not re.match(r" \S", after):
        got = after[:2] if after.startswith(" ") else after[:1]
        yield (
            f"expected one space and then the output after {MARKER} "
            f"at character {at + len(MARKER) + 1}, got {got!r}"
        )
    if not any(isinstance(part, Placeholder) for part, _ in pieces[own:]):
        yield f"expected a {{placeholder}} after {MARKER} at character {at + 1}"


def _split(parts: Parts) -> tuple[Parts, Parts]:
    """Cut right after the marker, so that prompt + completion is the rendered text."""
    for index, part in enumerate(parts):
        if not isinstance(part, Placeholder) and MARKER in part:
            head, tail = part.split(MARKER)
            return (*parts[:index], head + MARKER), (tail, *parts[index + 1 :])
    raise AssertionError("unreachable: _faults asks for the marker")
