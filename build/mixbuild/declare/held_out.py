"""The rows of a mixture's evaluation split -> how many of them each task gives. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from mixbuild.core import MixtureError
from mixbuild.declare.allotment import redistributed
from mixbuild.declare.rates import Quota


def held_out(
    where: str, rows: int, shares: Mapping[str, Fraction], available: Mapping[str, int]
) -> dict[str, int]:
    """How many rows of an evaluation split each task gives; none of one whose share is too small.

    A task that has fewer than its share gives all of them, and the others give more.

    Args:
        where: which split of which mixture, for errors.
        rows: of all tasks together.
        shares: of each task, of the rows to train on.
        available: the rows that there are of each.

    Raises:
        MixtureError: there are not as many rows; the message names how many there are.

    >>> held_out("mix: test", 6, {"a": Fraction(1, 2), "b": Fraction(1, 2)}, {"a": 9, "b": 2})
    {'a': 4, 'b': 2}
    """
    most = {task: available[task] for task in shares}
    if rows > (can := sum(most.values())):
        raise MixtureError(
            f"{where}: expected {rows:,} rows, got {can:,} of all its parts together; ask "
            f"for {can:,}"
        )
    asked = {task: Quota(Fraction(0), share) for task, share in shares.items()}
    return redistributed(where, asked, rows, most)
