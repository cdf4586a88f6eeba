"""Make the source files: genuine rows where they are at hand, else rows made in their shape."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HUB = Path("../shared/data/hub")
"""Genuine rows, from the project's folder."""

GENUINE = {
    "squad": "rajpurkar/squad/plain_text",
    "imdb": "stanfordnlp/imdb/plain_text",
    "gsm8k": "openai/gsm8k/main",
}
"""Where they lie in there: repo and config."""

ROW_GROUP_ROWS = 1_000
"""As in the Hub's files."""

CARD = """\
---
configs:
- config_name: {config}
  default: true
  data_files:
  - split: train
    path: {config}/train-*
---
"""
GENERATED_ROWS = 10_000


@dataclass(frozen=True)
class Source:
    """A folder laid out as the Hub repo is, and what is in it.

    Attributes:
        folder: to be read as a mirror.
        files: the Parquet files in it, in order.
        data: ``genuine`` or ``generated``.
    """

    folder: Path
    files: tuple[str, ...]
    data: str


def make_source(task: str, folder: Path, *, rows: int, files: int, root: Path) -> Source:
    """Write ``rows`` source rows into so many Parquet files of equal size.

    Args:
        task: ``squad``, ``imdb`` or ``gsm8k``.
        folder: the new folder.
        rows: in all files together; rows at hand are repeated to make so many.
        files: how many.
        root: the project's folder.
    """
    config = GENUINE[task].rpartition("/")[2]
    found = sorted((root / HUB / GENUINE[task]).glob("*.parquet"))
    labelled = [path for path in found if not path.name.startswith("unsupervised")]
    once = pa.concat_tables(map(pq.read_table, labelled)) if labelled else _generated(task)
    every = pa.concat_tables([once] * -(-rows // once.num_rows)).slice(0, rows)
    (folder / config).mkdir(parents=True)
    (folder / "README.md").write_text(CARD.format(config=config))
    names = tuple(f"{config}/train-{index:05d}-of-{files:05d}.parquet" for index in range(files))
    cuts = [rows * index // files for index in range(files + 1)]
    for name, start, stop in zip(names, cuts, cuts[1:], strict=False):
        pq.write_table(
            every.slice(start, stop - start),
            folder / name,
            compression="zstd",
            row_group_size=ROW_GROUP_ROWS,
        )
    return Source(folder, names, "genuine" if labelled else "generated")


def _generated(task: str) -> pa.Table:
    """Passages with five questions each; reviews, the negative ones first; or problems."""
    random = np.random.default_rng(0)
    letters = list("etaoinshrdlucmfwypvbgkjqxzéü")
    words = ["".join(random.choice(letters, random.integers(2, 10))) for _ in range(5_000)]

    def texts(count: int, mean_words: int) -> list[str]:
        """Of lengths that are spread as those of prose are: a few are several times as long."""
        lengths = np.maximum(1, random.lognormal(np.log(mean_words) - 0.18, 0.6, count))
        ranks = random.zipf(1.3, 50_000) % len(words)
        starts = random.integers(0, 40_000, count)
        pairs = zip(starts, lengths.astype(int), strict=True)
        return [" ".join(words[rank] for rank in ranks[at : at + many]) for at, many in pairs]

    if task == "imdb":
        labels = np.arange(GENERATED_ROWS) * 2 // GENERATED_ROWS
        return pa.table({"text": texts(GENERATED_ROWS, 230), "label": labels})
    if task == "gsm8k":
        answers = [f"{text}\n#### {len(text)}" for text in texts(GENERATED_ROWS, 50)]
        return pa.table({"question": texts(GENERATED_ROWS, 45), "answer": answers})
    answers = pa.array([{"text": [each], "answer_start": [0]} for each in texts(GENERATED_ROWS, 3)],
                       pa.struct({"text": pa.list_(pa.string()),
                                  "answer_start": pa.list_(pa.int32())}))  # fmt: skip
    return pa.table(
        {
            "id": [f"{number:024x}" for number in range(GENERATED_ROWS)],
            "title": words * (GENERATED_ROWS // len(words)),
            "context": np.repeat(texts(GENERATED_ROWS // 5, 120), 5),
            "question": [f"{text}?" for text in texts(GENERATED_ROWS, 10)],
            "answers": answers,
        }
    )
