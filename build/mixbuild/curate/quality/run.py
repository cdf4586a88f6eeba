"""Where rows are judged: in this process, in as many workers as are worth it, or on an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from mixbuild.core import executor as engine
from mixbuild.core import usable_cores

Work = TypeVar("Work", bound=engine.Named)
Shared = TypeVar("Shared")
Result = TypeVar("Result")


class Run(Protocol):
    """Works on units wherever that is; what comes of it does not depend on where."""

    def __call__(
        self,
        units: Sequence[Work],
        work: Callable[[Work, Shared], Result],
        *,
        shared: Shared,
        worth: int = 1,
    ) -> Iterator[tuple[Work, Result]]:
        """Yield (unit, its result) as the units come to be done.

        Args:
            units: what to work on; where there is but one, it is done here.
            work: called with a unit and ``shared``; it can be pickled.
            shared: what all units have in common.
            worth: how many workers are worth their start, where nobody says how many.
        """


def run_by(
    engine_name: str = engine.PROCESSES,
    *,
    num_proc: int | None = None,
    scheduler: str | None = None,
) -> Run:
    """What works on units as somebody asked for it; each argument as of ``make``."""

    def run(
        units: Sequence[Work],
        work: Callable[[Work, Shared], Result],
        *,
        shared: Shared,
        worth: int = 1,
    ) -> Iterator[tuple[Work, Result]]:
        if len(units) < 2:
            return engine.run(units, work, shared=shared)
        processes = num_proc
        if engine_name == engine.PROCESSES and num_proc is None:
            worth = min(worth, len(units), usable_cores())
            processes = worth if worth > 1 else None
        return engine.run(
            units,
            work,
            shared=shared,
            engine=engine_name,
            num_proc=processes,
            scheduler=scheduler,
        )

    return run
