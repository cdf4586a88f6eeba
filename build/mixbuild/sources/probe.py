"""What a dataset is that no task declares yet: its columns, splits, licence and first rows."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import yaml

from mixbuild.core import SourceError, UsageError, explained, one_of, patiently
from mixbuild.declare import Path as ColumnPath
from mixbuild.sources import streamed
from mixbuild.sources.hub import CARD
from mixbuild.sources.location import Place
from mixbuild.sources.resolve import on_hub
from mixbuild.sources.survey import look_at_source

if TYPE_CHECKING:
    from datasets import DatasetBuilder, Features

ROWS = 100
"""How many rows of each split are looked at."""


@dataclass(frozen=True)
class Probed:
    """What was found.

    Attributes:
        where: it was read from, ``repo@commit`` or a folder.
        config: the name of its config; None for the only one or the default.
        schema: its columns, in Arrow's types.
        labels: the names of class labels, by column.
        features: the columns as a card lists them.
        rows: the first of each split.
        licence: as its card says; empty where it does not.
        languages: likewise.
        citation: the BibTeX on its card; empty where there is none.
    """

    where: str
    config: str | None
    schema: pa.Schema
    labels: Mapping[ColumnPath, tuple[str, ...]]
    features: list[dict[str, Any]]
    rows: Mapping[str, list[dict[str, Any]]]
    licence: str
    languages: tuple[str, ...]
    citation: str


def probe(repo: str, *, config: str | None = None, source: str | None = None) -> Probed:
    """Look at a dataset.

    Args:
        repo: its id on the Hub.
        config: the name of its config, where it has several.
        source: a folder that holds it, or another repo as ``org/name[@revision]``.

    Raises:
        UsageError: it has several configs and none is named, or no such config.
        SourceError: it cannot be reached or read, has moved, is gated, or is a script.
    """
    place = _find(repo, config, source)
    with explained(place.label):
        card = _card(place)
        builder = _builder(place, mirror=source is not None)
        features, rows = _first_rows(builder)
    found = "" if builder.config.name == "default" else builder.config.name
    if features is None:
        raise SourceError(f"{place.label}: expected rows, got none in any split; look at its files")
    about = _front_matter(card)
    return Probed(
        place.label,
        config or found or None,
        features.arrow_schema,
        dict(_labels(features)),
        features._to_yaml_list(),  # as datasets itself writes it into cards
        rows,
        ", ".join(_listed(about.get("license"))),
        tuple(_listed(about.get("language"))),
        _citation(card),
    )


def _find(repo: str, config: str | None, source: str | None) -> Place:
    if source is not None and Path(source).expanduser().is_dir():
        return Place(str(Path(source).expanduser().resolve()), config, None)
    named, _, revision = (source or repo).partition("@")
    if not re.fullmatch(r"\w[\w.-]*/\w[\w.-]*", named) or (source and Path(source).exists()):
        raise SourceError(
            f"{named}: expected a folder that exists, or a repo like 'org/name'; check the name"
        )
    place = on_hub(named, config, revision or "main")
    look_at_source(named, place.revision or "main")  # says what datasets would only fail to load
    return place


def _builder(place: Place, *, mirror: bool) -> DatasetBuilder:
    try:
        return streamed.builder_of(place, mirror=mirror)
    except ValueError as error:
        listed = re.search(r"(?:configs|Available): \[(.*?)\]", str(error))
        if listed is None:
            raise
        names = re.findall(r"'(.*?)'", listed[1])
        if place.config is None:
            raise UsageError(
                f"{place.label}: has several configs; name one with --config: {', '.join(names)}"
            ) from None
        raise UsageError(f"{place.label}: {one_of('config', place.config, names)}") from None


def _first_rows(
    builder: DatasetBuilder,
) -> tuple[Features | None, dict[str, list[dict[str, Any]]]]:
    from datasets import Features

    features, rows = None, {}
    for split in map(str, builder.config.data_files or {}):
        try:
            dataset = streamed.stream(builder, split)
            tables = dataset.with_format("arrow").iter(batch_size=ROWS)
            table = patiently(tables.__next__)
        except StopIteration:  # raised by datasets itself, too, for a file without a line
            continue
        features = features or dataset.features or Features.from_arrow_schema(table.schema)
        rows[split] = table.to_pylist()
    # an iterator that is left before its end can abort the process at exit
    tables = dataset = None
    gc.collect()
    return features, rows


def _card(place: Place) -> str:
    """The text of its card; empty where it has none."""
    if place.revision is None:
        path = Path(place.path) / CARD
        return path.read_text("utf-8") if path.is_file() else ""
    from huggingface_hub import HfFileSystem

    address = f"datasets/{place.path}@{place.revision}/{CARD}"
    try:
        text: str = patiently(lambda: HfFileSystem().read_text(address, encoding="utf-8"))
    except FileNotFoundError:
        return ""
    return text


def _front_matter(card: str) -> dict[str, Any]:
    found = re.match(r"---\s*\n(.*?)\n---\s*(\n|$)", card, re.DOTALL)
    try:
        about = yaml.safe_load(found[1]) if found else None
    except yaml.YAMLError:  # datasets could load it; what it says besides is the author's to find
        about = None
    return about if isinstance(about, dict) else {}


def _listed(value: object) -> list[str]:
    """What a card says once or several times."""
    values = value if isinstance(value, list) else [value] if value else []
    return [str(each) for each in values]


def _citation(card: str) -> str:
    r"""The first BibTeX entry of a text.

    >>> _citation("Cite:\n```bibtex\n@misc{a, title={B {C}}}\n```")
    '@misc{a, title={B {C}}}'
    """
    found = re.search(r"^\s*(@[a-zA-Z]+\{)", card, re.MULTILINE)
    if found is None:
        return ""
    depth, start = 1, found.start(1)
    for at in range(found.end(), len(card)):
        depth += {"{": 1, "}": -1}.get(card[at], 0)
        if not depth:
            return card[start : at + 1]
    return ""


def _labels(
    features: Mapping[str, Any], above: ColumnPath = ()
) -> Iterator[tuple[ColumnPath, tuple[str, ...]]]:
    from datasets import ClassLabel

    for name, feature in features.items():
        path = (*above, name)
        if isinstance(feature, ClassLabel):
            yield path, tuple(feature.names)
        elif isinstance(feature, dict):
            yield from _labels(feature, path)
