"""Made-up rows in a source's schema, for the author to replace: nothing of the source itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
import yaml

from mixbuild.author.new.guess import Guess
from mixbuild.declare import Path
from mixbuild.sources import Probed

ROWS = 12
"""In each split; the least that a golden says something with."""

NULL, BRACES, OTHERS = 9, 10, 11
"""The rows that are awkward on purpose: every source has such."""

ITEMS = 2
"""In a made-up list."""


def card(repo: str, probed: Probed, splits: Sequence[str]) -> str:
    """The samples' README.md: how ``datasets`` is to read them."""
    config = probed.config or "default"
    about = {
        "license": "cc0-1.0",
        "configs": [
            {
                "config_name": config,
                "default": True,
                "data_files": [{"split": each, "path": f"{each}.jsonl"} for each in splits],
            }
        ],
        "dataset_info": {"config_name": config, "features": probed.features},
    }
    head = yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=1000)
    return (
        f"---\n{head}---\n"
        f"Hand-written rows in the schema of `{repo}`; not one of them is from it. "
        f"CC0: do as you please with them.\n"
        f"TODO: say which of the rows are awkward on purpose.\n"
    )


def rows(probed: Probed, guessed: Guess, split: str) -> str:
    """A split's rows, a JSON object each."""
    first = _first_text(probed.schema, guessed)
    classes = {path: range(len(names)) for path, names in probed.labels.items()}
    values = {**classes, **guessed.values}
    lines = []
    for number in range(ROWS):
        row = dict(_fields(probed.schema, (), number, values, f"{split} {number + 1}"))
        if number == NULL and first:
            row[first] = None
        lines.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
    return "\n".join(lines) + "\n"


def _first_text(schema: pa.Schema, guessed: Guess) -> str | None:
    """The column whose null leaves a row out."""
    names = [field.name for field in schema if pa.types.is_string(field.type)]
    return next((name for name in names if name in guessed.inputs), None)


def _fields(
    fields: pa.Schema | pa.StructType,
    above: Path,
    number: int,
    values: Mapping[Path, Sequence[Any]],
    mark: str,
) -> Iterator[tuple[str, Any]]:
    for each in fields:
        path = (*above, each.name)
        if pa.types.is_struct(each.type):
            yield each.name, dict(_fields(each.type, path, number, values, mark))
        elif known := values.get(path):
            yield each.name, known[number % len(known)]
        else:
            yield each.name, _made_up(each.type, number, f"TODO {each.name} {mark}")


def _made_up(kind: pa.DataType, number: int, text: str) -> Any:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        more = {BRACES: " with {braces} and [OUTPUT]: in it", OTHERS: " — пример, 例文, مثال "}
        return text + more.get(number, "")
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = kind.value_type
        return [_made_up(inner, number, f"{text}.{each + 1}") for each in range(ITEMS)]
    if pa.types.is_struct(kind):
        return dict(_fields(kind, (), number, {}, text.partition(" ")[2]))
    if pa.types.is_boolean(kind):
        return bool(number % 2)
    if pa.types.is_integer(kind):
        return number
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return number + 0.5
    if pa.types.is_temporal(kind):
        return datetime(2024, 1, 1 + number, tzinfo=timezone.utc).isoformat()
    return None
