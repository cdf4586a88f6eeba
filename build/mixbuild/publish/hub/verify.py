"""A published build against its manifest: every file, the card, then the rows as they load."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from huggingface_hub import HfApi

from mixbuild.core import Report, VerifyError, plain, silent
from mixbuild.core import executor as engine
from mixbuild.make import FILE
from mixbuild.publish.card import write as card
from mixbuild.publish.ends import Ends
from mixbuild.publish.facts import Told
from mixbuild.publish.hub.changes import SHARD
from mixbuild.publish.hub.load import Loaded, Loading, load_all
from mixbuild.publish.hub.published import read_card, read_published
from mixbuild.publish.hub.remote import Remote, read
from mixbuild.publish.hub.rows import batch_rows
from mixbuild.publish.manifest import Published, PublishedSplit, columns_named


@dataclass(frozen=True)
class Verified:
    """A split that was found to be what the manifest says."""

    config: str
    split: str
    rows: int
    files: int
    bytes: int


def verify_repo(
    api: HfApi,
    repo: str,
    revision: str,
    *,
    configs: Collection[str] | None = None,
    ends: Mapping[str, Mapping[str, Ends]] | None = None,
    report: Report = silent,
    workers: engine.Workers | None = None,
) -> tuple[str, list[Verified]]:
    """Check what is published at a revision: the tree and the card whole, then what is loaded.

    Args:
        api: with the endpoint and the token.
        repo: ``org/name``.
        revision: a branch, tag or commit.
        configs: load only these; None for all.
        ends: by config and split, the rows that it is to begin and end with: only they are loaded.
            None for every row.
        report: called with (configs loaded, configs to load).
        workers: of ``loaders``, some of which may have begun.

    Raises:
        ManifestError: nothing is published there, or its manifest cannot be read.
        VerifyError: naming the file or the split that is not what the manifest says.
        HubError, SourceError: the Hub refuses, or does not answer.
    """
    remote, published = read_published(api, repo, revision)
    _check_columns(remote, published)
    _check_tree(api, remote, published)
    _check_card(remote, published, read_card(api, remote) or "")
    chosen = {
        name: config
        for name, config in published.configs.items()
        if configs is None or name in configs
    }
    loadings = [
        Loading(
            repo,
            str(remote.commit),
            name,
            min((batch_rows(each) for each in config.splits.values()), default=1),
            None if ends is None else ends[name],
            published.row_format,
        )
        for name, config in chosen.items()
    ]
    report(0, len(loadings))
    for count, (loading, loaded) in enumerate(load_all(loadings, workers), start=1):
        _check_splits(loading, loaded, card.loadable(chosen[loading.config]))
        report(count, len(loadings))
    return remote.label, [
        Verified(name, split, each.rows, len(each.shards), each.bytes)
        for name, config in chosen.items()
        for split, each in config.splits.items()
    ]


def _check_splits(loading: Loading, loaded: Loaded, splits: Mapping[str, PublishedSplit]) -> None:
    """Compare what came with what was to come."""
    if loaded.keys() != splits.keys():
        raise VerifyError(
            f"{loading.name}: expected the splits {', '.join(splits)}, got {', '.join(loaded)}; "
            f"push the build again"
        )
    for split, got in loaded.items():
        where = f"{loading.name}: {split}"
        if isinstance(got, Told):
            _check_told(where, got, splits[split])
        elif got is not None and loading.ends is not None:
            _check_ends(where, got, loading.ends[split])


def _check_told(where: str, got: Told, expected: PublishedSplit) -> None:
    """Compare what all the rows of a split have told with what the manifest says."""
    if (got.rows, got.content_digest) != (expected.rows, expected.content_digest):
        raise VerifyError(
            f"{where}: expected {expected.rows:,} rows with the content digest "
            f"{expected.content_digest}, got {got.rows:,} with {got.content_digest}; try again, "
            f"then push the build again"
        )
    if got.format_digest != expected.format_digest:
        raise VerifyError(
            f"{where}: expected rows with the format digest {expected.format_digest}, got "
            f"{got.format_digest}; try again, then push the build again"
        )
    summary = () if expected.summary is None else ("summary",)  # which older versions do not tell
    for name in ("text_bytes", "lengths", "example", *summary):
        ours, theirs = (plain(getattr(each, name)) for each in (got, expected))
        if ours != theirs:
            raise VerifyError(
                f"{where}: {FILE}: expected the {name} that its rows have, {ours!r:.99}, got "
                f"{theirs!r:.99}; push the build again"
            )


def _check_ends(where: str, got: Ends, expected: Ends) -> None:
    """Compare the first and the last rows of a split with those that were exported."""
    for end in ("first", "last"):
        came, told = getattr(got, end), getattr(expected, end)
        if came != told:
            raise VerifyError(
                f"{where}: expected the {end} {told.count:,} rows with the content digest "
                f"{told.content_digest}, got {came.count:,} with {came.content_digest}; try "
                f"again, then push the build again"
            )


def _check_columns(remote: Remote, published: Published) -> None:
    columns = columns_named(published.row_format)
    if published.columns != columns:
        raise VerifyError(
            f"{remote.label}: {FILE}: expected the columns {columns}, got "
            f"{published.columns!r:.200}; push again"
        )


def _check_tree(api: HfApi, remote: Remote, published: Published) -> None:
    """Compare the files that the Hub has with those that the manifest lists.

    A file that git itself keeps is listed with a hash that the manifest does not have: its bytes
    are read, and held against both.
    """
    listed: set[str] = set()
    for config in published.configs.values():
        for split in config.splits.values():
            for shard in split.shards:
                listed.add(shard.path)
                stored = remote.files.get(shard.path)
                got = f"{stored.size:,} bytes with {stored.hash}" if stored else "no file"
                known = stored.is_known_as(shard.sha256, size=shard.bytes) if stored else False
                if known is None:
                    content = read(api, remote, shard.path) or b""
                    sha256 = hashlib.sha256(content).hexdigest()
                    known, got = sha256 == shard.sha256, f"{len(content):,} bytes with {sha256}"
                if not known:
                    raise VerifyError(
                        f"{remote.label}: {shard.path}: expected {shard.bytes:,} bytes with "
                        f"the SHA-256 {shard.sha256}, got {got}; push again"
                    )
        for path, text in config.declarations.items():
            stored = remote.files.get(path)
            if stored is None or not stored.is_of(text.encode()):
                raise VerifyError(
                    f"{remote.label}: {path}: expected the file that the manifest has the text of, "
                    f"got {'another one' if stored else 'no file'}; push again"
                )
    for path in sorted(remote.files):
        found = SHARD.fullmatch(path)
        if found and found["config"] in published.configs and path not in listed:
            raise VerifyError(
                f"{remote.label}: {path}: expected only the files that the manifest lists, got "
                f"this one too; push again"
            )


def _check_card(remote: Remote, published: Published, text: str) -> None:
    """Compare what the card tells ``datasets`` of files and rows with the manifest."""
    data, _ = card.split_card(text)
    for key, every in (
        ("configs", card.data_files(published)),
        ("dataset_info", card.dataset_infos(published)),
    ):
        listed = data.get(key)
        entries = (
            [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        )
        for name, expected in every.items():
            found = next((each for each in entries if each.get("config_name") == name), {})
            # which one is the default, people may say
            names = (expected | found).keys() - {"default"}
            others = [each for each in names if found.get(each) != expected.get(each)]
            if others:
                got = f"other {', '.join(sorted(others))}" if found else "none"
                raise VerifyError(
                    f"{remote.label}: {card.FILE}: expected the {key} of {name!r} that follows "
                    f"from the manifest, got {got}; push again"
                )
