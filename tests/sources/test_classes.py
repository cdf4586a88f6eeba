"""From a source whose class names are in another order, or are others, to rows and to findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import read_shards
from mixbuild.cli import main as cli
from mixbuild.declare import ChoiceSlot, Slot, Task
from mixbuild.sources import SAMPLES, read, resolve
from mixbuild.tasks import ALL


def legend(task: Task) -> tuple[str, tuple[str, ...]] | None:
    """The column of codes that a task reads by names, and these; None where it has none."""
    for slot in task.slots.values():
        if isinstance(slot, Slot) and slot.classes:
            return slot.reads[0][0], slot.classes
        if isinstance(slot, ChoiceSlot) and slot.choices.classes:
            return slot.choices.answer.path[0], slot.choices.classes
    return None


LABELLED = [task for task in ALL if legend(task) and task.name != "dolly"]
"""Tasks whose source numbers its classes; dolly's category is a text."""


def write(task: Task, folder: Path, names: tuple[str, ...], codes: tuple[int, ...]) -> Path:
    """The samples as Parquet, whose codes are others, and stand for these names."""
    found = resolve(task, SAMPLES)
    column, _ = legend(task) or ("", ())
    features = {column: {"_type": "ClassLabel", "names": list(names)}}
    about = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    folder.mkdir()
    for split, runs in found.runs.items():
        columns = [(name,) for name in found.schema.names]
        batches = [b for run in runs for _, b in read(run, columns, schema=found.schema)]
        table = pa.Table.from_batches(batches)
        at = table.schema.get_field_index(column)
        mapped = [
            value if value is None or value < 0 else codes[value]
            for value in table.column(at).to_pylist()
        ]
        table = table.set_column(at, column, pa.array(mapped, pa.int64()))
        path = folder / f"{task.splits[split]}-00000-of-00001.parquet"
        pq.write_table(table.replace_schema_metadata(about), path)
    return folder


def rows(task: Task, folder: Path, out: Path) -> list[dict[str, Any]]:
    assert cli.run(["make", task.name, "--source", f"{task.name}={folder}", "--out", str(out)]) == 0
    columns = ["prompt", "completion", "references"]
    return [
        row
        for split in task.splits
        for row in read_shards(out, task.name, split).select(columns).to_pylist()
    ]


@pytest.mark.parametrize("task", LABELLED, ids=lambda task: task.name)
def test_names_in_another_order_make_the_same_rows_and_others_are_refused(
    task: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    column, classes = legend(task) or ("", ())
    same = tuple(range(len(classes)))
    plain = write(task, tmp_path / "plain", classes, same)
    turned = write(task, tmp_path / "turned", classes[::-1], same[::-1])
    assert rows(task, turned, tmp_path / "a") == rows(task, plain, tmp_path / "b")
    strange = write(task, tmp_path / "strange", tuple(f"no {each}" for each in classes), same)
    told = f"expected the classes {', '.join(map(repr, classes))} in the column {column!r}, found "
    for command in (["make", "--out", str(tmp_path / "c")], ["check"]):
        capsys.readouterr()
        arguments = [command[0], task.name, "--source", f"{task.name}={strange}", *command[1:]]
        assert cli.run(arguments) == 1
        printed = capsys.readouterr()
        assert told in printed.out + printed.err
    assert not (tmp_path / "c").exists()
