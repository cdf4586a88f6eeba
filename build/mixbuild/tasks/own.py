"""The catalog with the tasks that a user or an installed package adds.

They come from files: those that ``--tasks`` and ``INSTRUCT_MIX_TASKS`` name, and those of packages
whose metadata names a module in the group ``instruct_mix.tasks`` of entry points.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from mixbuild.core import TaskError, UsageError, one_line
from mixbuild.declare import Task
from mixbuild.tasks.catalog import ALL
from mixbuild.tasks.load import run_file

VARIABLE = "INSTRUCT_MIX_TASKS"
GROUP = "instruct_mix.tasks"

IMPORTS = re.compile(rb"^\s*(from|import) +mixbuild(\.declare| import +declare)\b", re.MULTILINE)
"""What tells a task's file from any other."""


def gather(places: Sequence[str] = (), *, environment: Mapping[str, str] = os.environ) -> tuple[Task, ...]:
    """The catalog, then every other task that there is.

    Args:
        places: files, folders or modules that declare tasks. Of a folder or a package, each file
            directly in it that imports ``mixbuild.declare``.
        environment: whose variable names more places, as ``PATH`` does.

    Raises:
        UsageError: a place is none of the three.
        TaskError: a file cannot be used, or a name is taken.
    """
    files: dict[Path, str] = {}  # one that is named twice is read once
    for where, path in _files(places, environment):
        files.setdefault(path.resolve(), where)
    tasks = list(ALL)
    taken = {task.name: "the catalog" for task in ALL}
    for path, where in files.items():
        for task in run_file(_read(path, where), where=where, others=ALL):
            if task.name in taken:
                raise TaskError(f"{where}: task {task.name!r}: is declared by {taken[task.name]} already; give it another name")
            taken[task.name] = where
            tasks.append(task)
    return tuple(tasks)


def _files(places: Sequence[str], environment: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
    """Every file that is named, after what errors call it."""
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.value):
        package = point.dist.name if point.dist else point.name
        for path in _of_module(point.value, f"the package {package}"):
            yield str(path), path
    for place in filter(None, environment.get(VARIABLE, "").split(os.pathsep)):
        for path in _at(place, f"{VARIABLE}={place}"):
            yield str(path), path
    for place in places:
        for path in _at(place, f"--tasks {place}"):
            yield str(path), path


def _at(place: str, said: str) -> list[Path]:
    """The files of a file, a folder or a module."""
    path = Path(place).expanduser()
    if path.is_dir():
        return _in_folder(path, said)
    if path.exists():
        return [path]
    if re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", place) and not place.endswith(".py"):
        return _of_module(place, said)
    raise UsageError(f"{said}: expected a file, a folder or a module, got nothing of that name")


def _of_module(name: str, said: str) -> list[Path]:
    """The file of a module, or those of a package; the packages above it are imported."""
    try:
        spec = find_spec(name)
    except Exception as error:  # whatever the packages above it do
        raise UsageError(f"{said}: {name}: cannot be imported ({one_line(error)})") from None
    if spec is None:
        raise UsageError(f"{said}: expected a file, a folder or an installed module, got nothing named {name}")
    if spec.submodule_search_locations:
        return _in_folder(Path(next(iter(spec.submodule_search_locations))), said)
    return [Path(str(spec.origin))]


def _in_folder(folder: Path, said: str) -> list[Path]:
    """What lies there beside tasks' files is not executed."""
    files = [path for path in sorted(folder.glob("*.py")) if not path.name.startswith(".")]
    found = [path for path in files if IMPORTS.search(_read(path, str(path)))]
    if not found:
        raise UsageError(f"{said}: expected files that import mixbuild.declare in that folder, got none of its {len(files):,} Python files")
    return found


def _read(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TaskError(f"{where}: cannot be read ({error.strerror})") from None
