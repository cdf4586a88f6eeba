"""Mixtures: which rows they take of their tasks, exact to the row, and in what order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import write_parquet
from mixbuild.core.errors import MixtureError, VerifyError
from mixbuild.curate import build
from mixbuild.curate.mix.mixture import mixed
from mixbuild.declare import HeldOut, Mixture, Part
from mixbuild.make import Built, OfMixture, Request, expect
from mixbuild.prove.verify import verify_folder
from mixbuild.publish import read_shards
from mixbuild.publish.release import write_local_card
from mixbuild.tasks import ALL, find
from tokenizers import Tokenizer, models, pre_tokenizers

SIZES = {"imdb": 300, "rotten_tomatoes": 200}


def texts(task: str, rows: range) -> list[dict[str, Any]]:
    return [{"text": f"{task} has {row} words to say.", "label": row % 2} for row in rows]


def mirror(folder: Path, task: str, *, files: int = 1, turned: bool = False) -> Path:
    """A source: so many rows of train in so many files, and as its evaluation the last 20 of them
    and 20 more."""
    size = SIZES[task]
    train = texts(task, range(size))[:: -1 if turned else 1]
    for index in range(files):
        name = f"train-{index:05d}-of-{files:05d}.parquet"
        write_parquet(folder / name, train[index::files])
    for split in find(task).splits.keys() - {"train", "unsupervised"}:
        at = range(size - 20, size + 20) if split == "test" else range(size - 40, size - 20)
        write_parquet(folder / f"{split}-00000-of-00001.parquet", texts(task, at))
    return folder


def rows_of(out: Path, config: Built, split: str = "train") -> list[dict[str, Any]]:
    return [row for batch in read_shards(out, config.splits[split]) for row in batch.to_pylist()]


def made(
    folder: Path, mixture: Mixture, *, templates: str = "seed", **how: Any
) -> tuple[Path, Built]:
    """A mixture of mirrors, of what is below the folder."""
    tasks = [find(name) for name in sorted(mixture.parts)]
    sources = {task.name: str(mirror(folder / task.name, task.name, **how)) for task in tasks}
    out = folder / "out"
    build(Request(tasks, out, sources, templates), mixtures={"mix": mixture}, catalog=ALL)
    return out, expect(out).configs["mix"]


def test_a_mixture_has_as_many_rows_of_each_task_as_it_says(tmp_path: Path) -> None:
    parts = {"imdb": Part(weight=3), "rotten_tomatoes": Part(weight=1, cap=50)}
    out, mix = made(tmp_path, Mixture(parts=parts, total=200))
    # imdb has 280 rows that are not in its test; the other one counts for 50
    rows = rows_of(out, mix)
    assert Counter(row["task"] for row in rows) == {"imdb": 189, "rotten_tomatoes": 11}
    assert len({row["id"] for row in rows}) == 200
    assert mix.splits["train"].rows == 200
    made_of = mix.made_of
    assert isinstance(made_of, OfMixture)
    taken = made_of.parts["rotten_tomatoes"].splits["train"]
    assert (taken.available, taken.rows, taken.unused) == (160, 11, 149)
    assert taken.removed == {"its input is in an evaluation split": 40}
    assert taken.asked == pytest.approx(50 / (3 * 280 + 50))
    assert {split: each.rows for split, each in mix.splits.items()} == {
        "train": 200, "validation": 20, "test": 80}  # fmt: skip
    assert not {row["prompt"] for row in rows} & {
        row["prompt"] for split in ("validation", "test") for row in rows_of(out, mix, split)
    }


def test_a_smaller_mixture_is_a_part_of_a_larger_one_and_a_new_part_moves_no_other_row(
    tmp_path: Path,
) -> None:
    both = {"imdb": Part(weight=2), "rotten_tomatoes": Part()}
    out, _ = made(tmp_path, Mixture(parts=both, total=10))
    configs = expect(out).configs
    train_alone = {
        name: msgspec.structs.replace(each, splits={"train": each.splits["train"]})
        for name, each in configs.items()
    }

    def taken(parts: Mapping[str, Part], total: int) -> set[str]:
        mixture = Mixture(parts=parts, total=total)
        mix = mixed(out, configs, "mix", mixture, seed=5)
        rows = {row["id"] for row in rows_of(out, mix)}
        assert len(rows) == mix.splits["train"].rows == total
        return rows

    nested = [taken(both, total) for total in (20, 50, 51, 130, 300)]
    assert all(fewer < more for fewer, more in pairwise(nested))
    # what is held out is the same for each of them, or a row might be in the smaller train alone
    apart: list[list[str]] = []
    for total in (4, 7, 150):
        mixture = Mixture(parts=both, total=total, test=HeldOut(25))
        mix = mixed(out, configs, "mix", mixture, seed=5)
        apart.append([row["id"] for row in rows_of(out, mix, "test")])
    assert apart[0] == apart[1] == apart[2]
    # where a part names its rows, more of the others are held out of a larger one: of what
    # a smaller one does not train on
    before: set[str] = set()
    for total in (40, 80, 160, 220):
        parts = {"imdb": Part(), "rotten_tomatoes": Part(rows=31)}
        mixture = Mixture(parts=parts, total=total, test=HeldOut(25))
        mix = mixed(out, train_alone, "mix", mixture, seed=5)
        now = {row["id"] for row in rows_of(out, mix)}
        held = {row["id"] for row in rows_of(out, mix, "test")}
        assert (len(now), len(held), now & held) == (total, 25, set())
        assert before < now
        before = now
    alone = taken({"imdb": Part()}, 130)
    for share in (0.01, 0.3, 0.9):
        new = {"imdb": Part(share=round(1 - share, 2)), "rotten_tomatoes": Part(share=share)}
        beside = taken(new, 130)
        assert {each for each in beside if each.startswith("imdb/")} < alone, share


def test_the_rows_and_their_order_are_those_of_what_rows_say(tmp_path: Path) -> None:
    parts = {"imdb": Part(weight=2), "rotten_tomatoes": Part()}
    mixture = Mixture(parts=parts, total=150, validation=HeldOut(30))
    seen = []
    cuts: dict[str, dict[str, Any]] = {"one": {}, "three": {"files": 3}, "turned": {"turned": True}}
    for name, how in cuts.items():
        out, mix = made(tmp_path / name, mixture, **how)
        seen.append({
            split: [(row["prompt"], row["completion"]) for row in rows_of(out, mix, split)]
            for split in mix.splits
        })  # fmt: skip
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["train"] != sorted(seen[0]["train"])
    assert [len(seen[0][split]) for split in ("train", "validation")] == [150, 30]


def test_a_row_that_is_taken_again_has_an_id_of_its_own(tmp_path: Path) -> None:
    parts = {"rotten_tomatoes": Part()}
    out, mix = made(tmp_path, Mixture(parts=parts, total=400, max_repetition_ratio=2.5))
    rows = rows_of(out, mix)
    ids = [row["id"] for row in rows]
    assert len(set(ids)) == len(ids) == 400
    copies = Counter(each.partition("#")[2] for each in ids)
    assert copies == {"": 160, "2": 160, "3": 80}
    for row in rows:
        number = int(row["id"].partition("#")[0].rpartition(":")[2])
        assert f"rotten_tomatoes has {number} words" in row["prompt"]
    made_of = mix.made_of
    assert isinstance(made_of, OfMixture)
    assert made_of.parts["rotten_tomatoes"].splits["train"].unused == 0


def test_each_copy_is_another_template_until_they_are_used_up(tmp_path: Path) -> None:
    renderings = len(find("rotten_tomatoes").templates)
    mixture = Mixture(parts={"rotten_tomatoes": Part()}, total=160 * 2 + 5)
    out, mix = made(tmp_path, mixture, templates="all")
    rows = rows_of(out, mix)
    by_text: dict[str, list[str]] = {}
    for row in rows:
        at = row["id"].partition("#")[0]
        by_text.setdefault(at, []).append(row["template"])
    assert Counter(map(len, by_text.values())) == {2: 155, 3: 5}
    assert all(len(set(each)) == len(each) for each in by_text.values())
    # which one is the first is chosen by hash, too
    assert len({each[0] for each in by_text.values()}) == renderings


def test_each_copy_of_a_sampled_row_is_by_another_of_the_templates_that_take_it(
    tmp_path: Path, many_units: None
) -> None:
    task = find("rotten_tomatoes")
    few = task.templates[:3]
    slots = {name: task.slots[name] for each in few for name in each.placeholders}
    few_ways = replace(task, templates=few, slots=slots)
    source = {task.name: str(mirror(tmp_path / task.name, task.name, files=2))}
    out = tmp_path / "out"
    request = Request([few_ways], out, source, "sample", splits=["train"])
    mixture = Mixture(parts={task.name: Part()}, total=200 * 4 - 10, max_repetition_ratio=4)
    build(request, mixtures={"mix": mixture}, catalog=ALL)
    configs = expect(out).configs
    own = {row["id"]: row for row in rows_of(out, configs[task.name])}
    rows = rows_of(out, configs["mix"])
    used: dict[str, list[tuple[int, str]]] = {}
    for row in rows:
        of, _, copy = row["id"].partition("#")
        used.setdefault(of, []).append((int(copy or 1), row["template"]))
        number = own[of]["prompt"].partition(f"{task.name} has ")[2].split()[0]
        assert f"{task.name} has {number} words" in row["prompt"]
        if own[of]["template"] == row["template"]:
            assert own[of] == {**row, "id": of}
    assert len(own) == len(used) == 200
    assert Counter(map(len, used.values())) == {4: 190, 3: 10}
    for of, copies in used.items():
        by = dict(copies)
        assert by[1] == own[of]["template"]
        assert {by[1], by[2], by[3]} == {each.name for each in few}
        assert by.get(4, by[1]) == by[1]  # they were used up
    # what is made of it is what anybody makes again, and the task's own config is not touched
    alone = tmp_path / "alone"
    build(replace(request, out=alone), catalog=ALL)
    assert rows_of(alone, expect(alone).configs[task.name]) == list(own.values())
    again = build(request, mixtures={"mix": mixture}, catalog=ALL).made
    assert (again.changed, again.rendered) == (False, 0)
    # a broken rendering is seen, and made again
    path = next((out / task.name / "again").glob("*.arrow"))
    whole = path.read_bytes()
    path.write_bytes(whole[:900] + b"?" + whole[901:])
    with pytest.raises(VerifyError, match=r"content digest|cannot be read"):
        verify_folder(out)
    path.unlink()
    assert build(request, mixtures={"mix": mixture}, catalog=ALL).made.rendered == 1
    assert path.read_bytes() == whole
    # a smaller one, of characters, is a part of it, and its size is that of the rows it takes
    fewer = mixed(out, configs, "mix", replace(mixture, total=None, characters=40_000), seed=0)
    taken = rows_of(out, fewer)
    assert {row["id"] for row in taken} < {row["id"] for row in rows}
    assert 250 < len(taken) < 790
    size = sum(len(row["prompt"] + row["completion"]) for row in taken)
    assert 40_000 - 300 < size <= 40_000
    made_of = fewer.made_of
    assert isinstance(made_of, OfMixture)
    assert made_of.parts[task.name].splits["train"].size == size


def test_what_an_evaluation_asks_is_in_no_train_and_held_out_rows_are_of_every_task(
    tmp_path: Path,
) -> None:
    tasks = [find("squad"), find("gsm8k")]
    request = Request(tasks, tmp_path, dict.fromkeys(("squad", "gsm8k"), "samples"))
    parts = {"squad": Part(), "gsm8k": Part()}
    mixture = Mixture(parts=parts, validation=HeldOut(6), test=HeldOut(4))
    build(request, mixtures={"mix": mixture}, catalog=ALL)
    configs = expect(tmp_path).configs
    rows = {split: rows_of(tmp_path, configs["mix"], split) for split in configs["mix"].splits}
    assert {split: len(each) for split, each in rows.items()} == {
        "train": 18, "validation": 6, "test": 4}  # fmt: skip
    where = {split: {row["id"].split("/")[1] for row in each} for split, each in rows.items()}
    assert where == {
        "train": {"train"},
        "validation": {"validation", "train"},
        "test": {"test", "train"},
    }
    assert not {row["id"] for row in rows["train"]} & {
        row["id"] for split in ("validation", "test") for row in rows[split]
    }

    def passages(split: str) -> set[str]:
        found = (row["prompt"] for row in rows[split] if row["task"] == "squad")
        return {each.partition("passage: ")[2].partition(" \nQuestion")[0] for each in found}

    assert not passages("train") & (passages("validation") | passages("test"))


@pytest.mark.parametrize(
    ("mixture", "expected"),
    [
        (
            Mixture(parts={"imdb": Part()}, total=900),
            "mixture 'mix': part 'imdb' has 280 rows and is to give 900; lower the total to 280, "
            "which can be met, raise max_repetition_ratio, or say on_shortage: redistribute",
        ),
        (
            Mixture(parts={"imdb": Part()}, validation=HeldOut(281)),
            "mixture 'mix': validation: expected 281 rows, got 280 of all its parts together; ask "
            "for 280",
        ),
    ],
)
def test_what_cannot_be_mixed_is_one_line_and_lists_nothing(
    tmp_path: Path, mixture: Mixture, expected: str
) -> None:
    with pytest.raises(MixtureError) as caught:
        made(tmp_path, mixture)
    assert str(caught.value) == expected
    assert not (tmp_path / "out/manifest.json").exists()


def test_a_mixture_is_listed_only_as_long_as_its_tasks_are_what_it_was_made_of(
    tmp_path: Path,
) -> None:
    mixture = Mixture(parts={"imdb": Part(), "rotten_tomatoes": Part()}, total=30)
    out, mix = made(tmp_path, mixture)
    tasks = [find("imdb"), find("rotten_tomatoes")]
    sources = {task.name: str(tmp_path / task.name) for task in tasks}
    again = build(Request(tasks, out, sources), mixtures={"mix": mixture}, catalog=ALL).made
    assert (again.changed, again.manifest.configs["mix"]) == (False, mix)
    # a broken selection is seen by whoever reads it, and made again
    path = out / "mix/train.selection.arrow"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + b"?" + whole[-8:])
    with pytest.raises(VerifyError) as caught:
        rows_of(out, mix)
    assert mix.splits["train"].selected is not None
    assert str(caught.value).startswith(
        f"{path}: expected the selection {mix.splits['train'].selected.key}, got none or another; "
    )
    build(Request(tasks, out, sources), mixtures={"mix": mixture}, catalog=ALL)
    assert path.read_bytes() == whole
    # imdb alone, otherwise
    made_anew = build(Request(tasks[:1], out, sources, "all"), catalog=ALL).made
    assert list(made_anew.manifest.configs) == ["imdb", "rotten_tomatoes"]
    assert made_anew.removed == ("mix/test", "mix/train", "mix/validation")


def card_of(out: Path) -> str:
    """The card of a build's folder, written anew."""
    *_, card = write_local_card(out, repo="org/name")
    return card.read_text("utf-8")


def test_what_a_build_is_without_from_now_on_leaves_nothing_behind(tmp_path: Path) -> None:
    """Of a mixture that is gone, whenever a build was stopped; what others call so stays."""
    mixture = Mixture(parts={"imdb": Part()}, total=30)
    out, _ = made(tmp_path, mixture)
    assert "config_name: mix" in card_of(out)
    assert sorted(path.name for path in (out / ".publish").iterdir()) == ["imdb", "mix"]
    stray = out / "mix/train.selection.arrow"
    lists = stray.read_bytes()
    (out / "mix/notes.selection.arrow").write_text("mine")
    request = Request([find("imdb")], out, {"imdb": str(tmp_path / "imdb")}, "all")
    build(request, catalog=ALL)
    assert [path.name for path in (out / "mix").iterdir()] == ["notes.selection.arrow"]
    assert "config_name: mix" not in card_of(out)
    assert [path.name for path in (out / ".publish").iterdir()] == ["imdb"]
    (out / "mix/notes.selection.arrow").unlink()
    stray.write_bytes(lists)  # as one is left that was stopped in between
    assert not build(request, catalog=ALL).made.changed
    assert not stray.parent.exists()


def test_a_size_in_characters_or_tokens_is_met_to_the_row(tmp_path: Path) -> None:
    words = {"[UNK]": 0}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106 - no secret
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    parts = {"imdb": Part(weight=3), "rotten_tomatoes": Part(weight=2)}
    how: dict[str, Any] = {"parts": parts, "max_repetition_ratio": 2}
    out, _ = made(tmp_path, Mixture(**how, total=50))
    configs = expect(out).configs
    for unit, size, mixture in (
        ("characters", len, Mixture(**how, characters=9_000)),
        (
            "tokens",
            lambda text: len(text.split()),
            Mixture(**how, requested_tokens=6_000, tokenizer=str(tmp_path / "tokenizer.json")),
        ),
    ):
        asked = mixture.characters or mixture.requested_tokens or 0
        mix = mixed(out, configs, "mix", mixture, seed=0)
        rows = rows_of(out, mix)
        come_to = sum(size(row["prompt"] + row["completion"]) for row in rows)
        most = max(size(row["prompt"] + row["completion"]) for row in rows)
        assert asked - most <= come_to <= asked
        made_of = mix.made_of
        assert isinstance(made_of, OfMixture)
        assert made_of.unit == unit
        taken = [part.splits["train"] for part in made_of.parts.values()]
        assert sum(each.size or 0 for each in taken) == come_to
        assert sum(each.rows for each in taken) == len(rows)
