"""The card of rows in a row format: its columns, its branch, and each trainer's lines for it.

The lines are those that the trainers' own loaders are given, in ``tests/compat``.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import pytest
from conftest import ROOT, from_json
from mixbuild.core import load_yaml
from mixbuild.declare import ROW_FORMATS, RowFormat
from mixbuild.publish.card.write import write_card
from mixbuild.publish.formats import columns_of
from mixbuild.publish.manifest import Published
from publish.test_card import IMAGES, REPO
from publish.test_card import published as manifest_of

PLACE = {"path", "source", "name", "split", "revision", "file_name"}
"""Keys that say where the rows are."""

BLOCK = re.DOTALL | re.MULTILINE


def card_of(name: str, branch: str | None = None) -> str:
    published = from_json(manifest_of() | {"row_format": {"name": name}}, Published)
    branch = branch or ("main" if name == "prompt_completion" else name)
    return write_card(published, repo=REPO, branch=branch, images=IMAGES)


def formats_of(script: str) -> dict[str, Any]:
    """What a script of the trainers has for each row format."""
    tree = ast.parse((ROOT / "tests/compat" / script).read_text())
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "FORMATS":
            found: dict[str, Any] = ast.literal_eval(node.value)  # type: ignore[arg-type]
            return found
    raise AssertionError(script)


AXOLOTL, TORCHTUNE, LLAMA_FACTORY, MS_SWIFT, UNSLOTH, TRL = (
    formats_of(f"train{name}.py")
    for name in ("_axolotl", "_torchtune", "_llama_factory", "_ms_swift", "_unsloth", "")
)


def yaml_blocks(card: str, key: str) -> list[Any]:
    found = re.findall(r"^```(?:yaml|json)\n(.*?)^```", card, re.DOTALL | re.MULTILINE)
    read = [load_yaml(text, where="the card", error=ValueError) for text in found]  # type: ignore[arg-type]
    return [each[key] for each in read if isinstance(each, dict) and key in each]


def told(lines: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in lines.items() if key not in PLACE}


@pytest.mark.parametrize("name", ROW_FORMATS)
def test_each_trainers_lines_are_those_that_its_test_runs(name: str) -> None:
    card = card_of(name)
    assert [told(each) for (each,) in yaml_blocks(card, "datasets")] == [
        AXOLOTL[name] for _ in range(name in AXOLOTL)
    ]
    assert [told(each) for each in yaml_blocks(card, "dataset") if isinstance(each, dict)] == [
        TORCHTUNE[name] for _ in range(name in TORCHTUNE)
    ]
    if name != "prompt_completion":
        entries = [told(each) for each in yaml_blocks(card, "a")]
        assert entries == [LLAMA_FACTORY[name][1] for _ in range(name in LLAMA_FACTORY)]
    blocks = re.findall(r"^```python\n(.*?)^```", card, BLOCK)
    ways = [each for each in blocks if "SFTTrainer(" in each]
    of_unsloth = [each for each in ways if each.startswith("from unsloth ")]
    of_trl = [each for each in ways if each not in of_unsloth]
    assert (len(of_trl), len(of_unsloth)) == (name in TRL, name in UNSLOTH)
    for way, options in ((of_trl, TRL.get(name, {})), (of_unsloth, UNSLOTH.get(name, {}))):
        for option in options.keys() - {"revision"}:
            assert f"SFTConfig({option}=True" in way[0]
    commands = re.findall(r"^USE_HF=1 swift sft .*(?:\n +.*)*", card, re.MULTILINE)
    assert len(commands) == (name in MS_SWIFT)
    for option, value in MS_SWIFT.get(name, {}).items():
        assert f" --{option} {str(value).lower()} " in commands[0]
    places = re.findall(r"^```json\n(\[.*?)^```", card, BLOCK)
    assert [json.loads(each) for each in places] == [
        [
            {
                "dataset_name": "instruct_mix",
                "hf_dataset_id": REPO,
                "hf_revision": "main" if name == "prompt_completion" else name,
                "split": ["train"],
            }
        ]
        for _ in commands
    ]


@pytest.mark.parametrize("name", ROW_FORMATS)
def test_every_column_is_told_and_every_place_names_the_branch(name: str) -> None:
    card, branched = card_of(name), name != ROW_FORMATS[0]
    table = card.partition("## Columns")[2]
    named = re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE)
    found = re.findall(r"`(\w+)`", " ".join(named))
    assert sorted(found) == sorted(columns_of(RowFormat(name)).names)
    loads = re.findall(rf'load_dataset\(\s*"{REPO}".*?\)', card, re.DOTALL)
    assert len(loads) >= 3
    assert all((f'revision="{name}"' in each) == (branched) for each in loads[:3])
    assert (f"hf://datasets/{REPO}@{name}/a/" in card) == (branched)
    assert (f"instruct-mix verify {REPO}@{name}" in card) == (branched)
    assert "$" not in re.sub(r"^(`{3,})\w*\n.*?\n\1$", "", card, flags=re.DOTALL | re.MULTILINE)
    assert "end of only" not in card


def test_the_name_of_a_branch_is_one_part_of_an_address() -> None:
    card = card_of("messages", "chats/one")
    assert f"hf://datasets/{REPO}@chats%2Fone/" in card
    assert 'revision="chats/one"' in card


def test_the_page_of_trainers_names_whoever_reads_a_format() -> None:
    page = (ROOT / "build/docs/training.md").read_text()
    named = dict(re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", page, re.MULTILINE))
    by_name = {
        "TRL": TRL,
        "axolotl": AXOLOTL,
        "LLaMA-Factory": LLAMA_FACTORY,
        "torchtune": TORCHTUNE,
        "ms-swift": MS_SWIFT,
        "unsloth": UNSLOTH,
    }
    assert named == {
        name: ", ".join(trainer for trainer, known in by_name.items() if name in known)
        for name in ROW_FORMATS
    }


def test_the_page_of_trainers_has_lines_of_the_cards() -> None:
    page = (
        (ROOT / "build/docs/training.md").read_text().partition("## The lines of each trainer")[2]
    )
    cards = card_of("prompt_completion") + card_of("messages")
    named = re.split(r"^\*\*([\w-]+)\*\* reads ", page, flags=re.MULTILINE)[1:]
    assert named[::2] == ["TRL", "axolotl", "LLaMA-Factory", "torchtune", "ms-swift", "unsloth"]
    for lines in named[1::2]:
        blocks = re.findall(r"^```\w+\n.*?^```", lines, BLOCK)
        assert blocks
        for block in blocks:
            assert block.replace("org/name", REPO).replace("squad", "a") in cards


def test_the_readme_says_of_each_trainer_what_its_lines_say() -> None:
    section = (
        (ROOT / "README.md").read_text().partition("## Train on it\n")[2].partition("\n## ")[0]
    )
    page = (ROOT / "build/docs/training.md").read_text()
    shown = re.findall(r"`([^`]+)`", section)
    assert len(shown) == 8
    assert [each for each in shown if each not in page] == [
        "push --as messages",
        "export --as messages",
    ]
