"""Questions of exams that mean nothing without the options below them.

>>> import pyarrow as pa
>>> from mixbuild.declare import project
>>> stems = ["Which of these is a mammal?", "What do cows give us?", "A magnet attracts"]
>>> rows = pa.record_batch({"question": stems})
>>> columns = {"open": ~needs_options("question"), "asked": is_question("question")}
>>> project(rows, columns).to_pylist()[:2]
[{'open': False, 'asked': True}, {'open': True, 'asked': True}]
>>> project(rows, columns).to_pylist()[2]
{'open': True, 'asked': False}
"""

from __future__ import annotations

import pyarrow.compute as pc

_VERBS = (
    "most is are was were would will can cannot could should do does did has have had may might "
    "must describes shows explains causes represents provides contains uses allows results "
    "needs makes gives takes helps requires supports illustrates identifies lists states "
    "determines happens occurs affects increases decreases produces lives comes belongs "
    "reflects involves feels changes"
)
_VAGUE = (
    "activit(?:y|ies) actions? choices? comparisons? conclusions? descriptions? diagrams? "
    "equations? events? examples? factors? graphs? groups? hypothes[ie]s images? items? lists? "
    "observations? ones? options? pairs? phrases? pictures? questions? sentences? sequences? "
    "series sets? situations? statements? tables? things?"
)
"""Nouns that say nothing of what is asked for: the options are of that kind."""

NEEDS_OPTIONS = "|".join(
    (
        r"(?i)\b(?:of|from|among) (?:these|those|the (?:choices|options|answers|items))\b",
        r"\bthe following\b|\bexcept\b",
        rf"\bwhich (?:two |three )?(?:{'|'.join(_VERBS.split())}|\w+ly)\b",
        rf"\bwhich (?:[\w-]+ )?(?:{'|'.join(_VAGUE.split())})\b",
        r"\bwhich [\w-]+ (?:below|listed)\b",
        r"\bwhich\b[^.?]*\b(?:best|better|least|not|correct(?:ly)?)\b",
    )
)
"""Finds a stem that points at its options: "which of these", "which best describes", "which
statement", "which element below", "which … is the best"."""


def needs_options(*path: str) -> pc.Expression:
    """Whether a question points at options that it does not name; for a drop.

    Null where the question is null.
    """
    return pc.match_substring_regex(pc.field(*path), NEEDS_OPTIONS)


def is_question(*path: str) -> pc.Expression:
    """Whether a stem ends as a question does, not as a sentence that an option completes.

    Null where the stem is null.
    """
    return pc.match_substring_regex(pc.field(*path), r"[?？؟][\s\"'”’)]*$")
