# ruff: noqa: E501 - strategies read best in one piece
"""Any schema, any values, any bytes: the rows that a plain reader finds, or one line, never a traceback."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from mixbuild.core.errors import MixError
from mixbuild.sources import read, resolve
from mixbuild.sources.formats import delimited, records
from mixbuild.sources.formats.dialect import Dialect
from mixbuild.tasks import find

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
"""Of each test; `.ci/run` asks for 2,000 by the environment."""

fuzzed = settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

TEXT_KINDS = [
    pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()),
    pa.dictionary(pa.int8(), pa.large_string()),
]  # fmt: skip
LABEL_KINDS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32()]
LEAVES = st.sampled_from(
    [
        pa.null(), pa.bool_(), pa.int16(), pa.uint64(), pa.float32(), pa.string(), pa.binary(),
        pa.large_string(), pa.string_view(), pa.binary(4), pa.date32(), pa.timestamp("ms"),
        pa.timestamp("us", tz="UTC"), pa.time64("us"), pa.duration("s"), pa.decimal128(9, 2),
        pa.dictionary(pa.int32(), pa.string()), pa.json_(), pa.uuid(), pa.bool8(),
    ]
)  # fmt: skip
KINDS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        inner.map(lambda kind: pa.list_(kind, 2)),
        inner.map(lambda kind: pa.map_(pa.string(), kind)),
        st.lists(inner, min_size=1, max_size=3).map(
            lambda kinds: pa.struct([(f"f{at}", kind) for at, kind in enumerate(kinds)])
        ),
    ),
    max_leaves=4,
)
TEXTS = st.one_of(st.text(max_size=8), st.sampled_from(["NA", "007", "1e5", "\x85\u2028", '"', ""]))
ROWS = st.lists(
    st.tuples(st.none() | TEXTS, st.none() | st.sampled_from([0, 1])), min_size=1, max_size=6
)


def column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        plain = pa.array(values, kind.value_type).dictionary_encode()
        return pa.DictionaryArray.from_arrays(plain.indices.cast(kind.index_type), plain.dictionary)
    return pa.array(values, kind)


@fuzzed
@given(st.data())
def test_columns_of_any_type_are_read_or_passed_over(tmp_path: Path, data: st.DataObject) -> None:
    expected = []
    for name in ("train-0", "train-1"):
        rows = data.draw(ROWS)
        texts, labels = ([row[at] for row in rows] for at in (0, 1))
        kind = (
            pa.null()
            if not any(texts) and None in texts
            else data.draw(st.sampled_from(TEXT_KINDS))
        )
        assume(kind != pa.null() or set(texts) == {None})
        columns = {
            "text": column(texts, kind),
            "label": column(labels, data.draw(st.sampled_from(LABEL_KINDS))),
        }
        other = data.draw(KINDS)
        columns[data.draw(st.sampled_from(["other", "text.x", "label.0", "Text"]))] = pa.nulls(
            len(rows), other
        )
        names = data.draw(st.permutations(list(columns)))
        table = pa.table({each: columns[each] for each in names})
        try:
            pq.write_table(
                table, tmp_path / f"{name}.parquet", row_group_size=data.draw(st.integers(1, 6))
            )
        except (pa.ArrowException, NotImplementedError):
            assume(False)
        expected += [{"text": text, "label": label} for text, label in rows]
    found = resolve(find("imdb"), str(tmp_path), splits=["train"])
    got = []
    for run in found.runs["train"]:
        for numbers, batch in read(run, [("text",), ("label",)], schema=found.schema):
            assert len(numbers) == batch.num_rows
            batch.validate(full=True)
            got += batch.to_pylist()
    assert [{name: row[name] for name in ("text", "label")} for row in got] == expected


SCHEMA = pa.schema({"a": pa.string(), "b": pa.string()})


@contextmanager
def tiny_blocks(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        for module in ("records", "json_blocks", "delimited"):
            patched.setattr(f"mixbuild.sources.formats.{module}.BATCH_BYTES", size)
        yield


@fuzzed
@given(st.text(st.sampled_from('",\n\rab "'), max_size=40), st.integers(1, 50))
def test_fields_are_those_that_python_finds(tmp_path: Path, text: str, size: int) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + text, newline="")
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
        expected = None if any(len(row) != 2 for row in rows) else rows
    except csv.Error:
        expected = None
    with tiny_blocks(size):
        batches = delimited.read(str(path), SCHEMA, Dialect(), where="x.csv")
        if expected is None:
            with pytest.raises(MixError, match=r"^x.csv: row \d+: [^\n]*$"):
                list(batches)
        else:
            found = [row for batch in batches for row in batch.to_pylist()]
            assert [[row["a"], row["b"]] for row in found] == expected


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=3,
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {}, optional={"a": st.none() | TEXTS | st.integers(), "b": TEXTS, "c": JSON_VALUES}
    ),
    max_size=6,
)


@fuzzed
@given(RECORDS, st.integers(1, 60), st.sampled_from(["lines", "array", "indented"]), st.booleans())
def test_records_are_those_that_python_finds(
    tmp_path: Path, rows: list[dict[str, Any]], size: int, shape: str, ascii_only: bool
) -> None:
    path = tmp_path / "x.json"
    if shape == "lines":
        text = "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
    else:
        text = json.dumps(rows, ensure_ascii=ascii_only, indent=1 if shape == "indented" else None)
    path.write_bytes(text.encode())
    with tiny_blocks(size):
        found = [
            row
            for batch in records.read(str(path), SCHEMA, where="x.json")
            for row in batch.to_pylist()
        ]
    shown = [str(row["a"]) if isinstance(row.get("a"), int) else row.get("a") for row in rows]
    assert [(row["a"], row["b"]) for row in found] == [
        (a, row.get("b")) for a, row in zip(shown, rows, strict=True)
    ]


PIECES = st.lists(
    st.sampled_from(
        [
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            '"',
            "\\",
            " ",
            '{"a": "x"}',
            '{"a": "\\\\"}',
            '{"a": "]\\", {"}',
            ', {"a":',
            "1",
        ]
    ),
    max_size=8,
)


@fuzzed
@given(
    st.sampled_from(["", "[", '[{"a": "x"}']),
    PIECES,
    st.sampled_from(["", "]"]),
    st.integers(1, 20),
)
@example('[{"a": "x"}', [' {"a": "y"}'], "]", 3)
@example('[{"a": "x"}', ["}"], "", 3)
@example('[{"a": "x"}', ["] 1"], "", 3)
@example('[{"a": "x"}', [" 1"], "]", 3)
@example('{"a": "x"} {"a":\n', ['"y"}'], "", 3)
@example('{"a": "x"}\n', ["[]"], "", 3)
def test_an_array_is_read_as_it_stands_or_not_at_all(
    tmp_path: Path, begin: str, middle: list[str], end: str, size: int
) -> None:
    text = begin + "".join(middle) + end
    path = tmp_path / "x.json"
    path.write_text(text, newline="")
    try:
        expected = values_in(text)
    except (ValueError, IndexError):
        expected = None
    with tiny_blocks(size):
        batches = records.read(str(path), pa.schema({"a": pa.string()}), where="x.json")
        if expected is None or not all(isinstance(each, dict) for each in expected):
            with pytest.raises(MixError, match=r"^x.json: row \d+: [^\n]*$"):
                list(batches)
            return
        assume(all(isinstance(each.get("a", ""), str) for each in expected))
        found = [row["a"] for batch in batches for row in batch.to_pylist()]
    assert found == [each.get("a") for each in expected]


def values_in(text: str) -> list[Any]:
    """The values of an array, or those that stand one after another."""
    found: list[Any] = []
    rest, reader = text.strip(), json.JSONDecoder()
    if rest.startswith("["):
        return list(json.loads(text))
    while rest:
        value, at = reader.raw_decode(rest)
        found, rest = [*found, value], rest[at:].lstrip()
    return found


@fuzzed
@given(
    st.sampled_from(["x.json", "x.csv"]),
    st.one_of(
        st.binary(max_size=60),
        st.text(st.sampled_from('{}[]",:\\ \nab1e-.tnu\u2028'), max_size=60).map(str.encode),
    ),
)
@example("x.csv", b'"\n"\n,')
def test_any_bytes_are_rows_or_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / name
    folder.mkdir(exist_ok=True)
    (folder / f"train{Path(name).suffix}").write_bytes(content)
    said = ""
    try:
        found = resolve(find("imdb"), str(folder), splits=["train"])
        for run in found.runs["train"]:
            for _, batch in read(run, [("text",), ("label",)], schema=found.schema):
                batch.to_pylist()
    except MixError as error:
        said = str(error)
    assert "\n" not in said


@fuzzed
@given(st.binary(max_size=6), st.integers(0, 2**31))
def test_damage_is_one_line(tmp_path: Path, damage: bytes, at: int) -> None:
    table = pa.table({"text": ["a", "b"] * 40, "label": [0, 1] * 40})
    path = tmp_path / "train.parquet"
    pq.write_table(table, path)
    content = bytearray(path.read_bytes())
    at %= len(content) - len(damage)
    content[at : at + len(damage)] = damage
    path.write_bytes(bytes(content))
    said = ""
    try:
        found = resolve(find("imdb"), str(tmp_path), splits=["train"])
        columns = [each for each in (("text",), ("label",)) if each[0] in found.schema.names]
        for run in found.runs["train"]:
            list(read(run, columns, schema=found.schema))
    except MixError as error:
        said = str(error)
    assert "\n" not in said
