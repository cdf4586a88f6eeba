"""The rules over rendered rows, but for those over options, which are in ``options``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.author.check.options import ROWS_PER_LABEL, labels_of, lists_options
from mixbuild.author.check.rules import (
    ERROR,
    TODO,
    UNJUDGED,
    WARNING,
    Finding,
    quoted,
    some_of,
)
from mixbuild.author.check.sheets import Records, Sheet
from mixbuild.author.check.strays import ANYWHERE, all_text, has
from mixbuild.author.check.wording import occurrences, own_prompt, own_text, placeholders
from mixbuild.declare import Slot, Task

EXTRACTIVE = frozenset({"question answering"})
"""Families whose answer is to be found in the prompt."""

NEARLY_ALL = 0.9
MOST = 0.5
SOME = 0.01
"""From which share of rows on it is a kind, and no slip of a single author."""

FEWEST_ROWS = 5
"""Fewer rows may agree by chance."""

Mask = npt.NDArray[np.bool_]


def check_sheet(sheet: Sheet, *, enough: bool) -> Iterator[Finding]:
    """Every rule over what one template makes of the records.

    Args:
        sheet: that is it.
        enough: whether there are so many records that each template must make a row of some.
    """
    if sheet.changed:
        message = "comes out otherwise when it is rendered again, in other batches"
        yield _finding(sheet, "unseeded", message, row=sheet.changed)
        return  # nothing else that could be said of it would stay true
    if not sheet.rows.num_rows:
        message = "makes no row of any record that was read"
        yield _finding(sheet, "empty-completion", message, severity=ERROR if enough else UNJUDGED)
        return
    yield from _empty_completions(sheet)
    yield from _constants(sheet)
    yield from _leaks(sheet)


def check_texts(
    task: Task, sheets: Sequence[Sheet], records: Sequence[Records], *, samples: bool
) -> Iterator[Finding]:
    """The rules over stray text in rows: from the source, or from the templates and their slots."""
    texts = pa.concat_arrays(
        [pa.array([], pa.string()), *(all_text(each.batch) for each in records)]
    )
    found = []
    for kind in ANYWHERE:
        in_source = has(texts, kind)
        if count := pc.sum(in_source).as_py():
            found.append(f"{kind} in {some_of(count, len(texts))}")
        for sheet in sheets:
            if pc.any(has(pa.array([own_text(sheet.template)]), kind)).as_py():
                continue  # said of the declaration already
            theirs = in_source.take(pa.array(sheet.records))
            in_prompt, in_completion = (
                has(sheet.rows.column(name), kind) for name in ("prompt", "completion")
            )
            ours = pc.and_not(pc.or_(in_prompt, in_completion), theirs)
            if count := pc.sum(ours).as_py():
                message = (
                    f"{kind} in {some_of(count, len(ours))}, and not in their source: it is "
                    f"a slot's"
                )
                yield _finding(sheet, "stray-text", message, row=sheet.id(ours.index(True).as_py()))
    if samples:  # they have such text on purpose, and say nothing of the source
        if count := pc.sum(pc.match_substring(texts, TODO)).as_py():
            yield Finding(task.name, "unfinished", ERROR, f"a {TODO} in {count:,} of its samples")
        yield Finding(task.name, "source-text", UNJUDGED)
    elif found:
        yield Finding(task.name, "source-text", WARNING, "; ".join(found))


def _finding(
    sheet: Sheet, rule: str, message: str, *, row: str = "", severity: str = ERROR
) -> Finding:
    return Finding(sheet.task.name, rule, severity, message, sheet.template.name, row)


def _empty_completions(sheet: Sheet) -> Iterator[Finding]:
    # a blank output is left out by `render`; what is left may still be invisible
    visible = pc.match_substring_regex(sheet.rows.column("completion"), r"[^\pZ\pC]")
    unseen = np.flatnonzero(~visible.to_numpy(zero_copy_only=False))
    if len(unseen):
        total, first = len(visible), int(unseen[0])
        message = (
            f"nothing to be seen in {some_of(len(unseen), total)}: {quoted(sheet.answers[first])}"
        )
        severity = ERROR if len(unseen) >= MOST * total else WARNING
        yield _finding(sheet, "empty-completion", message, row=sheet.id(first), severity=severity)


def _constants(sheet: Sheet) -> Iterator[Finding]:
    """Prompts and completions that are always the same, or prompts that do not decide."""
    prompts, answers = sheet.prompts, sheet.answers
    total = len(prompts)
    distinct_prompts, distinct_answers = len(set(prompts)), len(set(answers))
    if total < FEWEST_ROWS:
        return
    if distinct_answers == 1 and distinct_prompts > 1:
        message = f"all {total:,} rows have the completion {quoted(answers[0])}"
        severity = UNJUDGED if _may_be_of_one_class(sheet) else ERROR
        yield _finding(sheet, "constant-completion", message, row=sheet.id(0), severity=severity)
    if distinct_prompts == 1:
        message = f"all {total:,} rows have the prompt {quoted(prompts[0])}"
        severity = UNJUDGED if _may_be_of_one_class(sheet) else ERROR
        yield _finding(sheet, "same-prompt", message, row=sheet.id(0), severity=severity)
        return
    slots = [sheet.task.slots[name] for name in placeholders(sheet.template.prompt)]
    if sheet.template.inverted or all(isinstance(slot, Slot) and slot.names for slot in slots):
        return  # asked for a question to an answer or for a text of a class, any will do
    pairs = Counter(prompt for prompt, _ in set(zip(prompts, answers, strict=True)))
    ambiguous = [row for row, prompt in enumerate(prompts) if pairs[prompt] > 1]
    if ambiguous and len(ambiguous) >= SOME * total:
        first = ambiguous[0]
        message = (
            f"{some_of(len(ambiguous), total)} have a prompt that comes with several completions: "
            f"{quoted(prompts[first])}"
        )
        severity = ERROR if len(ambiguous) > MOST * total else WARNING
        yield _finding(sheet, "ambiguous-prompt", message, row=sheet.id(first), severity=severity)


def _may_be_of_one_class(sheet: Sheet) -> bool:
    """Whether there are so few rows that they lie together in a source sorted by class."""
    slots = [sheet.task.slots[name] for name in placeholders(sheet.template.prompt)]
    asked = {name for slot in slots if isinstance(slot, Slot) for name in slot.names}
    return len(sheet.answers) < ROWS_PER_LABEL * len(asked | set(labels_of(sheet)))


def _leaks(sheet: Sheet) -> Iterator[Finding]:
    """The answer in the prompt, beyond what is there by chance.

    What a label's name is worth is told by the other labels: where they stand in
    the prompt as often, the right one says nothing.
    """
    inverted = sheet.template.inverted
    if (sheet.task.family in EXTRACTIVE and not inverted) or lists_options(sheet):
        return
    own = own_prompt(sheet.template).casefold()
    answers = [answer.casefold() for answer in sheet.answers]
    prompts = [prompt.casefold() for prompt in sheet.prompts]
    if len(answers) < FEWEST_ROWS:
        return
    if len(set(answers)) == 1 and _may_be_of_one_class(sheet):
        return  # there are no others to compare with
    leaking = np.array(
        [_stands_in(*pair, own) for pair in zip(answers, prompts, strict=True)], dtype=bool
    )
    others = np.array([], dtype=bool)
    labels = [label.casefold() for label in labels_of(sheet)]
    if set(answers) <= set(labels):
        pairs = zip(answers, prompts, strict=True)
        others = np.array(
            [
                _stands_in(label, prompt, own)
                for answer, prompt in pairs
                for label in sorted(set(labels) - {answer})
            ]
        )
    elif choices := next((each for each in sheet.options.values()), None):
        others = np.array(
            [
                _stands_in(text.casefold(), prompt, own)
                for options, right, prompt in zip(
                    choices.texts.to_pylist(), choices.right.tolist(), prompts, strict=True
                )
                for place, text in enumerate(options or ())
                if place != right
            ]
        )
    share = leaking.mean()
    beyond = share - (others.mean() if len(others) else 0.0)
    if beyond >= MOST:
        first = int(leaking.argmax())
        message = (
            f"{some_of(int(leaking.sum()), len(leaking))} have their completion in the prompt: "
            f"{quoted(sheet.answers[first])}"
        )
        severity = ERROR if share >= NEARLY_ALL else WARNING
        yield _finding(sheet, "answer-in-prompt", message, row=sheet.id(first), severity=severity)


def _stands_in(answer: str, prompt: str, own: str) -> bool:
    """Whether an answer stands in a prompt, apart from the template's own words."""
    if answer not in prompt:
        return False
    return occurrences(answer, prompt) > occurrences(answer, own)
