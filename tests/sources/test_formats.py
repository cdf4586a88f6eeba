# ruff: noqa: E501 - a table of cases
"""Whatever a source is written in, its rows are those of a plain Parquet file, or one line says why."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mixbuild.core import RowError
from mixbuild.declare import Task
from mixbuild.render import Origin, bind, render
from mixbuild.sources import read, resolve
from mixbuild.sources.formats import footer
from mixbuild.sources.survey import digests
from mixbuild.tasks import find

Rows = list[dict[str, Any]]
Write = Callable[[Path], None]

TEXTS = [
    "NA", "null", "None", "nan", "N/A", "007", "1e5", "2020-01-01", "true", "123456789012345678901",
    "1.50", " spaces around ", 'she said "no", twice', "two\nlines", "a,b;c\td", "\u2028 and \x85",
    "{braces} \\n", "héé 漢字 🎬", "'single'", "#5", "-", "[1, 2]", "{}", "ordinary",
]  # fmt: skip
"""What somebody who guesses takes for something else."""

REVIEWS: Rows = [{"text": text, "label": index % 2} for index, text in enumerate(TEXTS)]
ORDERS: Rows = [
    {"instruction": f"Do {text}.", "context": text, "response": text, "category": "open_qa"}
    for text in TEXTS
]
QUESTIONS: Rows = [
    {"title": "T", "context": f"Of {text}.", "question": "Which?", "answers": {"text": [text, "x"]}}
    for text in TEXTS
]
ROWS = {"imdb": REVIEWS, "dolly": ORDERS, "squad": QUESTIONS}
ANSWERS = pa.struct({"text": pa.list_(pa.string())})
SCHEMAS = {
    "imdb": pa.schema({"text": pa.string(), "label": pa.int64()}),
    "dolly": pa.schema(dict.fromkeys(ORDERS[0], pa.string())),
    "squad": pa.schema(
        {**dict.fromkeys(("title", "context", "question"), pa.string()), "answers": ANSWERS}
    ),
}


def rendered(task: Task, folder: Path) -> tuple[list[Any], Any]:
    """The rows of the split train by their numbers, with what was left out; and their digest."""
    found = resolve(task, str(folder), splits=["train"])
    bound = bind(task, found.schema)
    rows: list[Any] = []
    for run in found.runs["train"]:
        origin = Origin("here", "train", "file")
        for numbers, batch in read(run, bound.reads, schema=found.schema):
            made, drops = render(bound, batch, numbers, origin)
            columns = made.select(["prompt", "completion", "references"])
            rows += [*columns.to_pylist(), *(drops.items())]
    return rows, digests(task, found)["train"]


def twin(folder: Path, name: str, rows: Rows) -> Path:
    """The same rows in a plain Parquet file."""
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMAS[name]), folder / "train.parquet")
    return folder


def as_lines(rows: Rows, *, ascii_only: bool = False, end: str = "\n") -> bytes:
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    return (end.join(lines) + end).encode()


def as_csv(rows: Rows, columns: Sequence[str] = (), **options: Any) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns or rows[0]), **{"lineterminator": "\n", **options})
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return bytes(sink.getvalue().to_pybytes())


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress,
    "zst": zstd,
}  # fmt: skip


def files(**contents: bytes) -> Write:
    """Files by name, in which ``__`` stands for a dot."""

    def write(folder: Path) -> None:
        for name, content in contents.items():
            (folder / name.replace("__", ".").replace("_of_", "-of-")).write_bytes(content)

    return write


def tables(*found: pa.Table, **options: Any) -> Write:
    """Parquet files of one split."""

    def write(folder: Path) -> None:
        for number, table in enumerate(found):
            name = f"train-{number:05}-of-{len(found):05}.parquet"
            pq.write_table(table, folder / name, **options)

    return write


def arrow(new: Callable[..., Any], table: pa.Table) -> Write:
    def write(folder: Path) -> None:
        with new(folder / "train.arrow", table.schema) as writer:
            writer.write_table(table)

    return write


def card(options: str, write: Write) -> Write:
    def both(folder: Path) -> None:
        write(folder)
        (names,) = ([path.name for path in folder.iterdir()],)
        (folder / "README.md").write_text(
            f"---\nconfigs:\n- config_name: x\n  data_files: {names[0]}\n{options}---\n"
        )

    return both


def table_of(name: str, **changed: pa.Array) -> pa.Table:
    table = pa.Table.from_pylist(ROWS[name], SCHEMAS[name])
    for column, array in changed.items():
        at = table.schema.get_field_index(column)
        table = (
            table.append_column(column, array) if at < 0 else table.set_column(at, column, array)
        )
    return table


def texts_as(kind: pa.DataType) -> pa.Array:
    plain = pa.array(TEXTS)
    return plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)


def labels_as(kind: pa.DataType) -> pa.Array:
    return pa.array([row["label"] for row in REVIEWS], pa.int64()).cast(kind)


MANY = len(TEXTS)
UNREAD: Rows = [
    {"more": {"deep": [index, {"x": None}]}, **row, "other": index}
    for index, row in enumerate(REVIEWS)
]
NESTED_EXTENSION = pa.StructArray.from_arrays(
    [pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}"] * MANY))], names=["args"]
)
HALF = MANY // 2
ODD: dict[str, tuple[str, Write]] = {
    "lines": ("imdb", files(train__jsonl=as_lines(REVIEWS))),
    "lines, nested": ("squad", files(train__jsonl=as_lines(QUESTIONS))),
    "lines of text alone": ("dolly", files(train__jsonl=as_lines(ORDERS))),
    "lines with a BOM": ("imdb", files(train__jsonl=b"\xef\xbb\xbf" + as_lines(REVIEWS))),
    "lines with CRLF": ("imdb", files(train__jsonl=as_lines(REVIEWS, end="\r\n"))),
    "lines with blank ones": ("imdb", files(train__jsonl=as_lines(REVIEWS, end="\n\n \n"))),
    "lines in ASCII": ("imdb", files(train__jsonl=as_lines(REVIEWS, ascii_only=True))),
    "lines without a last end": ("imdb", files(train__jsonl=as_lines(REVIEWS).rstrip())),
    "keys in another order": (
        "squad", files(train__jsonl=as_lines([dict(reversed(row.items())) for row in QUESTIONS]))),
    "keys that are not read": ("imdb", files(train__jsonl=as_lines(UNREAD))),
    "NaN in a key that is not read": (
        "imdb", files(train__jsonl=as_lines([{**row, "score": float("nan")} for row in REVIEWS]))),
    "another type in every line of a key that is not read": (
        "imdb", files(train__jsonl=as_lines(
            [{**row, "z": ["a", 1, None, {}, [1]][at % 5]} for at, row in enumerate(REVIEWS)]))),
    "numbers where text is wanted": (
        "dolly", files(train__jsonl=as_lines(ORDERS).replace(
            b'"response": "1.50"', b'"response": 1.50').replace(
            b'"response": "123456789012345678901"', b'"response": 123456789012345678901').replace(
            b'"context": "1e5"', b'"context": 1e5').replace(b'"context": "true"', b'"context": true')
        )),
    "numbers written with a point": (
        "imdb", files(train__jsonl=as_lines(REVIEWS).replace(b'"label": 1', b'"label": 1.0e0'))),
    "an array": ("imdb", files(train__json=json.dumps(REVIEWS).encode())),
    "an array, indented": ("squad", files(train__json=json.dumps(QUESTIONS, indent=2).encode())),
    "an array in an object": (
        "imdb", card("  field: data\n", files(
            train__json=json.dumps({"version": 1, "data": REVIEWS}).encode()))),
    "records over several lines": (
        "imdb", files(train__json="\n".join(json.dumps(row, indent=1) for row in REVIEWS).encode())),
    "fields": ("imdb", files(train__csv=as_csv(REVIEWS))),
    "fields of text alone": ("dolly", files(train__csv=as_csv(ORDERS))),
    "fields with a BOM": ("imdb", files(train__csv=b"\xef\xbb\xbf" + as_csv(REVIEWS))),
    "fields with CRLF": ("imdb", files(train__csv=as_csv(REVIEWS, lineterminator="\r\n"))),
    "fields, all quoted": ("imdb", files(train__csv=as_csv(REVIEWS, quoting=csv.QUOTE_ALL))),
    "fields without a last end": ("imdb", files(train__csv=as_csv(REVIEWS).rstrip())),
    "fields in another order": ("imdb", files(train__csv=as_csv(REVIEWS, ["label", "text"]))),
    "fields that are not read": ("imdb", files(train__csv=as_csv(UNREAD))),
    "blank lines between": (
        "imdb", files(train__csv=as_csv(REVIEWS).replace(b",0\n", b",0\n\n\n"))),
    "a quote within a field": (
        "imdb", files(train__csv=as_csv(REVIEWS).replace(b"'single'", b"'sin\"gle'"))),
    "between tabs": ("imdb", files(train__tsv=as_csv(REVIEWS, delimiter="\t"))),
    "between semicolons": (
        "imdb", card("  sep: ';'\n", files(train__csv=as_csv(REVIEWS, delimiter=";")))),
    "columns that the card names": (
        "imdb", card("  names: [text, label]\n", files(
            train__csv=as_csv(REVIEWS).partition(b"\n")[2]))),
    "two files, columns in another order in the second": (
        "imdb", files(**{
            "train-00000_of_00002__csv": as_csv(REVIEWS[:HALF]),
            "train-00001_of_00002__csv": as_csv(REVIEWS[HALF:], ["label", "text"])})),
    **{f"lines in {end}": ("imdb", files(**{f"train__jsonl__{end}": pack(as_lines(REVIEWS))}))
       for end, pack in PACK.items()},
    **{f"fields in {end}": ("imdb", files(**{f"train__csv__{end}": pack(as_csv(REVIEWS))}))
       for end, pack in PACK.items()},
    "an array in gz": ("squad", files(train__json__gz=gzip.compress(json.dumps(QUESTIONS).encode()))),
    **{f"texts as {kind}": ("imdb", tables(table_of("imdb", text=texts_as(kind))))
       for kind in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))},
    **{f"labels as {kind}": ("imdb", tables(table_of("imdb", label=labels_as(kind))))
       for kind in (pa.int8(), pa.uint16(), pa.int32())},
    "an extension type in a column that is not read": (
        "imdb", tables(table_of("imdb", args=NESTED_EXTENSION))),
    "an extension type in a column that is read": (
        "imdb", tables(table_of("imdb", text=pa.ExtensionArray.from_storage(
            pa.opaque(pa.string(), "t", "v"), pa.array(TEXTS))))),
    "a column that is not read, of another type in the second file": (
        "imdb", tables(table_of("imdb", z=pa.array(range(MANY))).slice(0, HALF),
                       table_of("imdb", z=pa.array(TEXTS)).slice(HALF))),
    "a column that is not read, in the second file alone": (
        "imdb", tables(table_of("imdb").slice(0, HALF),
                       table_of("imdb", z=NESTED_EXTENSION).slice(HALF))),
    "types that differ by file": (
        "imdb", tables(table_of("imdb", label=labels_as(pa.int32())).slice(0, HALF),
                       table_of("imdb", text=texts_as(pa.large_string())).slice(HALF))),
    "dots in names": ("imdb", tables(table_of("imdb", **{"text.x": pa.array(range(MANY))}))),
    "lists of another kind": (
        "squad", tables(table_of("squad", answers=pa.array(
            [row["answers"] for row in QUESTIONS],
            pa.struct({"text": pa.large_list(pa.large_string())}))))),
    "lists of a fixed size": (
        "squad", tables(table_of("squad", answers=pa.array(
            [row["answers"] for row in QUESTIONS], pa.struct({"text": pa.list_(pa.string(), 2)}))))),
    "more fields within a struct": (
        "squad", tables(table_of("squad", answers=pa.array(
            [{"answer_start": [1], **row["answers"]} for row in QUESTIONS])))),
    "small row groups": ("squad", tables(table_of("squad"), row_group_size=3)),
    "an Arrow stream": ("squad", arrow(pa.ipc.new_stream, table_of("squad"))),
    "an Arrow file": ("imdb", arrow(pa.ipc.new_file, table_of("imdb", text=texts_as(pa.string_view())))),
}  # fmt: skip


@pytest.mark.parametrize("case", ODD)
def test_rows_and_digests_are_those_of_a_plain_twin(tmp_path: Path, case: str) -> None:
    name, write = ODD[case]
    (tmp_path / "odd").mkdir()
    write(tmp_path / "odd")
    rows = [dict(row) for row in ROWS[name]]
    if case == "a quote within a field":
        rows[TEXTS.index("'single'")]["text"] = "'sin\"gle'"
    plain = twin(tmp_path / "plain", name, rows)
    task = find(name)
    assert rendered(task, tmp_path / "odd") == rendered(task, plain)


NAMED: Rows = [
    {"premise": "A dog runs.", "hypothesis": f"It {deed}.", "label": name}
    for deed, name in {
        "flies": "contradiction",
        "moves": "entailment",
        "hums": "-",
        "eats": "neutral",
        "naps": "",
    }.items()
]
CODES = {"entailment": 0, "neutral": 1, "contradiction": 2, "-": -1, "": None}
CODED: Rows = [{**row, "label": CODES[row["label"]]} for row in NAMED]
NUMBERED = card(
    "dataset_info:\n- config_name: x\n  features:\n  - name: label\n    dtype:\n      class_label:\n"
    "        names:\n          '0': neutral\n          '1': entailment\n          '2': contradiction\n",
    files(train__csv=as_csv(NAMED)),
)  # fmt: skip
"""A card in whose order the names have other numbers than in the task's."""


@pytest.mark.parametrize(
    "write",
    [
        files(train__csv=as_csv(NAMED)),
        files(train__tsv=as_csv(NAMED, delimiter="\t")),
        files(train__jsonl=as_lines(NAMED)),
        files(train__csv=as_csv(CODED)),
        tables(pa.Table.from_pylist(NAMED)),
        files(**{"train-00000_of_00002__csv": as_csv(NAMED[:1]),
                 "train-00001_of_00002__csv": as_csv(NAMED[1:])}),
        NUMBERED,
    ],
    ids=["csv", "tsv", "json", "codes", "parquet", "two files", "card"],
)  # fmt: skip
def test_a_class_is_its_name_or_its_number(tmp_path: Path, write: Write) -> None:
    (tmp_path / "named").mkdir()
    write(tmp_path / "named")
    plain = tmp_path / "plain"
    plain.mkdir()
    pq.write_table(pa.Table.from_pylist(CODED), plain / "train.parquet")
    task = find("snli")
    found, _ = rendered(task, tmp_path / "named")
    assert found == rendered(task, plain)[0]
    assert ("no agreed label", 1) in found
    assert [row["completion"] for row in found if isinstance(row, dict)] == [
        " contradiction", " entailment", " neutral",
    ]  # fmt: skip


def test_names_and_numbers_of_classes_in_one_column_are_refused(tmp_path: Path) -> None:
    for at, label in enumerate(("0", "neutral")):
        row = {"premise": "A dog runs.", "hypothesis": "It moves.", "label": label}
        (tmp_path / f"train-0000{at}-of-00002.csv").write_bytes(as_csv([row]))
    with pytest.raises(RowError) as caught:
        rendered(find("snli"), tmp_path)
    assert str(caught.value) == (
        "task 'snli': row 0 of file in here: expected a label, one of 'entailment', 'neutral', "
        "'contradiction', in 'label', got '0'; write names in all rows or numbers in all, which in "
        "JSON have no quotation marks"
    )


def test_the_table_is_as_long_as_was_promised() -> None:
    assert len(ODD) >= 40


def test_a_footer_is_looked_at_by_no_thread_of_arrows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []
    read = footer._NoPages.read

    def note(file: footer._NoPages, size: int = -1) -> bytes:
        readers.append(threading.current_thread())
        return read(file, size)

    monkeypatch.setattr(footer._NoPages, "read", note)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": ["x"] * 9, "b": [1] * 9}), path, row_group_size=3)
    found = footer.chunks(pq.read_metadata(path), range(3), ["a", "b"])
    assert [each.path_in_schema for each in found] == ["a", "b"] * 3
    assert set(readers) == {threading.current_thread()}
