"""A source's columns, one by one, and what can be said of each by its type and first values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mixbuild.author.new.literal import arguments, as_tuple
from mixbuild.declare import Path
from mixbuild.sources import Probed

MOST_CLASSES = 20
"""A column of numbers with more values than this holds quantities, not classes."""

MASK: Mapping[type, Any] = {int: -1, str: ""}
"""What stands in a column where its value is kept secret."""


@dataclass(frozen=True)
class Column:
    """A column, or a field of a struct column.

    Attributes:
        path: its name, and those above it.
        kind: its type.
        labels: the names of its classes, if the source names them.
        values: its first values, by split; null left out.
    """

    path: Path
    kind: pa.DataType
    labels: tuple[str, ...]
    values: Mapping[str, Sequence[Any]]

    @property
    def name(self) -> str:
        """With dots: ``answers.text``."""
        return ".".join(self.path)

    @property
    def leaf(self) -> str:
        """Its own name."""
        return self.path[-1]

    @property
    def is_text(self) -> bool:
        """Whether it holds strings."""
        return _is_text(self.kind)

    @property
    def holds_texts(self) -> bool:
        """Whether it holds lists of strings."""
        return pa.types.is_list(self.kind) and _is_text(self.kind.value_type)

    @property
    def seen(self) -> list[Any]:
        """Its values that are not masked."""
        every = [each for values in self.values.values() for each in values]
        return [each for each in every if not _is_masked(each)]

    @property
    def classes(self) -> tuple[Any, ...]:
        """What values it may have, where these are classes."""
        if self.labels:
            return tuple(range(len(self.labels)))
        if pa.types.is_integer(self.kind):
            return tuple(sorted(set(self.seen)))
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of its classes; those that the source does not name are the author's to name."""
        if self.labels:
            return self.labels
        highest = max(self.classes, default=-1)
        known = pa.types.is_integer(self.kind) and 0 <= highest < MOST_CLASSES
        return tuple(f"TODO name of {each}" for each in range(highest + 1)) if known else ()

    @property
    def filled(self) -> str:
        """The Python expression that shows it in a prompt; its name, where it needs none."""
        if self.is_text:
            plain = len(self.path) == 1 and snake(self.leaf) == self.leaf
            return self.leaf if plain else f"column({arguments(self.path)})"
        return f'joined({arguments(self.path)}, separator=", ")' if self.holds_texts else ""

    @property
    def as_output(self) -> str:
        """The Python expression that makes an output of it; empty where nothing does."""
        if self.names and len(self.path) == 1:
            return f"label({arguments(self.path)}, {as_tuple(self.names)})"
        if pa.types.is_boolean(self.kind) and len(self.path) == 1:
            return f'flag({arguments(self.path)}, ("no", "yes"))'
        return f"first({arguments(self.path)})" if self.holds_texts else self.filled

    @property
    def masked_splits(self) -> tuple[str, ...]:
        """The splits that show none of its values."""
        return tuple(split for split, values in self.values.items() if all(map(_is_masked, values)))

    @property
    def is_masked_somewhere(self) -> bool:
        """Whether a split that shows its values hides some."""
        others = [
            values for split, values in self.values.items() if split not in self.masked_splits
        ]
        return any(_is_masked(each) for values in others for each in values)

    @property
    def is_masked(self) -> str:
        """The Python expression of the rows that hide it."""
        hides = '== ""' if self.is_text else "< 0"
        return f"field({arguments(self.path)}) {hides}"


def columns_of(probed: Probed) -> Iterator[Column]:
    """The columns; of a struct column, its fields."""

    def walk(fields: Iterator[pa.Field] | pa.Schema, above: Path) -> Iterator[Column]:
        for each in fields:
            path = (*above, each.name)
            if pa.types.is_struct(each.type):
                yield from walk(each.type, path)
                continue
            values = {
                split: [value for row in rows if (value := _value(row, path)) is not None]
                for split, rows in probed.rows.items()
            }
            yield Column(path, each.type, probed.labels.get(path, ()), values)

    yield from walk(probed.schema, ())


def snake(name: str) -> str:
    """A name that a placeholder may have.

    >>> [snake(name) for name in ("answerKey", "Input text", "2nd", "URL")]
    ['answer_key', 'input_text', 'x2nd', 'url']
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "text"
    return plain if plain[0].isalpha() else f"x{plain}"


def _value(row: Mapping[str, Any], path: Path) -> Any:
    value: Any = row
    for each in path:
        value = None if value is None else value[each]
    return value


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_masked(value: object) -> bool:
    return not isinstance(value, bool) and value == MASK.get(type(value), value is None)
