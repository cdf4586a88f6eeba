r"""Text as a person would write it: out of tokens, entities and tags. Pure.

Each function takes a column of strings, or an expression of one, through a few of Arrow's kernels,
whose patterns are RE2's. Null stays null. Only texts that hold something to be changed are.

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

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.declare.kernels import change_where, kernel, may_hold

Rule = tuple[str, str]
"""A pattern, and what stands in its place."""

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
    (r'([.,!?]) "( (?:\w+ )?(?:said|says|he|she|they)\b|$)', r'\1"\2'),  # 'a , " he said'
    (r"(\d) -- (\d)", r"\1–\2"),  # "won 3 -- 2", as a score
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


AT_ONCE = 6
"""So many patterns are looked for at once: one search costs as much as for one of them."""


@kernel
def detokenised(texts: pa.StringArray) -> pa.StringArray:
    """Text without the spaces and signs that a tokeniser like the Penn Treebank's puts in."""

    def rules_by_rules(held: pa.StringArray) -> pa.StringArray:
        for start in range(0, len(TOKENS), AT_ONCE):
            held = _replaced(held, TOKENS[start : start + AT_ONCE])
        return held

    return change_where(texts, _matched(texts, _any_of(TOKENS)), rules_by_rules)


@kernel
def unescaped(texts: pa.StringArray) -> pa.StringArray:
    """Text with characters for HTML's entities, also where a space stands for their ``&``."""
    names = "|".join(" ".join(ENTITIES.values()).split())
    # "Poor #39;s" -> "Poor&#39;s"
    whole, broken = f"&(?:{names});", f"(?:^| )((?:{names});)"

    def by_signs(held: pa.StringArray) -> pa.StringArray:
        held = pc.replace_substring_regex(held, pattern=broken, replacement=r"&\1")
        for by, entities in ENTITIES.items():
            for entity in entities.split():
                if may_hold(held, f"&{entity};"):
                    held = pc.replace_substring(held, pattern=f"&{entity};", replacement=by)
        return held

    if not may_hold(texts, ";"):
        return texts
    return change_where(texts, _matched(texts, f"{whole}|{broken}"), by_signs)


@kernel
def untagged(texts: pa.StringArray) -> pa.StringArray:
    """Text with a line break for each of HTML's, and without tags that only mark it up."""
    rules = ((LINE_BREAKS, "\n"), (TAGS, ""))
    return _replaced(texts, rules, mark="<") if may_hold(texts, "<") else texts


@kernel
def recoded(texts: pa.StringArray) -> pa.StringArray:
    """Text with signs for the control characters that Windows-1252 or UTF-8 has become."""

    def by_signs(held: pa.StringArray) -> pa.StringArray:
        for wrong, sign in (TWICE | WINDOWS).items():
            if may_hold(held, wrong):
                held = pc.replace_substring(held, pattern=wrong, replacement=sign)
        return held

    def controls(foreign: pa.StringArray) -> pa.StringArray:
        return change_where(foreign, _matched(foreign, "[\u0080-\u009f]"), by_signs)

    return change_where(texts, pc.invert(pc.string_is_ascii(texts)), controls)


@kernel
def unquoted(texts: pa.StringArray) -> pa.StringArray:
    """Text out of the quotation marks that a CSV file puts around it, and doubles within it."""

    def inner(held: pa.StringArray) -> pa.StringArray:
        return pc.replace_substring(pc.utf8_slice_codeunits(held, 1, -1), '""', '"')

    return change_where(texts, _matched(texts, r'(?s)^".*"".*"$'), inner)


@kernel
def spaced(texts: pa.StringArray) -> pa.StringArray:
    """Text with one space for a run of spaces and tabs, and one blank line for a run of them."""
    rules = (("[ \t\u00a0]{2,}|\t", " "), (r" ?\r?\n ?", "\n"), (r"\n{3,}", "\n\n"))
    # the second rule puts a line break in the place of a line break, too
    return _replaced(texts, rules, mark="[ \t\u00a0]{2}|\t|\r\n| \n|\n |\n{3}")


def _replaced(texts: pa.StringArray, rules: Sequence[Rule], *, mark: str = "") -> pa.StringArray:
    """The texts after these rules, one after the other; those without a ``mark`` have none."""

    def one_by_one(held: pa.StringArray) -> pa.StringArray:
        for pattern, by in rules:
            held = pc.replace_substring_regex(held, pattern=pattern, replacement=by)
        return held

    return change_where(texts, _matched(texts, mark or _any_of(rules)), one_by_one)


def _matched(texts: pa.StringArray, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(texts, pattern)


def _any_of(rules: Sequence[Rule]) -> str:
    return "|".join(f"(?:{pattern})" for pattern, _ in rules)
