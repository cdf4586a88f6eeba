"""Bind a task to the schema of its source: what to read, and which expressions to evaluate.

Whatever does not fit is found here, on a batch without rows, before any row is
read: a column that is missing, a slot that makes no text, a drop that is no
condition. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import SchemaError, UsageError
from mixbuild.declare import (
    EVERY,
    SAMPLE,
    SEED,
    TEXT,
    TEXTS,
    ChoiceSlot,
    Path,
    Slot,
    Task,
    Template,
    project,
)
from mixbuild.render.classes import named, read_classes
from mixbuild.render.text import is_text

MISFITS = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, KeyError)
"""What Arrow raises for an expression that does not fit the columns."""


@dataclass(frozen=True, eq=False)
class Binding:
    """A task, bound to its source's schema and to the templates that were asked for.

    Attributes:
        task: the declaration.
        templates: those that render.
        mode: how they were asked for: a name, ``sample`` or ``all``.
        seed: of the hash that chooses, with ``sample``, and that puts choices in order.
        reads: the columns, and fields within struct columns, to read of the source.
        values: slot name -> its text; ``accepted NAME`` -> its accepted outputs; and what
            ``choices`` need.
        checks: ``drop REASON`` -> rows to leave out, ``refuse TEMPLATE REASON`` -> for one
            template alone; ``valid NAME`` -> rows that are right.
        slots: those that the templates use, by name, reading this very source's class names.
        positional: the columns of classes for which the source has no names: 0 is the first.
    """

    task: Task
    templates: tuple[Template, ...]
    mode: str
    seed: int
    reads: tuple[Path, ...]
    values: Mapping[str, pc.Expression]
    checks: Mapping[str, pc.Expression]
    slots: Mapping[str, Slot | ChoiceSlot]
    positional: tuple[Path, ...]

    @property
    def choices(self) -> dict[str, ChoiceSlot]:
        """The slots whose text is made of ``values``, by name."""
        return {name: slot for name, slot in self.slots.items() if isinstance(slot, ChoiceSlot)}

    @property
    def renderings(self) -> int:
        """How many rows one source row makes, those that are left out counted in."""
        return len(self.templates) if self.mode == EVERY else 1


def choose_templates(task: Task, templates: str = SEED) -> tuple[Template, ...]:
    """The templates that are asked for by a name, ``sample`` or ``all``.

    After a colon may follow the language in which they are to be: ``all:de``.

    Raises:
        UsageError: the task has no template of that name, or none in that language.
    """
    mode, _, language = templates.partition(":")
    asked = task.templates if mode in (SAMPLE, EVERY) else (task.template(mode),)
    chosen = tuple(each for each in asked if language in ("", each.language))
    if not chosen:
        there = ", ".join(dict.fromkeys(each.language for each in asked))
        whose = "its templates are" if len(asked) > 1 else f"its template {mode!r} is"
        raise UsageError(
            f"task {task.name!r}: no template in the language {language!r}; {whose} in {there}"
        )
    return chosen


def bind(task: Task, schema: pa.Schema, *, templates: str = SEED, seed: int = 0) -> Binding:
    """Bind a task to the columns of its source.

    Raises:
        UsageError: the task has no such template.
        SchemaError: a column is missing, or has a type of which no text can be made, or classes
            of other names.
    """
    chosen = choose_templates(task, templates)
    needed = {name for template in chosen for name in template.placeholders}
    slots = {name: slot for name, slot in task.slots.items() if name in needed}
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    values: dict[str, pc.Expression] = {}
    checks: dict[str, pc.Expression] = {}
    reads: set[Path] = set()
    positional: set[Path] = set()
    for name, slot in slots.items():
        for path in slot.reads:
            if path[0] not in schema.names:
                raise SchemaError(
                    f"task {task.name!r}: the source has no column {path[0]!r}, which "
                    f"{{{name}}} needs; it has {_described(schema)}"
                )
        reads.update(slot.reads)
        try:
            slot, by_position = read_classes(slot, schema)
        except SchemaError as error:
            raise SchemaError(f"task {task.name!r}: {error}") from None
        slots[name] = slot
        if by_position:
            positional.add(slot.reads[0])
        if isinstance(slot, ChoiceSlot):
            for each in slot.choices.inputs:
                value = named(each.path, schema)
                values[each.name] = _typed(
                    task, name, value, each.kind, empty, numbers=each.numbers
                )
            continue
        values[name] = _typed(task, name, slot.value, TEXT, empty)
        if slot.accepted is not None:
            values[f"accepted {name}"] = _typed(task, name, slot.accepted, TEXTS, empty)
        if slot.valid is not None:
            checks[f"valid {name}"] = slot.valid
    conditions = {f"drop {reason}": each for reason, each in task.drops.items()}
    for template in chosen:
        own = template.drops.items()
        conditions |= {f"refuse {template.name} {reason}": each for reason, each in own}
    for name, condition in conditions.items():
        if not _is_condition(condition, empty):
            raise SchemaError(
                f"task {task.name!r}: the drop {name.partition(' ')[2]!r} does not fit the "
                f"source's columns: {condition} on {_described(schema)}"
            )
        checks[name] = condition
        reads.update(_reads(condition, empty, reads))
    return Binding(
        task,
        chosen,
        templates.partition(":")[0],
        seed,
        tuple(sorted(reads)),
        values,
        checks,
        slots,
        tuple(sorted(positional)),
    )


def _reads(
    condition: pc.Expression, empty: pa.RecordBatch, known: Collection[Path]
) -> Iterator[Path]:
    """The columns that a condition needs beside the known ones.

    An expression does not tell what it reads, but it does not bind without it.
    """
    read = _only(empty, known)
    for name in empty.schema.names:
        if not _is_condition(condition, empty.drop_columns([name])):
            others = empty.drop_columns([name])
            if name in read.schema.names:
                others = others.append_column(name, read.column(name))
            if not _is_condition(condition, others):
                yield (name,)


def _only(empty: pa.RecordBatch, paths: Collection[Path]) -> pa.RecordBatch:
    """A batch without rows that has just the given columns, and fields within them."""
    fields: dict[str, pa.DataType] = {}
    for name in {path[0] for path in paths}:
        kind = empty.schema.field(name).type
        inner = [path[1] for path in paths if path[0] == name and len(path) > 1]
        if (name,) not in paths and inner:
            kind = pa.struct([kind.field(each) for each in dict.fromkeys(inner)])
        fields[name] = kind
    return pa.RecordBatch.from_pylist([], schema=pa.schema(fields))


def _typed(
    task: Task,
    name: str,
    value: pc.Expression,
    wanted: pa.DataType,
    empty: pa.RecordBatch,
    *,
    numbers: bool = False,
) -> pc.Expression:
    """The expression, cast where the source has another kind of string, or ``numbers``."""
    kind = _type(value, empty)
    if kind == wanted:
        return value
    inner = kind
    if kind is not None and pa.types.is_list(wanted):
        inner = kind.value_type if pa.types.is_list(kind) or pa.types.is_large_list(kind) else None
    if numbers and kind is not None and pa.types.is_boolean(kind):
        return value.cast(pa.int8()).cast(wanted)
    if inner is None or not (is_text(inner) or (numbers and _is_number(inner))):
        raise SchemaError(
            f"task {task.name!r}: {{{name}}} makes no text of the source's columns: "
            f"{value} on {_described(empty.schema)}; fill it with another slot"
        )
    return value.cast(wanted)


def _is_number(kind: pa.DataType) -> bool:
    # a column of integers with nulls comes as numbers with a point from CSV
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_condition(condition: pc.Expression, empty: pa.RecordBatch) -> bool:
    kind = _type(condition, empty)
    return kind is not None and bool(pa.types.is_boolean(kind))


def _type(value: pc.Expression, empty: pa.RecordBatch) -> pa.DataType | None:
    """The type of an expression on these columns; None when it does not fit them."""
    try:
        return project(empty, {"value": value}).schema.field("value").type
    except MISFITS:
        return None


def _described(schema: pa.Schema) -> str:
    return ", ".join(repr(f"{field.name}: {field.type}")[1:-1] for field in schema)
