"""The rows of a place in a row format, to a file or a folder of anybody's.

Beside the target a folder ``TARGET.partial`` holds what is written; the target has its name once
all of it is whole. A delivery that was killed goes on after the last split that it finished.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from mixbuild.core import (
    PARTIAL,
    SCHEMA,
    ContentDigest,
    UsageError,
    VerifyError,
    ahead,
    explained_output,
    hash_code,
    mutex,
    one_of,
    plain,
    sync_folder,
    write_whole,
)
from mixbuild.declare import RowFormat
from mixbuild.publish.containers import CONTAINERS, PARQUET, Written, container_of, expect_writer
from mixbuild.publish.formats import columns_of, few, lay, openings
from mixbuild.publish.manifest import PublishedSplit
from mixbuild.publish.parquet import row_groups
from mixbuild.publish.place import Place

DECISIVE = (
    "core",
    "curate/mapped.py",
    "curate/removal.py",
    "curate/selection.py",
    "declare/row_format.py",
    "declare/template.py",
    "publish/formats",
    "publish/parquet.py",
    "publish/containers.py",
    "publish/delivery.py",
    "publish/shards.py",
)
"""The rooms and modules whose text decides the bytes of delivered files."""


@dataclass(frozen=True)
class Delivered:
    """How many rows of a config's split lie in a file of what was delivered."""

    config: str
    split: str
    rows: int
    path: Path


def deliver(
    place: Place,
    to: Path,
    asked: RowFormat,
    *,
    container: str | None = None,
    columns: Sequence[str] | None = None,
    configs: Sequence[str] = (),
    splits: Sequence[str] = (),
    report: Callable[[int, int], None] = lambda *_: None,
) -> list[Delivered]:
    """Write rows to a file, or to a folder with a folder for each config and a file for each split.

    Args:
        place: whose rows.
        to: a file, which is named by its container, or a folder. It is not there yet.
        asked: the row format.
        container: one of ``CONTAINERS``; None for that of the file's name, or Parquet.
        columns: which go along beside the texts; all that the format has where None.
        configs: only these; all when empty.
        splits: only these; all when empty.
        report: called with (splits done, splits in all).

    Raises:
        UsageError: the target is there, or what is asked for is not there.
        OutputError: it cannot be written.
        VerifyError, SourceError: the rows cannot be read, or are not what the manifest says.
    """
    named = container_of(to)
    chosen = _container(to, named, container)
    expect_writer(chosen)
    wanted = list(_wanted(place, configs, splits))
    schema = _columns(asked, columns)
    if to.exists():
        raise UsageError(f"{to}: is there already; delete it, or choose another --to")
    work = to.with_name(f"{to.name}.partial")
    rows = work / "rows"
    key = _key(place, wanted, asked, schema, chosen)
    files = {
        (config, split): rows / to.name
        if named
        else rows / config / f"{split}-00000-of-00001.{chosen}"
        for config, split in wanted
    }
    with (
        mutex(work, option="--to"),
        explained_output(to, option="--to"),
        _finished_kept(work, rows),
    ):
        held = work / "key"
        of_this = held.is_file() and held.read_bytes() == key.encode()
        if rows.exists() and not of_this:
            shutil.rmtree(rows)
        for begun in rows.rglob(f"*{PARTIAL}"):
            begun.unlink()
        write_whole(held, key)
        done: list[Delivered] = []
        report(0, len(wanted))
        for path in dict.fromkeys(files.values()):
            parts = [each for each in wanted if files[each] == path]
            if named or not path.is_file():
                with Written(path, schema, chosen, few=few(asked)) as written:
                    for number, (config, split) in enumerate(parts, len(done) + 1):
                        for group in _groups(place, config, split, asked, schema):
                            written.write(group)
                        report(number, len(wanted))
            done += [
                Delivered(config, split, place.config(config).splits[split].rows, path)
                for config, split in parts
            ]
            report(len(done), len(wanted))
        _put(rows / to.name if named else rows, to)
    return [
        Delivered(
            each.config,
            each.split,
            each.rows,
            to if named else to / each.path.relative_to(rows),
        )
        for each in done
    ]


def _container(to: Path, named: str | None, asked: str | None) -> str:
    if asked is not None and asked not in CONTAINERS:
        raise UsageError(one_of("container", asked, CONTAINERS))
    if named and asked and named != asked:
        raise UsageError(f"{to}: is named like {named}, got --container {asked}; leave one out")
    return named or asked or PARQUET


def _wanted(
    place: Place, configs: Sequence[str], splits: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The splits that are asked for, in the order of the manifest, without those of no rows."""
    for name in configs:
        place.config(name)
    chosen = {name: each for name, each in place.configs.items() if not configs or name in configs}
    known = list(dict.fromkeys(split for each in chosen.values() for split in each.splits))
    for split in splits:
        if split not in known:
            raise UsageError(f"{place.label}: {one_of('split', split, known)}")
    for name, each in chosen.items():
        for split, entry in each.splits.items():
            if entry.rows and (not splits or split in splits):
                yield name, split


def _columns(asked: RowFormat, chosen: Sequence[str] | None) -> pa.Schema:
    """The format's columns, or of those beside its texts only the chosen ones."""
    schema = columns_of(asked)
    if chosen is None:
        return schema
    texts = schema.names[: schema.names.index("references")]
    along = [name for name in schema.names if name not in texts]
    for name in chosen:
        if name not in along:
            raise UsageError(one_of("column", name, along))
    return pa.schema([field for field in schema if field.name in (*texts, *chosen)])


@contextmanager
def _finished_kept(work: Path, rows: Path) -> Iterator[None]:
    """Leave nothing but finished files for the same command to go on with."""
    try:
        yield
    finally:
        if not any(path.is_file() for path in rows.rglob("*")):
            shutil.rmtree(work, ignore_errors=True)


def _put(written: Path, to: Path) -> None:
    """Give what is written its name, durably, or leave it where it is."""
    written.replace(to)
    try:
        sync_folder(to.absolute().parent)
    except OSError:
        to.replace(written)  # the same command goes on from there
        raise


def _key(
    place: Place,
    wanted: Sequence[tuple[str, str]],
    asked: RowFormat,
    schema: pa.Schema,
    container: str,
) -> str:
    """A hash of all that the files depend on."""
    entries = [plain(place.config(config).splits[split]) for config, split in wanted]
    parts = [hash_code(*DECISIVE), wanted, entries, plain(asked), schema.names, container]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _groups(
    place: Place, config: str, split: str, asked: RowFormat, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """A split's rows in the row format, cut by the rows alone; laid out while one is written."""
    known = openings(place.config(config).texts)
    groups = row_groups(_proven(place, config, split))
    yield from ahead(
        (lay(group, asked, known).select(schema.names) for group, _ in groups), depth=1
    )


def _proven(place: Place, config: str, split: str) -> Iterator[pa.RecordBatch]:
    """The rows of a split, those of a repo against their digest.

    A folder's are compared shard by shard by whoever reads them.
    """
    entry = place.config(config).splits[split]
    digest = ContentDigest(SCHEMA)
    for batch in place.rows(config, split):
        rows = pa.RecordBatch.from_arrays(batch.columns, schema=SCHEMA)
        if isinstance(entry, PublishedSplit):
            digest.update(rows)
        yield rows
    if isinstance(entry, PublishedSplit) and digest.hexdigest() != entry.content_digest:
        raise VerifyError(
            f"{place.label}: {config}/{split}: expected rows with the content digest "
            f"{entry.content_digest}, got {digest.hexdigest()}; try again"
        )
