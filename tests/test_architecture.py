"""The shape of the code: imports run one way, few modules reach out, and build/ is source."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "build" / "mixbuild"
FILES = sorted(PACKAGE.rglob("*.py"))
LIBRARIES_THAT_REACH_OUT = {
    "aiohttp",
    "datasets",
    "fsspec",
    "ftplib",
    "hf_xet",
    "http",
    "httpx",
    "httpx2",
    "huggingface_hub",
    "requests",
    "socket",
    "urllib",
    "urllib3",
}
MAY_REACH_OUT = {"sources", "publish/hub"}
INSPECTS_ERRORS = ("core/retry.py", "core/explain.py")
"""They import the Hub's errors to tell them apart, and call nothing."""


def entries(folder: Path) -> list[str]:
    """The modules and folders of a room, in the order in which its docstring lists them."""
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    return re.findall(r"^    (\w+)/? {2,}\S", docstring, re.MULTILINE)


def within(folder: Path) -> set[str]:
    """The modules and folders that a room has."""
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    return modules | {path.parent.name for path in folder.glob("*/__init__.py")}


ROOMS = entries(PACKAGE)
FOLDERS = [PACKAGE, *(path.parent for path in FILES if path.name == "__init__.py")]
LISTED = [folder for folder in dict.fromkeys(FOLDERS) if folder.name not in ("tasks", "glue")]
"""All whose docstring lists what lies in them; the catalog is a list of its own."""


def imported(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: a relative import"
            assert node.module is not None
            # it may import a module, or what a module has
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}: who knows"
            yield str(node.args[0].value)


def steps(path: Path) -> Iterator[tuple[Path, str, str]]:
    """For each import of ours: the folder where the two part, and what lies there on either side.

    ``publish/card/write.py`` importing ``mixbuild.publish.parquet`` parts in ``publish``: ``card``
    imports ``parquet``. What a room's ``__init__`` hands on is not looked at.
    """
    here = list(path.relative_to(PACKAGE).with_suffix("").parts)
    for name in imported(path):
        if not name.startswith("mixbuild."):
            continue
        there = name.split(".")[1:]
        shared = 0
        while shared < min(len(here), len(there)) and here[shared] == there[shared]:
            shared += 1
        if shared < len(here) and shared < len(there) and here[shared] != "__init__":
            folder = PACKAGE.joinpath(*here[:shared])
            if there[shared] in within(folder):
                yield folder, here[shared], there[shared]


@functools.cache
def repository_files() -> list[Path]:
    """All that is, or could be, committed."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def test_there_is_something_to_look_at() -> None:
    assert ROOMS[:4] == ["core", "declare", "tasks", "render"]
    assert ROOMS[-1] == "cli"
    found = {(folder.name, one, other) for folder, one, other in steps(PACKAGE / "make/plan.py")}
    assert found >= {("mixbuild", "make", "core"), ("make", "plan", "unit")}
    assert {path.relative_to(ROOT).as_posix() for path in repository_files()} >= {
        "instruct_mix.py",
        "build/mixbuild/render/render.py",
        "pyproject.toml",
    }


@pytest.mark.parametrize("folder", LISTED, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_lists_what_lies_in_it_once(folder: Path) -> None:
    listed = entries(folder)
    assert sorted(listed) == sorted(within(folder))
    assert (folder / "__init__.py").read_text("utf-8").startswith('"""')


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    for folder, one, other in steps(path):
        if folder in LISTED:
            order = entries(folder)
            assert order.index(other) < order.index(one), f"{one} stands above {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_is_entered_by_its_door(path: Path) -> None:
    for name in imported(path):
        room, *inside = name.split(".")[1:] if name.startswith("mixbuild.") else [""]
        if room in ROOMS and room != path.relative_to(PACKAGE).parts[0]:
            assert len(inside) == 1, f"{name}: import it from mixbuild.{room}, which hands it on"


def test_making_knows_nothing_of_the_catalog_and_a_tool_for_authors_of_no_hub() -> None:
    for room, others in (("make", {"tasks"}), ("author", {"publish", "prove"})):
        for path in (PACKAGE / room).rglob("*.py"):
            assert {other for _, one, other in steps(path) if one == room} & others == set(), path


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_sources_and_hub_import_what_reaches_the_network(path: Path) -> None:
    found = {name for name in imported(path) if name.split(".")[0] in LIBRARIES_THAT_REACH_OUT}
    place = path.relative_to(PACKAGE).as_posix()
    if place in INSPECTS_ERRORS:
        allowed = r"huggingface_hub\.(errors(\.\w+)?|utils\.httpx)"
        found = {name for name in found if not re.fullmatch(allowed, name)}
    if not place.startswith(tuple(f"{room}/" for room in MAY_REACH_OUT)):
        assert found == set()


def test_nobody_imports_the_builder_or_the_commands() -> None:
    for path in [*FILES, ROOT / "instruct_mix.py"]:
        for name in imported(path):
            assert name.split(".")[0] != "instruct_mix", path
            if PACKAGE / "cli" not in path.parents:
                assert name.split(".")[:2] != ["mixbuild", "cli"], path


PURE = ["declare", "tasks", "render.render", "core.digest"]


def test_the_pure_modules_load_nothing_that_reaches_out() -> None:
    code = (
        "import importlib, sys\n"
        f"for name in {PURE}: importlib.import_module('mixbuild.' + name)\n"
        "print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "mixbuild.render.render" in loaded
    # the standard library's own modules may load for any reason: pyarrow's are not ours
    third_party = LIBRARIES_THAT_REACH_OUT - set(sys.stdlib_module_names)
    assert third_party & set(loaded) == set()


def test_no_module_is_called_utils() -> None:
    names = {path.stem for path in FILES} | {path.parent.name for path in FILES}
    assert {
        name for name in names if re.search(r"^_?(utils?|helpers?|commons?|misc)$", name)
    } == set()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_says_what_it_is_and_is_small(path: Path) -> None:
    text = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert re.match(r"\S.+\.|\S.+::", docstring.split("\n")[0]), f"{path.name} has no docstring"
    assert len(text.splitlines()) <= 300, f"{path.name} is too long"


MOST_ANY = 15
"""Lines of the package that name the type of which nothing is known."""


def test_few_lines_say_that_something_is_of_any_type_and_each_says_why() -> None:
    found, silent = 0, []
    for path in FILES:
        text = path.read_text("utf-8")
        lines = text.splitlines()
        names = (each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Name))
        for line in {each.lineno for each in names if each.id == "Any"}:
            found += 1
            above, itself = lines[line - 2 : line]
            if not above.lstrip().startswith("#") and "  # " not in itself:
                silent.append(f"{path.relative_to(PACKAGE).as_posix()}:{line}")
    assert silent == []
    assert found <= MOST_ANY


def test_build_is_no_package_so_that_the_build_tool_of_that_name_is_found() -> None:
    assert not (ROOT / "build" / "__init__.py").exists()
    found = importlib.util.find_spec("build")
    assert found is not None
    assert found.origin is not None
    assert ROOT / "build" not in Path(found.origin).parents


@pytest.mark.parametrize(
    "path", ["build/mixbuild/render/render.py", "build/__main__.py", "build/new_file.py"]
)
def test_git_does_not_ignore_the_folder_named_build(path: str) -> None:
    # what is committed already is not ignored, whatever .gitignore says: --no-index looks there
    command = ["git", "check-ignore", "--no-index", path]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True)
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, b"", b"")


def test_git_ignores_what_builds_and_tests_make() -> None:
    made = ["out/x", ".venv/x", ".cache/x", ".hypothesis/x", "dist/x", "build/__pycache__/x"]
    answer = subprocess.run(["git", "check-ignore", *made], cwd=ROOT, capture_output=True)
    assert answer.stdout.decode().split() == made


# written so that this file does not match itself
FORBIDDEN = {
    "a registry host": rb"pypi" rb"\.org|python" rb"hosted|anaconda" rb"\.(org|com)",
    "a path of one machine": rb"/wo" rb"rk/|/ro" rb"ot/|/ho" rb"me/\w",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}: {match[0].decode()}"
        for path in repository_files()
        if (match := re.search(FORBIDDEN[what], path.read_bytes()))
    }
    assert found == set()


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a registry host", b"https://" + b"pypi" + b".org/simple"),
        ("a registry host", b"files.python" + b"hosted.org"),
        ("a path of one machine", b"cd /wo" + b"rk/main"),
        ("a path of one machine", b"/ho" + b"me/someone"),
    ],
)
def test_what_no_file_may_name_would_be_found(what: str, text: bytes) -> None:
    assert re.search(FORBIDDEN[what], text) is not None
