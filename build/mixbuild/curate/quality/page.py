r"""A page of pairs to be looked at in a browser, whatever their texts hold. Pure.

Words that the other row does not have in that place are marked: those of which it has no run of
three. Long stretches that both have are left out.

>>> print(marked("It is really <fine>, all in all.", "It is really dull, all in all."))
It is really <mark>&lt;fine&gt;</mark>, all in all.
>>> marked("one " + "same " * 99 + "end", "two " + "same " * 99 + "end")[:60]
'<mark>one</mark> same same same same same same same same sam'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from mixbuild.core import count_of
from mixbuild.curate.quality.pairs import Kind, Pair, Shown

MOST_CHARACTERS = 100_000
"""Of a row are looked at."""

AROUND = 30
"""So many words and signs are shown before and after one that is marked."""

MOST_SHOWN = 2_000
"""So many words and signs of a row are shown."""

UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts without spaces between words, of which a character is one, and East Asian signs."""

TOKEN = re.compile(rf"\s+|[{UNSPACED}]|[^\W{UNSPACED}]+|[^\w\s]")

BETWEEN_MARKS = re.compile(r"</mark>(\s*)<mark>")

GAP = " <i>[…]</i> "

HEAD = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Rows that say nearly the same</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 80em; margin: 2em auto; padding: 0 1em }
section { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1.5em; border-top: 1px solid #999;
  padding: .5em 0 1em }
section > p { grid-column: 1 / 3; margin: 0 }
h3 { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; margin: .5em 0 }
h3 b { font-family: system-ui, sans-serif }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit }
mark { background: #fd6; color: #000 }
i { color: #888 }
:root { color-scheme: light dark }
</style>
<h1>Rows that say nearly the same</h1>
<p>Words that the other row does not have there are <mark>marked</mark>. Where pairs are many, those
that are the least alike are shown.</p>
"""


def page_of(configs: Sequence[str], kinds: Sequence[Kind]) -> str:
    """The page, as HTML that needs nothing beside it; of these configs, which were judged."""
    judged = f"<p>Rows of {', '.join(configs)}, as they were judged together.</p>\n"
    none = "" if kinds else "<p>There are none.</p>\n"
    return "".join([HEAD, judged, none, *(part for kind in kinds for part in _section(kind))])


def marked(text: str, other: str) -> str:
    """A text as HTML, with a mark on what another one does not have in that place."""
    tokens = TOKEN.findall(text[:MOST_CHARACTERS])
    known = set(_runs(TOKEN.findall(other[:MOST_CHARACTERS])))
    shared = [run in known for run in _runs(tokens)]
    word, differs = 0, []
    for token in tokens:
        differs.append(not token.isspace() and not any(shared[word : word + 3]))
        word += not token.isspace()
    near = _near(differs)
    shown: list[str] = []
    for at, token in enumerate(tokens):
        if not near[at] or len(shown) > MOST_SHOWN:
            if shown[-1:] != [GAP]:
                shown.append(GAP)
            continue
        plain = escape("".join(map(_printed, token)))
        shown.append(f"<mark>{plain}</mark>" if differs[at] else plain)
    left = len(text) - MOST_CHARACTERS
    return BETWEEN_MARKS.sub(r"\1", "".join(shown)) + (
        f"{GAP}<i>{left:,} characters more</i>" if left > 0 else ""
    )


def _printed(sign: str) -> str:
    """A sign; in the place of one that is not printed, such as a control character, a mark."""
    return sign if sign.isprintable() or sign.isspace() else "\ufffd"


def _runs(tokens: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Each three words or signs in a row; the first word is in the first three, and so on."""
    words = ["", "", *(each.lower() for each in tokens if not each.isspace()), "", ""]
    return zip(words, words[1:], words[2:])  # noqa: B905 - as many as there are


def _near(differs: Sequence[bool]) -> list[bool]:
    """What is shown: what differs, what stands around it, and both ends."""
    count = len(differs)
    found = [at < AROUND or at >= count - AROUND for at in range(count)]
    for at in (at for at, each in enumerate(differs) if each):
        low, high = max(0, at - AROUND), min(count, at + AROUND + 1)
        found[low:high] = [True] * (high - low)
    return found


def _section(kind: Kind) -> Iterator[str]:
    yield f"<h2>{escape(kind.title)}</h2>\n"
    yield f"<p>{len(kind.pairs):,} of {count_of(kind.total, 'pair')}</p>\n"
    for pair in kind.pairs:
        yield _pair(pair)


def _pair(pair: Pair) -> str:
    similarity = ", ".join(f"{escape(name)} {each:.2f}" for name, each in pair.similarity.items())
    one, other = pair.rows
    alike = f"<p>{similarity}</p>\n" if similarity else ""
    return f"<section>\n{alike}{_row(one, other)}{_row(other, one)}</section>\n"


def _row(shown: Shown, other: Shown) -> str:
    fate = f"taken out: {escape(shown.reason)}" if shown.reason else "stays"
    text, beside = (each.row["prompt"] + each.row["completion"] for each in (shown, other))
    return (
        f"<div><h3>{escape(shown.row['id'])} <b>{fate}</b></h3>"
        f'<pre dir="auto">{marked(text, beside)}</pre></div>\n'
    )
