"""Large splits, written by several workers: the rows of each file are a run of the split's.

Who asks reads the rows once, for their digest, which is of all of them in order, and sees where a
file ends: by then somebody else reads them, too, and writes it. What travels is the run's numbers,
and back what its rows come to, with sixteen bytes for each that tell what is said twice. The
bytes are those that one process writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from mixbuild.core import SCHEMA, ContentDigest, ahead, explained_output
from mixbuild.core import executor as engine
from mixbuild.publish.export import (
    begin,
    entry_of,
    export_split,
    exported,
    laid,
    later_name,
    layout,
    listed,
    settle,
)
from mixbuild.publish.facts import Counts
from mixbuild.publish.formats import columns_of, digest_of, few
from mixbuild.publish.manifest import PublishedSplit
from mixbuild.publish.parquet import (
    File,
    Finished,
    Group,
    metadata_of,
    named,
    partial_file,
    row_groups,
    runs,
)
from mixbuild.publish.shards import Reader, read_shards
from mixbuild.publish.split import Split
from mixbuild.publish.tokens import TokenCounts

APART_ROWS = 50_000
"""A split of fewer rows is written by one worker, which is done before others have begun."""


class Sends(Protocol):
    """What takes files that are written, and sends them."""

    def __call__(self, content: Path, path: str) -> None:
        """Take a file, and a name like its later one."""

    def wait(self) -> None:
        """Wait for the last one to have arrived."""


def export_splits(
    splits: Sequence[Split],
    *,
    offer: Sends | None = None,
    engine_name: str = engine.PROCESSES,
    num_proc: int | None = None,
    scheduler: str | None = None,
) -> Iterator[tuple[Split, PublishedSplit]]:
    """Write the files of splits, and yield each split once all of its files are there.

    Args:
        splits: which.
        offer: takes each file but the last one of a split that this process writes; where other
            processes write, it goes along.
        engine_name: as of ``make``.
        num_proc: likewise.
        scheduler: likewise.

    Raises:
        OutputError: the files cannot be written.
        VerifyError: a shard cannot be read, or is not what the build's manifest says.
        MixError: as of the engine.
    """
    if engine_name == engine.PROCESSES and num_proc is None:
        for split in splits:
            yield split, export_split(split, offer)
        return
    large = {split.name: _Large(split) for split in splits if _is_large(split)}
    small = [split for split in splits if split.name not in large]
    # a worker may stand in another folder
    known = {split.name: replace(split, out=split.out.resolve()) for split in splits}
    try:
        for run, written in engine.run(
            ahead(_runs(large.values(), small), depth=1),
            write,
            shared=Export(known, offer),
            engine=engine_name,
            num_proc=num_proc,
            scheduler=scheduler,
        ):
            if isinstance(written, PublishedSplit):
                yield next(each for each in small if each.name == run.split), written
            else:
                large[run.split].written[run.number] = written
        for each in large.values():
            yield each.split, each.finish()
    finally:
        for each in large.values():
            each.forget()


def _is_large(split: Split) -> bool:
    return split.written and split.entry.rows >= APART_ROWS and exported(split) is None


@dataclass(frozen=True)
class Run:
    """A file's rows, by the numbers of the first and of the one after the last; or a whole split.

    Attributes:
        split: whose.
        number: the file's, from 0.
        start: the first row's.
        stop: that of the first one after it; None for the whole split.
    """

    split: str
    number: int = 0
    start: int = 0
    stop: int | None = None

    @property
    def name(self) -> str:
        """For people."""
        return self.split


@dataclass(frozen=True)
class Written:
    """What became of a run: its file, and what its rows come to."""

    file: Finished
    counts: Counts
    tokens: TokenCounts


@dataclass(frozen=True)
class Export:
    """What the runs of an export have in common: it goes to each worker once.

    Attributes:
        splits: by name.
        offer: what takes files that are written.
    """

    splits: Mapping[str, Split]
    offer: Sends | None = None


def write(run: Run, shared: Export) -> PublishedSplit | Written:
    """Write the files of a run, wherever that is."""
    split, offer = shared.splits[run.split], shared.offer
    if run.stop is None:
        entry = export_split(split, offer)
        if offer:
            offer.wait()
        return entry
    counts, tokens = Counts(), TokenCounts(split.tokenizers, split.row_format)
    groups = counts.noted(row_groups(_reader(split).rows(run.start, run.stop)))
    path = partial_file(split.report.parent, split.split, run.number)
    schema = metadata_of(columns_of(split.row_format))
    with (
        explained_output(path),
        File(path, schema, suffix=split.file_format, few=few(split.row_format)) as file,
    ):
        for group, size in tokens.noted(laid(split, groups)):
            file.write(group, size)
        file.close()
    if offer:
        offer(path, later_name(split, path))
    return Written((path, file.rows, file.sha256), counts, tokens)


_readers: dict[str, Reader] = {}
"""Of the split that this process wrote a file of last, by its key."""


def _reader(split: Split) -> Reader:
    if split.key not in _readers:
        _readers.clear()
        _readers[split.key] = Reader(split.out, split.entry)
    return _readers[split.key]


@dataclass
class _Large:
    """A split while its files are written by others.

    Attributes:
        split: which.
        digest: of its rows, as they are read here.
        own: of them as they are laid out, where that differs.
        written: by the numbers of its files.
    """

    split: Split
    digest: ContentDigest = field(default_factory=lambda: ContentDigest(SCHEMA))
    own: ContentDigest | None = None
    written: dict[int, Written] = field(default_factory=dict)

    def runs(self) -> Iterator[Run]:
        """Read its rows, and tell of each file as soon as it is known where it ends."""
        split = self.split
        with explained_output(split.report):
            begin(split)
        self.own = digest_of(split.row_format)
        groups = self._digested(row_groups(read_shards(split.out, split.entry)))
        for number, (start, stop) in enumerate(runs(groups)):
            yield Run(split.name, number, start, stop)

    def finish(self) -> PublishedSplit:
        """Give its files their names, and report that they are there."""
        split = self.split
        counts, tokens = Counts(), TokenCounts(split.tokenizers, split.row_format)
        every = [self.written[number] for number in range(len(self.written))]
        for each in every:
            counts.join(each.counts)
            tokens.join(each.tokens)
        with explained_output(split.report):
            folder, files = split.report.parent, [each.file for each in every]
            finished = named(files, folder, split.split, suffix=split.file_format)
            told = counts.told(self.digest.hexdigest())
            entry = entry_of(split, listed(split, finished), told, self.own, tokens)
            settle(split, entry)
        return entry

    def forget(self) -> None:
        """Remove what was begun and not finished."""
        for partial in self.split.report.parent.glob(f"{self.split.split}-*.partial"):
            partial.unlink(missing_ok=True)

    def _digested(self, groups: Iterable[Group]) -> Iterator[Group]:
        lay_out = layout(self.split)
        for group, size in groups:
            self.digest.update(group)
            if self.own is not None:
                self.own.update(lay_out(group))
            yield group, size


def _runs(large: Iterable[_Large], small: Iterable[Split]) -> Iterator[Run]:
    """The large splits first: whoever is done with their files has the small ones left."""
    for each in large:
        yield from each.runs()
    for split in small:
        yield Run(split.name)
