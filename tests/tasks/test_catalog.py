"""The catalog, and what each of its templates makes of every sample row.

tests/golden/TASK.txt holds that for a person to read. When a change of it is meant::

    UPDATE_GOLDENS=1 .venv/bin/python -m pytest tests/tasks/test_catalog.py -k TASK

then read the difference before it is committed. Nothing else ever writes these files.
"""

from __future__ import annotations

import ast
import functools
import importlib
import os
import pkgutil
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from mixbuild import tasks
from mixbuild.core.errors import UsageError
from mixbuild.declare.task import Task
from mixbuild.render.bind import Binding, bind
from mixbuild.render.render import Origin, render
from mixbuild.sources.read import read
from mixbuild.sources.resolve import SAMPLES, resolve
from mixbuild.tasks import ALL, find

GOLDEN = Path(__file__).parent / "golden"

FOUNDING = {
    "squad": "Answer the following question based on the passage: {context} \n"
    "Question: {question}\n[OUTPUT]: {answers}",
    "imdb": "Classify this sentence sentiment: {text} \n[OUTPUT]: {label}",
    "billsum": "Summarize the following passage: {text} \n[OUTPUT]: {summary}",
}
"""Section 1 of the design, byte for byte."""

by_task = pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)


def test_the_catalog_names_every_task_once() -> None:
    assert isinstance(ALL, tuple)
    assert {"squad", "imdb", "billsum"} <= {task.name for task in ALL}
    assert [name for name, times in Counter(task.name for task in ALL).items() if times > 1] == []


def test_the_catalog_lists_every_file_beside_it() -> None:
    files = {each.name for each in pkgutil.iter_modules(tasks.__path__)}
    files -= {"load", "catalog", "own"}
    modules = [importlib.import_module(f"mixbuild.tasks.{name}") for name in sorted(files)]
    declared = [
        value for module in modules for value in vars(module).values() if isinstance(value, Task)
    ]
    assert {task.name for task in declared} == {task.name for task in ALL}
    assert len(declared) == len(ALL)
    for module in modules:
        assert module.__doc__ is not None
        assert "\nRaw record: {" in module.__doc__
        theirs = [value for value in vars(module).values() if isinstance(value, Task)]
        for task in theirs:
            assert f"\nSource: https://huggingface.co/datasets/{task.source.repo}\n" in (
                module.__doc__
            )


def test_nothing_is_left_to_do_in_declarations_and_samples() -> None:
    begun = [
        path
        for folder in tasks.__path__
        for path in Path(folder).rglob("*")
        if path.suffix in (".py", ".jsonl", ".md") and "TODO" in path.read_text("utf-8")
    ]
    assert begun == []


def test_a_declaration_has_fewer_than_seventy_lines() -> None:
    declared = {
        f"{path.name}:{node.lineno}": (node.end_lineno or 0) - node.lineno + 1
        for folder in tasks.__path__
        for path in Path(folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Task"
    }
    assert len(declared) >= 30
    assert {where: lines for where, lines in declared.items() if lines >= 70} == {}


def test_find_finds_by_name() -> None:
    assert [find(task.name) for task in ALL] == list(ALL)
    with pytest.raises(UsageError) as caught:
        find("sqad")
    known = ", ".join(task.name for task in ALL)
    assert (
        str(caught.value)
        == f"unknown task 'sqad'; did you mean 'squad' or 'squad_v2'? Known: {known}"
    )


@pytest.mark.parametrize(("name", "text"), FOUNDING.items(), ids=FOUNDING)
def test_the_founding_templates_are_kept_byte_for_byte(name: str, text: str) -> None:
    seed = find(name).templates[0]
    assert seed.name == "seed"
    assert seed.text.encode() == text.encode()


# ---------------------------------------------------------------- goldens


@functools.cache
def sample_rows(name: str) -> list[tuple[Origin, int, pa.RecordBatch]]:
    """Every sample row: where it comes from, its number, and a batch of it alone."""
    resolved = resolve(find(name), SAMPLES)
    every_column = [(column,) for column in resolved.schema.names]
    rows = []
    for split, runs in resolved.runs.items():
        for run in runs:
            number = run.first_row
            for _, batch in read(run, every_column, schema=resolved.schema):
                for index in range(batch.num_rows):
                    origin = Origin(resolved.label, split, run.file)
                    rows.append((origin, number, batch.slice(index, 1)))
                    number += 1
    return rows


@functools.cache
def bound(name: str, schema: pa.Schema, templates: str) -> Binding:
    """A task bound once for all of its rows: each is rendered alone, and binding takes longer."""
    return bind(find(name), schema, templates=templates)


def lines(label: str, text: str) -> Iterator[str]:
    """A text for people: ¶ where a line ends, and what cannot be seen as an escape."""
    shown = "".join(
        {"\n": "¶\n", "\\": "\\\\", "¶": "\\xb6", " ": " "}.get(character)
        or (
            character.encode("unicode_escape").decode()
            if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Zs"}
            else character
        )
        for character in text
    )
    if shown.endswith(" "):
        shown = shown[:-1] + "\\x20"
    return (f"{label}|{line}" for line in shown.split("\n"))


def golden(task: Task) -> str:
    """What every template makes of every sample row, or why it leaves the row out."""
    rows = sample_rows(task.name)
    out = [
        f"{task.name}: every template on every sample row; tests/test_tasks.py says how it is made",
        f"source: {rows[0][0].source}",
    ]
    for origin, number, batch in rows:
        out += ["", f"==== {task.name}/{origin.split}/{origin.file}:{number}"]
        for template in task.templates:
            binding = bound(task.name, batch.schema, template.name)
            rendered, drops = render(binding, batch, np.array([number]), origin)
            if drops:
                out += ["", f"-- {template.name}: left out, {', '.join(drops)}"]
                continue
            (row,) = rendered.to_pylist()
            out += ["", f"-- {template.name}", *lines("prompt", row["prompt"])]
            out += lines("completion", row["completion"])
            for reference in row["references"]:
                out += lines("reference", reference)
            assert row["id"] == f"{task.name}/{origin.split}/{origin.file}:{number}"
            assert (row["task"], row["template"]) == (task.name, template.name)
            assert row["source"] == origin.source
    return "\n".join(out) + "\n"


def test_there_is_a_golden_for_each_task_and_no_other() -> None:
    if os.environ.get("UPDATE_GOLDENS"):
        return  # those of the tasks that are chosen with -k are written below
    assert {path.name for path in GOLDEN.iterdir()} == {f"{task.name}.txt" for task in ALL}


@by_task
def test_every_template_makes_of_every_sample_row_what_its_golden_shows(task: Task) -> None:
    path = GOLDEN / f"{task.name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        path.write_bytes(golden(task).encode())
    kept = path.read_bytes().decode()
    # pytest's own comparison of texts as long as these takes minutes
    assert list(unified_diff(kept.split("\n"), golden(task).split("\n"), lineterm="", n=0)) == []


@by_task
def test_a_golden_covers_every_split_row_and_template_and_every_declared_drop(task: Task) -> None:
    shown: dict[tuple[str, str], Counter[str]] = {}
    reasons: Counter[str] = Counter()
    split = ""
    for line in (GOLDEN / f"{task.name}.txt").read_text("utf-8").split("\n"):
        if line.startswith("==== "):
            split = line.split("/")[1]
        elif named := re.fullmatch(r"-- (\w+)(?:: left out, (.+))?", line):
            counts = shown.setdefault((split, named[1]), Counter())
            own = named[2] in task.template(named[1]).drops
            counts["refused" if own else "left out" if named[2] else "rendered"] += 1
            reasons[named[2] or ""] += 1
    assert set(shown) == {
        (split, template.name) for split in task.splits for template in task.templates
    }
    sizes = Counter(origin.split for origin, _, _ in sample_rows(task.name))
    for (split, template), counts in shown.items():
        assert sum(counts.values()) == sizes[split], template
        assert sizes[split] >= 10, f"{split}: write at least ten sample rows"
        assert counts["rendered"] > counts["left out"], f"{split}: most rows are to be rendered"
    assert {*task.drops, *(why for each in task.templates for why in each.drops)} <= set(reasons)
    assert any(reason.startswith("null ") for reason in reasons)


@by_task
def test_all_renders_what_each_template_renders_alone(task: Task) -> None:
    together: list[dict[str, Any]] = []
    alone: list[dict[str, Any]] = []
    for origin, group in groupby(sample_rows(task.name), key=lambda row: row[0]):
        _, numbers, batches = zip(*group, strict=True)
        batch = pa.concat_batches(batches)
        binding = bound(task.name, batch.schema, "all")
        together += render(binding, batch, np.array(numbers), origin)[0].to_pylist()
        for template in task.templates:
            binding = bound(task.name, batch.schema, template.name)
            made = render(binding, batch, np.array(numbers), origin)[0].to_pylist()
            alone += [{**row, "id": f"{row['id']}#{template.name}"} for row in made]
    together, alone = (sorted(rows, key=itemgetter("id")) for rows in (together, alone))
    assert together == alone
    assert len({row["id"] for row in together}) == len(together)
    assert len(together) > 100, "write some more sample rows"
