"""A mixture and the rows that there are -> how many rows each task gives, exact to the row. Pure.

A part's weight times the rows that there are, of which at most its ``cap`` count, to the power of
1 / temperature, is its rate among the parts beside it that name a weight: weight, cap and
temperature as in seqio's ``mixing_rate_num_examples``, nested as in its ``Mixture.get_rate``. What
rates come to in rows is rounded by largest remainder (Hamilton's method), ties by name.

>>> from mixbuild.declare.mixture import Part
>>> mix = Mixture(parts={name: Part() for name in "abc"}, total=10)
>>> allocate("mix", mix, {"a": 99, "b": 99, "c": 99})
{'a': 4, 'b': 3, 'c': 3}
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Overflow, Underflow
from fractions import Fraction

from mixbuild.core import MixtureError
from mixbuild.declare.mixture import CLIP, FAIL, REDISTRIBUTE, Mixture, Part, leaves

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


def bounds(mixture: Mixture, available: Mapping[str, int]) -> dict[str, int]:
    """The most rows that each task may give: each row as often as it may be repeated."""
    return {task: math.floor(ratio * available[task]) for task, ratio in _ratios(mixture).items()}


def copies(mixture: Mixture) -> dict[str, int]:
    """How many times a row of each task may be taken.

    >>> copies(Mixture(parts={"a": Part(max_repetition_ratio=2.5), "b": Part()}))
    {'a': 3, 'b': 1}
    """
    return {task: math.ceil(ratio) for task, ratio in _ratios(mixture).items()}


def _ratios(mixture: Mixture) -> dict[str, Fraction]:
    """How often each row of each task is taken at most, on the average."""
    usual = mixture.max_repetition_ratio
    return {path[-1]: exact(part.max_repetition_ratio or usual) for path, part in leaves(mixture)}


def feasible(mixture: Mixture, available: Mapping[str, int]) -> int:
    """The largest total that every part can give its share of; 0 where there is none."""
    most = bounds(mixture, available)
    asked = quotas(mixture, available)
    total = _largest(asked, most)
    fits = all(0 <= each.of(total) <= most[task] for task, each in asked.items())
    return max(0, total) if fits else 0


def _largest(asked: Mapping[str, Quota], most: Mapping[str, int]) -> int:
    """The largest total that the parts allow which name no number of rows."""
    totals = [(most[task] - each.fixed) / each.slope for task, each in asked.items() if each.slope]
    if not totals:
        return int(sum(each.fixed for each in asked.values()))
    return math.floor(min(totals))


def allocate(name: str, mixture: Mixture, available: Mapping[str, int]) -> dict[str, int]:
    """How many rows each task gives, by name.

    Args:
        name: the mixture's, for errors.
        mixture: with nothing but tasks as its innermost parts.
        available: the rows that there are of each, when all that is left out has been.

    Raises:
        MixtureError: a part has no rows or would get none, or has too few, and ``on_shortage`` is
            ``fail``; the message names the largest total that there can be.
    """
    where = f"mixture {name!r}"
    for task in sorted({path[-1] for path, _ in leaves(mixture)}):
        if not available[task]:
            raise MixtureError(f"{where}: part {task!r} has no rows; take it out of the mixture")
    try:
        asked = quotas(mixture, available)
        most = bounds(mixture, available)
        total = mixture.total or _largest(asked, most)
    except MixtureError as error:
        raise MixtureError(f"{where}: {error}") from None
    exactly = {task: quota.of(total) for task, quota in asked.items()}
    negative = [task for task, each in exactly.items() if each < 0]
    got = sum(exactly.values())
    if negative or not total or got != total:
        rows = sum((max(Fraction(0), each.fixed) for each in asked.values()), Fraction(0))
        raise MixtureError(
            f"{where}: total: expected as many rows as its parts name, {math.ceil(rows):,} and "
            f"more where a part has a weight, got {total:,}"
        )
    given = apportioned(exactly, total)
    short = {task: most[task] for task in given if given[task] > most[task]}
    if short and mixture.on_shortage == FAIL:
        raise MixtureError(_short(where, mixture, available, given, short))
    if short and (mixture.on_shortage == CLIP or mixture.total is None):
        given = {task: min(rows, most[task]) for task, rows in given.items()}
    elif short:
        given = redistributed(where, asked, total, most)
    for task, count in given.items():
        if not count:
            fixed, slope = asked[task].fixed, asked[task].slope
            least = math.ceil((1 - fixed) / slope) if slope > 0 else 0
            remedy = f", or the total to {least:,}" if total < least < 10**15 else ""
            raise MixtureError(
                f"{where}: part {task!r} would get none of {total:,} rows (its share is "
                f"{float(exactly[task] / total):.3%}); raise its weight{remedy}"
            )
    return given


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
        yield from _shared_out(part.parts, quota, inner, available, (*path, name))


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


def redistributed(
    where: str, asked: Mapping[str, Quota], total: int, most: Mapping[str, int]
) -> dict[str, int]:
    """Rows of which no task gives more than it may: what some lack, the others give by theirs."""
    full = {
        task: min(int(each.fixed), most[task]) for task, each in asked.items() if not each.slope
    }
    while True:
        rest = {task: each.of(total) for task, each in asked.items() if task not in full}
        left = total - sum(full.values())
        if left > sum(most[task] for task in rest):
            can = sum(full.values()) + sum(most[task] for task in rest)
            raise MixtureError(
                f"{where}: total: expected {total:,} rows, got {can:,} of all its parts together; "
                f"lower the total to {can:,}, or raise max_repetition_ratio"
            )
        given = apportioned(rest, left) if rest else {}
        over = {task: most[task] for task in given if given[task] > most[task]}
        full |= over
        if not over:
            return dict(sorted({**full, **given}.items()))


def _short(
    where: str,
    mixture: Mixture,
    available: Mapping[str, int],
    given: Mapping[str, int],
    short: Mapping[str, int],
) -> str:
    """That parts have too few rows, and the largest total for which they would have enough."""
    lacks = "; ".join(
        f"part {task!r} has {available[task]:,} rows"
        + (f", {rows:,} with repetition," if rows != available[task] else "")
        + f" and is to give {given[task]:,}"
        for task, rows in short.items()
    )
    can = feasible(mixture, available)
    remedy = (
        f"lower the total to {can:,}, which can be met" if can else "lower what they are to give"
    )
    otherwise = CLIP if mixture.total is None else REDISTRIBUTE
    return (
        f"{where}: {lacks}; {remedy}, raise max_repetition_ratio, or say on_shortage: {otherwise}"
    )
