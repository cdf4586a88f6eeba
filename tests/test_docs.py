"""README.md and build/docs: every command is run, every output compared, every snippet executed.

In an expected output, a line of three dots stands for any lines.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, read_shards
from hub_server import LoopbackHub
from mixbuild.digest import ContentDigest
from mixbuild.make import make
from mixbuild.plan import Request
from mixbuild.render import SCHEMA
from mixbuild.tasks import ALL, find
from mixbuild.template import Template

README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "build/docs/adding-a-task.md").read_text()
NOT_HERE = ["make test"]
"""What cannot be run within a test, because it runs this one; .ci/run does."""


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    assert found, f"no {language} block"
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The checkout as a newcomer has it after the set-up, with outputs of its own."""
    folder = tmp_path / "checkout"
    environment = folder / ".venv"
    environment.mkdir(parents=True)
    for name in ("build", "instruct_mix.py", "Makefile", "requirements.lock"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("lib", "pyvenv.cfg"):
        (environment / name).symlink_to(Path(sys.prefix) / name)
    # its scripts name the folder that they were made in
    (environment / "bin").mkdir()
    for path in (Path(sys.prefix) / "bin").iterdir():
        if path.name.startswith("activate"):
            text = path.read_text().replace(sys.prefix, str(environment))
            (environment / "bin" / path.name).write_text(text)
        else:
            (environment / "bin" / path.name).symlink_to(path)
    (environment / "ready").touch()
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


def test_every_command_of_the_readme_prints_what_it_says(checkout: Path) -> None:
    pairs = []
    for block in blocks(README, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            pairs.append((command, expected))
    here = [(command, expected) for command, expected in pairs if command not in NOT_HERE]
    assert len(here) == 6
    printed = run_all([command for command, _ in here], checkout)
    for (command, expected), output in zip(here, printed, strict=True):
        assert matches(expected, output), f"{command}\n{output}"
    continuous = (ROOT / ".ci/run").read_text()
    for command in ("make run", *NOT_HERE):
        assert f"\n{command}\n" in continuous

    for block in blocks(README, "python"):
        done = subprocess.run(
            [sys.executable, "-c", f"if __name__ == '__main__':\n    {_indented(block)}"],
            cwd=checkout, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": f"{checkout}:{checkout}/build",
                 "HF_HOME": str(checkout / "hf")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def _indented(block: str) -> str:
    return block.replace("\n", "\n    ")


def test_the_commands_that_read_the_hub_do(checkout: Path, tmp_path: Path) -> None:
    (command,) = blocks(README, "sh")
    for task in ALL:
        folder = tmp_path / "hub" / task.source.repo
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(ROOT / "build/mixbuild/samples" / task.name)
    with LoopbackHub(tmp_path / "hub") as hub:
        variables = hub.environment(tmp_path / "hf")
        (_, printed) = run_all([". .venv/bin/activate", command], checkout, **variables)
    assert "out/mix/manifest.json: 7 shards rendered, 0 kept" in printed
    assert read_shards(checkout / "out/mix", "imdb", "test").num_rows == 17


def test_the_row_of_the_readme_is_the_first_of_the_samples(tmp_path: Path) -> None:
    import json

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
    (shard,) = made.manifest["tasks"]["squad"]["splits"]["validation"]["shards"]
    assert digest(table.to_pylist()) == shard["content_digest"]
    other = ContentDigest(SCHEMA)
    for batch in table.slice(1).to_batches():
        other.update(batch)
    assert digest(table.to_pylist()[1:]) == other.hexdigest() != shard["content_digest"]


def test_a_task_is_added_by_following_the_guide(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(ROOT / "build", tmp_path / "build", ignore=shutil.ignore_patterns("bench"))
    declaration, *_ = blocks(GUIDE, "python")
    assert len(declaration.splitlines()) <= 30
    package = tmp_path / "build/mixbuild"
    (package / "tasks/gsm8k.py").write_text(declaration)
    catalog = package / "tasks/__init__.py"
    text = catalog.read_text().replace("import billsum,", "import billsum, gsm8k,")
    catalog.write_text(text.replace("billsum.TASK)", "billsum.TASK, gsm8k.TASK)"))
    assert "gsm8k.TASK" in catalog.read_text()
    (line,) = blocks(GUIDE, "json")
    samples = package / "samples/gsm8k"
    samples.mkdir()
    for split in ("train", "test"):
        (samples / f"{split}.jsonl").write_text(line * 12)
    (command, *_) = blocks(GUIDE, "sh")[0].splitlines()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    commands = [command, "python build make gsm8k --samples --out out"]
    shown, made = run_all(commands, tmp_path, PATH=path, HF_HOME=str(tmp_path / "hf"))
    assert "[OUTPUT]: 3 * 4 = 12\n#### 12\n" in shown
    assert "gsm8k  train         12    12       1" in made
    assert "out/manifest.json: 2 shards rendered, 0 kept" in made


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
