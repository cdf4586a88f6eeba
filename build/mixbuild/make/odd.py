"""What the entry of a config says that cannot be: its author may be anyone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mixbuild.make.config import AGAIN, Built, Config, S, shard_path, without
from mixbuild.make.declaration import text_sha256


def contradictions(
    name: str, config: Config[S], paths: Mapping[str, Sequence[str]], *, suffix: str
) -> Iterator[str]:
    """What a config's entry says that cannot be, since its author may be anyone.

    Args:
        name: the config's.
        config: its entry.
        paths: by split, where its files are said to lie.
        suffix: of the files.
    """
    for task, of in config.tasks.items():
        where = f"configs.{name}.made_of" + f".parts.{task}.of" * (of is not config.made_of)
        hashed = {
            f"templates.{key}": (each.text, each.sha256) for key, each in of.templates.items()
        }
        if declared := of.declaration:
            hashed["declaration"] = declared.text, declared.sha256
        for key, (text, got) in hashed.items():
            if (expected := text_sha256(text)) != got:
                yield (
                    f"{where}.{key}: expected the SHA-256 of its text, {expected}, got {got[:64]}"
                )
    renderings = config.made_of.renderings
    for split, entry in config.splits.items():
        where = f"configs.{name}.splits.{split}"
        if entry.rows_read * renderings != entry.rows + sum(entry.drops.values()):
            yield (
                f"{where}: expected {entry.rows_read:,} source rows with {renderings} renderings "
                f"each to be rows or drops, got {entry.rows:,} rows and "
                f"{sum(entry.drops.values()):,} drops"
            )
        for index, got in enumerate(paths[split]):
            expected = shard_path(name, split, index, len(paths[split]), suffix)
            if got != expected:
                yield f"{where}.shards.{index}.path: expected {expected!r}, got {got[:99]!r}"


def odd_sums(name: str, config: Built) -> Iterator[str]:
    """Numbers of a split that are not those of its shards; and what is odd in these rows again."""
    for split, entry in config.splits.items():
        if entry.selected is not None:
            continue
        summed = without(entry, entry.removed)
        for field in ("rows_read", "rows", "drops"):
            expected = getattr(summed, field)
            if (got := getattr(entry, field)) != expected:
                yield (
                    f"configs.{name}.splits.{split}.{field}: expected {expected}, as its shards "
                    f"have together, got {got}"
                )
        for index, shard in enumerate(entry.again):
            expected = shard_path(f"{name}/{AGAIN}", split, index, len(entry.again))
            if shard.path != expected:
                yield (
                    f"configs.{name}.splits.{split}.again.{index}.path: expected {expected!r}, got "
                    f"{shard.path[:99]!r}"
                )
        rows = [shard.rows for shard in entry.shards]
        turns = len(entry.again) // max(1, len(rows))
        if (again := [shard.rows for shard in entry.again]) != rows * turns:
            yield (
                f"configs.{name}.splits.{split}.again: expected as many rows as its shards have, "
                f"{turns} times {rows}, got {again}"
            )
