"""Made-up rows in a source's schema, for the author to replace: nothing of the source itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone

import pyarrow as pa

from mixbuild.author.new.guess import Guess
from mixbuild.core import dump_yaml
from mixbuild.declare import Path
from mixbuild.sources import Probed

ROWS = 12
"""In each split; the least that a golden says something with."""

NULL, BRACES, OTHERS = 9, 10, 11
"""The rows that are awkward on purpose: every source has such."""

ITEMS = 2
"""In a made-up list."""


def card(repo: str, probed: Probed, splits: Sequence[str]) -> str:
    """The samples' README.md: which files are which split, and the columns' types."""
    config = probed.config or "default"
    files = [{"split": each, "path": f"{each}.jsonl"} for each in splits]
    about = {
        "license": "cc0-1.0",
        "configs": [{"config_name": config, "default": True, "data_files": files}],
        "dataset_info": {"config_name": config, "features": probed.features},
    }
    return (
        f"---\n{dump_yaml(about)}---\n"
        f"Hand-written rows in the schema of `{repo}`; not one of them is from it. "
        f"CC0: do as you please with them.\n"
        f"TODO: say which of the rows are awkward on purpose.\n"
    )


def rows(probed: Probed, guessed: Guess, split: str) -> str:
    """A split's rows, a JSON object each."""
    texts = [each.name for each in probed.schema if pa.types.is_string(each.type)]
    nulled = next((each for each in texts if each in guessed.inputs), None)
    classes = {path: range(len(names)) for path, names in probed.class_names.items()}
    values = {path: each for path, each in {**classes, **guessed.values}.items() if each}
    lines = []
    for number in range(ROWS):
        row = dict(_fields(probed.schema, (), number, values, f"{split} {number + 1}"))
        if number == NULL and nulled:
            row[nulled] = None
        lines.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines)


def _fields(
    fields: pa.Schema | pa.StructType,
    above: Path,
    number: int,
    values: Mapping[Path, Sequence[object]],
    mark: str,
) -> Iterator[tuple[str, object]]:
    for each in fields:
        path = (*above, each.name)
        if pa.types.is_struct(each.type):
            yield each.name, dict(_fields(each.type, path, number, values, mark))
        elif known := values.get(path):
            yield each.name, known[number % len(known)]
        else:
            yield each.name, _made_up(each.type, number, f"TODO {each.name} {mark}")


def _made_up(kind: pa.DataType, number: int, text: str) -> object:
    if pa.types.is_string(kind):
        more = {BRACES: " with {braces} and [OUTPUT]: in it", OTHERS: " — пример, 例文, مثال "}
        return text + more.get(number, "")
    if pa.types.is_list(kind):
        return [_made_up(kind.value_type, number, f"{text}.{each + 1}") for each in range(ITEMS)]
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
