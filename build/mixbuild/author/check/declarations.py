"""The rules over declarations: what can be said of a task before any row is read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import combinations, islice

import pyarrow as pa

from mixbuild.author.check.rules import ERROR, TODO, Finding, quoted
from mixbuild.author.check.strays import in_own_text
from mixbuild.author.check.wording import HOLE, around, named_in, own_prompt, own_text, placeholders
from mixbuild.core import did_you_mean
from mixbuild.declare import LICENCES, MARKER, SEED, ChoiceSlot, Path, Slot, Task, Template

FEWEST_TEMPLATES = 10
ALIKE = 0.75
"""From which share of words in common, and in the same order, two templates are alike."""

SPACING = {
    "a doubled space": r"(?<=\S)[ \t]{2,}(?=\S)",
    "a space at the end of a line": r"[ \t]+(?=\n)",
    "a space at the beginning of a line": r"(?m)^[ \t]+",
    "more than one blank line": r"\n{3,}",
    "a line break at the beginning": r"\A\n",
}
PUNCTUATION = {
    "a space before punctuation": rf"(?<=\S) [,.;:!?](?=[\s{HOLE}]|$)",
    "doubled punctuation": (
        r"[,;:][,;:.!?]|[!?][,;:.]|([!?])\1|(?<!\.)\.\.(?!\.)|\.[;:!?](?!\w)|(?<!\.\w)(?<!etc)\.,"
    ),
    "stray punctuation": r"(?m)^[,.;:!?)\]](?!\.)",
}
BRACKETS = (("(", ")"), ("[", "]"), ("“", "”"))
TWICE = re.compile(r"\b(?!(?:that|had)\b)([^\W\d_]+)\s+\1\b", re.IGNORECASE)


def check_names(tasks: Sequence[Task]) -> Iterator[Finding]:
    """The rule over all tasks together."""
    for name, times in Counter(task.name for task in tasks).items():
        if times > 1:
            yield Finding(name, "task-name", ERROR, f"{times} tasks have this name")


def check_declaration(task: Task) -> Iterator[Finding]:
    """Every rule over a task alone."""

    def finding(rule: str, message: str, template: Template | None = None) -> Finding:
        return Finding(task.name, rule, ERROR, message, template.name if template else "")

    names = [name for slot in task.slots.values() if isinstance(slot, Slot) for name in slot.names]
    for text in dict.fromkeys((*task.source.limits, *names)):
        if TODO in text:
            yield finding("unfinished", f"a {TODO} in {quoted(text)}")
    left = [
        number for number, line in enumerate(task.declaration.split("\n"), start=1) if TODO in line
    ]
    if left:
        where = f"line{'s' * (len(left) > 1)} {', '.join(map(str, left))}"
        yield finding("unfinished", f"a {TODO} in {where} of its file")
    for fault in _attribution_faults(task):
        yield finding("attribution", fault)
    if len(task.templates) < FEWEST_TEMPLATES:
        what = f"expected at least {FEWEST_TEMPLATES} templates, got {len(task.templates)}"
        yield finding("few-templates", what)
    for one, other in combinations(task.templates, 2):
        share = SequenceMatcher(None, _words(one), _words(other), autojunk=False).ratio()
        if share >= ALIKE:
            what = f"is {share:.0%} the same words as {one.name!r}: {quoted(other.text)}"
            yield finding("similar-templates", what, other)
    for template in task.templates:
        if not re.search(r"[^\W\d_]", _instruction(template)):
            what = f"no word of instruction in {quoted(template.text)}"
            yield finding("instruction", what, template)
        for rule, fault in _text_faults(template):
            yield finding(rule, fault, template)
        if fault := _inversion_fault(task, template):
            yield finding("inverted", fault, template)
        if fault := _given_away(task, template):
            yield finding("answer-in-prompt", fault, template)
        if fault := _lacking_names(task, template):
            yield finding("not-an-option", fault, template)


def check_columns(task: Task, schema: pa.Schema) -> Iterator[Finding]:
    """Every placeholder that nothing can fill, with the name that may have been meant."""
    for template in task.templates:
        for name in template.placeholders:
            lacking = [path for path in task.slots[name].reads if not _has(schema, path)]
            if not lacking:
                continue
            known = {each for each in task.slots if each != name} | set(schema.names)
            message = (
                f"{{{name}}} needs {'.'.join(lacking[0])!r}, which the source lacks"
                f"{did_you_mean(name, known)}"
            )
            yield Finding(task.name, "unknown-placeholder", ERROR, message, template.name)


def _attribution_faults(task: Task) -> Iterator[str]:
    source = task.source
    entry = re.match(r"@\w+\{[^,\s]+,\s", source.citation)
    if not entry or source.citation.count("{") != source.citation.count("}"):
        yield f"expected a citation in BibTeX, got {quoted(source.citation)}"
    if source.license not in LICENCES:
        hint = did_you_mean(source.license, LICENCES)
        yield f"expected a licence as the Hub spells it, got {source.license!r}{hint}"
    if not any(each.strip() for each in source.limits):
        yield "no limits: what should a user of the rows know?"


def _words(template: Template) -> list[str]:
    """Without punctuation, case and white space."""
    return re.findall(r"\{\w+\}|\w+", template.text.casefold())


def _instruction(template: Template) -> str:
    return own_prompt(template).replace(MARKER, "")


def _text_faults(template: Template) -> Iterator[tuple[str, str]]:
    """The rule that a template's own text breaks, and where."""
    text = own_text(template)
    if TODO in text:
        yield "unfinished", f"a {TODO} in {quoted(template.text)}"
    for kind, pattern in SPACING.items():
        for match in re.finditer(pattern, text):
            if template.name == SEED and (match[0], text[match.end() :][:1]) == (" ", "\n"):
                continue  # the founding three have it, and others follow them
            yield "spacing", f"{kind} in {quoted(around(text, match))}"
            break
    for kind, pattern in PUNCTUATION.items():
        for match in islice(re.finditer(pattern, text), 1):
            yield "punctuation", f"{kind} in {quoted(around(text, match))}"
    unnumbered = re.sub(r"(?m)^\w{1,2}\)", "", text)  # a list's "a)" closes nothing
    for opened, closed in BRACKETS:
        if unnumbered.count(opened) != unnumbered.count(closed):
            yield "punctuation", f"an {opened} without its {closed}, or the other way round"
    if text.count('"') % 2:
        yield "punctuation", 'a " without its other'
    for match in islice(TWICE.finditer(text), 1):
        yield "doubled-word", f"twice in a row: {quoted(match[0])}"
    for kind, match in in_own_text(text):
        yield "stray-text", f"{kind} in {quoted(around(text, match))}"


def _inversion_fault(task: Task, template: Template) -> str:
    """Whether the flag is wrong, by the columns that the seed gives and asks for."""
    seed = task.templates[0]
    sought = _columns(task, seed.outputs)
    given = _columns(task, placeholders(seed.prompt)) - sought
    asked = _columns(task, template.outputs)
    if template.inverted and asked <= sought:
        return "is marked as inverted, and asks for what the seed asks for"
    if not template.inverted and asked & given and not asked & sought:
        columns = ", ".join(sorted(".".join(path) for path in asked & given))
        return f"asks for what the seed's prompt gives ({columns}), and is not marked as inverted"
    return ""


def _given_away(task: Task, template: Template) -> str:
    """Whether a placeholder of the prompt is what is asked for, or which option it is."""
    asked = {task.slots[name] for name in template.outputs}
    choices = {slot.choices for slot in asked if isinstance(slot, ChoiceSlot)}
    for name in placeholders(template.prompt):
        slot = task.slots[name]
        tells = isinstance(slot, ChoiceSlot) and slot.between is None and slot.choices in choices
        if name in template.outputs or tells:
            return f"{{{name}}} in the prompt gives away what is asked for"
    return ""


def _columns(task: Task, names: Sequence[str]) -> set[Path]:
    return {path for name in names for path in task.slots[name].reads}


def _lacking_names(task: Task, template: Template) -> str:
    """Which labels a prompt leaves out, if it names some of them."""
    slots = [task.slots[name] for name in template.outputs]
    if template.inverted or len(slots) != 1 or not isinstance(slots[0], Slot):
        return ""
    found = named_in(slots[0].names, own_prompt(template))
    lacking = [name for name in dict.fromkeys(slots[0].names) if name not in found]
    if len(found) < 2 or not lacking:
        return ""
    options = ", ".join(name for name in dict.fromkeys(slots[0].names) if name in found)
    return f"the prompt names {options}, and not {', '.join(map(repr, lacking))}"


def _has(schema: pa.Schema, path: Path) -> bool:
    if path[0] not in schema.names:
        return False
    kind = schema.field(path[0]).type
    for name in path[1:]:
        if not pa.types.is_struct(kind) or kind.get_field_index(name) < 0:
            return False
        kind = kind.field(name).type
    return True
