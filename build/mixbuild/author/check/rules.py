"""What ``check`` holds tasks to, and what it says where one breaks a rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

ERROR = "error"
WARNING = "warning"
TODO = "TODO"
"""Marks what the author of a task has yet to write."""

UNJUDGED = "unjudged"
"""Too few rows to say anything; shown in the summary only."""

OF_DECLARATIONS: Mapping[str, str] = MappingProxyType(
    {
        "task-name": "no two tasks have the same name",
        "unfinished": "nothing is left to be done",
        "attribution": "the source can be cited, has a known licence, and says its limits",
        "few-templates": "a task has at least ten templates",
        "similar-templates": "no two templates of a task differ in little but punctuation and case",
        "unknown-placeholder": "a placeholder is spelled like a slot or a column of the source",
        "instruction": "a prompt says something in words of its own",
        "spacing": "no doubled space or blank line, no space at the end of a line but the seed's",
        "punctuation": "no doubled or stray punctuation, no space before it, all brackets closed",
        "doubled-word": "no word twice in a row",
        "inverted": "a template that asks for what the seed's prompt gives is marked as inverted",
        "stray-text": "no remains of escapes, braces or encodings from the template or its slots",
    }
)
"""Every rule for what a task declares, and what it asks for."""

OF_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "few-samples": "a task of the catalog has at least ten sample rows in each split",
        "golden": "a task of the catalog has a golden, which shows what its samples become",
        "missing-split": "the source has every split that the task declares",
        "unrenderable": "the rows can be rendered",
        "empty-completion": "a template makes rows, and something can be seen in each completion",
        "constant-completion": "not all rows have the same completion",
        "same-prompt": "not all rows have the same prompt",
        "ambiguous-prompt": "no prompt has several completions, but of an inverted template",
        "answer-in-prompt": "the answer stands in no prompt but where it is to be found there",
        "not-an-option": "the completion is one of the options that the prompt lists",
        "right-place": "the right option is at each place equally often",
        "unseen-label": "every label occurs",
        "class-balance": "no label is four times as frequent as another",
        "source-text": "the source's text has no remains of escapes or encodings",
        "unclean-completion": "no white space around a completion, no run of tabs or spaces in it",
        "tokenised-target": "no completion has remains of a tokeniser, such as `ca n't` and ` .`",
        "markup": "no completion has entities or tags of HTML",
        "short-completion": "a completion is a word at least",
        "missing-options": "no question asks to choose where the prompt lists no options",
        "separator-in-item": "no item of a list holds what the list is joined by",
        "overlapping-splits": "no two splits have the same rows",
        "unseeded": "a row is rendered alike whenever, and beside whatever else, it is rendered",
    }
)
"""Every rule for what a task is rendered to."""

RULES: Mapping[str, str] = MappingProxyType(
    {
        **OF_DECLARATIONS,
        **OF_ROWS,
        "waiver": "a rule that is waived exists, and would be broken",
    }
)
"""Every rule."""

SOME_ROWS = 20
"""Of fewer rows of a source, a sound template may refuse each."""

ENOUGH_ROWS = 1_000
"""Of fewer rows of a source, none may show what others do."""

OF_THE_CATALOG = frozenset({"attribution", "few-templates"})
"""What the project asks of its own tasks, and does not of anyone's."""


@dataclass(frozen=True)
class Finding:
    """A rule that a task breaks.

    Attributes:
        task: its name.
        rule: one of ``RULES``.
        severity: ``ERROR`` or ``WARNING``; or ``UNJUDGED``, which is no finding yet.
        message: what is wrong, with the offending text.
        template: its name; empty where it is the task's fault.
        row: the id of the first row that shows it; empty where no row is needed.
    """

    task: str
    rule: str
    severity: str
    message: str = ""
    template: str = ""
    row: str = ""


def quoted(text: str, most: int = 60) -> str:
    r"""A text in quotes, on one line, its middle left out where it is long.

    >>> print(quoted("a\tb"), quoted("to be, or not to be, that is the question", 20))
    'a\tb' 'to be, or … question'
    """
    if len(text) > most:
        half = most // 2 - 1
        text = f"{text[:half].strip()} … {text[-half:].strip()}"
    return repr(text)


def some_of(count: int, total: int) -> str:
    """How many rows out of how many.

    >>> some_of(1, 1200), some_of(3, 3)
    ('1 of 1,200 rows', 'all 3 rows')
    """
    return f"all {total:,} rows" if count == total else f"{count:,} of {total:,} rows"
