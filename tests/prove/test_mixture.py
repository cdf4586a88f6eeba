"""A mixture on the Hub: the default config, beside its tasks or alone, and proven like them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hub_server import LoopbackHub
from mixbuild.core import CardError, load_yaml, split_front_matter
from prove.proving import DOLLY, IMDB, SQUAD, TOKEN, Run

pytest_plugins = ["prove.proving"]

RECIPE = """\
# half of it is told by people
seed: 3
mixtures:
  mix:
    templates: sample
    total: 20
    parts:
      dolly: {share: 0.5}
      imdb: {share: 0.3}
      squad: {share: 0.2}
    validation: {rows: 6}
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "recipe.yaml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def made(run: Run, locked: Path, recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mixed") / "out"
    run.ok("make", "--recipe", recipe, "--lock", locked, "--out", out)
    return out


def card(hub: LoopbackHub, repo: str) -> tuple[dict[str, Any], str]:
    """What the card says to machines, and to people."""
    front, text = split_front_matter(hub.files(repo)["README.md"].decode())
    assert front is not None
    found = load_yaml(front, where="card", error=CardError)
    assert isinstance(found, dict)
    return found, text


def test_a_mixture_alone_is_all_that_it_takes_to_prove_it(
    run: Run, served: LoopbackHub, made: Path
) -> None:
    told = run.ok("push", "org/alone", "--out", made, "--only", "mix", HF_TOKEN=TOKEN)
    assert told.endswith("org/alone: pushed, version 1.0.0\n")
    assert {path.split("/")[0] for path in served.files("org/alone")} == {
        *("README.md", "manifest.json", "assets", "mix", "tasks"),
        *(".gitattributes",),
    }
    verified = run.ok("verify", "org/alone")
    assert " rows in 3 files\n" in verified
    assert run.ok("rebuild", "org/alone").endswith("rows are the same\n")
    front, text = card(served, "org/alone")
    assert [each["config_name"] for each in front["configs"]] == ["mix"]
    assert front["configs"][0]["default"]
    assert front["source_datasets"] == sorted([DOLLY, SQUAD, IMDB])
    assert f"```yaml\n{RECIPE}```" in text
    assert "| `dolly` |" in text
