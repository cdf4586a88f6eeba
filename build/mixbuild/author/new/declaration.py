"""The text of a new declaration, with a TODO wherever its author has the last word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import dedent
from typing import Any

from mixbuild.author.new.guess import Guess
from mixbuild.author.new.literal import as_tuple, comment, quoted
from mixbuild.sources import Probed

WIDTH = 100
"""Of a line of code."""

LONGEST = 48
"""Characters of a text that the raw record in a docstring shows."""


def declaration(name: str, repo: str, probed: Probed, guessed: Guess, *, family: str) -> str:
    """The Python text of a task's file, formatted as the project formats its own."""
    docstring = f"""TODO: what the task asks for, in a sentence.

Source: https://huggingface.co/datasets/{repo}
Raw record: {_raw(probed)}
    TODO: what one must know to read it: what labels mean, what is missing, what is masked.
"""
    raw = "r" if "\\" in docstring else ""
    blocks = [f'{raw}"""{docstring}"""\n', *_imports(guessed)]
    if guessed.options:
        blocks += ["\n", _assigned("OPTIONS", guessed.options)]
    blocks += ["\n", "TASK = Task(\n", *_arguments(name, repo, probed, guessed, family), ")\n"]
    return "".join(blocks)


def _imports(guessed: Guess) -> Iterator[str]:
    code = " ".join([guessed.options, *guessed.slots.values(), *guessed.drops.values()])
    yield "\n"
    for module, names in (
        ("options", ("choices", "key", "letter", "position")),
        ("slots", ("column", "field", "first", "flag", "joined", "label")),
    ):
        used = [name for name in names if f"{name}(" in code.replace(f".{name}(", "")]
        if used:
            yield f"from mixbuild.declare.{module} import {', '.join(used)}\n"
    yield "from mixbuild.declare.task import Source, Task\n"
    yield "from mixbuild.declare.template import Template\n"


def _arguments(name: str, repo: str, probed: Probed, guessed: Guess, family: str) -> Iterator[str]:
    yield f"    name={quoted(name)},\n"
    yield f"    family={quoted(family)},\n"
    source = [quoted(repo)]
    source += [f"config={quoted(probed.config)}"] if probed.config else []
    source += [f"license={quoted(probed.licence or 'TODO: as its page names it')}"]
    source += [f"citation={_citation(probed.citation)}"]
    if probed.languages not in ((), ("en",)):
        source += [f"languages={as_tuple(probed.languages)}"]
    source += ['limits=("TODO: what a user of its rows should know, a sentence each; or none.",)']
    yield from _exploded("source=Source", source)
    for split in guessed.masked:
        yield f"    # {comment(split)} is left out: its {guessed.output} is masked\n"
    splits = {split.replace("-", "_").lower(): split for split in guessed.splits}
    yield from _mapping("splits", {ours: quoted(theirs) for ours, theirs in splits.items()})
    if guessed.unused:
        yield f"    # in no slot: {', '.join(map(comment, guessed.unused))}\n"
    yield from _mapping("slots", guessed.slots)
    yield from _mapping("drops", guessed.drops)
    yield "    # TODO: eight templates or more, each in its own words, order and manner\n"
    yield "    templates=(\n"
    for template, text, inverted in _templates(guessed):
        more = ["inverted=True"] if inverted else []
        call = [quoted(template), quoted(text), *more]
        whole = f"        Template({', '.join(call)}),\n"
        if len(whole) <= WIDTH + 1:
            yield whole
        else:
            yield f"        Template(\n{''.join(f'            {each},' + chr(10) for each in call)}"
            yield "        ),\n"
    yield "    ),\n"


def _templates(guessed: Guess) -> Iterator[tuple[str, str, bool]]:
    """Stubs: the name, the text, and whether it is inverted."""
    inputs = [(each, each.replace("_", " ").capitalize()) for each in guessed.inputs]
    (first, _), *others = inputs
    output = f"[OUTPUT]: {{{guessed.output}}}"
    options = "\n{options}" if guessed.options else ""
    more = "".join(f"\n{title}: {{{name}}}" for name, title in others)
    plain = "\n\n".join(f"{{{name}}}" for name, _ in reversed(inputs))
    titled = "\n".join(f"{title}: {{{name}}}" for name, title in inputs)
    seed = f"TODO say what to do: {{{first}}} {more}{options}\n{output}"
    yield "seed", seed, False
    yield "todo_last", f"{plain}{options}\n\nTODO ask for it after the text\n{output}", False
    if guessed.names and not re.search(r"[{}\n]", "".join(guessed.names)):
        listed = "\n".join(f"- {name}" for name in guessed.names)
        text = f"TODO ask to choose\n\n{titled}\n\nOptions:\n{listed}\n\n{output}"
        yield "options_listed", text, False
    yield "todo_role", f"TODO give a role or a situation\n\n{titled}{options}\n\n{output}", False
    bare = "\n".join(f"{{{name}}}" for name, _ in inputs)
    yield "terse", f"{bare}{options}\nTODO in three words\n{output}", False
    inverted = f"TODO ask for what the source gives\n\n{{{guessed.output}}}\n[OUTPUT]: {{{first}}}"
    yield "todo_inverted", inverted, True


def _raw(probed: Probed) -> str:
    """The first record, its long texts cut short, on lines that are indented."""
    row = next(rows[0] for rows in probed.rows.values())
    pairs = [f"{json.dumps(name)}: {_shown(value)}" for name, value in row.items()]
    lines, line = [], ""
    for pair in pairs:
        if line and len(line) + len(pair) > WIDTH - 20:
            lines.append(line)
            line = ""
        line += f"{', ' if line else ''}{pair}"
    return "{" + ",\n    ".join([*lines, line]) + "}"


def _shown(value: object) -> str:
    return json.dumps(_cut(value), ensure_ascii=False, default=lambda each: type(each).__name__)


def _cut(value: object) -> Any:
    if isinstance(value, Mapping):
        return {key: _cut(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(_cut, value[:3]), *(["…"] if len(value) > 3 else [])]
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    text = "".join(each if each.isprintable() else "�" for each in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"


def _citation(bibtex: str) -> str:
    if not bibtex or '"""' in bibtex or "\\" in bibtex:
        return quoted(bibtex or "TODO: BibTeX")
    return f'"""{dedent(bibtex)}"""' if "\n" in bibtex else quoted(bibtex)


def _assigned(name: str, call: str) -> str:
    whole = f"{name} = {call}\n"
    if len(whole) <= WIDTH + 1:
        return whole
    head, _, rest = call.partition("(")
    return f"{name} = {head}(\n    {rest[:-1]}\n)\n"


def _mapping(name: str, values: Mapping[str, str]) -> Iterator[str]:
    if not values:
        return
    pairs = [f"{quoted(key)}: {value}" for key, value in values.items()]
    whole = f"    {name}={{{', '.join(pairs)}}},\n"
    if len(whole) <= WIDTH + 1 and len(values) < 4:  # more read better in lines
        yield whole
        return
    yield f"    {name}={{\n"
    yield from (f"        {pair},\n" for pair in pairs)
    yield "    },\n"


def _exploded(head: str, arguments: Sequence[str]) -> Iterator[str]:
    yield f"    {head}(\n"
    yield from (f"        {each},\n" for each in arguments)
    yield "    ),\n"
