"""What is to be published, file by file: exported shards, images, manifest, card.

The configs of this build are put in the place of those that are published
already; configs of other builds stay as they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, TypeVar

import msgspec

from mixbuild.core import (
    Glance,
    dump_json,
    explained_output,
    mutex,
    write_whole,
)
from mixbuild.declare import CANONICAL, RowFormat
from mixbuild.make import FILE, Built, expect
from mixbuild.publish import plots
from mixbuild.publish.card import templates
from mixbuild.publish.card import write as card
from mixbuild.publish.export import export_split, stamps
from mixbuild.publish.manifest import (
    ARROW,
    FORMAT,
    MAIN,
    Configs,
    Published,
    PublishedConfig,
    PublishedSplit,
    columns_named,
)
from mixbuild.publish.misfits import refuse_misfits
from mixbuild.publish.shown import compositions, row_counts, text_lengths
from mixbuild.publish.split import Split, forget_others, splits
from mixbuild.publish.version import history, next_version

Shown = TypeVar("Shown")

ASSETS = "assets"
"""The folder of the card's images."""


@dataclass(frozen=True)
class File:
    """One file of the repo.

    Attributes:
        path: within the repo.
        content: its bytes, or the local file that has them.
        size: in bytes.
        sha256: in hexadecimal.
        named_by_content: a file of this path has what it should, whatever its bytes; of one that
            is there already they are not made, nor is its hash.
        stamp: how a local file lay when it was hashed; None where that is not known.
    """

    path: str
    content: Path | bytes
    size: int
    sha256: str
    named_by_content: bool = False
    stamp: Glance | None = None


@dataclass(frozen=True)
class Publication:
    """Everything that the repo is to hold of ours."""

    manifest: Published
    files: tuple[File, ...]


Exported: TypeAlias = Sequence[tuple[Split, PublishedSplit]]
"""The splits of a build, and what was made of each."""


def published_configs(
    configs: Mapping[str, Built], exported: Exported
) -> dict[str, PublishedConfig]:
    """The build's configs, with the exported files in the place of its shards."""
    return {
        name: PublishedConfig(
            config.made_of,
            config.versions,
            {split.split: entry for split, entry in exported if split.config == name},
            config.recipe,
            config.overlaps,
            extra=config.extra,
        )
        for name, config in configs.items()
    }


def shard_files(exported: Exported) -> Iterator[File]:
    """The exported files of a build."""
    for split, entry in exported:
        found = stamps(split)
        for file in entry.shards:
            path, stamp = split.folder / file.path, found.get(file.path)
            yield File(file.path, path, file.bytes, file.sha256, stamp=stamp)


def refuse_ahead(
    built: Mapping[str, Built],
    *,
    repo: str,
    file_format: str,
    row_format: RowFormat,
    before: Published | None,
    old_card: str | None,
) -> None:
    """Refuse what ``compose`` would, before the files of the build are written.

    Raises:
        CardError, ManifestError, VerifyError: as of ``compose``.
    """
    refuse_misfits(repo, before, built, file_format=file_format, row_format=row_format)
    others = before.configs if before else {}
    every = {**others, **published_configs(built, [])}
    columns = columns_named(row_format)
    card.refuse_unmergeable(
        old_card or "", Published(FORMAT, "", file_format, columns, {}, every, row_format)
    )


def compose(
    configs: Configs,
    shards: Sequence[File],
    *,
    repo: str,
    branch: str = MAIN,
    file_format: str,
    row_format: RowFormat = CANONICAL,
    before: Published | None = None,
    old_card: str | None = None,
    there: Mapping[str, int] = MappingProxyType({}),
    drawn: MutableMapping[str, bytes] | None = None,
) -> Publication:
    """Put a build's configs in the place of theirs in what is published.

    Without any change the result is, byte for byte, what is published already.

    Args:
        configs: what this build holds, of ``published_configs``.
        shards: its files.
        repo: where it is published, ``org/name``.
        branch: of the repo.
        file_format: of the shards.
        row_format: in which their rows are laid out.
        before: the manifest that is published now, if there is one.
        old_card: the card that is published now, if there is one.
        there: the paths of the files that are published now, and their sizes.
        drawn: images that were drawn before, by path; added to.

    Raises:
        CardError: the card that is there cannot be merged with.
        ManifestError: what is published has its files in another format.
        VerifyError: a config has no rows.
    """
    refuse_misfits(repo, before, configs, file_format=file_format, row_format=row_format)
    others = before.configs if before else {}
    every = dict(sorted({**others, **configs}.items()))
    drawn = {} if drawn is None else drawn
    place = {"repo": repo, "branch": branch}
    if before and every == before.configs:
        unchanged = _compose(before, shards, place, old_card, there, drawn)
        if _text(unchanged, card.FILE) == old_card:
            return unchanged
    version, changes = next_version(before, every, columns=columns_named(row_format))
    made = Published(
        FORMAT,
        version,
        file_format,
        columns_named(row_format),
        history(before, version, changes),
        every,
        row_format,
        extra=before.extra if before else {},
    )
    return _compose(made, shards, place, old_card, there, drawn)


def write_local_card(out: Path, *, repo: str) -> Iterator[Path]:
    """Write the card of a build, with what it links to, beside the shards; yield each file.

    It says what would be published, with Arrow files as data files, so that the folder can be
    loaded as it lies: the shards, or files without the rows that are taken out of them. A file
    that is there as it would be written is left alone.

    Raises:
        ManifestError: there is no manifest.
        OutputError: a file cannot be written, or somebody is at work in the folder.
        VerifyError: a shard is not what the manifest says, or a config has no rows.
    """
    expect(out)  # before the lock, which makes the folder
    with mutex(out):
        built = expect(out).configs
        forget_others(out, built)
        exported = [_lying(split) for split in splits(out, built, file_format=ARROW)]
        configs = published_configs(built, exported)
        for file in compose(configs, [], repo=repo, file_format=ARROW).files:
            if file.path != FILE and isinstance(file.content, bytes):
                path = out / file.path
                with explained_output(path):
                    if not path.is_file() or path.read_bytes() != file.content:
                        path.parent.mkdir(exist_ok=True)
                        write_whole(path, file.content)
                yield path


def _lying(split: Split) -> tuple[Split, PublishedSplit]:
    """A split with its files where they lie in the build's folder."""
    entry = export_split(split)
    below = split.folder.relative_to(split.out)
    files = tuple(
        msgspec.structs.replace(file, path=str(below / file.path)) for file in entry.shards
    )
    return split, msgspec.structs.replace(entry, shards=files)


def _compose(
    made: Published,
    shards: Sequence[File],
    place: Mapping[str, str],
    old_card: str | None,
    there: Mapping[str, int],
    drawn: MutableMapping[str, bytes],
) -> Publication:
    counts, lengths = row_counts(made.configs), text_lengths(made.configs)
    images = {
        "rows": _image("rows", counts, plots.rows_plot, there, drawn),
        "lengths": _image("lengths", lengths, plots.lengths_plot, there, drawn),
    }
    for name, shares in compositions(made.configs).items():
        images[f"composition of {name}"] = _image(
            "composition", shares, plots.composition_plot, there, drawn
        )
    text = card.write_card(
        made,
        **place,
        images={name: file.path for name, file in images.items()},
        card=old_card,
    )
    declarations = {
        path: content
        for config in made.configs.values()
        for path, content in config.declarations.items()
    }
    return Publication(
        made,
        (
            *shards,
            *images.values(),
            _file(templates.FILE, templates.templates_page(made).encode()),
            *(_file(path, each.encode()) for path, each in sorted(declarations.items())),
            _file(FILE, dump_json(made).encode()),
            _file(card.FILE, text.encode()),
        ),
    )


def _text(publication: Publication, path: str) -> str | None:
    for file in publication.files:
        if file.path == path and isinstance(file.content, bytes):
            return file.content.decode()
    return None


def _file(path: str, content: bytes) -> File:
    return File(path, content, len(content), hashlib.sha256(content).hexdigest())


def _image(
    name: str,
    data: Shown,
    draw: Callable[[Shown], bytes],
    there: Mapping[str, int],
    drawn: MutableMapping[str, bytes],
) -> File:
    """Named by what it shows: another version of the plotting library makes no new image."""
    shown = hashlib.sha256(json.dumps(data).encode()).hexdigest()[:8]
    path = f"{ASSETS}/{name}-{shown}.png"
    if path in there:  # drawing takes longer than all the rest of a push with nothing to do
        return File(path, b"", there[path], "", named_by_content=True)
    if path not in drawn:
        drawn[path] = draw(data)
    return replace(_file(path, drawn[path]), named_by_content=True)
