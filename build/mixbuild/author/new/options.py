"""Which columns are options to choose from, and how the source says which one is right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from mixbuild.author.new.columns import Column, as_tuple, quoted
from mixbuild.declare import Path
from mixbuild.render import OWN_LETTER, letters

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
        expressions: the arguments of ``choices``.
        answer: the column that says which one is right.
        uses: all the columns that it takes.
        values: what these may hold in a row, where they may not hold just anything.
    """

    expressions: tuple[str, ...]
    answer: Column
    uses: tuple[Path, ...]
    values: Mapping[Path, Sequence[object]] = field(default_factory=dict)


def find(columns: Sequence[Column]) -> Options | None:
    """The options, and the answer that tells the right one; None where there are none."""
    named = [each for each in columns if len(each.path) == 1 and each.leaf in ANSWERS]
    answers = sorted(named, key=lambda each: ANSWERS.index(each.leaf))
    for options in _candidates(columns):
        inside = options[0].path[:-1]
        labels = next(
            (
                each
                for each in columns
                if inside and each.path[:-1] == inside and each.leaf in ("label", "labels")
            ),
            None,
        )
        for answer in answers:
            if answer not in options and (found := _told(options, answer, labels)):
                how, values = found
                expressions = [*map(_path, options), f"answer={how}", *_own_letters(options)]
                uses = [*options, answer, *([labels] if labels else [])]
                paths = tuple(each.path for each in uses)
                return Options(tuple(expressions), answer, paths, values)
    # the right option in a column of its own, and the wrong ones in others
    wrong = [each for each in columns if re.fullmatch(r"(distractor|incorrect).*\d", each.path[-1])]
    right = next((each for each in answers if each.is_text), None)
    if not wrong or right is None:
        return None
    uses = [right, *wrong]
    expressions = [*map(_path, uses), f"answer=key({right.called})"]
    return Options(tuple(expressions), right, tuple(each.path for each in uses))


def _candidates(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """Sets of columns that may be options: a list, or several with an option each."""
    stems: dict[str, list[Column]] = {}
    for column in columns:
        parts = re.fullmatch(r"(.*?)_?([0-9]|[A-Ea-e])", column.path[-1])
        if column.holds_texts and column.path[0].lower() in LISTS and column.leaf != "label":
            yield [column]
        elif column.is_text and parts and parts[1].lower() in STEMS:
            stems.setdefault(parts[1], []).append(column)
    yield from (each for each in stems.values() if len(each) > 1)


def _told(
    options: Sequence[Column], answer: Column, labels: Column | None
) -> tuple[str, dict[Path, Sequence[object]]] | None:
    """How an answer tells the right option, and the values that it and the labels may have."""
    count = len(options) if len(options) > 1 else SHOWN
    shown_letters = letters(count)
    texts = list(map(str, answer.seen))
    if labels is not None:
        among = f"key({answer.called}, among={_path(labels)})"
        return among, {answer.path: shown_letters, labels.path: [shown_letters]}
    if pa.types.is_boolean(answer.type):
        return f"position({answer.called})", {answer.path: (False, True)}
    if pa.types.is_integer(answer.type) or (texts and all(map(str.isdigit, texts))):
        first = int(not answer.class_names and bool(texts) and min(map(int, texts)) > 0)
        numbers: list[object] = list(range(first, count + first))
        values = list(map(str, numbers)) if answer.is_text else numbers
        return f"position({answer.called}{', first=1' * first})", {answer.path: values}
    if not answer.is_text:
        return None
    if texts and all(re.fullmatch("[A-Z]", each) for each in texts):
        return f"letter({answer.called})", {answer.path: shown_letters}
    shared = [f"TODO option {each + 1}" for each in range(count)]
    made_up = [[shared]] if len(options) == 1 else [[text] for text in shared]
    paths = [each.path for each in options]
    return f"key({answer.called})", {**dict(zip(paths, made_up, strict=True)), answer.path: shared}


def _own_letters(options: Sequence[Column]) -> Iterator[str]:
    """Whether the source has letters of its own at the head of every option."""
    seen = [each for column in options for each in column.seen]
    items = [item for each in seen for item in (each if isinstance(each, list) else [each])]
    texts = [each for each in items if isinstance(each, str) and each]
    if texts and all(re.match(OWN_LETTER, text) for text in texts):
        yield "own_letters=True"


def _path(column: Column) -> str:
    return quoted(column.path[0]) if len(column.path) == 1 else as_tuple(column.path)
