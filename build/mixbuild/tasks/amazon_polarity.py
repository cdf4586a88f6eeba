"""Sentiment of product reviews on Amazon.

Source: https://huggingface.co/datasets/fancyzhx/amazon_polarity
Raw record: {"label": 1, "title": "Great CD", "content": "My lovely Pat has one of the GREAT …"}
    0 is negative, 1 positive. A title may be missing: it is then left out of the prompt, and so is
    the row where a template asks for it.
Not confirmed: how many titles are missing, and whether the escapes that the card mentions
    (a doubled quotation mark, a backslash and an n for a line break) are still in the texts.
"""

from mixbuild.declare import Source, Task, Template, label, optional, trimmed

TASK = Task(
    name="amazon_polarity",
    family="sentiment",
    source=Source(
        "fancyzhx/amazon_polarity",
        config="amazon_polarity",
        license="apache-2.0",
        citation="""@inproceedings{zhang-etal-2015-character,
    title = "Character-level Convolutional Networks for Text Classification",
    author = "Zhang, Xiang and Zhao, Junbo and LeCun, Yann",
    booktitle = "Advances in Neural Information Processing Systems 28",
    year = "2015",
}""",
        limits=(
            "The label is the number of stars, 1 and 2 or 4 and 5; reviews with 3 are left out.",
            "The reviews date from before April 2013 and are mainly, not all, in English.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    slots={
        "heading": optional("title", after="\n"),
        "title": trimmed("title"),
        "label": label("label", {"negative": "negative", "positive": "positive"}),
        "satisfied": label("label", {"negative": "no", "positive": "yes"}),
        "stars": label("label", {"negative": "1 or 2 stars", "positive": "4 or 5 stars"}),
        "kind": label("label", {"negative": "complaint", "positive": "recommendation"}),
        "column": label("label", {"negative": "against", "positive": "in favour"}),
        "present": label("label", {"negative": "unlikely", "positive": "likely"}),
    },
    trimmable="content",
    templates=(
        Template("seed", "Classify this product review sentiment: {heading}{content} \n[OUTPUT]: {label}"),
        Template(
            "satisfied",
            "A customer left these words in an online shop.\n\n{heading}{content}\n\nWas the customer satisfied? Answer yes or no.\n[OUTPUT]: {satisfied}",
        ),
        Template("happy", "Is this buyer happy?\n\n{heading}{content}\n[OUTPUT]: {satisfied}"),
        Template("options_listed", "Choose the sentiment that fits.\n\nReview: {content}\n\nOptions:\n- positive\n- negative\n\n[OUTPUT]: {label}"),
        Template("stars", "{heading}{content}\n\nHow did the author rate the product: 4 or 5 stars, or 1 or 2 stars?\n[OUTPUT]: {stars}"),
        Template(
            "present",
            "Judge by the review how likely its author is to give such a thing to a friend as a present. Reply with likely or unlikely.\n\n{content}\n\n[OUTPUT]: {present}",
        ),
        Template(
            "desk",
            "You work in customer service, where every message is filed as a complaint or as a recommendation. File the one that follows.\n\n{heading}{content}\n\n[OUTPUT]: {kind}",
        ),
        Template(
            "columns",
            'Beside each of its products a shop shows two columns of reviews. The column of those who gave four or five stars is headed "in favour", and the column of those who gave one or two is headed "against". Under which heading is this review to be found?\n\n{heading}{content}\n\n[OUTPUT]: {column}',
        ),
        Template("one_word", "Describe this buyer's attitude in one word.\n\n{heading}{content}\n[OUTPUT]: {label}"),
        Template("terse", "{content}\nSentiment (negative or positive):\n[OUTPUT]: {label}"),
        Template("write_the_headline", "Give the following {label} review a headline.\n\n{content}\n\n[OUTPUT]: {title}", inverted=True),
        Template("write_the_review", "Write a {label} review of a product under this headline: {title}\n[OUTPUT]: {content}", inverted=True),
    ),
)
