"""The card as a contract: all that it says is read back, and compared with the manifest."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from conftest import as_json, from_json
from datasets import Features, Value
from datasets.info import DatasetInfosDict
from datasets.utils.metadata import MetadataConfigs
from huggingface_hub import DatasetCard, DatasetCardData
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mixbuild.core.amounts import count_of
from mixbuild.core.errors import CardError
from mixbuild.core.row import SCHEMA
from mixbuild.core.yaml import load_yaml
from mixbuild.declare.licence import licence
from mixbuild.declare.task import FAMILIES
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish.card.markdown import code, fenced, prose, shortened, wrapped
from mixbuild.publish.card.sections import SHOWN_CHARACTERS
from mixbuild.publish.card.templates import templates_page
from mixbuild.publish.card.write import BEGIN, END, FILE, split_card, write_card
from mixbuild.publish.export import export_split
from mixbuild.publish.manifest import COLUMNS, Published
from mixbuild.publish.release import published_configs
from mixbuild.publish.split import splits
from mixbuild.tasks import find

IMAGES = {"rows": "assets/rows-01234567.png", "lengths": "assets/lengths-89abcdef.png"}
REPO = "org/mix"

NASTY = (
    "a ``` b\n````\n{text} | $repo $$ ${config} *x* <b> & </details> # [OUTPUT]: \\| ~~~\n"
    f"{BEGIN}\n{END}\n---\n`"
)
"""All that could end a block, a cell, a comment or a placeholder too early."""

SPAN = f" | {NASTY.replace('$', '')}"
"""The same for a span of code, outside of which the card is known by having no dollar sign."""


def unmarked(text: str) -> str:
    """What is shown of a text that holds our markers."""
    return text.replace("<!-- instruct_mix:", "<! -- instruct_mix:")


QUANTILES = ("least", "quarter", "median", "three_quarters", "most_95", "most_99", "most")
TOLD_NO_SUMMARY = 2
"""A split of so many rows was published by a version that did not tell it."""


def split_entry(
    rows: int = 3,
    *,
    completions: Sequence[tuple[str, int]] = (),
    drops: Mapping[str, int] | None = None,
    prompt: str = "Classify: fine [OUTPUT]:",
    templates: Mapping[str, int] | None = None,
    repeated: int = 0,
) -> dict[str, Any]:
    drops = dict(drops or {})
    quantiles = dict(zip(QUANTILES, (1, 20, 300, 4_000, 4_100, 4_200, 50_000), strict=True))
    summary = {
        "prompt": quantiles,
        "completion": dict.fromkeys(QUANTILES, 1),
        "completions": [{"text": text, "rows": count} for text, count in completions],
        "distinct": 5 if completions else None,
        "templates": templates or {"seed": rows},
        "repeated": repeated,
        "conflicts": 2 if repeated else 0,
    }
    example = {
        "prompt": prompt,
        "completion": " positive",
        "references": ["positive"],
        "task": "t",
        "template": "seed",
        "source": "org/source@samples",
        "id": "t/train/train.parquet:7",
    }
    return {
        "rows_read": rows + sum(drops.values()),
        "rows": rows,
        "drops": drops,
        "text_bytes": 100 * rows,
        "content_digest": "0" * 32,
        "lengths": {"prompt": [0] * 32, "completion": [0] * 32},
        "example": example if rows else None,
        "summary": summary if rows != TOLD_NO_SUMMARY else None,
        "shards": [
            {"path": f"x-{index}", "rows": 1, "bytes": 1_000 + index, "sha256": "0" * 64}
            for index in range(2)
        ],
    }


def entry(
    *,
    family: str = "sentiment",
    repo: str = "org/source",
    commit: str = "samples",
    license: str = "mit",  # noqa: A002  # as the manifest calls it
    languages: Sequence[str] = ("en",),
    limits: Sequence[str] = (),
    citation: str = "@misc{one}",
    templates: Mapping[str, str] | None = None,
    **of_splits: dict[str, Any],
) -> dict[str, Any]:
    templates = templates or {"seed": "Classify: {text} [OUTPUT]: {label}"}
    return {
        "made_of": {
            "kind": "task",
            "task": "t",
            "family": family,
            "source": {
                "repo": repo,
                "config": None,
                "read_from": f"{repo}@{commit}",
                "license": license,
                "citation": citation,
                "languages": list(languages),
                "limits": list(limits),
            },
            "asked": {"templates": "all", "seed": 0, "max_rows": None},
            "templates": {
                name: {"text": text, "sha256": "0" * 64, "inverted": name.startswith("ask_")}
                for name, text in templates.items()
            },
        },
        "versions": {},
        "splits": of_splits or {"train": split_entry()},
    }


def published(**tasks: dict[str, Any]) -> dict[str, Any]:
    tasks = copy.deepcopy(tasks or {"a": entry()})
    for name, config in tasks.items():
        for split, each in config["splits"].items():
            for number, shard in enumerate(each["shards"]):
                shard["path"] = f"{name}/{split}-{number}"
    return {
        "format": 2,
        "version": "1.1.0",
        "file_format": "parquet",
        "columns": COLUMNS,
        "history": {"1.1.0": ["`a`: new, 3 rows", "`b`: removed"], "1.0.1": [], "1.0.0": ["first"]},
        "configs": dict(sorted(tasks.items())),
    }


def write(manifest: Mapping[str, Any], card: str | None = None) -> str:
    return write_card(from_json(manifest, Published), repo=REPO, images=IMAGES, card=card)


HARD = published(
    plain=entry(
        repo="stanfordnlp/imdb",
        commit="e6281661ce1c48d982bc483cf8a173c1bbeb5d31",
        license="other",
        limits=("Long reviews.", "A label is `0` | `1`."),
        train=split_entry(
            25_000,
            drops={"unlabelled": 50_000, "null text": 1},
            completions=((" positive", 12_500), (SPAN, 4), (" once", 1)),
            templates={"seed": 5_000, "terse": 20_000},
            repeated=7,
        ),
        test=split_entry(0, drops={"too | long": 12}),
    ),
    hostile=entry(
        family="translation",
        repo="org/hostile",
        commit="mirror-0123abcd",
        license="cc-by-sa-4.0",
        languages=("de", "en"),
        limits=(f"It has {BEGIN} in it.", "A second one."),
        citation="@misc{two,\n  note = {a ``` b $x | y}\n}",
        templates={"seed": NASTY, "ask_it": "x ````` y"},
        train=split_entry(prompt=NASTY),
        validation_matched=split_entry(2, prompt="never shown"),
    ),
    twin=entry(
        family="multiple choice",
        repo="org/hostile",
        commit="mirror-0123abcd",
        license="cc-by-sa-4.0",
        limits=(f"It has {BEGIN} in it.",),
        citation="@misc{two,\n  note = {a ``` b $x | y}\n}",
        train=split_entry(0),
        test=split_entry(1, prompt="of the first split with rows"),
    ),
    none_left=entry(family="code", license="cc-by-nc-4.0", test=split_entry(0)),
)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a build of the three founding tasks is published as."""
    out = tmp_path_factory.mktemp("real")
    names = ("squad", "imdb", "billsum")
    request = Request([find(name) for name in names], out, dict.fromkeys(names, "samples"))
    tasks = make(dataclasses.replace(request, templates="all")).manifest.configs
    exported = [(split, export_split(split)) for split in splits(out, tasks)]
    configs = published_configs(tasks, exported)
    return published(**{name: as_json(config) for name, config in configs.items()})


@pytest.fixture(params=["hard", "real", "one"])
def manifest(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "real":
        found: dict[str, Any] = request.getfixturevalue("real")
        return found
    return HARD if request.param == "hard" else published()


@dataclass
class Read:
    """What a Markdown reader finds in a card's text."""

    tables: dict[tuple[str, ...], list[list[str]]] = field(default_factory=dict)
    fences: list[tuple[str, str, str]] = field(default_factory=list)
    """(the paragraph before, the language, the text) of those that are not folded away"""
    folded: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """what it says above -> (the paragraph before, the text)"""
    facts: dict[str, list[str]] = field(default_factory=dict)
    """What it says above -> the items of the list in it."""
    lengths: dict[str, list[list[str]]] = field(default_factory=dict)
    """What it says above -> the lines of the table in it."""
    open: list[str] = field(default_factory=list)
    """what is folded, but shown at first"""
    items: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    """Paragraphs that are in no list and no table."""


def read(text: str) -> Read:
    """Parse as CommonMark with tables, as the Hub does."""
    found = Read()
    summary: str | None = None
    row: list[str] = []
    rows: list[list[str]] = []
    inside: list[str] = []
    last = ""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.nesting == 1:
            inside.append(token.type)
        elif token.nesting == -1:
            inside.pop()
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            rows.append(row)
        elif token.type == "table_close" and summary is not None:
            assert summary not in found.lengths
            found.lengths[summary] = rows
        elif token.type == "table_close":
            assert tuple(rows[0]) not in found.tables
            found.tables[tuple(rows[0])] = rows[1:]
        elif token.type == "inline":
            if "table_open" in inside:
                row.append(token.content)
            elif "list_item_open" in inside and summary is not None:
                found.facts.setdefault(summary, []).append(token.content)
            elif "list_item_open" in inside:
                found.items.append(token.content)
            else:
                last = token.content
                found.lines.append(last)
        elif token.type == "html_block":
            opened = re.match(r"<details( open)?><summary>(.*)</summary>", token.content)
            if opened:
                assert summary is None
                summary = opened[2]
                assert summary not in found.folded
                found.folded[summary] = []
                found.open += [summary] if opened[1] else []
            elif token.content == "</details>\n":
                summary = None
        elif token.type == "fence":
            content = token.content.removesuffix("\n")
            if summary is not None:
                found.folded[summary].append((last, content))
            else:
                found.fences.append((last, token.info, content))
    assert not inside
    return found


def header(text: str) -> dict[str, Any]:
    """The card's YAML, as the Hub reads it."""
    found = re.fullmatch(r"---\n(.*?\n)---\n.*", text, re.DOTALL)
    assert found is not None
    data = load_yaml(found[1], where="card", error=CardError)
    assert isinstance(data, dict)
    assert "&id" not in found[1], "no aliases"
    return data


def by_family(manifest: Mapping[str, Any]) -> list[str]:
    tasks = manifest["configs"]
    return sorted(
        tasks, key=lambda name: (list(FAMILIES).index(tasks[name]["made_of"]["family"]), name)
    )


def with_rows(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The others cannot be loaded, and have no files."""
    return {split: each for split, each in entry["splits"].items() if each["rows"] > 0}


def test_the_yaml_gives_the_files_of_every_split_with_rows(manifest: dict[str, Any]) -> None:
    data = header(write(manifest))
    first, *others = [
        {
            "config_name": name,
            "data_files": [
                {"split": split, "path": f"{name}/{split}-*.parquet"}
                for split in with_rows(manifest["configs"][name])
            ],
        }
        for name in by_family(manifest)
    ]
    assert data["configs"] == [first | {"default": True}, *others]


def test_the_yaml_gives_columns_rows_and_bytes_of_every_split_with_rows(
    manifest: dict[str, Any],
) -> None:
    infos = header(write(manifest))["dataset_info"]
    assert [info["config_name"] for info in infos] == by_family(manifest)
    for info in infos:
        entry = manifest["configs"][info["config_name"]]
        assert info["features"] == [
            {"name": "prompt", "dtype": "string"},
            {"name": "completion", "dtype": "string"},
            {"name": "references", "sequence": "string"},
            {"name": "task", "dtype": "string"},
            {"name": "template", "dtype": "string"},
            {"name": "source", "dtype": "string"},
            {"name": "id", "dtype": "string"},
        ]
        assert info["splits"] == [
            {"name": split, "num_bytes": each["text_bytes"], "num_examples": each["rows"]}
            for split, each in with_rows(entry).items()
        ]
        shards = [shard for each in with_rows(entry).values() for shard in each["shards"]]
        assert info["download_size"] == sum(shard["bytes"] for shard in shards)
        assert info["dataset_size"] == sum(each["num_bytes"] for each in info["splits"])
        assert info.keys() == {
            "config_name",
            "features",
            "splits",
            "download_size",
            "dataset_size",
        }


def test_datasets_reads_the_yaml_as_it_is_meant(manifest: dict[str, Any]) -> None:
    data = DatasetCard(write(manifest)).data
    configs = MetadataConfigs.from_dataset_card_data(data)
    assert list(configs) == by_family(manifest)
    assert configs.get_default_config_name() == by_family(manifest)[0]
    infos = DatasetInfosDict.from_dataset_card_data(data)
    assert list(infos) == by_family(manifest)
    for name, info in infos.items():
        assert isinstance(info.features, Features)
        assert info.features.arrow_schema.remove_metadata() == SCHEMA
        assert {split: each.num_examples for split, each in info.splits.items()} == {
            split: each["rows"] for split, each in with_rows(manifest["configs"][name]).items()
        }
        assert info.features["prompt"] == Value("string")


def test_the_yaml_describes_what_is_in_it(manifest: dict[str, Any]) -> None:
    manifest = copy.deepcopy(manifest)  # others have it too
    tasks = manifest["configs"].values()
    next(iter(tasks))["made_of"]["templates"]["seed"]["language"] = "de"
    data = header(write(manifest))
    assert data["pretty_name"] == "instruct_mix"
    assert data["source_datasets"] == sorted({each["made_of"]["source"]["repo"] for each in tasks})
    assert set(data["task_categories"]) == {
        "text-generation",
        *(FAMILIES[each["made_of"]["family"]] for each in tasks),
    }
    assert data["task_categories"] == sorted(set(data["task_categories"]))
    # of the sources' texts, and of the templates'
    texts = {each for task in tasks for each in task["made_of"]["source"]["languages"]}
    assert data["language"] == sorted({"de", *texts})
    assert data["tags"] == ["instruction-tuning", "instruct-mix"]
    assert data["annotations_creators"] == ["found"]


@pytest.mark.parametrize(
    ("licences", "expected"),
    [
        (["mit"], "mit"),
        (["mit", "mit"], "mit"),
        (["mit", "cc0-1.0"], ["cc0-1.0", "mit", "other"]),
        (["other", "mit"], ["mit", "other"]),
        (["other"], "other"),
    ],
)
def test_all_licences_are_named_and_other_where_they_differ(
    licences: list[str], expected: object
) -> None:
    tasks = {f"t{number}": entry(license=each) for number, each in enumerate(licences)}
    data = header(write(published(**tasks)))
    assert data["license"] == expected
    own = "other" in expected  # type: ignore[operator]
    assert data.get("license_name") == ("of-each-source" if own else None)
    assert data.get("license_link") == ("README.md" if own else None)


def test_the_name_of_the_licence_goes_with_it_unless_people_wrote_it() -> None:
    several = write(published(a=entry(license="other")))
    assert "license_name" not in header(write(published(), several))
    renamed = several.replace("of-each-source", "my-own")
    assert header(write(published(a=entry(license="other")), renamed))["license_name"] == "my-own"
    assert header(write(published(), renamed))["license_name"] == "my-own"


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (9_999, "1K<n<10K"),
        (10_000, "10K<n<100K"),
        (99_999, "10K<n<100K"),
        (100_000, "100K<n<1M"),
        (999_999, "100K<n<1M"),
        (1_000_000, "1M<n<10M"),
        (9_999_999, "1M<n<10M"),
        (10_000_000, "10M<n<100M"),
        (99_999_999, "10M<n<100M"),
        (100_000_000, "100M<n<1B"),
    ],
)
def test_the_size_is_of_all_rows_together(rows: int, category: str) -> None:
    manifest = published(
        a=entry(train=split_entry(rows // 2), test=split_entry(0)),
        b=entry(train=split_entry(rows - rows // 2)),
    )
    assert header(write(manifest))["size_categories"] == [category]


CONFIGS = ("config", "rows", "licence")
DROPS = ("config", "rows read", "left out")
LICENCES = ("licence", "to heed", "configs")


def total(entry: Mapping[str, Any], field: str) -> int:
    return sum(each[field] for each in entry["splits"].values())


def drops_of(entry: Mapping[str, Any]) -> Counter[str]:
    """By reason, of all splits together."""
    drops: Counter[str] = Counter()
    for each in entry["splits"].values():
        drops.update(each["drops"])
    return drops


def told(drops: Counter[str]) -> str:
    return ", ".join(f"{count:,} {prose(reason)}" for reason, count in drops.most_common())


def test_the_first_screen_has_the_numbers_and_a_row(manifest: dict[str, Any]) -> None:
    text = write(manifest)
    screen = text.partition("\n---\n")[2].partition("## Load it")[0]
    entries = manifest["configs"].values()
    rows, configs = sum(total(each, "rows") for each in entries), len(entries)
    repos = len({each["made_of"]["source"]["repo"] for each in entries})
    assert (
        f"**{rows:,} rows** in {configs} config{'s' * (configs > 1)}, made of {repos} dataset"
        f"{'s' * (repos > 1)}; version {manifest['version']}."
    ) in screen
    first = manifest["configs"][by_family(manifest)[0]]
    example = next(each["example"] for each in first["splits"].values() if each["rows"])
    (shown,) = read(screen).fences
    assert shown == (
        f"Template `{example['template']}`, row `{example['id']}`:",
        "",
        wrapped(unmarked(shortened(example["prompt"], most=700) + example["completion"])),
    )


def test_a_table_that_fits_a_phone_gives_rows_and_licence_of_each_config(
    manifest: dict[str, Any],
) -> None:
    assert read(write(manifest)).tables[CONFIGS] == [
        [
            f"`{name}`{' (of a mirror)' if 'mirror-' in made_of['read_from'] else ''}",
            f"{total(manifest['configs'][name], 'rows'):,}",
            made_of["license"],
        ]
        for name in by_family(manifest)
        for made_of in [manifest["configs"][name]["made_of"]["source"]]
    ]


def test_each_config_is_told_with_its_source_rows_drops_and_limits(
    manifest: dict[str, Any],
) -> None:
    found = read(write(manifest))
    for name, entry in manifest["configs"].items():
        made_of, source = entry["made_of"], entry["made_of"]["source"]
        splits = ", ".join(f"{split} {each['rows']:,}" for split, each in entry["splits"].items())
        count = len(made_of["templates"])
        flags = ", ".join(sorted(licence(source["license"]).flags))
        place = (
            "[stanfordnlp/imdb@e6281661](https://huggingface.co/datasets/stanfordnlp/imdb"
            "/tree/e6281661ce1c48d982bc483cf8a173c1bbeb5d31)"
            if name == "plain"
            else f"`{source['read_from']}`"  # a mirror has no page
        )
        drops = told(drops_of(entry))
        kept = made_of.get("declaration")
        file = f"tasks/{made_of['task']}-{kept['sha256'][:8]}.py" if kept else None
        assert found.facts[f"<code>{name}</code>"] == [
            f"family: {made_of['family']}",
            f"source: {place}, {source['license']}{f' ({flags})' if flags else ''}",
            f"rows: {splits}; {count} template{'s' * (count > 1)}",
            *completions_of(entry),
            *templates_of(entry),
            *(
                f"benchmark: `{split}` is what evaluators ask as `{benchmark}`; do not train on it"
                for benchmark, split in made_of.get("benchmarks", {}).items()
            ),
            *repeats_of(entry),
            *([f"left out: {drops}"] if drops else []),
            *([f"declared by: [{file}]({file})"] if file else []),
            *(f"limit: {unmarked(prose(each))}" for each in source["limits"]),
        ]


def test_a_benchmark_is_named_where_its_split_is_published(real: dict[str, Any]) -> None:
    manifest = copy.deepcopy(real)
    name, split = next(
        (name, split)
        for name, entry in manifest["configs"].items()
        for split in entry["made_of"].get("benchmarks", {}).values()
    )
    asked = f"benchmark: `{split}` is what evaluators ask as"

    def named() -> list[str]:
        facts = read(write(manifest)).facts[f"<code>{name}</code>"]
        return [each for each in facts if each.startswith(asked)]

    assert len(named()) == 1
    del manifest["configs"][name]["splits"][split]
    assert named() == []


def templates_of(entry: Mapping[str, Any]) -> list[str]:
    """A line for each split that has several."""
    return [
        f"templates of {split}: {', '.join(f'`{name}` {n:,}' for name, n in ordered)}"
        for split, each in entry["splits"].items()
        if len(counts := (each["summary"] or {}).get("templates", {})) > 1
        for ordered in [sorted(counts.items(), key=lambda found: (-found[1], found[0]))]
    ]


def repeats_of(entry: Mapping[str, Any]) -> list[str]:
    """A line for each split that says something more than once."""
    return [
        f"said more than once in {split}: {count_of(each['repeated'], 'row')} as before, "
        f"{count_of(each['conflicts'], 'prompt')} with several completions"
        for split, summary in entry["splits"].items()
        if (each := summary["summary"] or {}).get("repeated") or each.get("conflicts")
    ]


def test_what_was_judged_together_is_told_though_it_was_taken_out() -> None:
    told = published(a=entry())
    told["configs"]["a"]["overlaps"] = {
        "leaks": [{"train": "a/train", "evaluation": "b/test", "inputs": 1_230, "near": 4}],
        "conflicts": {"a/train": 22},
        "near_conflicts": {"a/train": 1},
        "near_clusters": {"a": {"clusters": 2, "rows": 5, "largest": 3}},
        "spanning": {"a": 1},
    }
    assert read(write(told)).facts["<code>a</code>"][3:] == [
        "the source has 1,230 inputs of a/train in b/test as well, and 4 nearly",
        "the source has 22 rows of a/train with the same inputs as another and another answer",
        "the source has 1 row of a/train with nearly the same inputs as another and another answer",
        "the source has 5 rows in 2 clusters of nearly the same inputs, the largest of 3 rows",
        "the source has 1 group in several splits",
    ]


def completions_of(entry: Mapping[str, Any]) -> list[str]:
    """A line for each split that has common ones."""
    lines = []
    for split, each in entry["splits"].items():
        told = (each["summary"] or {}).get("completions", [])
        common = [(found["text"], found["rows"]) for found in told if found["rows"] > 1]
        parts = [f"{code(text)} {n:,} ({n / each['rows']:.1%})" for text, n in common]
        if common and each["summary"]["distinct"] > len(common):
            parts.append(f"{each['summary']['distinct'] - len(common):,} more that differ")
        if parts:
            line = f"completions of {split}: {', '.join(parts)}".replace("%)", " %)")
            lines.append(unmarked(line))
    return lines


def test_the_commonest_completions_are_told_where_more_than_one_row_has_them() -> None:
    facts = read(write(HARD)).facts["<code>plain</code>"]
    nasty = unmarked(code(SPAN))
    assert facts[3] == (
        f"completions of train: `  positive ` 12,500 (50.0 %), {nasty} 4 (0.0 %), "
        "3 more that differ"
    )


def test_a_table_in_each_config_tells_how_long_texts_are(manifest: dict[str, Any]) -> None:
    found = read(write(manifest)).lengths
    expected = {}
    for name, entry in manifest["configs"].items():
        lines = [
            [split, text, *(f"{each['summary'][text][name]:,}" for name in QUANTILES)]
            for split, each in with_rows(entry).items()
            if each["summary"] is not None
            for text in ("prompt", "completion")
        ]
        names = [
            "split",
            "characters of",
            "least",
            "25 %",
            "median",
            "75 %",
            "95 %",
            "99 %",
            "most",
        ]
        if lines:
            expected[f"<code>{name}</code>"] = [names, *lines]
    assert found == expected
    if manifest is HARD:
        numbers = ["1", "20", "300", "4,000", "4,100", "4,200", "50,000"]
        assert found["<code>plain</code>"][1:] == [
            ["train", "prompt", *numbers],
            ["train", "completion", *("1" * 7)],
        ]
        assert [line[0] for line in found["<code>hostile</code>"]] == ["split", "train", "train"]
        assert "<code>none_left</code>" not in found


def test_every_template_is_on_its_page_verbatim(manifest: dict[str, Any]) -> None:
    found = read(templates_page(from_json(manifest, Published)))
    assert [(before, text) for before, _, text in found.fences] == [
        (
            f"`{template}` (inverted: it asks for what the source gives):"
            if each["inverted"]
            else f"`{template}`:",
            each["text"],
        )
        for name in by_family(manifest)
        for template, each in manifest["configs"][name]["made_of"]["templates"].items()
    ]
    assert found.lines[0] == "Templates"
    assert [line for line in found.lines if line in manifest["configs"]] == by_family(manifest)
    assert "[templates](assets/templates.md)" in write(manifest)


def test_a_template_in_another_language_says_so() -> None:
    manifest = published(a=entry(templates={"seed": "x", "ask_it": "y"}))
    manifest["configs"]["a"]["made_of"]["templates"]["ask_it"]["language"] = "de"
    page = templates_page(from_json(manifest, Published))
    assert "`ask_it` (in de; inverted: it asks for what the source gives):\n" in page


def test_a_row_of_each_config_is_shown(manifest: dict[str, Any]) -> None:
    found = read(write(manifest))
    for name, entry in manifest["configs"].items():
        summary = f"<code>{name}</code>"
        example = next((each["example"] for each in entry["splits"].values() if each["rows"]), None)
        if example is None:
            assert f"**`{name}`** has no rows." in found.lines
            assert found.folded[summary] == []
            continue
        where = f"Template `{example['template']}`, row `{example['id']}`:"
        text = wrapped(unmarked(shortened(example["prompt"], most=700) + example["completion"]))
        assert found.folded[summary] == [(where, text)]
    assert found.open == []


@pytest.mark.parametrize("length", [SHOWN_CHARACTERS, SHOWN_CHARACTERS + 1, 12_345])
def test_the_middle_of_a_long_example_is_left_out_and_said_to_be(length: int) -> None:
    prompt = "".join(chr(0x100 + number % 500) for number in range(length))
    manifest = published(a=entry(train=split_entry(prompt=prompt)))
    ((_, text),) = read(write(manifest)).folded["<code>a</code>"]
    assert max(map(len, text.split("\n"))) <= 96
    joined = text.replace("\n", "").replace(" ", "")
    left_out = f"[…{length - 700:,}characters…]" if length > 700 else ""
    half = 350 if left_out else length
    assert joined == f"{prompt[:half]}{left_out}{prompt[half:][-350:] if left_out else ''}positive"


def test_rows_left_out_are_added_up(manifest: dict[str, Any]) -> None:
    text = write(manifest)
    expected = [
        [
            f"`{name}`",
            f"{total(entry, 'rows_read'):,}",
            f"{drops.total():,}",
        ]
        for name in by_family(manifest)
        for entry in [manifest["configs"][name]]
        for drops in [drops_of(entry)]
        if drops
    ]
    assert read(text).tables.get(DROPS, []) == expected
    configs = manifest["configs"].values()
    left_out = sum(drops_of(entry).total() for entry in configs)
    every = sum(total(entry, "rows_read") for entry in configs)
    assert (f"**{left_out:,} of {every:,} source rows** were left out:" in text) == bool(expected)
    assert ("None: every source row was rendered." in text) == (not expected)


def test_licences_are_grouped_with_what_to_heed(manifest: dict[str, Any]) -> None:
    found = read(write(manifest)).tables[LICENCES]
    configs = defaultdict(list)
    for name in by_family(manifest):
        configs[manifest["configs"][name]["made_of"]["source"]["license"]].append(f"`{name}`")
    expected = []
    for identifier in sorted(configs):
        known = licence(identifier)
        shown = f"[{known.spdx}]({known.url})" if known.url else identifier
        flags = ", ".join(sorted(known.flags)) or "none"
        expected.append([shown, flags, ", ".join(configs[identifier])])
    assert found == expected


def test_every_source_is_cited_once_with_the_configs_that_are_of_it(
    manifest: dict[str, Any],
) -> None:
    cited = [each for each in read(write(manifest)).fences if each[1] == "bibtex"]
    configs: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name in by_family(manifest):
        source = manifest["configs"][name]["made_of"]["source"]
        configs[source["repo"], source["license"], source["citation"]].append(f"`{name}`")
    assert len(cited) == len(configs)
    for (before, _, text), ((repo, identifier, citation), names) in zip(
        cited, configs.items(), strict=True
    ):
        link = f"[{repo}](https://huggingface.co/datasets/{repo})"
        assert before.startswith(f"{', '.join(names)}: {link}, {identifier}")
        assert text == citation


def test_a_mirror_that_is_not_its_source_is_told_among_the_limits() -> None:
    tasks = {name: entry(limits=("A limit.",)) for name in ("a", "b")}
    tasks["b"]["made_of"]["source"]["drift"] = ["train: 3 rows", "test: others"]
    assert [item for item in read(write(published(**tasks))).items if "mirror" in item] == [
        "**`b`** was made of a mirror that is not its source: `train: 3 rows`; `test: others`."
    ]


def test_a_mirror_that_nobody_else_has_is_told_among_the_limits() -> None:
    text = write(published(a=entry(), b=entry(commit="mirror-0a1b")))
    assert [item for item in read(text).items if item.startswith("**")][:1] == [
        "**`b`** was made of a mirror that is only where it was built (`org/source@mirror-0a1b`): "
        "nobody else can rebuild it, or trace its rows."
    ]


def test_versions_images_and_the_repo_are_named() -> None:
    text = write(HARD)
    found = read(text)
    assert [item for item in found.items if re.match(r"\*\*\d+\.\d+\.\d+\*\*", item)] == [
        "**1.1.0**: `a`: new, 3 rows; `b`: removed",
        "**1.0.1**: the card only",
        "**1.0.0**: first",
    ]
    for path in IMAGES.values():
        assert any(line.endswith(f"]({path})") for line in found.lines)
    commands = [text for _, language, text in found.fences if language == "sh"]
    assert any(f"instruct-mix verify {REPO}@v1.1.0" in each.splitlines() for each in commands)
    assert any(f'load_dataset("{REPO}", "twin", split="test")' in each[2] for each in found.fences)


def test_arrow_files_are_named_where_they_are_published() -> None:
    manifest = published() | {"file_format": "arrow"}
    (config,) = header(write(manifest))["configs"]
    assert config["data_files"] == [{"split": "train", "path": "a/train-*.arrow"}]


def test_nothing_is_left_to_fill(manifest: dict[str, Any]) -> None:
    # in fences a source's own dollar signs stay; outside them there are none
    outside = re.sub(r"^(`{3,})\w*\n.*?\n\1$", "", write(manifest), flags=re.DOTALL | re.MULTILINE)
    assert "$" not in outside


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
@example(NASTY)
@example("`" * 50)
@example("\n\n")
@example("")
def test_a_fence_holds_any_text(text: str) -> None:
    (token, after) = MarkdownIt("commonmark").parse(f"{fenced(text, 'x')}\n***\n")
    assert (token.type, token.info, token.content) == ("fence", "x", f"{text}\n")
    assert after.type == "hr"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
@example("HTML line breaks, <br />, \\<b>, [a](b), *c* _d_ ~~e~~ `f` &amp; <!-- g -->\nare kept")
def test_prose_reads_as_it_is(text: str) -> None:
    (line,) = MarkdownIt("gfm-like", {"linkify": False}).parseInline(f"{prose(text)}.")
    parts = line.children or []
    assert {each.type for each in parts} <= {"text", "text_special"}
    assert "".join(each.content for each in parts) == f"{' '.join(text.split())}."


@given(st.text())
@example(NASTY)
@example("a`b.parquet:7")
@example("`` ` ``")
@example(" both ")
@example("\n\n# out")
@example("")
def test_a_span_of_code_holds_any_text(text: str) -> None:
    (_, inline, _) = MarkdownIt("commonmark").parse(f"*a* {code(text)} *z*")
    spans = [each.content for each in inline.children or () if each.type == "code_inline"]
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    # a span of nothing but spaces keeps those at its ends
    assert spans == [shown if shown.strip(" ") else f" {shown} "]


def test_the_name_of_a_file_cannot_leave_its_span() -> None:
    split = split_entry()
    split["example"]["id"] = "t/train/a`b*<b>\n.parquet:7"
    made = entry(train=split)
    made["made_of"]["source"]["read_from"] = "org/source@a`|`\n\n# b"
    text = write(published(a=made))
    assert "Template `seed`, row ``t/train/a`b*<b>\\n.parquet:7``:\n" in text
    assert "- source: ``org/source@a`|`\\n\\n# b``, mit\n" in text


# What is on the Hub already


BY_HAND = """\
---
pretty_name: My mix
tags:
- mine
- instruct-mix
license: mit
viewer: false
extra_gated_fields:
  Name: text
  Country: [a, b]
since: 2024-05-01
configs:
- config_name: theirs
  data_files: theirs/*.parquet
  default: true
- config_name: a
  data_files: old/*.parquet
dataset_info:
- config_name: theirs
  features:
  - name: x
    dtype: int64
- config_name: a
  download_size: 1
---
# Mine

Before, ü.
"""


def test_what_people_wrote_in_the_yaml_stays() -> None:
    old, new = header(BY_HAND), header(write(published(a=entry(), b=entry()), BY_HAND))
    for key in ("pretty_name", "viewer", "extra_gated_fields", "since"):
        assert new[key] == old[key]
    assert list(new)[-3:] == ["viewer", "extra_gated_fields", "since"]
    assert new["tags"] == ["mine", "instruct-mix", "instruction-tuning"]
    assert [each["config_name"] for each in new["configs"]] == ["a", "b", "theirs"]
    assert new["configs"][0]["data_files"] == [{"split": "train", "path": "a/train-*.parquet"}]
    assert new["configs"][2] == old["configs"][0], "the default that was chosen"
    assert [each["config_name"] for each in new["dataset_info"]] == ["a", "b", "theirs"]
    assert new["dataset_info"][0]["download_size"] == 2_001
    assert new["dataset_info"][2] == old["dataset_info"][0]


def test_what_people_wrote_around_our_part_stays() -> None:
    text = write(published(), BY_HAND)
    after_yaml = text.partition("\n---\n")[2]
    assert after_yaml.startswith("# Mine\n\nBefore, ü.\n\n")
    assert after_yaml.count("# Mine") == 1
    edited = text.replace("Before", "Written by hand").replace(END, f"{END}\n\nAnd after.\n")
    again = write(published(b=entry()), edited)
    assert again.partition(BEGIN)[0].endswith("# Mine\n\nWritten by hand, ü.\n\n# My mix\n\n")
    assert again.partition(END)[2].startswith("\n\nAnd after.\n")
    assert re.findall(r"<summary><code>(\w+)</code>", again) == ["b"], (
        "ours is of what is published now"
    )


def test_the_title_is_written_once_and_then_peoples_own() -> None:
    text = write(published())
    assert text.partition("\n---\n")[2].startswith("# instruct_mix\n")
    renamed = text.replace("# instruct_mix\n", "# Another\n", 1)
    assert write(published(), renamed) == renamed


@pytest.mark.parametrize("key", ["dataset_info", "configs"])
@pytest.mark.parametrize("name", ["theirs", "a"])
def test_a_single_mapping_counts_as_a_list_of_one(key: str, name: str) -> None:
    old = {"config_name": name, "data_files": "x.csv", "features": []}
    card = f"---\n{yaml.safe_dump({key: old})}---\n"
    listed = header(write(published(), card))[key]
    assert [each["config_name"] for each in listed] == list(dict.fromkeys(["a", name]))
    assert (old in listed) == (name == "theirs")


def test_a_dataset_info_without_a_name_stays() -> None:
    card = "---\ndataset_info:\n  features: []\n---\n"
    assert header(write(published(), card))["dataset_info"][1:] == [{"features": []}]


@pytest.mark.parametrize("none", ["[]", "{}", "[{}]", "null", "''"])
def test_configs_that_are_none_are_left_out(none: str) -> None:
    data = header(write(published(), f"---\nconfigs: {none}\ndataset_info: {none}\n---\n"))
    names = [[each.get("config_name") for each in data[key]] for key in ("configs", "dataset_info")]
    assert names == [["a"], ["a"]]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [("mine", ["mine"]), ("[x, no]", ["x", "no"]), ("null", []), ("''", []), ("[]", [])],
)
def test_tags_of_any_shape_stay(tags: str, expected: list[str]) -> None:
    data = header(write(published(), f"---\ntags: {tags}\n---\n"))
    assert data["tags"] == [*expected, "instruction-tuning", "instruct-mix"]


@pytest.mark.parametrize(
    ("key", "value", "slip"),
    [
        ("configs", "[{data_files: x}]", "expected a config_name in each, got one without; repair"),
        (
            "configs",
            "[{config_name: [a], data_files: x}]",
            "expected a text for each config_name, got ['a']; put one name in quotes",
        ),
        (
            "dataset_info",
            "{config_name: 7}",
            "expected a text for each config_name, got 7; put one name in quotes",
        ),
        ("configs", "a", "expected keys and values in each entry, got 'a'; repair it"),
        ("dataset_info", "[{features: []}, 1]", "expected keys and values in each entry, got 1;"),
        ("tags", "[[a]]", "expected a list of words, got ['a']; write each as a word, in quotes"),
        ("tags", "[b, {a: 1}]", "expected a list of words, got {'a': 1}; write each as a word,"),
        ("tags", "2024", "expected a list of words, got 2024; write each as a word, in quotes"),
        ("pretty_name", "[My, mix]", "expected a text, got ['My', 'mix']; put it in quotes"),
    ],
)
def test_a_slip_in_a_key_is_named_with_its_remedy(key: str, value: str, slip: str) -> None:
    with pytest.raises(CardError) as caught:
        write(published(), f"---\n{key}: {value}\n---\n# Hand-written\n")
    message = str(caught.value)
    assert message.startswith(f"{FILE} on the Hub: {key}: {slip}")
    assert message.endswith(" there, then push again")
    assert "\n" not in message


def test_what_yaml_1_1_takes_for_something_else_stays_text() -> None:
    card = "---\nx: 2001-13-45\ny: 007\nz: no\nw: 1_000\n---\n# Hand-written\n"
    text = write(published(), card)
    for data in (header(text), yaml.safe_load(text.split("---\n")[1])):
        assert [data[key] for key in "xyzw"] == ["2001-13-45", "007", "no", "1_000"]
    assert "# Hand-written\n" in text


@pytest.mark.parametrize("name", ["null", "''"])
def test_an_empty_name_is_none(name: str) -> None:
    text = write(published(), f"---\npretty_name: {name}\n---\n")
    assert header(text)["pretty_name"] == "instruct_mix"
    assert "\n# instruct_mix\n" in text


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, "a"),
        ({"a": False, "b": True}, "b"),
        ({"theirs": True}, "theirs"),
        ({"theirs": False}, "a"),
        ({"gone": True, "b": True}, "gone"),
        ({"default": False}, "default"),
        ({"theirs": True, "default": False}, "default"),
    ],
    ids=["none", "ours", "theirs", "none of theirs", "several", "called so", "called so wins"],
)
def test_there_is_one_default_which_is_what_was_chosen(
    before: dict[str, bool], expected: str
) -> None:
    configs = [
        {"config_name": name, "data_files": f"{name}.csv"} | ({"default": True} if chosen else {})
        for name, chosen in before.items()
    ]
    card = f"---\n{yaml.safe_dump({'configs': configs})}---\n"
    data = header(write(published(a=entry(), b=entry()), card))
    assert [each["config_name"] for each in data["configs"] if "default" in each] == [expected]
    known = MetadataConfigs.from_dataset_card_data(DatasetCardData(**data))
    assert known.get_default_config_name() == expected


@pytest.mark.parametrize(
    "card",
    [
        "---\r\nviewer: false\r\n---\r\n# Mine\r\n\r\nText.\r\n",
        "\ufeff---\nviewer: false\n---\n# Mine\n",
        "\ufeff---\r\nviewer: false\r\n---\r\n# Mine\r\n",
        "\n\n---\nviewer: false\n---\n# Mine\n",
        "--- \t\nviewer: false\n---  \n# Mine\n",
        "---\nviewer: false\n---",
    ],
    ids=["CRLF", "BOM", "BOM and CRLF", "empty lines", "spaces", "no text"],
)
def test_the_yaml_is_found_however_it_was_saved(card: str) -> None:
    text = write(published(), card)
    assert header(text)["viewer"] is False
    assert text.count("viewer") == 1
    assert not text.startswith("\ufeff")
    assert ("# Mine" in text) == ("# Mine" in card)
    assert write(published(), text) == text


def test_line_ends_that_people_use_stay_in_their_text() -> None:
    text = write(published(), "---\r\nviewer: false\r\n---\r\n# Mine\r\n\r\nText.\r\n")
    assert "---\n# Mine\r\n\r\nText.\n\n# instruct_mix" in text
    windows = write(published()).replace("\n", "\r\n")
    again = write(published(), windows)
    before, _, rest = again.partition(BEGIN)
    assert before.endswith("---\n# instruct_mix\r\n\r\n")
    assert rest.partition(END)[2] == "\r\n"
    assert "\r" not in rest.partition(END)[0]
    assert write(published(), again) == again


@pytest.mark.parametrize(
    "card",
    [
        "Only text.\n",
        "# Title\n---\nviewer: false\n---\n",
        "--- \nno end",
        "----\na: b\n----\n",
        " ",
    ],
)
def test_text_without_yaml_is_text(card: str) -> None:
    text = write(published(), card)
    assert "viewer" not in header(text)
    assert text.partition("\n---\n")[2].startswith(card.strip())
    assert split_card(card) == ({}, card)


@pytest.mark.parametrize(
    "card", [None, "", "---\n---\n", "---\n\n---\n", "---\n# a comment\n---\n"]
)
def test_an_empty_card_is_as_good_as_none(card: str | None) -> None:
    assert write(published(), card) == write(published())


@pytest.mark.parametrize(
    ("yaml_text", "reason"),
    [
        ("a: [", "line 3: expected YAML, got something else ("),
        ("a: b: c", "line 2: expected YAML, got something else ("),
        ("x: 1\n\ty", "line 3: expected YAML, got something else ("),
        ("!!python/object:x {}", "line 2: expected YAML, got something else ("),
        ("a: \0", "expected YAML, got something else ("),
        ("a: 1\na: 2", "line 3: expected the key 'a' once, got it again;"),
        ("x: " + "9" * 5000, "line 2: expected a number of at most 64 digits, got one of 5,000;"),
        ("x: " + "[" * 5000 + "]" * 5000, "line 2: expected at most 64 levels, got more;"),
        (
            "\n".join(
                f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]" for n in range(9)
            ),
            "line 8: expected at most 1,000,000 values, aliases written out",
        ),
        ("- a", "expected keys and values between its first two lines ---, got ['a']; repair it"),
        ("words", "expected keys and values between its first two lines ---, got 'words'; repair"),
    ],
    ids=lambda value: value[:20],
)
def test_yaml_that_is_broken_is_named_in_one_line(yaml_text: str, reason: str) -> None:
    with pytest.raises(CardError) as caught:
        write(published(), f"---\n{yaml_text}\n---\nText.\n")
    message = str(caught.value)
    assert message.startswith(f"{FILE} on the Hub: {reason}")
    assert message.endswith("repair it there, then push again")
    assert "\n" not in message


@pytest.mark.parametrize("marker", [BEGIN, END])
def test_a_marker_among_the_yaml_stops_it(marker: str) -> None:
    with pytest.raises(CardError) as caught:
        write(published(), f"---\n{marker}---\n---\n")
    assert str(caught.value) == (
        f"README.md on the Hub: expected the lines {BEGIN!r} and {END!r} below its YAML, got them "
        f"between its first two lines ---; move them there, or delete them, then push again"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"{BEGIN}\n",
        f"{END}\n",
        f"{END}\n{BEGIN}\n",
        f"{BEGIN}\n{BEGIN}\n{END}\n",
        f"{BEGIN}\n{END}\n{END}\n",
        f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n",
    ],
)
@pytest.mark.parametrize("before", ["", "---\nviewer: false\n---\n# Mine\n"])
def test_markers_that_are_not_as_they_were_put_stop_it(before: str, text: str) -> None:
    with pytest.raises(CardError) as caught:
        write(published(), before + text)
    assert str(caught.value) == (
        f"README.md on the Hub: expected the lines {BEGIN!r} and {END!r} once each, in this order; "
        f"put them back around what is generated, or delete that, then push again"
    )


@pytest.mark.parametrize(
    "card", [None, BY_HAND, "Only text.", "\ufeff---\r\ntags: x\r\n---\r\n\r\n"]
)
def test_writing_twice_changes_nothing(manifest: dict[str, Any], card: str | None) -> None:
    text = write(manifest, card)
    assert write(manifest, text) == text


PIECES = [
    "---\n",
    "---\r\n",
    "a: b\n",
    "tags: x\n",
    "\ufeff",
    BEGIN,
    END,
    "Text.\n",
    "\n",
    " ",
    "```\n",
]


@settings(max_examples=60)
@example(["---\n", BEGIN, "---\n", "---\n"])
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=8))
def test_whatever_is_there_a_second_writing_changes_nothing(pieces: list[str]) -> None:
    try:
        text = write(published(), "".join(pieces))
    except CardError:
        return
    assert write(published(), text) == text
    assert text.count(BEGIN) == text.count(END) == 1


def test_our_markers_in_a_source_mark_nothing() -> None:
    marked = f"{BEGIN} x {END}"
    manifest = published(
        a=entry(
            limits=(marked,),
            citation=marked,
            templates={"seed": marked},
            train=split_entry(drops={marked: 1}, prompt=marked),
        )
    )
    text = write(manifest)
    assert text.count(BEGIN) == text.count(END) == 1
    assert write(manifest, text) == text
    longer = write(manifest | {"version": "9.9.9"}, text)
    assert "9.9.9" in longer
    assert write(manifest, longer) == text


def test_a_placeholder_that_nothing_fills_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("mixbuild.publish.card.sections")
    monkeypatch.setattr(module, "read_project_file", lambda _: f"{BEGIN}$unheard_of{END}")
    with pytest.raises(KeyError, match="unheard_of"):
        write(published())
