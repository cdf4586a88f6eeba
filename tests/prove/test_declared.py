"""Rows of a private task are proven by strangers: with the file that is published beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hub_server import LoopbackHub
from prove.proving import TOKEN, Run

pytest_plugins = ["prove.proving"]

REPO = "org/harbour"
SOURCE = "quayside/port_quiz"
ROW = "port_quiz/train/train.jsonl:1"
ROWS = [{"question": f"Which rope is number {n}?", "answer": f"rope {n}"} for n in range(9)]

TASK = '''"""Questions on ships."""

from pathlib import Path

from mixbuild.declare import Source, Task, Template

Path("MARK").touch()

TASK = Task(
    name="port_quiz",
    family="question answering",
    source=Source("quayside/port_quiz", license="cc-by-4.0"),
    splits={"train": "train"},
    templates=(Template("seed", "Answer the pilot: {question}\\n[OUTPUT]: {answer}"),),
)
'''


@pytest.fixture(scope="module")
def mark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is there once the task's file has been executed."""
    return tmp_path_factory.mktemp("mark") / "executed"


@pytest.fixture(scope="module")
def text(mark: Path) -> str:
    return TASK.replace("MARK", str(mark))


@pytest.fixture(scope="module")
def task(text: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("private") / "mine.py"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def built(served: LoopbackHub, run: Run, task: Path) -> Path:
    """A build of the private task and one of the catalog, pushed."""
    served.upload(SOURCE, {"train.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS).encode()})
    out = task.parent / "out"
    run.ok("make", "port_quiz", "dolly", "--tasks", task, "--out", out)
    run.ok("push", REPO, "--out", out, HF_TOKEN=TOKEN)
    return out


@pytest.fixture
def executed(mark: Path) -> Callable[[], bool]:
    """Whether the task's file has been executed since the test began."""
    mark.unlink(missing_ok=True)
    return mark.exists


def declared(hub: LoopbackHub) -> dict[str, bytes]:
    return {path: each for path, each in hub.files(REPO).items() if path.startswith("tasks/")}


def test_a_build_and_what_is_published_keep_the_file_of_each_task(
    served: LoopbackHub, built: Path, text: str
) -> None:
    files = declared(served)
    assert [re.sub("-[0-9a-f]{8}", "", path) for path in files] == [
        "tasks/dolly.py",
        "tasks/port_quiz.py",
    ]
    manifests = [json.loads(served.files(REPO)["manifest.json"])]
    manifests += [json.loads((built / "manifest.json").read_text("utf-8"))]
    for manifest in manifests:
        kept = manifest["configs"]["port_quiz"]["made_of"]["declaration"]
        assert kept["text"] == text
        assert files[f"tasks/port_quiz-{kept['sha256'][:8]}.py"].decode() == text
    assert not any(path.endswith(".py") for path in served.files(REPO) if "/" not in path)


def test_a_stranger_executes_nothing_without_saying_so(
    served: LoopbackHub, run: Run, built: Path, executed: Callable[[], bool], tmp_path: Path
) -> None:
    (path,) = (each for each in declared(served) if "port_quiz" in each)
    got = (
        f"task 'port_quiz': expected the one that {path} declares, got no task of that name here; "
        f"say where it is with --tasks PATH, or --trust-tasks to execute that file, once you have "
        f"read it"
    )
    assert run.error("rebuild", REPO) == f"{REPO}@{served.commit(REPO)}: {got}"
    assert run.error("trace", ROW, "--from", REPO) == f"{REPO}: {got}"
    assert run.error("trace", ROW, "--from", built) == f"{built}: {got}"
    assert run.ok("rebuild", REPO, "dolly").endswith(" rows are the same\n"), "of the catalog"
    run.ok("verify", REPO)
    run.ok("stats", REPO)
    run.ok("export", REPO, "port_quiz", "--as", "messages", "--to", tmp_path / "rows.jsonl")
    assert not executed()


def test_a_stranger_who_trusts_it_is_shown_the_file_and_proves_every_row(
    served: LoopbackHub, run: Run, built: Path, text: str, executed: Callable[[], bool]
) -> None:
    (path,) = (each for each in declared(served) if "port_quiz" in each)
    done = run("rebuild", REPO, "--trust-tasks")
    assert done.status == 0
    assert done.out.endswith(f"{REPO}: rebuilt, {9 + 15} rows are the same\n")
    # that of dolly is known here, and is none of a stranger's
    indented = "".join(f"  {line}".rstrip() + "\n" for line in text.split("\n"))
    shown = "".join(f"{line.rstrip()}\n" for line in done.err.splitlines())
    assert shown == f"{path}, about to be executed:\n{indented}"
    assert executed()
    traced = run("trace", ROW, "--from", REPO, "--trust-tasks", "--json")
    told = json.loads(traced.out)
    assert (told["raw"], told["again"]) == (ROWS[1], True)
    assert told["row"]["completion"] == " rope 1"
    assert path in traced.err


def test_its_author_needs_no_trust_and_another_version_of_it_is_told_apart(
    served: LoopbackHub, run: Run, task: Path, text: str, built: Path, tmp_path: Path
) -> None:
    told = run.ok("rebuild", REPO, "port_quiz", "--tasks", task)
    assert told.endswith("rebuilt, 9 rows are the same\n")
    edited = tmp_path / "mine.py"
    edited.write_text(text.replace("pilot", "skipper"))
    (path,) = (each for each in declared(served) if "port_quiz" in each)
    assert run.error("rebuild", REPO, INSTRUCT_MIX_TASKS=str(edited)) == (
        f"{REPO}@{served.commit(REPO)}: task 'port_quiz': expected the one that {path} declares, "
        f"got another version of that file here; say where it is with --tasks PATH, or "
        f"--trust-tasks to execute that file, once you have read it"
    )
    traced = json.loads(run.ok("trace", ROW, "--from", REPO, "--tasks", edited, "--json"))
    assert (traced["raw"], traced["again"]) == (ROWS[1], False), "where it comes from, all the same"


def changed(files: dict[str, bytes], change: Callable[[dict[str, Any]], object]) -> bytes:
    manifest = json.loads(files["manifest.json"])
    change(manifest["configs"]["port_quiz"]["made_of"]["declaration"])
    return json.dumps(manifest, indent=1).encode()


def test_a_file_that_is_not_what_the_manifest_says_is_named(
    served: LoopbackHub, run: Run, built: Path, executed: Callable[[], bool]
) -> None:
    files = served.files(REPO)
    (path,) = (each for each in declared(served) if "port_quiz" in each)
    other = "org/tampered"
    for content, got in ((b"import os\n", "another one"), (None, "no file")):
        served.delete_repo(other)
        kept = {name: each for name, each in files.items() if name != path}
        served.upload(other, kept | ({} if content is None else {path: content}))
        assert run.error("verify", other) == (
            f"{other}@{served.commit(other)}: {path}: expected the file that the manifest has the "
            f"text of, got {got}; push again"
        )
    evil = changed(files, lambda entry: entry.update(text="raise SystemExit\n"))
    served.delete_repo(other)
    served.upload(other, {**files, "manifest.json": evil})
    told = run.error("rebuild", other, "--trust-tasks")
    assert "configs.port_quiz.made_of.declaration: expected the SHA-256 of its text, " in told
    assert not executed()


def test_a_comment_in_the_file_renders_nothing_and_replaces_the_file_alone(
    served: LoopbackHub, run: Run, text: str, built: Path, tmp_path: Path
) -> None:
    before = served.files(REPO)
    edited = tmp_path / "mine.py"
    edited.write_text(text.replace("TASK = ", "# of the quay\nTASK = "))
    told = run.ok("make", "port_quiz", "--tasks", edited, "--out", built)
    assert told.endswith("0 shards rendered, 1 kept\n")
    told = run.ok("push", REPO, "--out", built, HF_TOKEN=TOKEN)
    assert "version 1.0.1" in told
    after = served.files(REPO)
    gone, come = before.keys() - after.keys(), after.keys() - before.keys()
    for paths in (gone, come):
        assert [re.sub("-[0-9a-f]{8}", "", each) for each in paths] == ["tasks/port_quiz.py"]
    assert after[min(come)].decode() == edited.read_text()
    assert {each for each in before.keys() & after.keys() if before[each] != after[each]} == {
        "README.md",
        "manifest.json",
    }
