"""The task that rows were made of: the one known here, or the file that is kept with the rows.

That file is a stranger's code, to be executed only by who says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from mixbuild.core import TaskError
from mixbuild.declare import Task
from mixbuild.make import OfTask
from mixbuild.tasks import find, run_file

Show: TypeAlias = Callable[[str, str], None]
"""Called with the path and the text of a task's file, before it is executed."""


def task_of(
    made_of: OfTask, tasks: Sequence[Task], *, place: str, trust: Show | None, exact: bool = True
) -> Task:
    """The task of which a config was made.

    Args:
        made_of: what the manifest says of it.
        tasks: those that are known here.
        place: where the manifest is, for errors.
        trust: shown a file that is not known here, which is then executed; None to execute none.
        exact: a task of that name will not do where its file has another text.

    Raises:
        TaskError: its file is not known here and not trusted, or cannot be used.
        UsageError: nothing declares it: an older version kept no file.
    """
    known = {task.name: task for task in tasks}
    declared = made_of.declaration
    if declared is None:
        return find(made_of.task, tasks)
    here = known.get(made_of.task)
    if here is not None and here.declaration == declared.text:
        return here
    path, text = declared.path(made_of.task), declared.text
    if trust is not None:
        trust(path, text)
        return _declared_by(text, made_of.task, where=f"{place}: {path}", tasks=tasks)
    if here is not None and not exact:
        return here
    got = "another version of that file" if here else "no task of that name"
    raise TaskError(
        f"{place}: task {made_of.task!r}: expected the one that {path} declares, got {got} here; "
        f"say where it is with --tasks PATH, or --trust-tasks to execute that file, once you have "
        f"read it"
    )


def _declared_by(text: str, name: str, *, where: str, tasks: Sequence[Task]) -> Task:
    found = run_file(text.encode(), where=where, others=tasks)
    for task in found:
        if task.name == name:
            return task
    names = ", ".join(task.name for task in found)
    raise TaskError(f"{where}: expected it to declare {name!r}, got {names}; ask whoever made it")
