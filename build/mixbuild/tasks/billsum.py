r"""Summaries of bills of the US Congress and of California.

Source: https://huggingface.co/datasets/FiscalNote/billsum
Raw record: {"text": "SECTION 1. LIABILITY OF BUSINESS ENTITIES …",
    "summary": "Shields a business entity from civil liability …",
    "title": "A bill to limit the civil liability of business entities …"}
    Where the text was wrapped in a typesetter's margin, runs of tabs stand in it: "a\t\t\t title".
    The slot puts a space in the place of each.
"""

from mixbuild.declare import Source, Task, Template, holds, replaced

BROKEN = {"signs with spaces around them": holds("text", pattern=r"[A-Za-z0-9_] [.,;!?](?:[ \t\r\n]|$)|(?:^|[ \t\r\n])\( [A-Za-z0-9_]")}
"""Bills whose markup was taken away and left "inserting ; or ; and": no model of how to draft one."""

NOTE = r"^\s*\(This (?:measure|bill) has not been amended [^()]*\)"
"""What stands before many a summary and is no part of it: "(This measure has not been amended since it was introduced. …)"."""

TASK = Task(
    name="billsum",
    family="summarisation",
    source=Source(
        "FiscalNote/billsum",
        config="default",
        license="cc0-1.0",
        citation="""@inproceedings{kornilova-eidelman-2019-billsum,
    title = "{B}ill{S}um: A Corpus for Automatic Summarization of {US} Legislation",
    author = "Kornilova, Anastassia and Eidelman, Vladimir",
    booktitle = "Proceedings of the 2nd Workshop on New Frontiers in Summarization",
    year = "2019", pages = "48--56", doi = "10.18653/v1/D19-5406",
}""",
        limits=(
            "The summaries of federal bills are by the Congressional Research Service, in its formal style, some with a note on earlier versions, which only the seed keeps.",
            "Bills are of medium length, 5,000 to 20,000 characters; those of Congress are of 1993 to 2018.",
        ),
    ),
    splits={"train": "train", "test": "test", "ca_test": "ca_test"},
    slots={"text": replaced("text", pattern=" *\t{2,} *", by=" "), "gist": replaced("summary", pattern=NOTE, by="").spaced().trimmed()},
    trimmable="text",
    templates=(
        Template("seed", "Summarize the following passage: {text} \n[OUTPUT]: {summary}"),
        Template("plain_words", "Explain to a citizen in a few sentences what this bill would do.\n\n{text}\n\n[OUTPUT]: {gist}"),
        Template("titled", "Title: {title}\n\nText: {text}\n\nWrite a summary of the main provisions of this bill.\n[OUTPUT]: {gist}"),
        Template("text_first", "{text}\n\nSummarize the bill above.\n\n[OUTPUT]: {gist}"),
        Template(
            "legislative_analyst",
            "You are a legislative analyst. Brief your readers on the bill that follows: what it changes, and for whom.\n\nBill: {text}\n\n[OUTPUT]: {gist}",
        ),
        Template("terse", "Bill: {text}\n\nWhat does it do?\n[OUTPUT]: {gist}"),
        Template(
            "newspaper_column", "A newspaper prints a column on pending laws. Write the entry for this one, without comment.\n\n{text}\n\n[OUTPUT]: {gist}"
        ),
        Template("in_short", "{text}\n\nIn short?\n[OUTPUT]: {gist}"),
        Template(
            "before_the_vote",
            "Tomorrow the members of a committee will vote on this bill, and none of them has the time to read it. Tell them in a few sentences what matters most in it, such as what it creates, amends or repeals, and which officers and agencies it charges with what.\n\n{text}\n\n[OUTPUT]: {gist}",
        ),
        Template(
            "research_service",
            "Summarize the bill as the research service of a parliament does: impartially, one provision after the other, and in plain statements of what it would do. Neither praise the bill nor find fault with it.\n\nBill: {text}\n\n[OUTPUT]: {gist}",
        ),
        Template("write_the_title", "Give this bill an official title.\n\nSummary of the bill: {gist}\n\n[OUTPUT]: {title}", inverted=True),
        Template("draft_the_bill", "Draft the text of a bill to this effect: {gist}\n\n[OUTPUT]: {text}", inverted=True, drops=BROKEN),
    ),
)
