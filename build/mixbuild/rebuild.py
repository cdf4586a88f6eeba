"""Build again what is published, from the pinned sources, and compare row for row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild import hub
from mixbuild.errors import ManifestError, UsageError, one_of
from mixbuild.export import ARROW, export, read_shards, splits
from mixbuild.make import Report, make
from mixbuild.plan import Request
from mixbuild.render import SCHEMA, Mask
from mixbuild.sources import SAMPLES
from mixbuild.task import Task
from mixbuild.tasks import find


@dataclass(frozen=True)
class Rebuilt:
    """A split that was built again.

    Attributes:
        task: the config.
        split: its name.
        rows: how many there are now.
        content_digest: of them.
        difference: the first row that is not as published; None when all are.
    """

    task: str
    split: str
    rows: int
    content_digest: str
    difference: str | None


def rebuild(
    place: str,
    out: Path,
    *,
    tasks: Sequence[str] = (),
    sources: Mapping[str, str] | None = None,
    num_proc: int | None = None,
    report: Report = lambda *_: None,
) -> Iterator[Rebuilt]:
    """Build what ``org/name[@revision]`` holds again, each source at the commit it was read at.

    Args:
        place: what to build again.
        out: where to; an empty folder, or that of a rebuild which was interrupted.
        tasks: only these; all when empty.
        sources: mirrors, for tasks that were made of one.
        num_proc: as for ``make``.
        report: called with (units done, units in all), task by task.

    Raises:
        ManifestError: nothing is published there.
        MixError: a source is not there any more, or cannot be read.
    """
    api = hub.client()
    remote, published = hub.read_published(api, *hub.parse(place))
    for name in tasks:
        if name not in published["tasks"]:
            raise UsageError(f"{place}: {one_of('config', name, published['tasks'])}")
    for name, entry in published["tasks"].items():
        if tasks and name not in tasks:
            continue
        made = make(
            _request(find(name), entry, out, (sources or {}).get(name)),
            num_proc=num_proc,
            report=report,
        )
        for split in splits(out, {name: made.manifest["tasks"][name]}, file_format=ARROW):
            now, then = export(split), entry["splits"][split.split]
            difference = None
            if (now["rows"], now["content_digest"]) != (then["rows"], then["content_digest"]):
                rows = hub.published_rows(api, remote, then, columns=SCHEMA.names)
                difference = first_difference(rows, read_shards(out, split.entry)) or (
                    "the rows are the same as in the files, but not as the manifest says"
                )
            yield Rebuilt(name, split.split, now["rows"], now["content_digest"], difference)


def _request(task: Task, entry: Mapping[str, Any], out: Path, source: str | None) -> Request:
    """What was asked for when it was made, of the very same source."""
    repo, _, commit = entry["source"]["read_from"].partition("@")
    asked = entry["asked"]
    lock = {}
    if re.fullmatch(r"[0-9a-f]{40}", commit):
        lock = {task.name: {"repo": task.source.repo, "commit": commit}} if source is None else {}
        if repo != task.source.repo and source is None:
            source = f"{repo}@{commit}"
    elif repo == f"{SAMPLES}/{task.name}":
        source = SAMPLES
    elif source is None:
        raise ManifestError(
            f"{task.name}: was made of a mirror, {entry['source']['read_from']}; say where it is: "
            f"--source {task.name}=FOLDER"
        )
    return Request(
        [task],
        out,
        {} if source is None else {task.name: source},
        asked["templates"],
        asked["seed"],
        list(entry["splits"]),
        asked["max_rows"],
        lock,
    )


def first_difference(
    published: Iterable[pa.RecordBatch], rebuilt: Iterable[pa.RecordBatch]
) -> str | None:
    """The first row in which two streams of rows differ, in words; None when there is none."""
    number = 0
    for one, other in _in_step(published, rebuilt):
        if one is None or other is None:
            more, fewer = ("published", "rebuilt") if other is None else ("rebuilt", "published")
            longer = one if one is not None else other
            row_id = longer.column("id")[0].as_py() if longer is not None else ""
            return f"row {number:,} ({row_id}): {more}, and not {fewer}"
        different = np.zeros(one.num_rows, dtype=bool)
        for name in SCHEMA.names:
            different |= _different(one.column(name), other.column(name))
        if different.any():
            at = int(np.argmax(different))
            return f"row {number + at:,} {_described(one.slice(at, 1), other.slice(at, 1))}"
        number += one.num_rows
    return None


def _different(one: pa.Array, other: pa.Array) -> Mask:
    if not pa.types.is_list(one.type):
        differs: Mask = pc.not_equal(one, other).to_numpy(zero_copy_only=False)
        return differs
    if one.equals(other):
        return np.zeros(len(one), dtype=bool)
    # lists have no kernel that compares them; this is a batch that differs, and there is one
    return np.array([a != b for a, b in zip(one.to_pylist(), other.to_pylist(), strict=True)])


def _described(published: pa.RecordBatch, rebuilt: pa.RecordBatch) -> str:
    (then,), (now,) = published.to_pylist(), rebuilt.to_pylist()
    name = next(name for name in SCHEMA.names if then[name] != now[name])
    return f"({then['id']}): {name}: published {_short(then[name])}, rebuilt {_short(now[name])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:60]} […] {text[-60:]}"


Pair = tuple[pa.RecordBatch | None, pa.RecordBatch | None]


def _in_step(one: Iterable[pa.RecordBatch], other: Iterable[pa.RecordBatch]) -> Iterator[Pair]:
    """Batches of the same rows of both; None on the side that ended first."""
    sides = [iter(one), iter(other)]
    held: list[pa.RecordBatch | None] = [None, None]
    while True:
        for index, side in enumerate(sides):
            while held[index] is None or not held[index].num_rows:  # type: ignore[union-attr]
                held[index] = next(side, None)
                if held[index] is None:
                    break
        left, right = held
        if left is None or right is None:
            if left is not None or right is not None:
                yield left, right
            return
        rows = min(left.num_rows, right.num_rows)
        yield left.slice(0, rows), right.slice(0, rows)
        held = [left.slice(rows), right.slice(rows)]
