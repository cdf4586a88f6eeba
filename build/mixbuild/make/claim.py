"""A claim: that a mirror has the rows of a lock. It is shown by the reading that renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mixbuild.core import LockError, SourceDigest
from mixbuild.declare import EVERY, ChoiceSlot, Slot, Task
from mixbuild.declare import Path as ColumnPath
from mixbuild.render import bind
from mixbuild.sources import LockEntry, Resolved, classes_in, is_wholly, same_files


@dataclass(frozen=True, eq=False)
class Claim:
    """What is still to be shown of a mirror.

    Attributes:
        task: the declaration.
        where: the mirror's folder or repo, for errors.
        entry: what the lock says.
        reads: the columns whose digest the lock has.
        label: the mirror's own, which its rows have if they are not the lock's.
        known: how it differs, as far as that is known without its rows.
    """

    task: Task
    where: str
    entry: LockEntry
    reads: tuple[ColumnPath, ...]
    label: str
    known: tuple[str, ...]

    @property
    def key(self) -> str:
        """All that decides what comes of it, for the units whose rows are read to show it."""
        return repr((self.entry, self.reads, self.label, self.known))

    def drift(self, found: Mapping[str, SourceDigest]) -> tuple[str, ...]:
        """How the rows that were read, by the task's split, differ from the lock's: a line each."""
        lines = list(self.known)
        for split, got in found.items():
            expected = self.entry.splits.get(self.task.splits[split])
            digest = got.hexdigest()
            if expected is None or (expected.rows, expected.content_digest) != (got.rows, digest):
                has = f"{expected.rows:,} rows ({expected.content_digest})" if expected else "none"
                lines.append(f"{split}: the lock has {has}, the mirror {got.rows:,} ({digest})")
        return tuple(lines)

    def refusal(self, drift: Sequence[str]) -> LockError:
        """What is said of a mirror that differs."""
        return LockError(
            f"task {self.task.name!r}: {self.where}: expected the rows of {self.entry.repo}@"
            f"{self.entry.commit}, got others: {'; '.join(drift)}; take another mirror, or say "
            f"--allow-drift"
        )


def claim_of(task: Task, mirror: Resolved, entry: LockEntry) -> tuple[Resolved, Claim | None]:
    """A mirror, labelled as its rows will be, and what must be shown of it; None where nothing.

    Rows of a mirror with the very files of the lock, too, say that they are from the source itself.
    """
    itself = same_files(mirror, entry)
    known = [
        f"{name}: the lock has the classes {', '.join(names)}, the mirror {', '.join(found)}"
        for name, names in entry.classes.items()
        if (found := _classes(task, mirror, name)) and found != names
    ]
    own = mirror.label
    if itself and not known:
        mirror = replace(mirror, label=f"{entry.repo}@{entry.commit}")
        if is_wholly(task, mirror, entry):
            return replace(mirror, locked=True), None
    reads = bind(task, mirror.schema, templates=EVERY).reads
    return mirror, Claim(task, mirror.place.label, entry, tuple(reads), own, tuple(known))


def _classes(task: Task, mirror: Resolved, column: str) -> tuple[str, ...]:
    """What the codes in a column stand for: as the mirror says, or by the task's order."""
    for slot in task.slots.values():
        if isinstance(slot, Slot) and slot.classes and slot.reads[0] == tuple(column.split(".")):
            return classes_in(mirror).get(column, slot.classes)
        if isinstance(slot, ChoiceSlot) and slot.choices.answer.path == tuple(column.split(".")):
            return classes_in(mirror).get(column, slot.choices.classes)
    return ()  # nobody reads it
