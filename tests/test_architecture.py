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
MAY_REACH_OUT = {"sources", "hub"}
INSPECTS_ERRORS = {"trouble"}
"""It imports the Hub's errors to tell them apart, and calls nothing."""


def module(path: Path) -> str:
    """The module that a file belongs to; the files of a folder are one module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


MODULES = sorted({module(path) for path in FILES} - {"__init__"})


def declared_order() -> list[str]:
    """The modules in the order in which the package's docstring lists them."""
    docstring = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))) or ""
    return re.findall(r"^    (\w+)/? {2,}\S", docstring, re.MULTILINE)


def imported(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}:{node.lineno}: a relative import"
            assert node.module is not None
            # `from mixbuild import engine` imports a module, `from mixbuild.task import SEED` not
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            assert isinstance(node.args[0], ast.Constant), f"{path.name}:{node.lineno}: who knows"
            yield str(node.args[0].value)


def imported_modules(path: Path) -> set[str]:
    """The modules of the package that a file imports, its own left out."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("mixbuild.")}
    return names & set(MODULES) - {module(path)}


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
    assert {"errors", "template", "task", "tasks", "render", "sources", "cli"} <= set(MODULES)
    assert imported_modules(PACKAGE / "render.py") >= {"binding", "errors", "slots", "template"}
    assert {path.relative_to(ROOT).as_posix() for path in repository_files()} >= {
        "instruct_mix.py",
        "build/mixbuild/render.py",
        "pyproject.toml",
    }


def test_the_docstring_of_the_package_lists_every_module_once() -> None:
    order = declared_order()
    lacking, unknown = set(MODULES) - set(order), set(order) - set(MODULES)
    assert not lacking, f"build/mixbuild/__init__.py does not list {', '.join(sorted(lacking))}"
    assert not unknown, f"build/mixbuild/__init__.py lists {', '.join(sorted(unknown))}, not there"
    assert len(order) == len(set(order))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_what_stands_above_it(path: Path) -> None:
    order = declared_order()
    if module(path) == "__init__":
        assert imported_modules(path) == set()
        return
    # what the list lacks is for the test above to say
    here = order.index(module(path)) if module(path) in order else len(order)
    below = {name for name in imported_modules(path) if name in order[here:]}
    assert below == set(), f"{module(path)} stands above {', '.join(sorted(below))}"


def test_no_module_imports_itself_in_a_circle() -> None:
    wants: dict[str, set[str]] = {name: set() for name in MODULES}
    for path in FILES:
        if module(path) != "__init__":
            wants[module(path)] |= imported_modules(path)
    while wants:
        free = {name for name, needed in wants.items() if not needed & set(wants)}
        assert free, f"a circle among {', '.join(sorted(wants))}"
        wants = {name: needed for name, needed in wants.items() if name not in free}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_sources_and_hub_import_what_reaches_the_network(path: Path) -> None:
    found = {name for name in imported(path) if name.split(".")[0] in LIBRARIES_THAT_REACH_OUT}
    if module(path) in INSPECTS_ERRORS:
        allowed = r"huggingface_hub\.(errors(\.\w+)?|utils\.httpx)"
        found = {name for name in found if not re.fullmatch(allowed, name)}
    if module(path) not in MAY_REACH_OUT:
        assert found == set()


def test_nobody_imports_the_builder_or_the_commands() -> None:
    for path in [*FILES, ROOT / "instruct_mix.py"]:
        for name in imported(path):
            assert name.split(".")[0] != "instruct_mix", path
            if path.parent.name != "cli":
                assert name.split(".")[:2] != ["mixbuild", "cli"], path


PURE = [
    "template",
    "slots",
    "identity",
    "choices",
    "arrange",
    "task",
    "tasks",
    "binding",
    "blank",
    "render",
    "digest",
]


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
    assert "mixbuild.render" in loaded
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


def test_build_is_no_package_so_that_the_build_tool_of_that_name_is_found() -> None:
    assert not (ROOT / "build" / "__init__.py").exists()
    found = importlib.util.find_spec("build")
    assert found is not None
    assert found.origin is not None
    assert ROOT / "build" not in Path(found.origin).parents


@pytest.mark.parametrize(
    "path", ["build/mixbuild/render.py", "build/__main__.py", "build/new_file.py"]
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
