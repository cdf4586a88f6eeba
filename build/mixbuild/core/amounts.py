"""A number of things, as a person says it."""

from __future__ import annotations


def count_of(number: int, what: str) -> str:
    """A number of things.

    >>> count_of(1, "error"), count_of(2_000, "row")
    ('1 error', '2,000 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
