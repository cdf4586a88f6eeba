"""A new task's files, to be finished by hand: declaration, samples, a place in the catalog.

    columns      a source's columns, by type and first values
    options      which of them are options, and which says the right one
    guess        what the columns are for
    literal      what the source says, as Python text
    declaration  the text of the task's file
    samples      made-up rows in the source's schema
    catalog      the task's lines in the catalog

Whatever only the author can know is marked TODO, and the tests fail while one is left.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mixbuild.author.new import samples
from mixbuild.author.new.catalog import registered
from mixbuild.author.new.declaration import declaration
from mixbuild.author.new.guess import Guess, guess
from mixbuild.core import CHECKOUT, PACKAGE, UsageError, explained_output, one_of
from mixbuild.declare import FAMILIES, NAME, licence
from mixbuild.sources import Probed, probe
from mixbuild.tasks import ALL

TODO = "TODO"
"""Marks what the author has to write."""

CODE = Path("build/mixbuild")
CATALOG = CODE / "tasks/__init__.py"


@dataclass(frozen=True)
class Scaffold:
    """What was written.

    Attributes:
        files: below the checkout, each with the number of its lines that have a TODO.
        added: whether the catalog names the task now; if not, its lines are the author's to add.
        notes: what was guessed or found, to be looked at.
    """

    files: dict[Path, int]
    added: bool
    notes: tuple[str, ...]


def scaffold(
    name: str,
    repo: str,
    *,
    config: str | None = None,
    source: str | None = None,
    family: str = "",
    into: Path | None = None,
) -> Scaffold:
    """Write what a new task starts from; overwrites nothing.

    Args:
        name: the task's.
        repo: the source's id on the Hub.
        config: the name of its config, where it has several.
        source: a folder that holds it, or another repo as ``org/name[@revision]``.
        family: one of ``FAMILIES``; guessed without it.
        into: the checkout to write into; the one that this code is in, without it.

    Raises:
        UsageError: the name or the family will not do, a file is there already, or this code is
            in no checkout.
        SourceError: the source cannot be read, or no task can be made of its columns.
        OutputError: a file cannot be written.
    """
    root = _root(into)
    _refuse(name, repo, family, root)
    probed = probe(repo, config=config, source=source)
    guessed = guess(probed)
    if not (family or guessed.family):
        raise UsageError(
            f"{probed.where}: its columns do not tell the family; name it with --family, one of "
            f"{', '.join(FAMILIES)}"
        )
    texts = dict(_texts(name, repo, probed, guessed, family or guessed.family))
    for path, text in texts.items():
        with explained_output(root / path):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
    added = _register(root / CATALOG, name, family or guessed.family)
    counts = {path: sum(TODO in line for line in text.split("\n")) for path, text in texts.items()}
    return Scaffold(counts, added, tuple(_notes(probed, guessed, family)))


def left_to_do(root: Path = CHECKOUT) -> list[str]:
    """Every TODO that is left in declarations and samples: ``path:line``."""
    found = []
    for path in sorted((root / CODE / "tasks").rglob("*")):
        if path.suffix not in (".py", ".jsonl", ".md"):
            continue
        for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
            if TODO in line:
                found.append(f"{path.relative_to(root).as_posix()}:{number}")
    return found


def _root(into: Path | None) -> Path:
    if into is not None:
        return into
    if PACKAGE != CHECKOUT / CODE:
        raise UsageError(
            f"new writes into a checkout of the project, and {PACKAGE} is an installed package; "
            f"clone the project and run it there, or say --into FOLDER"
        )
    return CHECKOUT


def _refuse(name: str, repo: str, family: str, root: Path) -> None:
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise UsageError(f"expected a task's name in snake_case, got {name!r}")
    if family and family not in FAMILIES:
        raise UsageError(one_of("family", family, FAMILIES))
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise UsageError(f"--repo {repo}: expected a repo like 'org/name'")
    if name in [task.name for task in ALL]:
        raise UsageError(f"task {name!r}: is in the catalog already; choose another name")
    for path in (CODE / f"tasks/{name}.py", CODE / f"tasks/{name}", CODE / f"tasks/samples/{name}"):
        if (root / path).exists():
            raise UsageError(f"{root / path}: is there already; move it away, or take another name")


def _texts(
    name: str, repo: str, probed: Probed, guessed: Guess, family: str
) -> Iterator[tuple[Path, str]]:
    declared = declaration(name, repo, probed, guessed, family=family)
    yield CODE / f"tasks/{name}.py", declared
    folder = CODE / f"tasks/samples/{name}"
    yield folder / "README.md", samples.card(repo, probed, guessed.splits)
    for split in guessed.splits:
        yield folder / f"{split}.jsonl", samples.rows(probed, guessed, split)


def _register(catalog: Path, name: str, family: str) -> bool:
    """Add the task to the catalog, if there is one and its form is the known one."""
    if not catalog.is_file():
        return False
    text = registered(catalog.read_text("utf-8"), name, family=family)
    if text is not None:
        with explained_output(catalog):
            catalog.write_text(text, encoding="utf-8")
    return text is not None


def _notes(probed: Probed, guessed: Guess, family: str) -> Iterator[str]:
    if not family:
        yield f"family: guessed to be {guessed.family!r}; another one is said with --family"
    flags = licence(probed.licence).flags if probed.licence else ()
    if licence(probed.licence).held_back:
        why = ", ".join(sorted(flags)) or "unknown"
        yield f"licence {probed.licence or 'unknown'}: held back from a push ({why})"
    for split in guessed.masked:
        yield f"split {split}: left out, its {guessed.output} is masked"
    if not probed.citation:
        yield "its card has no BibTeX; ask its authors' page or paper"
