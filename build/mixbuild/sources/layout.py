"""How a mirror is laid out: which of its files are the config that a task declares.

A mirror need not have the source's card. Then ``datasets`` guesses by names, and
would read the files of several configs, or of several splits, as one; here that
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mixbuild.core import SourceError, one_of, patiently
from mixbuild.sources.location import Place

SEPARATOR = r"[-._ 0-9/]"
"""What ``datasets`` takes for the end of a word in a path."""


def lay_out(place: Place) -> tuple[Place, bool]:
    """Where in a mirror the declared config is, and whether a card says so or names alone.

    It is the config of that name on the mirror's card; or what lies in the folder of that name;
    or the only config on the card; or, without a card, whatever there is.

    Raises:
        SourceError: the card has several configs, none of that name.
    """
    known = _configs(place)
    if known and (place.config is None or place.config in known):
        return place, False
    if place.config is not None and _has_folder(place, place.config):
        inside = replace(place, config=None, folder=place.config)
        return inside, not _configs(inside)
    if len(known) > 1:
        raise SourceError(
            f"{place.label}: {one_of('config', str(place.config), known)}; take a mirror with a "
            f"config or a folder of that name"
        )
    return (replace(place, config=known[0]), False) if known else (place, True)


def refuse_mixed(place: Place, files: Mapping[str, Sequence[str]]) -> None:
    """Refuse files that were put into splits by their names, where the names tell them apart.

    Args:
        place: the mirror.
        files: the addresses of each split's files.

    Raises:
        SourceError: they lie in several folders, or would be read as a split whose they are not.
    """
    heads = {
        split: {(name := place.name(address)): _head(name, split) for address in addresses}
        for split, addresses in files.items()
    }
    folders = sorted({folder or "." for each in heads.values() for folder, _ in each.values()})
    if len(folders) > 1:
        raise SourceError(
            f"{place.label}: expected the files of one config, got files in several folders: "
            f"{', '.join(folders)}; take one of them as the mirror, or list the files of "
            f"{place.config or 'each config'!r} in a card (README.md)"
        )
    for split, each in heads.items():
        # two names of one split, such as test and ca_test, or dev and validation
        if len(set(each.values())) > 1:
            shown = {head: name for name, head in reversed(each.items())}
            raise SourceError(
                f"{place.label}: files of different names would be read as split {split!r}: "
                f"{', '.join(sorted(shown.values()))}; list the files of each split in a card "
                f"(README.md), or take away those that are not of it"
            )
        for other in heads:
            if other > split and (both := sorted(each.keys() & heads[other].keys())):
                raise SourceError(
                    f"{place.label}: {both[0]!r} would be read as split {split!r} and as split "
                    f"{other!r}; list the files of each split in a card (README.md)"
                )


def _head(name: str, split: str) -> tuple[str, str]:
    """The folder of a file's config, and its name up to the word that tells the split.

    >>> _head("mrpc/train/0000.parquet", "train")
    ('mrpc', 'train')
    >>> _head("data/ca_test-00000-of-00001.parquet", "test")
    ('data', 'ca_test')
    >>> _head("squad-dev-v2.json", "validation")
    ('', 'squad-dev')
    """
    from datasets.data_files import SPLIT_KEYWORDS

    words = {split, *next((each for key, each in SPLIT_KEYWORDS.items() if key == split), ())}
    one_of_them = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    found = re.search(rf"(?:^|(?<={SEPARATOR}))(?:{one_of_them})(?={SEPARATOR}|$)", name)
    if found is None:
        return name.rpartition("/")[0], ""
    folder, _, stem = name[: found.end()].rpartition("/")
    return folder, re.sub(r"[0-9]+", "0", stem)  # a number before it is a part's


def _configs(place: Place) -> list[str]:
    """The configs that a card declares."""
    from datasets.load import dataset_module_factory

    path, folder = place.loaded
    found = patiently(
        lambda: dataset_module_factory(path, revision=place.revision, data_dir=folder)
    )
    # datasets guesses by names again in a folder of a repo, whatever the repo's card says
    return list(found.builder_configs_parameters.metadata_configs or ()) if not folder else []


def _has_folder(place: Place, name: str) -> bool:
    if place.revision is None:
        return Path(place.path, name).is_dir()
    from huggingface_hub import HfFileSystem

    address = f"datasets/{place.path}@{place.revision}/{name}"
    files = HfFileSystem()
    return bool(patiently(lambda: files.isdir(address)))  # type: ignore[no-untyped-call]
