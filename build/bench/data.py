"""Make the source files: genuine rows where they are at hand, else rows made in their shape."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HUB = Path("../shared/data/hub")
"""Genuine rows, from the project's folder."""

GENUINE = {
    "squad": ("rajpurkar/squad/plain_text", ("train-*.parquet", "validation-*.parquet")),
    "imdb": ("stanfordnlp/imdb/plain_text", ("train-*.parquet", "test-*.parquet")),
}
CARD = """\
---
configs:
- config_name: plain_text
  default: true
  data_files:
  - split: train
    path: plain_text/train-*
---
"""
ROW_GROUP_ROWS = 1_000
"""As in the Hub's files."""

GENERATED_ROWS = 10_000
SEED = 0


@dataclass(frozen=True)
class Source:
    """A folder laid out as the Hub repo is, and what is in it.

    Attributes:
        folder: to be read as a mirror.
        files: the Parquet files in it, in order.
        rows: in all of them.
        data: ``genuine`` or ``generated``.
    """

    folder: Path
    files: tuple[str, ...]
    rows: int
    data: str


def make_source(task: str, folder: Path, *, rows: int, files: int, root: Path) -> Source:
    """Write ``rows`` source rows into so many Parquet files of equal size.

    Args:
        task: ``squad`` or ``imdb``.
        folder: the new folder.
        rows: in all files together; rows at hand are repeated to make so many.
        files: how many.
        root: the project's folder.
    """
    once, data = _rows(task, root / HUB)
    every = pa.concat_tables([once] * -(-rows // once.num_rows)).slice(0, rows)
    (folder / "plain_text").mkdir(parents=True)
    (folder / "README.md").write_text(CARD)
    names = tuple(f"plain_text/train-{index:05d}-of-{files:05d}.parquet" for index in range(files))
    bounds = [rows * index // files for index in range(files + 1)]
    for name, start, stop in zip(names, bounds, bounds[1:], strict=False):
        pq.write_table(
            every.slice(start, stop - start),
            folder / name,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
        )
    return Source(folder, names, rows, data)


def _rows(task: str, hub: Path) -> tuple[pa.Table, str]:
    place, patterns = GENUINE[task]
    paths = [path for pattern in patterns for path in sorted((hub / place).glob(pattern))]
    if paths:
        return pa.concat_tables([pq.read_table(path) for path in paths]), "genuine"
    make = _squad_like if task == "squad" else _imdb_like
    return make(np.random.default_rng(SEED)), "generated"


def _squad_like(random: np.random.Generator) -> pa.Table:
    """Passages of some 120 words with five questions each, one to five short answers."""
    words = _vocabulary(random)
    passages = GENERATED_ROWS // 5
    contexts = np.repeat(np.array(list(_texts(random, words, passages, 120)), dtype=object), 5)
    counts = random.integers(1, 6, GENERATED_ROWS)
    answers = iter(_texts(random, words, int(counts.sum()), 3))
    texts = [[next(answers) for _ in range(count)] for count in counts]
    return pa.table(
        {
            "id": [f"{number:024x}" for number in range(GENERATED_ROWS)],
            "title": np.repeat(np.array(words, dtype=object), 50)[:GENERATED_ROWS].tolist(),
            "context": contexts.tolist(),
            "question": [f"{text}?" for text in _texts(random, words, GENERATED_ROWS, 10)],
            "answers": pa.array(
                [{"text": each, "answer_start": [0] * len(each)} for each in texts],
                pa.struct({"text": pa.list_(pa.string()), "answer_start": pa.list_(pa.int32())}),
            ),
        }
    )


def _imdb_like(random: np.random.Generator) -> pa.Table:
    """Reviews of some 230 words, the negative ones first."""
    texts = list(_texts(random, _vocabulary(random), GENERATED_ROWS, 230))
    return pa.table({"text": texts, "label": np.arange(GENERATED_ROWS) * 2 // GENERATED_ROWS})


def _vocabulary(random: np.random.Generator) -> list[str]:
    letters = np.array(list("etaoinshrdlucmfwypvbgkjqxzéü"))
    lengths = random.integers(2, 10, 5_000)
    return ["".join(random.choice(letters, length)) for length in lengths]


def _texts(
    random: np.random.Generator, words: Sequence[str], count: int, mean_words: int
) -> Iterator[str]:
    """Texts whose lengths are spread as those of prose are: a few are several times as long."""
    ranks = random.zipf(1.3, size=4 * count + mean_words * 4) % len(words)
    lengths = np.maximum(1, random.lognormal(np.log(mean_words) - 0.18, 0.6, count)).astype(int)
    starts = random.integers(0, 4 * count, count)
    for start, length in zip(starts, lengths, strict=True):
        yield " ".join([words[rank] for rank in ranks[start : start + length]])
