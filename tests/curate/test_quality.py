"""Quality: what a build is left with, for rows that a person can count."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from conftest import as_json, read_shards, write_parquet
from medium import read_only
from mixbuild.core.errors import OutputError, SourceError, UsageError
from mixbuild.curate.build import Curated, build
from mixbuild.curate.dropped import noted_rows
from mixbuild.curate.quality.evaluation import benchmarks_in_train, items_of
from mixbuild.curate.quality.repeats import RANGE_ROWS
from mixbuild.curate.removal import read_removal
from mixbuild.declare import Contamination, Exact, Leakage, Mixture, Near, Part, Quality
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.publish import read_shards as rows_of
from mixbuild.sources import SAMPLES
from mixbuild.tasks import ALL, find

TRAIN = [
    {"text": "A fine film.", "label": 1},
    {"text": " A  fine\nfilm. ", "label": 1},  # the same but for its white space
    {"text": "A poor film.", "label": 0},
    {"text": "Neither here nor there.", "label": 0},
    {"text": "Neither here nor there.", "label": 1},
    {"text": "It is in test as well.", "label": 0},
    {"text": "In test with another label.", "label": 0},
    {"text": "Cafe\u0301 scenes.", "label": 1},
    {"text": "Caf\u00e9 scenes.", "label": 1},  # the same in another form of Unicode
]
TEST = [
    {"text": "It is in test as well.", "label": 0},
    {"text": "In test with another label.", "label": 1},
    {"text": "Once more in test.", "label": 1},
    {"text": "Once more in test.", "label": 1},
]


def mirror(folder: Path, train: Sequence[Any] = TRAIN, *, files: int = 2) -> Path:
    for index in range(files):
        name = f"train-{index:05d}-of-{files:05d}.parquet"
        write_parquet(folder / name, train[index::files])
    write_parquet(folder / "test-00000-of-00001.parquet", TEST)
    return folder


def curate(folder: Path, out: Path, quality: Quality | None, **asked: Any) -> Curated:
    request = Request([find("imdb")], out, {"imdb": str(folder)}, **asked)
    return build(request, quality=quality, catalog=ALL)


def files_of(out: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(out)): each.read_bytes() for each in out.rglob("*") if each.is_file()
    }


def left(out: Path, split: str) -> list[tuple[str, str]]:
    """What each row shows and is to give, in any order."""
    entry = expect(out).configs["imdb"].splits[split]
    return sorted(
        (row["prompt"].removeprefix("Classify this sentence sentiment: ").split(" \n[")[0],
         row["completion"])
        for batch in rows_of(out, entry)
        for row in batch.to_pylist()
    )  # fmt: skip


def reasons(out: Path, split: str) -> dict[str, int]:
    return dict(expect(out).configs["imdb"].splits[split].drops)


def test_of_rows_that_say_the_same_one_stays_and_conflicts_go(tmp_path: Path) -> None:
    out = tmp_path / "out"
    curated = curate(mirror(tmp_path / "mirror"), out, Quality(exact=Exact()))
    assert reasons(out, "train") == {
        "conflicting answers": 3,
        "duplicate": 2,
        "duplicate of another split": 1,
    }
    assert reasons(out, "test") == {"duplicate": 1}
    assert [" ".join(text.split()) for text, _ in left(out, "train")][:2] == [
        "A fine film.",
        "A poor film.",
    ]
    assert (len(left(out, "train")), len(left(out, "test"))) == (3, 3)
    assert curated.overlaps == expect(out).configs["imdb"].overlaps, "of one config it is all"
    assert as_json(curated.overlaps) == {
        "leaks": [{"train": "imdb/train", "evaluation": "imdb/test", "inputs": 2, "near": 0}],
        "conflicts": {"imdb/train": 3},
        "spanning": {},
        "near_conflicts": {},
        "near_clusters": {},
    }


def test_each_row_that_is_taken_out_names_the_one_that_stays(tmp_path: Path) -> None:
    out = tmp_path / "out"
    curate(mirror(tmp_path / "mirror"), out, Quality(exact=Exact()))
    entry = expect(out).configs["imdb"].splits["train"]
    assert entry.removed is not None
    shards = read_shards(out, "imdb", "train").to_pylist()
    starts = [0, entry.shards[0].rows]
    stays = {row["id"] for batch in rows_of(out, entry) for row in batch.to_pylist()}
    tested = {row["id"] for row in read_shards(out, "imdb", "test").to_pylist()}
    said = {row["id"]: row for row in (*shards, *read_shards(out, "imdb", "test").to_pylist())}
    for row in read_removal(out, entry.removed).to_pylist():
        gone = shards[starts[row["shard"]] + row["row"]]
        assert gone["id"] not in stays
        if row["reason"] == "duplicate":
            assert row["because"] in stays
        elif row["reason"] == "duplicate of another split":
            assert row["because"] in tested
        else:
            other = said[row["because"]]
            assert other["prompt"] == gone["prompt"]
            assert other["completion"] != gone["completion"]


@pytest.mark.parametrize(("conflict", "kept"), [("report", 3), ("keep", 3)])
def test_conflicts_may_be_left_in(tmp_path: Path, conflict: Any, kept: int) -> None:
    out = tmp_path / "out"
    curated = curate(mirror(tmp_path / "mirror"), out, Quality(exact=Exact(conflict=conflict)))
    assert reasons(out, "train") == {"duplicate": 2, "duplicate of another split": 1}
    assert curated.overlaps is not None
    assert curated.overlaps.conflicts == ({"imdb/train": kept} if conflict == "report" else {})
    entry = expect(out).configs["imdb"].splits["train"]
    noted = [(row["id"], row["reason"], row["because"]) for row in noted_rows(out, entry)]
    one, other = (f"imdb/train/train-0000{file}-of-00002.parquet" for file in (0, 1))
    assert noted == [
        (f"{one}:2", "conflicting answers", f"{other}:1"),
        (f"{one}:3", "conflicting answers", "imdb/test/test-00000-of-00001.parquet:1"),
        (f"{other}:1", "conflicting answers", f"{one}:2"),
    ] * (conflict == "report")
    assert (entry.noted is None) == (conflict == "keep")


def test_what_leaks_gives_way_whatever_its_answer(tmp_path: Path) -> None:
    out = tmp_path / "out"
    curate(mirror(tmp_path / "mirror"), out, Quality(leakage=Leakage()))
    assert reasons(out, "train") == {"inputs of an evaluation split": 2}
    assert reasons(out, "test") == {}


def test_the_outcome_is_the_same_for_any_files_and_any_number_of_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality = Quality(exact=Exact(), leakage=Leakage())
    curate(mirror(tmp_path / "one"), tmp_path / "first", quality)
    monkeypatch.setattr("mixbuild.curate.quality.repeats.RANGE_ROWS", 2)
    assert RANGE_ROWS > 2
    curate(mirror(tmp_path / "two", TRAIN[::-1], files=3), tmp_path / "second", quality)
    for split in ("train", "test"):
        assert reasons(tmp_path / "first", split) == reasons(tmp_path / "second", split)
        one, two = (
            [(" ".join(text.split()).replace("e\u0301", "\u00e9"), label) for text, label in each]
            for each in (left(tmp_path / "first", split), left(tmp_path / "second", split))
        )
        assert sorted(one) == sorted(two)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("curate.build", "take_out"),
        ("curate.quality.take_out", "write_removal"),
        ("make.manifest", "save"),
    ],
)
def test_the_outcome_is_the_same_for_any_number_of_workers_and_after_a_stop(
    tmp_path: Path, module: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality = Quality(
        contamination=Contamination(against=("imdb/test",)),
        exact=Exact(), near=Near(), leakage=Leakage(),
    )  # fmt: skip
    folder = mirror(tmp_path / "mirror")
    # so that workers have several
    monkeypatch.setattr("mixbuild.curate.quality.repeats.RANGE_ROWS", 6)
    first, second = tmp_path / "first", tmp_path / "second"
    whole = build(
        Request([find("imdb")], first, {"imdb": str(folder)}),
        quality=quality, catalog=ALL, num_proc=2,
    )  # fmt: skip
    stop = mock.Mock(side_effect=KeyboardInterrupt)
    patched = mock.patch.object(import_module(f"mixbuild.{module}"), name, stop)
    with patched, pytest.raises(KeyboardInterrupt):
        curate(folder, second, quality)
    assert stop.called
    assert curate(folder, second, quality).overlaps == whole.overlaps
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert {name: (first / name).read_bytes() for name in names} == {
        name: (second / name).read_bytes() for name in names
    }


def test_templates_do_not_matter(tmp_path: Path) -> None:
    quality = Quality(exact=Exact())
    folder = mirror(tmp_path / "mirror")
    for templates, times in (("seed", 1), ("sample", 1), ("all", 12)):
        out = tmp_path / templates
        curate(folder, out, quality, templates=templates)
        assert reasons(out, "train") == {
            "conflicting answers": 3 * times,
            "duplicate": 2 * times,
            "duplicate of another split": 1 * times,
        }


def test_what_was_taken_out_comes_back_when_it_is_no_longer_asked_for(tmp_path: Path) -> None:
    out, folder = tmp_path / "out", mirror(tmp_path / "mirror")
    first = curate(folder, out, Quality(exact=Exact()))
    written = (out / "manifest.json").read_bytes()
    again = curate(folder, out, Quality(exact=Exact()))
    assert (first.made.changed, again.made.changed, again.made.rendered) == (True, False, 0)
    assert (out / "manifest.json").read_bytes() == written
    back = curate(folder, out, None)
    assert (back.made.changed, back.made.rendered) == (True, 0)
    assert reasons(out, "train") == {}
    assert expect(out).configs["imdb"].overlaps is None
    assert len(left(out, "train")) == len(TRAIN)


def test_what_has_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    out, folder = tmp_path / "out", mirror(tmp_path / "mirror")
    quality = Quality(
        leakage=Leakage(by="near"),
        exact=Exact(),
        near=Near(),
        contamination=Contamination(against=("imdb/test",)),
    )
    request = Request([find("imdb")], out, {"imdb": str(folder)})

    def curated(*, keep: bool = True) -> bool:
        mixtures = {"mix": Mixture(parts={"imdb": Part(cap=2)})}
        made = build(request, quality=quality, mixtures=mixtures, catalog=ALL, keep=keep).made
        return made.changed

    assert curated()
    before = files_of(out)
    with read_only(out):
        assert not curated()
        with pytest.raises(OutputError) as caught:
            curated(keep=False)
    dropped = "imdb/train.dropped.jsonl"
    assert str(caught.value) == (
        f"{out / dropped}: cannot be written (Read-only file system); choose another --out, then "
        f"run the same command: finished units are kept"
    )
    assert files_of(out) == before
    (out / dropped).write_bytes(before[dropped] + b"{}\n")
    assert not curated()
    assert files_of(out) == before, "what somebody wrote into it is mended"
    build(Request([find("gsm8k")], out, {"gsm8k": SAMPLES}), catalog=ALL)
    assert files_of(out).items() >= before.items() - {("manifest.json", before["manifest.json"])}
    assert not curated(keep=False)
    assert set(before) - set(files_of(out)) == {dropped, "imdb/test.dropped.jsonl"}


def test_items_of_a_file_and_of_a_task_are_taken_out_of_train_alone(tmp_path: Path) -> None:
    bench = tmp_path / "bench.jsonl"
    question = "Which of the two rivers that meet below the old mill is the longer one, and by how"
    lines = [{"question": question, "answer": "The Ilm, by 9 km", "id": 7}, {"q": "Why?"}]
    bench.write_text("\n".join(map(json.dumps, lines)))
    rows = [
        {"text": f"I wonder: {question.upper()} much?", "label": 1},
        {"text": "Neither of the two rivers is long.", "label": 0},
    ]
    folder = tmp_path / "mirror"
    for split in ("train", "test"):
        write_parquet(folder / f"{split}.parquet", rows)
    out = tmp_path / "out"
    curate(folder, out, Quality(contamination=Contamination(against=(str(bench),))))
    assert reasons(out, "train") == {f"contaminated by {bench}": 1}
    assert reasons(out, "test") == {}
    removed = expect(out).configs["imdb"].splits["train"].removed
    assert removed is not None
    (found,) = read_removal(out, removed).to_pylist()
    assert (found["row"], found["because"]) == (
        0,
        f"{bench}:1: {question.lower()}".replace(",", ""),
    )
    # the benchmark that evaluators call imdb is that split, and looked for once
    against = Contamination(against=("imdb/test", "imdb"))
    curate(folder, tmp_path / "self", Quality(contamination=against))
    assert reasons(tmp_path / "self", "train") == {"contaminated by imdb/test": 2}


@pytest.mark.parametrize(
    ("record", "item"),
    [
        ({"Question": "a", "Best": ["b", "c"], "Answers": {"text": ["d"]}, "n": 1}, ("a b c", "d")),
        ({"turns": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
         ("a", "b")),
        ({"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
         ("a", "b")),
        ({"doc": {"query": "a", "choices": [{"text": "b"}], "targets": [["c"]]}}, ("a b", "c")),
        ({"n": 3, "none": None}, ("", "")),
    ],
)  # fmt: skip
def test_all_texts_of_an_item_are_looked_for_however_deep(
    tmp_path: Path, record: dict[str, Any], item: tuple[str, str]
) -> None:
    bench = tmp_path / "bench.jsonl"
    bench.write_text(f"\ufeff{json.dumps(record)}\n", "utf-8")
    (found,) = items_of((str(bench),), Request([], tmp_path), catalog=ALL)
    assert (found.question, found.answer) == item


def test_an_evaluation_set_without_items_is_refused(tmp_path: Path) -> None:
    bench, out = tmp_path / "bench.jsonl", tmp_path / "out"
    bench.write_text("\n\n")
    asked = Quality(contamination=Contamination(against=(str(bench),)))
    with pytest.raises(SourceError) as caught:
        curate(mirror(tmp_path / "mirror"), out, asked)
    assert str(caught.value) == f"against {bench}: expected items to look for, got none"
    assert not out.exists()


def test_benchmarks_are_the_splits_that_evaluators_ask(tmp_path: Path) -> None:
    every = {name: (task.name, split) for task in ALL for name, split in task.benchmarks.items()}
    assert len(every) == sum(len(task.benchmarks) for task in ALL), "each name is one task's"
    assert every["arc_challenge"] == ("arc_challenge", "test")
    assert every["squadv2"] == ("squad_v2", "validation")
    assert every["cnn_dailymail_abisee"] == ("cnn_dailymail", "test")
    samples = {task.name: SAMPLES for task in ALL}
    request = Request([find("imdb")], tmp_path / "out", samples)
    items = items_of(("benchmarks",), request, catalog=ALL)
    assert {item.of for item in items} == {f"{task}/{split}" for task, split in every.values()}


@pytest.mark.parametrize(
    ("quality", "message"),
    [
        (
            Quality(contamination=Contamination(against=("gsm8/test",))),
            "against gsm8/test: unknown task 'gsm8'; did you mean 'gsm8k'? Known: ",
        ),
        (
            Quality(contamination=Contamination(against=("gsm8k/tset",))),
            "against gsm8k/tset: unknown split 'tset'; did you mean 'test'? Known: train, test",
        ),
        (
            Quality(contamination=Contamination(against=("none.jsonl",))),
            "against none.jsonl: expected TASK/SPLIT, a benchmark of list TASK, a file of JSON "
            "lines or ORG/NAME:SPLIT, got no such file",
        ),
        (
            Quality(contamination=Contamination(against=("x" * 999 + ".jsonl",))),
            f"against {'x' * 999}.jsonl: expected TASK/SPLIT, a benchmark of list TASK, a file of "
            f"JSON lines or ORG/NAME:SPLIT, got no such file",
        ),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is(
    tmp_path: Path, quality: Quality, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        curate(mirror(tmp_path / "mirror"), tmp_path / "out", quality)
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["items.jsonl", "items", "of/items"])
def test_a_folder_is_no_evaluation_set(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir(parents=True)
    asked = Quality(contamination=Contamination(against=(name,)))
    with pytest.raises(UsageError) as caught:
        curate(mirror(tmp_path / "mirror"), tmp_path / "out", asked)
    assert str(caught.value) == (
        f"against {name}: expected TASK/SPLIT, a benchmark of list TASK, a file of JSON lines or "
        f"ORG/NAME:SPLIT, got a folder"
    )


@pytest.mark.parametrize(
    ("own", "config", "split", "benchmark"),
    [
        ("openai/gsm8k", "main", "test", True),
        ("OpenAI/GSM8K", None, "test", True),
        ("openai/gsm8k", "socratic", "test", False),
        ("openai/gsm8k", "main", "train", False),
        ("me/gsm8k", "main", "test", False),
    ],
)
def test_a_benchmark_that_another_task_trains_on_is_known_by_its_source(
    own: str, config: str | None, split: str, benchmark: bool
) -> None:
    known = find("gsm8k")
    source = replace(known.source, repo=own, config=config)
    task = replace(known, name="mine", source=source, splits={"train": split}, benchmarks={})
    request = Request([known, task], Path())
    assert list(benchmarks_in_train(request, catalog=ALL)) == [
        "task 'mine': train reads test of openai/gsm8k, which evaluators ask as gsm8k: not to be "
        "trained on"
    ] * benchmark  # fmt: skip
    # what is not made trains nobody
    assert not list(benchmarks_in_train(replace(request, splits=["test"]), catalog=ALL))


def test_whoever_builds_is_warned_of_benchmarks_and_of_items_that_cannot_be_found(
    tmp_path: Path,
) -> None:
    bench = tmp_path / "bench.jsonl"
    bench.write_text('{"question": "Why?", "answer": "No."}\n{"question": "Is it far from here?"}')
    task = replace(find("imdb"), name="mine", splits={"train": "test"}, benchmarks={})
    sources = {"mine": str(mirror(tmp_path / "mirror"))}
    request = Request([task], tmp_path / "out", sources)
    trains = (
        "task 'mine': train reads test of stanfordnlp/imdb, which evaluators ask as imdb: not to "
        "be trained on"
    )
    assert build(request, catalog=ALL).warnings == (trains,)
    asked = Quality(contamination=Contamination(against=(str(bench),), words=5))
    assert build(request, quality=asked, catalog=ALL).warnings == (
        trains,
        f"against {bench}: 1 item with fewer than 5 words, the answer among them, cannot be looked "
        f"for",
    )


def test_a_split_that_a_task_calls_train_and_a_benchmark_is_both() -> None:
    splits = {"train": "test", "test": "test"}
    task = replace(find("gsm8k"), name="mine", splits=splits, benchmarks={"mine": "test"})
    found = list(benchmarks_in_train(Request([task], Path()), catalog=[]))
    assert found == [
        "task 'mine': train reads test of openai/gsm8k, which evaluators ask as mine: not to be "
        "trained on"
    ]


def test_no_task_of_the_catalog_trains_on_a_benchmark() -> None:
    assert not list(benchmarks_in_train(Request(ALL, Path()), catalog=ALL))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("[1]", "expected an object, got [1]"),
        ("no", "expected JSON, got something else (JSONDecodeError: "),
    ],
)
def test_a_line_that_is_no_item_is_named(tmp_path: Path, line: str, what: str) -> None:
    bench = tmp_path / "bench.jsonl"
    bench.write_text(f'{{"question": "a"}}\n\n{line}\n')
    asked = Quality(contamination=Contamination(against=(str(bench),)))
    with pytest.raises(SourceError) as caught:
        curate(mirror(tmp_path / "mirror"), tmp_path / "out", asked)
    assert str(caught.value).startswith(f"against {bench}: line 3: {what}")
