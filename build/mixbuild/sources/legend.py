"""What a source says of its columns besides the rows: types on its card, and the names of classes.

The names of classes are kept with a column, in the metadata of its Arrow field, so that whoever
reads its codes knows what they stand for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from mixbuild.core import SourceError
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources.types import plain

CLASS_NAMES = b"class_names"
"""The key in a field's metadata under which the names of 0, of 1 and so on are: a JSON list."""

SPELLED = {pa.float64(): "float64", pa.float32(): "float32", pa.float16(): "float16"}
"""Types that Arrow shows by other names than those which cards have."""


@dataclass(frozen=True)
class Said:
    """What one file, or the card, says of the columns.

    Attributes:
        by: the file, for errors.
        types: of each column, plain.
        names: of classes, by column or field within a struct column.
    """

    by: str
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    names: Mapping[ColumnPath, tuple[str, ...]] = field(default_factory=dict)


def of_card(features: object, *, where: str) -> Said:
    """What the ``features`` of a card's ``dataset_info`` say, as they stand in its YAML.

    >>> label = {"name": "label", "dtype": {"class_label": {"names": {"0": "neg", "1": "pos"}}}}
    >>> said = of_card([{"name": "text", "dtype": "string"}, label], where="README.md")
    >>> said.types, said.names
    ({'text': DataType(string), 'label': DataType(int64)}, {('label',): ('neg', 'pos')})

    Raises:
        SourceError: it lists class names by numbers that are not 0, 1 and so on.
    """
    types: dict[str, pa.DataType] = {}
    names: dict[ColumnPath, tuple[str, ...]] = {}
    for each in features if isinstance(features, list) else ():
        if not isinstance(each, dict) or "name" not in each:
            continue
        name = str(each["name"])
        kind = _type(each)
        if kind is not None:
            types[name] = plain(kind)
        for path, labels in _labels(each, (name,)):
            names[path] = _in_order(labels, where)
    return Said("the card", types, names)


def _type(feature: Mapping[str, object]) -> pa.DataType | None:
    """The Arrow type of a feature; None for what is no plain column, such as an image."""
    if "struct" in feature:
        return _struct(feature["struct"])
    for key in ("list", "large_list", "sequence"):
        if key in feature:
            return _list(feature[key], by_column=key == "sequence")
    kind = feature.get("dtype")
    if isinstance(kind, dict):
        if "class_label" in kind:
            return pa.int64()
        languages = (kind.get("translation") or {}).get("languages")
        return pa.struct(dict.fromkeys(languages, pa.string())) if languages else None
    try:
        return pa.type_for_alias(str(kind))
    except ValueError:
        return None


def _struct(features: object) -> pa.DataType | None:
    if not isinstance(features, list) or not all(isinstance(each, dict) for each in features):
        return None
    kinds = {str(each.get("name")): _type(each) for each in features}
    return None if None in kinds.values() else pa.struct(kinds)


def _list(item: object, *, by_column: bool) -> pa.DataType | None:
    """A list; of structs, a ``sequence`` is a struct of lists, as ``datasets`` has it."""
    if isinstance(item, list):
        inner = _struct(item)
        if inner is not None and by_column:
            return pa.struct({each.name: pa.list_(each.type) for each in inner})
    else:
        inner = _type(item if isinstance(item, dict) else {"dtype": item})
    return None if inner is None else pa.list_(inner)


def _labels(feature: Mapping[str, object], path: ColumnPath) -> Iterator[tuple[ColumnPath, object]]:
    kind = feature.get("dtype")
    label = kind.get("class_label") if isinstance(kind, dict) else None
    if isinstance(label, dict) and label.get("names"):
        yield path, label["names"]
    inner = feature.get("struct")
    for each in inner if isinstance(inner, list) else ():
        if isinstance(each, dict):
            yield from _labels(each, (*path, str(each.get("name"))))


def _in_order(names: object, where: str) -> tuple[str, ...]:
    if isinstance(names, list):
        return tuple(map(str, names))
    found = (
        {str(number): str(name) for number, name in names.items()}
        if isinstance(names, dict)
        else {}
    )
    if not found or found.keys() != {str(number) for number in range(len(found))}:
        raise SourceError(
            f"{where}: expected class names for the numbers 0, 1 and so on, got {names!r}; "
            f"correct the card"
        )
    return tuple(found[str(number)] for number in range(len(found)))


def of_arrow(schema: pa.Schema, *, by: str) -> Said:
    """What a file of Parquet or Arrow says: its columns, and what ``datasets`` wrote beside them.

    A column of which there are several of one name is left out.
    """
    types = {each.name: plain(each.type) for each in schema if schema.names.count(each.name) == 1}
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError, RecursionError):
        features = {}
    return Said(by, types, dict(_written(features)))


def _written(
    features: object, above: ColumnPath = ()
) -> Iterator[tuple[ColumnPath, tuple[str, ...]]]:
    if not isinstance(features, dict):
        return
    for name, each in features.items():
        if not isinstance(each, dict):
            continue
        if each.get("_type") == "ClassLabel":
            if isinstance(names := each.get("names"), list) and names:
                yield (*above, str(name)), tuple(map(str, names))
        elif not isinstance(each.get("_type"), str):
            yield from _written(each, (*above, str(name)))


def with_names(
    types: Mapping[str, pa.DataType], names: Mapping[ColumnPath, Iterable[str]]
) -> pa.Schema:
    """A schema whose integers carry the names of their classes.

    >>> schema = with_names({"label": pa.int64()}, {("label",): ("neg", "pos")})
    >>> schema.field("label").metadata
    {b'class_names': b'["neg", "pos"]'}
    """
    return pa.schema([_named(name, kind, (name,), names) for name, kind in types.items()])


def _named(
    name: str, kind: pa.DataType, path: ColumnPath, names: Mapping[ColumnPath, Iterable[str]]
) -> pa.Field:
    if pa.types.is_struct(kind):
        inner = [_named(each.name, each.type, (*path, each.name), names) for each in kind]
        return pa.field(name, pa.struct(inner))
    if path in names and pa.types.is_integer(kind):
        return pa.field(name, kind, metadata={CLASS_NAMES: json.dumps(list(names[path])).encode()})
    return pa.field(name, kind)


def names_in(
    fields: pa.Schema | pa.StructType, above: ColumnPath = ()
) -> dict[ColumnPath, tuple[str, ...]]:
    """By column, or field within a struct column, the names of classes that its field has."""
    found: dict[ColumnPath, tuple[str, ...]] = {}
    for each in fields:
        path = (*above, each.name)
        if names := (each.metadata or {}).get(CLASS_NAMES):
            found[path] = tuple(json.loads(names))
        if pa.types.is_struct(each.type):
            found |= names_in(each.type, path)
    return found


def to_card(fields: pa.Schema | pa.StructType) -> list[dict[str, object]]:
    """The columns as a card lists them, which ``of_card`` reads.

    >>> schema = with_names({"a": pa.list_(pa.int8()), "b": pa.int64()}, {("b",): ("no", "yes")})
    >>> for column in to_card(schema):
    ...     print(column)
    {'name': 'a', 'list': 'int8'}
    {'name': 'b', 'dtype': {'class_label': {'names': {'0': 'no', '1': 'yes'}}}}
    """
    listed = []
    for each in fields:
        told = _spelled(each.type)
        if names := (each.metadata or {}).get(CLASS_NAMES):
            by_number = {str(number): name for number, name in enumerate(json.loads(names))}
            told = {"dtype": {"class_label": {"names": by_number}}}
        listed.append({"name": each.name, **told})
    return listed


def _spelled(kind: pa.DataType) -> dict[str, object]:
    if pa.types.is_struct(kind):
        return {"struct": to_card(kind)}
    if pa.types.is_list(kind):
        inner = _spelled(kind.value_type)
        return {"list": inner.get("dtype", inner)}
    return {"dtype": SPELLED.get(kind, str(kind))}
