r"""Which rows a template takes, and which template a row is given to. Pure.

A template does not take a row of which a slot has nothing to show, nor one that it drops itself.
Asked for by its name, or with ``all``, it goes without: the row is counted for the first reason
that fits. With ``sample`` it is given to the template of the next highest hash that takes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import Drops, Rows, hash_rows
from mixbuild.declare import SAMPLE, Template
from mixbuild.render.bind import Binding
from mixbuild.render.options import REFERS
from mixbuild.render.text import Mask, is_blank, mask


def leave_out(
    reason: str, wanted: pa.BooleanArray, keep: pa.BooleanArray, drops: Drops, times: int = 1
) -> pa.BooleanArray:
    """Take rows out of ``keep`` and count them; a row counts for the first reason that fits it."""
    dropped = pc.and_(keep, wanted.fill_null(False))
    if not dropped.true_count:
        return keep
    drops[reason] = drops.get(reason, 0) + dropped.true_count * times
    return pc.and_not(keep, dropped)


def kept(values: pa.RecordBatch, rows: Rows, keep: pa.BooleanArray) -> tuple[pa.RecordBatch, Rows]:
    """The rows to keep, and their numbers."""
    if not keep.false_count:
        return values, rows
    return values.filter(keep), rows[mask(keep)]


def assign(
    binding: Binding,
    values: pa.RecordBatch,
    rows: Rows,
    *identity: str,
    drops: Drops,
    turn: int = 0,
) -> Iterator[tuple[Template, pa.RecordBatch, Rows]]:
    """Give each template its rows: their values, and their numbers.

    Args:
        binding: the task, bound.
        values: what fills the slots, and for which rows templates and options have their reasons.
        rows: the number of each row within its file.
        identity: the split and the file, which the choice by hash depends on.
        drops: rows that are left out are counted here.
        turn: with ``sample``, how many templates each row was given to before.
    """
    flags = _flags(binding, values)
    refused = {
        template.name: [
            (reason, flags[flag]) for reason, flag in _reasons(binding, template) if flag in flags
        ]
        for template in binding.templates
    }
    mine = _chosen(binding, refused, rows, identity, turn) if binding.mode == SAMPLE else {}
    for template in binding.templates:
        keep = pa.repeat(True, values.num_rows)
        if template.name in mine:
            keep = pa.array(mine[template.name])
        for reason, wanted in refused[template.name]:
            keep = leave_out(reason, wanted, keep, drops)
        yield template, *kept(values, rows, keep)


def _reasons(binding: Binding, template: Template) -> Iterator[tuple[str, str]]:
    """Why the template may not take a row, in the order that counts; and which flag says so."""
    yield from ((reason, f"refuse {template.name} {reason}") for reason in template.drops)
    for name in template.placeholders:
        if name in binding.choices:
            yield REFERS, f"refers {name}"
    for kind in ("null", "empty"):
        yield from ((f"{kind} {name}", f"{kind} {name}") for name in template.placeholders)


def _flags(binding: Binding, values: pa.RecordBatch) -> dict[str, pa.BooleanArray]:
    """The rows that each flag is raised for; flags that no row has are not here."""
    asked = {name for template in binding.templates for name in template.outputs}
    flags = {
        name: values.column(name)
        for name in values.schema.names
        if name.startswith(("refuse ", "refers "))
    }
    for name, slot in binding.slots.items():
        if values.column(name).null_count:
            flags[f"null {name}"] = values.column(name).is_null()
        # options are blank nowhere: a row with a blank one has none
        if name not in binding.choices and (name in asked or not slot.may_be_blank):
            flags[f"empty {name}"] = is_blank(values.column(name))
    return {flag: rows for flag, rows in flags.items() if rows.true_count}


def _chosen(
    binding: Binding,
    refused: Mapping[str, list[tuple[str, pa.BooleanArray]]],
    rows: Rows,
    identity: tuple[str, ...],
    turn: int,
) -> dict[str, Mask]:
    """Which rows each template is given.

    By rendezvous hashing: a row's template is the one with the highest hash of those that take the
    row, so that a new template moves only the rows that it wins. A row that none takes stays with
    the one of the highest hash, which says why it is left out. At the next turn it is the one with
    the next highest hash, and after the last that takes the row the first again.
    """
    parts = (binding.task.name, *identity)
    scores = np.stack(
        [hash_rows(rows, "template", binding.seed, *parts, each.name) for each in binding.templates]
    )
    winner = scores.argmax(axis=0)
    if turn or any(refused.values()):
        takes = np.ones(scores.shape, dtype=bool)
        for place, reasons in enumerate(refused.values()):
            for _, wanted in reasons:
                takes[place] &= ~mask(wanted)
        among = np.where(takes, np.maximum(scores, 1), 0)
        if turn:
            ranked = np.argsort(~among, axis=0, kind="stable")  # the highest first
            at = turn % np.maximum(takes.sum(axis=0), 1)
            best = np.take_along_axis(ranked, at[np.newaxis], axis=0)[0]
        else:
            best = among.argmax(axis=0)
        winner = np.where(takes.any(axis=0), best, winner)
    return {each.name: winner == place for place, each in enumerate(binding.templates)}
