"""Indexing and masks do what numpy and Python do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.core.offsets import holders
from mixbuild.core.vectors import is_null, mask, put, room, take
from mixbuild.render.lists import Items


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.int64, np.uint64])
def test_take_is_indexing(kind: npt.DTypeLike) -> None:
    values = np.array([5, 7, 11], kind)
    at = np.array([2, 2, 0], np.int32)
    taken = take(values, at)
    assert taken.dtype == values.dtype
    assert taken.tolist() == [11, 11, 5]
    assert take(values[1:], at[:0]).tolist() == []


@given(st.permutations(range(6)))
def test_put_is_assignment(places: list[int]) -> None:
    at, values = np.array(places, np.int32), np.arange(100, 106, dtype=np.int32)
    expected = np.empty_like(values)
    expected[at] = values
    assert put(values, at).tolist() == expected.tolist()


def test_room_can_be_written() -> None:
    numbers = room(3)
    numbers[:] = [1, -2, 3]
    assert numbers.dtype == np.int32
    assert numbers.tolist() == [1, -2, 3]
    assert room(0).tolist() == []


@given(st.lists(st.none() | st.booleans(), max_size=20), st.integers(0, 9), st.booleans())
def test_a_mask_is_the_booleans_and_may_be_written(
    values: list[bool | None], start: int, null: bool
) -> None:
    cut = pa.array(values, pa.bool_()).slice(start)
    found = mask(cut, null=null)
    assert found.tolist() == [null if value is None else value for value in values[start:]]
    found[:] = True
    assert cut.to_pylist() == values[start:]


@given(st.lists(st.none() | st.text(max_size=2), max_size=20), st.integers(0, 9))
def test_nulls_are_told_wherever_the_array_was_cut(values: list[str | None], start: int) -> None:
    cut = pa.array(values, pa.string()).slice(start)
    assert is_null(cut).tolist() == [value is None for value in values[start:]]


def test_an_array_of_nulls_alone_has_nothing_else() -> None:
    assert is_null(pa.nulls(2)).tolist() == [True, True]


@given(st.lists(st.none() | st.text(st.sampled_from("[a,é"), max_size=4)), st.integers(0, 3))
def test_holders_are_the_texts_that_hold_a_character(texts: list[str | None], start: int) -> None:
    expected = [at for at, text in enumerate(texts[start:]) if "[" in (text or "")]
    assert holders(pa.array(texts, pa.string()).slice(start), "[").tolist() == expected


@given(st.lists(st.integers(0, 4), max_size=6))
def test_items_are_numbered_in_their_rows(counts: list[int]) -> None:
    items = Items.of(np.array(counts, np.int32))
    pairs = [(row, place) for row, count in enumerate(counts) for place in range(count)]
    assert list(zip(items.rows.tolist(), items.places.tolist(), strict=True)) == pairs
