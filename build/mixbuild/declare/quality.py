r"""Quality: which rows are taken out because of what other rows, or a trainer's limit, are.

Only declared here; ``curate`` does it. Each part that is given is done, in this order, each on
what the ones before it left, and each under reasons of its own; nothing else is.

All of it looks at a row's slots, the texts that fill its template, and never at the rendered text:
two rows with other templates are duplicates, two questions about one passage are not.

>>> from mixbuild.core import Document, RecipeError, decode
>>> how = {"where": "m.yaml", "error": RecipeError}
>>> decode(Document("{exact: {}, near: {threshold: 0.9}}", **how), Quality).near.threshold
0.9
>>> decode(Document("near: {seed: x}", **how), Quality)
Traceback (most recent call last):
mixbuild.core.errors.RecipeError: m.yaml: line 1: near.seed: expected a whole number, got 'x'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from mixbuild.core import RecipeError

Fraction = Annotated[float, msgspec.Meta(gt=0, le=1)]
"""More than nothing, and at most all."""

Words = Annotated[int, msgspec.Meta(ge=1, le=100)]
"""How many words in a row are looked at as one."""


def unpinned(tokenizer: str) -> str | None:
    """What is wrong with a tokenizer that may count otherwise tomorrow; None where nothing is."""
    if tokenizer.endswith(".json") or re.fullmatch(r"[^@\s]+/[^@\s]+@[0-9a-f]{40}", tokenizer):
        return None
    return (
        f"tokenizer: expected a tokenizer.json, or org/name@ and a commit of 40 digits, got "
        f"{tokenizer!r}; a branch may count otherwise tomorrow"
    )


@dataclass(frozen=True)
class Exact:
    """Rows whose slots, the answer among them, say the same: one of them stays.

    Of a train split and another one, the other split's stays.

    Attributes:
        key: what makes two rows the same: their ``slots``, in NFC, each run of white space one
            space and none around, in the case in which they are written.
        keep: which row stays: the one whose id has the lowest hash, wherever it lies.
        conflict: what becomes of rows of one task with the same inputs and other answers: ``drop``
            all of them; ``report`` leaves them in and counts them; ``keep`` says that an input
            may well have several answers, so that these are no conflicts.
    """

    key: Literal["slots"] = "slots"
    keep: Literal["lowest_hash"] = "lowest_hash"
    conflict: Literal["drop", "report", "keep"] = "drop"


@dataclass(frozen=True)
class Near:
    """Rows of which every input slot is nearly the same: each gives way to one that stays.

    Their answers are the same. Rows with other answers are counted, and stay: the answer shows that
    the little by which they differ matters.

    Attributes:
        threshold: of the Jaccard similarity of a slot's word shingles, in each slot.
        shingle_words: how many words are a shingle; all words of a text with fewer are one. Two
            words tell "which AFC team" from "which NFC team", and one word too many changes two.
        seed: of the hash functions that find the pairs to compare.
    """

    threshold: Fraction = 0.8
    shingle_words: Words = 2
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 0


@dataclass(frozen=True)
class Leakage:
    """Inputs of train that an evaluation split has as well.

    They are counted in any case where there is an ``exact`` or a ``near``; this takes them out.

    Attributes:
        remove_from: the split whose rows give way.
        by: ``exact``: the inputs are the same; ``near``: nearly, as ``near`` says.
    """

    remove_from: Literal["train"] = "train"
    by: Literal["exact", "near"] = "exact"


@dataclass(frozen=True)
class Contamination:
    """Rows of train that hold an item of a named evaluation set.

    Words are compared, in NFC and in lower case, whatever white space and signs are between them.
    Full-width letters, and signs without width within a word, make other words of them.

    Attributes:
        against: the evaluation sets: a task's split (``gsm8k/test``), a benchmark by the name that
            evaluators give it (``hellaswag``), ``benchmarks`` for all that tasks know, a file of
            JSON lines (``path/to/eval.jsonl``), or a split on the Hub (``org/bench:test``, with a
            revision ``org/bench@v1:test``, of one of several configs ``org/bench:main/test``).
        words: how many words in a row must be the same to count.
        coverage: which part of an item must be covered by such runs for it to be in the row.
    """

    against: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    words: Words = 4
    coverage: Fraction = 0.6


@dataclass(frozen=True)
class Chat:
    """What a trainer that is given messages makes of a row, by the tokenizer's chat template.

    Attributes:
        system: the message that each chat begins with, if any.
    """

    system: Annotated[str, msgspec.Meta(min_length=1)] | None = None


@dataclass(frozen=True)
class Length:
    """Rows that have more tokens than a trainer takes.

    Attributes:
        tokenizer: a ``tokenizer.json``, or ``org/name@commit`` on the Hub.
        max_tokens: of prompt and completion in one piece, or of their chat.
        chat: count the chat that is made of a row, by the template beside the tokenizer.
        over: ``drop`` the row, or ``trim`` the slot that its task declares trimmable, between
            words; what its task says it ``keeps`` stays in it. What does not fit then is dropped.
    """

    tokenizer: Annotated[str, msgspec.Meta(min_length=1)]
    max_tokens: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    over: Literal["drop", "trim"] = "drop"
    chat: Chat | None = None

    def __post_init__(self) -> None:
        if (wrong := unpinned(self.tokenizer)) is not None:
            raise RecipeError(wrong)


@dataclass(frozen=True)
class Quality:
    """All that is done to the rows of a build before a mixture takes of them.

    Attributes:
        length: rows that are too long for a trainer.
        contamination: rows of train that hold an item of an evaluation set.
        leakage: inputs of train that an evaluation split has as well.
        exact: rows that say the same.
        near: rows that say nearly the same.
    """

    length: Length | None = None
    contamination: Contamination | None = None
    leakage: Leakage | None = None
    exact: Exact | None = None
    near: Near | None = None
