"""What a dataset is that no task declares yet: its columns, splits, licence and first rows."""

from __future__ import annotations

import gc
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mixbuild.core import SourceError, explained, split_front_matter
from mixbuild.declare import Path as ColumnPath
from mixbuild.declare import Source
from mixbuild.sources.hub import CARD, find_repo, read_card, read_repo_file
from mixbuild.sources.legend import names_in, to_card
from mixbuild.sources.location import Place
from mixbuild.sources.read import read
from mixbuild.sources.resolve import explore
from mixbuild.sources.survey import look_at_source

ROWS = 100
"""How many rows of each split are looked at."""


@dataclass(frozen=True)
class Probed:
    """What was found.

    Attributes:
        where: it was read from, ``repo@commit`` or a folder.
        config: the name of its config; None for the only one or the default.
        schema: its columns, in Arrow's types.
        class_names: the names of the classes whose numbers a column holds.
        features: the columns as a card lists them.
        rows: the first of each split that has any.
        licence: as its card says; empty where it does not.
        languages: likewise.
        citation: the BibTeX on its card; empty where there is none.
    """

    where: str
    config: str | None
    schema: pa.Schema
    class_names: Mapping[ColumnPath, tuple[str, ...]]
    features: list[dict[str, object]]
    rows: Mapping[str, list[dict[str, object]]]
    licence: str
    languages: tuple[str, ...]
    citation: str


def probe(
    declared: Source, source: str | None = None, *, name: str, follow_links: bool = False
) -> Probed:
    """Look at a dataset, through the door that ``make`` takes.

    Args:
        declared: its repo and its config.
        source: as of ``resolve``.
        name: the task's that will be.
        follow_links: as of ``resolve``.

    Raises:
        SourceError: it cannot be reached or read, has moved, is gated, is a script, or has several
            configs of which none is named; or its card's metadata is no YAML.
    """
    if source is None:  # says what would only fail to load
        look_at_source(declared.repo, declared.revision)
    found = explore(declared, source, name=name, follow_links=follow_links)
    rows = {}
    for split, runs in found.runs.items():
        columns = [(each,) for each in found.schema.names]
        batches = (batch for run in runs for _, batch in read(run, columns, schema=found.schema))
        if (first := next(batches, None)) is not None:
            rows[split] = first.slice(0, ROWS).to_pylist()
        batches.close()
    gc.collect()  # a stream that is left before its end can abort the process at exit
    place = found.place
    if not rows:
        raise SourceError(f"{place.label}: expected rows, got none in any split; look at its files")
    with explained(f"{place.label}: {CARD}"):
        card = _card(place)
    about = read_card(card, where=f"{place.label}: {CARD}")
    _, text = split_front_matter(card.decode("utf-8", errors="replace"))
    return Probed(
        place.label,
        declared.config or (None if place.config == "default" else place.config),
        found.schema,
        names_in(found.schema),
        to_card(found.schema),
        rows,
        ", ".join(_listed(about.get("license"))),
        tuple(_listed(about.get("language"))),
        citation(text),
    )


def _card(place: Place) -> bytes:
    """The card's text; empty where it has none."""
    if place.revision is None:
        path = Path(place.path, CARD)
        return path.read_bytes() if path.is_file() else b""
    return read_repo_file(find_repo(place.path, place.revision), CARD) or b""


def _listed(value: object) -> list[str]:
    """What a card says once or several times."""
    return [str(each) for each in (value if isinstance(value, list) else [value] if value else [])]


def citation(card: str) -> str:
    r"""The first BibTeX entry of a text.

    >>> citation("Cite:\n```bibtex\n@misc{a, title={B {C}}}\n```")
    '@misc{a, title={B {C}}}'
    """
    found = re.search(r"^\s*(@[a-zA-Z]+\{.*)", card, re.MULTILINE | re.DOTALL)
    text, depth = found[1] if found else "", 0
    for at, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "}" and not depth:
            return text[: at + 1]
    return ""
