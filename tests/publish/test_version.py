"""The next version, and the words for what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from mixbuild.make.made_of import Asked, OfTask, SourceEntry
from mixbuild.publish.manifest import (
    COLUMNS,
    Lengths,
    Published,
    PublishedConfig,
    PublishedSplit,
)
from mixbuild.publish.version import history, next_version
from msgspec.structs import replace

Split = tuple[int, str]
"""Rows, and what stands for their content digest."""


def configs_of(**configs: Mapping[str, Split]) -> dict[str, PublishedConfig]:
    source = SourceEntry("org/name", "org/name@1", None, "mit", "", (), ())
    made_of = OfTask("name", "topic", source, {}, Asked("seed", 0, None))
    lengths = Lengths((0,) * 32, (0,) * 32)
    return {
        name: PublishedConfig(
            made_of,
            {},
            {
                split: PublishedSplit(rows, rows, {}, 0, digest, lengths, None, ())
                for split, (rows, digest) in splits.items()
            },
        )
        for name, splits in configs.items()
    }


BEFORE = configs_of(imdb={"train": (25_000, "a"), "test": (1, "b")}, squad={"train": (87_599, "c")})


def previous(version: str = "1.4.2", **changes: Any) -> Published:
    return replace(Published(2, version, "parquet", COLUMNS, {}, BEFORE), **changes)


@pytest.mark.parametrize(
    ("configs", "text"),
    [
        (BEFORE, "first published, 112,600 rows in 2 configs"),
        (configs_of(imdb={"train": (1, "a")}), "first published, 1 row in 1 config"),
        (configs_of(imdb={"train": (0, "a")}), "first published, 0 rows in 1 config"),
    ],
)
def test_the_first_version(configs: dict[str, PublishedConfig], text: str) -> None:
    assert next_version(None, configs) == ("1.0.0", [text])


IMDB, SQUAD = ({name: BEFORE[name]} for name in ("imdb", "squad"))


@pytest.mark.parametrize(
    ("configs", "texts"),
    [
        (
            SQUAD | configs_of(imdb={"train": (24_999, "x"), "test": (1, "b")}),
            ["`imdb`: train 25,000 → 24,999 rows"],
        ),
        (
            SQUAD | configs_of(imdb={"train": (1, "x"), "test": (1_000, "y")}),
            ["`imdb`: train 25,000 → 1 row, test 1 → 1,000 rows"],
        ),
        (
            SQUAD | configs_of(imdb={"train": (25_000, "x"), "test": (1, "y")}),
            [
                "`imdb`: train 25,000 rows as before, not the same, "
                "test 1 row as before, not the same"
            ],
        ),
        (BEFORE | configs_of(gsm8k={"train": (7_473, "d")}), ["`gsm8k`: new, 7,473 rows"]),
        (SQUAD, ["`imdb`: removed"]),
        (
            IMDB | configs_of(squad={"train": (87_599, "c"), "validation": (10_570, "d")}),
            ["`squad`: validation new, 10,570 rows"],
        ),
        (SQUAD | configs_of(imdb={"test": (1, "b")}), ["`imdb`: train removed"]),
        (
            configs_of(squad={"validation": (1, "c")}, billsum={"train": (2, "e")}),
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
def test_other_rows_are_a_minor_version(
    configs: dict[str, PublishedConfig], texts: list[str]
) -> None:
    assert next_version(previous(), configs) == ("1.5.0", texts)


def test_the_same_rows_are_a_patch_without_words() -> None:
    configs = configs_of(
        imdb={"test": (1, "b"), "train": (25_000, "a")}, squad={"train": (87_599, "c")}
    )
    (made_of,) = configs["imdb"].tasks.values()
    made_of = replace(made_of, source=replace(made_of.source, license="other"))
    configs["imdb"] = replace(configs["imdb"], made_of=made_of)
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
    assert history(None, "1.0.0", ["first"]) == {"1.0.0": ("first",)}
    known: dict[str, tuple[str, ...]] = {"1.1.0": ("more",), "1.0.0": ("first",)}
    told = history(previous(history=known), "1.1.1", ())
    assert list(told.items()) == [("1.1.1", ()), ("1.1.0", ("more",)), ("1.0.0", ("first",))]
    assert list(known) == ["1.1.0", "1.0.0"]
