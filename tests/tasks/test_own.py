"""Tasks of one's own: the files, folders, modules and packages that they are read from."""

from __future__ import annotations

import ast
import os
import pickle
import sys
from pathlib import Path

import pytest
from mixbuild.cli.main import run
from mixbuild.core.errors import MixError, TaskError, UsageError
from mixbuild.tasks import ALL, find, gather, run_file

TASK = '''"""Questions on ships."""

from mixbuild.declare import Source, Task, Template

TASK = Task(
    name="NAME",
    family="question answering",
    source=Source("quayside/port_quiz", license="cc-by-4.0"),
    splits={"train": "train"},
    templates=(Template("seed", "Answer: {question}\\n[OUTPUT]: {answer}"),),
)
'''


def write(path: Path, name: str = "port_quiz", text: str = TASK) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("NAME", name))
    return path


def names(*places: Path | str, variable: str = "") -> list[str]:
    """Of the tasks that are added to the catalog."""
    gathered = gather(
        [str(place) for place in places], environment={"INSTRUCT_MIX_TASKS": variable}
    )
    assert gathered[: len(ALL)] == ALL
    return [task.name for task in gathered[len(ALL) :]]


def error(*places: Path | str, variable: str = "") -> tuple[type[MixError], str]:
    with pytest.raises((TaskError, UsageError)) as caught:
        names(*places, variable=variable)
    assert "\n" not in str(caught.value)
    return type(caught.value), str(caught.value)


def test_each_task_of_the_catalog_knows_the_text_of_its_file() -> None:
    for task in ALL:
        assert "\nRaw record: {" in task.declaration
        assert pickle.loads(pickle.dumps(task)).declaration == task.declaration  # noqa: S301
    assert find("arc_easy").declaration == find("arc_challenge").declaration


def test_each_file_of_the_catalog_stands_alone_as_it_is_published() -> None:
    for task in ALL:
        nodes = list(ast.walk(ast.parse(task.declaration)))
        imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        imported |= {
            each.name for node in nodes if isinstance(node, ast.Import) for each in node.names
        }
        assert imported <= {"mixbuild.declare", "pyarrow.compute"}, task.name
        alone = run_file(task.declaration.encode(), where=task.name)
        assert repr(task) in map(repr, alone), "expressions of Arrow's equal none"


def test_a_file_a_folder_and_a_variable_add_their_tasks_in_order(tmp_path: Path) -> None:
    one = write(tmp_path / "one.py", "one")
    write(tmp_path / "more/b.py", "second")
    write(tmp_path / "more/a.py", "first")
    write(tmp_path / "more/._a.py", "resource_fork")
    (tmp_path / "more/setup.py").write_text("raise SystemExit('is no task, and not executed')")
    write(tmp_path / "set/by.py", "by_variable")
    variable = f"{tmp_path / 'set'}{os.pathsep}{one}"
    assert names() == []
    assert names(one, tmp_path / "more", variable=variable) == [
        "by_variable",
        "one",
        "first",
        "second",
    ]
    (own,) = gather([str(one)], environment={})[len(ALL) :]
    assert own.declaration == one.read_text()


def test_a_file_declares_lists_of_tasks_and_makes_them_of_the_catalogs(tmp_path: Path) -> None:
    text = """
from dataclasses import replace

from mixbuild.declare import Template
from mixbuild.tasks import find

BASE = find("imdb")
TASKS = [
    replace(
        BASE,
        name=f"imdb_{name}",
        slots={"label": BASE.slots["label"]},
        templates=(Template("seed", f"Rate the {name}: {{text}}\\n[OUTPUT]: {{label}}"),),
    )
    for name in ("film", "review")
]
AGAIN = TASKS[0]
"""
    path = write(tmp_path / "films.py", text=text)
    own = gather([str(path)], environment={})[len(ALL) :]
    assert [task.name for task in own] == ["imdb_film", "imdb_review"]
    assert {task.declaration for task in own} == {text}
    assert find("imdb").declaration != text


def test_a_module_a_package_and_an_installed_package_add_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "quay_tasks/__init__.py", text='"""Only a door."""\n')
    write(tmp_path / "quay_tasks/ropes.py", "ropes")
    write(tmp_path / "quay_tasks/sails.py", "sails")
    info = tmp_path / "quay_tasks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: quay-tasks\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert names("quay_tasks") == ["ropes", "sails"]
    assert names("quay_tasks.sails") == ["sails"]
    assert names(tmp_path / "quay_tasks/sails.py", "quay_tasks") == ["sails", "ropes"]
    (info / "entry_points.txt").write_text("[instruct_mix.tasks]\nquay = quay_tasks\n")
    assert names() == ["ropes", "sails"]
    assert names("quay_tasks.sails") == ["ropes", "sails"]
    (info / "entry_points.txt").write_text("[instruct_mix.tasks]\nquay = quay_taks\n")
    assert error() == (
        UsageError,
        "the package quay-tasks: expected a file, a folder or an installed module, got nothing "
        "named quay_taks",
    )
    sys.modules.pop("quay_tasks", None)


FAULTS = {
    "no Python": ("x = (\n", "line 1: '(' was never closed; write it as Python"),
    "no name": (
        TASK.replace("Template(", "Templat("),
        "line 10: NameError: name 'Templat' is not defined; did you mean 'Template'? Import it "
        "from mixbuild.declare",
    ),
    "no such name": (
        TASK.replace("Task, Template", "Task, Template, column_of"),
        "line 3: ImportError: cannot import name 'column_of' from 'mixbuild.declare' ({declare}); "
        "a task's file stands alone: import nothing but what is installed",
    ),
    "a file beside it": (
        "import mixbuild.declare\nfrom my_helpers import ROPES\n",
        "line 2: ModuleNotFoundError: No module named 'my_helpers'; a task's file stands alone: "
        "import nothing but what is installed",
    ),
    "a template": (
        TASK.replace("{answer}", "{answer.text}"),
        "line 10: template 'seed': {answer.text} at character 30: expected a bare name, got an "
        "attribute access; mend it there",
    ),
    "a declaration": (
        TASK.replace('{"train": "train"}', "{}"),
        "line 5: task 'NAME': no splits; mend it there",
    ),
    "an argument": (
        TASK.replace("splits=", "parts="),
        "line 5: TypeError: Task.__init__() got an unexpected keyword argument 'parts'; mend it "
        "there",
    ),
    "deep in what it calls": (
        "import mixbuild.declare\n\n\ndef half(n):\n    return 1 / n\n\n\nhalf(0)\n",
        "line 5: ZeroDivisionError: division by zero; mend it there",
    ),
    "an exit": (
        "import mixbuild.declare\nraise SystemExit(3)\n",
        "line 2: SystemExit: 3; mend it there",
    ),
    "no task": (
        "import mixbuild.declare\n",
        "expected a Task, as TASK = Task(...), got none; declare one",
    ),
    "a name of the catalog": (
        TASK.replace("NAME", "squad"),
        "task 'squad': is declared by the catalog already; give it another name",
    ),
    "a class of its own": (
        "from mixbuild.declare import Slot, column\n\n\nclass Mine(Slot):\n    pass\n\n\n"
        + TASK.replace(
            "    templates",
            '    slots={"answer": Mine(column("a").value, (("a",),))},\n    templates',
        ),
        "task 'NAME': expected values that mixbuild.declare makes, got a function or class of the "
        "file's own (PicklingError: Can't pickle <class 'task_file.Mine'>: import of module "
        "'task_file' failed); a task is data",
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_a_file_is_said_in_a_line_with_its_place(
    tmp_path: Path, text: str, expected: str
) -> None:
    import mixbuild.declare

    path = write(tmp_path / "mine.py", "mine", text)
    expected = expected.replace("NAME", "mine").replace("{declare}", str(mixbuild.declare.__file__))
    kind, said = error(path)
    assert kind is TaskError
    assert said.removeprefix(f"{path}").lstrip(",: ") == expected


def test_what_is_no_text_is_said_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes(b"import mixbuild.declare\nNAME = '\xff'\n")
    assert error(path) == (
        TaskError,
        f"{path}, line 2: expected UTF-8, got other bytes; save it as UTF-8",
    )
    path.write_bytes(b"import mixbuild.declare\nNAME = '\0'\n")
    assert error(path)[0] is TaskError


def test_places_without_tasks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("print('executed')")
    assert error(tmp_path) == (
        UsageError,
        f"--tasks {tmp_path}: expected files that import mixbuild.declare in that folder, got none "
        f"of its 1 Python files",
    )
    gone = tmp_path / "gone.py"
    for place in (gone, "gone.py", "no such thing"):
        assert error(place) == (
            UsageError,
            f"--tasks {place}: expected a file, a folder or a module, got nothing of that name",
        )
    assert error(variable=str(gone)) == (
        UsageError,
        f"INSTRUCT_MIX_TASKS={gone}: expected a file, a folder or a module, got nothing of that "
        f"name",
    )
    nothing = "expected a file, a folder or an installed module, got nothing named gone"
    assert error("gone") == (UsageError, f"--tasks gone: {nothing}")
    assert error("gone.at_all") == (
        UsageError,
        "--tasks gone.at_all: gone.at_all: cannot be imported (ModuleNotFoundError: No module "
        "named 'gone')",
    )


def test_two_files_with_one_name_are_told_apart(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one.py"), write(tmp_path / "other.py")
    assert error(one, other) == (
        TaskError,
        f"{other}: task 'port_quiz': is declared by {one} already; give it another name",
    )


def test_commands_know_tasks_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "mine.py")
    assert run(["list", "--tasks", str(path)]) == 0
    assert "port_quiz" in capsys.readouterr().out
    assert run(["list"]) == 0
    assert "port_quiz" not in capsys.readouterr().out
    (tmp_path / "source").mkdir()
    (tmp_path / "source/train.jsonl").write_text('{"question": "Which rope?", "answer": "This."}\n')
    make = ["make", "port_quiz", "--source", f"port_quiz={tmp_path / 'source'}"]
    out = ["--out", str(tmp_path / "out")]
    assert run([*make, *out]) == 2
    assert "unknown task 'port_quiz'" in capsys.readouterr().err
    monkeypatch.setenv("INSTRUCT_MIX_TASKS", str(path))
    # by workers, too, which know nothing of the file
    assert run([*make, *out, "--num-proc", "2"]) == 0
    assert "port_quiz" in capsys.readouterr().out
    assert run(["lock", "port_quiz"]) == 2
    assert capsys.readouterr().err == (
        "error: task 'port_quiz': the project's lock lists no tasks but its own; say where yours "
        "is: --lock FILE\n"
    )
