"""The catalog: one file per source dataset, every task named here and nowhere else."""

from __future__ import annotations

from mixbuild.errors import UsageError, one_of
from mixbuild.task import Task
from mixbuild.tasks import billsum, imdb, squad

ALL: tuple[Task, ...] = (squad.TASK, imdb.TASK, billsum.TASK)


def find(name: str) -> Task:
    """The task of that name.

    Raises:
        UsageError: there is none; the message names the near ones.
    """
    for task in ALL:
        if task.name == name:
            return task
    raise UsageError(one_of("task", name, [task.name for task in ALL]))
