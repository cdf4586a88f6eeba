"""A mixture whose size is said in characters or tokens -> the same with its size in rows. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from mixbuild.core import MixtureError
from mixbuild.declare.allotment import bounds, feasible, redistributed
from mixbuild.declare.mixture import FAIL, Mixture
from mixbuild.declare.rates import apportioned, quotas

Measure = Callable[[Mapping[str, int]], int]
"""So many rows of each task -> what they come to, in characters or tokens."""


def size_of(mixture: Mixture) -> tuple[int, str] | None:
    """How much text is asked for, and in what unit; None where it is a number of rows.

    >>> from mixbuild.declare.mixture import Part
    >>> parts = {"a": Part()}
    >>> size_of(Mixture(parts, characters=100)), size_of(Mixture(parts, total=100))
    ((100, 'characters'), None)
    """
    sizes = ((mixture.characters, "characters"), (mixture.requested_tokens, "tokens"))
    return next(((count, unit) for count, unit in sizes if count), None)


def unsized(mixture: Mixture) -> Mixture:
    """The same mixture, with nothing said of how much text it is."""
    return replace(mixture, characters=None, requested_tokens=None, tokenizer=None)


def in_rows(name: str, mixture: Mixture, available: Mapping[str, int], measure: Measure) -> Mixture:
    """A mixture of which the size is said in rows, where it was said in characters or tokens.

    Its shares are of rows in any case. The total is the largest found by bisection of which the
    rows come to no more than was asked for.

    Args:
        name: the mixture's, for errors.
        mixture: with nothing but tasks as its innermost parts.
        available: the rows that there are of each.
        measure: what so many rows of each task come to, the first ones in the mixture's order.

    Raises:
        MixtureError: all rows that there may be come to less, or the fewest to more.

    >>> from mixbuild.declare.mixture import Part
    >>> pair = Mixture(parts={"a": Part(), "b": Part()}, characters=100)
    >>> in_rows("mix", pair, {"a": 9, "b": 9}, lambda rows: 10 * rows["a"] + 5 * rows["b"]).total
    13
    """
    size = size_of(mixture)
    if size is None:
        return mixture
    wanted, unit = size
    asked = quotas(mixture, available)
    least = max(1, math.ceil(sum(each.fixed for each in asked.values())))
    most = (
        feasible(mixture, available)
        if mixture.on_shortage == FAIL
        else sum(bounds(mixture, available).values())
    )

    def come_to(total: int) -> int:
        exactly = {task: each.of(total) for task, each in asked.items()}
        given = apportioned(exactly, total)
        if mixture.on_shortage != FAIL:
            given = redistributed(name, asked, total, bounds(mixture, available))
        return measure(given)

    if most and come_to(most) < wanted and mixture.on_shortage == FAIL:
        raise MixtureError(
            f"mixture {name!r}: expected rows of {wanted:,} {unit}, got {come_to(most):,} of "
            f"{most:,} rows, which is all that the parts' shares allow; lower {unit} to that, "
            f"raise max_repetition_ratio, or say on_shortage: redistribute"
        )
    low, high = least - 1, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if come_to(middle) <= wanted else (low, middle - 1)
    if low < least:
        raise MixtureError(
            f"mixture {name!r}: expected rows of at most {wanted:,} {unit}, got "
            f"{come_to(least):,} of the fewest rows, {least:,}; ask for more"
        )
    return replace(unsized(mixture), total=low)
