"""A new task's lines in the catalog: added where they belong, or refused when that is unclear."""

from __future__ import annotations

import ast


def registered(text: str, name: str, *, family: str) -> str | None:
    """The text of ``tasks/__init__.py`` with one task more; None where its form is another.

    >>> catalog = '''from mixbuild.tasks import (
    ...     billsum,
    ...     squad,
    ... )
    ... ALL: tuple[Task, ...] = (
    ...     # question answering
    ...     squad.TASK,
    ...     # summarisation
    ...     billsum.TASK,
    ... )
    ... '''
    >>> print(registered(catalog, "quac", family="question answering"))
    from mixbuild.tasks import (
        billsum,
        quac,
        squad,
    )
    ALL: tuple[Task, ...] = (
        # question answering
        squad.TASK,
        quac.TASK,
        # summarisation
        billsum.TASK,
    )
    <BLANKLINE>
    """
    lines = text.splitlines()
    listed = _tuple(text)
    imported = _import(text)
    if listed is None or imported is None or not family:
        return None
    # the later place first: the earlier one's line numbers stay as they are
    at = _end_of_family(lines, *listed, family)
    if at is None:
        at, group = listed[1] - 1, [f"    # {family}", f"    {name}.TASK,"]
    else:
        group = [f"    {name}.TASK,"]
    lines[at:at] = group
    first, last = imported
    own = f"    {name},"
    place = next((each for each in range(first, last - 1) if lines[each] > own), last - 1)
    lines[place:place] = [own]
    return "\n".join(lines) + "\n"


def _import(text: str) -> tuple[int, int] | None:
    """The lines, from and to, of the import of the catalog's modules, a line each."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == "mixbuild.tasks":
            return _in_lines(node, len(node.names))
    return None


def _tuple(text: str) -> tuple[int, int] | None:
    """The lines, from and to, of ``ALL``."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "ALL":
            return _in_lines(node, 0)
    return None


def _in_lines(node: ast.stmt, least: int) -> tuple[int, int] | None:
    """Where a statement is, if it has a line for each of its parts."""
    last = node.end_lineno or node.lineno
    return (node.lineno, last) if last - node.lineno > least else None


def _end_of_family(lines: list[str], first: int, last: int, family: str) -> int | None:
    """The index after the family's last line; None where no comment names it."""
    inside = range(first, last - 1)
    start = next((each for each in inside if lines[each].strip() == f"# {family}"), None)
    if start is None:
        return None
    after = range(start + 1, last - 1)
    return next((each for each in after if lines[each].strip().startswith("#")), last - 1)
