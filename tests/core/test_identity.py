"""Row ids and choices by hash are a contract: they are pinned, and made again by other means."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.core.identity import hash_rows, row_ids

MASK = 2**64 - 1


def split_mix(state: int) -> int:
    """SplitMix64 in Python's integers, which do not wrap by themselves."""
    mixed = (state + 0x9E3779B97F4A7C15) & MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
    return mixed ^ (mixed >> 31)


def reference(row: int, *parts: str | int) -> int:
    """The hash of one row, without numpy."""
    joined = "\0".join(str(part) for part in parts).encode()
    key = int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "little")
    return split_mix(split_mix(row) ^ key)


def test_split_mix_gives_the_published_numbers() -> None:
    # of seed 1234567, as other implementations publish them
    gamma, expected = 0x9E3779B97F4A7C15, [6457827717110365317, 3203168211198807973]
    assert [split_mix(1234567 + step * gamma) for step in range(2)] == expected


def test_an_id_is_the_path_to_the_row() -> None:
    ids = row_ids("squad", "train", "plain_text/train.parquet", np.array([0, 7, 2**40]))
    assert ids.to_pylist() == [
        "squad/train/plain_text/train.parquet:0",
        "squad/train/plain_text/train.parquet:7",
        "squad/train/plain_text/train.parquet:1099511627776",
    ]
    assert str(ids.type) == "string"


def test_an_id_names_the_template_where_several_render_the_row() -> None:
    ids = row_ids("imdb", "test", "a b/ü.jsonl", np.array([3]), template="options_first")
    assert ids.to_pylist() == ["imdb/test/a b/ü.jsonl:3#options_first"]


def test_no_rows_have_no_ids_and_no_hashes() -> None:
    none = np.array([], dtype=np.int64)
    assert row_ids("squad", "train", "f", none).to_pylist() == []
    assert str(row_ids("squad", "train", "f", none).type) == "string"
    assert hash_rows(none, 0).tolist() == []
    assert hash_rows(none, 0).dtype == np.uint64


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # the first two are in the docstring of hash_rows
        ((42, "squad"), [6630591447661496762, 4194250211597211676, 7204150354896751638]),
        ((0,), [1890057631817448102, 17909472067811897068, 15946682093081568927]),
        (
            ("template", 0, "squad", "train", "plain_text/train.parquet", "seed"),
            [819305711155241015, 6283325409925637412, 9320175643913737160],
        ),
        (
            ("max-rows", 7, "imdb", "test", "é/テスト.jsonl"),
            [16623681787755163969, 6478518528139113964, 14383579530197924460],
        ),
    ],
    ids=["seed and task", "seed alone", "choice of a template", "choice of rows"],
)
def test_hashes_are_pinned(parts: tuple[str | int, ...], expected: list[int]) -> None:
    # whoever changes these changes every sampled dataset that was ever published
    assert hash_rows(np.array([0, 1, 2**40]), *parts).tolist() == expected


@given(
    st.lists(st.integers(0, 2**63 - 1), max_size=20),
    st.lists(st.text() | st.integers(), min_size=1, max_size=4),
)
def test_hashes_are_those_of_plain_integers(rows: list[int], parts: list[str | int]) -> None:
    hashes = hash_rows(np.array(rows, dtype=np.int64), *parts)
    assert hashes.dtype == np.uint64
    assert hashes.tolist() == [reference(row, *parts) for row in rows]


@given(
    st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=20),
    st.integers(0, 20),
    st.permutations(range(20)),
)
def test_a_row_hashes_alike_in_any_batch_and_order(
    rows: list[int], cut: int, order: list[int]
) -> None:
    numbers = np.array(rows, dtype=np.int64)
    whole = hash_rows(numbers, 1, "a")
    parts = [hash_rows(numbers[:cut], 1, "a"), hash_rows(numbers[cut:], 1, "a")]
    assert np.concatenate(parts).tolist() == whole.tolist()
    shuffled = [index for index in order if index < len(rows)]
    assert hash_rows(numbers[shuffled], 1, "a").tolist() == whole[shuffled].tolist()


def test_the_rows_are_left_as_they_were() -> None:
    rows = np.arange(3)
    hash_rows(rows, 0)
    assert rows.tolist() == [0, 1, 2]


def test_the_parts_are_kept_apart() -> None:
    rows = np.arange(4)
    keys = [("ab", "c"), ("a", "bc"), ("abc",), ("a", "b", "c"), ("c", "ab"), ("ab", "c", "")]
    hashes = {tuple(hash_rows(rows, *parts).tolist()) for parts in keys}
    assert len(hashes) == len(keys)


def test_a_million_rows_have_a_million_hashes() -> None:
    assert len(np.unique(hash_rows(np.arange(1_000_000), 0, "squad"))) == 1_000_000


@pytest.mark.parametrize("shift", [0, 24, 56], ids=["low", "middle", "high"])
@pytest.mark.parametrize("stride", [1, 4_096], ids=["each", "every 4096th"])
def test_hashes_are_uniform(shift: int, stride: int) -> None:
    rows = np.arange(256_000) * stride
    buckets = (hash_rows(rows, 0, "imdb", "train") >> np.uint64(shift)) & np.uint64(0xFF)
    counts = np.bincount(buckets.astype(np.int64), minlength=256)
    expected = len(rows) / 256
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    # 255 degrees of freedom: 99.9 % of uniform samples lie below 330.5, and 99.9 % above 190.9
    assert 190.9 < chi_square < 330.5


def test_another_seed_makes_an_independent_choice() -> None:
    rows = np.arange(64_000)
    pairs = hash_rows(rows, 0, "squad") % np.uint64(8) * np.uint64(8)
    pairs += hash_rows(rows, 1, "squad") % np.uint64(8)
    counts = np.bincount(pairs.astype(np.int64), minlength=64)
    expected = len(rows) / 64
    chi_square = float(((counts - expected) ** 2 / expected).sum())
    # 63 degrees of freedom; the same hash twice would give 448,000
    assert chi_square < 103.4


def test_one_bit_of_the_row_changes_half_of_the_hash() -> None:
    rows = np.arange(10_000)
    hashes = hash_rows(rows, 0)
    for bit in (1, 2**20, 2**40):
        changed = hashes ^ hash_rows(rows ^ bit, 0)
        bits = np.unpackbits(changed.view(np.uint8)).mean()
        assert 0.495 < bits < 0.505
