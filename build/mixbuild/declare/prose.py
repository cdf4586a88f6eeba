r"""Text as a person would write it: out of tokens, entities and tags. Pure.

Each function takes a column of strings, or an expression of one, through a few of Arrow's kernels,
whose patterns are RE2's. Null stays null. ``recoded`` and ``unquoted`` read what they are given
three times, and an expression is evaluated each time: they come first.

>>> text = pa.array(["`` It 's ( almost ) n't worth $ 10 , '' Poor 's said .", "Don't touch this."])
>>> detokenised(text).to_pylist()
['"It\'s (almost)n\'t worth $10," Poor\'s said.', "Don't touch this."]
>>> unescaped(pa.array(["AT amp;T #39;s  quot;plan quot; &lt; &#36;1"])).to_pylist()
['AT&T\'s "plan" < $1']
>>> untagged(pa.array(["One.<br /><br />Two <b>bold</b> words, if a <b and c> d."])).to_pylist()
['One.\n\nTwo bold words, if a <b and c> d.']
>>> spaced(pa.array(["SEC. 2.\t\t\tA  title. \n\n\n\n   (a) Text"])).to_pylist()
['SEC. 2. A title.\n\n(a) Text']
>>> recoded(pa.array(["Good \x96 and yet\x85", "as it is"])).to_pylist()
['Good – and yet…', 'as it is']
>>> unquoted(pa.array(['"Is ""it"" so?"', 'Is "it" so?'])).to_pylist()
['Is "it" so?', 'Is "it" so?']
"""

from __future__ import annotations

from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

Text = TypeVar("Text", pc.Expression, pa.StringArray)

TOKENS = (
    (r"-(?:LRB|lrb)- ?", "("),  # "-LRB- a" -> "(a"
    (r" ?-(?:RRB|rrb)-", ")"),  # "a -RRB-" -> "a)"
    (r"-(?:LSB|lsb)- ?", "["),
    (r" ?-(?:RSB|rsb)-", "]"),
    (r"-(?:LCB|lcb)- ?", "{"),
    (r" ?-(?:RCB|rcb)-", "}"),
    (r"\\([/*])", r"\1"),  # "and\/or" -> "and/or"
    (r"`` ?", '"'),  # "`` a" -> '"a'
    (r" ?''", '"'),  # "a ''" -> 'a"'
    (r"(^|[ (\[\"])` ?", r"\1'"),  # "the ` thing" -> "the 'thing"
    (r" '([ .,;:!?)\"]|$)", r"'\1"),  # "thing ' a", "parents ' a" -> "thing' a", "parents' a"
    (r"(?i) (n't|'(?:s|t|d|m|re|ve|ll|clock))\b", r"\1"),  # "it 's", "ca n't" -> "it's", "can't"
    (r"(?i) ?’ (s|t|d|m|re|ve|ll)\b", r"’\1"),  # the same with another apostrophe
    (r"\b([DLOdlo]) '(\w)", r"\1'\2"),  # "O 'Neill" -> "O'Neill"
    (r"(?i)\b(gon|wan|got) (na|ta)\b", r"\1\2"),  # "gon na" -> "gonna"
    (r"([(\[{]) ", r"\1"),  # "( a" -> "(a"
    (r"([$£€#]) (\d)", r"\1\2"),  # "$ 10" -> "$10"
    (r"\. \.", ".."),  # "so . . . what" -> "so .. . what"
    (r"\.\. (\.+)", r"..\1"),  # "so .. . what" -> "so ... what"
    (r" (\.+)([ \"')\]]|$)", r"\1\2"),  # "a ." -> "a.", but not "index .IXIC"
    (r"(\d) : (\d\d)", r"\1:\2"),  # "3 : 59 p.m." -> "3:59 p.m."
    (r" ([,;:!?%)\]}])", r"\1"),  # "a , b ) ?" -> "a, b)?"
    (r'(^|[ (\[])" ([^"]*[^" ]) ?"', r'\1"\2"'),  # 'a " b " c' -> 'a "b" c'
)
"""What makes text of the Penn Treebank's tokens, one after the other; with what each does."""

ENTITIES = {
    '"': "quot #34",
    "'": "apos #39 #039",
    "<": "lt #60",
    ">": "gt #62",
    "$": "#36",
    " ": "nbsp #160",
    # numbers of Windows-1252 are read as such in HTML
    "…": "#133 #8230",
    "‘": "#145 #8216",
    "’": "#146 #8217",
    "“": "#147 #8220",
    "”": "#148 #8221",
    "–": "#150 #8211",
    "—": "#151 #8212",
    "&": "amp #38 #038",  # at last, so that "&amp;lt;" is "&lt;"
}
"""What HTML's entities stand for, by the names that the sources have for them."""

WINDOWS = {
    chr(code): bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}  # which stand for nothing
}
"""What Windows-1252 has where Unicode has control characters: 0x96 is a dash."""

TWICE = {sign.encode().decode("latin-1"): sign for sign in "‘’“”–—…"}
"""What a sign is where its bytes in UTF-8 were read as characters of their own."""

LINE_BREAKS = r"(?i) ?<(?:br|/?p) ?/?> ?"
TAGS = (
    r"(?i)</?(?:b|i|u|em|strong|tt|nobr|sup|sub|li|ul|ol|blockquote|h[1-6]) ?/?>"
    r"|</?(?:a|font|span|div|img|table|t[rdh])(?: [^<>]*=[^<>]*)?>"
)
"""The tags that news and reviews have; ``a <b and c> d`` has none."""


def detokenised(text: Text) -> Text:
    """Text without the spaces and signs that a tokeniser like the Penn Treebank's puts in."""
    for pattern, by in TOKENS:
        text = pc.replace_substring_regex(text, pattern=pattern, replacement=by)
    return text


def unescaped(text: Text) -> Text:
    """Text with characters for HTML's entities, also where a space stands for their ``&``."""
    names = "|".join(" ".join(ENTITIES.values()).split())
    # most texts have none, and a kernel passes over a null
    changed = pc.if_else(pc.match_substring(text, ";"), text, pa.nulls(1, pa.string())[0])
    # "Poor #39;s" -> "Poor&#39;s"
    broken = rf"(?:^| )((?:{names});)"
    changed = pc.replace_substring_regex(changed, pattern=broken, replacement=r"&\1")
    for by, entities in ENTITIES.items():
        for entity in entities.split():
            changed = pc.replace_substring(changed, pattern=f"&{entity};", replacement=by)
    return pc.coalesce(changed, text)


def untagged(text: Text) -> Text:
    """Text with a line break for each of HTML's, and without tags that only mark it up."""
    text = pc.replace_substring_regex(text, pattern=LINE_BREAKS, replacement="\n")
    return pc.replace_substring_regex(text, pattern=TAGS, replacement="")


def recoded(text: Text) -> Text:
    """Text with signs for the control characters that Windows-1252 or UTF-8 has become."""
    held = pc.match_substring_regex(text, "[\u0080-\u009f]")
    searched = pc.if_else(held, text, pa.nulls(1, pa.string())[0])
    for wrong, sign in (TWICE | WINDOWS).items():
        searched = pc.replace_substring(searched, pattern=wrong, replacement=sign)
    return pc.coalesce(searched, text)


def unquoted(text: Text) -> Text:
    """Text out of the quotation marks that a CSV file puts around it, and doubles within it."""
    whole = pc.match_substring_regex(text, r'(?s)^".*"".*"$')
    inner = pc.replace_substring(pc.utf8_slice_codeunits(text, 1, -1), '""', '"')
    return pc.if_else(whole, inner, text)


def spaced(text: Text) -> Text:
    """Text with one space for a run of spaces and tabs, and one blank line for a run of them."""
    text = pc.replace_substring_regex(text, pattern="[ \t\u00a0]{2,}|\t", replacement=" ")
    text = pc.replace_substring_regex(text, pattern=r" ?\r?\n ?", replacement="\n")
    return pc.replace_substring_regex(text, pattern=r"\n{3,}", replacement="\n\n")
