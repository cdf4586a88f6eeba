"""Which questions need their options, and which stems are questions."""

from __future__ import annotations

import pyarrow as pa
import pytest
from mixbuild.declare.slots import project
from mixbuild.declare.stems import is_question, needs_options

STEMS = {
    # stem -> whether it needs its options, and whether it is a question
    "Which of these is a mammal?": (True, True),
    "Which one of them swims?": (True, True),
    "Out of the choices, what melts?": (True, True),
    "From the options, what melts?": (True, True),
    "Each of the following is a metal except": (True, False),
    "Which best describes a proton?": (True, True),
    "Which most likely fell first?": (True, True),
    "A robin eats a worm. Which describes the robin?": (True, True),
    "This supports which statement?": (True, True),
    "Which of the liquids is heaviest?": (False, True),
    "Which two observations belong together?": (True, True),
    "Which is wet? ": (True, True),
    "Which soil would be best for a cactus?": (True, True),
    "Which event comes next?": (True, True),
    "WHICH IS WET?": (True, True),
    "Which cannot swim?": (True, True),
    "Which two are gases?": (True, True),
    "Which order correctly shows the planets?": (True, True),
    "Which reflects light?": (True, True),
    "In which scenario below would it melt?": (True, True),
    "Which organ pumps blood?": (False, True),
    "Which fish live below the ice?": (False, True),
    "Which planets have rings?": (False, True),
    "What should be done with the best seeds?": (False, True),
    "A magnet attracts": (False, False),
    "Name a gas.": (False, False),
    'He asked "which way?"': (False, True),
    "Is it true? A pond is": (False, False),
    "哪个更重？": (False, True),
    "": (False, False),
}


@pytest.mark.parametrize(("stem", "expected"), STEMS.items(), ids=STEMS)
def test_a_stem_is_judged_by_its_words(stem: str, expected: tuple[bool, bool]) -> None:
    rows = pa.record_batch({"exam": [{"stem": stem}, {"stem": None}, None]})
    columns = {"needs": needs_options("exam", "stem"), "asked": is_question("exam", "stem")}
    first, *nulls = project(rows, columns).to_pylist()
    assert (first["needs"], first["asked"]) == expected
    assert nulls == [{"needs": None, "asked": None}] * 2
