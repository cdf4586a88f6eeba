"""What a source's columns are probably for: the guesses that a new declaration starts from.

By the columns' types and names, and by their first values. A guess saves typing
and is no more: whoever declares the task looks at each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

FAMILIES: Mapping[str, set[str]] = {
    "summarisation": {"summary", "highlights", "abstract"},
    "translation": {"translation"},
    "code": {"code"},
    "open instructions": {"response", "completion", "output"},
}
"""By family, what its output is called."""


@dataclass(frozen=True)
class Guess:
    """What a declaration needs to know.

    Attributes:
        inputs: the placeholders of the context.
        output: the placeholder of the output.
        slots: placeholder -> the Python expression that fills it, where it is no plain column.
        options: the arguments of ``choices``, where there are options.
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
    options: tuple[str, ...]
    names: tuple[str, ...]
    drops: Mapping[str, str]
    values: Mapping[Path, Sequence[object]]
    unused: tuple[str, ...]
    splits: tuple[str, ...]
    masked: tuple[str, ...]
    family: str


def guess(probed: Probed) -> Guess:
    """Guess what the columns are for.

    Raises:
        SourceError: there is no column of text, or none of which an output can be made.
    """
    columns = columns_of(probed)
    found = options.find(columns)
    output = found.answer if found else _output(columns)
    used = set(found.uses) if found else {output.path} if output else set()
    inputs = _inputs(columns, used, output)
    if output is None or not inputs:
        listed = ", ".join(f"{'.'.join(each.path)}: {each.type}" for each in columns)
        raise SourceError(
            f"{probed.where}: expected a column of text and one of which an output can be made, "
            f"got {listed}; prepare the source so that it has them"
        )
    name = "answer" if found else output.leaf
    if name in GENERIC:
        name = snake(output.path[0])
    placeholders = _placeholders(inputs, {name, "options"} if found else {name})
    slots = {at: each.shown for at, each in placeholders.items() if each.shown != at}
    if found:
        slots |= {"options": "OPTIONS.lettered()", name: "OPTIONS.text()"}
    elif output.output != name:
        slots[name] = output.output
    masked = output.masked_splits
    shown = {each.path for each in inputs} | used
    return Guess(
        inputs=tuple(placeholders),
        output=name,
        slots=slots,
        options=found.expressions if found else (),
        names=() if found else output.names,
        drops={"masked": output.masked_rows} if output.masked_rows else {},
        values=found.values if found else {output.path: range(len(output.names))},
        unused=tuple(".".join(each.path) for each in columns if each.path not in shown),
        splits=tuple(split for split in probed.rows if split not in masked),
        masked=masked,
        family="multiple choice" if found else _family(list(placeholders), output),
    )


def _output(columns: Sequence[Column]) -> Column | None:
    """The column of the most telling name; failing that, the last class label, or text."""
    usable = [each for each in columns if each.output]
    if named := [each for each in usable if _rank(each) < len(OUTPUTS)]:
        return min(reversed(named), key=_rank)
    classes = [each for each in usable if each.names]
    texts = [each for each in usable if each.is_text and not METADATA.fullmatch(each.leaf)]
    if classes and texts:
        return classes[-1]
    return texts[-1] if len(texts) > 1 else None


def _rank(column: Column) -> int:
    names = [*map(snake, column.path), *(["label"] if column.class_names else [])]
    return min((OUTPUTS.index(each) for each in names if each in OUTPUTS), default=len(OUTPUTS))


def _inputs(columns: Sequence[Column], used: set[Path], output: Column | None) -> list[Column]:
    beside = {path[0] for path in used if len(path) > 1 and output and not output.is_text}
    free = [each for each in columns if each.path not in used and each.path[0] not in beside]
    texts = [each for each in free if each.is_text and not METADATA.fullmatch(each.leaf)]
    if len(texts) > 2:
        texts = [each for each in texts if each.leaf != "title"]
    # what is asked stands after what it is asked of
    texts.sort(key=lambda each: each.leaf in ASKED)
    return texts or [each for each in free if each.holds_texts]


def _placeholders(inputs: Sequence[Column], taken: set[str]) -> dict[str, Column]:
    """A name for each, unlike any other."""
    named: dict[str, Column] = {}
    for column in inputs:
        whole = "_".join(column.path)
        names = (column.leaf, snake(whole), snake(f"{whole}_text"))
        name = next((each for each in names if each not in taken and each not in named), None)
        if name is not None:
            named[name] = column
    return named


def _family(inputs: Sequence[str], output: Column) -> str:
    classes = {each.casefold() for each in output.names}
    if "entailment" in classes:
        return "natural language inference"
    if {"positive", "negative", "pos", "neg"} & classes:
        return "sentiment"
    if output.class_names:
        return "paraphrase" if len(inputs) == 2 else "topic"
    for family, names in FAMILIES.items():
        if names & set(map(snake, output.path)):
            return family
    if "question" in inputs:
        return "closed-book question answering" if len(inputs) == 1 else "question answering"
    return ""
