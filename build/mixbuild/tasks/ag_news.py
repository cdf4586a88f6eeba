"""Which section of a newspaper an item belongs to.

Source: https://huggingface.co/datasets/fancyzhx/ag_news
Raw record: {"text": "Wall St. Bears Claw Back Into the Black (Reuters) Reuters - …", "label": 2}
    0 is World, 1 Sports, 2 Business, 3 Sci/Tech. The headline and the first sentences are in one
    text, without a line break between them.
"""

from mixbuild.declare import Source, Task, Template, label

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
            "The texts hold remains of their mark-up: #39; for an apostrophe, &lt;b&gt;, a backslash for a line break.",
            "The corpus is offered for research and other non-commercial use; its news is of the years around 2004.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    slots={
        "label": label("label", {"World": "World", "Sports": "Sports", "Business": "Business", "Sci/Tech": "Sci/Tech"}),
        "subject": label("label", {"World": "world affairs", "Sports": "sports", "Business": "business", "Sci/Tech": "science and technology"}),
        "number": label("label", {"World": "1", "Sports": "2", "Business": "3", "Sci/Tech": "4"}),
        "reader": label(
            "label", {"World": "a follower of world politics", "Sports": "a sports fan", "Business": "an investor", "Sci/Tech": "a technology enthusiast"}
        ),
    },
    templates=(
        Template("seed", "Classify this news article topic: {text} \n[OUTPUT]: {label}"),
        Template(
            "section", "In which section of the newspaper does this item belong?\n\n{text}\n\nSections: World, Sports, Business, Sci/Tech\n[OUTPUT]: {label}"
        ),
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
        Template("write_the_news", "Write the headline and the first lines of a news report about {subject}.\n[OUTPUT]: {text}", inverted=True),
    ),
)
