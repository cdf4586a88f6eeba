"""Which columns are options to choose from, and how the source says which one is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mixbuild.author.new.columns import Column, snake
from mixbuild.author.new.literal import arguments, as_tuple
from mixbuild.declare import Path
from mixbuild.render import OWN_LETTER

LISTS = ("choices", "options", "endings", "candidates", "alternatives", "answer_choices")
"""What a column is called that lists a row's options."""

STEMS = ("", "option", "choice", "ending", "sol", "solution", "answer", "op", "candidate")
"""What columns with an option each are called, before a number or a letter."""

ANSWERS = (
    *("answer_key", "answer", "label", "gold", "gold_label", "correct", "correct_answer"),
    *("answer_idx", "answer_index", "target", "correct_option", "correct_choice", "cop"),
)
"""What the column is called that says which option is right."""

SHOWN = 2
"""How many options a made-up row has, where a list holds them."""


@dataclass(frozen=True)
class Options:
    """What was found.

    Attributes:
        expression: the Python expression that declares the options.
        answer: the column that says which one is right.
        uses: all the columns that it takes.
        values: what these may hold in a row, where they may not hold just anything.
    """

    expression: str
    answer: Column
    uses: tuple[Path, ...]
    values: Mapping[Path, Sequence[Any]]


def find(columns: Sequence[Column]) -> Options | None:
    """The options, and the answer that tells the right one; None where there are none."""
    for options in _candidates(columns):
        own = {each.path for each in options}
        labels = _labels(options, columns)
        for answer in _answers(columns):
            if answer.path not in own and (found := _told(options, answer, labels)):
                how, values = found
                among = [labels.path] if labels else []
                given = [*map(_path, options), f"answer={how}", *_stripped(options)]
                expression = f"choices({', '.join(given)})"
                uses = (*(each.path for each in options), answer.path, *among)
                return Options(expression, answer, uses, values)
    return _distractors(columns)


def _candidates(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Sets of columns that may be options: a list, or several with an option each."""
    for column in columns:
        if column.holds_texts and snake(column.path[0]) in LISTS and snake(column.leaf) != "label":
            yield [column]
    stems: dict[str, list[Column]] = {}
    for column in columns:
        parts = re.fullmatch(r"(.*?)_?([0-9]|[A-Ea-e])", column.leaf)
        if column.is_text and parts and parts[1].lower() in STEMS:
            stems.setdefault(parts[1], []).append(column)
    yield from (each for each in stems.values() if len(each) > 1)


def _labels(options: Sequence[Column], columns: Sequence[Column]) -> Column | None:
    """The column that has a label for each option, beside them in their struct."""
    inside = options[0].path[:-1]
    for column in columns:
        if inside and column.path[:-1] == inside and snake(column.leaf) in ("label", "labels"):
            return column
    return None


def _answers(columns: Sequence[Column]) -> list[Column]:
    named = [each for each in columns if snake(each.name) in ANSWERS]
    return sorted(named, key=lambda each: ANSWERS.index(snake(each.name)))


def _told(
    options: Sequence[Column], answer: Column, labels: Column | None
) -> tuple[str, dict[Path, Sequence[Any]]] | None:
    """How an answer tells the right option, and the values that it and the labels may have."""
    count = len(options) if len(options) > 1 else SHOWN
    seen = answer.seen
    if labels is not None:
        letters = [chr(ord("A") + each) for each in range(count)]
        how = f"key({arguments(answer.path)}, among={_path(labels)})"
        return how, {answer.path: letters, labels.path: [letters]}
    texts = list(map(str, seen))
    if pa.types.is_boolean(answer.kind):
        return f"position({arguments(answer.path)})", {answer.path: (False, True)}
    if pa.types.is_integer(answer.kind) or (texts and all(map(str.isdigit, texts))):
        first = int(not answer.labels and bool(seen) and min(map(int, seen)) > 0)
        more = ", first=1" if first else ""
        numbers = range(first, count + first)
        values = list(numbers) if pa.types.is_integer(answer.kind) else list(map(str, numbers))
        return f"position({arguments(answer.path)}{more})", {answer.path: values}
    if not answer.is_text:
        return None
    if texts and all(re.fullmatch("[A-Z]", each) for each in texts):
        letters = [chr(ord("A") + each) for each in range(count)]
        return f"letter({arguments(answer.path)})", {answer.path: letters}
    shared = [f"TODO option {each + 1}" for each in range(count)]
    made_up: dict[Path, Sequence[Any]] = {options[0].path: [shared]}
    if len(options) > 1:
        made_up = {each.path: [text] for each, text in zip(options, shared, strict=True)}
    return f"key({arguments(answer.path)})", {**made_up, answer.path: shared}


def _stripped(options: Sequence[Column]) -> Iterator[str]:
    """What is to be cut out of every option, where the source has letters of its own there."""
    seen = [each for column in options for each in column.seen]
    texts = [text for each in seen for text in (each if isinstance(each, list) else [each]) if text]
    if texts and all(re.match(OWN_LETTER, text) for text in texts):
        yield "own_letters=True"


def _distractors(columns: Sequence[Column]) -> Options | None:
    """The right option in a column of its own, and the wrong ones in others."""
    wrong = [each for each in columns if re.fullmatch(r"(distractor|incorrect).*\d", each.leaf)]
    right = [each for each in _answers(columns) if each.is_text]
    if not wrong or not right:
        return None
    names = ", ".join(_path(each) for each in (right[0], *wrong))
    uses = (right[0].path, *(each.path for each in wrong))
    return Options(f"choices({names}, answer=key({arguments(right[0].path)}))", right[0], uses, {})


def _path(column: Column) -> str:
    return arguments(column.path) if len(column.path) == 1 else as_tuple(column.path)
