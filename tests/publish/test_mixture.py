"""A mixture as it is published: the default config, its composition on the card, its licences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.core import CardError, LicenceError, UsageError, load_yaml
from mixbuild.curate import build
from mixbuild.declare import Mixture, Part, recipe_text, resolve_recipe
from mixbuild.declare.mixture import HeldOut
from mixbuild.declare.recipe import Recipe
from mixbuild.make import expect
from mixbuild.make.recipe import families_of, request_of
from mixbuild.publish import shown
from mixbuild.publish.export import export_split
from mixbuild.publish.manifest import COLUMNS, FORMAT, Published
from mixbuild.publish.release import compose, published_configs
from mixbuild.publish.shown import compositions
from mixbuild.publish.split import splits
from mixbuild.tasks import ALL
from publish.pushing import Built, push, writes

pytest_plugins = ("publish.pushing",)

SHARES = {"gsm8k": Part(rows=5), "imdb": Part(), "squad": Part(weight=2)}
RECIPE = Recipe(
    seed=7,
    mixtures={
        "mix": Mixture(parts=SHARES, total=24, templates="sample", validation=HeldOut(rows=6)),
        "all_of_it": Mixture(parts={"imdb": Part(), "squad": Part()}, characters=5_000),
    },
    templates="sample",
)


def made(out: Path, recipe: Recipe) -> Path:
    """The build of a recipe, from the samples."""
    resolved = resolve_recipe(recipe_text(recipe), "a.yaml", families=families_of(ALL))
    sources = dict.fromkeys(resolved.choices, "samples")
    request = request_of(resolved, out, tasks=ALL, sources=sources)
    build(request, mixtures=resolved.mixtures, catalog=ALL)
    return out


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """What a build with two mixtures of three tasks is published as."""
    out = made(tmp_path_factory.mktemp("mixed"), RECIPE)
    configs = expect(out).configs
    exported = [(split, export_split(split)) for split in splits(out, configs)]
    configs_ = published_configs(configs, exported)
    return Published(FORMAT, "1.0.0", "parquet", COLUMNS, {"1.0.0": ("first",)}, configs_)


def test_files_of_another_order_are_not_taken_for_those_of_a_mixture(tmp_path: Path) -> None:
    """What decides it may be a task's groups, which are told by no shard, only by its keys."""
    out = made(tmp_path, RECIPE)
    split = next(each for each in splits(out, expect(out).configs) if each.name == "mix/train")
    assert split.entry.selected is not None
    for change in ({"digest": "0" * 32}, {"key": "0" * 32}):
        selected = msgspec.structs.replace(split.entry.selected, **change)
        entry = msgspec.structs.replace(split.entry, selected=selected)
        assert replace(split, entry=entry).key != split.key


def card(published: Published, *names: str, old: str | None = None) -> tuple[dict[str, Any], str]:
    """What the card of some configs says to machines, and to people."""
    configs = {name: published.configs[name] for name in names or published.configs}
    drawn: Mapping[str, bytes] = {}
    publication = compose(
        configs, [], repo="org/mix", file_format="parquet", old_card=old, drawn=dict(drawn)
    )
    (text,) = (each.content for each in publication.files if each.path == "README.md")
    assert isinstance(text, bytes)
    front = text.decode().split("---\n")[1]
    found = load_yaml(front, where="card", error=CardError)
    assert isinstance(found, dict)
    return found, text.decode()


def default(found: tuple[dict[str, Any], str]) -> list[str]:
    return [each["config_name"] for each in found[0]["configs"] if each.get("default")]


@pytest.mark.usefixtures("undrawn")
def test_a_mixture_is_the_default_until_somebody_chooses_another(published: Published) -> None:
    tasks = card(published, "squad", "imdb")
    assert default(tasks) == ["squad"]
    assert "Without a config's name it loads `squad`." in tasks[1]
    for old in (None, tasks[1], card(published, "mix")[1]):
        found = card(published, old=old)
        assert default(found) == ["mix"]
        assert "Without a config's name it loads `mix`." in found[1]
        names = [each["config_name"] for each in found[0]["configs"]]
        assert names == ["mix", "all_of_it", "squad", "imdb", "gsm8k"]
    by_hand = found[1].replace("  default: true\n", "", 1)
    by_hand = by_hand.replace("- config_name: imdb\n", "- config_name: imdb\n  default: true\n", 1)
    assert default(card(published, old=by_hand)) == ["imdb"]
    theirs = "---\nconfigs:\n- config_name: theirs\n  data_files: a.csv\n  default: true\n---\n"
    assert default(card(published, old=theirs)) == ["theirs"]
    assert default(card(published, "all_of_it", "imdb")) == ["all_of_it"]


@pytest.mark.usefixtures("undrawn")
def test_the_card_has_the_composition_to_the_row_and_the_recipe_word_for_word(
    published: Published,
) -> None:
    data, text = card(published)
    train = published.configs["mix"].splits["train"]
    assert data["dataset_info"][0]["splits"][0] == {
        "name": "train", "num_bytes": train.text_bytes, "num_examples": 24}  # fmt: skip
    assert data["task_categories"] == [
        "question-answering", "text-classification", "text-generation"]  # fmt: skip
    assert data["source_datasets"] == ["openai/gsm8k", "rajpurkar/squad", "stanfordnlp/imdb"]
    rows = {
        name: sum(each.rows for each in config.splits.values())
        for name, config in published.configs.items()
    }
    assert (
        f"**{rows['mix']} rows** in the mixture `mix`; **{rows['all_of_it']} rows** in the mixture "
        f"`all_of_it`; {rows['gsm8k'] + rows['imdb'] + rows['squad']} rows in 3 configs of a task "
        f"each, made of 3 datasets; version 1.0.0."
    ) in text
    _, _, section = text.partition("## What `mix` is made of\n")
    assert (
        "| task | available | removed | asked | rows | got | times | unused |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| `gsm8k` | 10 | 4 | 20.83% | 5 | 20.83% | 1.00 | 5 |\n"
        "| `imdb` | 12 | 6 | 23.75% | 6 | 25.00% | 1.00 | 6 |\n"
        "| `squad` | 14 | 5 | 55.42% | 13 | 54.17% | 1.00 | 1 |\n\n"
        "- removed from `gsm8k`: 1 null number, 1 null question, 1 null steps, 1 its input is in "
        "an evaluation split\n"
    ) in section
    assert "- test: `gsm8k` 11, `imdb` 17; none of `squad`\n" in section
    assert f"word for word</summary>\n\n```yaml\n{recipe_text(RECIPE)}```\n\n</details>" in section
    _, _, by_size = text.partition("## What `all_of_it` is made of\n")
    assert "| times | unused | characters |\n" in by_size
    assert "`mix`, `all_of_it`: rows of several tasks; each other config is one task." in text
    assert "`mix`: rows of several tasks. They have" in card(published, "mix")[1]


def test_the_image_shows_the_shares(published: Published) -> None:
    drawn: dict[str, bytes] = {}
    publication = compose(
        {"mix": published.configs["mix"]}, [], repo="org/mix", file_format="parquet", drawn=drawn
    )
    (path,) = (each.path for each in publication.files if "composition" in each.path)
    assert drawn[path].startswith(b"\x89PNG")
    (text,) = (each.content for each in publication.files if each.path == "README.md")
    assert f"![What mix is made of]({path})".encode() in bytes(text)


def test_the_image_of_many_tasks_adds_up_those_of_a_family(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    configs = {"mix": published.configs["mix"]}
    each = {"gsm8k": 5, "imdb": 6, "squad": 13}
    found = compositions(configs)["mix"]
    assert {label: rows for label, (_, rows) in found.items()} == each
    monkeypatch.setattr(shown, "MOST_LINES", 2)
    found = compositions(configs)["mix"]
    families = {"mathematics": 5, "sentiment": 6, "question answering": 13}
    assert {label: rows for label, (_, rows) in found.items()} == families
    assert sum(asked for asked, _ in found.values()) == pytest.approx(1)


def test_a_mixture_has_the_licences_of_its_tasks_and_the_others_are_none_of_its_business(
    tmp_path: Path, api: HfApi, loopback: LoopbackHub
) -> None:
    mix = Mixture(parts={"imdb": Part(), "sst2": Part()}, templates="sample", total=10)
    recipe = Recipe(mixtures={"mix": mix})
    built = Built(made(tmp_path / "out", recipe), {}, ())
    for only, told in (
        (["mix"], "mix > sst2: other (unknown)"),
        ([], "mix > sst2, sst2: other (unknown)"),
    ):
        with pytest.raises(LicenceError) as caught:
            push(api, built, only=only)
        assert str(caught.value) == (
            f"expected licences that may be published, got {told}; leave these configs out, name "
            f"the source in build/licence_policy.json, or say --allow-licences other"
        )
    plans: list[Any] = []
    push(api, built, only=["imdb"], dry_run=True, show=plans.append)
    assert list(plans[0].publication.manifest.configs) == ["imdb"]
    with pytest.raises(UsageError) as unknown:
        push(api, built, only=["imdb", "mixx"])
    assert str(unknown.value) == (
        "--only: unknown config 'mixx'; did you mean 'mix'? Known: imdb, mix, sst2"
    )
    assert writes(loopback) == []
