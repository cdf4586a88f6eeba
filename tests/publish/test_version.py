"""The next version, and the words for what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from mixbuild.publish.version import COLUMNS, history, next_version

Split = tuple[int, str]
"""Rows, and what stands for their content digest."""


def tasks(**configs: Mapping[str, Split]) -> dict[str, Any]:
    return {
        name: {
            "source": {"license": "mit"},
            "splits": {
                split: {"rows": rows, "content_digest": digest}
                for split, (rows, digest) in splits.items()
            },
        }
        for name, splits in configs.items()
    }


BEFORE = tasks(imdb={"train": (25_000, "a"), "test": (1, "b")}, squad={"train": (87_599, "c")})


def previous(version: str = "1.4.2", **changes: Any) -> dict[str, Any]:
    return {"version": version, "columns": COLUMNS, "tasks": BEFORE, "history": {}, **changes}


@pytest.mark.parametrize(
    ("configs", "text"),
    [
        (BEFORE, "first published, 112,600 rows in 2 configs"),
        (tasks(imdb={"train": (1, "a")}), "first published, 1 row in 1 config"),
        (tasks(imdb={"train": (0, "a")}), "first published, 0 rows in 1 config"),
    ],
)
def test_the_first_version(configs: dict[str, Any], text: str) -> None:
    assert next_version(None, configs) == ("1.0.0", [text])


IMDB, SQUAD = ({name: BEFORE[name]} for name in ("imdb", "squad"))


@pytest.mark.parametrize(
    ("configs", "texts"),
    [
        (
            SQUAD | tasks(imdb={"train": (24_999, "x"), "test": (1, "b")}),
            ["`imdb`: train 25,000 → 24,999 rows"],
        ),
        (
            SQUAD | tasks(imdb={"train": (1, "x"), "test": (1_000, "y")}),
            ["`imdb`: train 25,000 → 1 row, test 1 → 1,000 rows"],
        ),
        (
            SQUAD | tasks(imdb={"train": (25_000, "x"), "test": (1, "y")}),
            [
                "`imdb`: train 25,000 rows as before, not the same, "
                "test 1 row as before, not the same"
            ],
        ),
        (BEFORE | tasks(gsm8k={"train": (7_473, "d")}), ["`gsm8k`: new, 7,473 rows"]),
        (SQUAD, ["`imdb`: removed"]),
        (
            IMDB | tasks(squad={"train": (87_599, "c"), "validation": (10_570, "d")}),
            ["`squad`: validation new, 10,570 rows"],
        ),
        (SQUAD | tasks(imdb={"test": (1, "b")}), ["`imdb`: train removed"]),
        (
            tasks(squad={"validation": (1, "c")}, billsum={"train": (2, "e")}),
            [
                "`billsum`: new, 2 rows",
                "`imdb`: removed",
                "`squad`: train removed, validation new, 1 row",
            ],
        ),
    ],
    ids=[
        "rows",
        "rows of two splits",
        "as many rows, others",
        "a new config",
        "a config removed",
        "a new split",
        "a split removed",
        "all at once",
    ],
)
def test_other_rows_are_a_minor_version(configs: dict[str, Any], texts: list[str]) -> None:
    assert next_version(previous(), configs) == ("1.5.0", texts)


def test_the_same_rows_are_a_patch_without_words() -> None:
    configs = tasks(imdb={"test": (1, "b"), "train": (25_000, "a")}, squad={"train": (87_599, "c")})
    configs["imdb"]["source"]["license"] = "other"
    assert next_version(previous(), configs) == ("1.4.3", [])
    assert next_version(previous("2.0.9"), configs) == ("2.0.10", [])


def test_other_columns_are_a_major_version() -> None:
    columns = {name: kind for name, kind in COLUMNS.items() if name != "references"}
    assert next_version(previous(columns=columns), BEFORE) == ("2.0.0", ["other columns"])
    columns = COLUMNS | {"references": "string"}
    assert next_version(previous("9.1.2", columns=columns), SQUAD) == (
        "10.0.0",
        ["other columns", "`imdb`: removed"],
    )


def test_the_columns_are_named_as_arrow_names_them() -> None:
    assert COLUMNS == {
        "prompt": "string",
        "completion": "string",
        "references": "list<item: string>",
        "task": "string",
        "template": "string",
        "source": "string",
        "id": "string",
    }


def test_the_newest_version_comes_first_in_history() -> None:
    assert history(None, "1.0.0", ["first"]) == {"1.0.0": ["first"]}
    known = {"1.1.0": ["more"], "1.0.0": ["first"]}
    told = history({"history": known}, "1.1.1", ())
    assert list(told.items()) == [("1.1.1", []), ("1.1.0", ["more"]), ("1.0.0", ["first"])]
    assert known == {"1.1.0": ["more"], "1.0.0": ["first"]}
