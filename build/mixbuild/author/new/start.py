"""Write what a new task starts from: one file, to be finished by hand.

For the project's own catalog there are samples beside it. Whatever only the author can know is
marked TODO: ``check`` finds it, and the project's tests fail while one is left.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mixbuild.author.check.rules import TODO
from mixbuild.author.new import samples
from mixbuild.author.new.declaration import declaration
from mixbuild.author.new.guess import Guess, guess
from mixbuild.core import CHECKOUT, PACKAGE, UsageError, explained_output, one_of, write_whole
from mixbuild.declare import FAMILIES, NAME, Source, licence
from mixbuild.sources import Probed, probe
from mixbuild.tasks import ALL

TASKS = Path("build/mixbuild/tasks")


@dataclass(frozen=True)
class Started:
    """What was written.

    Attributes:
        folder: where it was written.
        files: below the folder, each with the number of its lines that have a TODO.
        notes: what was guessed or found, to be looked at.
    """

    folder: Path
    files: dict[Path, int]
    notes: tuple[str, ...]


def start(
    name: str,
    repo: str,
    *,
    config: str | None = None,
    source: str | None = None,
    follow_links: bool = False,
    family: str = "",
    into: Path | None = None,
    catalog: bool = False,
) -> Started:
    """Write what a new task starts from; overwrites nothing.

    Args:
        name: the task's.
        repo: the source's id on the Hub.
        config: the name of its config, where it has several.
        source: a folder that holds it, or another repo as ``org/name[@revision]``.
        follow_links: as of ``resolve``.
        family: one of ``FAMILIES``; guessed without it.
        into: the folder to write into; the one where this process is, without it. For the
            catalog a checkout; the one that this code is in, without it.
        catalog: it is to be a task of the project.

    Raises:
        UsageError: the name or the family will not do, a file is there already, or this code is
            in no checkout.
        SourceError: the source cannot be read, or no task can be made of its columns.
        OutputError: a file cannot be written.
    """
    if catalog and into is None and CHECKOUT / TASKS.parent != PACKAGE:
        raise UsageError(
            f"--catalog: expected a checkout of the project, and {PACKAGE} is an installed "
            f"package; clone the project and run it there, or say --into FOLDER"
        )
    root = into or (CHECKOUT if catalog else Path())
    folder = TASKS if catalog else Path()
    _refuse(name, repo, family)
    files = [folder / f"{name}.py"]
    files += [folder / name, folder / "samples" / name] if catalog else []
    for path in files:
        if (root / path).exists():
            raise UsageError(f"{root / path}: is there already; move it away, or take another name")
    probed = probe(Source(repo, config), source, name=name, follow_links=follow_links)
    guessed = guess(probed)
    if not (family or guessed.family):
        raise UsageError(
            f"{probed.where}: its columns do not tell the family; name it with --family, one of "
            f"{', '.join(FAMILIES)}"
        )
    is_guess, family = not family, family or guessed.family
    text = declaration(name, repo, probed, guessed, family=family, catalog=catalog)
    texts = {folder / f"{name}.py": text}
    if catalog:
        beside = folder / "samples" / name
        texts[beside / "README.md"] = samples.card(repo, probed, guessed.splits)
        for split in guessed.splits:
            texts[beside / f"{split}.jsonl"] = samples.rows(probed, guessed, split)
    for path, text in texts.items():
        with explained_output(root / path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(root / path, text.encode())
    counts = {path: sum(TODO in line for line in text.split("\n")) for path, text in texts.items()}
    return Started(root, counts, tuple(_notes(probed, guessed, is_guess, catalog)))


def _refuse(name: str, repo: str, family: str) -> None:
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(f"expected a task's name in snake_case, got {name!r}")
    if family and family not in FAMILIES:
        raise UsageError(one_of("family", family, FAMILIES))
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise UsageError(f"--repo {repo}: expected a repo like 'org/name'")
    if name in [task.name for task in ALL]:
        raise UsageError(f"task {name!r}: is in the catalog already; choose another name")


def _notes(probed: Probed, guessed: Guess, is_guess: bool, catalog: bool) -> Iterator[str]:
    if is_guess:
        yield f"family: guessed to be {guessed.family!r}; another one is said with --family"
    if licence(probed.licence).held_back:
        name = probed.licence or "unknown"
        yield f"licence {name}: push holds its rows back, unless --allow-licences {name} is said"
    for split in guessed.masked:
        yield f"split {split}: left out, its {guessed.output} is masked"
    if catalog and not probed.citation:
        yield "its card has no BibTeX; ask its authors' page or paper"
