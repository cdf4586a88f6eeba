"""The catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from mixbuild.cli.terminal.console import PROGRAM, out
from mixbuild.cli.terminal.text import one_line_json, shown
from mixbuild.declare import Task, licence

GAP = "  "
TEMPLATES = 3  # the column of numbers, which stand to the right


def print_tasks(tasks: Sequence[Task]) -> None:
    """The catalog, a line for each task below its family; columns that do not fit are left out.

    No name is ever cut: a terminal that is narrower still shows the names alone.
    """
    lines = [
        (
            task.name,
            task.source.license,
            task.source.repo,
            f"{len(task.templates)}",
            ", ".join(task.splits),
        )
        for task in tasks
    ]
    head = ("task", "licence", "source", "templates", "splits")
    widths = [max(map(len, column)) for column in zip(head, *lines, strict=True)]
    columns = len(head)
    while columns > 1 and 2 + sum(widths[:columns]) + len(GAP) * (columns - 1) > out.width:
        columns -= 1
    family = None
    _print_line(head, widths, columns, "bold")
    for task, line in zip(tasks, lines, strict=True):
        if task.family != family:
            family = task.family
            out.print(shown(family, "dim"))
        _print_line(line, widths, columns)
    if columns < len(head):
        out.print(Text(f"\ntemplates, splits and more of one: {PROGRAM} list TASK", "dim"))


def _print_line(line: Sequence[str], widths: Sequence[int], columns: int, style: str = "") -> None:
    padded = (
        text.rjust(width) if place == TEMPLATES else text.ljust(width)
        for place, (text, width) in enumerate(zip(line, widths, strict=True))
    )
    out.print(shown(f"  {GAP.join([*padded][:columns])}".rstrip(), style))


def print_task(task: Task) -> None:
    """All there is to know of a task, a line for each thing."""
    out.print(shown(task.name, "bold"))
    told = list(_told(task))
    width = max(len(name) for name, _ in told)
    for name, value in told:
        out.print(Text.assemble((f"  {name.ljust(width)}  ", "dim"), value))
    for template in task.templates:
        notes = [f"in {template.language}"] if template.language != "en" else []
        notes += ["asks for what the source gives"] if template.inverted else []
        out.print(shown(f"    {template.name}{_in_brackets(notes)}"))


def _told(task: Task) -> Iterator[tuple[str, str]]:
    source = task.source
    flags = sorted(licence(source.license).flags - {source.license})
    yield "family", task.family
    yield "source", f"https://huggingface.co/datasets/{source.repo}"
    if source.config:
        yield "its config", source.config
    yield "licence", f"{source.license}{_in_brackets(flags)}"
    yield "languages", ", ".join(source.languages)
    yield (
        "splits",
        ", ".join(
            split if split == theirs else f"{split} (the source's {theirs})"
            for split, theirs in task.splits.items()
        ),
    )
    for name, split in task.benchmarks.items():
        yield "benchmark", f"{split} is what evaluators ask as {name}: not to be trained on"
    for limit in source.limits:
        yield "limits", limit
    yield "templates", f"{len(task.templates)}; {PROGRAM} show {task.name} shows what they make"


def print_tasks_as_json(tasks: Sequence[Task]) -> None:
    """The catalog for machines: a list with all that is declared of each task."""
    out.out(one_line_json([_as_data(task) for task in tasks]), highlight=False)


def _in_brackets(notes: Sequence[str]) -> str:
    return f" ({', '.join(notes)})" if notes else ""


def _as_data(task: Task) -> Mapping[str, object]:
    source = task.source
    return {
        "name": task.name,
        "family": task.family,
        "source": source.repo,
        "source_config": source.config,
        "licence": source.license,
        "languages": source.languages,
        "splits": dict(task.splits),
        "benchmarks": dict(task.benchmarks),
        "limits": source.limits,
        "templates": [
            {
                "name": each.name,
                "text": each.text,
                "language": each.language,
                "inverted": each.inverted,
            }
            for each in task.templates
        ],
    }


def print_families(tasks: Sequence[Task]) -> None:
    """The catalog as a table in Markdown: each family, and its tasks with their templates."""
    families: dict[str, list[str]] = {}
    for task in tasks:
        families.setdefault(task.family, []).append(f"`{task.name}` {len(task.templates)}")
    out.print("| family | tasks, and how many templates each has |\n|---|---|")
    for family, each in families.items():
        out.print(f"| {family} | {', '.join(each)} |")
