r"""Highlights of news articles by CNN and the Daily Mail.

Source: https://huggingface.co/datasets/abisee/cnn_dailymail
Raw record: {"article": "(CNN) -- An American woman died aboard a cruise ship that docked at …",
    "highlights": "The elderly woman suffered from diabetes … say .\nPreviously, 86 passengers …",
    "id": "0054d6d30dbcad772e20b22771153a2a9cbeaf62"}
    A highlight is a line. The source put " ." after lines that ended in no punctuation: the slots
    take the space away. What stood around an article on its page is taken away as well: "By .
    Daily Mail Reporter . PUBLISHED: . 02:22 EST, 12 October 2013 .", "Watch what led to it » .",
    "E-mail to a friend .".
    An updated story has highlights that begin with "NEW:", which no reader of the article could
    tell, and half of the articles have runs of spaces: neither is left in the slots.
    Not confirmed: that the card still says apache-2.0, as it did in 2022.
"""

from mixbuild.declare import Source, Task, Template, replaced

FURNITURE = (
    r"^By \. [^.]{1,60} \. (?:PUBLISHED: \. [^.]{1,40} \. (?:\| \. )?(?:UPDATED: \. [^.]{1,40} \. )?|Last updated at [^.]{1,50} \. )?"
    r"| +(?:Watch|See|View|Read|Learn|Hear|Listen|Go|Look|Take|Find|Explore|Check|Meet)\b(?:[^.!?»]|[.!?][^ ])*[.!?]? ?»(?: \.)?"
    r"| *E-mail to a friend ?\.?"
    r"| (\. |\.$)"
)
"""What stood around an article: who wrote it and when, links, and where to send it; and the space before a full stop."""

TASK = Task(
    name="cnn_dailymail",
    family="summarisation",
    source=Source(
        "abisee/cnn_dailymail",
        config="3.0.0",
        license="apache-2.0",
        citation="""@inproceedings{see-etal-2017-get,
    title = "Get To The Point: Summarization with Pointer-Generator Networks",
    author = "See, Abigail and Liu, Peter J. and Manning, Christopher D.",
    booktitle = "Proceedings of the 55th Annual Meeting of the Association for Computational Linguistics (Volume 1: Long Papers)",
    year = "2017", pages = "1073--1083", doi = "10.18653/v1/P17-1099",
}""",
        limits=(
            "The summaries are the highlights printed beside an article: separate sentences, often close to its wording and to its beginning.",
            "The articles are of 2007 to 2015, from the United States and the United Kingdom, and name private persons.",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    benchmarks={"cnn_dailymail_abisee": "test", "summarization_cnndm": "test"},
    slots={
        "article": replaced("article", pattern=FURNITURE, by=r"\1").spaced().trimmed(),
        "highlights": replaced("highlights", pattern=r"(?m)^NEW: *| (\.)[ \t\r]*$", by=r"\1").spaced().trimmed(),
    },
    trimmable="article",
    templates=(
        Template("seed", "Summarize the following article: {article} \n[OUTPUT]: {highlights}"),
        Template("one_point_a_line", "Write down the highlights of this news story, one sentence to a line.\n\n{article}\n\n[OUTPUT]: {highlights}"),
        Template("article_first", "{article}\n\nWhat are the main points of the report above?\n[OUTPUT]: {highlights}"),
        Template("no_time", "I have no time to read all of this. Tell me what happened in a few short lines.\n\n{article}\n\n[OUTPUT]: {highlights}"),
        Template(
            "news_editor",
            "You are the editor of a news site. Above each article stand its key points, so that readers can decide whether to go on. Supply them for this one.\n\nArticle: {article}\n\nKey points:\n[OUTPUT]: {highlights}",
        ),
        Template("terse", "News: {article}\n\nIn brief?\n[OUTPUT]: {highlights}"),
        Template(
            "leave_out_the_rest",
            "Which facts matter most in the text that follows? Give each of them a sentence of its own, and leave out the rest.\n\n{article}\n\n[OUTPUT]: {highlights}",
        ),
        Template(
            "newsletter",
            "Condense the story for a newsletter. Keep to what it reports, add no opinion, and begin a new line for each point.\n\nStory:\n{article}\n\n[OUTPUT]: {highlights}",
        ),
        Template("key_facts", "List the key facts of this article.\n\n{article}\n\n[OUTPUT]: {highlights}"),
        Template("tldr", "{article}\n\nTL;DR\n[OUTPUT]: {highlights}"),
        Template(
            "on_the_telephone",
            "Whoever reads the news on a telephone sees only a few lines before having to scroll. Put into such lines what the report below says, the weightiest first and one thing to a line.\n\nReport: {article}\n\n[OUTPUT]: {highlights}",
        ),
        Template("write_the_article", "Write the full news article that these highlights belong to.\n\n{highlights}\n\n[OUTPUT]: {article}", inverted=True),
        Template(
            "from_notes",
            "A reporter has sent in the points below, one to a line. Turn them into a story for the front page.\n\nPoints:\n{highlights}\n\n[OUTPUT]: {article}",
            inverted=True,
        ),
    ),
)
