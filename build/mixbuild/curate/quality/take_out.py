"""Take rows out of a build as a ``Quality`` says: a removal of each split, listed in the manifest.

Rows are judged on what the steps before left, in the order in which ``Quality`` lists them. The
outcome depends on what rows say and where they are from, not on the order of shards or tasks. Of
those that are left at most ``max_rows`` stay.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.curate.quality.contamination import Item
from mixbuild.curate.quality.max_rows import take_out_beyond
from mixbuild.curate.quality.near import (
    Alike,
    clusters_of,
    find_alike,
    near_leaks,
    take_out_leaking,
    take_out_near,
)
from mixbuild.curate.quality.page import page_of
from mixbuild.curate.quality.pairs import kinds_of
from mixbuild.curate.quality.pool import Numbers, Place, Pool, pool_of
from mixbuild.curate.quality.repeats import take_out_repeats
from mixbuild.curate.quality.rows import Ids
from mixbuild.curate.quality.run import Run, run_by
from mixbuild.curate.quality.sift import take_out_alone
from mixbuild.curate.removal import (
    REMOVED,
    notes_path,
    removal_path,
    write_notes,
    write_removal,
)
from mixbuild.declare import Near, Quality
from mixbuild.make import Built, BuiltSplit, Overlaps, without


@dataclass(frozen=True)
class TakenOut:
    """What came of it.

    Attributes:
        configs: what the manifest is to say of them now, a removal for each split, be it empty.
        overlaps: what rows say more than once, where it was looked for.
        page: of pairs that are worth a look, where it was asked for and there may be some.
        too_short: of evaluation sets, how many items cannot be looked for.
    """

    configs: dict[str, Built]
    overlaps: Overlaps | None
    page: str | None
    too_short: Mapping[str, int]


def take_out(
    out: Path,
    configs: Mapping[str, Built],
    quality: Quality | None,
    *,
    items: Sequence[Item] = (),
    again: Container[tuple[str, str]] = (),
    run: Run | None = None,
    look: bool = False,
) -> TakenOut:
    """Take rows out of the configs of a build that are judged together.

    Args:
        out: the build's folder, with keys beside its shards.
        configs: what its manifest says, or will say, of them.
        quality: what to take out; None for what is beyond ``max_rows`` alone.
        items: of the evaluation sets that ``contamination`` names.
        again: the (config, split) of which a mixture may take rows by other templates, too.
        run: where rows are judged; None for this process.
        look: make a page of pairs, too.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
        OutputError: a removal cannot be written.
    """
    run = run or run_by()
    pool = pool_of(out, configs, again=again)
    overlaps, alike = None, None
    too_short: Mapping[str, int] = {}
    if quality is not None:
        too_short = take_out_alone(pool, quality, items, run=run)
        if by_keys(quality):
            asked = near_of(quality)
            alike = None if asked is None else find_alike(pool, asked)
            overlaps = _take_out_repeats(pool, quality, alike, run)
    take_out_beyond(pool, configs)
    ids = Ids(pool)
    settled = {
        name: _settled(out, pool, name, config, overlaps, ids) for name, config in configs.items()
    }
    page = page_of(tuple(configs), kinds_of(pool, configs, alike)) if look and overlaps else None
    return TakenOut(settled, overlaps, page, too_short)


def by_keys(quality: Quality) -> bool:
    """Whether rows are judged by what the keys beside their shards tell."""
    return any(each is not None for each in (quality.leakage, quality.exact, quality.near))


def near_of(quality: Quality) -> Near | None:
    """What is near, where rows are judged by that."""
    if quality.near is None and quality.leakage is not None and quality.leakage.by == "near":
        return Near()
    return quality.near


def _take_out_repeats(pool: Pool, quality: Quality, alike: Alike | None, run: Run) -> Overlaps:
    if alike is not None and quality.leakage is not None and quality.leakage.by == "near":
        take_out_leaking(pool, alike)
    overlaps = take_out_repeats(
        pool,
        exact=quality.exact,
        leakage=quality.leakage,
        run=run,
        near=None if alike is None else near_leaks(pool, alike),
    )
    if alike is None:
        return overlaps
    beside = {} if quality.near is None else take_out_near(pool, alike)
    found = clusters_of(pool, alike)
    return msgspec.structs.replace(overlaps, near_conflicts=beside, near_clusters=found)


def _settled(
    out: Path, pool: Pool, name: str, config: Built, overlaps: Overlaps | None, ids: Ids
) -> Built:
    splits: dict[str, BuiltSplit] = {}
    for place in pool.places:
        if place.config == name:
            removed = _removed(pool, place, ids)
            entry = without(
                place.entry, write_removal(out, removal_path(name, place.split), removed)
            )
            noted = write_notes(out, notes_path(name, place.split), _noted(pool, place, ids))
            splits[place.split] = msgspec.structs.replace(entry, noted=noted)
    found = None if overlaps is None else overlaps.of(name)
    return msgspec.structs.replace(config, splits=splits, overlaps=found)


def _removed(pool: Pool, place: Place, ids: Ids) -> pa.Table:
    """The rows of a split that are taken out, in order."""
    first, last = pool.span(place)
    rows = first + np.flatnonzero(pool.reasons[first:last])
    reasons = pa.array(pool.names, pa.string()).take(pa.array(pool.reasons[rows] - np.uint16(1)))
    told = np.fromiter(pool.texts, np.int64, len(pool.texts))
    own = np.flatnonzero(np.isin(told, rows))
    text = np.zeros(len(rows), np.int64)
    text[np.searchsorted(rows, told[own])] = own + 1
    texts = pa.array(["", *pool.texts.values()], pa.string()).take(pa.array(text))
    because = pc.coalesce(ids.of(pool.shown_by[rows]), texts)
    return _listed(pool, rows, reasons, because)


def _noted(pool: Pool, place: Place, ids: Ids) -> pa.Table:
    """What there is to say of the rows of a split, in order."""
    first, last = pool.span(place)
    tables = [REMOVED.empty_table()]
    for note in pool.notes:
        own = np.flatnonzero((note.rows >= first) & (note.rows < last))
        what = pa.array([note.what] * len(own), pa.string())
        tables.append(_listed(pool, note.rows[own], what, ids.of(note.shown_by[own])))
    return pa.concat_tables(tables).sort_by([(name, "ascending") for name in REMOVED.names[:3]])


def _listed(
    pool: Pool, rows: Numbers, reasons: pa.StringArray, because: pa.StringArray
) -> pa.Table:
    """Rows of a split by the places that they have in there."""
    shard = np.searchsorted(pool.starts, rows, "right") - 1
    index = np.array([part.index for part in pool.parts], np.int32)
    return pa.table([index[shard], rows - pool.starts[shard], reasons, because], schema=REMOVED)
