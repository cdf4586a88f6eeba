"""The published dataset's version, from what is in it against what was. Pure.

Semantic: other columns are a new major version, other rows or configs a minor
one, and a patch when only the card or the manifest says something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mixbuild.publish.manifest import COLUMNS, Configs, Published, PublishedSplit

FIRST = "1.0.0"


def next_version(
    previous: Published | None, configs: Configs, *, columns: Mapping[str, str] = COLUMNS
) -> tuple[str, list[str]]:
    """The version that follows, and what changed, a line for each config.

    Args:
        previous: the manifest that is published now; None when there is none.
        configs: what is to be published.
        columns: of all its rows.
    """
    if previous is None:
        return FIRST, [
            f"first published, {_counted(_rows(configs))} in {_counted(len(configs), 'config')}"
        ]
    changes = list(_changes(previous.configs, configs))
    major, minor, patch = (int(part) for part in previous.version.split("."))
    if previous.columns != columns:
        return f"{major + 1}.0.0", ["other columns", *changes]
    if changes:
        return f"{major}.{minor + 1}.0", changes
    return f"{major}.{minor}.{patch + 1}", []


def _changes(old: Configs, new: Configs) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"`{name}`: new, {_counted(_rows({name: new[name]}))}"
        elif name not in new:
            yield f"`{name}`: removed"
        else:
            yield from _changed_splits(name, old[name].splits, new[name].splits)


def _changed_splits(
    name: str, old: Mapping[str, PublishedSplit], new: Mapping[str, PublishedSplit]
) -> Iterator[str]:
    parts: list[str] = []
    for split in [*old, *(split for split in new if split not in old)]:
        if split not in old:
            parts.append(f"{split} new, {_counted(new[split].rows)}")
        elif split not in new:
            parts.append(f"{split} removed")
        elif _digests(old[split]) != _digests(new[split]):
            before, after = old[split].rows, new[split].rows
            same = f"{_counted(after)} as before, not the same"
            parts.append(
                f"{split} {same if before == after else f'{before:,} → {_counted(after)}'}"
            )
    if parts:
        yield f"`{name}`: {', '.join(parts)}"


def _digests(split: PublishedSplit) -> tuple[str, str | None]:
    return split.content_digest, split.format_digest


def _rows(configs: Configs) -> int:
    return sum(each.rows for config in configs.values() for each in config.splits.values())


def _counted(count: int, what: str = "row") -> str:
    return f"{count:,} {what}{'s' if count != 1 else ''}"


def history(
    previous: Published | None, version: str, changes: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """All versions so far with what changed in each, the newest first."""
    return {version: tuple(changes), **(previous.history if previous else {})}
