"""The rules over what is asked for: completions as a person would have written them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.author.check.options import labels_of, lists_options
from mixbuild.author.check.rules import ERROR, WARNING, Finding, quoted, some_of
from mixbuild.author.check.sheets import Sheet
from mixbuild.declare import ChoiceSlot

SOME = 0.01
"""From which share of rows on it is a kind, and no slip of a single author."""

HABIT = 0.05
"""Below which share text like a tokeniser's is the habit of a few authors: ``So good !``."""

FEWEST = 2
MOST = 0.5

UNCLEAN = r"\A[\s\pZ\p{Cf}]|[\s\pZ\p{Cf}]\z|[^\n\t]\t{2,}|\pL[.!?] {2,}\pL"
"""White space or an unseen character around a completion, a run of tabs or spaces within it."""

TOKENISED = (
    r"(?i) (?:n't|'(?:s|re|ve|ll|d|m))\b|\w [.,;!?](?:\s|\z)|-[LR][RSC]B-|`` "
    r"|(?:^|\s)\( \w"
)
"""Remains of a tokeniser: ``ca n't``, ``Poor 's``, ``the end .``, ``-LRB-``."""

MARKUP = (
    r"(?i)&(?:#\d{2,4}|quot|apos|amp|lt|gt|nbsp);|(?:^| )(?:#\d{2,4}|quot|amp|lt|gt);"
    r"|</?(?:br|p|b|i|u|em|strong|span|div|font|a)(?: [^<>]*)?/?>"
)
"""HTML's entities, also those without their ``&``, and its tags."""

WORD = r"[\pL\pN]{2}|\pN|[^\x00-\x{24F}]"
"""What makes a word: two letters or a number; in other scripts, one character may be enough."""

ASKS_FOR_OPTIONS = (
    r"(?i)\b(?:which|what|all|one|none|any) (?:one )?of (?:these|those|the following|the above)\b"
    r"|\b(?:the following|listed|given)[^.?!]{0,40}(?:options|choices|answers)\b"
)
"""What a question asks that is answered by choosing from a list."""


def check_targets(sheet: Sheet) -> Iterator[Finding]:
    """Every rule over what one template asks for."""
    if sheet.changed or not sheet.rows.num_rows:
        return
    texts = pc.utf8_slice_codeunits(sheet.rows.column("completion"), 1)
    # of what cannot be seen at all another rule speaks
    seen = pc.match_substring_regex(texts, r"[^\pZ\pC]")
    kinds = {"unclean-completion": UNCLEAN, "tokenised-target": TOKENISED, "markup": MARKUP}
    for rule, pattern in kinds.items():
        found = pc.and_(seen, pc.match_substring_regex(texts, pattern))
        share = HABIT if rule == "tokenised-target" else SOME
        yield from _some(sheet, rule, found, texts, pattern, share=share)
    if not (labels_of(sheet) or lists_options(sheet) or _asks_for_an_option(sheet)):
        short = pc.and_not(seen, pc.match_substring_regex(texts, WORD))
        yield from _some(sheet, "short-completion", short, texts)
    yield from _missing_options(sheet)


def _asks_for_an_option(sheet: Sheet) -> bool:
    return any(isinstance(sheet.task.slots[name], ChoiceSlot) for name in sheet.template.outputs)


def _missing_options(sheet: Sheet) -> Iterator[Finding]:
    """Questions that ask to choose, in a prompt that has nothing to choose from."""
    if not _asks_for_an_option(sheet) or lists_options(sheet):
        return
    prompts = sheet.rows.column("prompt")
    found = pa.repeat(False, len(prompts))
    for name in sheet.template.placeholders:
        if name in sheet.slots:
            refers = pc.match_substring_regex(sheet.slots[name], ASKS_FOR_OPTIONS)
            found = pc.or_(found, refers.fill_null(False))
    yield from _some(sheet, "missing-options", found, prompts, ASKS_FOR_OPTIONS)


def _some(
    sheet: Sheet,
    rule: str,
    found: pa.BooleanArray,
    texts: pa.StringArray,
    pattern: str = "",
    *,
    share: float = SOME,
) -> Iterator[Finding]:
    """A finding where the rule is broken by more rows than a few."""
    at = np.flatnonzero(found.to_numpy(zero_copy_only=False))
    total = len(texts)
    if len(at) < max(FEWEST, share * total):
        return
    first = int(at[0])
    shown = texts[first].as_py()
    if pattern:
        # what matches, with some of the text around it
        whole = rf"(?P<all>(?s:.{{0,15}})(?:{pattern})(?s:.{{0,15}}))"
        shown = pc.extract_regex(texts[first], pattern=whole).as_py()["all"]
    message = f"{some_of(len(at), total)}: {quoted(shown)}"
    severity = ERROR if len(at) >= MOST * total else WARNING
    yield Finding(sheet.task.name, rule, severity, message, sheet.template.name, sheet.id(first))
