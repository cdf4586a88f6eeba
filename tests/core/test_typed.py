"""JSON of strangers as frozen types: what is known is typed, the rest is kept, faults are named."""

from __future__ import annotations

import json
import pickle
from typing import Annotated

import msgspec
import pytest
from mixbuild.core import Count, ManifestError, Record, dump_json, parse_json, plain, typed

HOW = {"where": "m.json", "remedy": "run make again"}


class Shard(Record, frozen=True):
    path: str
    rows: Count


class OfTask(Record, frozen=True, tag_field="kind", tag="task"):
    task: str


class Config(Record, frozen=True):
    made_of: OfTask
    shards: tuple[Shard, ...]
    note: str | None = None


class Manifest(Record, frozen=True):
    configs: dict[Annotated[str, msgspec.Meta(pattern="^[a-z]+$")], Config]


def decoded(text: str | bytes) -> Manifest:
    content = text.encode() if isinstance(text, str) else text
    raw = parse_json(content, **HOW, error=ManifestError)
    return typed(raw, Manifest, **HOW, error=ManifestError)


def document(**shard: object) -> dict[str, object]:
    listed = {"path": "a", "rows": 1} | shard
    made_of = {"kind": "task", "task": "a"}
    one = {"made_of": made_of, "shards": [listed]}
    return {"configs": {"b": one | {"shards": []}, "a": one}}


def test_what_a_newer_version_wrote_is_written_again_at_its_place() -> None:
    raw = document(new={"deep": [1, {"er": None}]}) | {"extra": 3}
    raw["configs"]["a"] |= {"other": "é"}  # type: ignore[index]
    raw["configs"]["a"]["made_of"] |= {"since": 2}  # type: ignore[index]
    found = decoded(json.dumps(raw))
    assert found.configs["a"].shards == (Shard("a", 1, extra={"new": {"deep": [1, {"er": None}]}}),)
    assert found.extra == {"extra": 3}
    again = dump_json(found)
    assert decoded(again) == found == pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    for config in raw["configs"].values():  # type: ignore[attr-defined]
        config["note"] = None
    assert json.loads(again) == raw == plain(found)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ([], "expected object, got []"),
        ({}, "expected the field configs, got none"),
        ({"configs": [1]}, "configs: expected object, got [1]"),
        (
            {"configs": {"A b": {}}},
            "configs.'A b': expected str matching regex '^[a-z]+$', got 'A b'",
        ),
        (document(rows="3"), "configs.a.shards.0.rows: expected int, got '3'"),
        (document(rows=True), "configs.a.shards.0.rows: expected int, got True"),
        (document(rows=-1), "configs.a.shards.0.rows: expected int >= 0, got -1"),
        (
            document(rows=10**70),
            "configs.a.shards.0.rows: expected int <= 9223372036854775807, got "
            "100000000000000000000000000000 […] 000000000000000000000000000000",
        ),
        (
            document(path=["x" * 99]),
            f"configs.a.shards.0.path: expected str, got ['{'x' * 28} […] {'x' * 28}']",
        ),
        (
            {"configs": {"a": {"made_of": {"kind": "selection"}, "shards": []}}},
            "configs.a.made_of.kind: expected what this version knows, got 'selection'",
        ),
        (
            {"configs": {"a": {"made_of": {"kind": "task"}, "shards": []}}},
            "configs.a.made_of: expected the field task, got none",
        ),
    ],
)
def test_a_fault_is_one_line_that_names_the_field(raw: object, fault: str) -> None:
    with pytest.raises(ManifestError) as caught:
        decoded(json.dumps(raw))
    assert str(caught.value) == f"m.json: {fault}; run make again"


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "something else (Input data was truncated)"),
        (b'{"a": 1', "something else (Input data was truncated)"),
        (b"\xff", "something else (JSON is malformed: invalid character (byte 0))"),
        (b"[1] 2", "something else (JSON is malformed: trailing characters (byte 5))"),
        (b"[" * 100_000, "more than 64 lists and objects within one another"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "more than 64 lists and objects within one another"),
        (b"9" * 5_000, "something else (Integer value out of range)"),
    ],
)
def test_bytes_that_are_no_json_of_ours_are_one_line(content: bytes, got: str) -> None:
    with pytest.raises(ManifestError) as caught:
        decoded(content)
    assert str(caught.value) == f"m.json: expected JSON, got {got}; run make again"
