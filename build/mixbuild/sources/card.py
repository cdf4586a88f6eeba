"""What a source's card declares: its configs, the files of their splits, their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from mixbuild.core import SourceError
from mixbuild.sources.hub import read_card

KNOWN = ("config_name", "data_files", "data_dir", "default", "description", "version", "features")
"""What a card says of a config; what else it says is how the files are read."""


@dataclass(frozen=True)
class Config:
    """One config of a card.

    Attributes:
        name: its name.
        folder: where its files are, and its patterns begin; empty for the whole dataset.
        patterns: of each split's files; None where their names tell.
        default: whether it is what is read where none is named.
        options: how its files are read.
        features: its columns, as the card lists them; None where it does not.
    """

    name: str
    folder: str = ""
    patterns: Mapping[str, tuple[str, ...]] | None = None
    default: bool = False
    # whatever the card says; each format refuses what it cannot follow
    options: Mapping[str, Any] = field(default_factory=dict)
    features: object = None


def configs_of(card: bytes, *, where: str) -> dict[str, Config]:
    """The configs that a card declares, by their names; none where it declares none.

    Args:
        card: its bytes.
        where: what an error's line begins with.

    Raises:
        SourceError: the card says something else than cards say.
    """
    about = read_card(card, where=where)
    infos = _listed(about.get("dataset_info"), where, "dataset_info")
    columns = {str(each.get("config_name", "default")): each.get("features") for each in infos}
    return {
        config.name: config
        for each in _listed(about.get("configs"), where, "configs")
        for config in [_config(each, columns, where)]
    }


def features_of(card: bytes, config: str | None, *, where: str) -> object:
    """The columns that a card without configs lists: of this config, or of its only one."""
    infos = _listed(read_card(card, where=where).get("dataset_info"), where, "dataset_info")
    named = [each for each in infos if each.get("config_name", "default") == config]
    return next((each.get("features") for each in named or infos if len(named or infos) == 1), None)


def _listed(found: object, where: str, key: str) -> list[Mapping[str, object]]:
    listed: list[Mapping[str, object]] = []
    for each in found if isinstance(found, list) else [found] if found else ():
        if not isinstance(each, dict):
            raise _fault(where, key, "a list of mappings", each)
        listed.append(each)
    return listed


def _config(each: Mapping[str, object], columns: Mapping[str, object], where: str) -> Config:
    name, folder = each.get("config_name"), each.get("data_dir") or ""
    if not isinstance(name, str):
        raise _fault(where, "configs: config_name", "a name", name)
    if not isinstance(folder, str):
        raise _fault(where, f"configs: {name}: data_dir", "a folder's name", folder)
    found = each.get("data_files")
    return Config(
        name,
        folder,
        None if found is None else _patterns(found, f"configs: {name}: data_files", where),
        each.get("default") is True,
        {key: value for key, value in each.items() if key not in KNOWN},
        each.get("features") or columns.get(name),
    )


def _patterns(found: object, key: str, where: str) -> dict[str, tuple[str, ...]]:
    """By split, the patterns of its files; of train, where they say no split."""
    listed: list[object] = found if isinstance(found, list) else [found]
    if _are_texts(listed):
        return {"train": tuple(listed)}
    patterns: dict[str, tuple[str, ...]] = {}
    for each in listed:
        split = each.get("split") if isinstance(each, dict) else None
        path = each.get("path") if isinstance(each, dict) else None
        paths: list[object] = path if isinstance(path, list) else [path]
        if not isinstance(split, str) or not _are_texts(paths):
            raise _fault(where, key, "paths, or a split and its paths in each", each)
        if split in patterns:
            raise _fault(where, key, "each split once", split)
        patterns[split] = tuple(paths)
    return patterns


def _are_texts(values: list[object]) -> TypeGuard[list[str]]:
    return all(isinstance(each, str) for each in values)


def _fault(where: str, key: str, expected: str, got: object) -> SourceError:
    return SourceError(
        f"{where}: {key}: expected {expected}, got {got!r:.80}; mend the card, or read a mirror "
        f"with another"
    )
