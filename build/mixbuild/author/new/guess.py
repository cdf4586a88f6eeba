"""What a source's columns are probably for: the guesses that a new declaration starts from.

By the columns' types and names, and by their first values. A guess saves typing
and is no more: whoever declares the task looks at each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from mixbuild.author.new import options
from mixbuild.author.new.columns import Column, columns_of, snake
from mixbuild.core import SourceError
from mixbuild.declare import Path
from mixbuild.sources import Probed

OUTPUTS = (
    *("answers", "answer", "label", "labels", "gold_label", "target", "targets", "output"),
    *("response", "completion", "summary", "highlights", "abstract", "solution", "code"),
    *("translation", "correction", "paraphrase", "category", "class", "sentiment", "topic"),
)
"""What the columns are called of which an output is made, the most telling names first."""

METADATA = re.compile(r"(.*_)?(id|ids|idx|uid|uuid|guid|url|uri|link|source|file|path|date|lang)")
"""What columns are called that say something of the row rather than something in it."""

ASKED = ("question", "query", "hypothesis", "claim")
"""What columns are called that ask something of the others."""

GENERIC = ("text", "texts", "value", "aliases")
"""What a field within a struct is called that says less than the struct's name."""


@dataclass(frozen=True)
class Guess:
    """What a declaration needs to know.

    Attributes:
        inputs: the placeholders of the context.
        output: the placeholder of the output.
        slots: placeholder -> the Python expression that fills it, where it is no plain column.
        options: the Python expression of the options, where there are any.
        names: of the output's classes, where it has classes.
        drops: reason -> the Python expression of the rows to leave out.
        values: what a column may hold, where it may not hold just anything.
        unused: the columns that are in none of the slots.
        splits: those whose output is not masked.
        masked: the others.
        family: what kind of task it looks like; empty where nothing tells.
    """

    inputs: tuple[str, ...]
    output: str
    slots: Mapping[str, str]
    options: str = ""
    names: tuple[str, ...] = ()
    drops: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[Path, Sequence[Any]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    family: str = ""


def guess(probed: Probed) -> Guess:
    """Guess what the columns are for.

    Raises:
        SourceError: there is no column of text, or none of which an output can be made.
    """
    columns = list(columns_of(probed))
    found = options.find(columns)
    output = found.answer if found else _output(columns)
    used = set(found.uses) if found else {output.path} if output else set()
    inputs = _inputs(columns, used, output)
    if output is None or not inputs:
        listed = ", ".join(f"{each.name}: {each.kind}" for each in columns)
        raise SourceError(
            f"{probed.where}: expected a column of text and one of which an output can be made, "
            f"got {listed}; prepare the source so that it has them"
        )
    name = "answer" if found else _output_name(output)
    taken = {name, "options"} if found else {name}
    placeholders = _placeholders(inputs, taken)
    slots = {at: each.filled for at, each in placeholders.items() if each.filled != at}
    if found:
        slots |= {"options": "OPTIONS.lettered()", name: "OPTIONS.text()"}
    elif output.as_output != name:
        slots[name] = output.as_output
    masked = output.masked_splits
    drops = {"masked": output.is_masked} if output.is_masked_somewhere else {}
    plain = {each.path for each in inputs} | used
    return Guess(
        inputs=tuple(placeholders),
        output=name,
        slots=slots,
        options=found.expression if found else "",
        names=() if found else output.names,
        drops=drops,
        values=found.values if found else {output.path: output.classes},
        unused=tuple(each.name for each in columns if each.path not in plain),
        splits=tuple(split for split in probed.rows if split not in masked),
        masked=masked,
        family="multiple choice" if found else _family(list(placeholders), output),
    )


def _output(columns: Sequence[Column]) -> Column | None:
    """The column of the most telling name; failing that, a class label, or the last text."""
    usable = [each for each in columns if each.as_output]
    named = [each for each in usable if _rank(each) < len(OUTPUTS)]
    if named:
        return min(reversed(named), key=_rank)
    classes = [each for each in usable if each.names]
    texts = [each for each in usable if each.is_text and not METADATA.fullmatch(each.leaf)]
    if classes and texts:
        return classes[-1]
    return texts[-1] if len(texts) > 1 else None


def _output_name(column: Column) -> str:
    return snake(column.path[0] if column.leaf in GENERIC else column.leaf)


def _rank(column: Column) -> int:
    ranks = [OUTPUTS.index(each) for each in map(snake, column.path) if each in OUTPUTS]
    if column.labels:
        ranks.append(OUTPUTS.index("label"))
    return min(ranks, default=len(OUTPUTS))


def _inputs(columns: Sequence[Column], used: set[Path], output: Column | None) -> list[Column]:
    beside = {path[0] for path in used if len(path) > 1 and output and not output.is_text}
    free = [each for each in columns if each.path not in used and each.path[0] not in beside]
    texts = [each for each in free if each.is_text and not METADATA.fullmatch(snake(each.leaf))]
    if len(texts) > 2:
        texts = [each for each in texts if snake(each.leaf) != "title"]
    # what is asked stands after what it is asked of
    texts.sort(key=lambda each: snake(each.leaf) in ASKED)
    return texts or [each for each in free if pa.types.is_list(each.kind) and each.filled]


def _placeholders(inputs: Sequence[Column], taken: set[str]) -> dict[str, Column]:
    """A name for each, unlike any other."""
    named: dict[str, Column] = {}
    for column in inputs:
        for name in _names(column):
            if name not in taken and name not in named:
                named[name] = column
                break
    return named


def _names(column: Column) -> Iterator[str]:
    yield snake(column.leaf)
    yield snake("_".join(column.path))
    yield snake("_".join((*column.path, "text")))


def _family(inputs: Sequence[str], output: Column) -> str:
    classes = {each.casefold() for each in output.names}
    if "entailment" in classes:
        return "natural language inference"
    if {"positive", "negative", "pos", "neg"} & classes:
        return "sentiment"
    if output.labels:
        return "paraphrase" if len(inputs) == 2 else "topic"
    leaf = {snake(each) for each in output.path}
    for names, family in (
        ({"summary", "highlights", "abstract"}, "summarisation"),
        ({"translation"}, "translation"),
        ({"code"}, "code"),
        ({"response", "completion", "output"}, "open instructions"),
    ):
        if leaf & names:
            return family
    if "question" in inputs:
        return "closed-book question answering" if len(inputs) == 1 else "question answering"
    return ""
