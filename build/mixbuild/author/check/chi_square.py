"""The chi-square test against equal shares, in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence

FEWEST_EACH = 5
"""The least that must be expected of each kind for the test to hold."""


def uniformity(counts: Sequence[int]) -> float | None:
    """The probability of counts at least so uneven, were each kind as likely as any other.

    None where there are too few to say anything.

    >>> uniformity([26, 24, 25, 25]) > 0.9
    True
    >>> uniformity([40, 20, 20, 20]) < 0.01
    True
    >>> uniformity([3, 0, 0, 0])
    """
    expected = sum(counts) / max(1, len(counts))
    if len(counts) < 2 or expected < FEWEST_EACH:
        return None
    return chi_square_tail(
        sum((count - expected) ** 2 for count in counts) / expected, len(counts) - 1
    )


def chi_square_tail(value: float, degrees: int) -> float:
    """The probability of a chi-square of that many degrees of freedom to be at least ``value``.

    The upper incomplete gamma function at half an integer is a finite sum
    (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5).

    >>> round(chi_square_tail(3.841459, 1), 4), round(chi_square_tail(9.487729, 4), 4)
    (0.05, 0.05)
    """
    half = value / 2
    if degrees % 2:
        total = math.erfc(math.sqrt(half))
        term = math.sqrt(half) * math.exp(-half) / math.gamma(1.5)
        steps = [1.5 + step for step in range((degrees - 1) // 2)]
    else:
        total = 0.0
        term = math.exp(-half)
        steps = [1.0 + step for step in range(degrees // 2)]
    for step in steps:
        total += term
        term *= half / step
    return min(1.0, total)
