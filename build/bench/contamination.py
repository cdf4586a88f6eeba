"""Contamination, as a curve: how many planted items are found, and how many other rows are flagged.

``python build/bench/contamination.py`` reads gsm8k and imdb where genuine rows are at hand, plants
each item of gsm8k's test split in other texts, and prints a line for each run and coverage. Each
text is labelled by the item that was planted in it, or by none; precision is the share of what is
flagged of which that very item is named.
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

BUILD = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BUILD))

from bench.data import GENUINE, HUB  # noqa: E402
from mixbuild.curate.quality.contamination import Contaminants, Item  # noqa: E402

LOWEST = 0.4
COVERAGES = (LOWEST, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8)
BLOCK_ROWS = 1_000
PLANTED = (
    *("question", "answer alone", "in two parts"),
    *("both, 1 word in 10 changed", "question, 1 word in 10 changed"),
)
"""What is planted of each item, and how."""


def rows(task: str, split: str) -> list[dict[str, str]]:
    """The genuine rows of a split."""
    found = sorted((BUILD.parent / HUB / GENUINE[task]).glob(f"{split}-*.parquet"))
    every: list[dict[str, str]] = pa.concat_tables(map(pq.read_table, found)).to_pylist()
    return every


def texts() -> tuple[list[Item], dict[str, list[str]]]:
    """The items, and by what was done to them, or by whose they are, the texts to look in."""
    chance = random.Random(0)  # noqa: S311  # no secret
    items, train = rows("gsm8k", "test"), rows("gsm8k", "train")
    imdb = [row["text"] for row in rows("imdb", "train")[:10_000]]
    words = sorted({word for row in train for word in row["question"].split()})

    def answer(row: dict[str, str]) -> str:
        return re.sub("<<[^>]*>>", "", row["answer"])

    def changed(text: str) -> str:
        return " ".join(
            chance.choice(words) if chance.random() < 0.1 else each for each in text.split()
        )

    def around(number: int) -> str:
        return " ".join(imdb[number * 7 % len(imdb)].split()[:60])

    found: dict[str, list[str]] = {}
    for number, row in enumerate(items):
        asked, half = row["question"].split(), len(row["question"].split()) // 2
        for name, text in zip(
            PLANTED,
            (
                row["question"],
                answer(row),
                f"{' '.join(asked[:half])} [x] {' '.join(asked[half:])}",
                f"{changed(row['question'])} {changed(answer(row))}",
                changed(row["question"]),
            ),
            strict=True,
        ):
            found.setdefault(name, []).append(f"{around(number)} {text} {around(number + 1)}")
    found["gsm8k train"] = [f"{row['question']} {answer(row)}" for row in train]
    found["imdb"] = imdb
    return [
        Item(f"gsm8k/test:{number}", row["question"], answer(row))
        for number, row in enumerate(items)
    ], found


def main() -> None:
    """Print the curves."""
    items, found = texts()
    for words in (4, 5):
        contaminants = Contaminants(items, words=words, coverage=LOWEST)
        hits = {
            name: [
                (hit.coverage, name in PLANTED and hit.item is items[start + row])
                for start in range(0, len(each), BLOCK_ROWS)
                for row, hit in contaminants.among(pa.array(each[start : start + BLOCK_ROWS]))
            ]
            for name, each in found.items()
        }
        for coverage in COVERAGES:
            flagged = {
                name: [right for share, right in each if share >= coverage]
                for name, each in hits.items()
            }
            counts = {name: len(each) for name, each in flagged.items()}
            precision = sum(map(sum, flagged.values())) / sum(counts.values())
            print(
                f"{words} words, coverage {coverage}: {counts}, precision {precision:.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
