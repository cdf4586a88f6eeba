"""Shards -> selections: whatever must see many rows. It imports ``core``, ``declare`` and ``make``.

A shard is never rewritten. What leaves rows out, repeats them or puts them in another order across
shards writes a selection or a removal beside them, and only export makes files of it::

    measure     what rows come to, in characters or tokens
    mapped      rows of mapped shards in any order
    selection   which rows of which shards, how often and in which order
    removal     rows that are taken out of a split, each with its reason
    dropped     rows that were taken out, to be looked at
    quality/    rows that are taken out of a build, each for a reason
    mix/        mixtures: what they take, planned and chosen
    sweep       lists of rows that no manifest lists any more
    build       shards, and what is curated of them
    statistics  what all the rows of a split together tell
"""

from mixbuild.curate.build import as_curated, build, settle
from mixbuild.curate.dropped import PAIRS, Dropped, dropped_rows, noted_rows
from mixbuild.curate.mapped import Mapped
from mixbuild.curate.mix.forecast import (
    BUILD,
    Forecast,
    Line,
    Stock,
    evaluation,
    forecast,
    outcome,
    stocks_of,
)
from mixbuild.curate.quality.evaluation import benchmarks_in_train
from mixbuild.curate.removal import REMOVED, kept, read_notes, read_removal
from mixbuild.curate.selection import (
    GATHERED_ROWS,
    SELECTION,
    gather,
    open_selected,
    read_selected,
    read_selection,
    selection_key,
    write_selection,
)
from mixbuild.curate.statistics import COLUMNS as STATISTICS_COLUMNS
from mixbuild.curate.statistics import (
    QUANTILES,
    Common,
    LengthCounts,
    Lengths,
    Quantiles,
    Said,
    Statistics,
    characters,
    statistics,
)

__all__ = [
    "BUILD",
    "GATHERED_ROWS",
    "PAIRS",
    "QUANTILES",
    "REMOVED",
    "SELECTION",
    "STATISTICS_COLUMNS",
    "Common",
    "Dropped",
    "Forecast",
    "LengthCounts",
    "Lengths",
    "Line",
    "Mapped",
    "Quantiles",
    "Said",
    "Statistics",
    "Stock",
    "as_curated",
    "benchmarks_in_train",
    "build",
    "characters",
    "dropped_rows",
    "evaluation",
    "forecast",
    "gather",
    "kept",
    "noted_rows",
    "open_selected",
    "outcome",
    "read_notes",
    "read_removal",
    "read_selected",
    "read_selection",
    "selection_key",
    "settle",
    "statistics",
    "stocks_of",
    "write_selection",
]
