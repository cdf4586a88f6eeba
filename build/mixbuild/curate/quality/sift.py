"""Rows that are judged without any others: too long, or with an item of an evaluation set in them.

A shard is read once for both, by whatever process: what costs the most of all that is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import count_of
from mixbuild.curate.quality.contamination import Contaminants, Item
from mixbuild.curate.quality.pool import Numbers, Part, Pool
from mixbuild.curate.quality.run import Run
from mixbuild.declare import MARKER, Quality
from mixbuild.make import Trim, limit_of, read_shard, trim_of

WORKER_BYTES = 32 * 2**20
"""Of shards: with fewer, a worker is longer in starting than it saves."""


@dataclass(frozen=True)
class Numbered:
    """A shard of a pool, by its number."""

    number: int
    name: str


@dataclass(frozen=True, eq=False)
class Sieve:
    """What all shards are sifted by.

    Attributes:
        parts: the shards.
        limit: what counts tokens, and how many are too many.
        contaminants: what no row to train on may hold.
    """

    parts: Sequence[Part]
    limit: Trim | None
    contaminants: Contaminants | None


@dataclass(frozen=True, eq=False)
class Sifted:
    """Rows of a pool that are to be taken out for one reason, and the text that shows each."""

    reason: str
    rows: Numbers
    texts: Sequence[str]


def take_out_alone(
    pool: Pool, quality: Quality, items: Sequence[Item], *, run: Run
) -> Mapping[str, int]:
    """Take out what ``length`` and ``contamination`` ask for: first all that is too long.

    Of a row that a mixture may take by several templates, all of them are looked at: one may show
    what another does not.

    Args:
        pool: the rows.
        quality: what is asked for.
        items: of the evaluation sets that are named.
        run: where shards are sifted.

    Returns:
        of each evaluation set, how many items are too short to be looked for, if any is.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
        VerifyError: a shard is not what the manifest says.
    """
    asked = quality.contamination
    if quality.length is None and asked is None:
        return {}
    sieve = Sieve(
        pool.parts,
        None if quality.length is None else trim_of(quality.length),
        None if asked is None else Contaminants(items, words=asked.words, coverage=asked.coverage),
    )
    judged = {
        number: part.shard
        for number, part in enumerate(pool.parts)
        if sieve.limit is not None or part.place.train
    }
    units = [Numbered(number, shard.path) for number, shard in judged.items()]
    size = sum(shard.bytes for shard in judged.values())
    for _, found in run(units, sift, shared=sieve, worth=size // WORKER_BYTES):
        for each in found:
            pool.take_out(each.rows, each.reason, texts=each.texts)
    return {} if sieve.contaminants is None else sieve.contaminants.too_short


def sift(unit: Numbered, sieve: Sieve) -> list[Sifted]:
    """What is to be taken out of a shard, wherever that is found out.

    Raises:
        SourceError, UsageError, WorkerError: the tokenizer cannot be had, or is another one.
        VerifyError: the shard is not what the manifest says.
    """
    part = sieve.parts[unit.number]
    long: dict[int, tuple[str, str]] = {}
    held: dict[int, tuple[str, str]] = {}
    for first, batch in _batches(part):
        if sieve.limit is not None:
            long = {**_too_long(first, batch, sieve.limit), **long}
        if sieve.contaminants is not None and part.place.train:
            held = {**_contaminated(first, batch, sieve.contaminants), **held}
    found: dict[str, dict[int, str]] = {}
    for row, (reason, text) in {**held, **long}.items():
        found.setdefault(reason, {})[row] = text
    return [
        Sifted(reason, np.array(list(rows), np.int64), list(rows.values()))
        for reason, rows in found.items()
    ]


def _batches(part: Part) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of a shard, in all their renderings, before each batch its first row's number."""
    for path, shard in part.renderings:
        first = part.start
        for batch in read_shard(path, shard):
            yield first, batch
            first += batch.num_rows


def _too_long(first: int, batch: pa.RecordBatch, limit: Trim) -> dict[int, tuple[str, str]]:
    """Rows, why they are to be taken out, and how many tokens they have."""
    tokens = limit_of(limit).count(batch["prompt"].to_pylist(), batch["completion"].to_pylist())
    long = np.flatnonzero(tokens > limit.max_tokens)
    reason = f"more than {count_of(limit.max_tokens, 'token')}"
    return {first + int(row): (reason, f"{tokens[row]:,} tokens") for row in long}


def _contaminated(
    first: int, batch: pa.RecordBatch, contaminants: Contaminants
) -> dict[int, tuple[str, str]]:
    """Rows, why they are to be taken out, and the words that were found in them."""
    prompts = pc.utf8_slice_codeunits(batch.column("prompt"), 0, -len(MARKER))
    texts = pc.binary_join_element_wise(prompts, batch.column("completion"), "")
    return {
        first + row: (f"contaminated by {hit.item.of}", f"{hit.item.id}: {hit.text}")
        for row, hit in contaminants.among(texts)
    }
