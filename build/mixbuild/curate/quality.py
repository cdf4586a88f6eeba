"""Take rows out of a build as a ``Quality`` says: a removal of each split, listed in the manifest.

Rows are judged on what the steps before left, in the order in which ``Quality`` lists them. The
outcome depends on what rows say and where they are from, not on the order of shards or tasks. Of
those that are left at most ``max_rows`` stay.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.curate.contamination import Item
from mixbuild.curate.max_rows import take_out_beyond
from mixbuild.curate.near import find_alike, near_leaks, take_out_leaking, take_out_near
from mixbuild.curate.pool import Part, Pool, pool_of
from mixbuild.curate.removal import REMOVED, removal_path, write_removal
from mixbuild.curate.repeats import take_out_repeats
from mixbuild.curate.rows import Ids
from mixbuild.curate.run import Run, run_by
from mixbuild.curate.sift import take_out_alone
from mixbuild.declare import Near, Quality
from mixbuild.make import Built, BuiltSplit, Overlaps, without


def take_out(
    out: Path,
    configs: Mapping[str, Built],
    quality: Quality | None,
    *,
    items: Sequence[Item] = (),
    again: Container[tuple[str, str]] = (),
    run: Run | None = None,
) -> tuple[dict[str, Built], Overlaps | None]:
    """Take rows out of the configs of a build that are judged together.

    Args:
        out: the build's folder, with keys beside its shards.
        configs: what its manifest says, or will say, of them.
        quality: what to take out; None for what is beyond ``max_rows`` alone.
        items: of the evaluation sets that ``contamination`` names.
        again: the (config, split) of which a mixture may take rows by other templates, too.
        run: where rows are judged; None for this process.

    Returns:
        what the manifest is to say of them now, a removal for each split, be it empty; and what
        rows say more than once, where it was looked for.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
        OutputError: a removal cannot be written.
    """
    run = run or run_by()
    pool = pool_of(out, configs, again=again)
    overlaps = None
    if quality is not None:
        take_out_alone(pool, quality, items, run=run)
        overlaps = _take_out_repeats(pool, quality, run) if by_keys(quality) else None
    take_out_beyond(pool, configs)
    ids = Ids(pool)
    settled = {
        name: _settled(out, pool, name, config, overlaps, ids) for name, config in configs.items()
    }
    return settled, overlaps


def by_keys(quality: Quality) -> bool:
    """Whether rows are judged by what the keys beside their shards tell."""
    return any(each is not None for each in (quality.leakage, quality.exact, quality.near))


def near_of(quality: Quality) -> Near | None:
    """What is near, where rows are judged by that."""
    if quality.near is None and quality.leakage is not None and quality.leakage.by == "near":
        return Near()
    return quality.near


def _take_out_repeats(pool: Pool, quality: Quality, run: Run) -> Overlaps:
    asked = near_of(quality)
    alike = None if asked is None else find_alike(pool, asked)
    if alike is not None and quality.leakage is not None and quality.leakage.by == "near":
        take_out_leaking(pool, alike)
    overlaps = take_out_repeats(
        pool,
        exact=quality.exact,
        leakage=quality.leakage,
        run=run,
        near=None if alike is None else near_leaks(pool, alike),
    )
    if alike is None or quality.near is None:
        return overlaps
    return msgspec.structs.replace(overlaps, near_conflicts=take_out_near(pool, alike))


def _settled(
    out: Path, pool: Pool, name: str, config: Built, overlaps: Overlaps | None, ids: Ids
) -> Built:
    splits: dict[str, BuiltSplit] = {}
    for place in pool.places:
        if place.config == name:
            removed = _removed(pool, [part for part in pool.parts if part.place is place], ids)
            listed = write_removal(out, removal_path(name, place.split), removed)
            splits[place.split] = without(place.entry, listed)
    found = None if overlaps is None else overlaps.of(name)
    return msgspec.structs.replace(config, splits=splits, overlaps=found)


def _removed(pool: Pool, parts: Sequence[Part], ids: Ids) -> pa.Table:
    """The rows of a split that are taken out, in order."""
    tables = [REMOVED.empty_table()]
    for part in parts:
        reasons = pool.reasons[part.start : part.start + part.shard.rows]
        rows = np.flatnonzero(reasons)
        shows = ids.of(pool.shown_by[part.start + rows])
        because = [pool.texts.get(part.start + row, "") for row in rows.tolist()]
        tables.append(
            pa.table(
                [
                    np.full(len(rows), part.index, np.int32),
                    rows,
                    pa.array(pool.names, pa.string()).take(pa.array(reasons[rows] - 1)),
                    pc.coalesce(shows, pa.array(because, pa.string())),
                ],
                schema=REMOVED,
            )
        )
    return pa.concat_tables(tables)
