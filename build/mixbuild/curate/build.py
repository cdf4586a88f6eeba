"""Make a build: render what is missing, then take out of it what its recipe says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mixbuild.core import UsageError
from mixbuild.curate.evaluation import items_of
from mixbuild.curate.quality import take_out
from mixbuild.curate.repeats import Overlaps
from mixbuild.declare import Quality, Task
from mixbuild.make import Built, Made, Request, make

NOT_YET = ("length", "near")
"""Parts of ``Quality`` that this version can read and cannot do."""


@dataclass(frozen=True)
class Curated:
    """What came of it.

    Attributes:
        made: the build.
        overlaps: what its rows say more than once, where the recipe asks.
    """

    made: Made
    overlaps: Overlaps | None = None


def build(
    request: Request, *, quality: Quality | None = None, catalog: Sequence[Task], **how: Any
) -> Curated:
    """Make what is asked for, with nothing in it that ``quality`` takes out.

    Args:
        request: what to render.
        quality: which rows to take out; none of it are listed before that is done.
        catalog: the tasks whose splits ``quality`` may name.
        how: more of ``make``: the engine, its workers, a report.

    Raises:
        UsageError: ``quality`` asks for what this version cannot do, or names no evaluation set.
        MixError: of any kind; the manifest then lists only what is whole.
    """
    if quality is None:
        return Curated(make(request, **how))
    for name in NOT_YET:
        if getattr(quality, name) is not None:
            raise UsageError(f"quality.{name}: this version cannot do it yet; take it out")
    if quality.leakage is not None and quality.leakage.by == "near":
        raise UsageError("quality.leakage.by: this version knows 'exact' alone; take it out")
    by_keys = quality.exact is not None or quality.leakage is not None
    against = () if quality.contamination is None else quality.contamination.against
    items = items_of(against, request, catalog=catalog)
    found: list[Overlaps | None] = []

    def finish(configs: Mapping[str, Built]) -> Mapping[str, Built]:
        settled, overlaps = take_out(request.out.resolve(), configs, quality, items=items)
        found.append(overlaps)
        return settled

    made = make(replace(request, keys=request.keys or by_keys), finish=finish, **how)
    return Curated(made, found[0])
