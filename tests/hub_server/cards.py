"""What the Hub finds wrong with a dataset card's YAML; the checks that a publisher can run into."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any

import yaml

_FRONT_MATTER = re.compile(
    r"\A\ufeff?\s*---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE
)
_LICENSES = """
    apache-2.0 mit openrail bigscience-openrail-m creativeml-openrail-m
    bigscience-bloom-rail-1.0 bigcode-openrail-m afl-3.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause
    bsd-3-clause bsd-3-clause-clear c-uda cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0
    cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0
    cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0
    cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 wtfpl ecl-2.0 epl-1.0 epl-2.0
    etalab-2.0 eupl-1.1 eupl-1.2 agpl-3.0 gfdl gpl gpl-2.0 gpl-3.0 lgpl lgpl-2.1 lgpl-3.0 isc
    lppl-1.3c ms-pl mpl-2.0 odc-by odbl openrail++ osl-3.0 postgresql ofl-1.1 ncsa unlicense
    zlib pddl lgpl-lr deepfloyd-if-license llama2 llama3 llama3.1 llama3.2 llama3.3 gemma
    unknown other
"""
_SIZES = (
    *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B"),
    *("1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T", "unknown"),
)
_SPLIT = re.compile(r"\w+(\.\w+)*")  # what `datasets` admits; a dash is not in it


class _Loader(yaml.SafeLoader):
    """The Hub's parser refuses a key that stands twice; Python's lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"duplicated mapping key: {key}")
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def front_matter(text: str) -> Any:
    """The card's YAML, parsed; None if there is none, or it cannot be parsed."""
    found = _FRONT_MATTER.match(text)
    try:
        return yaml.load(found[1], _Loader) if found else None  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return None


def problems(text: str) -> tuple[list[str], list[str]]:
    """Errors and warnings, each a sentence."""
    found = _FRONT_MATTER.match(text)
    if not found or not found[1].strip():
        return [], ["empty or missing yaml metadata in repo card"]
    try:
        metadata = yaml.load(found[1], _Loader)  # noqa: S506 - a safe loader
    except yaml.YAMLError as error:
        return [f"YAML metadata could not be parsed: {' '.join(str(error).split())}"], []
    if not isinstance(metadata, dict):
        return ["YAML metadata must be an object"], []
    checks = (_license_errors, _size_errors, _config_errors, _info_errors)
    return [error for check in checks for error in check(metadata)], []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _license_errors(metadata: dict[str, Any]) -> Iterator[str]:
    for license_ in _listed(metadata.get("license", [])):
        if license_ not in _LICENSES.split():
            yield f'"license" must be one of [{", ".join(_LICENSES.split())}], not {license_!r}'


def _size_errors(metadata: dict[str, Any]) -> Iterator[str]:
    for size in _listed(metadata.get("size_categories", [])):
        if size not in _SIZES:
            yield f'"size_categories" must be one of [{", ".join(_SIZES)}], not {size!r}'


def _config_errors(metadata: dict[str, Any]) -> Iterator[str]:
    configs = metadata.get("configs", [])
    if not isinstance(configs, list):
        yield '"configs" must be an array'
        return
    names: set[str] = set()
    for index, config in enumerate(configs):
        at = f"configs[{index}]"
        if not isinstance(config, dict):
            yield f'"{at}" must be of type object'
            continue
        name = config.get("config_name")
        if not isinstance(name, str) or not name:
            yield f'"{at}.config_name" is required'
        elif name in names:
            yield f'"{at}" contains a duplicate value: {name}'
        else:
            names.add(name)
        if config.get("data_dir") is None:
            yield from _data_files_errors(config.get("data_files"), f"{at}.data_files")


def _data_files_errors(files: Any, at: str) -> Iterator[str]:
    if not files:
        yield f'"{at}" is required'
    for index, entry in enumerate(_listed(files) if files else []):
        if isinstance(entry, str):
            continue
        here = f"{at}[{index}]"
        if not isinstance(entry, dict) or not {"split", "path"} <= entry.keys():
            yield f'"{here}" must be a path, or an object of "split" and "path"'
        elif not _SPLIT.fullmatch(str(entry["split"])):
            yield f'"{here}.split" is no name of a split: {entry["split"]}'
        elif not all(isinstance(path, str) and path for path in _listed(entry["path"])):
            yield f'"{here}.path" must be a path, or an array of paths'


def _info_errors(metadata: dict[str, Any]) -> Iterator[str]:
    infos = metadata.get("dataset_info", [])
    for index, info in enumerate(_listed(infos)):
        at = f"dataset_info[{index}]" if isinstance(infos, list) else "dataset_info"
        if not isinstance(info, dict):
            yield f'"{at}" must be of type object'
            continue
        if isinstance(infos, list) and not info.get("config_name"):
            yield f'"{at}.config_name" is required'
        for part in ("features", "splits"):
            for number, entry in enumerate(_listed(info.get(part, []))):
                if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
                    yield f'"{at}.{part}[{number}].name" is required'
