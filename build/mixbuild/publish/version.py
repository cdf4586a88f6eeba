"""The published dataset's version, from what is in it against what was. Pure.

Semantic: other columns are a new major version, other rows or configs a minor
one, and a patch when only the card or the manifest says something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mixbuild.core import SCHEMA

FIRST = "1.0.0"

COLUMNS = {field.name: str(field.type) for field in SCHEMA}


def next_version(
    previous: Mapping[str, Any] | None, tasks: Mapping[str, Any]
) -> tuple[str, list[str]]:
    """The version that follows, and what changed, a line for each config.

    Args:
        previous: the manifest that is published now; None when there is none.
        tasks: what is to be published.
    """
    if previous is None:
        return FIRST, [
            f"first published, {_counted(_rows(tasks))} in {_counted(len(tasks), 'config')}"
        ]
    changes = list(_changes(previous["tasks"], tasks))
    major, minor, patch = (int(part) for part in previous["version"].split("."))
    if previous["columns"] != COLUMNS:
        return f"{major + 1}.0.0", ["other columns", *changes]
    if changes:
        return f"{major}.{minor + 1}.0", changes
    return f"{major}.{minor}.{patch + 1}", []


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"`{name}`: new, {_counted(_rows({name: new[name]}))}"
        elif name not in new:
            yield f"`{name}`: removed"
        else:
            yield from _changed_splits(name, old[name]["splits"], new[name]["splits"])


def _changed_splits(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    parts: list[str] = []
    for split in [*old, *(split for split in new if split not in old)]:
        if split not in old:
            parts.append(f"{split} new, {_counted(new[split]['rows'])}")
        elif split not in new:
            parts.append(f"{split} removed")
        elif old[split]["content_digest"] != new[split]["content_digest"]:
            before, after = old[split]["rows"], new[split]["rows"]
            same = f"{_counted(after)} as before, not the same"
            parts.append(
                f"{split} {same if before == after else f'{before:,} → {_counted(after)}'}"
            )
    if parts:
        yield f"`{name}`: {', '.join(parts)}"


def _rows(tasks: Mapping[str, Any]) -> int:
    return sum(each["rows"] for entry in tasks.values() for each in entry["splits"].values())


def _counted(count: int, what: str = "row") -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def history(
    previous: Mapping[str, Any] | None, version: str, changes: Sequence[str]
) -> dict[str, list[str]]:
    """All versions so far with what changed in each, the newest first."""
    return {version: list(changes), **(previous["history"] if previous else {})}
