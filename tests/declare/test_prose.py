"""Text out of tokens, entities and tags: what each kind becomes, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from mixbuild.core.errors import TaskError
from mixbuild.declare import prose
from mixbuild.declare.prose import (
    detokenised,
    recoded,
    spaced,
    unescaped,
    unquoted,
    untagged,
)
from mixbuild.declare.slots import Slot, column, first, joined, project

Change = Callable[[pa.StringArray], pa.StringArray]

TOKENS = {
    "it 's a film you ca n't , wo n't and should n't miss .": (
        "it's a film you can't, won't and shouldn't miss."
    ),
    "They 're sure I 'll , we 've and he 'd ; I 'm not .": (
        "They're sure I'll, we've and he'd; I'm not."
    ),
    "It didn 't rain at 5 o 'clock , said O 'Neill .": "It didn't rain at 5 o'clock, said O'Neill.",
    "Standard & Poor 's 500 rose 2 % to $ 10.75 .": "Standard & Poor's 500 rose 2% to $10.75.",
    "the index .IXIC rose , .SPX fell": "the index .IXIC rose, .SPX fell",
    "`` Well , '' he said , `` no . ''": '"Well," he said, "no."',
    "the ``word'' ( -LRB- old -RRB- )": 'the "word" ((old))',
    "-lsb- sic -rsb- and -LCB- x -RCB-": "[sic] and {x}",
    "a game of ` who 's who ' in the ` thing '": "a game of 'who's who' in the 'thing'",
    "their parents ' anguish": "their parents' anguish",
    'makes " the good girl " a film': 'makes "the good girl" a film',
    '" well , " he said': '"well," he said',
    'in the wrong meeting , " he said': 'in the wrong meeting," he said',
    'Into Night . "': 'Into Night."',
    'he added , " but I hope so': 'he added, " but I hope so',
    "won 7 -- 6 , 6 -- 2": "won 7–6, 6–2",
    "so . . . what ? !": "so... what?!",
    ". . . a story . . . . and . .": "... a story.... and..",
    "from 3 : 59 p.m. : the president ’ s": "from 3:59 p.m.: the president’s",
    "you gon na and\\/or got ta go": "you gonna and/or gotta go",
    "the '70s -- a well-made b-movie": "the '70s -- a well-made b-movie",
    'He said "no" and "yes, it\'s 5 ft (2 m)".': 'He said "no" and "yes, it\'s 5 ft (2 m)".',
    "Already fine: it's (really) \"so\", isn't it? $10, 5%...": (
        "Already fine: it's (really) \"so\", isn't it? $10, 5%..."
    ),
}
ENTITIES = {
    "Tuesday night #39;s game": "Tuesday night's game",
    "the company.  quot;In extreme quot; and": 'the company. "In extreme" and',
    "quot;Shrek quot;": '"Shrek"',
    "AT amp;T &amp; &lt;TXN.N&gt;  #36;2.6": "AT&T & <TXN.N> $2.6",
    "a new threat #151;prostate": "a new threat—prostate",
    "&amp;lt; stays escaped once": "&lt; stays escaped once",
    "R&D; fish & chips; #1; a quote; amps": "R&D; fish & chips; #1; a quote; amps",
}
TAGS = {
    "One. <br /> <br />Two <BR>three": "One.\n\nTwo\nthree",
    '<b>...</b> <A HREF="http://x.y/?a=b">HD.N</A>, <p>so</p>': "... HD.N,\nso\n",
    "if a <b and c> d: List<T> <3": "if a <b and c> d: List<T> <3",
}
CONTROLS = {
    "him \x96 like \x91Funny\x92\x85": "him – like ‘Funny’…",
    "\x85": "…",
    "a\x81b\tc\x9fd": "a\x81b\tcŸd",
    "Iraq\u00e2\x80\x99s and \u00e9t\u00e9": "Iraq’s and été",
    "–…": "–…",
}
QUOTES = {
    '"Is ""rightness"" so?"': 'Is "rightness" so?',
    '"""Why"" is it?"': '"Why" is it?',
    'Is ""it"" so?': 'Is ""it"" so?',
    '"It is so."': '"It is so."',
    '"Two\nlines ""and"" more"': 'Two\nlines "and" more',
}
SPACES = {
    "SEC. 2.\t\t\t\tTITLE.  a\u00a0 b": "SEC. 2. TITLE. a b",
    "a \r\n\t b\n\n \n\nc": "a\nb\n\nc",
    "one two\nthree": "one two\nthree",
}


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        pytest.param(change, before, after, id=before)
        for change, cases in (
            (detokenised, TOKENS),
            (unescaped, ENTITIES),
            (untagged, TAGS),
            (recoded, CONTROLS),
            (unquoted, QUOTES),
            (spaced, SPACES),
        )
        for before, after in cases.items()
    ],
)
def test_text_is_as_a_person_would_write_it(change: Change, before: str, after: str) -> None:
    assert change(pa.array([before, None, ""])).to_pylist() == [after, None, ""]
    # and is left alone then, but for an entity that was escaped twice
    if "escaped" not in before:
        assert change(pa.array([after])).to_pylist() == [after]


ENTITY = "|".join(" ".join(prose.ENTITIES.values()).split())
RULES: dict[Change, tuple[list[str], Sequence[tuple[str, str]]]] = {
    detokenised: (
        ["-LRB-", "-rcb-", "\\/", "gon", "na", "n't", *" '`’\".,($1:sO"],
        prose.TOKENS,
    ),
    unescaped: (
        ["amp", "lt", "#39", *" &;a"],
        (
            (f"(?:^| )((?:{ENTITY});)", r"&\1"),
            *((f"&{each};", by) for by, names in prose.ENTITIES.items() for each in names.split()),
        ),
    ),
    untagged: (
        ["<br", "<P", "<b", "</", "LI", "/>", "x=", *" >a"],
        ((prose.LINE_BREAKS, "\n"), (prose.TAGS, "")),
    ),
    recoded: ([*"\x96\x81éa–", "â\x80\x99"], tuple((prose.TWICE | prose.WINDOWS).items())),
    spaced: (
        [*" \t\n\r\u00a0a"],
        (("[ \t\u00a0]{2,}|\t", " "), (r" ?\r?\n ?", "\n"), (r"\n{3,}", "\n\n")),
    ),
}
"""Of what texts are put together, and what is done to all of them, one rule after the other."""


@pytest.mark.parametrize("change", RULES)
def test_texts_that_are_passed_over_hold_nothing_to_be_changed(change: Change) -> None:
    pieces, rules = RULES[change]
    texts = ["".join(each) for count in range(5) for each in product(pieces, repeat=count)]
    expected = pa.array([*texts, None])
    for pattern, by in rules:
        expected = pc.replace_substring_regex(expected, pattern=pattern, replacement=by)
    assert change(pa.array([*texts, None])).equals(expected)
    assert change(pa.array([*texts, None])[7:-9]).equals(expected[7:-9])
    assert change(pa.array(["a", "", None])).to_pylist() == ["a", "", None]


@pytest.mark.parametrize(
    "name",
    ["trimmed", "detokenised", "unescaped", "untagged", "recoded", "unquoted", "spaced"],
)
def test_a_slot_is_changed_as_its_text_is_and_keeps_what_it_reads(name: str) -> None:
    slot: Slot = getattr(column("text"), name)()
    batch = pa.record_batch({"text": [" it 's  #39;<br />\t\tx "]})
    (made,) = project(batch, {"text": slot.value}).column("text").to_pylist()
    assert (
        made
        == {
            "trimmed": "it 's  #39;<br />\t\tx",
            "detokenised": " it's  #39;<br />\t\tx ",
            "unescaped": " it 's '<br />\t\tx ",
            "untagged": " it 's  #39;\n\t\tx ",
            "recoded": " it 's  #39;<br />\t\tx ",
            "unquoted": " it 's  #39;<br />\t\tx ",
            "spaced": " it 's #39;<br /> x ",
        }[name]
    )
    assert slot.reads == (("text",),)
    with pytest.raises(TaskError) as caught:
        getattr(first("answers"), name)()
    assert str(caught.value) == (
        f"{name}: expected a slot with one accepted output, got one with several; take a "
        f"slot of one text, such as field(...)"
    )


def test_items_are_joined_by_the_first_separator_that_none_of_them_holds() -> None:
    lists = [["a", "b"], ["a, b", "c"], ["a, b; c", "d"], ["a, b"], [], None, ["a,", "b"], ["; ,"]]
    batch = pa.record_batch({"items": pa.array(lists, pa.list_(pa.string()))})
    slot = joined("items", separator=(", ", "; "))
    assert project(batch, {"all": slot.value}).column("all").to_pylist() == [
        "a, b",
        "a, b; c",
        None,
        "a, b",
        "",
        None,
        "a,, b",
        "; ,",
    ]
