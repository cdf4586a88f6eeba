"""Rates and the rows that there are -> how many rows each task of a mixture gives, exact. Pure.

What rates come to in rows is rounded by largest remainder (Hamilton's method), ties by name.

>>> from mixbuild.declare.mixture import Part
>>> mix = Mixture(parts={name: Part() for name in "abc"}, total=10)
>>> allocate("mix", mix, {"a": 99, "b": 99, "c": 99})
{'a': 4, 'b': 3, 'c': 3}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from mixbuild.core import MixtureError, count_of
from mixbuild.declare.mixture import CLIP, FAIL, REDISTRIBUTE, Mixture, leaves
from mixbuild.declare.rates import Quota, apportioned, exact, quotas


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
            none_of = _starved(mixture, task, asked[task], total)
            raise MixtureError(f"{where}: part {task!r} would get none of {none_of}")
    return given


def _starved(mixture: Mixture, task: str, asked: Quota, total: int) -> str:
    """Of how many rows a task gets none, and what to do."""
    for path, _ in leaves(mixture):
        parts = mixture.parts
        for depth, name in enumerate(path[:-1] if path[-1] == task else (), 1):
            if rows := parts[name].rows:  # of any total: only these are given out to its parts
                around = ".".join(path[:depth])
                return f"the {count_of(rows, 'row')} of {around!r}; raise its weight, or these rows"
            parts = parts[name].parts
    least = math.ceil((1 - asked.fixed) / asked.slope) if asked.slope > 0 else 0
    remedy = f", or the total to {least:,}" if total < least < 10**15 else ""
    share = float(asked.of(total) / total)
    return f"{total:,} rows (its share is {share:.3%}); raise its weight{remedy}"


def bounds(mixture: Mixture, available: Mapping[str, int]) -> dict[str, int]:
    """The most rows that each task may give: each row as often as it may be repeated."""
    return {task: math.floor(ratio * available[task]) for task, ratio in _ratios(mixture).items()}


def copies(mixture: Mixture) -> dict[str, int]:
    """How many times a row of each task may be taken.

    >>> from mixbuild.declare.mixture import Part
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
        if not any(rest.values()):  # the others were to give all: by what a larger total would have
            rest = {task: asked[task].slope for task in rest}
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
