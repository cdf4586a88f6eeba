"""The card's YAML: what the Hub and ``datasets`` read of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath as PurePath

import pyarrow as pa

from mixbuild.core import CardError
from mixbuild.declare import FAMILIES
from mixbuild.make import MIXTURE
from mixbuild.publish.formats import columns_of
from mixbuild.publish.manifest import Configs, Published, PublishedConfig, PublishedSplit

PRETTY_NAME = "instruct_mix"

DEFAULT_MIXTURE = "mix"
"""Of several mixtures, the one that is loaded where no config is named."""

OTHER = {"license_name": "of-each-source", "license_link": "README.md"}
"""What the Hub shows for the licence ``other``: each config has its own, which the card says."""

SIZES = {
    "n<1K": 1_000,
    "1K<n<10K": 10_000,
    "10K<n<100K": 100_000,
    "100K<n<1M": 1_000_000,
    "1M<n<10M": 10_000_000,
    "10M<n<100M": 100_000_000,
}


def ordered(configs: Configs) -> list[str]:
    """The configs' names: mixtures, the one that is called ``mix`` first; then family by family."""
    families = [MIXTURE, *FAMILIES]

    def place(name: str) -> tuple[int, bool, str]:
        family = configs[name].family
        at = families.index(family) if family in families else len(families)
        return (at, name != DEFAULT_MIXTURE, name)

    return sorted(configs, key=place)


def merge_data(old: Mapping[str, object], published: Published) -> dict[str, object]:
    """The YAML's keys: ours computed anew, then those that are not ours as they were.

    Raises:
        CardError: a key that is merged with is not what the Hub and ``datasets`` take.
    """
    made = published.configs
    sources = [source for config in made.values() for source in config.sources]
    kept = {
        key: [each for each in _mappings(old, key) if each.get("config_name") not in made]
        for key in ("configs", "dataset_info")
    }
    configs = [*data_files(published).values()]
    configs += kept["configs"]
    if any("config_name" not in each for each in configs):
        raise _slip("configs", "a config_name in each", "one without")
    _set_default(configs, _chosen(_mappings(old, "configs"), made))
    licences = sorted({source.license for source in sources})
    ours = {
        "pretty_name": title(old),
        "license": licences[0] if len(licences) == 1 else sorted({*licences, "other"}),
        **(
            {key: old.get(key, value) for key, value in OTHER.items()}
            if len(licences) > 1 or "other" in licences
            else {}
        ),
        "language": sorted(
            {
                *(each for source in sources for each in source.languages),
                *(each.language for config in made.values() for each in config.templates.values()),
            }
        ),
        "annotations_creators": ["found"],
        "size_categories": [_size(sum(_rows(config) for config in made.values()))],
        "source_datasets": sorted({source.repo for source in sources}),
        "task_categories": sorted(
            {
                "text-generation",  # as is every instruction with its answer
                *(
                    FAMILIES.get(task.family, "other")
                    for each in made.values()
                    for task in each.tasks.values()
                ),
            }
        ),
        "tags": list(dict.fromkeys([*_words(old, "tags"), "instruction-tuning", "instruct-mix"])),
        "configs": configs,
        "dataset_info": [*dataset_infos(published).values(), *kept["dataset_info"]],
    }
    return ours | {
        key: value
        for key, value in old.items()
        if key not in ours and OTHER.get(key) != value  # ours, of when there was an other licence
    }


def dataset_infos(published: Published) -> dict[str, dict[str, object]]:
    """What the YAML says of each config's columns, rows and bytes."""
    configs = published.configs
    schema = columns_of(published.row_format)
    return {name: _info(name, configs[name], schema) for name in ordered(configs)}


def data_files(published: Published) -> dict[str, dict[str, object]]:
    """What the YAML says of each config's files."""
    configs, suffix = published.configs, published.file_format
    return {name: _config(name, configs[name], suffix) for name in ordered(configs)}


def loadable(config: PublishedConfig) -> dict[str, PublishedSplit]:
    """The splits of a config that have rows; the others have no files, and cannot be loaded."""
    return {split: each for split, each in config.splits.items() if each.rows}


def default_of(data: Mapping[str, object]) -> str:
    """The config that is loaded where none is named."""
    return next(
        str(each["config_name"]) for each in _mappings(data, "configs") if "default" in each
    )


def title(old: Mapping[str, object]) -> str:
    """The name that people gave the dataset on its card, or ours.

    Raises:
        CardError: it is no text.
    """
    name = old.get("pretty_name") or PRETTY_NAME
    if not isinstance(name, str):
        raise _slip("pretty_name", "a text", repr(name), "put it in quotes")
    return name


def _mappings(old: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """A list of mappings, each ``config_name`` a text; a single one may stand alone."""
    found = []
    for each in _listed(old, key):
        if not isinstance(each, dict):
            raise _slip(key, "keys and values in each entry", repr(each))
        name = each.get("config_name", "")
        if not isinstance(name, str):
            raise _slip(key, "a text for each config_name", repr(name), "put one name in quotes")
        found.append(each)
    return [each for each in found if each]


def _words(old: Mapping[str, object], key: str) -> list[str]:
    """A list of texts; a single one may stand alone."""
    found = []
    for each in _listed(old, key):
        if not isinstance(each, str):
            raise _slip(key, "a list of words", repr(each), "write each as a word, in quotes")
        found.append(each)
    return found


def _listed(old: Mapping[str, object], key: str) -> list[object]:
    value = old.get(key)
    return value if isinstance(value, list) else [value] if value else []


def _slip(key: str, expected: str, got: str, remedy: str = "repair it") -> CardError:
    """What is wrong with a key of the card on the Hub."""
    return CardError(
        f"README.md on the Hub: {key}: expected {expected}, got {got:.80}; {remedy} there, then "
        f"push again"
    )


def _config(name: str, config: PublishedConfig, suffix: str) -> dict[str, object]:
    files = [
        {"split": split, "path": f"{PurePath(each.shards[0].path).parent}/{split}-*.{suffix}"}
        for split, each in loadable(config).items()
    ]
    return {"config_name": name, "data_files": files}


def _chosen(old: Sequence[Mapping[str, object]], made: Configs) -> list[str]:
    """The names of which the first that there is becomes the default.

    The first mixture comes before a task that was the default by itself; what people chose stays:
    a config that is not ours, or one that had a mixture beside it.
    """
    listed = {str(each["config_name"]) for each in old}
    before = [str(each["config_name"]) for each in old if each.get("default")]
    mixtures = [name for name in ordered(made) if made[name].family == MIXTURE]
    by_hand = any(name not in made for name in before) or any(name in listed for name in mixtures)
    # a config of this name is the default for datasets, which takes no other beside it
    return ["default", *(before if by_hand else []), *mixtures, *before]


def _set_default(configs: list[dict[str, object]], chosen: Sequence[str]) -> None:
    """Exactly one default: what was chosen before, or else the first."""
    names = [each["config_name"] for each in configs]
    default = next((name for name in chosen if name in names), names[0])
    for each in configs:
        each.pop("default", None)
        if each["config_name"] == default:
            each["default"] = True


def _info(name: str, config: PublishedConfig, schema: pa.Schema) -> dict[str, object]:
    splits = [
        {"name": split, "num_bytes": each.text_bytes, "num_examples": each.rows}
        for split, each in loadable(config).items()
    ]
    return {
        "config_name": name,
        # `sequence`, as readers before datasets 4 know it
        "features": [_feature(field) for field in schema],
        "splits": splits,
        "download_size": sum(each.bytes for each in loadable(config).values()),
        "dataset_size": sum(each.text_bytes for each in loadable(config).values()),
    }


def _feature(field: pa.Field) -> dict[str, object]:
    if not pa.types.is_list(field.type):
        return {"name": field.name, "dtype": "string"}
    of = field.type.value_type
    if pa.types.is_struct(of):
        return {"name": field.name, "list": [_feature(each) for each in of]}
    return {"name": field.name, "sequence": "string"}


def _size(rows: int) -> str:
    return next((name for name, limit in SIZES.items() if rows < limit), "100M<n<1B")


def _rows(config: PublishedConfig) -> int:
    return sum(each.rows for each in config.splits.values())
