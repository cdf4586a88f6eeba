"""What columns a source has: of one type in all files, with the names of classes, or refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import ROOT, imdb_rows
from mixbuild.core.errors import SchemaError, SourceError
from mixbuild.make import Request, make
from mixbuild.render import bind
from mixbuild.sources import Resolved, read, resolve
from mixbuild.sources.legend import CLASS_NAMES
from mixbuild.sources.location import BATCH_BYTES
from mixbuild.tasks import find

FIRST, SECOND = "train-00000-of-00002", "train-00001-of-00002"


def found(folder: Path) -> Resolved:
    return resolve(find("imdb"), str(folder), splits=["train"])


def rows(folder: Path) -> list[dict[str, Any]]:
    source = found(folder)
    columns = [("text",), ("label",)]
    return [
        row
        for run in source.runs["train"]
        for _, batch in read(run, columns, schema=source.schema)
        for row in batch.to_pylist()
    ]


def refusal(folder: Path) -> str:
    with pytest.raises((SchemaError, SourceError)) as caught:
        rows(folder)
    return str(caught.value).removeprefix(f"{folder}: ")


def parquet(path: Path, names: list[str] | None = None, **columns: Any) -> None:
    table = pa.table({"text": ["a kind word"], "label": pa.array([1]), **columns})
    if names is not None:
        features = {"label": {"_type": "ClassLabel", "names": names}}
        about = json.dumps({"info": {"features": features}}).encode()
        table = table.replace_schema_metadata({b"huggingface": about})
    pq.write_table(table, path)


def write_card(folder: Path, names: list[str]) -> None:
    listed = "".join(f"          '{at}': {name}\n" for at, name in enumerate(names))
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: plain_text\n  data_files: train*\n"
        "dataset_info:\n- config_name: plain_text\n  features:\n  - name: text\n    dtype: string\n"
        f"  - name: label\n    dtype:\n      class_label:\n        names:\n{listed}---\n"
    )


def class_names(folder: Path) -> Any:
    return json.loads((found(folder).schema.field("label").metadata or {})[CLASS_NAMES])


def test_names_of_classes_come_from_the_file_or_from_the_card(tmp_path: Path) -> None:
    for name in ("file", "card", "both", "lines"):
        (tmp_path / name).mkdir()
        if name != "file":
            write_card(tmp_path / name, ["pos", "neg"])
    parquet(tmp_path / "file/train.parquet", ["pos", "neg"])
    parquet(tmp_path / "card/train.parquet")
    parquet(tmp_path / "both/train.parquet", ["pos", "neg"])
    (tmp_path / "lines/train.jsonl").write_text('{"text": "a kind word", "label": 0}\n')
    for name in ("file", "card", "both", "lines"):
        assert class_names(tmp_path / name) == ["pos", "neg"]


def test_names_of_classes_that_differ_are_refused(tmp_path: Path) -> None:
    write_card(tmp_path, ["neg", "pos"])
    parquet(tmp_path / "train.parquet", ["pos", "neg"])
    assert refusal(tmp_path) == (
        "expected one kind of column 'label' in all files, got the classes pos, neg in "
        "train.parquet, and neg, pos in the card; correct the files, or take a mirror whose "
        "files agree"
    )


def test_names_within_a_struct_are_kept_with_the_field(tmp_path: Path) -> None:
    table = pa.table({"text": ["x"], "label": [0], "meta": [{"kind": 1, "n": 2}]})
    inner = {"kind": {"_type": "ClassLabel", "names": ["a", "b"]}, "n": {"_type": "Value"}}
    about = json.dumps({"info": {"features": {"meta": inner}}}).encode()
    pq.write_table(
        table.replace_schema_metadata({"huggingface": about}), tmp_path / "train.parquet"
    )
    meta = found(tmp_path).schema.field("meta").type
    assert meta.field("kind").metadata == {CLASS_NAMES: b'["a", "b"]'}
    assert meta.field("n").metadata is None


def test_a_code_that_has_a_point_is_read_by_its_name_too(tmp_path: Path) -> None:
    parquet(tmp_path / "train.parquet", ["pos", "neg"], label=pa.array([1.0]))
    assert (rows(tmp_path)[0]["label"], class_names(tmp_path)) == (1, ["pos", "neg"])
    parquet(tmp_path / "train.parquet", ["pos", "neg"], label=pa.array([0.5]))
    assert refusal(tmp_path) == (
        "train.parquet: row 0: expected 'label' to be int64, got 0.5" + CORRECT
    )


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
def test_a_column_without_a_value_and_a_missing_one_are_null(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    parquet(tmp_path / f"{order[0]}.parquet", text=pa.nulls(1), label=pa.array([0], pa.int8()))
    pq.write_table(pa.table({"text": ["plain"]}), tmp_path / f"{order[1]}.parquet")
    expected = {order[0]: {"text": None, "label": 0}, order[1]: {"text": "plain", "label": None}}
    assert rows(tmp_path) == [expected[FIRST], expected[SECOND]]


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST)])
def test_columns_that_disagree_are_named_with_their_files(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    parquet(tmp_path / f"{order[0]}.parquet")
    parquet(tmp_path / f"{order[1]}.parquet", label=["pos"])
    kinds = {order[0]: "int64", order[1]: "string"}
    assert refusal(tmp_path) == (
        f"expected one kind of column 'label' in all files, got {kinds[FIRST]} in {FIRST}.parquet, "
        f"and {kinds[SECOND]} in {SECOND}.parquet; correct the files, or take a mirror whose files "
        f"agree"
    )


DECLARE = ", or declare the column's type in the source's card"
CORRECT = "; correct the file" + DECLARE
ALL_ALIKE = "; correct the file (numbers in all rows, or names in all)" + DECLARE


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train.csv", "text,label\na,0\nb,½\n",
         "train.csv: row 1: expected 'label' to be int64, got '½'" + ALL_ALIKE),
        ("train.csv", "text,label\na,0\n" + "b,1\n" * 2**20 + "c,neg\n",
         "train.csv: row 1048577: expected 'label' to be int64, got 'neg'" + ALL_ALIKE),
        ("train.jsonl", '{"text": "a", "label": 0}\n{"text": "b", "label": true}\n',
         "train.jsonl: row 1: expected 'label' to be int64, got True" + CORRECT),
        ("train.jsonl", '{"text": "a", "label": 0}\n{"text": "b", "label": "neg"}\n',
         "train.jsonl: row 1: expected 'label' to be int64, got 'neg'" + ALL_ALIKE),
        ("train.csv", "text,label\na,0\nb\n",
         "train.csv: row 1: expected 2 fields (text, label), got 1; correct the file"),
        ("train.csv", 'text,label\na,0\n"b,1\n',
         "train.csv: row 1: is not CSV (unexpected end of data); correct the file, or say in the "
         "source's card how it is quoted"),
        ("train.csv", "text,text,label\na,b,0\n",
         "train.csv: expected one column 'text', got 2; give each a name of its own"),
        ("train.jsonl", '{"text": "a", "label": 0}\n{"text": ["b"], "label": 1}\n',
         "train.jsonl: row 1: expected 'text' to be string, got ['b']" + CORRECT),
        ("train.jsonl", '{"text": "a", "text": "b", "label": 1}\n',
         "train.jsonl: row 0: expected 'text' to be string, got its key twice" + CORRECT),
        ("train.json", '[{"text": "a", "label": 1},\n',
         "train.json: row 1: expected a JSON object for each row, a line each or in one array, got "
         "the end of the file within the array; the file may be damaged, fetch it again"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_by_file_row_and_column(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    assert refusal(tmp_path) == message


@pytest.mark.parametrize(
    "said",
    [
        "comment: '#'", "sep: 1", "sep: ab", "sep: [1]", "skiprows: x", "skiprows: [a]",
        "skiprows: -1", "skiprows: true", "names: 3", "names: {a: b}", "quotechar: 5",
        "encoding: 7", "encoding: nope", "encoding: rot13", "encoding: undefined",
        "header: x", "header: -1",
    ],
)  # fmt: skip
def test_an_option_of_csv_that_is_not_known_is_refused(tmp_path: Path, said: str) -> None:
    (tmp_path / "train.csv").write_text("text,label\na,0\n")
    (tmp_path / "README.md").write_text(
        f"---\nconfigs:\n- config_name: x\n  data_files: train.csv\n  {said}\n---\n"
    )
    name, _, value = said.partition(": ")
    assert refusal(tmp_path) == (
        f"the card asks for {name}={yaml.safe_load(value)!r} in reading CSV, which is not known "
        "here; take it out of the card, or take a mirror in another format"
    )


WORDS = ["f\u00fcr", "\u00e9t\u00e9, \u00e0 No\u00ebl", 'a "quote"', "two\nlines", "007"]
MANY = [{"text": f"{word} {at}", "label": at % 2} for at in range(4_000) for word in WORDS]


def write_encoded(folder: Path, kind: str, encoding: str, said: str | None) -> None:
    """``MANY`` as text in an encoding, beside a card that says it is in this one."""
    if kind == "csv":
        quoted = ['"{}",{}'.format(str(r["text"]).replace('"', '""'), r["label"]) for r in MANY]
        content = "\n".join(["text,label", *quoted])
    else:
        content = "\n".join(json.dumps(row, ensure_ascii=False) for row in MANY)
    (folder / f"train.{kind}").write_bytes(content.encode(encoding))
    if said is not None:
        (folder / "README.md").write_text(
            f"---\nconfigs:\n- config_name: x\n  data_files: train.*\n  encoding: {said}\n---\n"
        )


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le", "utf-8-sig", "UTF8"])
def test_a_card_names_the_encoding_of_a_file(tmp_path: Path, kind: str, encoding: str) -> None:
    write_encoded(tmp_path, kind, encoding, encoding)
    assert rows(tmp_path) == MANY


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("encoding", "said", "message"),
    [
        ("latin-1", None,
         "expected text in utf-8, got other bytes; save it as UTF-8, or name its encoding in "
         "the source's card, beside data_files, such as encoding: latin-1"),
        ("utf-16", None,
         "expected text in utf-8, got other bytes; save it as UTF-8, or name its encoding in "
         "the source's card, beside data_files, such as encoding: utf-16"),
        ("utf-32", None,
         "expected text in utf-8, got other bytes; save it as UTF-8, or name its encoding in "
         "the source's card, beside data_files, such as encoding: utf-32"),
        ("utf-8", "utf-16",
         "expected text in utf-16, got other bytes; name the encoding that it has in the "
         "source's card"),
        ("utf-8", "ascii",
         "expected text in ascii, got other bytes; name the encoding that it has in the "
         "source's card"),
    ],
)  # fmt: skip
def test_a_text_in_another_encoding_is_refused(
    tmp_path: Path, kind: str, encoding: str, said: str | None, message: str
) -> None:
    write_encoded(tmp_path, kind, encoding, said)
    assert refusal(tmp_path) == f"train.{kind}: {message}"


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", None), ("utf-16", "utf-16")])
def test_a_text_that_ends_within_a_character_may_be_damaged(
    tmp_path: Path, encoding: str, said: str | None
) -> None:
    write_encoded(tmp_path, "csv", encoding, said)
    whole = (tmp_path / "train.csv").read_bytes() + "\n\u00fc".encode(encoding)
    (tmp_path / "train.csv").write_bytes(whole[:-1])
    assert refusal(tmp_path) == (
        f"train.csv: expected text in {encoding}, got an end within a character; the file may be "
        "damaged, fetch it again"
    )


def test_an_encoding_of_json_that_is_not_known_is_refused(tmp_path: Path) -> None:
    write_encoded(tmp_path, "jsonl", "utf-8", "nope")
    assert refusal(tmp_path) == (
        "the card asks for encoding='nope' in reading JSON, which is not known here; take it out "
        "of the card, or take a mirror in another format"
    )


def test_a_whole_number_of_csv_may_have_a_point(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\n1.0,1.0\nb,\nc,0.00\n")
    assert rows(tmp_path) == [
        {"text": "1.0", "label": 1},
        {"text": "b", "label": None},
        {"text": "c", "label": 0},
    ]
    (tmp_path / "train.csv").write_text("text,label\na,1.0\nb,0.50\n")
    assert (
        refusal(tmp_path)
        == "train.csv: row 1: expected 'label' to be int64, got '0.50'" + ALL_ALIKE
    )


def test_a_decimal_is_the_code_of_a_class_where_it_is_whole(tmp_path: Path) -> None:
    for name, codes in (("whole", ["0", "1.00", None]), ("part", ["0", "1.25", None])):
        (tmp_path / name).mkdir()
        column = pa.array(codes).cast(pa.decimal128(5, 2))
        table = pa.table({"text": ["a", "b", "c"], "label": column})
        pq.write_table(table, tmp_path / name / "train.parquet")
    assert [row["label"] for row in rows(tmp_path / "whole")] == [0, 1, None]
    assert refusal(tmp_path / "part") == (
        "train.parquet: row 1: expected 'label' to be int64, got Decimal('1.25')" + CORRECT
    )


def test_a_huge_text_that_rows_share_is_copied_for_a_few_of_them_at_a_time(tmp_path: Path) -> None:
    huge = "z" * (2 * BATCH_BYTES)
    texts = ["a"] * 300 + [huge] * 40 + ["b"] * 60
    table = pa.table({"text": texts, "label": [0, 1] * 200})
    pq.write_table(table, tmp_path / "train.parquet")
    source = found(tmp_path)
    (run,) = source.runs["train"]
    lengths, heaviest = [], 0
    for _, batch in read(run, [("text",), ("label",)], schema=source.schema):
        heaviest = max(heaviest, batch.nbytes)
        lengths += [len(text) for text in batch.column("text").to_pylist()]
    assert lengths == [len(text) for text in texts]
    assert heaviest < len(huge) + BATCH_BYTES


def test_parquet_is_read_without_datasets(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(imdb_rows(3)), tmp_path / "train.parquet")
    code = (
        "import sys; sys.path.insert(0, 'build')\n"
        "from mixbuild.sources import read, resolve\n"
        "from mixbuild.tasks import find\n"
        f"found = resolve(find('imdb'), {str(tmp_path)!r}, splits=['train'])\n"
        "rows = read(found.runs['train'][0], [('text',)], schema=found.schema)\n"
        "print(sum(batch.num_rows for _, batch in rows), 'datasets' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "3 False\n"


def dolly(folder: Path, response: list[Any], kind: str) -> Resolved:
    """A Parquet file, and a card that calls one of its columns something else."""
    others = dict.fromkeys(("instruction", "context", "category"), ["x"] * len(response))
    pq.write_table(pa.table({**others, "response": response}), folder / "train.parquet")
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files: train.parquet\n"
        "dataset_info:\n- config_name: default\n  features:\n"
        f"  - name: response\n    dtype: {kind}\n---\n"
    )
    return resolve(find("dolly"), str(folder))


def test_a_card_makes_no_text_of_a_files_numbers_and_no_numbers_of_its_texts(
    tmp_path: Path,
) -> None:
    source = dolly(tmp_path, ["007", "1e5"], "int64")
    (run,) = source.runs["train"]
    ((_, batch),) = read(run, [("response",)], schema=source.schema)
    assert batch.column("response").to_pylist() == ["007", "1e5"]
    with pytest.raises(SchemaError, match=r"^task 'dolly': \{response\} makes no text of .*int64"):
        bind(find("dolly"), dolly(tmp_path, [7, 8], "string").schema)


def test_what_a_card_says_of_how_a_file_is_read_is_in_the_label(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\na,0\n")
    labels = set()
    for said in ("", "  sep: ','\n", '  quotechar: "\'"\n'):
        (tmp_path / "README.md").write_text(
            f"---\nconfigs:\n- config_name: x\n  data_files: train.csv\n{said}---\n"
        )
        labels.add(found(tmp_path).label)
    assert len(labels) == 3, "the unit's key has the label, and so all that decides the rows"


@pytest.mark.parametrize(
    ("task", "column", "values"),
    [
        ("imdb", "text", pa.nulls(3)),
        ("imdb", "label", pa.nulls(3)),
        ("squad", "question", pa.nulls(3)),
        ("squad", "answers", pa.nulls(3)),
        ("squad", "answers", pa.array([{"text": [], "answer_start": []}] * 3)),
        ("squad", "answers", pa.array([{"text": None, "answer_start": [1]}] * 3)),
        ("web_questions", "answers", pa.array([[], [], None])),
        ("hellaswag", "endings", pa.array([[], None, []])),
        ("hellaswag", "label", pa.nulls(3)),
    ],
)
def test_a_column_that_is_null_in_every_file_has_the_type_that_is_asked_for(
    tmp_path: Path, task: str, column: str, values: pa.Array
) -> None:
    split = next(iter(find(task).splits.values()))
    lines = (ROOT / f"build/mixbuild/tasks/samples/{task}/{split}.jsonl").read_text().splitlines()
    table = pa.Table.from_pylist([json.loads(line) for line in lines[:3]])
    folder = tmp_path / "source"
    folder.mkdir()
    at = table.schema.get_field_index(column)
    pq.write_table(table.set_column(at, column, values), folder / f"{split}.parquet")
    request = Request(
        [find(task)], tmp_path / "out", {task: str(folder)}, templates="all", splits=(split,)
    )
    (made,) = make(request).manifest.configs[task].splits.values()
    assert (made.rows_read, made.rows) == (3, 0)
