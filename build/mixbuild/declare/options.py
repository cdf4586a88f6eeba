r"""Slots for choices: options, in an order of their own for each row, and the right one of them.

>>> options = choices("option1", "option2", answer=position("answer", first=1))
>>> slots = {"options": options.lettered(), "answer": options.text()}

Whatever order a source has its options in, a row shows them in the order of a
hash: the right one's place carries no information. All slots of one ``choices``
agree on it. A row shows nothing (null) where the source has no options, or a
null or a blank one among them; its answer is null where the source has none.

This is the declaration; ``render`` does the work. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from mixbuild.core import TaskError
from mixbuild.declare.slots import Path

TEXT = pa.string()
TEXTS = pa.list_(pa.string())

NUMBER, LETTER, LABEL, ITSELF = "number", "letter", "label", "text"
"""What a source may name the right option by."""


@dataclass(frozen=True)
class Input:
    """What must be read of the source, as strings, or lists of them.

    Attributes:
        path: the column, or a field within a struct column.
        kind: what it is made into.
        numbers: whether the source may have numbers there.
    """

    path: Path
    kind: pa.DataType
    numbers: bool = False

    @property
    def name(self) -> str:
        """Unlike any slot's: ``text ('option1',)``."""
        return f"{'text' if self.kind == TEXT else 'texts'} {self.path}"


@dataclass(frozen=True)
class Answer:
    """How a source says which option is right.

    Attributes:
        path: the column that says it, or a field within a struct column.
        by: what it names the option by: ``NUMBER``, ``LETTER``, ``LABEL`` or ``ITSELF``.
        first: the first option's number.
        labels: the list column that has a label for each of the row's options.
    """

    path: Path
    by: str
    first: int = 0
    labels: Path | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The answer's column, and that of the labels."""
        answer = Input(self.path, TEXT, numbers=self.by != LETTER)
        return (
            (answer,) if self.labels is None else (answer, Input(self.labels, TEXTS, numbers=True))
        )

    @property
    def expected(self) -> str:
        """What the column must hold, in words, for an error's text."""
        if self.by == NUMBER:
            return f"the number of an option, counted from {self.first},"
        if self.labels is not None:
            return f"the label of an option, one of {'.'.join(self.labels)!r},"
        return f"the {self.by} of an option"


def position(*path: str, first: int = 0) -> Answer:
    """The right option's number, be it a number or written out; false is 0, true is 1."""
    return Answer(path, NUMBER, first=first)


def letter(*path: str) -> Answer:
    """The right option's letter: ``"A"`` for the first."""
    return Answer(path, LETTER)


def key(*path: str, among: str | Path | None = None) -> Answer:
    """The right option's label ``among`` the row's own; without them, the option's text itself."""
    if among is None:
        return Answer(path, ITSELF)
    return Answer(path, LABEL, labels=_path(among))


@dataclass(frozen=True)
class Choices:
    """Options and the right one of them; made by ``choices``.

    Attributes:
        options: a list column, or several columns with an option each.
        names: the options, where they are the same for every row.
        classes: what the source itself calls these.
        answer: which one is right.
        own_letters: whether letters of the source are cut off the options.
        marks: texts that are cut out of the options, with one space after them.
        lstrip: characters that are cut off their beginning.
        may_refer: whether an option may refer to others.
    """

    options: tuple[Path, ...]
    names: tuple[str, ...]
    classes: tuple[str, ...]
    answer: Answer
    own_letters: bool = False
    marks: tuple[str, ...] = ()
    lstrip: str = ""
    may_refer: bool = False

    def __post_init__(self) -> None:
        if bool(self.options) == bool(self.names):
            got = "both" if self.options else "neither"
            raise TaskError(
                f"choices: expected either columns or names, got {got}; say one of them"
            )
        if isinstance(self.marks, str) or not all(self.marks):
            raise TaskError(f"choices: expected a tuple of texts, got marks={self.marks!r}")

    @property
    def inputs(self) -> tuple[Input, ...]:
        """All that must be read, the answer first."""
        return (*self.answer.inputs, *self.columns)

    @property
    def columns(self) -> tuple[Input, ...]:
        """The options: a list of them, or several columns with one each; none for names."""
        kind = TEXTS if len(self.options) == 1 else TEXT
        return tuple(Input(path, kind) for path in self.options)

    def lettered(self) -> ChoiceSlot:
        """``(A) Paris``, ``(B) Rome``, a line each; after ``(Z)`` comes ``(AA)``."""
        return ChoiceSlot(self, "({}) ", between="\n")

    def bulleted(self) -> ChoiceSlot:
        """``- Paris``, ``- Rome``, a line each."""
        return ChoiceSlot(self, "- ", between="\n")

    def inline(self) -> ChoiceSlot:
        """``Paris, Rome``."""
        return ChoiceSlot(self, between=", ")

    def text(self) -> ChoiceSlot:
        """The right option: ``Rome``."""
        return ChoiceSlot(self)

    def letter(self) -> ChoiceSlot:
        """The right option's letter, bare: ``B``."""
        return ChoiceSlot(self, "{}", texts=False)

    def both(self) -> ChoiceSlot:
        """The right option as ``lettered`` shows it: ``(B) Rome``."""
        return ChoiceSlot(self, "({}) ")


@dataclass(frozen=True)
class ChoiceSlot:
    """What fills one placeholder: all the options, or the right one.

    It tells what a ``Slot`` tells, but for the value, for which it takes more
    than Arrow's own kernels.

    Attributes:
        choices: the options.
        head: what stands before an option; ``{}`` in it is the option's letter.
        between: what stands between two options; None for the right option alone.
        texts: whether the option itself is shown.
    """

    choices: Choices
    head: str = ""
    between: str | None = None
    texts: bool = True

    accepted: ClassVar[None] = None
    may_be_blank: ClassVar[bool] = False
    remedy: ClassVar[str] = "correct the answer of the task's choices"

    @property
    def reads(self) -> tuple[Path, ...]:
        """The source columns, and fields within them, that are needed; the answer first."""
        return tuple(dict.fromkeys(each.path for each in self.choices.inputs))

    @property
    def expected(self) -> str:
        """What the answer's column must hold."""
        return self.choices.answer.expected


def choices(
    *options: str | Path,
    answer: Answer,
    names: Mapping[str, str] | Sequence[str] = (),
    own_letters: bool = False,
    marks: tuple[str, ...] = (),
    lstrip: str = "",
    may_refer: bool = False,
) -> Choices:
    """Options to choose from, and the right one of them.

    A row is left out when one of its options refers to others, as "all of the above" and
    "both A and C" do: their order is another here. ``names`` are taken as they are.

    Args:
        options: one list column, or several columns with an option each; a
            field within a struct column is a tuple, as ``("choices", "text")``.
        answer: which is right: ``position``, ``letter`` or ``key``.
        names: instead of columns, the options of every row; or, where the source calls them
            otherwise, its own name of each -> the option. They are read as those of ``label``.
        own_letters: the source's options begin with letters, as ``A)125`` or ``(B) 150``: cut them.
        marks: texts to cut out of the options, each with one space after it: ``("[step]",)``.
        lstrip: characters to cut off their beginning, with the white space there.
        may_refer: keep the rows of which an option seems to refer to others.

    Raises:
        TaskError: there are both columns and names, or neither; a mark is no text.
    """
    as_marks = marks if isinstance(marks, str) else tuple(marks)
    return Choices(
        tuple(map(_path, options)),
        tuple(names.values() if isinstance(names, Mapping) else names),
        tuple(names),
        answer,
        own_letters,
        as_marks,
        lstrip,
        may_refer,
    )


def _path(column: str | Path) -> Path:
    return (column,) if isinstance(column, str) else tuple(column)
