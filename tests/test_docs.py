"""README.md and build/docs: every command is run, every output compared, every snippet executed.

In an expected output, a line of three dots stands for any lines.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import ROOT, Build, read_shards
from hub_server import LoopbackHub
from mixbuild.core.digest import ContentDigest
from mixbuild.core.row import SCHEMA
from mixbuild.declare.template import Template
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.tasks import find

README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "build/docs/adding-a-task.md").read_text()
NOT_HERE = ["make test", "make compat"]
"""What cannot be run within a test, because it runs this one; .ci/run does."""


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert found, f"no {language} block"
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make run` makes before it installs the package: here the libraries are borrowed."""
    folder = tmp_path_factory.mktemp("newcomer") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder


@pytest.fixture
def checkout(environment: Path) -> Path:
    """A checkout as a newcomer has it after the set-up, with outputs of its own.

    `make` finds the libraries there, and installs the package itself.
    """
    folder = environment.parent
    for path in folder.iterdir():
        if path != environment:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for name in (
        *("build", "instruct_mix.py", "dataset_card.md", "Makefile", "requirements.lock"),
        *("pyproject.toml", "README.md", "LICENSE"),
    ):
        (folder / name).symlink_to(ROOT / name)
    (environment / "requirements").touch()
    return folder


def run_all(commands: list[str], folder: Path, **variables: str) -> list[str]:
    """Run commands in one shell, and give what each printed."""
    end = "--- end of a command ---"
    script = "".join(f"{command}\necho '{end}'\n" for command in commands)
    # a make within a make would say so
    environment = {
        name: value for name, value in os.environ.items() if name[:4] not in ("MAKE", "MFLA")
    }
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=folder, env={**environment, **variables},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split(f"{end}\n")[:-1]


def matches(expected: str, printed: str) -> bool:
    pattern = re.escape(expected.rstrip("\n")).replace(re.escape("..."), ".*?")
    return re.fullmatch(pattern, printed.rstrip("\n"), flags=re.DOTALL) is not None


def test_the_comparison_can_fail() -> None:
    assert matches("a\n...\nd\n", "a\nb\nc\nd\n")
    assert not matches("a\n...\nd\n", "a\nb\nc\n")
    assert not matches("", "something\n")


def commands(text: str, language: str) -> list[tuple[str, str]]:
    """Every command of the blocks of a language, and what it is said to print."""
    pairs = []
    for block in blocks(text, language):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            pairs.append((command, expected))
    return pairs


def run_and_compare(pairs: list[tuple[str, str]], folder: Path, **variables: str) -> None:
    printed = run_all([command for command, _ in pairs], folder, **variables)
    for (command, expected), output in zip(pairs, printed, strict=True):
        assert matches(expected, output), f"{command}\n{output}"


def test_every_command_of_the_readme_prints_what_it_says(checkout: Path) -> None:
    here = commands(README, "console")
    assert len(here) == 5
    run_and_compare(here, checkout)
    continuous = (ROOT / ".ci/run").read_text()
    for command in ("make run", *NOT_HERE):
        assert f"\n{command}\n" in continuous
        assert f"`{command}`" in README or f"$ {command}\n" in README

    # as a reader would: saved in a file somewhere else, run by the environment of `make run`
    elsewhere = checkout / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "out").symlink_to(checkout / "out")
    for block in blocks(README, "python"):
        (elsewhere / "snippet.py").write_text(block)
        done = subprocess.run(
            [checkout / ".venv/bin/python", "snippet.py"],
            cwd=elsewhere, capture_output=True, text=True, check=False,
            env={**os.environ, "HF_HOME": str(checkout / "hf")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_every_command_that_needs_the_hub_prints_what_it_says(
    checkout: Path, tmp_path: Path
) -> None:
    # lock writes to the project's own lock, which is not for a test to change
    (checkout / "build").unlink()
    ignore = shutil.ignore_patterns("bench", "docs", "__pycache__")
    shutil.copytree(ROOT / "build", checkout / "build", ignore=ignore)
    for name in ("squad", "imdb", "billsum"):
        folder = tmp_path / "hub" / find(name).source.repo
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(ROOT / "build/mixbuild/tasks/samples" / name)
    with LoopbackHub(tmp_path / "hub", token="hf_reader_of_the_readme") as hub:  # noqa: S106
        variables = hub.environment(tmp_path / "hf") | {"HF_TOKEN": "hf_reader_of_the_readme"}
        pairs = commands(README, "console hub")
        assert len(pairs) == 6
        run_all(["make .venv/ready"], checkout)
        run_and_compare([(". .venv/bin/activate", ""), *pairs], checkout, **variables)
        card = hub.files("org/instruct_mix")["README.md"].decode()
        # polars and TRL are not installed here, and who streams Parquet may abort at its exit
        not_here = ("import polars", "from trl", "streaming=True")
        snippets = [each for each in blocks(card, "python") if not any(map(each.count, not_here))]
        assert len(snippets) == 3
        (tmp_path / "snippets.py").write_text("\n".join([*snippets, "print(len(rows))"]))
        read = f"{checkout}/.venv/bin/python {tmp_path}/snippets.py 2> {tmp_path}/progress"
        (printed,) = run_all([read], checkout, **variables)
        prompt = json.loads(blocks(README, "json")[0])["prompt"]
        assert printed == f"{prompt} barley\n17\n17\n", "one, those through seed, and all by pandas"
    assert read_shards(checkout / "out/three", "imdb", "test").num_rows == 17


def test_the_table_of_tasks_is_made_from_the_catalog(build: Build) -> None:
    generated = build("list", "--markdown").stdout
    assert generated.count("\n") > 10
    assert f"<!-- tasks: python build list --markdown -->\n{generated}<!-- end" in README


def test_the_row_of_the_readme_is_the_first_of_the_samples(tmp_path: Path) -> None:
    (row,) = blocks(README, "json")
    make(Request([find("squad")], tmp_path, {"squad": "samples"}))
    assert json.loads(row) == read_shards(tmp_path, "squad", "train").slice(0, 1).to_pylist()[0]


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    assert README.count("\n") < 200
    for text, folder in ((README, ROOT), (GUIDE, ROOT / "build/docs")):
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            if not target.startswith("http"):
                assert (folder / target).exists(), target


def test_the_readme_lists_every_option_of_make() -> None:
    from mixbuild.cli.build import make_command

    for option in make_command.params:
        if name := next((each for each in option.opts if each.startswith("--")), None):
            assert name in README, name


def test_the_digest_as_documented_is_the_digest(tmp_path: Path) -> None:
    (code,) = blocks((ROOT / "build/docs/content-digest.md").read_text(), "python")
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - it is our own page
    digest = names["digest"]
    assert callable(digest)
    made = make(Request([find("squad")], tmp_path, {"squad": "samples"}))
    table = read_shards(tmp_path, "squad", "validation")
    (shard,) = made.manifest.configs["squad"].splits["validation"].shards
    assert digest(table.to_pylist()) == shard.content_digest
    other = ContentDigest(SCHEMA)
    for batch in table.slice(1).to_batches():
        other.update(batch)
    assert digest(table.to_pylist()[1:]) == other.hexdigest() != shard.content_digest


def test_a_task_is_added_by_following_the_guide(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "build", tmp_path / "build", ignore=shutil.ignore_patterns("bench"))
    package = tmp_path / "build/mixbuild"
    (line,) = blocks(GUIDE, "json")
    (tmp_path / "port_quiz").mkdir()
    (tmp_path / "port_quiz/train.jsonl").write_text(line)
    start, show = (block.removeprefix("$ ").partition("\n") for block in blocks(GUIDE, "console"))
    checks, *_ = blocks(GUIDE, "sh")
    variables = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HF_HOME": str(tmp_path / "hf"),
    }
    (printed,) = run_all([start[0]], tmp_path, **variables)
    assert matches(start[2], printed), printed
    assert "\n  python build check port_quiz\n" in printed

    catalog = package / "tasks/catalog.py"
    text = catalog.read_text()
    for head, own in (("import (\n", "port_quiz,"), ("MODULES = (\n", "port_quiz,")):
        assert text.count(head) == 1
        assert f"\n  {own} " in printed
        text = text.replace(head, f"{head}    {own}\n")
    catalog.write_text(text)

    declaration, *_ = blocks(GUIDE, "python")
    assert len(declaration.splitlines()) < 30
    started = (package / "tasks/port_quiz.py").read_text()
    assert "TODO" in started
    for kept in ("OPTIONS = ", "    slots=", "    splits=", "    family=", "    name="):
        (own,) = (each for each in declaration.splitlines() if each.startswith(kept))
        assert own in started.splitlines(), "the guide's declaration is what was guessed, finished"
    (package / "tasks/port_quiz.py").write_text(declaration)
    others = [
        {
            **json.loads(line),
            "id": number,
            "question": f"Is it {number}?",
            "answer": "ABC"[number % 3],
        }
        for number in range(2, 13)
    ]
    rows = line + "".join(f"{json.dumps(row)}\n" for row in others)
    samples = package / "tasks/samples/port_quiz"
    (samples / "train.jsonl").write_text(rows)
    about = (samples / "README.md").read_text()
    assert "TODO: say which" in about
    (samples / "README.md").write_text(about.replace("TODO: say which", "All is well:"))
    make_it = "python build make port_quiz --samples --out out"
    shown, made = run_all([show[0], make_it], tmp_path, **variables)
    assert matches(show[2], shown), shown
    assert "port_quiz  train         12    12       1" in made
    assert "out/manifest.json: 1 shard rendered, 0 kept" in made
    command, *_ = checks.splitlines()
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env={**os.environ, **variables},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    faults = re.findall(r"^error +(\S+) +port_quiz\b", done.stdout, re.MULTILINE)
    assert faults == ["few-templates"], "the guide shows two, and asks for ten"


def test_the_errors_of_the_guide_are_those_that_come() -> None:
    examples = [block for block in blocks(GUIDE, "python") if block.startswith(">>>")]
    (example,) = examples
    test = doctest.DocTestParser().get_doctest(example, {"Template": Template}, "guide", None, None)
    results = doctest.DocTestRunner(verbose=False).run(test)
    assert (results.attempted, results.failed) == (1, 0)


@pytest.mark.parametrize(
    "page", sorted((ROOT / "build/docs/decisions").glob("*.md")), ids=lambda page: page.stem
)
def test_a_decision_is_numbered_and_says_why(page: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z0-9-]+", page.stem)
    text = page.read_text()
    assert text.startswith("# ")
    for heading in ("Decision", "Why", "Turned down"):
        assert f"\n**{heading}.** " in text, heading
