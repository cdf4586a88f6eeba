r"""What a person writes in YAML, decoded into frozen types; a fault names its line and its key.

What a version does not know may be a newer one's in a JSON file of ours; in a file that somebody
writes it is a slip of the pen, and refused.

>>> from mixbuild.core.errors import RecipeError
>>> @dataclass(frozen=True)
... class Part:
...     cap: int
>>> how = {"where": "m.yaml", "error": RecipeError}
>>> decode(Document("cap: 2.0\n", **how), Part)
Part(cap=2)
>>> decode(Document("cap: 2\n", **how, settings=["cap=3"]), Part)
Part(cap=3)
>>> decode(Document("cap: 30\ncpa: 3\n", **how), Part)
Traceback (most recent call last):
mixbuild.core.errors.RecipeError: m.yaml: line 2: unknown key 'cpa'; did you mean 'cap'? Known: cap
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from mixbuild.core.errors import MixError, UsageError, one_of
from mixbuild.core.typed import dotted, explain_fault
from mixbuild.core.yaml import line_of, load_yaml

Steps = Sequence[str | int]
"""The keys, and the places in lists, that lead to a value."""

T = TypeVar("T")

WORDS = (
    (r"\bobject\b", "a mapping"),
    (r"\barray\b", "a list"),
    (r"\bstr\b", "a text"),
    (r"\bint\b", "a whole number"),
    (r"\bfloat\b", "a number"),
    (r"\bbool\b", "true or false"),
    (r"\bnull\b", "nothing"),
    (r" \| ", " or "),
    (r" >= ([\d.]+)", r" of at least \1"),
    (r" <= ([\d.]+)", r" of at most \1"),
    (r" > ([\d.]+)", r" above \1"),
    (r" < ([\d.]+)", r" below \1"),
    (r"(\d)\.0\b", r"\1"),
)
"""The decoder's words -> those of somebody who writes YAML."""


@dataclass(frozen=True)
class Document:
    """A file in YAML, word for word, and what is set over it.

    Attributes:
        text: the file's.
        where: what an error's line begins with: the file.
        error: what is raised.
        settings: ``"key=value"`` each, the keys joined by dots and the value in YAML; they hold
            over what the text says, the later over the earlier.
    """

    text: str
    where: str
    error: type[MixError]
    settings: Sequence[str] = field(default=())


def decode(document: Document, kind: type[T]) -> T:
    """A document as a frozen type. ``1`` and ``1.0`` are the same.

    Raises:
        MixError: the document's ``error``, naming the line, the key, what was expected and came.
        UsageError: a setting is none.
    """
    raw = load_yaml(document.text, where=document.where, error=document.error)
    for setting in document.settings:
        raw = _set(raw, *_keys_and_value(setting))
    raw = _whole_numbers({} if raw is None else raw)
    try:
        made = msgspec.convert(raw, kind)
    except msgspec.ValidationError as found:
        steps, what = explain_fault(raw, kind, str(found))
        raise fault(document, steps, _in_words(what)) from None
    for path, key, known in _unknown(made, raw, []):
        raise fault(document, [*path, key], one_of("key", key, known), named=len(path))
    return made


def fault(document: Document, steps: Steps, what: str, *, named: int | None = None) -> MixError:
    """The error that says what is wrong with a value, and where it stands.

    Args:
        document: where.
        steps: which value.
        what: what was expected, and what came.
        named: how many of the steps are named; all without it.
    """
    path = dotted(steps[:named])
    at = f"{path}: " if path else ""
    for setting in reversed(document.settings):
        keys, _ = _keys_and_value(setting)
        if list(map(str, steps[: len(keys)])) == keys:
            return document.error(f"{document.where}: --set {setting}: {at}{what}")
    return document.error(f"{document.where}: line {line_of(document.text, steps)}: {at}{what}")


def _keys_and_value(setting: str) -> tuple[list[str], object]:
    """``"mixtures.mix.total=100"`` -> ``["mixtures", "mix", "total"], 100``."""
    path, equals, value = setting.partition("=")
    keys = [key.strip() for key in path.split(".")]
    if not equals or not all(keys):
        raise UsageError(f"--set {setting}: expected KEY.KEY=VALUE, as mixtures.mix.total=1000")
    return keys, load_yaml(value, where=f"--set {setting}", error=UsageError)


def _set(raw: object, keys: Sequence[str], value: object) -> object:
    """A document in which a value is another; mappings on the way to it are made."""
    if not keys:
        return value
    if isinstance(raw, list) and re.fullmatch(r"\d+", keys[0]) and int(keys[0]) < len(raw):
        at = int(keys[0])
        return [*raw[:at], _set(raw[at], keys[1:], value), *raw[at + 1 :]]
    inner = raw if isinstance(raw, dict) else {}
    return {**inner, keys[0]: _set(inner.get(keys[0]), keys[1:], value)}


def _whole_numbers(raw: object) -> object:
    """``1.0`` -> ``1``, wherever it stands."""
    if isinstance(raw, dict):
        return {key: _whole_numbers(each) for key, each in raw.items()}
    if isinstance(raw, list):
        return list(map(_whole_numbers, raw))
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw


def _unknown(made: object, raw: object, path: Steps) -> Iterator[tuple[Steps, str, list[str]]]:
    """The keys that are no field's: where each stands, itself, and the keys that there are."""
    if isinstance(raw, dict):
        known = dict(_fields(made))
        for key, value in raw.items():
            if key in known:
                yield from _unknown(known[key], value, [*path, key])
            else:
                yield path, key, list(known)
    elif isinstance(made, (list, tuple)) and isinstance(raw, list):
        for place, (each, value) in enumerate(zip(made, raw, strict=True)):
            yield from _unknown(each, value, [*path, place])


def _fields(made: object) -> Iterator[tuple[str, object]]:
    if isinstance(made, msgspec.Struct):
        for name, key in zip(made.__struct_fields__, made.__struct_encode_fields__, strict=True):
            if name != "extra":
                yield key, getattr(made, name)
    elif dataclasses.is_dataclass(made):
        yield from ((each.name, getattr(made, each.name)) for each in dataclasses.fields(made))
    elif isinstance(made, Mapping):
        yield from made.items()


def _in_words(what: str) -> str:
    """What the decoder expected, in the words of somebody who writes YAML."""
    expected, got, rest = what.partition(", got ")
    for pattern, word in WORDS:
        expected = re.sub(pattern, word, expected)
    return f"{expected}{got}{'nothing' if rest == 'None' else rest}"
