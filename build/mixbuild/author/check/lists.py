"""The rules over source rows: lists that are joined, and splits that have rows in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.author.check.rules import UNJUDGED, WARNING, Finding, quoted, some_of
from mixbuild.author.check.sheets import Records, Sheet
from mixbuild.declare import Slot, Task, field, project


def check_lists(task: Task, records: Sequence[Records]) -> Iterator[Finding]:
    """Items that hold what they are joined by, so that nobody could tell them apart."""
    for name, slot in task.slots.items():
        if not isinstance(slot, Slot) or not slot.separator:
            continue
        total, held, example = 0, 0, ""
        for each in records:
            items = {"items": field(*slot.reads[0])}
            lists = project(each.batch, items).column("items")
            flat = pc.list_flatten(lists)
            holds = pc.match_substring(flat, slot.separator).fill_null(False)
            total += len(lists)
            held += len(np.unique(pc.list_parent_indices(lists).filter(holds).to_numpy()))
            if holds.true_count and not example:
                example = flat[holds.index(True).as_py()].as_py()
        if held:
            message = (
                f"{{{name}}}: an item of {some_of(held, total)} holds {slot.separator!r}, by which "
                f"they are joined: {quoted(example)}; give several separators"
            )
            yield Finding(task.name, "separator-in-item", WARNING, message)


def check_overlap(task: Task, seed: Sheet, *, samples: bool) -> Iterator[Finding]:
    """Rows that several splits have, as they stand or but for case, punctuation and spaces."""
    if samples:  # they have such rows on purpose
        yield Finding(task.name, "overlapping-splits", UNJUDGED)
        return
    exact = _by_split(seed)
    loose = {
        split: {re.sub(r"[\W_]+", " ", row.casefold()).strip() for row in rows}
        for split, rows in exact.items()
    }
    for one, other in combinations(exact, 2):
        same, alike = exact[one] & exact[other], loose[one] & loose[other]
        if alike:
            least = min(len(exact[one]), len(exact[other]))
            example = min(same) if same else min(alike)
            message = (
                f"{one} and {other} have {len(same):,} rows in common, {len(alike):,} but for "
                f"case, punctuation and spaces, of {least:,}: {quoted(example)}"
            )
            yield Finding(task.name, "overlapping-splits", WARNING, message)


def _by_split(sheet: Sheet) -> dict[str, set[str]]:
    """What the rows of each split say, whatever the order of their options."""
    columns = [column.to_pylist() for column in sheet.slots.values()]
    for shown in sheet.options.values():
        columns.append([sorted(each or ()) for each in shown.texts.to_pylist()])
    splits: dict[str, set[str]] = {}
    ids: pa.StringArray = sheet.rows.column("id")
    for name, *said in zip(ids.to_pylist(), *columns, strict=True):
        splits.setdefault(name.split("/")[1], set()).add("\n".join(map(str, said)))
    return splits
