"""Rules for the samples of the project's tasks, and for the golden that shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from mixbuild.author.check.rules import ERROR, TODO, Finding
from mixbuild.author.check.sheets import Records
from mixbuild.core import CHECKOUT, PACKAGE
from mixbuild.declare import Task

FEWEST_ROWS = 10
"""In each split; fewer show a reader of the golden next to nothing."""

GOLDENS = Path("tests/tasks/golden")
"""A text for each task, in a checkout: its samples as each template renders them."""

MAKE_GOLDEN = "UPDATE_GOLDENS=1 python -m pytest -q tests/tasks/test_catalog.py"
"""What writes the goldens; with ``-k TASK``, that of one."""


def check_samples(
    task: Task,
    records: Sequence[Records],
    *,
    package: Path = PACKAGE,
    checkout: Path = CHECKOUT,
) -> Iterator[Finding]:
    """What the project's tests ask of samples.

    Args:
        task: one of the catalog.
        records: all of its sample rows.
        package: where the samples are, below ``tasks/samples``.
        checkout: where the goldens are; an installed package has none.
    """
    counts: Counter[str] = Counter()
    for each in records:
        counts[each.origin.split] += len(each.numbers)
    for split, count in counts.items():
        if count < FEWEST_ROWS:
            message = f"expected at least {FEWEST_ROWS} sample rows of {split!r}, got {count}"
            yield Finding(task.name, "few-samples", ERROR, message)
    about = package / "tasks/samples" / task.name / "README.md"
    if about.is_file() and TODO in about.read_text("utf-8"):
        yield Finding(task.name, "unfinished", ERROR, f"a {TODO} in its samples' README.md")
    goldens = checkout / GOLDENS
    if goldens.is_dir() and not (goldens / f"{task.name}.txt").is_file():
        message = f"expected {GOLDENS}/{task.name}.txt, got none; {MAKE_GOLDEN} -k {task.name}"
        yield Finding(task.name, "golden", ERROR, message)
