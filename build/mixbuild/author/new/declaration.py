"""The text of a new declaration, with a TODO wherever its author has the last word."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from mixbuild.author.new.columns import as_tuple, quoted
from mixbuild.author.new.guess import Guess
from mixbuild.sources import Probed

WIDTH = 100
"""Of a line of code."""

LONGEST = 48
"""Characters of a text that the raw record in a docstring shows."""

LIMITS = quoted("TODO: what a user of its rows should know, a sentence each; or none.")

ENOUGH = ("seed", "terse")
"""The templates that a private task starts with."""

HELPERS = (
    *("choices", "column", "field", "first", "flag", "joined", "key", "label", "letter"),
    "position",
)
"""What a guess may call, in the order in which it is imported."""


def declaration(
    name: str, repo: str, probed: Probed, guessed: Guess, *, family: str, catalog: bool
) -> str:
    """The Python text of a task's file, formatted as the project formats its own.

    Args:
        name: the task's.
        repo: the source's.
        probed: what it holds.
        guessed: what its columns are for.
        family: what kind of task it is.
        catalog: it is to be one of the project's, of which more is asked than of a private one.
    """
    return "".join(_blocks(name, repo, probed, guessed, family, catalog))


def _blocks(
    name: str, repo: str, probed: Probed, guessed: Guess, family: str, catalog: bool
) -> Iterator[str]:
    about = "TODO: what the task asks for, in a sentence." if catalog else f"Task {name}."
    docstring = f"""{about}

Source: https://huggingface.co/datasets/{repo}
Raw record: {_raw(next(rows[0] for rows in probed.rows.values()))}
"""
    if catalog:
        docstring += (
            "    TODO: what one must know to read it: what labels mean, what is missing, what is "
            "masked.\n"
        )
    raw = "r" if "\\" in docstring else ""
    yield f'{raw}"""{docstring}"""\n\n'
    code = " ".join([*guessed.options, *guessed.slots.values(), *guessed.drops.values()])
    code = re.sub(r"\.\w+\(", "", code) + "choices(" * bool(guessed.options)
    used = [each for each in HELPERS if f"{each}(" in code]
    yield f"from mixbuild.declare import {', '.join(['Source', 'Task', 'Template', *used])}\n\n"
    if guessed.options:
        yield _laid("OPTIONS = choices(", guessed.options, ")") + "\n"
    yield f"TASK = Task(\n    name={quoted(name)},\n    family={quoted(family)},\n"
    unknown = "TODO: as its page names it" if catalog else "unknown"
    source = [
        quoted(repo),
        *([f"config={quoted(probed.config)}"] if probed.config else []),
        f"license={quoted(probed.licence or unknown)}",
        *([f"citation={_citation(probed.citation)}"] if catalog or probed.citation else []),
        *([f"languages={as_tuple(probed.languages)}"] if probed.languages else []),
        *([f"limits=({LIMITS},)"] if catalog else []),
    ]
    yield "    source=Source(\n" + "".join(f"        {each},\n" for each in source) + "    ),\n"
    for split in guessed.masked:
        yield f"    # {_comment(split)} is left out: its {guessed.output} is masked\n"
    ours = {split.replace("-", "_").lower(): quoted(split) for split in guessed.splits}
    yield _mapping("splits", ours)
    if guessed.unused:
        yield f"    # in no slot: {', '.join(map(_comment, guessed.unused))}\n"
    yield _mapping("slots", guessed.slots) + _mapping("drops", guessed.drops)
    if catalog:
        yield "    # TODO: ten templates or more, each in its own words, order and manner\n"
    yield "    templates=(\n"
    for template, text, *more in _templates(guessed):
        if not catalog and template not in ENOUGH:
            continue
        yield _laid("        Template(", [quoted(template), quoted(text), *more], "),")
    yield "    ),\n)\n"


def _templates(guessed: Guess) -> Iterator[tuple[str, ...]]:
    """Stubs: the name, the text, and what else the call says."""
    first, *others = guessed.inputs
    titled = [f"{each.replace('_', ' ').capitalize()}: {{{each}}}" for each in guessed.inputs]
    options = "\n{options}" if guessed.options else ""
    output = f"[OUTPUT]: {{{guessed.output}}}"
    more = "".join(f"\n{each}" for each in titled[1:])
    yield "seed", f"TODO say what to do: {{{first}}} {more}{options}\n{output}"
    plain = "\n\n".join(f"{{{each}}}" for each in (*reversed(others), first))
    yield "todo_last", f"{plain}{options}\n\nTODO ask for it after the text\n{output}"
    context = "\n".join(titled)
    if guessed.names and not re.search(r"[{}\n]", "".join(guessed.names)):
        listed = "\n".join(f"- {name}" for name in guessed.names)
        choose = f"TODO ask to choose\n\n{context}\n\nOptions:\n{listed}\n\n{output}"
        yield "options_listed", choose
    yield "todo_role", f"TODO give a role or a situation\n\n{context}{options}\n\n{output}"
    bare = "\n".join(f"{{{each}}}" for each in guessed.inputs)
    yield "terse", f"{bare}{options}\nTODO in three words\n{output}"
    inverted = f"TODO ask for what the source gives\n\n{{{guessed.output}}}\n[OUTPUT]: {{{first}}}"
    yield "todo_inverted", inverted, "inverted=True"


def _raw(row: Mapping[str, object]) -> str:
    """A record, its long texts cut short, on lines that are indented."""
    text = json.dumps(_cut(row), ensure_ascii=False, default=lambda each: type(each).__name__)
    wrapped = textwrap.wrap(
        text, WIDTH - 12, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(wrapped)


def _cut(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(_cut, value[:3]), *(["…"] if len(value) > 3 else [])]
    if not isinstance(value, str):
        return value
    text = "".join(each if each.isprintable() else "�" for each in _comment(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"


def _comment(text: str) -> str:
    """A text that stays on its line."""
    return " ".join(text.split())


def _citation(bibtex: str) -> str:
    if "\n" not in bibtex or '"""' in bibtex or "\\" in bibtex:
        return quoted(bibtex or "TODO: BibTeX")
    return f'"""{textwrap.dedent(bibtex)}"""'


def _mapping(name: str, values: Mapping[str, str]) -> str:
    pairs = [f"{quoted(key)}: {value}" for key, value in values.items()]
    return _laid(f"    {name}={{", pairs, "},") if pairs else ""


def _laid(head: str, parts: Sequence[str], tail: str) -> str:
    """On one line, or a line for each part where that is too long."""
    line = f"{head}{', '.join(parts)}{tail}\n"
    if len(line) <= WIDTH + 1:
        return line
    margin = " " * (len(head) - len(head.lstrip()))
    return f"{head}\n{''.join(f'{margin}    {each},{chr(10)}' for each in parts)}{margin}{tail}\n"
