"""A published build against its manifest: every file of the tree, then every row as it loads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

from huggingface_hub import HfApi

from mixbuild.core import VerifyError
from mixbuild.make import Verified
from mixbuild.publish.card import write as card
from mixbuild.publish.hub.changes import SHARD
from mixbuild.publish.hub.load import Loaded, Loading, load_all
from mixbuild.publish.hub.published import read_card, read_published
from mixbuild.publish.hub.remote import Remote, read
from mixbuild.publish.hub.rows import batch_rows
from mixbuild.publish.manifest import Published, PublishedSplit


def verify_repo(
    api: HfApi,
    repo: str,
    revision: str,
    *,
    configs: Collection[str] | None = None,
    report: Callable[[int, int], None] = lambda *_: None,
) -> tuple[str, list[Verified]]:
    """Check what is published at a revision.

    Args:
        api: with the endpoint and the token.
        repo: ``org/name``.
        revision: a branch, tag or commit.
        configs: load only these; None for all. The tree is checked whole.
        report: called with (configs loaded, configs to load), each in two ways.

    Raises:
        ManifestError: nothing is published there, or its manifest cannot be read.
        VerifyError: naming the file or the split that is not what the manifest says.
        HubError, SourceError: the Hub refuses, or does not answer.
    """
    remote, published = read_published(api, repo, revision)
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
            streaming,
            min((batch_rows(each) for each in config.splits.values()), default=1),
        )
        for name, config in chosen.items()
        for streaming in (True, False)
    ]
    report(0, len(loadings))
    for count, (loading, loaded) in enumerate(load_all(loadings), start=1):
        _check_loaded(loading, loaded, card.loadable(chosen[loading.config]))
        report(count, len(loadings))
    return remote.label, [
        Verified(name, split, each.rows, len(each.shards), each.bytes)
        for name, config in chosen.items()
        for split, each in config.splits.items()
    ]


def _check_loaded(loading: Loading, loaded: Loaded, splits: Mapping[str, PublishedSplit]) -> None:
    """Compare what came with what the manifest says."""
    if loaded.keys() != splits.keys():
        raise VerifyError(
            f"{loading.name}: expected the splits {', '.join(splits)}, got {', '.join(loaded)}; "
            f"push the build again"
        )
    for split, (rows, digest) in loaded.items():
        expected = splits[split]
        if (rows, digest) != (expected.rows, expected.content_digest):
            raise VerifyError(
                f"{loading.name}: {split}: expected {expected.rows:,} rows with the content "
                f"digest {expected.content_digest}, got {rows:,} with {digest}; try again, then "
                f"push the build again"
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
    for path in sorted(remote.files):
        found = SHARD.fullmatch(path)
        if found and found["config"] in published.configs and path not in listed:
            raise VerifyError(
                f"{remote.label}: {path}: expected only the files that the manifest lists, got "
                f"this one too; push again"
            )


def _check_card(remote: Remote, published: Published, text: str) -> None:
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
