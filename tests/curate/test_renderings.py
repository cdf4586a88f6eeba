"""Rows that a mixture may take by several templates are judged by all of these, and by no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mixbuild.curate import as_curated, build, settle
from mixbuild.declare import Contamination, Length, Mixture, Part, Quality, Source, Task, Template
from mixbuild.make import Request, expect, make
from mixbuild.publish import read_shards
from tokenizers import Tokenizer, models, pre_tokenizers

HINT = "that the two rivers below the old mill are the same as the one above it by the road"
TASK = Task(
    "topics",
    "topic",
    Source("a/b", license="mit"),
    {"train": "train"},
    (
        Template("seed", "Name its topic: {text}\n[OUTPUT]: {topic}"),
        Template("hinted", "Name its topic, and mind {hint}: {text}\n[OUTPUT]: {topic}"),
    ),
)
ROWS = [
    {"text": f"Text {number}.", "hint": HINT if number % 4 == 0 else "it", "topic": "a river"}
    for number in range(40)
]


def short(folder: Path) -> Quality:
    """A token is a word."""
    counter = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no secret
    counter.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    counter.save(str(folder / "tokenizer.json"))
    return Quality(length=Length(str(folder / "tokenizer.json"), 20))


def clean(folder: Path) -> Quality:
    (folder / "bench.jsonl").write_text(json.dumps({"question": HINT}))
    return Quality(contamination=Contamination(against=(str(folder / "bench.jsonl"),)))


def mirror(below: Path) -> Path:
    folder = below / "mirror"
    folder.mkdir()
    for index in range(2):
        rows = pa.Table.from_pylist(ROWS[index::2])
        pq.write_table(rows, folder / f"train-{index:05d}-of-00002.parquet")
    return folder


@pytest.mark.parametrize("quality_in", [short, clean])
def test_a_row_is_judged_by_every_template_that_a_mixture_may_take_it_by(
    tmp_path: Path, quality_in: Callable[[Path], Quality]
) -> None:
    quality = quality_in(tmp_path)
    folder = mirror(tmp_path)
    request = Request([TASK], tmp_path / "out", {"topics": str(folder)}, "sample")

    def curated(out: str, mixtures: Mapping[str, Mixture]) -> list[str]:
        asked = replace(request, out=tmp_path / out)
        build(asked, quality=quality, mixtures=mixtures, catalog=[TASK])
        entry = expect(asked.out).configs["topics"].splits["train"]
        return [row for batch in read_shards(asked.out, entry) for row in batch["id"].to_pylist()]

    mixture = Mixture(parts={"topics": Part()}, total=60, max_repetition_ratio=2)
    both = curated("out", {"mix": mixture})
    assert len(both) == 30
    mixed = expect(tmp_path / "out").configs["mix"].splits["train"]
    shown = [row for each in read_shards(tmp_path / "out", mixed) for row in each.to_pylist()]
    assert sum(row["template"] == "hinted" for row in shown) == 30
    assert not [row for row in shown if HINT in row["prompt"]]
    # nobody takes the other renderings any more, though they still lie there
    alone = curated("out", {})
    assert expect(tmp_path / "out").configs["topics"].splits["train"].again
    assert alone == curated("alone", {})
    assert set(both) < set(alone)


def test_tasks_that_are_made_one_after_the_other_are_judged_as_those_made_at_once(
    tmp_path: Path,
) -> None:
    """As a rebuild makes them: each with a request of its own, then all of them settled."""
    quality, folder = clean(tmp_path), str(mirror(tmp_path))
    tasks = [replace(TASK, name=name) for name in ("one", "two")]
    mixtures = {"mix": Mixture({"one": Part(), "two": Part()}, total=90, max_repetition_ratio=2)}
    sources = dict.fromkeys(("one", "two"), folder)
    whole = Request(tasks, tmp_path / "at once", sources, "sample")
    build(whole, quality=quality, mixtures=mixtures, catalog=tasks)
    out = tmp_path / "out"
    each = [replace(whole, tasks=[task], out=out) for task in tasks]
    for request in each:
        make(as_curated(request, quality, mixtures))
    there = settle(each[0], ("one", "two"), quality=quality, mixtures=mixtures, catalog=tasks)
    assert there == expect(whole.out)
    assert [there.configs[task].splits["train"].rows for task in ("one", "two")] == [30, 30]
