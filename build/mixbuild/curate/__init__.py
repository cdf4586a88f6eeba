"""Shards -> selections: whatever must see many rows. It imports ``core``, ``declare`` and ``make``.

A shard is never rewritten. What leaves rows out, repeats them or puts them in another order across
shards writes a selection or a removal beside them, and only export makes files of it::

    measure    what rows come to, in characters or tokens
    mapped     rows of mapped shards in any order
    selection  which rows of which shards, how often and in which order
    contamination  items of evaluation sets, found by runs of words
    duplicates  duplicates, conflicts and leakage, decided on digests
    removal    rows that are taken out of a split, each with its reason
    dropped    rows that were taken out, to be looked at
    evaluation  evaluation sets as items to be looked for
    pool       the rows of a build that are judged together
    rows       rows of a pool, read by their numbers
    run        where rows are judged
    forecast   what a mixture will give, before anything is rendered
    length     how many tokens a trainer takes
    sift       rows that are judged without any others, taken out of a pool
    keyed      what the rows of a pool say, as the keys beside their shards tell
    repeats    duplicates, conflicts and leakage, taken out of a pool
    minhash    sets that are near one another
    near       rows that are nearly the same, taken out of a pool
    max_rows   of each split so many source rows, and the others taken out of a pool
    pairs      pairs of rows that are worth a look
    page       a page of pairs to be looked at in a browser
    quality    rows are taken out of a build
    candidates  the rows of a task's split that a mixture may take, and their order
    choice     which rows of its tasks each split of a mixture takes
    mixture    mixtures: configs whose rows are those of tasks
    sweep      lists of rows that no manifest lists any more
    build      shards, and what is curated of them
    statistics  what all the rows of a split together tell
"""

from mixbuild.curate.build import as_curated, build, settle
from mixbuild.curate.dropped import PAIRS, Dropped, dropped_rows, noted_rows
from mixbuild.curate.evaluation import benchmarks_in_train
from mixbuild.curate.forecast import (
    BUILD,
    Forecast,
    Line,
    Stock,
    evaluation,
    forecast,
    outcome,
    stocks_of,
)
from mixbuild.curate.mapped import Mapped
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
