"""The columns of a source: what all of its files have in common, and what its task asks of them.

The first file decides nothing. A column's type is one that holds what any file has, in whatever
order they come. Files that disagree about a column that the task does not read are read all the
same, without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SchemaError
from mixbuild.declare import TEXT, TEXTS, ChoiceSlot, Slot, Task, project
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources.legend import Said, with_names
from mixbuild.sources.types import common, is_text

MISFITS = (pa.ArrowException, KeyError)
"""What Arrow raises for an expression that does not fit the columns."""

KINDS = (pa.int64(), pa.bool_(), pa.float64(), pa.list_(pa.string()), pa.list_(pa.int64()))
"""What a slot may ask for that is not text."""


def unify(said: Sequence[Said], task: Task | None, *, where: str) -> pa.Schema:
    """The columns that files of fixed types have in common.

    Args:
        said: by each file; and by the card, last, of which only the names of classes count.
        task: which columns matter; None for no column.
        where: the source, for errors.

    Raises:
        SchemaError: the files disagree about what the task reads.
    """
    types, faults = _common([each for each in said if each.types])
    names, disputed = _common_names(said)
    # whole numbers, as databases and pandas write them; what is none is refused when it is read
    classes = classes_of(task)
    types |= {
        name: pa.int64()
        for name, kind in types.items()
        if (pa.types.is_decimal(kind) and name in classes)
        or (pa.types.is_floating(kind) and (name,) in names)
    }
    if task is not None:
        types = _as_asked(task, types, [path for path in _read(task) if _is_open(types, path)])
    schema = with_names(types, names)
    if task is not None:
        _refuse(task, schema, {**disputed, **faults}, where)
    return schema


def _common(said: Sequence[Said]) -> tuple[dict[str, pa.DataType], dict[str, str]]:
    types: dict[str, pa.DataType] = {}
    by: dict[str, str] = {}
    faults: dict[str, str] = {}
    for each in said:
        for name, kind in each.types.items():
            if name in faults:
                continue
            both = common(types.get(name, kind), kind)
            if both is None:
                faults[name] = f"{types.pop(name)} in {by[name]}, and {kind} in {each.by}"
            else:
                types[name] = both
                if both == kind or name not in by:
                    by[name] = each.by
    return types, faults


def _common_names(
    said: Sequence[Said],
) -> tuple[dict[ColumnPath, tuple[str, ...]], dict[str, str]]:
    names: dict[ColumnPath, tuple[str, ...]] = {}
    by: dict[ColumnPath, str] = {}
    faults: dict[str, str] = {}
    for each in said:
        for path, found in each.names.items():
            if names.setdefault(path, found) != found:
                told = (f"the classes {', '.join(names[path])} in {by[path]}", each.by)
                faults.setdefault(path[0], f"{told[0]}, and {', '.join(found)} in {told[1]}")
            by.setdefault(path, each.by)
    return names, faults


def _refuse(task: Task, schema: pa.Schema, faults: Mapping[str, str], where: str) -> None:
    read = {path[0] for path in _read(task)}
    for name, fault in faults.items():
        others = schema.remove(at) if (at := schema.get_field_index(name)) >= 0 else schema
        if name in read or any(
            _mentions(condition, name) and not _holds(condition, others)
            for condition in task.conditions
        ):
            raise SchemaError(
                f"{where}: expected one kind of column {name!r} in all files, got {fault}; "
                f"correct the files, or take a mirror whose files agree"
            )


def decide(said: Sequence[Said], card: Said, task: Task | None) -> pa.Schema:
    """The types in which text files are read: as the task asks, or else as the card says.

    Args:
        said: by each file: the types that its first rows suggest, or null for no type.
        card: what the card says.
        task: the declaration; None where there is none yet.
    """
    found, _ = _common(said)
    names = dict.fromkeys([*card.types, *(name for each in said for name in each.types), *found])
    types = {name: card.types.get(name, found.get(name, pa.null())) for name in names}
    # a class is one to the card, whether the files have its number or its name
    types |= {name: kind for name, kind in found.items() if (name,) in card.names and is_text(kind)}
    if task is not None:
        types = _as_asked(task, types, [path for path in _read(task) if path[0] in types])
        for condition in task.conditions:
            types = _decided_for(condition, types)
    # what nobody asks for, and nobody has said anything of, is text
    types = {name: pa.string() if pa.types.is_null(kind) else kind for name, kind in types.items()}
    return with_names(types, card.names)


def classes_of(task: Task | None) -> set[str]:
    """The columns that have a class of the task's in each row."""
    slots = () if task is None else task.slots.values()
    return {slot.reads[0][0] for slot in slots if isinstance(slot, Slot) and slot.classes}


def _read(task: Task) -> list[ColumnPath]:
    return list(dict.fromkeys(path for slot in task.slots.values() for path in slot.reads))


def _is_open(types: Mapping[str, pa.DataType], path: ColumnPath) -> bool:
    """Whether the column is there, and no file says what type it is of: all is null, or empty."""
    kind = types.get(path[0])
    for name in path[1:]:
        if kind is None or pa.types.is_null(kind):
            break
        kind = _at(kind, (name,))
    return kind is not None and not _is_whole(kind)


def _as_asked(
    task: Task, types: dict[str, pa.DataType], paths: Sequence[ColumnPath]
) -> dict[str, pa.DataType]:
    """The types, with those at the paths such that the slots that read them can be filled."""
    for path in paths:
        reading = [slot for slot in task.slots.values() if path in slot.reads]
        types = _decided(path, types, reading)
    return types


def _decided(
    path: ColumnPath, types: dict[str, pa.DataType], slots: Sequence[Slot | ChoiceSlot]
) -> dict[str, pa.DataType]:
    """The types, with the one at the path such that the slots can be filled, where one does it."""
    there = _at(types[path[0]], path[1:])
    known = [there] if there is not None and _is_whole(there) else []
    for slot in slots:
        if isinstance(slot, ChoiceSlot):
            asked = [each for each in slot.choices.inputs if each.path == path]
            if any(not _takes(each.kind, there, numbers=each.numbers) for each in asked):
                return _put(types, path, asked[0].kind)
            return types
    if any(slot.classes for slot in slots if isinstance(slot, Slot)):
        if there == pa.bool_():
            return types  # which of the classes is true is not said
        order = [*known, *KINDS]  # a class is a number, unless it is said to be a name
    else:
        order = [pa.string(), *known, *KINDS]
    for kind in order:
        tried = _put(types, path, kind)
        if all(_fits(slot, pa.schema(tried)) for slot in slots):
            return tried
    return types


def _decided_for(condition: pc.Expression, types: dict[str, pa.DataType]) -> dict[str, pa.DataType]:
    if _holds(condition, pa.schema(types)):
        return types
    for name in types:
        for kind in KINDS if _mentions(condition, name) else ():
            if _holds(condition, pa.schema({**types, name: kind})):
                return {**types, name: kind}
    return types


def _at(kind: pa.DataType, path: ColumnPath) -> pa.DataType | None:
    for name in path:
        if not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
            return None
        kind = kind.field(name).type
    return kind


def _put(
    types: dict[str, pa.DataType], path: ColumnPath, kind: pa.DataType
) -> dict[str, pa.DataType]:
    """The types, with another at the path."""
    name, *rest = path
    if not rest:
        return {**types, name: kind}
    there = types.get(name)
    inner = {each.name: each.type for each in there} if there and pa.types.is_struct(there) else {}
    return {**types, name: pa.struct(_put(inner, tuple(rest), kind))}


def _is_whole(kind: pa.DataType) -> bool:
    """Whether no part of it is unknown: a column of nulls and empty lists tells little."""
    return "null" not in re.findall(r"\w+", str(kind))


def _takes(wanted: pa.DataType, kind: pa.DataType | None, *, numbers: bool) -> bool:
    if kind is None or not _is_whole(kind):
        return False
    if wanted == TEXTS:
        return pa.types.is_list(kind) and _takes(TEXT, kind.value_type, numbers=numbers)
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return is_text(kind) or (numbers and any(test(kind) for test in tests))


def _fits(slot: Slot | ChoiceSlot, schema: pa.Schema) -> bool:
    """Whether the slot makes text of such columns."""
    if isinstance(slot, ChoiceSlot):
        return True
    if slot.classes and is_text(schema.field(slot.reads[0][0]).type):
        return True
    value = _type(slot.value, schema)
    others = [each for each in (slot.accepted, slot.valid) if each is not None]
    return (
        value is not None
        and (is_text(value) or pa.types.is_null(value))
        and all(_type(each, schema) is not None for each in others)
    )


def _holds(condition: pc.Expression, schema: pa.Schema) -> bool:
    kind = _type(condition, schema)
    return kind is not None and pa.types.is_boolean(kind)


def _mentions(condition: pc.Expression, name: str) -> bool:
    """Whether the column may be one that the condition reads; it does not tell."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", str(condition)) is not None


def _type(value: pc.Expression, schema: pa.Schema) -> pa.DataType | None:
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    try:
        return project(empty, {"value": value}).schema.field("value").type
    except MISFITS:
        return None


def leaves(schema: pa.Schema) -> Iterator[ColumnPath]:
    """Every column, and every field within struct columns, that has a type of its own.

    >>> list(leaves(pa.schema({"id": pa.int8(), "a": pa.struct({"n": pa.int8(), "t": pa.null()})})))
    [('id',), ('a', 'n'), ('a', 't')]
    """
    for each in schema:
        if pa.types.is_struct(each.type) and each.type.num_fields:
            yield from ((each.name, *path) for path in leaves(pa.schema(list(each.type))))
        else:
            yield (each.name,)
