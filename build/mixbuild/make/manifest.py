"""The manifest: what a build holds, written last, so that whatever it lists is whole.

``manifest.json`` lies beside the task folders. Each task's entry stands alone:
versions, source, templates with their hashes, and per split the rows, the drops
by reason and the shards. It holds no time, host or worker count: two builds of
the same thing have the same manifest.
"""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mixbuild import __version__
from mixbuild.core import ManifestError, explained_output
from mixbuild.declare import Task
from mixbuild.make.shard import Shard
from mixbuild.make.unit import code_version
from mixbuild.render import choose_templates
from mixbuild.sources import Resolved

FILE = "manifest.json"
FORMAT = 1

SHARD_FIELDS = tuple(name for name in Shard.__struct_fields__ if name != "extra")

Manifest = dict[str, Any]
"""``{"format": 1, "tasks": {name: entry}}``; ``task_entry`` makes an entry."""


def task_entry(
    task: Task,
    resolved: Resolved,
    shards: Mapping[str, Sequence[Shard]],
    *,
    templates: str,
    seed: int,
    max_rows: int | None,
) -> dict[str, Any]:
    """What the manifest says of a task.

    Args:
        task: the declaration.
        resolved: its source.
        shards: by split, in order.
        templates: as asked for.
        seed: as asked for.
        max_rows: as asked for.
    """
    return {
        "family": task.family,
        "versions": versions(),
        "source": {
            "repo": task.source.repo,
            "read_from": resolved.label,
            "config": resolved.place.config,
            "locked": resolved.locked,
            "drift": list(resolved.drift),
            "license": task.source.license,
            "citation": task.source.citation,
            "languages": list(task.source.languages),
            "limits": list(task.source.limits),
        },
        "templates": {
            template.name: {
                "text": template.text,
                "sha256": template.sha256,
                "inverted": template.inverted,
            }
            for template in choose_templates(task, templates)
        },
        "asked": {"templates": templates, "seed": seed, "max_rows": max_rows},
        "splits": {split: _split_entry(task, split, each) for split, each in shards.items()},
    }


def shard_path(task: str, split: str, index: int, count: int) -> str:
    """Where a shard lies below the output folder.

    >>> shard_path("squad", "train", 0, 2)
    'squad/train-00000-of-00002.arrow'
    """
    return f"{task}/{split}-{index:05d}-of-{count:05d}.arrow"


def load(out: Path) -> Manifest | None:
    """The manifest of an output folder; None where there is none.

    Raises:
        ManifestError: it cannot be read, or is of another format.
    """
    path = out / FILE
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ManifestError(
            f"{path}: not a manifest ({error}); delete it and run make again"
        ) from error
    got = manifest.get("format") if isinstance(manifest, dict) else None
    if got != FORMAT:
        raise ManifestError(
            f"{path}: expected format {FORMAT}, got {got!r}; delete it and run make again"
        )
    try:
        for entry in manifest["tasks"].values():
            for split in entry["splits"].values():
                [split[name] for name in ("rows_read", "rows", "drops")]
                [shard[name] for shard in split["shards"] for name in ("path", *SHARD_FIELDS)]
    except (AttributeError, KeyError, TypeError) as error:
        raise ManifestError(
            f"{path}: expected tasks with splits and shards, got something else "
            f"({type(error).__name__}: {error}); delete it and run make again"
        ) from error
    return dict(manifest)


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


def save(out: Path, tasks: Mapping[str, Any]) -> None:
    """Write the manifest at once, or delete it when it would list nothing.

    Raises:
        OutputError: the folder cannot be written.
    """
    path = out / FILE
    with explained_output(path):
        if not tasks:
            path.unlink(missing_ok=True)
            return
        text = json.dumps(
            {"format": FORMAT, "tasks": dict(sorted(tasks.items()))}, indent=2, ensure_ascii=False
        )
        partial = path.with_suffix(".partial")
        try:
            partial.write_text(text + "\n", encoding="utf-8")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """What made the rows: this package, its code's hash, and the libraries that matter."""
    libraries = ("datasets", "huggingface_hub", "numpy", "pyarrow")
    return {
        "instruct_mix": __version__,
        "code": code_version(),
        **{library: version(library) for library in libraries},
        "python": platform.python_version(),
    }


def _split_entry(task: Task, split: str, shards: Sequence[Shard]) -> dict[str, Any]:
    drops: Counter[str] = Counter()
    for shard in shards:
        drops.update(shard.drops)
    return {
        "rows_read": sum(shard.rows_read for shard in shards),
        "rows": sum(shard.rows for shard in shards),
        "drops": dict(sorted(drops.items())),
        "shards": [
            {
                "path": shard_path(task.name, split, index, len(shards)),
                **{name: getattr(shard, name) for name in SHARD_FIELDS},
            }
            for index, shard in enumerate(shards)
        ],
    }
