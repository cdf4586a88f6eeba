"""mix: what a person sees of a mixture before it is made."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from conftest import ROOT, Build
from mixbuild.cli.terminal import mixtures
from mixbuild.cli.terminal.console import Plain
from mixbuild.curate import Stock, forecast
from mixbuild.declare import Mixture, Part, RowFormat, parse_recipe, recipe_schema
from mixbuild.make import shipped_recipes
from test_docs import blocks, commands, matches

RECIPE = """
mixtures:
  mix:
    total: 24
    parts:
      squad: {weight: 2}
      sentiment: {parts: {imdb: {}, sst2: {rows: 3}}}
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(RECIPE)
    return path


def test_a_plan_is_a_table_of_what_each_part_gives(build: Build, recipe: Path) -> None:
    done = build("mix", "plan", recipe, "--samples")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "mixture mix: 24 rows of train\n\n"
        "part              available  removed  asked  rows    got  times  unused\n"
        "sentiment > imdb        ~18        0  36.8%     9  37.5%      1       9\n"
        "sentiment > sst2        ~19        0  12.5%     3  12.5%      1      16\n"
        "squad                   ~19        0  50.7%    12  50.0%      1       7\n\n"
        "validation: the parts have 30 rows; none of its own: imdb\n"
        "test: the parts have 18 rows; none of its own: sst2, squad\n"
        "~ estimates: as many as the source's files say, before any row is left out\n"
        "warning: push will refuse it: expected licences that may be published, got mix > sst2: "
        "other (unknown); leave these configs out, name the source in build/licence_policy.json, "
        "or say --allow-licences other\n"
    )


def test_a_plan_knows_from_a_build_what_was_left_out(
    build: Build, recipe: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    assert build("make", "imdb", "squad", "sst2", "--samples", "--out", folder).stdout
    shown = build("mix", "plan", recipe, "--out", folder, "--samples").stdout
    assert "squad                   ~17        2  5" in shown
    assert "\nremoved from imdb: 1 null text, 2 unlabelled\n" in shown
    # what train will give up for an evaluation split is not known yet
    assert shown.count("~") == 4
    assert (
        "\n~ estimates: as many as the build says, before train gives up what validation and test "
        "ask, too, or take of it\n"
    ) in shown
    alone = build("make", "imdb", "squad", "sst2", "--samples", "--split", "train", "--out", folder)
    assert alone.returncode == 0
    exact = build("mix", "plan", recipe, "--out", folder, "--samples").stdout
    assert "squad                    17        2  5" in exact
    assert "~" not in exact
    held = build(
        "mix", "plan", recipe, "--out", folder, "--samples", "--set", "mixtures.mix.test.rows=2"
    )
    assert "squad                   ~17        2  5" in held.stdout


@pytest.mark.parametrize(
    ("options", "status", "line"),
    [
        (
            ["--set", "mixtures.mix.total=60"], 1,
            "mixture 'mix': part 'imdb' has 18 rows and is to give",
        ),
        (
            ["--set", "mixtures.mix.totl=60"], 1,
            "--set mixtures.mix.totl=60: mixtures.mix: unknown key 'totl'; did you mean 'total'?",
        ),
        (["--set", "60"], 2, "--set 60: expected KEY.KEY=VALUE, as mixtures.mix.total=1000"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_made_says_why_in_one_line(
    build: Build, recipe: Path, options: list[str], status: int, line: str
) -> None:
    done = build("mix", "plan", recipe, "--samples", *options)
    assert (done.returncode, done.stderr.count("\n")) == (status, 1)
    assert line in done.stderr


def test_a_recipe_that_is_not_there_names_those_that_are(build: Build) -> None:
    done = build("mix", "plan", "flan", "--samples")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: --recipe: unknown file or recipe 'flan'; did you mean 'flan-2021'? Known: equal, "
        "everything, flan-2021, founding, t5-proportional, t5-temperature, tulu\n"
    )
    alone = build("mix", "plan", "founding", "--samples")
    assert alone.stderr == (
        "error: founding: expected a recipe with mixtures, got one of tasks alone\n"
    )


def test_the_schema_is_printed_for_an_editor(build: Build) -> None:
    assert json.loads(build("mix", "schema").stdout) == json.loads(json.dumps(recipe_schema()))


@pytest.mark.parametrize(
    ("width", "bar"), [(64, ""), (65, "█" * 4), (80, "█" * 19), (200, "█" * 40)]
)
def test_bars_are_as_wide_as_the_terminal_lets_them(
    width: int, bar: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Plain(width=width, force_terminal=True, color_system=None)
    for place in ("mixtures", "console"):
        monkeypatch.setattr(f"mixbuild.cli.terminal.{place}.out", console)
    mixture = Mixture(parts={"a": Part(weight=3), "b": Part()}, total=100)
    stocks = {"a": Stock(100), "b": Stock(100)}
    with console.capture() as captured:
        mixtures.print_forecast(forecast("mix", mixture, stocks), {})
    lines = captured.get().splitlines()
    assert max(map(len, lines[2:5])) <= width
    assert lines[3].rpartition(" ")[2].strip("0123456789,") == bar


def test_a_recipe_is_made_and_says_all_that_it_says(
    build: Build, recipe: Path, tmp_path: Path
) -> None:
    recipe.write_text("seed: 3\ntasks:\n  squad: {max_rows: 5}\n  imdb: {splits: [test]}\n")
    out = ("--samples", "--out", tmp_path / "out")
    done = build("make", "--recipe", recipe, "--set", "tasks.squad.splits=[validation]", *out)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:4] for line in done.stdout.splitlines()[1:3]] == [
        ["squad", "validation", "18", "5"],  # read, and left
        ["imdb", "test", "18", "17"],
    ]
    for options, line in (
        (["squad"], "TASK: the recipe says that; change it there, or --set tasks.squad={}"),
        (["--seed", "4"], "--seed: the recipe says that; change it there, or --set seed=7"),
        (
            ["--max-rows", "4"],
            "--max-rows: the recipe says that; change it there, or --set max_rows=1000",
        ),
    ):
        refused = build("make", "--recipe", recipe, *options, *out)
        assert (refused.returncode, refused.stderr) == (2, f"error: {line}\n")
    alone = build("make", "squad", "--set", "seed=3", *out)
    expected = "error: --set seed=3: sets what a recipe says; name it with --recipe\n"
    assert (alone.returncode, alone.stderr) == (2, expected)


PAGE = (ROOT / "build/docs/recipes.md").read_text()


def test_the_guide_to_recipes_shows_what_is_printed(build: Build, tmp_path: Path) -> None:
    (written,) = blocks(PAGE, "yaml")
    (tmp_path / "mine.yaml").write_text(written)
    for status, language in ((0, "console"), (1, "console fails")):
        pairs = commands(PAGE, language)
        assert pairs
        for command, expected in pairs:
            program, *arguments = shlex.split(command.replace("mine.yaml", f"{tmp_path}/mine.yaml"))
            assert program == "instruct-mix"
            done = build(*arguments)
            assert done.returncode == status
            assert matches(expected, done.stderr if status else done.stdout)
    (part,) = blocks(PAGE, "yaml part")
    assert parse_recipe(part, "part").row_formats[0] == RowFormat("messages")
    for block in blocks(PAGE, "python"):
        exec(block, {})  # noqa: S102 - it is our own page
    for name in shipped_recipes():
        assert f"(../recipes/{name}.yaml)" in PAGE
    for kind in ("Recipe", "Mixture", "Part", "TaskChoice"):
        schema = recipe_schema()
        for key in (schema if kind == "Recipe" else schema["$defs"][kind])["properties"]:
            assert f"`{key}`" in PAGE or f"{key}," in PAGE or f"{key}}}" in PAGE, key


def test_a_mixture_that_push_would_hold_back_is_said_before_it_is_made(
    build: Build, recipe: Path, tmp_path: Path
) -> None:
    declaration = (ROOT / "build/mixbuild/tasks/squad.py").read_text()
    own = declaration.replace('name="squad"', 'name="quiz"').replace("cc-by-sa-4.0", "cc-by-nc-4.0")
    (tmp_path / "quiz.py").write_text(own.replace("rajpurkar/squad", "me/quiz"))
    samples = ROOT / "build/mixbuild/tasks/samples/squad"
    recipe.write_text(
        "task_files: [quiz.py]\ntasks: {quiz: {source: '" + str(samples) + "'}}\n"
        "mixtures: {mix: {parts: {quiz: {}}}}\n"
    )
    done = build("mix", "plan", recipe)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == (
        "warning: push will refuse it: expected licences that may be published, got mix > "
        "quiz: cc-by-nc-4.0 (non-commercial); leave these configs out, name the source in "
        "build/licence_policy.json, or say --allow-licences cc-by-nc-4.0"
    )


def test_a_benchmark_that_is_trained_on_is_said_before_and_when_it_is_made(
    build: Build, recipe: Path, tmp_path: Path
) -> None:
    declaration = (ROOT / "build/mixbuild/tasks/squad.py").read_text()
    own = declaration.replace('name="squad"', 'name="quiz"')
    own = own.replace('"train": "train", "validation": "validation"', '"train": "validation"')
    own = own.replace('    benchmarks={"squad": "validation"},\n', "")
    (tmp_path / "quiz.py").write_text(own)
    samples = ROOT / "build/mixbuild/tasks/samples/squad"
    recipe.write_text(
        "task_files: [quiz.py]\ntasks: {quiz: {source: '" + str(samples) + "'}}\n"
        "mixtures: {mix: {parts: {quiz: {}}}}\n"
    )
    plan = build("mix", "plan", recipe)
    made = build("make", "--recipe", recipe, "--out", tmp_path / "out")
    for done in (plan, made):
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[-1] == (
            "warning: task 'quiz': train reads validation of rajpurkar/squad, which evaluators ask "
            "as squad: not to be trained on"
        )
