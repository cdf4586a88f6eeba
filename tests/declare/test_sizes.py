"""Sizes in characters: as many rows as come to no more, and what is said where none do."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from mixbuild.core import MixtureError
from mixbuild.declare import Mixture, Part, allocate, apportioned, in_rows, quotas

SIZES = {"a": [7, 1, 9, 2, 5], "b": [40] * 8, "c": list(range(1, 31))}


def measured(rows: Mapping[str, int]) -> int:
    return sum(sum(SIZES[task][:count]) for task, count in rows.items())


@pytest.mark.parametrize("wanted", [30, 70, 110])
def test_a_size_in_characters_is_the_most_rows_that_come_to_no_more(wanted: int) -> None:
    available = {task: len(sizes) for task, sizes in SIZES.items()}
    parts = {"a": Part(), "b": Part(weight=0.25), "c": Part(rows=3)}
    found = in_rows("mix", Mixture(parts=parts, characters=wanted), available, measured)
    assert (found.characters, found.parts) == (None, dict(sorted(parts.items())))
    assert found.total is not None
    tried = {}
    for total in range(3, 11):
        exactly = {task: each.of(total) for task, each in quotas(found, available).items()}
        tried[total] = measured(apportioned(exactly, total))
    assert found.total == max(total for total, size in tried.items() if size <= wanted)


def test_a_size_that_cannot_be_met_says_what_can() -> None:
    available = {task: len(sizes) for task, sizes in SIZES.items()}
    both = {"a": Part(share=0.5), "b": Part(share=0.5)}
    with pytest.raises(MixtureError) as caught:
        in_rows("mix", Mixture(parts=both, characters=900), available, measured)
    assert str(caught.value) == (
        "mixture 'mix': expected rows of 900 characters, got 224 of 10 rows, which is all that "
        "the parts' shares allow; lower characters to that, raise max_repetition_ratio, or say "
        "on_shortage: redistribute"
    )
    with pytest.raises(MixtureError) as caught:
        in_rows("mix", Mixture(parts=both, characters=3), available, measured)
    assert str(caught.value) == (
        "mixture 'mix': expected rows of at most 3 characters, got 7 of the fewest rows, 1; ask "
        "for more"
    )
    others = Mixture(parts=both, characters=300, on_shortage="redistribute")
    found = in_rows("mix", others, available, measured)
    assert found.total == 11
    assert allocate("mix", found, available) == {"a": 5, "b": 6}
    there = Mixture(parts=both, total=4)
    assert in_rows("mix", there, available, measured) is there
