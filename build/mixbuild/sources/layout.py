"""Which files of a dataset are the config that a task declares, and of which of its splits.

Its card says so, or the names of its files do. A path on the card is a pattern by the card's
meaning; every other name is a name.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mixbuild.core import SourceError, one_of
from mixbuild.sources.card import Config, configs_of, features_of
from mixbuild.sources.hub import CARD
from mixbuild.sources.location import Place
from mixbuild.sources.naming import UNFINISHED, format_of, refuse_parts, splits_of
from mixbuild.sources.tree import FOLLOW, Tree, list_beyond


@dataclass(frozen=True)
class Layout:
    """One config's files.

    Attributes:
        place: with the config's name, and how its files are read.
        files: of each split the names, in the order in which they are read.
        cards: the names of the cards that say so.
        features: the columns, as the card lists them; None where it does not.
    """

    place: Place
    files: Mapping[str, Sequence[str]]
    cards: Sequence[str]
    features: object = None


def lay_out(tree: Tree, splits: Iterable[str] = (), *, mirror: bool) -> Layout:
    """Find the config that is declared: its splits, their files, and how these are read.

    It is the config of that name on the card; or what lies in the folder of that name; or, of a
    mirror, the only config on its card; or, without a card, whatever there is.

    Args:
        tree: all files; its place names the config, or None for the only one or the default.
        splits: those that are looked for, or all; others are not held against the mirror.
        mirror: whether it may call its only config otherwise.

    Raises:
        SourceError: there is no such config, or its files are not all there, or cannot be told
            from those of others.
    """
    place, splits = tree.place, tuple(splits)
    cards = [CARD] if CARD in tree.names else []
    config, folder = _choose(tree, mirror=mirror), ""
    if config is None and place.config is not None:
        if any(name.startswith(f"{place.config}/") for name in tree.names):
            folder = place.config
        elif not mirror and place.config != "default":
            raise SourceError(f"{place.label}: {one_of('config', place.config, ['default'])}")
    if folder and (own := f"{folder}/{CARD}") in tree.names:
        cards.append(own)
        of_folder = _configs(tree, own)
        if of_folder:
            config = _default(tree, of_folder)
            config = replace(config, folder=os.path.normpath(f"{folder}/{config.folder}"))
    if config is None:
        card = tree.read(cards[-1]) if cards else b""
        features = features_of(card or b"", place.config, where=f"{place.label}: {CARD}")
        config = Config("default", folder, features=features)
    files = _files(tree, config, splits)
    read = {split: files[split] for split in splits or files if split in files}
    _refuse(tree, read)
    formats = {format_of(name) or "": name for each in read.values() for name in each}
    if len(formats) > 1:
        shown = ", ".join(sorted(formats.values()))
        raise SourceError(
            f"{place.label}: expected files of one format, got {shown}; list the files of each "
            f"split in a card (README.md)"
        )
    place = replace(
        place,
        config=config.name,
        format=next(iter(formats), ""),
        options=config.options,
    )
    return Layout(place, files, cards, config.features)


def _configs(tree: Tree, card: str) -> dict[str, Config]:
    return configs_of(tree.read(card) or b"", where=f"{tree.place.label}: {card}")


def _choose(tree: Tree, *, mirror: bool) -> Config | None:
    """The config on the card; None where another place must tell."""
    known, wanted = _configs(tree, CARD), tree.place.config
    if not known or wanted in known:
        return known.get(wanted) if wanted else None
    if wanted is None:
        return _default(tree, known)
    if any(name.startswith(f"{wanted}/") for name in tree.names):
        return None
    if mirror and len(known) == 1:
        return next(iter(known.values()))
    advice = "; take a mirror with a config or a folder of that name" if mirror else ""
    raise SourceError(f"{tree.place.label}: {one_of('config', wanted, known)}{advice}")


def _default(tree: Tree, known: Mapping[str, Config]) -> Config:
    defaults = [
        each for name, each in known.items() if len(known) == 1 or name == "default" or each.default
    ]
    if len(defaults) != 1:
        raise SourceError(
            f"{tree.place.label}: has several configs; name one of them: {', '.join(known)}"
        )
    return defaults[0]


def _files(tree: Tree, config: Config, splits: Sequence[str]) -> dict[str, list[str]]:
    """The names of each split's files."""
    label = tree.place.label
    base = (
        f"{config.folder.removeprefix('./').rstrip('/')}/" if config.folder not in ("", ".") else ""
    )
    if config.patterns is not None:
        return {
            split: [name for each in patterns for name in _matching(tree, f"{base}{each}")]
            for split, patterns in config.patterns.items()
        }
    names = [name for name in tree.names if name.startswith(base)]
    for name in names:
        if UNFINISHED.search(name) and format_of(UNFINISHED.sub("", name)):
            raise SourceError(
                f"{label}: {name}: expected whole files, got one that is still being written; wait "
                f"for it, or take it away"
            )
    rows = [name[len(base) :] for name in names if format_of(name)]
    if not rows:
        shown = ", ".join(names[:3]) or "none"
        raise SourceError(
            f"{label}: expected files of Parquet, JSON, CSV, TSV or Arrow, got {shown}; look at "
            f"its files"
        )
    found = splits_of(label, rows, splits)
    return {split: [f"{base}{name}" for name in each] for split, each in found.items()}


def _matching(tree: Tree, pattern: str) -> list[str]:
    """The files with rows that a card means by a path."""
    names: Sequence[str] = tree.names
    beyond = re.match(r"/|[a-z]+:/|(?:.*/)?\.\.(?:/|$)", pattern)
    if beyond:
        literal = re.split(r"[*?\[]", pattern)[0].rpartition("/")[0]
        if tree.repo is not None or not tree.follow_links or "://" in pattern:
            advice = "" if tree.repo or "://" in pattern else f"; {FOLLOW}"
            raise SourceError(
                f"{tree.place.label}: {CARD}: expected paths within the dataset, got {pattern!r}"
                f"{advice}"
            )
        names = list_beyond(tree.place, literal)
        pattern = os.path.relpath(Path(tree.place.path, pattern), tree.place.path)
    pattern = os.path.normpath(pattern)
    if pattern in names:
        found = [pattern]
    else:
        found = [name for name in names if format_of(name) and _is_match(tree, pattern, name)]
    if not found:
        raise SourceError(
            f"{tree.place.label}: {CARD}: expected files of Parquet, JSON, CSV, TSV or Arrow that "
            f"are called {pattern!r}, got none; fetch them, or mend the card"
        )
    return found


def _is_match(tree: Tree, pattern: str, name: str) -> bool:
    if not re.search(r"[*?\[]", pattern):
        return False
    from fsspec.utils import glob_translate

    try:
        return re.fullmatch(glob_translate(pattern), name) is not None
    except ValueError as error:
        raise SourceError(
            f"{tree.place.label}: {CARD}: expected a path or a pattern, got {pattern!r} ({error}); "
            f"mend the card"
        ) from None


def _refuse(tree: Tree, files: Mapping[str, Sequence[str]]) -> None:
    """Refuse files that are not all of a split, are not within the folder, or have one name."""
    label = tree.place.label
    for split, names in files.items():
        for name, times in Counter(names).items():
            if times > 1:
                raise SourceError(
                    f"{label}: {times} files of split {split!r} are called {name!r}; list each "
                    f"file once in the card, and keep them all within the folder"
                )
            tree.check(name)
        refuse_parts(label, split, names)
