r"""A template's own text: all that is in it but what fills its placeholders.

>>> template = Template("seed", "Is it {kind}?\n{text} [OUTPUT]: {label}")
>>> own_text(template) == f"Is it {HOLE}?\n{HOLE} [OUTPUT]: {HOLE}"
True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mixbuild.declare import Parts, Placeholder, Template

HOLE = "\ue000"
"""Stands for a placeholder: a character for private use, which no template has a use for."""

HEAD = re.compile(r"(?:[-*•]|\((\w{1,2})\)|(\w{1,2})[.):]) +")
"""What an item of a list begins with: ``- ``, ``(A) ``, ``A) ``, ``1. ``, ``1: ``."""

HEADING = re.compile(r"\b(?:options?|choices?|alternatives?|choose|pick|select)\b", re.IGNORECASE)
"""Words that announce a list to choose from."""


def own_text(template: Template) -> str:
    """The text of a template, each placeholder as ``HOLE``."""
    return filled_with_holes(template.prompt + template.completion)


def own_prompt(template: Template) -> str:
    """The same of its prompt."""
    return filled_with_holes(template.prompt)


def filled_with_holes(parts: Parts) -> str:
    """Literal text as it stands, each placeholder as ``HOLE``."""
    return "".join(HOLE if isinstance(part, Placeholder) else part for part in parts)


def placeholders(parts: Parts) -> list[str]:
    """The names of the placeholders, each time that they are used."""
    return [str(part) for part in parts if isinstance(part, Placeholder)]


def shown(text: str) -> str:
    """A text with holes for people."""
    return text.replace(HOLE, "{…}")


def around(text: str, match: re.Match[str], reach: int = 15) -> str:
    """What was found, with some of the text around it."""
    start, end = max(0, match.start() - reach), match.end() + reach
    return shown(text[start:end])


@dataclass(frozen=True)
class Listed:
    """A list in a prompt's own text.

    Attributes:
        heads: what each item begins with: ``"(A) "``.
        items: what follows: text, or the placeholder that is filled with it.
        announced: whether the line above says that one of them is to be chosen.
    """

    heads: tuple[str, ...]
    items: tuple[str, ...]
    announced: bool

    @property
    def filled(self) -> bool:
        """Whether the items come from placeholders."""
        return all(isinstance(item, Placeholder) for item in self.items)

    def keys(self) -> tuple[str, ...]:
        """The items' letters or numbers, without what is around them; empty for bullets."""
        found = (HEAD.fullmatch(head) for head in self.heads)
        return tuple(match[1] or match[2] or "" for match in found if match is not None)


def lists(template: Template) -> Iterator[Listed]:
    r"""The lists in a template's prompt: of texts, or of placeholders that stand alone.

    >>> text = "Options:\n- negative\n- positive\n\n{text}\n[OUTPUT]: {label}"
    >>> [(each.items, each.announced) for each in lists(Template("choose", text))]
    [(('negative', 'positive'), True)]
    """
    names = iter([part for part in template.prompt if isinstance(part, Placeholder)])
    heads: list[str] = []
    items: list[str] = []
    above = previous = ""
    for line in [*own_prompt(template).split("\n"), ""]:
        held = [next(names) for _ in range(line.count(HOLE))]
        head = HEAD.match(line)
        item: str = line[head.end() :].strip() if head else ""
        if head and item and (not held or item == HOLE):
            above = above if items else previous
            heads.append(head[0])
            items.append(held[0] if held else item)
        elif items:
            alone = len(items) == 1 and not isinstance(items[0], Placeholder)
            if not alone and len({isinstance(each, Placeholder) for each in items}) == 1:
                yield Listed(tuple(heads), tuple(items), bool(HEADING.search(above)))
            heads, items = [], []
        previous = line or previous


def occurrences(text: str, within: str) -> int:
    """How often a text stands in another, not as a part of a word.

    >>> occurrences("no", "no, I know no one"), occurrences("", "text")
    (2, 0)
    """
    count, start = 0, within.find(text) if text else -1
    while start >= 0:
        end = start + len(text)
        before, after = within[start - 1 : start], within[end : end + 1]
        inside = (text[0].isalnum() and before.isalnum()) or (
            text[-1].isalnum() and after.isalnum()
        )
        count += not inside
        start = within.find(text, end)
    return count


def named_in(names: Iterable[str], text: str) -> set[str]:
    """Which of the names stand in a text; a name within a longer one does not count.

    >>> sorted(named_in(("equivalent", "not equivalent"), "Say equivalent or not equivalent."))
    ['equivalent', 'not equivalent']
    >>> sorted(named_in(("equivalent", "not equivalent"), "Are they not equivalent?"))
    ['not equivalent']
    """
    text, found = text.casefold(), set()
    for name in sorted(set(names), key=lambda each: (-len(each), each)):
        if occurrences(name.casefold(), text):
            found.add(name)
            text = text.replace(name.casefold(), HOLE)
    return found
