"""The rules over options and labels: which there are, which is right, and where it stands.

Options come in three ways: as ``choices``, whose order ``render`` tells; as labels
that stand in the template's own text; and as a list of placeholders in the order in
which the source has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa

from mixbuild.author.check.chi_square import uniformity
from mixbuild.author.check.rules import ERROR, UNJUDGED, WARNING, Finding, quoted, some_of
from mixbuild.author.check.sheets import Options, Sheet
from mixbuild.author.check.wording import Listed, lists, occurrences
from mixbuild.declare import Choices, ChoiceSlot, Slot, Task
from mixbuild.render import letters

MOST = 0.5
UNLIKELY = 1e-3
"""A probability below which uneven places are a warning."""

IMPOSSIBLE = 1e-6
"""One below which they are an error: no catalog has so many tasks that it would come by chance."""

ROWS_PER_LABEL = 20
"""With so many rows for each label, one that never occurs is worth a warning."""

BALANCE_ROWS = 100
MOST_UNEVEN = 4.0
"""How many times as frequent as another a label may be."""


def check_options(task: Task, sheets: Sequence[Sheet]) -> Iterator[Finding]:
    """Every rule over options and labels."""
    judged: set[Choices | str] = set()
    for sheet in sheets:
        if sheet.changed or not sheet.rows.num_rows:
            continue
        yield from _strangers(sheet)
        if (filled := _filled_list(sheet)) is not None:
            yield from _places(sheet, filled)
        for name, options in sheet.options.items():
            slot = task.slots[name]
            if isinstance(slot, ChoiceSlot) and slot.choices not in judged:
                judged.add(slot.choices)
                yield from _places(sheet, options)
                yield from _unseen(sheet, slot.choices.names, _right_texts(options))
        for name in sheet.template.outputs:
            slot = task.slots[name]
            if isinstance(slot, Slot) and slot.names and name not in judged:
                judged.add(name)
                values = sheet.slots[name].to_pylist()
                yield from _unseen(sheet, slot.names, values)
                yield from _balance(sheet, slot.names, values)


def labels_of(sheet: Sheet) -> tuple[str, ...]:
    """The labels that the completion alone consists of; none where it is something else."""
    slots = [sheet.task.slots[name] for name in sheet.template.outputs]
    if len(sheet.template.completion) == 2 and len(slots) == 1 and isinstance(slots[0], Slot):
        return slots[0].names
    return ()


def lists_options(sheet: Sheet) -> bool:
    """Whether the prompt lists options of the row's own, the right one of course among them."""
    return bool(sheet.listed_choices) or _filled_list(sheet) is not None


def _finding(
    sheet: Sheet, rule: str, message: str, *, row: int | None = None, severity: str = ERROR
) -> Finding:
    where = "" if row is None else sheet.id(row)
    return Finding(sheet.task.name, rule, severity, message, sheet.template.name, where)


def _strangers(sheet: Sheet) -> Iterator[Finding]:
    """Completions that are none of the options listed."""
    if sheet.template.inverted or sheet.tells_the_right_one:
        return
    outside: list[int] = []
    answers = sheet.answers
    if name := sheet.listed_choices:
        slot = sheet.task.slots[name]
        lettered = isinstance(slot, ChoiceSlot) and slot.head.startswith("(")
        lists_of_texts = sheet.options[name].texts.to_pylist()
        alone = len(sheet.template.completion) == 2
        outside = [
            row
            for row, (answer, texts) in enumerate(zip(answers, lists_of_texts, strict=True))
            if not _is_among(answer, texts or [], lettered=lettered, alone=alone)
        ]
    elif (filled := _filled_list(sheet)) is not None:
        outside = np.flatnonzero(filled.right < 0).tolist()
    else:
        for listed in lists(sheet.template):
            if not listed.filled:
                allowed = _allowed(listed)
                strange = [
                    row for row, answer in enumerate(answers) if answer.casefold() not in allowed
                ]
                if listed.announced or len(strange) < MOST * len(answers):
                    outside = strange
    if outside:
        message = (
            f"{some_of(len(outside), len(answers))} have a completion that is none of the options "
            f"listed: {quoted(answers[outside[0]])}"
        )
        yield _finding(sheet, "not-an-option", message, row=outside[0])


def _is_among(answer: str, texts: list[str], *, lettered: bool, alone: bool) -> bool:
    """Whether an answer is, or where it is not ``alone`` names, one of the options."""
    for letter, text in zip(letters(len(texts)), texts, strict=True):
        forms = [text.strip()]
        if lettered:
            forms += [letter, f"({letter})", f"({letter}) {text}".strip()]
        if answer in forms or (not alone and any(occurrences(form, answer) for form in forms)):
            return True
    return False


def _allowed(listed: Listed) -> set[str]:
    """What may stand for an item of a list in the template's own text."""
    whole = (head + item for head, item in zip(listed.heads, listed.items, strict=True))
    return {each.strip().casefold() for each in (*listed.items, *listed.keys(), *whole) if each}


def _filled_list(sheet: Sheet) -> Options | None:
    """A list of placeholders in the prompt of which the completion is one; None without it.

    Two numbered sentences to compare are such a list too, but no options: the
    completion is neither of them, and nothing says that one is to be chosen.
    """
    if sheet.template.inverted:
        return None
    for listed in lists(sheet.template):
        if not listed.filled or not set(listed.items) <= set(sheet.slots):
            continue
        columns = [sheet.slots[str(name)].to_pylist() for name in listed.items]
        # a slot may hold the whole list, joined
        split = "\n" + listed.heads[0].rstrip()
        options = [
            [item.strip() for text in row for item in text.split(split)]
            for row in zip(*columns, strict=True)
        ]
        answers = sheet.answers
        keys = listed.keys()
        places = [
            _place(answer, texts, keys) for answer, texts in zip(answers, options, strict=True)
        ]
        right = np.array(places, dtype=np.int64)
        several = sum(len(texts) for texts in options) > len(options)
        if several and (listed.announced or (right >= 0).mean() > MOST):
            return Options(pa.array(options, pa.list_(pa.string())), right)
    return None


def _place(answer: str, texts: list[str], keys: Sequence[str]) -> int:
    if answer in texts:
        return texts.index(answer)
    return keys.index(answer) if any(keys) and answer in keys else -1


def _places(sheet: Sheet, options: Options) -> Iterator[Finding]:
    """The chi-square test of the right option's place, for each number of options."""
    sizes = np.array([len(texts or ()) for texts in options.texts.to_pylist()])
    judged = False
    for size in sorted(set(sizes[options.right >= 0].tolist()) - {0, 1}):
        counts = np.bincount(options.right[(sizes == size) & (options.right >= 0)], minlength=size)
        likelihood = uniformity(counts.tolist())
        if likelihood is None:
            continue
        judged = True
        if likelihood < UNLIKELY:
            message = (
                f"the right one of {size} options is at the places {', '.join(map(str, counts))} "
                f"times (p = {likelihood:.1g})"
            )
            severity = ERROR if likelihood < IMPOSSIBLE else WARNING
            yield _finding(sheet, "right-place", message, severity=severity)
    if not judged:
        yield _finding(sheet, "right-place", "", severity=UNJUDGED)


def _right_texts(options: Options) -> list[str | None]:
    pairs = zip(options.texts.to_pylist(), options.right.tolist(), strict=True)
    return [texts[right] if texts and right >= 0 else None for texts, right in pairs]


def _unseen(sheet: Sheet, names: Sequence[str], values: Sequence[str | None]) -> Iterator[Finding]:
    """Labels that no row has."""
    if not names:
        return
    distinct = list(dict.fromkeys(names))
    if len(values) < ROWS_PER_LABEL * len(distinct):
        yield _finding(sheet, "unseen-label", "", severity=UNJUDGED)
        return
    if unseen := [name for name in distinct if name not in set(values)]:
        message = f"{', '.join(map(repr, unseen))} in none of {len(values):,} rows"
        yield _finding(sheet, "unseen-label", message, severity=WARNING)


def _balance(sheet: Sheet, names: Sequence[str], values: Sequence[str | None]) -> Iterator[Finding]:
    """Labels of which one is much more frequent than another, by classes of the source."""
    if len(values) < BALANCE_ROWS:
        yield _finding(sheet, "class-balance", "", severity=UNJUDGED)
        return
    classes = Counter(names)
    counts = Counter(value for value in values if value is not None)
    each = {name: counts[name] / classes[name] for name in classes if counts[name]}
    most, least = max(each, key=lambda name: each[name]), min(each, key=lambda name: each[name])
    if each[most] > MOST_UNEVEN * each[least]:
        message = f"{counts[most]:,} rows are {most!r}, {counts[least]:,} are {least!r}"
        yield _finding(sheet, "class-balance", message, severity=WARNING)
