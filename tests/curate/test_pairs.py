"""The page of pairs: what a person sees of rows that are near, or that contradict each other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import write_parquet
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.curate.build import build
from mixbuild.curate.quality import pairs
from mixbuild.curate.quality.page import MOST_CHARACTERS, marked
from mixbuild.declare import Exact, Near, Quality
from mixbuild.make.plan import Request
from mixbuild.tasks import ALL, find

LONG = " ".join(f"word{number}" for number in range(70))
ROWS = [
    {"text": f"{LONG} <b>indeed</b>", "label": 1},
    {"text": f"{LONG} <i>indeed</i>", "label": 1},
    {"text": f"{LONG} \x85 no \x00", "label": 0},
    {"text": "Neither <here> nor there.", "label": 0},
    {"text": "Neither <here> nor there.", "label": 1},
]


def page(folder: Path, rows: list[dict[str, Any]], quality: Quality, **asked: Any) -> str:
    write_parquet(folder / "mirror/train.parquet", rows)
    request = Request(
        [find("imdb")], folder / "out", {"imdb": str(folder / "mirror")}, splits=["train"]
    )
    build(request, quality=quality, catalog=ALL, **asked)
    return (folder / "out/pairs.html").read_text("utf-8")


def rows_of(told: str) -> list[tuple[str, str]]:
    """The number of each row that is shown, and what became of it."""
    return re.findall(r"<h3>imdb/train/train.parquet:(\d+) <b>(.*?)</b>", told)


def test_pairs_are_shown_with_what_became_of_each(tmp_path: Path) -> None:
    told = page(tmp_path, ROWS, Quality(exact=Exact(conflict="report"), near=Near()))
    titles = re.findall("<h2>(.*?)</h2>\n<p>(.*?)</p>", told)
    assert titles == [
        ("Nearly the same inputs and the same answer: one of the two gives way", "1 of 1 pair"),
        ("Nearly the same inputs and another answer: neither gives way to the other",
         "2 of 2 pairs"),
        ("The same inputs and another answer", "1 of 1 pair"),
    ]  # fmt: skip
    shown = rows_of(told)
    fates = {"0": "stays", "1": "stays", "2": "stays", "3": "stays", "4": "stays"}
    (gone,) = {row for row, fate in shown if fate == "taken out: near duplicate"}
    fates[gone] = "taken out: near duplicate"
    assert shown[1][0] == gone, "the one that stays is the first"
    assert dict(shown) == fates
    assert shown[-2:] == [("3", "stays"), ("4", "stays")]
    assert told.count("<p>text 0.9") == 3, "how similar each input is"
    assert "Neither &lt;here&gt; nor there." in told
    assert "<b>indeed" not in told
    assert "&lt;<mark>b</mark>&gt;" in told
    assert "\x00" not in told
    dropped = page(tmp_path, ROWS, Quality(exact=Exact()))
    assert rows_of(dropped) == [(row, "taken out: conflicting answers") for row in "34"]


def test_of_many_pairs_those_that_are_the_least_alike_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairs, "MOST_PAIRS", 2)
    rows = [
        {"text": " ".join([LONG.replace("word", f"{number}x"), *"more"[:more]]), "label": 1}
        for number in range(4)
        for more in (0, number + 1)
    ]
    told = page(tmp_path, rows, Quality(near=Near()))
    assert "<p>2 of 4 pairs</p>" in told
    assert {row for row, _ in rows_of(told)} == {"4", "5", "6", "7"}
    again = page(tmp_path, rows, Quality(near=Near()), num_proc=2)
    assert again == told


def test_where_nothing_is_judged_any_more_no_page_of_pairs_is_left(tmp_path: Path) -> None:
    page(tmp_path, ROWS, Quality(exact=Exact(), near=Near()))
    out = tmp_path / "out"
    shutil.copytree(out / "imdb", out / "imdb.kept")
    kept = sorted(path.name for path in (out / "imdb.kept").iterdir())
    assert kept[-2:] == ["train.noted.arrow", "train.removed.arrow"]
    request = Request([find("imdb")], out, {"imdb": str(tmp_path / "mirror")}, splits=["train"])
    for is_ours in (True, False):
        build(request, catalog=ALL)
        assert (out / "pairs.html").exists() != is_ours
        assert [path.name for path in (out / "imdb").iterdir() if "." in path.stem] == []
        (out / "pairs.html").write_text("<p>Of mine.")
    assert sorted(path.name for path in (out / "imdb.kept").iterdir()) == kept


def test_without_any_pair_the_page_says_so(tmp_path: Path) -> None:
    told = page(tmp_path, ROWS[:1], Quality(near=Near()))
    assert "<p>There are none.</p>" in told
    assert "<section>" not in told


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_a_text_holds_the_page_shows_it(one: str, other: str) -> None:
    told = marked(one, other)
    plain = re.sub("</?mark>|<i>|</i>", "", told)
    assert "<" not in plain
    assert ">" not in plain
    same = marked(one, one)
    assert "<mark>" not in same


def test_a_text_without_spaces_is_marked_by_its_signs() -> None:
    assert marked("这是一个问题", "这是一个答案") == "这是一个<mark>问题</mark>"


def test_of_a_text_without_an_end_the_beginning_is_shown() -> None:
    told = marked("a" * (MOST_CHARACTERS + 5), "b")
    assert told.endswith(" <i>[…]</i> <i>5 characters more</i>")
    assert len(marked("ab " * MOST_CHARACTERS, "b")) < 50_000
