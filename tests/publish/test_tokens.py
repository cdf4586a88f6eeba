"""Tokens in each row format, where a recipe names a tokenizer: in the manifest, on the card, in
stats."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.cli.main import run
from mixbuild.core import SourceError, file_sha256
from mixbuild.declare import ROW_FORMATS, Recipe, RowFormat, parse_recipe
from mixbuild.make import expect
from mixbuild.publish import export_split, splits
from mixbuild.publish import read_shards as rows_of
from mixbuild.publish.card.summary import tokens
from mixbuild.publish.hub.plan import Target
from mixbuild.publish.release import published_configs
from mixbuild.publish.tokens import opened
from publish.pushing import REPO, push
from publish.pushing import Built as Pushed
from tokenizers import Tokenizer, models, pre_tokenizers

pytest_plugins = ("publish.pushing",)

RECIPE = """
tasks: {imdb: {}}
quality: {length: {tokenizer: "%s", max_tokens: 100}}
formats: [{name: messages, system: Be brief.}, alpaca, sharegpt, text]
"""


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    """A build, and the tokenizer of its recipe, to which each word is a token."""
    tokenizer = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))  # noqa: S106 - no secret
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    place = tmp_path / "tokenizer.json"
    tokenizer.save(str(place))
    (tmp_path / "mine.yaml").write_text(RECIPE % place)
    out = tmp_path / "out"
    opened.cache_clear()
    words = ["make", "--recipe", str(tmp_path / "mine.yaml"), "--samples", "--out", str(out)]
    assert run(words) == 0
    return out, place


def words_of(prompt: str, completion: str, system: int) -> int:
    return len(prompt.split()) - 1 + len(completion.split()) + system  # without the marker


COUNTS: dict[str, Callable[[str, str], int]] = {
    "prompt_completion": lambda prompt, completion: len((prompt + completion).split()),
    "messages": lambda prompt, completion: words_of(prompt, completion, 2),
    "sharegpt": lambda prompt, completion: words_of(prompt, completion, 0),
    "alpaca": lambda prompt, completion: words_of(prompt, completion, 0),
    "text": lambda prompt, completion: len((prompt + completion).split()),
}


def test_each_format_has_its_own_counts_everywhere(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out, place = made
    asked = [RowFormat(), *parse_recipe(RECIPE % place, "a recipe").row_formats]
    assert [each.name for each in asked] == list(ROW_FORMATS)
    capsys.readouterr()
    assert run(["stats", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["imdb"]
    assert run(["stats", str(out)]) == 0
    shown = capsys.readouterr().out
    built = expect(out).configs
    for row_format in asked:
        exported = [
            (each, export_split(each)) for each in splits(out, built, row_format=row_format)
        ]
        (card,) = tokens(published_configs(built, exported)["imdb"])
        for split, entry in exported:
            rows = [row for batch in rows_of(out, split.entry) for row in batch.to_pylist()]
            counts = sorted(COUNTS[row_format.name](r["prompt"], r["completion"]) for r in rows)
            (found,) = entry.tokens
            assert (found.tokenizer, found.sha256) == (str(place), file_sha256(place))
            numbers = [found.quantiles.least, found.quantiles.median, found.quantiles.most]
            assert numbers == [counts[0], counts[(len(counts) - 1) // 2], counts[-1]]
            assert found.total == sum(counts) > 0
            (as_told,) = told[split.split]["tokens_as"][row_format.name]
            assert as_told["total"] == found.total
            assert f"| {split.split} | `{place}` | {counts[0]} |" in card
            (line,) = [
                each.split()
                for each in shown.splitlines()
                if each.split()[:3] == ["imdb", split.split, row_format.name]
            ]
            assert int(line[-1]) == sum(counts)


@pytest.mark.parametrize(
    "row_format", [RowFormat(), RowFormat("alpaca")], ids=lambda each: each.name
)
def test_of_what_is_published_its_manifest_tells_where_nobody_has_the_tokenizer(
    made: tuple[Path, Path],
    api: HfApi,
    at_the_hub: LoopbackHub,
    undrawn: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    row_format: RowFormat,
) -> None:
    out, place = made
    monkeypatch.setattr("mixbuild.publish.hub.push.client", lambda: api)
    monkeypatch.setattr("mixbuild.publish.hub.push.verify_repo", lambda *_, **__: ("", []))
    push(api, Pushed(out, {}, ()), Target(REPO, "here"), row_format=row_format)
    capsys.readouterr()
    assert run(["stats", str(out), "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)["imdb"]["train"]["tokens_as"]
    place.unlink()
    opened.cache_clear()
    assert run(["stats", f"{REPO}@here", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["imdb"]["train"]["tokens_as"]
    assert told == {row_format.name: counted[row_format.name]}
    assert told[row_format.name][0]["total"] > 0


def test_another_tokenizer_in_its_place_is_counted_anew(made: tuple[Path, Path]) -> None:
    out, place = made
    before = entries(out)
    content = json.loads(place.read_text())
    content["pre_tokenizer"] = {"type": "Whitespace"}  # which parts words and stops
    place.write_text(json.dumps(content))
    opened.cache_clear()
    after = entries(out)
    for one, two in zip(before, after, strict=True):
        assert one.tokens[0].sha256 != two.tokens[0].sha256
        assert one.tokens[0].total < two.tokens[0].total
        assert one.shards == two.shards
    place.unlink()
    opened.cache_clear()
    with pytest.raises(SourceError) as caught:
        entries(out)
    assert str(caught.value) == (
        f"tokenizer {place}: expected a tokenizer.json, got none to read (No such file or "
        f"directory); put it there, or name another one; where a recipe does, run make again then"
    )


def test_each_of_many_tokenizers_is_read_once(made: tuple[Path, Path]) -> None:
    out, place = made
    places = [str(place.with_name(f"{name}.json")) for name in "abcde"]
    for each in places:
        Path(each).write_bytes(place.read_bytes())
    opened.cache_clear()
    train = replace(next(splits(out, expect(out).configs)), tokenizers=tuple(places))
    assert [each.tokenizer for each in export_split(train).tokens] == places
    assert opened.cache_info().misses == len(places)


def entries(out: Path) -> list[Any]:
    return [export_split(each) for each in splits(out, expect(out).configs)]


def test_a_recipe_names_a_tokenizer_for_lengths_and_for_sizes() -> None:
    at = "org/name@" + "a" * 40
    text = (
        "quality: {length: {tokenizer: a.json, max_tokens: 9}}\n"
        f"mixtures: {{one: {{requested_tokens: 9, tokenizer: {at}, parts: {{imdb: {{}}}}}},"
        " two: {requested_tokens: 9, tokenizer: a.json, parts: {imdb: {}}}}\n"
    )
    assert parse_recipe(text, "a recipe").tokenizers == ("a.json", at)
    assert Recipe().tokenizers == ()
