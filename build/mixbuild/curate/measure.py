"""What the rows of a shard come to: characters, or tokens, of prompt and completion together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.declare import Mixture
from mixbuild.sources import open_tokenizer

Sizes: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
"""One number a row."""

Measured: TypeAlias = Callable[[Iterable[pa.RecordBatch]], Sizes]
"""A shard's batches -> the size of each of its rows."""


def characters_of(batches: Iterable[pa.RecordBatch]) -> Sizes:
    """How many characters each row has.

    >>> batch = pa.record_batch({"prompt": ["Wie? [OUTPUT]:", ""], "completion": [" schön", " x"]})
    >>> characters_of([batch]).tolist()
    [20, 2]
    """
    sizes = [
        pc.add(pc.utf8_length(batch["prompt"]), pc.utf8_length(batch["completion"])).to_numpy()
        for batch in batches
    ]
    return np.concatenate([np.zeros(0, np.int64), *sizes]).astype(np.int64)


def measure_of(mixture: Mixture) -> tuple[Measured, str] | None:
    """By what a mixture's size is measured, and a name of it that changes whenever a size would.

    Returns:
        None where its size is one in rows.

    Raises:
        MixError: its tokenizer cannot be had.
    """
    if mixture.characters is not None:
        return characters_of, "characters"
    if mixture.tokenizer is None:
        return None
    count, sha256 = open_tokenizer(mixture.tokenizer)

    def tokens_of(batches: Iterable[pa.RecordBatch]) -> Sizes:
        sizes = [
            count(batch["prompt"].to_pylist(), batch["completion"].to_pylist()) for batch in batches
        ]
        return np.concatenate([np.zeros(0, np.int64), *sizes])

    return tokens_of, f"tokens {sha256}"
