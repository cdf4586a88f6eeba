"""A build's shards -> the files that are published, and what their manifest says of them.

One pass over a split writes its Parquet files and takes what only all of its rows together can
tell: the content digest, the lengths, an example. The files lie in ``out/.publish`` until they are
on the Hub, each split with a report of what it was made of, so that nothing is written twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TypeAlias

import msgspec
import pyarrow as pa
import xxhash

from mixbuild.core import (
    ContentDigest,
    Glance,
    Record,
    VerifyError,
    ahead,
    dump_json,
    explained_output,
    file_sha256,
    glance,
    parse_json,
    typed,
    write_whole,
)
from mixbuild.declare import PROMPT_COMPLETION
from mixbuild.publish.facts import Facts, Told
from mixbuild.publish.formats import columns_of, digest_of, few, lay, openings
from mixbuild.publish.manifest import ListedFile, PublishedSplit
from mixbuild.publish.parquet import Files, Finished, Group, metadata_of, row_groups
from mixbuild.publish.shards import read_shards
from mixbuild.publish.split import Split
from mixbuild.publish.tokens import TokenCounts

Offer: TypeAlias = Callable[[Path, str], None]
"""Called with a file that is written while others are to come, and with a name like its later one:
how many they are, which is part of its name, is not known yet."""


def export_split(split: Split, offer: Offer | None = None) -> PublishedSplit:
    """Write a split's files, unless they are there already.

    Args:
        split: which.
        offer: told of each file but the last one, once it is written.

    Returns:
        the split's entry in the published manifest.

    Raises:
        OutputError: the files cannot be written.
        VerifyError: a shard cannot be read, or is not what the build's manifest says.
    """
    if (found := exported(split)) is not None:
        return found
    with explained_output(split.report):
        begin(split)
        entry = _write(split, offer)
        settle(split, entry)
    return entry


def begin(split: Split) -> None:
    """Make a split's folder, and take out of it what an earlier export wrote."""
    report = split.report
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)  # before its files, so that it never speaks of others
    ours = (f".{split.file_format}", ".partial")  # the other format's files stay
    for old in report.parent.glob(f"{split.split}-*"):
        if old.suffix in ours:
            old.unlink()


def settle(split: Split, entry: PublishedSplit) -> None:
    """Report that a split's files are there, with what the published manifest says of them."""
    stamps = tuple(glance(split.folder / file.path) for file in entry.shards)
    digest = xxhash.xxh3_128_hexdigest(dump_json(entry).encode())
    write_whole(split.report, dump_json(_Report(split.key, entry, stamps, digest)))


def stamps(split: Split) -> Mapping[str, Glance]:
    """Of a split that was exported: by path, how each of its files lay when it was hashed.

    Raises:
        OutputError, VerifyError: the report cannot be read.
    """
    with explained_output(split.report):
        known = _read_report(split)
    return {file.path: stamp for file, stamp in zip(known.entry.shards, known.stamps, strict=True)}


class _Report(Record, frozen=True):
    """What an export reports: of what, the split's entry, how its files lay then, and a digest."""

    key: str
    entry: PublishedSplit
    stamps: tuple[Glance, ...]
    digest: str


def _read_report(split: Split) -> _Report:
    how = {"where": str(split.report), "remedy": "delete it, then push again"}
    raw = parse_json(split.report.read_bytes(), **how, error=VerifyError)
    return typed(raw, _Report, **how, error=VerifyError)


def exported(split: Split) -> PublishedSplit | None:
    """What an earlier export reported, if all of it is still there."""
    try:
        known = _read_report(split)
        digest = xxhash.xxh3_128_hexdigest(dump_json(known.entry).encode())
        whole = (known.key, known.digest) == (split.key, digest) and all(
            map(_is_there, repeat(split), known.entry.shards, known.stamps)
        )
    except (OSError, VerifyError, ValueError):
        return None
    return _as_built(split, known.entry) if whole else None


def _as_built(split: Split, entry: PublishedSplit) -> PublishedSplit:
    """A report's entry with the numbers of this build: a reason may have another name by now."""
    built = split.entry
    return msgspec.structs.replace(
        entry, rows_read=built.rows_read, rows=built.rows, drops=built.drops
    )


def _is_there(split: Split, file: ListedFile, stamp: Glance) -> bool:
    """Whether a file is what was exported: untouched since, or else with the same bytes."""
    now = glance(path := split.folder / file.path)
    return now == stamp or (now[0] == stamp[0] and file_sha256(path) == file.sha256)


def _write(split: Split, offer: Offer | None) -> PublishedSplit:
    """Read the split once, write its files, and find out what they hold."""
    facts, tokens = Facts(), TokenCounts(split.tokenizers, split.row_format)
    own = digest_of(split.row_format)
    groups = facts.noted(row_groups(read_shards(split.out, split.entry)))
    groups = tokens.noted(laid(split, groups))
    if not split.written:
        for _ in groups:
            pass
        shards = split.entry.shards if split.entry.rows else ()  # else none is loaded
        files = [
            ListedFile(shard.path, shard.rows, shard.bytes, file_sha256(split.out / shard.path))
            for shard in shards
        ]
        return entry_of(split, files, facts.told(), own, tokens)
    how = {"schema": metadata_of(columns_of(split.row_format)), "few": few(split.row_format)}
    with Files(split.report.parent, split.split, suffix=split.file_format, **how) as written:
        for group, size in ahead(groups, depth=1):  # noted while the last one is written
            if own is not None:
                own.update(group)
            if (full := written.write(group, size)) and offer:
                offer(full, later_name(split, full))
        return entry_of(split, listed(split, written.finish()), facts.told(), own, tokens)


def laid(split: Split, groups: Iterable[Group]) -> Iterator[Group]:
    """Row groups as they are published."""
    lay_out = layout(split)
    for group, size in groups:
        yield lay_out(group), size


def layout(split: Split) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """What lays rows out as they are published: in the split's row format."""
    if split.row_format.name == PROMPT_COMPLETION:
        return lambda rows: rows
    return partial(lay, asked=split.row_format, known=openings(split.texts))


def later_name(split: Split, partial: Path) -> str:
    """A name like the one that a file will have."""
    return f"{split.config}/{partial.stem}.{split.file_format}"


def listed(split: Split, files: Iterable[Finished]) -> list[ListedFile]:
    """Files as the manifest lists them."""
    return [
        ListedFile(f"{split.config}/{path.name}", rows, path.stat().st_size, sha256)
        for path, rows, sha256 in files
    ]


def entry_of(
    split: Split,
    files: Iterable[ListedFile],
    told: Told,
    own: ContentDigest | None,
    tokens: TokenCounts,
) -> PublishedSplit:
    """What the published manifest says of a split.

    Args:
        split: which.
        files: those that hold its rows.
        told: what they have told.
        own: their digest as they are laid out, where they are not as they are.
        tokens: their tokens.
    """
    return PublishedSplit(
        *(split.entry.rows_read, split.entry.rows, split.entry.drops),
        told.text_bytes,
        told.content_digest,
        told.lengths,
        told.example,
        tuple(files),
        None if own is None else own.hexdigest(),
        told.summary,
        tokens.told(),
    )
