"""Which section of a newspaper an item belongs to.

Source: https://huggingface.co/datasets/fancyzhx/ag_news
Raw record: {"text": "Wall St. Bears Claw Back Into the Black (Reuters) Reuters - …", "label": 2}
    0 is World, 1 Sports, 2 Business, 3 Sci/Tech. The headline and the first sentences are in one
    text, without a line break between them. A third of the texts hold remains of their mark-up:
    "Poor #39;s", " quot;", "&lt;b&gt;", a backslash for a line break or before a dollar. One of
    six breaks off in the middle of a sentence, some with " ...": no template asks for such a text.
"""

import pyarrow.compute as pc

from mixbuild.declare import Slot, Source, Task, Template, field, label

LINES = pc.replace_substring_regex(pc.replace_substring(field("text"), "\\$", "$"), r"\\+", " ")
TEXT = Slot(value=LINES, reads=(("text",),)).unescaped().untagged().spaced().trimmed()
"""The text as it was printed: "Poor's" for "Poor #39;s", without tags and backslashes."""

TEMPLATES = (
    Template("seed", "Classify this news article topic: {text} \n[OUTPUT]: {label}"),
    Template("section", "In which section of the newspaper does this item belong?\n\n{text}\n\nSections: World, Sports, Business, Sci/Tech\n[OUTPUT]: {label}"),
    Template("mainly_about", "{text}\n\nWhat is that mainly about: science and technology, business, sports or world affairs?\n[OUTPUT]: {subject}"),
    Template(
        "desks",
        "You are an editor who hands each incoming report to one of four desks:\n- Sports\n- Sci/Tech\n- World\n- Business\n\nReport: {text}\n\nWhich desk gets it?\n[OUTPUT]: {label}",
    ),
    Template(
        "numbered",
        "Give the number of the right category.\n1: world news\n2: sports\n3: business\n4: science and technology\n\nArticle: {text}\n[OUTPUT]: {number}",
    ),
    Template(
        "reader",
        "Who would care most about the following story: a sports fan, an investor, a technology enthusiast or a follower of world politics?\n\n{text}\n\n[OUTPUT]: {reader}",
    ),
    Template("in_a_few_words", "Name the general subject of the press report below in a few words.\n\n{text}\n\n[OUTPUT]: {subject}"),
    Template("terse", "{text}\nSports, World, Sci/Tech or Business?\n[OUTPUT]: {label}"),
    Template(
        "write_the_news",
        "Write the headline and the first lines of a news report about {subject}.\n[OUTPUT]: {text}",
        inverted=True,
        # one full stop, not three: "the release of ..." breaks off as well
        drops={"breaks off": ~pc.match_substring_regex(TEXT.value, r"(?:^|[^.])[.!?。][\"'”’)\]}]*$")},
    ),
    Template(
        "channels",
        "A website sorts what the agencies send it into four channels. World is for governments, wars and disasters; Sports for games, players and clubs; Business for companies, markets and money; Sci/Tech for research, computers and the internet. Into which of these channels does the dispatch below go?\n\nDispatch: {text}\n\n[OUTPUT]: {label}",
    ),
    Template("field", "{text}\n\nWhat field is this news from?\n[OUTPUT]: {subject}"),
)

TASK = Task(
    name="ag_news",
    family="topic",
    source=Source(
        "fancyzhx/ag_news",
        config="default",
        license="unknown",
        citation="""@inproceedings{zhang-etal-2015-character,
    title = "Character-level Convolutional Networks for Text Classification",
    author = "Zhang, Xiang and Zhao, Junbo and LeCun, Yann",
    booktitle = "Advances in Neural Information Processing Systems 28",
    year = "2015",
}""",
        limits=(
            "Headline and text are in one line, some words are run together where a line break was lost, and many texts break off.",
            "The corpus is offered for research and other non-commercial use; its news is of the years around 2004.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    benchmarks={"ag_news": "test"},
    slots={
        "text": TEXT,
        "label": label("label", {"World": "World", "Sports": "Sports", "Business": "Business", "Sci/Tech": "Sci/Tech"}),
        "subject": label("label", {"World": "world affairs", "Sports": "sports", "Business": "business", "Sci/Tech": "science and technology"}),
        "number": label("label", {"World": "1", "Sports": "2", "Business": "3", "Sci/Tech": "4"}),
        "reader": label(
            "label", {"World": "a follower of world politics", "Sports": "a sports fan", "Business": "an investor", "Sci/Tech": "a technology enthusiast"}
        ),
    },
    templates=TEMPLATES,
)
