"""Source and Task: what a config is made of, declared as data and checked when made.

A Task is one config of the published dataset: a source, the slots that fill the
placeholders, the rows that are left out, and the templates. It holds no state
and does nothing; ``render`` turns it into rows. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow.compute as pc

from mixbuild.core import TaskError, UsageError, one_of
from mixbuild.declare.options import ChoiceSlot
from mixbuild.declare.slots import Slot, column
from mixbuild.declare.template import NAME, Template

SEED = "seed"
"""The template that a task renders by default."""

SAMPLE = "sample"
"""Asks for one template per row, chosen by hash."""

EVERY = "all"
"""Asks for one row per source row and template."""

TRAIN = "train"
"""The split that mixtures take from, and how others begin that are to train on."""


def trains(split: str) -> bool:
    """Whether a split is to train on; all others are to evaluate by.

    >>> trains("train_extra"), trains("training")
    (True, False)
    """
    return split == TRAIN or split.startswith(f"{TRAIN}_")


FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "question answering": "question-answering",
        "closed-book question answering": "question-answering",
        "multiple choice": "multiple-choice",
        "sentiment": "text-classification",
        "topic": "text-classification",
        "natural language inference": "text-classification",
        "paraphrase": "text-classification",
        "coreference": "text-classification",
        "summarisation": "summarization",
        "translation": "translation",
        "data to text": "text-generation",
        "mathematics": "text-generation",
        "code": "text-generation",
        "open instructions": "text-generation",
    }
)
"""What kinds of task there are, and the Hub's ``task_categories`` of each."""


@dataclass(frozen=True)
class Source:
    """A dataset on the Hub, at a revision.

    Attributes:
        repo: its id with the namespace, ``"stanfordnlp/imdb"``.
        config: the name of its config; None for its only or default one.
        license: the identifier that its card gives, ``"cc-by-sa-4.0"``.
        citation: BibTeX, for attribution.
        revision: a branch, tag or commit; resolved to a commit before a row is read.
        languages: of its texts, as ISO 639 codes.
        limits: what a user of its rows should know, a sentence each.
    """

    repo: str
    config: str | None = None
    license: str = ""
    citation: str = ""
    revision: str = "main"
    languages: tuple[str, ...] = ("en",)
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Task:
    """One config: ``source`` x ``templates``.

    Attributes:
        name: the config's name, in ``snake_case``.
        family: what kind of task it is, one of ``FAMILIES``.
        source: where the rows come from.
        splits: the config's splits -> the source's; no dashes on the left side.
        templates: at least one; the first is named ``seed``.
        slots: what fills a placeholder; one that is not here is filled by the
            source column of its name.
        drops: reason -> the source rows to leave out for it.
        waivers: a rule of ``check`` that does not hold for this task -> why.
        group: a slot of the template ``seed``: rows that have the same in it, as questions about
            one passage have, belong on one side of a split.
        trimmable: a slot that may be cut, between words, where a row has more tokens than a trainer
            takes; None where nothing may be.
        keeps: a slot whose text stays whole in what is cut, such as an answer in its passage.
        benchmarks: a name by which evaluators, such as lm-evaluation-harness and HELM, know one of
            the splits -> that split, which nobody should train on.
        declaration: the text of the file that declares it, noted by whoever reads that; empty for
            a task that is made elsewhere.

    Raises:
        TaskError: naming everything in which the declaration contradicts itself.
    """

    name: str
    family: str
    source: Source
    splits: Mapping[str, str]
    templates: tuple[Template, ...]
    slots: Mapping[str, Slot | ChoiceSlot] = field(default_factory=dict)
    drops: Mapping[str, pc.Expression] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    trimmable: str | None = None
    keeps: str | None = None
    benchmarks: Mapping[str, str] = field(default_factory=dict)
    declaration: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            raise TaskError(f"task {self.name!r}: {'; '.join(faults)}")
        complete = {
            name: self.slots.get(name, column(name))
            for template in self.templates
            for name in template.placeholders
        }
        object.__setattr__(self, "splits", MappingProxyType(dict(self.splits)))
        object.__setattr__(self, "slots", MappingProxyType(complete))
        object.__setattr__(self, "drops", MappingProxyType(dict(self.drops)))
        object.__setattr__(self, "waivers", MappingProxyType(dict(self.waivers)))
        object.__setattr__(self, "benchmarks", MappingProxyType(dict(self.benchmarks)))

    def __reduce__(self) -> tuple[object, ...]:
        # a read-only mapping cannot be pickled, and tasks travel to worker processes
        values = (self.name, self.family, self.source, dict(self.splits), self.templates)
        more = (dict(self.slots), dict(self.drops), dict(self.waivers))
        of_slots = (self.group, self.trimmable, self.keeps)
        return Task, (*values, *more, *of_slots, dict(self.benchmarks), self.declaration)

    @property
    def conditions(self) -> tuple[pc.Expression, ...]:
        """Every condition under which a row is left out, for all templates or for one."""
        of_templates = (each for template in self.templates for each in template.drops.values())
        return (*self.drops.values(), *of_templates)

    def template(self, name: str) -> Template:
        """The template of that name.

        Raises:
            UsageError: there is none; the message names the near ones.
        """
        for template in self.templates:
            if template.name == name:
                return template
        known = [template.name for template in self.templates]
        raise UsageError(f"task {self.name!r}: {one_of('template', name, known)}")


def _faults(task: Task) -> Iterator[str]:
    if not NAME.fullmatch(task.name):
        yield f"expected a name in snake_case, got {task.name!r}"
    if task.family not in FAMILIES:
        yield one_of("family", task.family, FAMILIES)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", task.source.repo):
        yield f"expected a source like 'org/name', got {task.source.repo!r}"
    if not task.source.license:
        yield "the source has no license"
    if not task.splits:
        yield "no splits"
    for split in task.splits:
        if not NAME.fullmatch(split):
            yield f"expected a split in snake_case (the Hub takes no dashes), got {split!r}"
    names = [template.name for template in task.templates]
    if SEED not in names[:1]:
        yield f"the first template must be named {SEED!r}, got {names[:1]}"
    for kind, values in (("name", names), ("text", [each.text for each in task.templates])):
        for value, times in Counter(values).items():
            if times > 1:
                yield f"{times} templates have the {kind} {value!r}"
    for name in (SAMPLE, EVERY):
        if name in names:
            yield f"no template may be named {name!r}, which asks for several"
    if task.group is not None and task.group not in task.templates[0].placeholders:
        yield f"the group: {one_of('slot', task.group, task.templates[0].placeholders)}"
    for benchmark, split in task.benchmarks.items():
        if split not in task.splits:
            yield f"benchmark {benchmark!r}: {one_of('split', split, task.splits)}"
        elif trains(split):
            yield f"benchmark {benchmark!r}: expected a split to evaluate by, got {split!r}"
    used = {name for template in task.templates for name in template.placeholders}
    for what, slot in (("trimmable", task.trimmable), ("keeps", task.keeps)):
        if slot is not None and slot not in used:
            yield f"{what}: {one_of('slot', slot, sorted(used))}"
    for name in task.slots:
        if name not in used:
            yield f"slot {name!r} is in no template"
    for template in task.templates:
        # with two lists of accepted outputs, which goes with which is not known
        several = [name for name in template.outputs if name in task.slots]
        if sum(task.slots[name].accepted is not None for name in several) > 1:
            yield f"template {template.name!r}: more than one output has several accepted values"
