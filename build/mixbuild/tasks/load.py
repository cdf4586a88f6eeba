"""The tasks that a file declares, be it the catalog's or anyone's.

A task's file stands alone: it imports what is installed, ``mixbuild.declare`` above all, and no
other file beside it. Its text is kept with the rows, so that anyone can make them again.
"""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterable, Mapping
from types import CodeType

from mixbuild.core import TaskError, did_you_mean, one_line
from mixbuild.declare import Task
from mixbuild.declare import __all__ as vocabulary


def tasks_of(namespace: Mapping[str, object], text: str, *, others: Iterable[Task] = ()) -> list[Task]:
    """The tasks that a file has declared, each with the file's text noted in it.

    Args:
        namespace: what its names stand for, once it was executed: tasks, and lists of them.
        text: of the file.
        others: tasks that it may have imported, which are declared elsewhere.
    """
    values = (each for value in namespace.values() for each in (value if isinstance(value, (list, tuple)) else (value,)))
    imported = set(map(id, others))
    found = {id(each): each for each in values if isinstance(each, Task) and id(each) not in imported}
    for task in found.values():
        # in place: a name of the file stands for this very task
        object.__setattr__(task, "declaration", text)
    return list(found.values())


def run_file(content: bytes, *, where: str, others: Iterable[Task] = ()) -> list[Task]:
    """Execute a task's file; the tasks that it declares.

    Args:
        content: of the file. Whoever wrote it decides what this process does.
        where: its path, for errors.
        others: as of ``tasks_of``.

    Raises:
        TaskError: it cannot be executed, declares no task, or one that is more than data.
    """
    try:
        text = content.decode()
        code = compile(content, where, "exec", dont_inherit=True)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TaskError(f"{where}, line {line}: expected UTF-8, got other bytes; save it as UTF-8") from None
    except SyntaxError as error:
        line = error.lineno or 1
        raise TaskError(f"{where}, line {line}: {error.msg}; write it as Python") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise TaskError(f"{where}: cannot be read as Python ({one_line(error)}); write it anew") from None
    found = tasks_of(_execute(code, where), text, others=others)
    if not found:
        raise TaskError(f"{where}: expected a Task, as TASK = Task(...), got none; declare one")
    for task in found:
        _refuse_more_than_data(task, where)
    return found


def _execute(code: CodeType, where: str) -> dict[str, object]:
    """What the file's names stand for in the end."""
    namespace: dict[str, object] = {"__name__": "task_file", "__file__": where}
    try:
        exec(code, namespace)  # noqa: S102 - whoever calls this says whose file it is
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == where]
        raise TaskError(f"{where}, line {lines[-1]}: {one_line(error)}; {_remedy(error)}") from None
    return namespace


def _remedy(error: BaseException) -> str:
    if isinstance(error, ImportError):
        return "a task's file stands alone: import nothing but what is installed"
    if isinstance(error, NameError) and (hint := did_you_mean(error.name or "", vocabulary)):
        return f"{hint.removeprefix('; ')} Import it from mixbuild.declare"
    return "mend it there"


def _refuse_more_than_data(task: Task, where: str) -> None:
    """Refuse what no worker process could be sent: it knows nothing of the file."""
    try:
        pickle.dumps(task)
    except Exception as error:
        raise TaskError(
            f"{where}: task {task.name!r}: expected values that mixbuild.declare makes, got a "
            f"function or class of the file's own ({one_line(error)}); a task is data"
        ) from None
