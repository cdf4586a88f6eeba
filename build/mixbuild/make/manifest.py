"""The manifest: what a build holds, written last, so that whatever it lists is whole.

``manifest.json`` lies beside the folders of the configs. Each config's entry stands alone: what it
is made of, by which versions, and per split the rows, the drops by reason and the shards. It holds
no time, host or worker count: two builds of the same thing have the same manifest.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from mixbuild import __version__
from mixbuild.core import (
    ManifestError,
    Record,
    dump_json,
    explain_system,
    explained_output,
    parse_json,
    typed,
    write_whole,
)
from mixbuild.declare import Task
from mixbuild.make.card import forget_card
from mixbuild.make.config import Built, Config, split_of
from mixbuild.make.declaration import Declaration
from mixbuild.make.made_of import Asked, Name, OfTask, RecipeEntry, SourceEntry, TemplateEntry
from mixbuild.make.odd import contradictions, odd_sums
from mixbuild.make.shard import Shard
from mixbuild.make.unit import code_version
from mixbuild.render import choose_templates
from mixbuild.sources import Resolved

FILE = "manifest.json"
FORMAT = 2


class Manifest(Record, frozen=True):
    """All that an output folder holds, by config."""

    format: int
    configs: dict[Name, Built]


def config_of(
    task: Task,
    resolved: Resolved,
    shards: Mapping[str, Sequence[Shard]],
    asked: Asked,
    recipe: RecipeEntry | None = None,
    again: Mapping[str, Sequence[Shard]] | None = None,
) -> Built:
    """What the manifest says of a task's config.

    Args:
        task: the declaration.
        resolved: its source.
        shards: by split, in order.
        asked: how it is rendered.
        recipe: the one that says so, if one does.
        again: by split, those of the same rows by other templates.
    """
    declared = task.source
    return Config(
        OfTask(
            task.name,
            task.family,
            SourceEntry(
                declared.repo,
                resolved.label,
                resolved.place.config,
                declared.license,
                declared.citation,
                declared.languages,
                declared.limits,
                resolved.locked,
                tuple(resolved.drift),
            ),
            {
                template.name: TemplateEntry(
                    template.text, template.sha256, template.inverted, template.language
                )
                for template in choose_templates(task, asked.templates)
            },
            asked,
            Declaration.of(task.declaration),
            dict(task.benchmarks),
        ),
        versions(),
        {
            split: split_of(task.name, split, each, (again or {}).get(split, ()))
            for split, each in shards.items()
        },
        recipe,
    )


def load(out: Path) -> Manifest | None:
    """The manifest of an output folder; None where there is none.

    Raises:
        ManifestError: it cannot be read, or is of another format.
    """
    path = out / FILE
    remedy = "delete it and run make again"
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):  # below a file there is nothing either
        return None
    except OSError as error:
        told = explain_system(error) or f"{path}: {error.strerror}; {remedy}"
        raise ManifestError(f"cannot be read: {told}") from error
    raw = parse_json(content, where=str(path), error=ManifestError, remedy=remedy)
    if isinstance(raw, dict) and raw.get("format") == 1:
        raise ManifestError(
            f"{path}: expected format {FORMAT}, got 1: an older version wrote it; {remedy}: what "
            f"was pushed stays, and the next push goes on from it"
        )
    refuse_format(raw, FORMAT, where=str(path), remedy=remedy)
    found = typed(raw, Manifest, where=str(path), error=ManifestError, remedy=remedy)
    for name, config in found.configs.items():
        paths = {
            split: [shard.path for shard in each.shards] for split, each in config.splits.items()
        }
        for fault in (
            *contradictions(name, config, paths, suffix="arrow"),
            *odd_sums(name, config),
        ):
            raise ManifestError(f"{path}: {fault}; {remedy}")
    for fault in _misplaced(found):
        raise ManifestError(f"{path}: {fault}; {remedy}")
    return found


def _misplaced(found: Manifest) -> Iterator[str]:
    """Lists of rows that lie elsewhere than they are to, and selected shards that nobody lists."""
    splits = [
        (f"{name}/{split}", f"configs.{name}.splits.{split}", entry)
        for name, config in found.configs.items()
        for split, entry in config.splits.items()
    ]
    listed = {shard.path: shard for *_, each in splits for shard in (*each.shards, *each.again)}
    for below, where, entry in splits:
        for key, lies, expected in (
            ("removed", entry.removed, f"{below}.removed.arrow"),
            ("noted", entry.noted, f"{below}.noted.arrow"),
            ("selected", entry.selected, f"{below}.selection.arrow"),
        ):
            if lies is not None and lies.path != expected:
                yield f"{where}.{key}.path: expected {expected!r}, got {lies.path[:99]!r}"
        for index, shard in enumerate(entry.selected.shards if entry.selected else ()):
            if listed.get(shard.path) != shard:
                yield (
                    f"{where}.selected.shards.{index}: expected a shard as its own config lists "
                    f"it, got {shard.path[:99]!r}"
                )


def refuse_format(raw: object, expected: int, *, where: str, remedy: str) -> None:
    """Refuse a manifest of another format than this version writes.

    Raises:
        ManifestError: of an older version, or of a newer one.
    """
    got = raw.get("format") if isinstance(raw, dict) else None
    if got == expected:
        return
    told = str(got)[:20]
    if isinstance(got, int) and got > expected:
        told, remedy = f"{told}: a newer version wrote it", "update instruct_mix"
    raise ManifestError(f"{where}: expected format {expected}, got {told}; {remedy}")


def expect(out: Path) -> Manifest:
    """The manifest of an output folder that holds a build.

    Raises:
        ManifestError: there is none, or it cannot be read, or is of another format.
    """
    found = load(out)
    if found is None:
        raise ManifestError(
            f"{out / FILE}: not there, so nothing says that the build is whole; "
            f"run make --out {out}"
        )
    return found


def save(out: Path, manifest: Manifest) -> None:
    """Write the manifest at once, or delete it when it would list nothing; before it goes the card.

    Raises:
        OutputError: the folder cannot be written.
    """
    path = out / FILE
    with explained_output(path):
        forget_card(out)  # which tells of what was listed up to now
        if manifest.configs:
            write_whole(path, dump_json(manifest))
        else:
            path.unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """What made the rows: this package, its code's hash, and the libraries that matter."""
    libraries = ("datasets", "huggingface_hub", "numpy", "pyarrow")
    return {
        "instruct_mix": __version__,
        "code": code_version(),
        **{library: version(library) for library in libraries},
        "python": platform.python_version(),
    }
