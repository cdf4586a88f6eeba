"""A source's columns, one by one, and what can be said of each by its type and first values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from mixbuild.declare import Path
from mixbuild.sources import Probed

MOST_CLASSES = 20
"""A column of numbers with more values than this holds quantities, not classes."""


@dataclass(frozen=True)
class Column:
    """A column, or a field of a struct column.

    Attributes:
        path: its name, and those above it.
        type: in Arrow.
        class_names: as the source calls its classes, where it does.
        values: its first values, by split; null left out.
    """

    path: Path
    type: pa.DataType
    class_names: tuple[str, ...]
    values: Mapping[str, Sequence[object]]

    @property
    def leaf(self) -> str:
        """Its own name, as a placeholder may be called."""
        return snake(self.path[-1])

    @property
    def called(self) -> str:
        """Its path, as the arguments of a call."""
        return listed(self.path)

    @property
    def is_text(self) -> bool:
        """Whether it holds strings."""
        return bool(pa.types.is_string(self.type))

    @property
    def holds_texts(self) -> bool:
        """Whether it holds lists of strings."""
        return bool(pa.types.is_list(self.type) and pa.types.is_string(self.type.value_type))

    @property
    def seen(self) -> list[object]:
        """Its values that are not masked."""
        return [each for some in self.values.values() for each in some if not is_masked(each)]

    @property
    def names(self) -> tuple[str, ...]:
        """Of its classes; those that the source does not name are the author's to name."""
        if self.class_names or not pa.types.is_integer(self.type):
            return self.class_names
        highest = max((each for each in self.seen if isinstance(each, int)), default=-1)
        return tuple(
            f"TODO name of {each}" for each in range(highest + 1 if highest < MOST_CLASSES else 0)
        )

    @property
    def shown(self) -> str:
        """The slot that shows it in a prompt; its bare name where it needs none; or nothing."""
        if self.is_text:
            return self.leaf if self.path == (self.leaf,) else f"column({self.called})"
        return f'joined({self.called}, separator=", ")' if self.holds_texts else ""

    @property
    def output(self) -> str:
        """The slot that makes an output of it; or nothing."""
        if self.names and len(self.path) == 1:
            classes = self.class_names or tuple(map(str, range(len(self.names))))
            pairs = zip(classes, self.names, strict=True)
            named = ", ".join(f"{quoted(one)}: {quoted(name)}" for one, name in pairs)
            return f"label({self.called}, {{{named}}})"
        if pa.types.is_boolean(self.type) and len(self.path) == 1:
            return f'flag({self.called}, ("no", "yes"))'
        return f"first({self.called})" if self.holds_texts else self.shown

    @property
    def masked_splits(self) -> tuple[str, ...]:
        """The splits that show none of its values."""
        return tuple(split for split, values in self.values.items() if all(map(is_masked, values)))

    @property
    def masked_rows(self) -> str:
        """The expression of the rows that hide it in splits that show others; or nothing."""
        shown = [each for split, each in self.values.items() if split not in self.masked_splits]
        if not any(is_masked(each) for values in shown for each in values):
            return ""
        return f"field({self.called}) {'== ' + quoted('') if self.is_text else '< 0'}"


def is_masked(value: object) -> bool:
    """Whether a value stands where the true one is kept secret."""
    return value in ("", -1) and not isinstance(value, bool)


def columns_of(probed: Probed) -> list[Column]:
    """The columns; of a struct column, its fields."""

    def walk(fields: pa.Schema | pa.StructType, above: Path) -> Iterator[Column]:
        for each in fields:
            path = (*above, each.name)
            if pa.types.is_struct(each.type):
                yield from walk(each.type, path)
                continue
            values = {
                split: [value for row in rows if (value := _value(row, path)) is not None]
                for split, rows in probed.rows.items()
            }
            yield Column(path, each.type, probed.class_names.get(path, ()), values)

    return list(walk(probed.schema, ()))


def _value(row: object, path: Path) -> object:
    for each in path:
        row = row[each] if isinstance(row, Mapping) else None
    return row


def snake(name: str) -> str:
    """A name that a placeholder may have.

    >>> [snake(name) for name in ("answerKey", "Input text", "2nd", "URL")]
    ['answer_key', 'input_text', 'x2nd', 'url']
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "text"
    return plain if plain[0].isalpha() else f"x{plain}"


def quoted(text: str) -> str:
    r"""A string of the source as Python text, so that nothing of it becomes code.

    >>> print(quoted("it's"), quoted('a "word"'), quoted("a\nb"))
    "it's" 'a "word"' "a\nb"
    """
    # with an apostrophe in it, and no quote, repr takes the quotes that the formatter takes
    return repr(text) if '"' in text else f'"{repr(text + chr(39))[1:-2]}"'


def listed(texts: Iterable[str]) -> str:
    """Strings, as a call takes them: ``"answers", "text"``."""
    return ", ".join(map(quoted, texts))


def as_tuple(texts: Sequence[str]) -> str:
    """Strings, as a tuple: ``("en",)``."""
    return f"({listed(texts)}{',' * (len(texts) == 1)})"
