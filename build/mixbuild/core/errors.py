"""Every error that instruct_mix raises on purpose, in one tree.

::

    MixError
    ├── UsageError      (ValueError)    the command or a parameter asks for what does not exist
    ├── TemplateError   (ValueError)    a template's text cannot be compiled
    ├── TaskError       (ValueError)    a declaration contradicts itself
    ├── RecipeError     (ValueError)    a recipe asks for what cannot be
    ├── MixtureError    (ValueError)    a mixture cannot be made as it is asked for
    ├── SourceError     (OSError)       a source cannot be found or read
    ├── SchemaError     (TypeError)     a source lacks a column, or has it in another type
    ├── RowError        (ValueError)    a source row breaks what its task declares
    ├── OutputError     (OSError)       the output folder cannot be written
    ├── ManifestError   (ValueError)    a manifest is missing, unreadable or of another version
    ├── VerifyError     (ValueError)    a file or a row is not what the manifest says
    ├── CheckError      (ValueError)    a declaration, or what it renders, has a fault
    ├── LockError       (ValueError)    a source is not what the lock says
    ├── LicenceError    (ValueError)    a source's licence is none that was allowed
    ├── CardError       (ValueError)    a card on the Hub cannot be merged with ours
    ├── HubError        (OSError)       the Hub refuses what is to be published, or does not answer
    └── WorkerError     (RuntimeError)  a worker ended twice on the same unit, or cannot begin

A message is one line that says where, what was expected, what came and what to
do. Each class is also a builtin, so that callers need not import this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class MixError(Exception):
    """The root: whatever is caught as ``MixError`` is explained in one line."""


class UsageError(MixError, ValueError):
    """The command or a parameter asks for what does not exist. Exit status 2."""


class TemplateError(MixError, ValueError):
    """A template's text cannot be compiled; all that is wrong with it is named at once."""


class TaskError(MixError, ValueError):
    """A declaration contradicts itself."""


class RecipeError(MixError, ValueError):
    """A recipe asks for what cannot be; the line, the key and what was expected are named."""


class MixtureError(MixError, ValueError):
    """A mixture contradicts itself, or cannot be made of the rows that there are.

    Attributes:
        steps: the keys that lead to what is wrong, below the recipe's ``mixtures``.
    """

    def __init__(self, message: str, *, steps: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.steps = tuple(steps)


class SourceError(MixError, OSError):
    """A source cannot be found or read."""


class SchemaError(MixError, TypeError):
    """A source lacks a column that its task reads, or has it in another type."""


class RowError(MixError, ValueError):
    """A source row breaks what its task declares, such as a label outside the names."""


class OutputError(MixError, OSError):
    """The output folder cannot be written."""


class ManifestError(MixError, ValueError):
    """A manifest is missing, unreadable or of another version."""


class VerifyError(MixError, ValueError):
    """A file or a row is not what the manifest says."""


class CheckError(MixError, ValueError):
    """A declaration, or what it renders, has a fault that a rule of ``check`` names."""


class LockError(MixError, ValueError):
    """A source is not what the lock says."""


class LicenceError(MixError, ValueError):
    """A source's licence is none that was allowed."""


class CardError(MixError, ValueError):
    """A card on the Hub cannot be merged with ours."""


class HubError(MixError, OSError):
    """The Hub refuses what is to be published, or does not answer."""


class WorkerError(MixError, RuntimeError):
    """A worker ended twice on the same unit, or cannot begin."""


def one_of(what: str, got: str, known: Iterable[str]) -> str:
    """Say that ``got`` is not among ``known``, nearest matches first.

    >>> one_of("task", "sqad", ["squad", "imdb"])
    "unknown task 'sqad'; did you mean 'squad'? Known: squad, imdb"
    >>> one_of("task", "xyz", ["squad", "imdb"])
    "unknown task 'xyz'. Known: squad, imdb"
    """
    known = list(known)
    hint = did_you_mean(got, known, most=2) or "."
    return f"unknown {what} {got!r}{hint} Known: {', '.join(known)}"


def did_you_mean(got: str, known: Iterable[str], *, most: int = 1) -> str:
    """What of ``known`` may have been meant, as the end of a sentence; nothing where none is near.

    >>> did_you_mean("sqad", ["squad", "imdb"])
    "; did you mean 'squad'?"
    """
    near = difflib.get_close_matches(got, sorted(known), n=most)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def one_line(error: BaseException) -> str:
    r"""The message of any exception on one line, its class first where that helps.

    >>> one_line(ValueError("first\nsecond"))
    'ValueError: first second'
    """
    text = " ".join(str(error).split())
    return text if isinstance(error, MixError) else f"{type(error).__name__}: {text}"
