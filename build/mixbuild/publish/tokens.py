"""How many tokens rows have in a row format, as the tokenizers count that their recipe names.

What is counted are the texts of a row: prompt and completion in one piece, as a model reads them;
of chats and of Alpaca's parts each text alone, without what a trainer's template puts around them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.curate import LengthCounts
from mixbuild.declare import CANONICAL, PROMPT_COMPLETION, Recipe, RowFormat, parse_recipe
from mixbuild.make import RecipeEntry
from mixbuild.publish.formats import texts_of
from mixbuild.publish.manifest import TokenLengths
from mixbuild.publish.parquet import Group
from mixbuild.sources import open_tokenizer

opened = cache(open_tokenizer)
"""A tokenizer, once in each process: of a large one the file takes a second to read."""


def tokenizers_of(recipe: RecipeEntry | None, config: str) -> tuple[str, ...]:
    """The tokenizers that a config's recipe names.

    Raises:
        RecipeError: the recipe cannot be read.
    """
    return _parsed(recipe, config).tokenizers


def formats_of(recipe: RecipeEntry | None, config: str) -> tuple[RowFormat, ...]:
    """The row formats of a config: its rows as they are, and those that its recipe names.

    Raises:
        RecipeError: the recipe cannot be read.
    """
    named = _parsed(recipe, config).row_formats
    return tuple({each.name: each for each in (CANONICAL, *named)}.values())


def sha256_of(tokenizer: str) -> str:
    """Of what decides every count.

    Raises:
        SourceError, UsageError: the tokenizer cannot be had.
    """
    return opened(tokenizer)[1]


class TokenCounts:
    """The tokens of rows that are laid out, as each of some tokenizers counts them."""

    def __init__(self, tokenizers: tuple[str, ...], row_format: RowFormat) -> None:
        self._counts = {each: LengthCounts() for each in tokenizers}
        self._row_format = row_format

    def add(self, rows: pa.RecordBatch) -> None:
        """Count more rows.

        Raises:
            SourceError, UsageError: a tokenizer cannot be had.
        """
        for place, counts in self._counts.items():
            count, _ = opened(place)
            tokens = np.zeros(rows.num_rows, np.int64)
            for texts, of_row in _texts(rows, self._row_format):
                # a sum for each row, which a row of no texts has as well
                found = count(texts.to_pylist(), [""] * len(texts))
                tokens += np.bincount(of_row, found, rows.num_rows).astype(np.int64)
            counts.add(tokens)

    def join(self, other: TokenCounts) -> None:
        """Count the rows that another has counted, by the same tokenizers."""
        for place, counts in self._counts.items():
            counts.join(other._counts[place])

    def noted(self, groups: Iterable[Group]) -> Iterator[Group]:
        """The same row groups, counted as they pass."""
        for group, size in groups:
            self.add(group)
            yield group, size

    def told(self) -> tuple[TokenLengths, ...]:
        """What all of them together come to."""
        return tuple(
            TokenLengths(place, sha256_of(place), told.total, told.quantiles)
            for place, told in ((place, each.told()) for place, each in self._counts.items())
        )


def _parsed(recipe: RecipeEntry | None, config: str) -> Recipe:
    """What a config's recipe says; nothing where it was made by none."""
    if recipe is None:
        return Recipe()
    return parse_recipe(recipe.text, f"the recipe of {config}", settings=recipe.settings)


def _texts(
    rows: pa.RecordBatch, row_format: RowFormat
) -> Iterator[tuple[pa.StringArray, np.ndarray[tuple[int], np.dtype[np.int64]]]]:
    """Texts of rows, each with the number of its row."""
    columns = [rows.column(name) for name in texts_of(row_format)]
    every = np.arange(rows.num_rows)
    if row_format.name == PROMPT_COMPLETION:
        yield pc.binary_join_element_wise(*columns, ""), every
        return
    for column in columns:
        if pa.types.is_list(column.type):  # of turns; the last field of each is its text
            turns = pc.list_flatten(column)
            texts = turns.field(turns.type.num_fields - 1)
            yield texts, np.repeat(every, pc.list_value_length(column).to_numpy())
        else:
            yield column, every
