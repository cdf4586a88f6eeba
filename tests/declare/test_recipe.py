"""Recipes: what they say, what they say in Python, and the one line for each that is wrong."""

from __future__ import annotations

import json

import pytest
from conftest import ROOT
from mixbuild.core import RecipeError
from mixbuild.declare import (
    Mixture,
    Part,
    Recipe,
    Resolved,
    RowFormat,
    TaskChoice,
    parse_recipe,
    recipe_schema,
    recipe_text,
    resolve_recipe,
)
from mixbuild.declare.mixture import HeldOut
from mixbuild.declare.quality import Exact, Quality
from mixbuild.make import shipped_recipes
from mixbuild.make.recipe import families_of
from mixbuild.tasks import ALL

FAMILIES = {
    "question answering": ["squad", "boolq"],
    "sentiment": ["imdb", "sst2"],
    "code": ["mbpp"],
}
TASKS = "boolq, imdb, mbpp, squad, sst2"


def resolved(text: str, *settings: str) -> Resolved:
    return resolve_recipe(text, "a.yaml", settings=settings, families=FAMILIES)


WHOLE = """
seed: 7
templates: sample
max_rows: 30000
tasks:
  squad: {templates: seed, splits: [train], source: org/mirror, max_rows: 9}
mixtures:
  mix:
    total: 100000.0
    temperature: 2
    on_shortage: redistribute
    parts:
      squad: {weight: 2, cap: 30000}
      sentiment: {weight: 1}
      own: {share: 0.25, parts: {mbpp: {rows: 3000}}}
    validation: {rows: 1000, group: source_row}
quality:
  exact: {conflict: report}
formats:
  - alpaca
  - {name: messages, system: Be brief.}
"""

IN_PYTHON = Recipe(
    seed=7,
    templates="sample",
    max_rows=30_000,
    tasks={"squad": TaskChoice("org/mirror", "seed", ("train",), 9)},
    mixtures={
        "mix": Mixture(
            total=100_000,
            temperature=2,
            on_shortage="redistribute",
            parts={
                "squad": Part(weight=2, cap=30_000),
                "sentiment": Part(weight=1),
                "own": Part(share=0.25, parts={"mbpp": Part(rows=3000)}),
            },
            validation=HeldOut(rows=1000, group="source_row"),
        )
    },
    quality=Quality(exact=Exact(conflict="report")),
    formats=(
        "alpaca",
        RowFormat("messages", system="Be brief."),
    ),
)


def test_a_recipe_in_python_and_the_file_that_says_the_same_are_one() -> None:
    assert parse_recipe(WHOLE, "a.yaml") == IN_PYTHON
    assert parse_recipe(recipe_text(IN_PYTHON), "b.yaml") == IN_PYTHON
    assert "conflict: report" in recipe_text(IN_PYTHON)
    messages = RowFormat("messages", system="Be brief.")
    assert IN_PYTHON.row_formats == (RowFormat("alpaca"), messages)
    assert "temperature" not in recipe_text(Recipe(mixtures={"mix": Mixture(parts={"a": Part()})}))


def test_names_come_down_to_tasks_and_each_task_is_made_in_one_way() -> None:
    found = resolved(WHOLE, "mixtures.mix.parts.squad.templates=seed", "seed=3")
    assert (found.text, found.recipe.seed) == (WHOLE, 3)
    assert found.settings == ("mixtures.mix.parts.squad.templates=seed", "seed=3")
    assert list(found.mixtures["mix"].parts["sentiment"].parts) == ["imdb", "sst2"]
    assert found.choices == {
        "squad": TaskChoice("org/mirror", "seed", ("train",), 9),
        "mbpp": TaskChoice(),
        "imdb": TaskChoice(),
        "sst2": TaskChoice(),
    }
    inner = resolved(
        "mixtures:\n  mix: {templates: sample, parts: {qa: {}, imdb: {templates: all}}}\n"
        "  qa: {parts: {question answering: {}}}"
    )
    assert {name: each.templates for name, each in inner.choices.items()} == {
        "imdb": "all",
        "squad": "sample",
        "boolq": "sample",
    }


MIX = "mixtures:\n  mix:\n    parts:\n      squad: {}\n      "


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "tasks:\n  squda: {}",
            f"line 2: tasks: unknown task 'squda'; did you mean 'squad'? Known: {TASKS}",
        ),
        ("seed: 1", "line 1: expected tasks or mixtures, got neither"),
        (
            "mixtures:\n  squad: {parts: {imdb: {}}}",
            "line 2: mixtures.squad: expected a name of its own, got that of a task",
        ),
        (
            "mixtures:\n  code: {parts: {imdb: {}}}",
            "line 2: mixtures.code: expected a name of its own, got that of a family",
        ),
        (
            "mixtures:\n  my-mix: {parts: {imdb: {}}}",
            "line 2: mixtures: expected a name in snake_case, got 'my-mix'",
        ),
        (
            "mixtures:\n  mix: {parts: {}}",
            "line 2: mixtures.mix.parts: expected at least one, got none",
        ),
        (
            "mixtures:\n  a: {parts: {b: {}}}\n  b:\n    parts: {a: {}}",
            "line 4: mixture 'a': expected no mixture within itself, got a > b > a; take 'a' out "
            "of 'b'",
        ),
        (
            "tasks:\n  squad: {templates: seed}\nmixtures:\n  mix:\n    parts:\n"
            "      squad: {templates: all}",
            "line 6: mixtures.mix.parts.squad: task 'squad' is rendered once in a build: expected "
            "the templates 'seed', as elsewhere in this recipe, got 'all'",
        ),
        (
            "tasks: {squad: {}}\nformats:\n  - {name: mesages}",
            "line 3: formats.0: unknown row format 'mesages'; did you mean 'messages'? Known: "
            "prompt_completion, messages, alpaca, sharegpt, text",
        ),
        (
            "tasks: {squad: {}}\nformats: [mesages]",
            "line 2: formats.0: unknown row format 'mesages'; did you mean 'messages'? Known: "
            "prompt_completion, messages, alpaca, sharegpt, text",
        ),
        (
            "tasks: {squad: {}}\nformats:\n  - messages\n  - {name: messages, marker: keep}",
            "line 4: formats.1: expected each row format once, since it has one branch; got "
            "'messages' again",
        ),
        (
            "tasks: {squad: {}}\nformats: [3]",
            "line 2: formats.0: expected a text or a mapping, got 3",
        ),
        (
            "tasks: {squad: {}}\nformats:\n  - name: text\n    marker: keep",
            "line 3: formats.0: text: keeps the marker in any case; leave 'keep' out",
        ),
        ("- squad", "line 1: expected a mapping, got ['squad']"),
        (
            "mixtures: [",
            "line 1: expected YAML, got something else (while parsing a flow node expected the "
            "node content, but found '<stream end>')",
        ),
    ],
)
def test_a_recipe_that_is_wrong_is_one_line(text: str, fault: str) -> None:
    with pytest.raises(RecipeError) as caught:
        resolved(text)
    assert str(caught.value) == f"a.yaml: {fault}"


UNKNOWN = "mixture 'mix': unknown task, family or mixture"
KNOWN = f"Known: {TASKS}, question answering, sentiment, code"
IMDB = "mixtures.mix.parts.imdb"


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("sentimant: {}", f"5: {UNKNOWN} 'sentimant'; did you mean 'sentiment'? {KNOWN}"),
        (
            "own:\n        parts:\n          imbd: {}",
            f"7: {UNKNOWN} 'imbd'; did you mean 'imdb'? {KNOWN}",
        ),
        (
            "mix: {}",
            "5: mixture 'mix': expected no mixture within itself, got mix > mix; take 'mix' out of "
            "'mix'",
        ),
        ("imdb: {weight: -1}", f"5: {IMDB}.weight: expected a number above 0, got -1"),
        ("imdb: {weight: 0.0}", f"5: {IMDB}.weight: expected a number above 0, got 0"),
        ("imdb: {weight: .inf}", f"5: {IMDB}.weight: expected a number above 0, got inf"),
        ("imdb: {weight: .nan}", f"5: {IMDB}.weight: expected a number above 0, got nan"),
        ("imdb: {weight: no}", f"5: {IMDB}.weight: expected a number or nothing, got 'no'"),
        ("imdb: {cap: 0}", f"5: {IMDB}.cap: expected a whole number above 0, got 0"),
        (
            "imdb: {share: 50}",
            f"5: {IMDB}.share: expected a fraction of the rows, up to 1, got 50; say rows for "
            "their number, or weight for what is relative",
        ),
        (
            "imdb: {on: 3}",
            f"5: {IMDB}: unknown key 'on'. Known: weight, share, rows, cap, templates, "
            "temperature, max_repetition_ratio, parts",
        ),
        (
            "imdb: {share: 0.5, rows: 3}",
            f"5: {IMDB}: expected one of weight, share and rows, got share and rows",
        ),
        (
            "imdb: {}\n    requested_tokens: 9",
            "6: mixtures.mix.requested_tokens: expected a tokenizer beside it, got none; say "
            "tokenizer: org/name@commit, or a tokenizer.json, or say characters",
        ),
        (
            "imdb: {}\n    requested_tokens: 9\n    tokenizer: org/name@main",
            "7: mixtures.mix.tokenizer: expected a tokenizer.json, or org/name@ and a commit of "
            "40 digits, got 'org/name@main'; a branch may count otherwise tomorrow",
        ),
        (
            "imdb: {}\n    tokenizer: own.json",
            "6: mixtures.mix.tokenizer: expected requested_tokens beside it, got none; leave "
            "'own.json' out",
        ),
        (
            "imdb: {}\n    total: 3\n    characters: 9",
            "2: mixtures.mix: expected one of total, characters and requested_tokens, got total "
            "and characters",
        ),
        ("squad: {}", "5: expected the key 'squad' once, got it again"),
        (
            "imdb: {}\n    on_shortage: fial",
            "6: mixtures.mix.on_shortage: unknown word 'fial'; did you mean 'fail'? Known: fail, "
            "redistribute, clip",
        ),
    ],
)
def test_a_part_that_is_wrong_is_one_line(part: str, fault: str) -> None:
    with pytest.raises(RecipeError) as caught:
        resolved(f"mixtures:\n  mix:\n    parts:\n      squad: {{}}\n      {part}")
    assert str(caught.value) == f"a.yaml: line {fault}"


def test_the_schema_that_is_published_is_made_of_the_declarations() -> None:
    published = (ROOT / "build/docs/recipe.schema.json").read_text()
    assert json.loads(published) == json.loads(json.dumps(recipe_schema())), (
        "python build mix schema > build/docs/recipe.schema.json"
    )
    part = recipe_schema()["$defs"]["Part"]
    assert part["properties"]["parts"]["additionalProperties"] == {"$ref": "#/$defs/Part"}
    assert part["additionalProperties"] is False
    for schema in (recipe_schema(), *recipe_schema()["$defs"].values()):
        for key, each in schema["properties"].items():
            assert each.get("description"), f"{schema['title']}.{key} says not what it is for"


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_recipe_that_comes_with_the_project_can_be_read(name: str) -> None:
    text = shipped_recipes()[name].read_text()
    found = resolve_recipe(text, name, families=families_of(ALL))
    assert text.startswith("# ")
    if name not in ("founding", "tulu"):
        assert set(found.choices) == {task.name for task in ALL}, "every task is in it"
    if name not in ("founding", "everything"):
        assert "https://arxiv.org/abs/" in text
