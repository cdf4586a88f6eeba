"""What a source says, as Python text: nothing of it may become code, whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(text: str) -> str:
    r"""A string, in the quotes that the project's formatter takes.

    >>> print(quoted("it's"), quoted('a "word"'), quoted("a\nb"))
    "it's" 'a "word"' "a\nb"
    """
    if '"' in text:
        return repr(text)
    # with an apostrophe in it, and no quote, repr takes quotes
    return f'"{repr(text + chr(39))[1:-2]}"'


def arguments(texts: Iterable[str]) -> str:
    """Strings, as a call takes them: ``"answers", "text"``."""
    return ", ".join(map(quoted, texts))


def as_tuple(texts: Iterable[str]) -> str:
    """Strings, as a tuple: ``("en",)``."""
    every = list(texts)
    return f"({arguments(every)}{',' * (len(every) == 1)})"


def comment(text: str) -> str:
    """A text that stays on its line."""
    return " ".join(text.split())
