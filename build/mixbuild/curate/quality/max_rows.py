"""``max_rows``: of each split at most so many source rows, chosen by what they say.

A row is chosen by a hash of the seed, the task, the split, the digest of its slots and, of rows
that say the same, the how-manieth it is: not by the file it lies in, nor by the rows beside it. So
a mirror that is cut into other files gives the same rows, and fewer rows are a part of more.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from mixbuild.core import hash_rows
from mixbuild.curate.quality.keyed import half_of, keys_of, twins
from mixbuild.curate.quality.pool import Place, Pool
from mixbuild.make import Built

BEYOND = "beyond max_rows"


def most_rows(config: Built) -> int | None:
    """How many source rows a task's config has at most in each split; None for all."""
    (of,) = config.tasks.values()
    return of.asked.max_rows


def take_out_beyond(pool: Pool, configs: Mapping[str, Built]) -> None:
    """Take out of a pool all but so many source rows of each split, where its config says so.

    Only rows that are still in are counted and chosen; the renderings of one stay together.

    Raises:
        VerifyError: a shard or its keys are not what the manifest says.
    """
    for place in pool.places:
        if (most := most_rows(configs[place.config])) is not None:
            (of,) = configs[place.config].tasks.values()
            _choose(pool, place, most, of.asked.seed)


def _choose(pool: Pool, place: Place, most: int, seed: int) -> None:
    parts = [part for part in pool.parts if part.place is place]
    if not parts:
        return
    keys = pa.concat_tables([keys_of(part).select(["slots", "source_row"]) for part in parts])
    first = parts[0].start
    left = np.flatnonzero(pool.reasons[first : first + len(keys)] == 0)
    slots, source_rows = half_of(keys["slots"])[left], keys["source_row"].to_numpy()[left]
    _, at, of = np.unique(source_rows, return_index=True, return_inverse=True)
    said = slots[at]
    copy = hash_rows(twins(said), "copy")
    hashes = hash_rows((said ^ copy).view(np.int64), "max-rows", seed, place.config, place.split)
    goes = np.ones(len(said), bool)
    goes[np.argsort(hashes, kind="stable")[:most]] = False
    pool.take_out(first + left[goes[of]], BEYOND)
