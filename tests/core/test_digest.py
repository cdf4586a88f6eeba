"""The content digest depends on the rows alone, and a second implementation gives the same one."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xxhash
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mixbuild.core.digest import ContentDigest
from mixbuild.core.row import SCHEMA

Record = dict[str, Any]

PAIR = pa.schema([("text", pa.string()), ("names", pa.list_(pa.string()))])
texts = st.one_of(st.sampled_from(["", "a", "ab", "b", "\0", "é", "\U0001f41d"]), st.text())
rows_of_pair = st.lists(
    st.fixed_dictionaries({"text": texts, "names": st.lists(texts, max_size=3)}), max_size=8
)


def digest(*batches: pa.RecordBatch, schema: pa.Schema = PAIR) -> str:
    content = ContentDigest(schema)
    for batch in batches:
        content.update(batch)
    return content.hexdigest()


def batch(rows: Sequence[Record], schema: pa.Schema = PAIR) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=schema)


def independent(rows: Sequence[Record], names: Sequence[str]) -> str:
    """The digest again, of plain values: lengths are 32-bit little-endian, bytes are UTF-8."""
    lines = []
    for name in names:
        values, streams = [row[name] for row in rows], []
        if name in ("names", "references"):
            streams.append(b"".join(struct.pack("<i", len(each)) for each in values))
            values = [item for each in values for item in each]
        encoded = [value.encode() for value in values]
        streams.append(b"".join(struct.pack("<i", len(each)) for each in encoded))
        streams.append(b"".join(encoded))
        lines.append(" ".join([name, *(xxhash.xxh3_128(each).hexdigest() for each in streams)]))
    return xxhash.xxh3_128("".join(f"{line}\n" for line in lines).encode()).hexdigest()


EXAMPLE = [
    {"text": "naïve {braces}\0", "names": ["a", "bc"]},
    {"text": "", "names": []},
    {"text": "[OUTPUT]:", "names": ["", "🐝"]},
]


def test_the_digest_is_pinned() -> None:
    # published with every build: another digest of the same rows would call them different
    assert digest(batch(EXAMPLE)) == "e5ea02821f5c3413e231210ebb7db499"
    assert digest() == digest(batch([])) == "6c8b77e141265e98d95ed4f1b10a9e01"


@given(rows_of_pair)
@example(EXAMPLE)
def test_an_independent_implementation_agrees(rows: list[Record]) -> None:
    assert digest(batch(rows)) == independent(rows, PAIR.names)


def test_an_independent_implementation_agrees_on_rendered_rows() -> None:
    row = {name: name * 3 for name in SCHEMA.names} | {"references": ["a", "", "ü"]}
    rows = [row, row | {"references": ["b"], "id": "2"}]
    whole = batch(rows, SCHEMA)
    assert digest(whole, schema=SCHEMA) == independent(rows, SCHEMA.names)


@given(rows_of_pair, st.lists(st.integers(0, 8), max_size=5))
@example(EXAMPLE, [0, 1, 1, 2, 3])
def test_any_cut_gives_the_same_digest(rows: list[Record], cuts: list[int]) -> None:
    whole = batch(rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    pairs = list(pairwise(edges))
    expected = digest(whole)
    # slices keep the buffers of the whole and have an offset; copies have neither
    assert digest(*(whole.slice(start, stop - start) for start, stop in pairs)) == expected
    assert digest(*(batch(rows[start:stop]) for start, stop in pairs)) == expected


@given(rows_of_pair, st.integers(0, 8), st.integers(0, 8))
def test_a_slice_has_the_digest_of_its_rows_alone(
    rows: list[Record], start: int, count: int
) -> None:
    assert digest(batch(rows).slice(min(start, len(rows)), count)) == digest(
        batch(rows[start : start + count])
    )


def test_a_slice_of_a_slice_and_a_file_have_the_digest_of_their_rows(
    tmp_path: Path,
) -> None:
    rows = EXAMPLE * 5
    assert digest(batch(rows).slice(2, 10).slice(3, 4)) == digest(batch(rows[5:9]))
    path = str(tmp_path / "rows.arrow")
    with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, PAIR) as stream:
        for start in range(0, 15, 4):
            stream.write_batch(batch(rows).slice(start, 4))
    with pa.OSFile(path) as file:
        assert digest(*pa.ipc.open_stream(file)) == digest(batch(rows))


def pair(text: str, *names: str) -> Record:
    return {"text": text, "names": list(names)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([pair("a")], [pair("b")]),
        ([pair("a")], [pair("A")]),
        ([pair("é")], [pair("e\u0301")]),
        ([pair("a")], [pair("a ")]),
        ([pair("a")], [pair("a\0")]),
        ([pair("a"), pair("b")], [pair("b"), pair("a")]),
        ([pair("a"), pair("bc")], [pair("ab"), pair("c")]),
        ([pair("ab"), pair("")], [pair(""), pair("ab")]),
        ([pair("a")], [pair("a"), pair("")]),
        ([], [pair("")]),
        ([pair("", "a", "b")], [pair("", "b", "a")]),
        ([pair("", "a", "bc")], [pair("", "ab", "c")]),
        ([pair("", "a"), pair("", "b")], [pair("", "a", "b"), pair("")]),
        ([pair("", "a"), pair("", "b", "c")], [pair("", "a", "b"), pair("", "c")]),
        ([pair("")], [pair("", "")]),
        ([pair("", ""), pair("")], [pair(""), pair("", "")]),
        ([pair("a", "b")], [pair("b", "a")]),
    ],
)
def test_another_value_order_or_boundary_is_another_digest(
    one: list[Record], other: list[Record]
) -> None:
    assert digest(batch(one)) != digest(batch(other))


@given(rows_of_pair, rows_of_pair)
def test_the_digest_tells_any_two_tables_apart(one: list[Record], other: list[Record]) -> None:
    assume(one != other)
    assert digest(batch(one)) != digest(batch(other))


def test_the_names_of_the_columns_count_and_so_does_their_order() -> None:
    rows = [{"a": "x", "b": "y"}]
    schemas = [
        pa.schema([(name, pa.string()) for name in names]) for names in ("ab", "ba", "a", "b")
    ]
    renamed = pa.schema([("a", pa.string()), ("c", pa.string())])
    digests = {digest(batch(rows, schema), schema=schema) for schema in schemas}
    digests.add(digest(batch([{"a": "x", "c": "y"}], renamed), schema=renamed))
    assert len(digests) == 5


def test_of_structs_in_lists_the_fields_are_columns_of_the_items() -> None:
    turn = pa.struct([("role", pa.string()), ("content", pa.string())])
    schema = pa.schema([("turns", pa.list_(turn))])
    rows = [[], [{"role": "user", "content": "naïve"}, {"role": "", "content": ""}]]
    whole = batch([{"turns": each} for each in rows], schema)
    streams = [struct.pack("<ii", 0, 2)]
    for name in ("role", "content"):
        texts = [each[name].encode() for turns in rows for each in turns]
        streams += [struct.pack("<ii", *map(len, texts)), b"".join(texts)]
    line = " ".join(["turns", *(xxhash.xxh3_128(each).hexdigest() for each in streams)])
    expected = xxhash.xxh3_128(f"{line}\n".encode()).hexdigest()
    assert digest(whole, schema=schema) == expected
    assert digest(whole.slice(0, 1), whole.slice(1), schema=schema) == expected
    assert digest(whole, whole.slice(2), schema=schema) == expected


def test_the_digest_may_be_asked_for_midway() -> None:
    content = ContentDigest(PAIR)
    content.update(batch(EXAMPLE[:1]))
    assert content.hexdigest() == digest(batch(EXAMPLE[:1]))
    content.update(batch(EXAMPLE[1:]))
    assert content.hexdigest() == digest(batch(EXAMPLE))


def column(kind: pa.DataType, *values: object) -> pa.RecordBatch:
    return pa.record_batch({"text": pa.array(values, kind)})


@pytest.mark.parametrize(
    ("schema", "other"),
    [
        (PAIR, column(pa.string(), "a")),
        (PAIR, batch(EXAMPLE).select(["names", "text"])),
        (
            pa.schema([("b", pa.string()), ("a", pa.string())]),
            pa.record_batch({"a": ["x"], "b": ["y"]}),
        ),
        (pa.schema([("text", pa.string())]), column(pa.large_string(), "a", "bc")),
        (pa.schema([("text", pa.large_string())]), column(pa.large_string(), "a", "bc")),
        (pa.schema([("text", pa.string())]), column(pa.string(), "a", None)),
    ],
    ids=[
        "a column missing",
        "another order",
        "another order of one type",
        "another type",
        "a type of its own",
        "a null",
    ],
)
def test_what_the_digest_is_not_defined_for_is_refused(
    schema: pa.Schema, other: pa.RecordBatch
) -> None:
    # a digest of half a batch, or of other bytes, would prove nothing
    with pytest.raises((TypeError, ValueError)):
        digest(other, schema=schema)
