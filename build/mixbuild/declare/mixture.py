"""Mixture and Part: how many rows a mixture takes of what, declared as data and checked when made.

A part is named after a task, a family or another mixture, or has parts of its own. What it gets is
said in one of three words: a ``weight`` is relative to those of the parts beside it, a ``share`` is
a fraction of what it is a part of, ``rows`` is a whole number. Pure.

>>> mix = Mixture(parts={"squad": Part(weight=2), "reviews": Part()}, total=100)
>>> reviews = Mixture(parts={"sentiment": Part(cap=3000)})
>>> families = {"sentiment": ["imdb"], "question answering": ["squad"]}
>>> found = expanded("mix", {"mix": mix, "reviews": reviews}, families)
>>> found.parts["reviews"].parts["sentiment"].parts["imdb"].temperature
1.0
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mixbuild.core import MixtureError, one_of
from mixbuild.declare.quality import unpinned

FAIL = "fail"
REDISTRIBUTE = "redistribute"
CLIP = "clip"
ON_SHORTAGE = (FAIL, REDISTRIBUTE, CLIP)
"""What to do where a part has fewer rows than it is to give: refuse, let the other parts give more,
or make the mixture smaller by what is missing."""

MOST_COPIES = 1_000  # of a row: more is a slip, and would fill the memory
SOURCE_ROW = "source_row"
GROUP = "group"
GROUPS = (SOURCE_ROW, GROUP)
"""What must not be on both sides of a split: a source row, or its task's ``group`` of rows, such as
all questions on one passage."""


@dataclass(frozen=True)
class Part:
    """What a mixture takes of one task, family, mixture, or of parts of its own.

    Attributes:
        weight: how much, relative to the parts beside it; times the rows that there are.
        share: a fraction of the rows of what it is a part of, above 0 and up to 1.
        rows: how many rows. One of the three at most; ``weight`` is 1 where none is said.
        cap: of the rows that there are, at most so many count for the weight.
        templates: a template's name, ``sample`` or ``all``; None for the mixture's.
        temperature: among its own parts; None for that of what it is a part of.
        max_repetition_ratio: how often each row is taken at most; None for the mixture's.
        parts: its own, by name; none where its name says what it is.

    Raises:
        MixtureError: a value that cannot be.
    """

    weight: float | None = None
    share: float | None = None
    rows: int | None = None
    cap: int | None = None
    templates: str | None = None
    temperature: float | None = None
    max_repetition_ratio: float | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        said = [name for name in ("weight", "share", "rows") if getattr(self, name) is not None]
        if len(said) > 1:
            raise MixtureError(f"expected one of weight, share and rows, got {' and '.join(said)}")
        _refuse_odd(self, "weight", "share", "temperature", "max_repetition_ratio")
        _refuse_odd(self, "rows", "cap", whole=True)
        if self.share is not None and self.share > 1:
            raise MixtureError(
                f"share: expected a fraction of the rows, up to 1, got {self.share:g}; say rows "
                f"for their number, or weight for what is relative"
            )
        object.__setattr__(self, "parts", dict(sorted(self.parts.items())))


@dataclass(frozen=True)
class HeldOut:
    """The rows of a mixture's evaluation split.

    Attributes:
        rows: how many, over all parts by their rates. A part without such a split of its own gives
            them of its ``train``.
        group: what must not be on both sides: ``source_row``, or the task's ``group`` as well.

    Raises:
        MixtureError: a value that cannot be.
    """

    rows: int
    group: str = GROUP

    def __post_init__(self) -> None:
        _refuse_odd(self, "rows", whole=True)
        if self.group not in GROUPS:
            raise MixtureError(one_of("group", self.group, GROUPS))


@dataclass(frozen=True)
class Mixture:
    """Rows of several tasks, in one order.

    Attributes:
        parts: what it is made of, by name.
        total: how many rows; None for as many as the parts' rates allow.
        characters: in the place of ``total``: as many rows as have at most so many characters,
            prompts and completions together.
        requested_tokens: likewise, at most so many tokens, as ``tokenizer`` counts them.
        tokenizer: a ``tokenizer.json``, or ``org/name@commit`` on the Hub.
        temperature: of the weights, each taken to the power of 1 / temperature: 1 leaves them, the
            higher the more equal they become.
        max_repetition_ratio: how often each row is taken at most; 1 for once.
        on_shortage: what to do where a part has too few rows: ``fail``, ``redistribute``, ``clip``.
        templates: what its tasks are rendered by; None for what the recipe says.
        validation, test: the evaluation splits; None for all that the parts' own have.

    Raises:
        MixtureError: a value that cannot be.
    """

    parts: Mapping[str, Part]
    total: int | None = None
    characters: int | None = None
    requested_tokens: int | None = None
    tokenizer: str | None = None
    temperature: float = 1.0
    max_repetition_ratio: float = 1.0
    on_shortage: str = FAIL
    templates: str | None = None
    validation: HeldOut | None = None
    test: HeldOut | None = None

    def __post_init__(self) -> None:
        _refuse_odd(self, "total", "characters", "requested_tokens", whole=True)
        _refuse_sizes(self)
        _refuse_odd(self, "temperature", "max_repetition_ratio")
        if self.on_shortage not in ON_SHORTAGE:
            raise MixtureError(f"on_shortage: {one_of('word', self.on_shortage, ON_SHORTAGE)}")
        if not self.parts:
            raise MixtureError("parts: expected at least one, got none")
        object.__setattr__(self, "parts", dict(sorted(self.parts.items())))


def _refuse_sizes(mixture: Mixture) -> None:
    """Refuse more than one size, and tokens that nobody, or nobody in particular, counts."""
    sizes = ("total", "characters", "requested_tokens")
    said = [name for name in sizes if getattr(mixture, name) is not None]
    if len(said) > 1:
        raise MixtureError(
            f"expected one of total, characters and requested_tokens, got {' and '.join(said)}"
        )
    tokenizer = mixture.tokenizer
    if mixture.requested_tokens is not None and tokenizer is None:
        raise MixtureError(
            "requested_tokens: expected a tokenizer beside it, got none; say tokenizer: "
            "org/name@commit, or a tokenizer.json, or say characters"
        )
    if tokenizer is None:
        return
    if mixture.requested_tokens is None:
        raise MixtureError(
            f"tokenizer: expected requested_tokens beside it, got none; leave {tokenizer!r} out"
        )
    if (wrong := unpinned(tokenizer)) is not None:
        raise MixtureError(wrong)


def expanded(
    name: str, mixtures: Mapping[str, Mixture], families: Mapping[str, Collection[str]]
) -> Mixture:
    """A mixture whose innermost parts are tasks, each with all that it inherits.

    Args:
        name: the mixture's.
        mixtures: all that there are, by name.
        families: of each family, the names of its tasks.

    Raises:
        MixtureError: a name that nothing has, a mixture within itself, or a task that two parts
            want rendered by different templates or repeated to different ratios.
    """
    mixture = mixtures[name]
    # the mixture as the part that holds all others
    whole = Part(
        templates=mixture.templates,
        temperature=mixture.temperature,
        max_repetition_ratio=mixture.max_repetition_ratio,
        parts=mixture.parts,
    )
    made = replace(mixture, parts=_named_parts(whole, (name,), (name, "parts"), mixtures, families))
    asked: dict[str, Part] = {}
    for path, part in leaves(made):
        known = asked.setdefault(path[-1], part)
        for word in ("templates", "max_repetition_ratio"):
            if getattr(known, word) != getattr(part, word):
                raise MixtureError(
                    f"mixture {name!r}: task {path[-1]!r} is in it twice: expected one {word}, got "
                    f"{getattr(known, word)!r} and {getattr(part, word)!r}; say the same in both",
                    steps=(name,),
                )
    return made


def leaves(mixture: Mixture) -> Iterator[tuple[tuple[str, ...], Part]]:
    """The innermost parts of a mixture, each with the names that lead to it, its own last."""

    def below(path: tuple[str, ...], parts: Mapping[str, Part]) -> Iterator[Leaf]:
        for name, part in parts.items():
            if part.parts:
                yield from below((*path, name), part.parts)
            else:
                yield (*path, name), part

    return below((), mixture.parts)


Leaf = tuple[tuple[str, ...], Part]


def _named_parts(
    outer: Part,
    path: tuple[str, ...],
    at: tuple[str, ...],
    mixtures: Mapping[str, Mixture],
    families: Mapping[str, Collection[str]],
) -> dict[str, Part]:
    """The parts of a part, with what their names stand for in their place.

    Args:
        outer: the part.
        path: the mixtures that it is in, the outermost first.
        at: the keys that lead to its parts.
        mixtures: all that there are.
        families: of each family, the names of its tasks.
    """
    tasks = {task for family in families.values() for task in family}
    made = {}
    for name, part in outer.parts.items():
        heir = replace(
            part,
            templates=part.templates or outer.templates,
            temperature=part.temperature or outer.temperature,
            max_repetition_ratio=part.max_repetition_ratio or outer.max_repetition_ratio,
        )
        if part.parts:
            inner = _named_parts(heir, path, (*at, name, "parts"), mixtures, families)
        elif name in tasks:
            inner = {}
        elif name in families:
            one = Part(templates=heir.templates, max_repetition_ratio=heir.max_repetition_ratio)
            inner = {task: replace(one, temperature=heir.temperature) for task in families[name]}
        elif name in path:
            raise MixtureError(
                f"mixture {path[0]!r}: expected no mixture within itself, got "
                f"{' > '.join((*path[path.index(name) :], name))}; take {name!r} out of "
                f"{path[-1]!r}",
                steps=(*at, name),
            )
        elif name in mixtures:
            other = mixtures[name]
            heir = replace(
                heir,
                templates=part.templates or other.templates or outer.templates,
                temperature=part.temperature or other.temperature,
                parts=other.parts,
            )
            inner = _named_parts(heir, (*path, name), (name, "parts"), mixtures, families)
        else:
            known = [*sorted(tasks), *families, *(each for each in mixtures if each not in path)]
            raise MixtureError(
                f"mixture {path[-1]!r}: {one_of('task, family or mixture', name, known)}",
                steps=(*at, name),
            )
        made[name] = replace(heir, parts=inner)
    return made


def _refuse_odd(declared: object, *names: str, whole: bool = False) -> None:
    """Refuse what is no number above 0; a whole number may be written 3000 or 3000.0."""
    for name in names:
        value = getattr(declared, name)
        if value is None:
            continue
        expected = "a whole number above 0" if whole else "a number above 0"
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not math.isfinite(value) or value <= 0 or (whole and value % 1):
            got = f"{value:g}" if number else repr(value)  # as it is written: 0, not 0.0
            raise MixtureError(f"{name}: expected {expected}, got {got}")
        if name == "max_repetition_ratio" and value > MOST_COPIES:
            raise MixtureError(f"{name}: expected at most {MOST_COPIES:,}, got {value:g}")
        if whole:
            object.__setattr__(declared, name, int(value))
