"""Rows that a mixture may take by several templates are judged by all of these, and by no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mixbuild.curate import as_curated, build, settle
from mixbuild.declare import Contamination, Length, Mixture, Part, Quality, Source, Task, Template
from mixbuild.make import Request, Unit, expect, make, workers
from mixbuild.make.shard import render_unit
from mixbuild.publish import read_shards
from mixbuild.sources import LockEntry, resolve
from mixbuild.sources.survey import digests
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


def mirror(below: Path, *, files: int = 2) -> Path:
    folder = below / "mirror"
    folder.mkdir()
    for index in range(files):
        rows = pa.Table.from_pylist(ROWS[index::files])
        pq.write_table(rows, folder / f"train-{index:05d}-of-{files:05d}.parquet")
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


def test_a_build_of_all_that_there_is_goes_on_wherever_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mirror to be proven, of which few rows are taken, by several templates, and some left out.

    Rendered again for the mixture, chosen, kept to be looked at: it is all there.
    """
    folder, quality = mirror(tmp_path, files=5), clean(tmp_path)
    found = digests(TASK, resolve(TASK, str(folder)))
    entry = msgspec.structs.replace(LockEntry.at("a/b", "0" * 40), splits=found)
    mixtures = {"mix": Mixture({"topics": Part()}, total=4, max_repetition_ratio=2)}
    request = Request(
        [TASK], tmp_path, {"topics": str(folder)}, "sample", 2, max_rows=4, lock={"topics": entry}
    )

    def made(out: str, stop: int | None = None) -> dict[str, bytes]:
        left = iter(range(99 if stop is None else stop))

        def some(unit: Unit, *rest: Any, **how: Any) -> Any:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return render_unit(unit, *rest, **how)

        monkeypatch.setattr(workers, "render_unit", some)
        asked = replace(request, out=tmp_path / out)
        build(asked, quality=quality, mixtures=mixtures, catalog=[TASK], keep=True)
        assert expect(asked.out).configs["topics"].sources[0].locked
        files = (path for path in asked.out.rglob("*") if path.is_file() and path.name != ".lock")
        return {str(path.relative_to(asked.out)): path.read_bytes() for path in files}

    expected = made("whole")
    listed = expect(tmp_path / "whole").configs["topics"].splits["train"]
    assert (len(listed.shards), len(listed.again), listed.rows) == (5, 5, 4)
    assert listed.drops == {
        "beyond max_rows": 26,
        f"contaminated by {tmp_path / 'bench.jsonl'}": 10,
    }
    for stop in (1, 3, 6):
        with pytest.raises(KeyboardInterrupt):
            made(str(stop), stop)
        assert made(str(stop)) == expected
