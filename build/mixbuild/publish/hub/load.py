"""A config loaded from the Hub as its users load it, and nothing that was there before trusted."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
from huggingface_hub import constants

from mixbuild.core import ContentDigest, explained, patiently, usable_cores
from mixbuild.core import executor as engine
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.publish.ends import Ends, batches_of, rows_of
from mixbuild.publish.facts import Facts, Told
from mixbuild.publish.formats import back, columns_of, digest_of
from mixbuild.publish.parquet import row_groups
from mixbuild.sources import Factory, adopt, bounded, callers_factory, can_travel

if TYPE_CHECKING:  # importing datasets takes a second, which a push with nothing to do saves
    from datasets import Dataset, IterableDataset


@dataclass(frozen=True)
class Loading:
    """One config, to be loaded from the Hub as its users load it.

    Attributes:
        repo: ``org/name``.
        commit: which one.
        config: which one.
        batch_rows: how many rows to read at once.
        ends: by split, which first and last rows are expected: only they are loaded, streamed.
            None for every row, downloaded.
        row_format: in which the rows lie there.
    """

    repo: str
    commit: str
    config: str
    batch_rows: int
    ends: Mapping[str, Ends] | None = None
    row_format: RowFormat = CANONICAL

    @property
    def name(self) -> str:
        """For people."""
        way = "in full" if self.ends is None else "streamed"
        return f"{self.repo}@{self.commit}: {self.config} {way}"


Loaded: TypeAlias = Mapping[str, Told | Ends | None]
"""By split, what came; None for one whose rows nobody asked for."""


def loaders() -> engine.Workers:
    """Processes that load; each imports ``datasets`` as soon as it is begun."""
    return engine.Workers(load, import_datasets)


def import_datasets() -> None:
    """Take the second that it takes, ahead of what there is to load."""
    import datasets  # noqa: F401  # found there afterwards


def load_all(
    loadings: Iterable[Loading], workers: engine.Workers | None = None
) -> Iterator[tuple[Loading, Loaded]]:
    """Load configs side by side, by the client that the caller has set, as they come to be done.

    In processes of their own: reading Parquet by streaming can abort a process at its exit. Only
    where the caller's client is made by what no other process can have, it is this one.

    Args:
        loadings: which.
        workers: of ``loaders``, some of which may have begun.

    Raises:
        SourceError: one cannot be loaded.
    """
    loadings = list(loadings)
    factory = callers_factory()
    num_proc = max(1, min(usable_cores(), len(loadings))) if can_travel(factory) else None
    return engine.run(loadings, load, shared=factory, num_proc=num_proc, workers=workers)


def load(loading: Loading, factory: Factory | None = None) -> Loaded:
    """Load a config, patiently.

    Args:
        loading: which, and how.
        factory: sets this process's client, where it is one of its own.

    Raises:
        SourceError: it cannot be loaded.
    """
    adopt(factory)
    with explained(loading.name), bounded():
        return patiently(lambda: _load(loading))


def _load(loading: Loading) -> Loaded:
    from datasets import load_dataset

    ends = loading.ends
    with tempfile.TemporaryDirectory() as cache, _downloads_in(cache), _one_endpoint():
        splits = load_dataset(
            loading.repo,
            loading.config,
            revision=loading.commit,
            streaming=ends is not None,
            cache_dir=cache,
            verification_mode="no_checks",  # whoever asked compares, in words of its own
        )
        if ends is None:
            return {str(split): _read(each, loading) for split, each in splits.items()}
        return {
            str(split): _read_ends(each, ends[split], loading) if split in ends else None
            for split, each in splits.items()
        }


@contextmanager
def _downloads_in(folder: str) -> Iterator[None]:
    """Have the Hub's client keep what it downloads there, and find nothing elsewhere."""
    found = constants.HF_HUB_CACHE
    constants.HF_HUB_CACHE = folder
    try:
        yield
    finally:
        constants.HF_HUB_CACHE = found


@contextmanager
def _one_endpoint() -> Iterator[None]:
    """Have ``datasets`` ask the address that the Hub's client asks: it keeps a slash at the end."""
    from datasets import config

    found = config.HF_ENDPOINT
    config.HF_ENDPOINT = found.rstrip("/")
    try:
        yield
    finally:
        config.HF_ENDPOINT = found


def _read(dataset: Dataset, loading: Loading) -> Told:
    """All rows, and what they tell."""
    facts = Facts()
    own = digest_of(loading.row_format)
    for _ in facts.noted(row_groups(_rows(dataset, loading, own))):
        pass
    return replace(facts.told(), format_digest=None if own is None else own.hexdigest())


def _rows(
    dataset: Dataset, loading: Loading, own: ContentDigest | None
) -> Iterator[pa.RecordBatch]:
    """All rows as they are, whatever format they lie in, of which ``own`` takes the digest."""
    for table in _tables(dataset, loading.batch_rows):
        for batch in batches_of(table, columns_of(loading.row_format)):
            if own is not None:
                own.update(batch)
            yield back(batch, loading.row_format)


def _read_ends(dataset: IterableDataset, expected: Ends, loading: Loading) -> Ends:
    """As many of the first and last rows as are expected; of what is between, nothing.

    The first and the last row group are read to their ends: a stream of Parquet that is left
    before has Arrow's threads read on, and they abort a process that ends meanwhile. One that ends
    at once may abort all the same, by what a thread still has to give back.
    """
    first = _piece(dataset, 0).reshard()  # by row groups; an Arrow file is read whole
    last = first if dataset.num_shards == 1 else _piece(dataset, -1).reshard()
    head, tail = _first_and_last(_piece(first, 0), expected, loading)
    if last is not first or last.num_shards > 1:
        _, tail = _first_and_last(_piece(last, -1), expected, loading)
    gc.collect()  # what is left of the streams is given back now, not as the process ends
    schema = columns_of(loading.row_format)
    return Ends(rows_of(head, schema), rows_of(tail, schema))


def _piece(dataset: IterableDataset, at: int) -> IterableDataset:
    return dataset.shard(num_shards=dataset.num_shards, index=at % dataset.num_shards)


def _first_and_last(
    dataset: IterableDataset, expected: Ends, loading: Loading
) -> tuple[pa.Table, pa.Table]:
    """As many of the first rows, and of the last, as are expected."""
    schema = columns_of(loading.row_format)
    first = last = schema.empty_table()
    for table in _tables(dataset, loading.batch_rows):
        came = table.select(schema.names).cast(schema)
        first = pa.concat_tables([first, came]).slice(0, expected.first.count)
        held = pa.concat_tables([last, came])
        last = held.slice(max(0, len(held) - expected.last.count))
    return first, last


def _tables(dataset: Dataset | IterableDataset, batch_rows: int) -> Iterator[pa.Table]:
    yield from dataset.with_format("arrow").iter(batch_size=batch_rows)
