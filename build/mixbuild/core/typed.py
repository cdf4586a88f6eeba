r"""JSON files that strangers may have written, decoded into frozen types.

A type is a ``Record`` of annotated fields. What it does not know, a newer version may have
written: it is kept, and written again where it stood.

>>> from mixbuild.core.errors import ManifestError
>>> class Shard(Record, frozen=True):
...     path: str
...     rows: int
>>> how = {"where": "m.json", "error": ManifestError, "remedy": "run make again"}
>>> shard = typed(parse_json(b'{"path": "a", "rows": 3, "new": [1]}', **how), Shard, **how)
>>> shard.rows, plain(shard)
(3, {'path': 'a', 'rows': 3, 'new': [1]})
>>> typed({"path": "a", "rows": "3"}, Shard, **how)
Traceback (most recent call last):
mixbuild.core.errors.ManifestError: m.json: rows: expected int, got '3'; run make again
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, TypeVar

import msgspec

from mixbuild.core.errors import MixError

MOST_DEPTH = 64
"""Of lists and objects within one another."""

SHOWN_CHARACTERS = 60
"""Of a value that is not what was expected."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""Rows, bytes and whatever else is counted."""

_EXTRA = "(what this version does not know)"  # no file has a field of this name

T = TypeVar("T")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """An object of a JSON file.

    Attributes:
        extra: the fields that this version does not know.
    """

    extra: dict[str, object] = msgspec.field(default_factory=dict, name=_EXTRA)


def parse_json(content: bytes, *, where: str, error: type[MixError], remedy: str) -> object:
    """The value that a JSON file holds, not checked for its type yet.

    Args:
        content: the file's bytes.
        where: what the error's line begins with: the file.
        error: what is raised.
        remedy: what the error's line ends with: what to do.

    Raises:
        MixError: an ``error``: these bytes are no JSON, or hold what no file of ours would.
    """
    try:
        raw = msgspec.json.decode(content)
    except RecursionError:
        got = f"more than {MOST_DEPTH} lists and objects within one another"
    except ValueError as fault:
        got = f"something else ({str(fault).partition(' - at')[0]})"
    else:
        if _depth_is_bounded(raw):
            return raw
        got = f"more than {MOST_DEPTH} lists and objects within one another"
    raise error(f"{where}: expected JSON, got {got}; {remedy}")


def typed(raw: object, kind: type[T], *, where: str, error: type[MixError], remedy: str) -> T:
    """A value of ``parse_json`` as a type, with whatever the type does not know kept in it.

    Raises:
        MixError: an ``error`` that names the field, what was expected, what came and the remedy.
    """
    try:
        made = msgspec.convert(raw, kind)
    except msgspec.ValidationError as fault:
        steps, what = explain_fault(raw, kind, str(fault))
        at = f"{dotted(steps)}: " if steps else ""
        raise error(f"{where}: {at}{what}; {remedy}") from None
    _keep_extra(made, raw)
    return made


def plain(value: object) -> object:
    """A record as objects, lists and values of JSON; the fields that were not known come last."""
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        tag = {config.tag_field: config.tag} if config.tag_field else {}
        fields = {name: plain(each) for name, each in _fields(value)}
        return {**tag, **fields, **(value.extra if isinstance(value, Record) else {})}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def dump_json(value: object) -> str:
    """A record as the text of a file, in lines, with a line break at its end."""
    return json.dumps(plain(value), indent=1, ensure_ascii=False) + "\n"


def _fields(value: msgspec.Struct) -> Iterator[tuple[str, object]]:
    for field in msgspec.structs.fields(value):
        if field.encode_name != _EXTRA:
            yield field.encode_name, getattr(value, field.name)


def _keep_extra(made: object, raw: object) -> None:
    """Note in each record the fields of its object that it does not know."""
    if isinstance(made, msgspec.Struct) and isinstance(raw, dict):
        known = dict(_fields(made))
        for name, value in known.items():
            _keep_extra(value, raw.get(name))
        if isinstance(made, Record):
            known[str(made.__struct_config__.tag_field)] = None
            extra = {key: value for key, value in raw.items() if key not in known}
            msgspec.structs.force_setattr(made, "extra", extra)
    elif isinstance(made, dict) and isinstance(raw, dict):
        for key, value in made.items():
            _keep_extra(value, raw.get(key))
    elif isinstance(made, (list, tuple)) and isinstance(raw, list):
        for each, value in zip(made, raw, strict=True):
            _keep_extra(each, value)


def _depth_is_bounded(raw: object) -> bool:
    level = [raw]
    for _ in range(MOST_DEPTH + 1):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return True
    return False


def explain_fault(raw: object, kind: type[object], fault: str) -> tuple[list[str | int], str]:
    """A fault of the decoder in our words: the keys that lead to it, what was expected and came.

    What a type of ours says of itself is kept as it is; ``"cap: expected …"`` names a field of it.
    """
    what, of_key, path = re.fullmatch(
        r"(.*?)(?: - at (`key` in )?`\$(.*)`)?", fault, re.DOTALL
    ).groups(default="")  # type: ignore[union-attr]  # it matches whatever it is
    steps = _steps(raw, kind, path + "[...]" * bool(of_key))
    at = raw
    for step in steps[: -1 if of_key else None]:
        at = at[step]  # type: ignore[index]
    if what[:1].islower():  # the decoder's own begin with a capital
        key, _, rest = what.partition(": ")
        return ([*steps, key], rest) if isinstance(at, dict) and key in at else (steps, what)
    if missing := re.match("Object missing required field `(.*)`", what):
        return steps, f"expected the field {missing[1]}, got none"
    expected = re.match("Expected (.*?)(?:, got .*)?$", what)
    known = expected[1].replace("`", "") if expected else "what this version knows"
    return steps, f"expected {known}, got {_short(steps[-1] if of_key else at)}"


def dotted(steps: Iterable[str | int]) -> str:
    """The keys that lead to a value, as a message names them: ``configs.squad.splits``."""
    return ".".join(map(_named, steps))


def _steps(raw: object, kind: type[object], path: str) -> list[str | int]:
    """The keys of a fault's path; of those that the decoder leaves out, the first that fails."""
    raw = at = copy.deepcopy(raw)
    steps: list[str | int] = []
    for name, index, left_out in re.findall(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])", path):
        step = int(index) if index else name
        if left_out:
            every = dict(at)  # type: ignore[call-overload]
            for step in every:
                at.clear()  # type: ignore[attr-defined]
                at[step] = every[step]  # type: ignore[index]
                try:
                    msgspec.convert(raw, kind)
                except msgspec.ValidationError:
                    break
        steps.append(step)
        at = at[step]  # type: ignore[index]
    return steps


def _named(step: str | int) -> str:
    text = str(step)
    return text if re.fullmatch(rf"[\w/-]{{1,{SHOWN_CHARACTERS}}}", text) else _short(text)


def _short(value: object) -> str:
    """A value as a message shows it, without its middle where it is long."""
    text = repr(value)
    half = SHOWN_CHARACTERS // 2
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:half]} […] {text[-half:]}"
