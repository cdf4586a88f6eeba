"""What a source has in a column for each of a task's classes: codes are read by their legend. Pure.

A source that names its classes does so in the metadata of the column's field, as a JSON list: the
name of 0, of 1 and so on. Two sources may number the same classes otherwise.

>>> polarity = pa.field("label", pa.int64(), metadata={CLASS_NAMES: b'["pos", "neg"]'})
>>> class_names(pa.schema([polarity]), ("label",))
('pos', 'neg')
>>> class_values(("neg", "pos"), ("label",), pa.schema([polarity]))
(1, 0)
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SchemaError
from mixbuild.declare import ITSELF, NUMBER, ChoiceSlot, Path, Slot, labelled
from mixbuild.render.text import is_text

CLASS_NAMES = b"class_names"
"""Where in a field's metadata the names of its classes are."""


def class_names(schema: pa.Schema, path: Path) -> tuple[str, ...]:
    """The names that a source has for the codes in a column; none where it does not say."""
    field = _field(schema, path)
    if field is None or not pa.types.is_integer(field.type):
        return ()
    return tuple(map(str, json.loads((field.metadata or {}).get(CLASS_NAMES, b"[]"))))


def class_values(
    classes: tuple[str, ...], path: Path, schema: pa.Schema
) -> tuple[int, ...] | tuple[str, ...] | None:
    """What a source has in a column for each class; None where it does not say.

    A column of texts has the names themselves.

    Raises:
        SchemaError: the source has other classes.
    """
    field = _field(schema, path)
    if field is not None and is_text(field.type):
        return classes
    names = class_names(schema, path)
    if sorted(names) == sorted(classes):
        return tuple(names.index(each) for each in classes)
    if not names or names == _numerals(len(classes)):  # names that only repeat the codes
        return None
    raise SchemaError(
        f"expected the classes {_quoted(classes)} in the column {'.'.join(path)!r}, found "
        f"{_quoted(names)}; take a mirror whose classes are called so, or declare the task's by "
        f"the names of this source"
    )


def read_classes(slot: Slot | ChoiceSlot, schema: pa.Schema) -> tuple[Slot | ChoiceSlot, bool]:
    """A slot as this source's classes fill it, and whether they are read by position.

    Raises:
        SchemaError: the source has other classes, or such as are no numbers of options.
    """
    if isinstance(slot, Slot):
        if not slot.classes:
            return slot, False
        _refuse_truth(slot, schema)
        values = class_values(slot.classes, slot.reads[0], schema)
        names = dict(zip(slot.classes, slot.names, strict=True))
        return (
            (slot, True) if values is None else (labelled(slot.reads[0][0], names, values), False)
        )
    choices, answer = slot.choices, slot.choices.answer
    if answer.by != NUMBER:
        return slot, False
    found = class_names(schema, answer.path)
    if not choices.names:
        if not all(name.isdecimal() for name in found):
            raise SchemaError(
                f"expected the numbers of options as the classes of the column "
                f"{'.'.join(answer.path)!r}, found {_quoted(found)}; take a mirror whose classes "
                f"are called so, or declare options and their labels"
            )
        return slot, False
    if not found or class_values(choices.classes, answer.path, schema) is None:
        return slot, True
    return replace(slot, choices=replace(choices, answer=replace(answer, by=ITSELF))), False


def _refuse_truth(slot: Slot, schema: pa.Schema) -> None:
    """Refuse truth values for classes: the first of two classes may be what is true."""
    field = _field(schema, slot.reads[0])
    if field is None or not pa.types.is_boolean(field.type):
        return
    column = ".".join(slot.reads[0])
    remedy = "take a mirror with numbers or names"
    if len(slot.names) == 2:
        remedy += f", or declare what false and true are called: flag({column!r}, {slot.names!r})"
    raise SchemaError(
        f"expected numbers or names of classes in the column {column!r}, found truth values, which "
        f"do not say which class is true; {remedy}"
    )


def named(path: Path, schema: pa.Schema) -> pc.Expression:
    """A column, of codes with names these names; a code without one is the empty text."""
    code, names = pc.field(*path), class_names(schema, path)
    if not names:
        return code
    are = pc.make_struct(*(code == number for number in range(len(names))))
    text = pc.coalesce(pc.case_when(are, *map(pc.scalar, names)), pc.scalar(""))
    return pc.if_else(code.is_valid(), text, pa.scalar(None, pa.string()))


def _field(schema: pa.Schema, path: Path) -> pa.Field | None:
    """The field of a column, or within a struct column; None where there is none."""
    found = pa.field("", pa.struct(list(schema)))
    for name in path:
        if not pa.types.is_struct(found.type) or found.type.get_field_index(name) < 0:
            return None
        found = found.type.field(name)
    return found


def _numerals(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
