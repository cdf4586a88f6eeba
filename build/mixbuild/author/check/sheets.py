"""What a task's templates make of source rows, one sheet for each template.

The rows are rendered by ``render`` as in every build; beside them stands what
filled their slots, and the options that they show. All of it is held in memory:
``check`` looks at some thousand rows at most.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.author.check.wording import placeholders
from mixbuild.core import SCHEMA, Rows, SourceError, hash_rows
from mixbuild.declare import EVERY, ChoiceSlot, Task, Template, project
from mixbuild.make import Request, Unit, plan, source_rows
from mixbuild.render import Origin, ShownOptions, bind, render, shown_options
from mixbuild.sources import count_rows

MOST_BYTES = 2**30
"""What a task's source rows may come to, since all of them are held at once."""


@dataclass(frozen=True, eq=False)
class Records:
    """Source rows as they were read.

    Attributes:
        schema: the whole source's columns.
        batch: the rows, with the columns that the task reads.
        numbers: of each row within its file.
        origin: where they come from.
    """

    schema: pa.Schema
    batch: pa.RecordBatch
    numbers: Rows
    origin: Origin


@dataclass(frozen=True, eq=False)
class Options:
    """Options that rows show, in the order in which they show them.

    Attributes:
        texts: list<string>, one list for each row.
        right: the place of the right one, from 0; -1 for none.
    """

    texts: pa.ListArray
    right: npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sheet:
    """What one template makes of the records.

    Attributes:
        task, template: the declaration.
        rows: rendered, in ``SCHEMA``.
        records: for each row, which of all the records it was made of.
        slots: placeholder -> what filled it, row by row; those for choices are not here.
        options: placeholder -> the options of its choices.
        changed: the id of the first row that came out otherwise when rendered again; or empty.
    """

    task: Task
    template: Template
    rows: pa.RecordBatch
    records: Rows
    slots: Mapping[str, pa.StringArray]
    options: Mapping[str, Options]
    changed: str

    @property
    def prompts(self) -> list[str]:
        """Of each row."""
        prompts: list[str] = self.rows.column("prompt").to_pylist()
        return prompts

    @property
    def answers(self) -> list[str]:
        """Each completion, without the space that it begins with."""
        return [text.strip() for text in self.rows.column("completion").to_pylist()]

    @property
    def listed_choices(self) -> str:
        """The placeholder in the prompt that shows all options of choices; empty for none."""
        for name in placeholders(self.template.prompt):
            slot = self.task.slots[name]
            if isinstance(slot, ChoiceSlot) and slot.between is not None:
                return name
        return ""

    @property
    def tells_the_right_one(self) -> bool:
        """Whether the prompt says which option is right, and asks for something else."""
        slots = (self.task.slots[name] for name in placeholders(self.template.prompt))
        return any(isinstance(slot, ChoiceSlot) and slot.between is None for slot in slots)

    def id(self, row: int) -> str:
        """The id of a row."""
        text: str = self.rows.column("id")[row].as_py()
        return text


def read_records(task: Task, request: Request, *, rows: int | None = None) -> list[Records]:
    """Source rows of every split that is asked for.

    Args:
        task: the declaration.
        request: where they are read, and the seed.
        rows: at most so many of each split, from all over it, and no file without one; all of them
            without it.

    Raises:
        SourceError, SchemaError, UsageError: the request cannot be met.
    """
    planned = plan(task, request)
    schema = planned.resolved.schema
    reads = bind(task, schema, templates=EVERY).reads
    found, held = [], 0
    units = [each for of in planned.units.values() for each in _chosen(of, rows, request.seed)]
    for unit, wanted in units:
        origin = Origin(planned.resolved.label, unit.split, unit.run.file)
        for row_numbers, batch in source_rows(unit, planned.projection, columns=reads):
            if wanted is not None:
                mask = np.isin(row_numbers, wanted)
                row_numbers, batch = row_numbers[mask], batch.filter(pa.array(mask))
            held += batch.nbytes
            if held > MOST_BYTES:
                raise SourceError(
                    f"{origin.source}: {origin.file}: expected rows to check of at most "
                    f"{MOST_BYTES:,} bytes, got more by row {row_numbers[-1]}; check fewer with "
                    f"--rows"
                )
            if len(row_numbers):
                found.append(Records(schema, batch, row_numbers, origin))
    return found


def _chosen(units: Sequence[Unit], rows: int | None, seed: int) -> list[tuple[Unit, Rows | None]]:
    """The units to read, and the numbers of the rows that are wanted of each; None for all.

    Chosen by a hash of where rows lie, which is known without reading them.
    """
    if rows is None:
        return [(unit, None) for unit in units]
    numbers, hashes = [], []
    for unit in units:
        first, file = unit.run.first_row, unit.run.file
        numbers.append(np.arange(first, first + count_rows(unit.run), dtype=np.int64))
        hashes.append(hash_rows(numbers[-1], "check", seed, unit.config, unit.split, file))
    every = np.sort(np.concatenate([np.zeros(0, np.uint64), *hashes]))
    highest = every[:rows].max(initial=0)
    wanted = [of[each <= highest] for of, each in zip(numbers, hashes, strict=True)]
    return [(unit, some) for unit, some in zip(units, wanted, strict=True) if len(some)]


def render_sheets(task: Task, records: Sequence[Records], *, seed: int = 0) -> Iterator[Sheet]:
    """One sheet for each template.

    Raises:
        RowError: a row breaks what its slot declares.
    """
    for template in task.templates:
        yield _sheet(task, template, records, seed)


def _sheet(task: Task, template: Template, records: Sequence[Records], seed: int) -> Sheet:
    rows, sources, changed, before = [], [], "", 0
    slots: dict[str, list[pa.Array]] = {}
    options: dict[str, list[Options]] = {}
    for each in records:
        binding = bind(task, each.schema, templates=template.name, seed=seed)
        made, _ = render(binding, each.batch, each.numbers, each.origin)
        again = pa.concat_batches(
            [render(binding, piece.batch, piece.numbers, piece.origin)[0] for piece in _cut(each)]
        )
        changed = changed or _first_difference(made, again)
        ids = made.column("id").to_pylist()
        numbers = np.array([int(name.rpartition(":")[2]) for name in ids], dtype=np.int64)
        at = np.searchsorted(each.numbers, numbers)
        rows.append(made)
        sources.append(at + before)
        before += len(each.numbers)
        texts = {name: binding.values[name] for name in task.slots if name in binding.values}
        for name, values in project(each.batch, texts).to_pydict().items() if texts else ():
            slots.setdefault(name, []).append(pa.array(values, pa.string()).take(pa.array(at)))
        if binding.choices:
            shown = shown_options(binding, each.batch, each.numbers, each.origin)
            for name, each_shown in shown.items():
                options.setdefault(name, []).append(_taken(each_shown, at))
    return Sheet(
        task,
        template,
        pa.concat_batches(rows) if rows else pa.RecordBatch.from_pylist([], schema=SCHEMA),
        np.concatenate([np.zeros(0, np.int64), *sources]),
        {name: pa.concat_arrays(parts) for name, parts in slots.items()},
        {
            name: Options(
                pa.concat_arrays([part.texts for part in parts]),
                np.concatenate([part.right for part in parts]),
            )
            for name, parts in options.items()
        },
        changed,
    )


def _cut(records: Records) -> Iterator[Records]:
    """The same records in pieces of other sizes."""
    size = max(1, (len(records.numbers) * 4 + 6) // 7)
    for start in range(0, len(records.numbers), size):
        numbers = records.numbers[start : start + size]
        yield Records(records.schema, records.batch.slice(start, size), numbers, records.origin)


def _first_difference(made: pa.RecordBatch, again: pa.RecordBatch) -> str:
    """The id of the first row that is not the same in both; empty where there is none."""
    if made.equals(again):
        return ""
    pairs = zip(made.to_pylist(), again.to_pylist(), strict=False)
    differing = (one["id"] for one, other in pairs if one != other)
    longer = max(made, again, key=lambda batch: batch.num_rows)
    return str(next(differing, longer.column("id")[-1].as_py()))


def _taken(shown: ShownOptions, at: Rows) -> Options:
    return Options(shown.texts.take(pa.array(at)), shown.right[at])
