"""A published build against its manifest: every file of the tree, then every row as it loads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
from huggingface_hub import HfApi

from mixbuild.core import SCHEMA, ContentDigest, VerifyError, explained
from mixbuild.core import executor as engine
from mixbuild.make import Verified
from mixbuild.publish.card import write as card
from mixbuild.publish.hub.changes import SHARD
from mixbuild.publish.hub.published import read_card, read_published
from mixbuild.publish.hub.remote import Remote
from mixbuild.publish.hub.rows import batch_rows


@dataclass(frozen=True)
class Loading:
    """One config, to be loaded from the Hub as its users load it.

    Attributes:
        repo: ``org/name``.
        commit: which one.
        task: the config.
        streaming: row by row over the network, or all of it to disk first.
        batch_rows: how many rows to read at once.
    """

    repo: str
    commit: str
    task: str
    streaming: bool
    batch_rows: int

    @property
    def name(self) -> str:
        """For people."""
        way = "streamed" if self.streaming else "in full"
        return f"{self.repo}@{self.commit}: {self.task} {way}"


Loaded: TypeAlias = dict[str, tuple[int, str]]
"""By split, how many rows came, and their content digest."""


def verify_repo(
    api: HfApi,
    repo: str,
    revision: str,
    *,
    tasks: Collection[str] | None = None,
    report: Callable[[int, int], None] = lambda *_: None,
) -> tuple[str, list[Verified]]:
    """Check what is published at a revision.

    Args:
        api: with the endpoint and the token.
        repo: ``org/name``.
        revision: a branch, tag or commit.
        tasks: load only these; None for all. The tree is checked whole.
        report: called with (configs loaded, configs to load), each in two ways.

    Raises:
        ManifestError: nothing is published there, or its manifest cannot be read.
        VerifyError: naming the file or the split that is not what the manifest says.
        HubError, SourceError: the Hub refuses, or does not answer.
    """
    remote, published = read_published(api, repo, revision)
    _check_tree(remote, published)
    _check_card(remote, published, read_card(api, remote) or "")
    chosen = {
        name: entry for name, entry in published["tasks"].items() if tasks is None or name in tasks
    }
    loadings = [
        Loading(
            repo,
            str(remote.commit),
            name,
            streaming,
            min((batch_rows(each) for each in entry["splits"].values()), default=1),
        )
        for name, entry in chosen.items()
        for streaming in (True, False)
    ]
    report(0, len(loadings))
    # in a process of its own: reading Parquet by streaming can abort a process at its exit
    done = engine.run(loadings, load, shared=None, num_proc=1)
    for count, (loading, loaded) in enumerate(done, start=1):
        _check_loaded(loading, loaded, card.loadable(chosen[loading.task]))
        report(count, len(loadings))
    return remote.label, [
        Verified(
            name,
            split,
            each["rows"],
            len(each["shards"]),
            sum(shard["bytes"] for shard in each["shards"]),
        )
        for name, entry in chosen.items()
        for split, each in entry["splits"].items()
    ]


def load(loading: Loading, _shared: None = None) -> Loaded:
    """Load a config as its users do.

    Raises:
        SourceError: it cannot be loaded.
    """
    from datasets import load_dataset

    with explained(loading.name), tempfile.TemporaryDirectory() as cache:
        splits = load_dataset(
            loading.repo,
            loading.task,
            revision=loading.commit,
            streaming=loading.streaming,
            cache_dir=cache,  # nothing that was there before is trusted
        )
        return {
            str(split): _read(dataset, batch_size=loading.batch_rows)
            for split, dataset in splits.items()
        }


def _read(dataset: Any, *, batch_size: int) -> tuple[int, str]:
    rows, digest = 0, ContentDigest(SCHEMA)
    for table in dataset.with_format("arrow").iter(batch_size=batch_size):
        for batch in table.combine_chunks().to_batches():
            columns = [batch.column(name) for name in SCHEMA.names]
            digest.update(pa.RecordBatch.from_arrays(columns, schema=SCHEMA))
            rows += batch.num_rows
    return rows, digest.hexdigest()


def _check_loaded(loading: Loading, loaded: Loaded, splits: Mapping[str, Any]) -> None:
    """Compare what came with what the manifest says."""
    if loaded.keys() != splits.keys():
        raise VerifyError(
            f"{loading.name}: expected the splits {', '.join(splits)}, got {', '.join(loaded)}; "
            f"push the build again"
        )
    for split, (rows, digest) in loaded.items():
        expected = splits[split]
        if (rows, digest) != (expected["rows"], expected["content_digest"]):
            raise VerifyError(
                f"{loading.name}: {split}: expected {expected['rows']:,} rows with the content "
                f"digest {expected['content_digest']}, got {rows:,} with {digest}; try again, then "
                f"push the build again"
            )


def _check_tree(remote: Remote, published: Mapping[str, Any]) -> None:
    """Compare the files that the Hub has with those that the manifest lists."""
    listed: set[str] = set()
    for task in published["tasks"].values():
        for split in task["splits"].values():
            for shard in split["shards"]:
                listed.add(shard["path"])
                stored = remote.files.get(shard["path"])
                got = (stored.size, stored.sha256) if stored else None
                if got != (shard["bytes"], shard["sha256"]):
                    raise VerifyError(
                        f"{remote.label}: {shard['path']}: expected {shard['bytes']:,} bytes with "
                        f"the SHA-256 {shard['sha256']}, got "
                        f"{f'{got[0]:,} bytes with {got[1]}' if got else 'no file'}; push again"
                    )
    for path in sorted(remote.files):
        found = SHARD.fullmatch(path)
        if found and found["task"] in published["tasks"] and path not in listed:
            raise VerifyError(
                f"{remote.label}: {path}: expected only the files that the manifest lists, got "
                f"this one too; push again"
            )


def _check_card(remote: Remote, published: Mapping[str, Any], text: str) -> None:
    """Compare what the card tells ``datasets`` with the manifest."""
    data, _ = card.split_card(text)
    listed = data.get("dataset_info")
    infos = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    for name, expected in card.dataset_infos(published).items():
        info: dict[str, Any] = next((each for each in infos if each.get("config_name") == name), {})
        others = [key for key in expected | info if info.get(key) != expected.get(key)]
        if others:
            raise VerifyError(
                f"{remote.label}: {card.FILE}: expected the dataset_info of {name!r} that follows "
                f"from the manifest, got {'other ' + ', '.join(others) if info else 'none'}; push "
                f"again"
            )
