"""Mixtures: configs whose rows are those of tasks, chosen and put in order by what they say.

Nothing is rendered for one, and nothing copied: each of its splits is a selection over the shards
of the tasks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from mixbuild.core import explained_output, hash_code, hash_rows
from mixbuild.curate.mix.choice import Choice, Chosen, choose
from mixbuild.curate.selection import (
    GATHERED_ROWS,
    SELECTION,
    is_selection,
    selection_digest,
    selection_key,
    write_selection,
)
from mixbuild.declare import Mixture, leaves, size_of
from mixbuild.make import (
    Built,
    BuiltSplit,
    Config,
    MixedTask,
    OfMixture,
    Selected,
    Taken,
)

DECISIVE = (
    "core",
    "curate/mix/candidates.py",
    "curate/mix/choice.py",
    "curate/quality/duplicates.py",
    "curate/quality/keyed.py",
    "curate/mapped.py",
    "curate/measure.py",
    "curate/mix/mixture.py",
    "curate/quality/pool.py",
    "curate/removal.py",
    "curate/selection.py",
    "declare",
    "sources/chat.py",
    "sources/session.py",
    "sources/tokenizer.py",
)
"""The rooms and modules whose text decides a mixture's selections."""


def mixed(
    out: Path, configs: Mapping[str, Built], name: str, mixture: Mixture, *, seed: int
) -> Built:
    """Make a mixture of a build's tasks.

    Args:
        out: the build's folder.
        configs: those of its tasks, with keys beside their shards.
        name: the mixture's.
        mixture: with nothing but tasks as its innermost parts.
        seed: of every choice by hash.

    Returns:
        what the manifest is to say of it.

    Raises:
        MixtureError: there are not the rows that it asks for.
        VerifyError: a shard or its keys are not what the manifest says.
        OutputError: a selection cannot be written.
    """
    own = {task: configs[task] for task in sorted({path[-1] for path, _ in leaves(mixture)})}
    choice = choose(out, own, name, mixture, seed=seed)
    splits = {
        split: _split(out, f"{name}/{split}", chosen, own, mixture, seed)
        for split, chosen in choice.items()
    }
    size = size_of(mixture)
    made_of = OfMixture(
        seed,
        {task: MixedTask(config.tasks[task], _taken(task, choice)) for task, config in own.items()},
        unit=size[1] if size else None,
    )
    versions = {key: value for config in own.values() for key, value in config.versions.items()}
    recipe = next(iter(own.values())).recipe
    return Config(made_of, versions, splits, recipe)


def _taken(task: str, choice: Choice) -> dict[str, Taken]:
    """What each split takes of a task."""
    return {
        split: Taken(
            each.found.split,
            len(each.found),
            each.found.left_out,
            float(each.asked),
            len(each.rows),
            max(0, len(each.found) - len(each.rows)),  # whole copies have every row
            each.size,
        )
        for split, chosen in choice.items()
        for each in [chosen.get(task)]
        if each
    }


def _split(
    out: Path,
    name: str,
    chosen: Mapping[str, Chosen],
    own: Mapping[str, Built],
    mixture: Mixture,
    seed: int,
) -> BuiltSplit:
    """Write the selection of a split, unless it is there; what the manifest says of it."""
    shards = [shard for each in chosen.values() for shard in each.found.every]
    counts = {task: [len(each.found), len(each.rows)] for task, each in chosen.items()}
    left = [
        [split.removed.digest if split.removed else None, *(s.content_digest for s in split.shards)]
        for config in own.values()
        for split in config.splits.values()
    ]
    made_by = [hash_code(*DECISIVE), repr(mixture), name, counts, left, seed]
    key = selection_key(shards, json.dumps(made_by))
    path = f"{name}.selection.arrow"
    places = list(_places(chosen, seed))
    digest = selection_digest(places)
    if not is_selection(out / path, key=key, digest=digest):
        with explained_output(out / path):
            (out / path).parent.mkdir(exist_ok=True)
        write_selection(out / path, places, key=key)
    rows = sum(len(each.rows) for each in chosen.values())
    return BuiltSplit(rows, rows, {}, (), selected=Selected(path, key, digest, tuple(shards)))


def _places(chosen: Mapping[str, Chosen], seed: int) -> Iterator[pa.RecordBatch]:
    """The rows of a split in one order of them all, by a hash of what each says.

    It takes 40 bytes of memory for each row, at its peak.
    """
    shard, row, copies, order = [], [], [], []
    first = 0
    for task, each in chosen.items():
        found, rows = each.found, each.rows
        turn = found.turn(each.copies).astype(np.int32)
        shard.append(found.shard[rows] + turn * np.int32(len(found.shards)) + np.int32(first))
        row.append(found.row[rows])
        copies.append(each.copies.astype(np.int32))
        again = hash_rows(found.twin[rows] + (each.copies << 32), "copy")
        order.append(hash_rows((found.slots[rows] ^ again).view(np.int64), "order", seed, task))
        first += len(found.every)
    by_hash = np.argsort(np.concatenate(order), kind="stable")
    columns = [np.concatenate(each)[by_hash] for each in (shard, row, copies)]
    for start in range(0, len(by_hash), GATHERED_ROWS):
        end = start + GATHERED_ROWS
        yield pa.record_batch([pa.array(each[start:end]) for each in columns], schema=SELECTION)
