"""What a source's files hold: their columns, unified over all, and the runs of their rows."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import pyarrow as pa

from mixbuild.core import SourceError, explained
from mixbuild.declare import Task
from mixbuild.sources.columns import classes_of, decide, unify
from mixbuild.sources.formats import arrow, delimited, parquet, records
from mixbuild.sources.formats.dialect import dialect_of, encoding_of
from mixbuild.sources.legend import Said, of_arrow
from mixbuild.sources.location import Place, Run

Files = Mapping[str, Sequence[str]]
"""By the source's split, the names of its files."""


def look(
    place: Place, files: Files, *, card: Said, task: Task | None
) -> tuple[pa.Schema, dict[str, tuple[Run, ...]]]:
    """The columns of a source's files, and by split the runs of their rows.

    Args:
        place: where they are.
        files: all that decide the columns.
        card: what the source's card says of the columns.
        task: which columns matter, and what is to become of them; None where nothing is known yet.

    Raises:
        SourceError: a file cannot be read, or there is no row.
        SchemaError: the files disagree about what the task reads.
    """
    runs = {split: tuple(Run(place, split, name) for name in each) for split, each in files.items()}
    if place.format == "parquet":
        footers = {split: list(parquet.look(place, each)) for split, each in files.items()}
        said = [said for each in footers.values() for _, _, said in each]
        runs = {
            split: tuple(parquet.runs(place, split, [(name, footer) for name, footer, _ in each]))
            for split, each in footers.items()
        }
    else:
        classes = classes_of(task)
        said = [_peek(place, name, classes) for each in files.values() for name in each]
    if place.format in ("parquet", "arrow"):
        return unify([*said, Said(card.by, {}, card.names)], task, where=place.label), runs
    if not card.types and not any(each.types for each in said):
        raise SourceError(
            f"{place.label}: expected rows, got none in any of {', '.join(files)}; look at "
            f"its files"
        )
    return decide(said, card, task), runs


def _peek(place: Place, name: str, classes: Container[str]) -> Said:
    """A file's columns, and the types that they have, or that its first rows suggest, if any."""
    where, address = f"{place.label}: {name}", place.address(name)
    with explained(where):
        if place.format == "arrow":
            return of_arrow(arrow.schema_of(address), by=name)
        if place.format == "json":
            field, encoding = place.options.get("field"), encoding_of(place)
            return Said(name, records.peek(address, field, encoding=encoding, where=where))
        return Said(name, delimited.peek(address, dialect_of(place), classes, where=where))
