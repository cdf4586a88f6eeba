"""Build again what is published, from the pinned sources, and compare row for row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from mixbuild.core import (
    SCHEMA,
    ManifestError,
    Report,
    UsageError,
    one_of,
    silent,
)
from mixbuild.curate import as_curated, settle
from mixbuild.declare import CANONICAL, Task
from mixbuild.make import OfTask, Request, expect, make
from mixbuild.prove.compare import difference, first_difference
from mixbuild.prove.declared import Show, task_of
from mixbuild.prove.together import Together, made_together
from mixbuild.publish import (
    ARROW,
    PARQUET,
    PublishedSplit,
    Split,
    export_split,
    read_shards,
    splits,
)
from mixbuild.publish import push as hub
from mixbuild.sources import SAMPLES, LockEntry, is_commit
from mixbuild.tasks import ALL

FACTS = ("format_digest", "rows_read", "drops", "text_bytes", "lengths", "example")
"""What a published split says of its rows beside their content digest, and a summary if it is not
of an older version."""


@dataclass(frozen=True)
class Rebuilt:
    """A split that was built again.

    Attributes:
        config: which one.
        split: its name.
        rows: how many there are now.
        content_digest: of them.
        difference: what first is not as published; None when all is.
    """

    config: str
    split: str
    rows: int
    content_digest: str
    difference: str | None


def rebuild(
    place: str,
    out: Path,
    *,
    configs: Sequence[str] = (),
    sources: Mapping[str, str] | None = None,
    follow_links: bool = False,
    tasks: Sequence[Task] = ALL,
    trust: Show | None = None,
    num_proc: int | None = None,
    report: Report = silent,
) -> Iterator[Rebuilt]:
    """Build what ``org/name[@revision]`` holds again, each source at the commit it was read at.

    Args:
        place: what to build again.
        out: where to; an empty folder, or that of a rebuild which was interrupted.
        configs: only these; all when empty.
        sources: mirrors, for configs that were made of one.
        follow_links: as of ``make``.
        tasks: those that are known here.
        trust: shown the file of a task that is not known here, which is then executed; None to
            execute none.
        num_proc: as for ``make``.
        report: called with (units done, units in all), config by config.

    Raises:
        ManifestError: nothing is published there, or its manifest cannot be read.
        TaskError: a task is not known here, and is not to be executed.
        MixError: a source is not there any more, or cannot be read.
    """
    api = hub.client()
    remote, published = hub.read_published(api, *hub.parse(place))
    for name in configs:
        if name not in published.configs:
            raise UsageError(f"{place}: {one_of('config', name, published.configs)}")
    chosen = {
        name: config for name, config in published.configs.items() if not configs or name in configs
    }
    for name in sources or ():
        if not any(name in config.tasks for config in chosen.values()):
            raise UsageError(f"--source {name}=…: {name} is not among what is to be rebuilt")
    together = {name: made_together(published, name) for name in chosen}
    _refuse_mirrors(together, sources or {})
    declared: dict[str, Task] = {}
    for each in together.values():
        for task, of in each.tasks.items():
            if task not in declared:
                declared[task] = task_of(of, tasks, place=remote.label, trust=trust)
    catalog = {task.name: task for task in (*tasks, *declared.values())}.values()
    done: set[str] = set()
    for name, config in chosen.items():
        if name not in done:
            requests = [
                replace(
                    _request(of, declared[task], out, (sources or {}).get(task)),
                    splits=together[name].splits[task],
                    follow_links=follow_links,
                )
                for task, of in together[name].tasks.items()
            ]
            _make(requests, together[name], tuple(catalog), num_proc=num_proc, report=report)
            done.update(together[name].names)
        again = expect(out).configs[name]
        as_it_lies = all(
            each.removed is None and each.selected is None for each in again.splits.values()
        )
        how = published.row_format
        files = ARROW if how == CANONICAL and as_it_lies else PARQUET
        for split in splits(out, {name: again}, file_format=files, row_format=how):
            now, then = export_split(split), config.splits[split.split]
            rows = hub.published_rows(api, remote, then, columns=SCHEMA.names, row_format=how)
            found = (
                _row_difference(split, now, then, remote=remote, rows=rows)
                or difference(now, then, FACTS if then.summary is None else (*FACTS, "summary"))
                or difference(again, config, ("templates", "overlaps"))
            )
            yield Rebuilt(name, split.split, now.rows, now.content_digest, found)


def _make(
    requests: Sequence[Request],
    together: Together,
    catalog: Sequence[Task],
    *,
    num_proc: int | None,
    report: Report,
) -> None:
    """Make tasks again, each as it was asked for, then what is made of them together."""
    for request in requests:
        asked = as_curated(request, together.quality, together.mixtures)
        make(asked, num_proc=num_proc, report=report)
    settle(
        _merged(requests),
        tuple(together.tasks),
        quality=together.quality,
        mixtures=together.mixtures,
        catalog=catalog,
        num_proc=num_proc,
    )


def _refuse_mirrors(together: Mapping[str, Together], sources: Mapping[str, str]) -> None:
    """Refuse what cannot be read here, before any file is executed or any row is rendered."""
    missing = {
        task: of.source.read_from
        for each in together.values()
        for task, of in each.tasks.items()
        if of.source.is_mirror and task not in sources
    }
    for task, place in missing.items():
        others = [name for name, each in together.items() if not missing.keys() & each.tasks.keys()]
        or_else = f", or rebuild the others alone: {' '.join(others)}" if others else ""
        raise ManifestError(
            f"{task}: was made of a mirror, {place}; say where it is: --source {task}=FOLDER"
            f"{or_else}"
        )


def _merged(requests: Sequence[Request]) -> Request:
    """One of several requests, which knows the sources of all."""
    places = {name: place for each in requests for name, place in each.sources.items()}
    locks = {name: entry for each in requests for name, entry in each.lock.items()}
    return replace(requests[0], sources=places, lock=locks)


def _request(made_of: OfTask, task: Task, out: Path, source: str | None) -> Request:
    """What was asked for when it was made, of the very same source."""
    asked = made_of.asked
    repo, _, commit = made_of.source.read_from.partition("@")
    lock = {}
    if repo == f"{SAMPLES}/{task.name}":
        if source is not None:
            raise UsageError(f"--source {task.name}={source}: it was made of the samples")
        source = SAMPLES
    elif source is None and is_commit(commit):
        if repo == task.source.repo:
            lock[task.name] = LockEntry.at(repo, commit)
        else:
            source = f"{repo}@{commit}"
    return Request(
        [task],
        out,
        {} if source is None else {task.name: source},
        asked.templates,
        asked.seed,
        max_rows=asked.max_rows,
        lock=lock,
    )


def _row_difference(
    split: Split,
    now: PublishedSplit,
    then: PublishedSplit,
    *,
    remote: hub.Remote,
    rows: Iterable[pa.RecordBatch],
) -> str | None:
    """The first row that is not as published; ``rows`` are read only if there may be one."""
    as_listed = all(
        (stored := remote.files.get(file.path)) is not None
        and stored.is_known_as(file.sha256, size=file.bytes)
        for file in then.shards
    )
    as_said = (now.rows, now.content_digest) == (then.rows, then.content_digest)
    if as_listed and as_said:
        return None
    found = first_difference(rows, read_shards(split.out, split.entry))
    if found is None and not as_said:
        return "the rows are the same as in the files, but not as the manifest says"
    return found
