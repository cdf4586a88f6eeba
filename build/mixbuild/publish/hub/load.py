"""A config loaded from the Hub as its users load it, and nothing that was there before trusted."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
from huggingface_hub import constants, set_client_factory
from huggingface_hub.utils import _http

from mixbuild.core import SCHEMA, ContentDigest, explained, patiently
from mixbuild.core import executor as engine
from mixbuild.publish.hub.client import bounded_silence


@dataclass(frozen=True)
class Loading:
    """One config, to be loaded from the Hub as its users load it.

    Attributes:
        repo: ``org/name``.
        commit: which one.
        config: which one.
        streaming: row by row over the network, or all of it to disk first.
        batch_rows: how many rows to read at once.
    """

    repo: str
    commit: str
    config: str
    streaming: bool
    batch_rows: int

    @property
    def name(self) -> str:
        """For people."""
        way = "streamed" if self.streaming else "in full"
        return f"{self.repo}@{self.commit}: {self.config} {way}"


Loaded: TypeAlias = dict[str, tuple[int, str]]
"""By split, how many rows came, and their content digest."""

Factory: TypeAlias = Callable[[], Any] | None
"""What makes the client that all requests of a process share; None for the library's own."""


def load_all(loadings: Iterable[Loading]) -> Iterator[tuple[Loading, Loaded]]:
    """Load configs, one after the other, by the client that the caller has set.

    In a process of its own: reading Parquet by streaming can abort a process at its exit. Only
    where the caller's client is made by what no other process can have, it is this one.

    Raises:
        SourceError: one cannot be loaded.
    """
    factory = _http._GLOBAL_CLIENT_FACTORY
    if factory is _http.default_client_factory:
        return engine.run(loadings, load, shared=None, num_proc=1)
    travels = _can_travel(factory)
    return engine.run(loadings, load, shared=factory, num_proc=1 if travels else None)


def _can_travel(factory: Factory) -> bool:
    """Whether another process can have it; what lies in the caller's own script, it cannot."""
    try:
        return b"__main__" not in pickle.dumps(factory)
    except Exception:  # a lambda, or what it holds: pickle and the objects raise nearly anything
        return False


def load(loading: Loading, factory: Factory = None) -> Loaded:
    """Load a config, patiently.

    Args:
        loading: which, and how.
        factory: sets this process's client, where it is one of its own.

    Raises:
        SourceError: it cannot be loaded.
    """
    if factory is not None and _http._GLOBAL_CLIENT_FACTORY is not factory:
        set_client_factory(factory)
    with explained(loading.name), bounded_silence():
        return patiently(lambda: _load(loading))


def _load(loading: Loading) -> Loaded:
    from datasets import load_dataset

    with tempfile.TemporaryDirectory() as cache, _downloads_in(cache):
        splits = load_dataset(
            loading.repo,
            loading.config,
            revision=loading.commit,
            streaming=loading.streaming,
            cache_dir=cache,
        )
        return {
            str(split): _read(dataset, batch_size=loading.batch_rows)
            for split, dataset in splits.items()
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


def _read(dataset: Any, *, batch_size: int) -> tuple[int, str]:
    rows, digest = 0, ContentDigest(SCHEMA)
    for table in dataset.with_format("arrow").iter(batch_size=batch_size):
        for batch in table.combine_chunks().to_batches():
            columns = [batch.column(name) for name in SCHEMA.names]
            digest.update(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
            rows += batch.num_rows
    return rows, digest.hexdigest()
