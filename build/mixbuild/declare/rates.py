"""A mixture and the rows that there are -> what each task is to give, before it is rounded. Pure.

A part's weight times the rows that there are, of which at most its ``cap`` count, to the power of
1 / temperature, is its rate among the parts beside it that name a weight: weight, cap and
temperature as in seqio's ``mixing_rate_num_examples``, nested as in its ``Mixture.get_rate``.

>>> from mixbuild.declare.mixture import Part
>>> mix = Mixture(parts={name: Part() for name in "abc"}, total=10)
>>> quotas(mix, {"a": 99, "b": 99, "c": 99})["a"].of(10)
Fraction(10, 3)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Overflow, Underflow
from fractions import Fraction

from mixbuild.core import MixtureError
from mixbuild.declare.mixture import Mixture, Part

PRECISE = Context(prec=50, Emax=999, Emin=-999, traps=[Overflow, Underflow])
"""Of powers, which no fraction holds: the same digits on every machine."""


@dataclass(frozen=True)
class Quota:
    """Rows that a task is to give, of a whole of ``total`` rows: ``fixed + slope * total``."""

    fixed: Fraction
    slope: Fraction

    def of(self, total: int) -> Fraction:
        """Of a whole with so many rows."""
        return self.fixed + self.slope * total

    def __add__(self, other: Quota) -> Quota:
        return Quota(self.fixed + other.fixed, self.slope + other.slope)


NOTHING = Quota(Fraction(0), Fraction(0))


def quotas(mixture: Mixture, available: Mapping[str, int]) -> dict[str, Quota]:
    """What each task of a mixture is to give, before it is rounded to rows; by name.

    Args:
        mixture: with nothing but tasks as its innermost parts.
        available: the rows of each.

    Raises:
        MixtureError: the parts do not come to the whole.
    """
    found: dict[str, Quota] = {}
    whole = Quota(Fraction(0), Fraction(1))
    temperature = exact(mixture.temperature)
    for task, quota in _shared_out(mixture.parts, whole, temperature, available, ()):
        found[task] = found.get(task, NOTHING) + quota
    return dict(sorted(found.items()))


def apportioned(shares: Mapping[str, Fraction], total: int) -> dict[str, int]:
    """Whole numbers that add up to ``total``, by largest remainder, ties by name.

    >>> apportioned({"b": Fraction(5), "a": Fraction(5)}, 3)
    {'a': 2, 'b': 1}
    """
    every = sum(shares.values(), Fraction(0))
    exactly = {name: shares[name] * total / every for name in sorted(shares)}
    rows = {name: math.floor(each) for name, each in exactly.items()}
    # sorting is stable: of equal remainders the first name's comes first
    by_remainder = sorted(rows, key=lambda name: rows[name] - exactly[name])
    for name in by_remainder[: total - sum(rows.values())]:
        rows[name] += 1
    return rows


def exact(number: float) -> Fraction:
    """A number as it is written: 0.1 is a tenth, and 1 is 1.0."""
    return Fraction(str(number))


def rate(weight: float, rows: int, cap: int | None, temperature: Fraction) -> Fraction:
    """A part's rate among those beside it, as seqio has it.

    >>> rate(2, 5000, 3000, Fraction(1)), round(float(rate(1, 90_000, None, Fraction(2))), 9)
    (Fraction(6000, 1), 300.0)
    """
    base = exact(weight) * (rows if cap is None else min(rows, cap))
    if temperature == 1 or not base:
        return base
    decimal = PRECISE.divide(Decimal(base.numerator), Decimal(base.denominator))
    power = PRECISE.divide(Decimal(temperature.denominator), Decimal(temperature.numerator))
    try:
        return Fraction(PRECISE.power(decimal, power))
    except (Overflow, Underflow):
        got = f"{float(temperature):g} for a weight of {float(base):g}"
        raise MixtureError(f"temperature: {got} is too low to be counted with; raise it") from None


def _shared_out(
    parts: Mapping[str, Part],
    whole: Quota,
    temperature: Fraction,
    available: Mapping[str, int],
    path: tuple[str, ...],
) -> Iterator[tuple[str, Quota]]:
    """What parts together are to give, as each task's: ``rows``, then shares, then by weight."""
    given: dict[str, Quota] = {}
    rates: dict[str, Fraction] = {}
    for name, part in parts.items():
        if part.share is not None:
            by = exact(part.share)
            given[name] = Quota(whole.fixed * by, whole.slope * by)
        elif (rows := _named_rows(part)) is not None:
            given[name] = Quota(Fraction(rows), Fraction(0))
        else:
            count = sum(available[task] for task in _tasks(name, part))
            weight = 1 if part.weight is None else part.weight
            rates[name] = rate(weight, count, part.cap, temperature)
    left_fixed = whole.fixed - sum(each.fixed for each in given.values())
    left_slope = whole.slope - sum(each.slope for each in given.values())
    shares = [exact(part.share) for part in parts.values() if part.share is not None]
    alone = len(shares) == len(parts)
    if sum(shares) > 1 or (alone and (left_slope or left_fixed)):
        raise MixtureError(
            f"{_of(path)}expected shares that are 1 together{'' if alone else ' at most'}, got "
            f"{float(sum(shares)):g}; say weight for what is relative"
        )
    if path and not rates and (left_slope or left_fixed):
        raise MixtureError(
            f"{_of(path)}expected parts that come to what it gives, got others and none with a "
            f"weight; say weight for one, or nothing of {path[-1]!r} itself"
        )
    every = sum(rates.values())
    for name, each in rates.items():
        given[name] = Quota(left_fixed * each / every, left_slope * each / every)
    for name, quota in given.items():
        part = parts[name]
        if not part.parts:
            yield name, quota
            continue
        inner = temperature if part.temperature is None else exact(part.temperature)
        within = _shared_out(part.parts, quota, inner, available, (*path, name))
        yield from _in_whole_rows(within, quota)


def _in_whole_rows(
    within: Iterator[tuple[str, Quota]], whole: Quota
) -> Iterator[tuple[str, Quota]]:
    """What the tasks of a part give, in whole rows where the part gives so many of any total.

    They are then rounded among themselves: to that number, and the same for every total.
    """
    if whole.slope or not whole.fixed or whole.fixed.denominator != 1:
        yield from within
        return
    exactly: dict[str, Fraction] = {}
    for task, quota in within:
        exactly[task] = exactly.get(task, Fraction(0)) + quota.fixed
    for task, rows in apportioned(exactly, whole.fixed.numerator).items():
        yield task, Quota(Fraction(rows), Fraction(0))


def _named_rows(part: Part) -> int | None:
    """How many rows a part names, itself or by its parts, all of which name theirs."""
    if part.rows is not None or part.weight is not None or not part.parts:
        return part.rows
    named = [_named_rows(inner) for inner in part.parts.values()]
    return None if None in named else sum(each for each in named if each is not None)


def _tasks(name: str, part: Part) -> set[str]:
    if not part.parts:
        return {name}
    return {task for inner, each in part.parts.items() for task in _tasks(inner, each)}


def _of(path: tuple[str, ...]) -> str:
    return f"part {path[-1]!r}: " if path else ""
