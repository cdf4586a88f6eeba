r"""Instruction, input and output, as Stanford Alpaca has them.

::

    {"instruction": "Classify this sentence sentiment:", "input": "Loved it.", "output": "positive",
     "gap": " ", "marker": " \n[OUTPUT]:"}

The instruction is what the template itself begins with, up to its first placeholder, or up to the
last line break before that: a sentence, or at least four words and a colon. A template that begins
otherwise, with a placeholder or a mere label, is an instruction as a whole, and the input is empty,
as Alpaca has it for most of its rows. ``gap`` is the white space between the two.

>>> opening("Classify this sentence sentiment: {text} \n[OUTPUT]: {label}")
'Classify this sentence sentiment: '
>>> opening("Say what it is.\n\nReview: {text}\n[OUTPUT]: {label}")
'Say what it is.\n\n'
>>> opening("Review: {text}\nSentiment?\n[OUTPUT]: {label}")
''
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.declare import KEEP, Placeholder, RowFormat, Template
from mixbuild.publish.formats.cut import cut, sizes_of, with_space, without_marker, without_space
from mixbuild.publish.formats.view import Columns, Openings, View

SENTENCE = re.compile(r"(?s).*\w.*[.?!。？！]|(?:\S+\s+){3,}\S+[:：]")


def opening(text: str) -> str:
    """The instruction that a template's text begins with, and the white space after it."""
    first = Template("any", text).prompt[0]
    if isinstance(first, Placeholder):
        return ""
    begins = first[: first.rfind("\n") + 1] or first
    return begins if SENTENCE.fullmatch(begins.rstrip()) else ""


def lay(rows: pa.RecordBatch, asked: RowFormat, openings: Openings) -> Columns:
    """Each row's instruction, input and output, and what was between them."""
    keep = asked.marker == KEEP
    texts, marker = without_marker(rows.column("prompt"), keep=keep)
    begins = _begins(rows, openings)
    trimmed = pc.utf8_rtrim_whitespace(begins)
    head, tail = cut(texts, np.minimum(sizes_of(begins), sizes_of(texts)))
    # a row whose input is blank may have lost the white space before it, too
    parted = pc.and_(pc.equal(head, begins), pc.greater(pc.binary_length(begins), 0))
    return {
        "instruction": pc.if_else(parted, trimmed, texts),
        "input": pc.if_else(parted, tail, ""),
        "output": without_space(rows.column("completion"), keep=keep),
        "gap": pc.if_else(parted, cut(begins, sizes_of(trimmed))[1], ""),
        "marker": marker,
    }


def back(batch: pa.RecordBatch) -> tuple[pa.StringArray, pa.StringArray]:
    """Prompts and completions."""
    marker = batch.column("marker")
    parts = (*(batch.column(name) for name in ("instruction", "gap", "input")), marker)
    return (
        pc.binary_join_element_wise(*parts, ""),
        with_space(batch.column("output"), marker),
    )


def _begins(rows: pa.RecordBatch, openings: Openings) -> pa.StringArray:
    """What each row's template begins with."""
    tasks, templates = (rows.column(name).dictionary_encode() for name in ("task", "template"))
    task, template = (each.indices.to_numpy() for each in (tasks, templates))
    width = len(templates.dictionary)
    every = [
        openings.get((of_task, name), "")
        for of_task in tasks.dictionary.to_pylist()
        for name in templates.dictionary.to_pylist()
    ]
    return pa.array(every, pa.string()).take(pa.array(task * width + template))


COLUMNS = dict.fromkeys(("instruction", "input", "output", "gap", "marker"), pa.string())

VIEW = View(COLUMNS, 3, lay, back, ("instruction", "output", "gap", "marker"))
