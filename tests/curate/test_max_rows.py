"""``max_rows``: so many source rows, by what they say, wherever they lie."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import write_parquet
from datasets import load_dataset
from mixbuild.cli import main
from mixbuild.core import MixtureError
from mixbuild.curate import build
from mixbuild.curate.quality.max_rows import BEYOND
from mixbuild.declare import Exact, Mixture, Part, Quality, TaskChoice
from mixbuild.make import Built, OfMixture, Request, expect
from mixbuild.prove.verify import verify_folder
from mixbuild.publish import read_shards, write_local_card
from mixbuild.tasks import ALL, find

Row = dict[str, Any]

ROWS: list[Row] = [
    *({"text": f"Film {number} is long.", "label": number % 2} for number in range(60)),
    *({"text": "Film 7 is long.", "label": 1} for _ in range(5)),  # six times in all
    *({"text": "Just watch it.", "label": number % 2} for number in range(6)),
    *({"text": f"Film {number} is long.", "label": -1} for number in range(4)),  # left out anyhow
]
SAYING = 60 + 5 + 6
FOUR = ["Film 3 is long.", "Film 35 is long.", "Film 9 is long.", "Just watch it."]


def mirror(
    folder: Path, rows: Sequence[Row] = ROWS, *, files: int = 1, kind: str = "parquet"
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(files):
        path = folder / f"train-{index:05d}-of-{files:05d}.{kind}"
        if kind == "parquet":
            write_parquet(path, rows[index::files])
        else:
            path.write_text("".join(f"{json.dumps(row)}\n" for row in rows[index::files]))
    return folder


def made(folder: Path, out: Path, most: int | None, **how: Any) -> Built:
    asked = {name: how.pop(name) for name in ("templates", "seed") if name in how}
    request = Request(
        [find("imdb")], out, {"imdb": str(folder)}, splits=["train"], max_rows=most, **asked
    )
    return build(request, catalog=ALL, **how).made.manifest.configs["imdb"]


def rows_of(out: Path, config: Built, split: str = "train") -> list[Row]:
    return [row for batch in read_shards(out, config.splits[split]) for row in batch.to_pylist()]


def said(rows: Sequence[Row]) -> Counter[tuple[str, str]]:
    """What each row shows and is to give."""
    return Counter((row["prompt"], row["completion"]) for row in rows)


def chosen(tmp_path: Path, most: int | None, name: str = "out", **how: Any) -> Counter[Any]:
    folder = mirror(tmp_path / f"{name} mirror", **how.pop("lies", {}))
    return said(rows_of(tmp_path / name, made(folder, tmp_path / name, most, **how)))


def test_the_rows_are_the_same_wherever_they_lie(tmp_path: Path) -> None:
    expected = chosen(tmp_path, 30)
    assert expected.total() == 30
    turned = ROWS[::-1]
    mixed = random.Random(3).sample(ROWS, len(ROWS))
    for number, (lies, how) in enumerate(
        (
            ({"rows": turned}, {}),
            ({"rows": mixed, "files": 7}, {}),
            ({"rows": mixed, "files": 3, "kind": "jsonl"}, {"num_proc": 2}),
            ({"files": 5}, {"num_proc": 4}),
        )
    ):
        assert chosen(tmp_path, 30, str(number), lies=lies, **how) == expected
    assert chosen(tmp_path, 30, "other seed", seed=1) != expected
    # which these are is settled: whoever changes that changes every build of a part
    assert [prompt[34:-11] for prompt, _ in sorted(chosen(tmp_path, 4, "four"))] == FOUR


def test_fewer_rows_are_a_part_of_more_to_the_row(tmp_path: Path) -> None:
    """What is left out anyhow is not counted, and rows that say the same are single rows."""
    folder, out = mirror(tmp_path / "mirror", files=2), tmp_path / "out"
    before: Counter[Any] = Counter()
    for most in (1, 2, 3, 10, 11, 40, 41, SAYING - 1, SAYING, SAYING + 1, 10_000):
        config = made(folder, out, most)
        split, now = config.splits["train"], said(rows_of(out, config))
        assert now.total() == split.rows == min(most, SAYING)
        assert now >= before
        beyond = {} if most >= SAYING else {BEYOND: SAYING - most}
        assert split.drops == {**beyond, "unlabelled": 4}
        assert split.rows_read == len(ROWS)
        before = now
    assert made(folder, out, None).splits["train"].removed is None
    assert not list(out.glob("imdb/*.removed.arrow"))


def test_a_card_that_tells_of_other_rows_is_not_left_beside_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``datasets`` would load the rows that it names: those of the build before."""
    folder, out = mirror(tmp_path / "mirror"), tmp_path / "out"

    def run(*asked: str) -> str:
        given = ["make", "imdb", "--source", f"imdb={folder}", "--out", str(out), *asked]
        given += ["--split", "train"]
        assert main.run(given) == 0
        return capsys.readouterr().out

    told = f"{out}/README.md: told of the build as it was, removed; run card --out {out}"
    before: dict[bytes, int] = {}
    for asked in (["--max-rows", "5"], [], ["--max-rows", "9"]):
        assert (told in run(*asked)) == bool(before), asked
        assert not (out / "README.md").exists()
        *_, card = write_local_card(out, repo="org/name")
        assert run(*asked).endswith("nothing to do, its shard is up to date\n")
        before[card.read_bytes()] = load_dataset(str(out), "imdb", split="train").num_rows
    assert list(before.values()) == [5, SAYING, 9]
    (out / "README.md").write_text("Of mine.\n")
    assert told not in run("--max-rows", "7")
    assert (out / "README.md").read_text() == "Of mine.\n"


def test_a_build_that_is_refused_leaves_no_card_of_the_one_before(tmp_path: Path) -> None:
    folder, out = mirror(tmp_path / "mirror"), tmp_path / "out"
    made(folder, out, 9)
    list(write_local_card(out, repo="org/name"))
    with pytest.raises(MixtureError, match="has 5 rows and is to give 7"):
        made(folder, out, 5, mixtures={"mix": Mixture(parts={"imdb": Part()}, total=7)})
    assert not (out / "README.md").exists()


def test_another_number_renders_nothing_again(tmp_path: Path) -> None:
    folder, out = mirror(tmp_path / "mirror", files=3), tmp_path / "out"
    request = Request([find("imdb")], out, {"imdb": str(folder)}, splits=["train"], max_rows=5)
    assert build(request, catalog=ALL).made.rendered == 3
    again = build(request, catalog=ALL).made
    assert (again.rendered, again.changed) == (0, False)
    more = build(replace(request, max_rows=6), catalog=ALL).made
    assert (more.rendered, more.changed) == (0, True)
    assert more.manifest.configs["imdb"].splits["train"].rows == 6


def test_all_renderings_of_a_row_that_is_chosen_stay_together(tmp_path: Path) -> None:
    task = find("imdb")
    folder, out = mirror(tmp_path / "mirror", files=2), tmp_path / "out"
    rows = rows_of(out, made(folder, out, 25, templates="all"))
    renderings = Counter(row["id"].partition("#")[0] for row in rows)
    assert len(renderings) == 25
    assert set(renderings.values()) == {len(task.templates)}
    plain = chosen(tmp_path, 25, "plain")
    assert said([row for row in rows if row["template"] == "seed"]) == plain


def test_rows_are_chosen_of_what_quality_leaves(tmp_path: Path) -> None:
    folder, out = mirror(tmp_path / "mirror"), tmp_path / "out"
    config = made(folder, out, 50, quality=Quality(exact=Exact()))
    kept = said(rows_of(out, config))
    assert kept.total() == 50
    assert set(kept.values()) == {1}, "each of them once"
    drops = config.splits["train"].drops
    assert drops == {
        BEYOND: 60 - 50,
        "conflicting answers": 6,
        "duplicate": 5,
        "unlabelled": 4,
    }
    list(verify_folder(out))


def test_a_mixture_takes_of_the_rows_that_are_chosen(tmp_path: Path) -> None:
    folder, out = mirror(tmp_path / "mirror"), tmp_path / "out"
    mixture = Mixture({"imdb": Part()})
    made(folder, out, 20, mixtures={"mix": mixture})
    there = expect(out).configs
    few, mix = (said(rows_of(out, there[name])) for name in ("imdb", "mix"))
    assert few == mix
    assert few.total() == 20
    assert few == chosen(tmp_path, 20, "alone")
    made_of = there["mix"].made_of
    assert isinstance(made_of, OfMixture)
    assert made_of.parts["imdb"].splits["train"].removed == {BEYOND: SAYING - 20, "unlabelled": 4}


def test_each_task_and_each_split_has_its_own(tmp_path: Path) -> None:
    made = build(
        Request(
            [find("squad"), find("imdb"), find("dolly")],
            tmp_path,
            dict.fromkeys(("squad", "imdb", "dolly"), "samples"),
            max_rows=9,
            choices={"imdb": TaskChoice(splits=("test",), max_rows=4)},
        ),
        catalog=ALL,
    ).made
    got = {
        f"{name}/{split}": (config.tasks[name].asked.max_rows, each.rows)
        for name, config in made.manifest.configs.items()
        for split, each in config.splits.items()
    }
    assert got == {
        "squad/train": (9, 9),
        "squad/validation": (9, 9),
        "imdb/test": (4, 4),
        "dolly/train": (9, 9),
    }
