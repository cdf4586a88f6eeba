"""The wheel: what ``pip install .`` gives, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from conftest import ROOT
from hub_server import LoopbackHub
from test_docs import blocks, commands, run_and_compare


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the package installed; its dependencies are those of the tests.

    They are borrowed, not fetched again: the package itself is built and installed for real.
    """
    folder = tmp_path_factory.mktemp("install")
    # a copy, so that no build writes into the sources
    source = folder / "source"
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout.splitlines()  # fmt: skip
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index",
         source],
        check=True,
    )  # fmt: skip
    assert not (source / "build/lib").exists(), "nothing is written into the sources"
    return python


def run(python: Path, *arguments: str) -> str:
    done = subprocess.run(
        [python, *arguments], cwd=python.parent, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_the_module_the_samples_and_the_command_are_there(python: Path, tmp_path: Path) -> None:
    where = run(python, "-c", "import instruct_mix, mixbuild; print(mixbuild.__file__)")
    assert str(python.parent.parent) in where, "the installed one, not the checkout"
    code = (
        "from instruct_mix import InstructMix\n"
        "builder = InstructMix(config_name='squad', source='samples', cache_dir='.')\n"
        "print(next(iter(builder.as_streaming_dataset(split='train')))['completion'])"
    )
    assert run(python, "-c", code) == " barley\n"
    command = python.parent / "instruct-mix"
    listed = subprocess.run([command, "list"], capture_output=True, text=True, check=True).stdout
    assert "rajpurkar/squad" in listed
    made = subprocess.run(
        [command, "make", "squad", "--samples", "--num-proc", "2", "--out", tmp_path / "out"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "2 shards rendered, 0 kept" in made.stdout
    # the card's text, the licence policy and the lock are in the wheel too
    subprocess.run([command, "card", "--out", tmp_path / "out"], check=True, capture_output=True)
    assert "## Load it" in (tmp_path / "out/README.md").read_text()


def test_build_of_pypa_stays_importable(python: Path) -> None:
    code = "import build; print(build.__version__, hasattr(build, 'ProjectBuilder'))"
    assert run(python, "-c", code).split()[1] == "True"
    here = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert here.stdout.split()[1] == "True", "from the checkout's root, too"


def test_the_wheel_holds_the_package_and_nothing_else(python: Path, tmp_path: Path) -> None:
    source = python.parent.parent.parent / "source"
    subprocess.run(
        [python, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index",
         "-w", tmp_path, source],
        check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    listed = subprocess.run(
        [sys.executable, "-m", "zipfile", "-l", wheel], capture_output=True, text=True, check=True
    ).stdout
    names = {line.split()[0] for line in listed.splitlines()[1:]}
    assert {name.split("/")[0].split("-")[0] for name in names} == {
        "instruct_mix.py",
        "mixbuild",
        "instruct_mix",
    }
    assert "mixbuild/tasks/samples/squad/train.jsonl" in names
    assert "mixbuild/tasks/squad.py" in names


def test_strangers_prove_a_private_task_that_is_made_by_its_guide(
    python: Path, tmp_path: Path
) -> None:
    guide = (ROOT / "build/docs/a-task-of-your-own.md").read_text()
    (line,), (declaration,) = blocks(guide, "json"), blocks(guide, "python")
    row = json.loads(line)
    rows = [
        {**row, "id": n, "question": f"What is {n}?", "answer": "ABC"[n % 3]} for n in range(11)
    ]
    source = "".join(json.dumps(each) + "\n" for each in (row, *rows))
    author, stranger = tmp_path / "author", tmp_path / "stranger"
    for folder in (author, stranger):
        folder.mkdir()
    start, *rest = commands(guide, "console")
    token = "hf_author_of_the_task"  # noqa: S105 - of a hub on the loopback
    with LoopbackHub(tmp_path / "hub", token=token) as hub:
        card = b"---\nlicense: cc-by-4.0\n---\n"
        files = {"README.md": card, "train.jsonl": source.encode()}
        hub.upload("quayside/port_quiz", files)
        path = f"{python.parent}:{os.environ['PATH']}"
        variables = {**hub.environment(tmp_path / "hf"), "PATH": path}
        run_and_compare([start], author, **variables)
        started = (author / "port_quiz.py").read_text()
        differ = [
            (theirs, ours)
            for theirs, ours in zip(started.splitlines(), declaration.splitlines(), strict=True)
            if theirs != ours
        ]
        assert len(differ) == 2, "the guide's file is the one that was written, finished"
        assert all("TODO" in theirs for theirs, _ in differ)
        (author / "port_quiz.py").write_text(declaration)
        run_and_compare(rest, author, **{**variables, "HF_TOKEN": token})
        run_and_compare(commands(guide, "console stranger"), stranger, **variables)
        shown = (stranger / "file").read_text()
        assert "about to be executed:\n" in shown
        assert all(f"  {each}\n" in shown for each in declaration.splitlines() if each)
