"""Sentiment of single sentences from film critics.

Source: https://huggingface.co/datasets/cornell-movie-review-data/rotten_tomatoes
Raw record: {"text": "the rock is destined to be the 21st century's new …", "label": 1}
    0 is negative (called neg), 1 positive (pos). All the positive rows of a split come before the
    negative ones: its first thousand rows are of one class.
"""

from mixbuild.declare import Source, Task, Template, label, trimmed

TASK = Task(
    name="rotten_tomatoes",
    family="sentiment",
    source=Source(
        "cornell-movie-review-data/rotten_tomatoes",
        config="default",
        license="unknown",
        citation="""@inproceedings{pang-lee-2005-seeing,
    title = "Seeing Stars: Exploiting Class Relationships for Sentiment Categorization with Respect to Rating Scales",
    author = "Pang, Bo and Lee, Lillian",
    booktitle = "Proceedings of the 43rd Annual Meeting of the Association for Computational Linguistics",
    year = "2005", doi = "10.3115/1219840.1219855",
}""",
        limits=(
            "A sentence has the label of the whole review, fresh or rotten, whatever it says itself.",
            "Texts are in lower case, with spaces around punctuation.",
            "The sentences of sst2 were taken from here: do not train on one and test on the other.",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    slots={
        "line": trimmed("text").detokenised(),
        "label": label("label", {"neg": "negative", "pos": "positive"}),
        "mark": label("label", {"neg": "rotten", "pos": "fresh"}),
        "advice": label("label", {"neg": "no", "pos": "yes"}),
        "judgement": label("label", {"neg": "unfavourable", "pos": "favourable"}),
        "order": label("label", {"neg": "skip it", "pos": "print it"}),
        "wish": label("label", {"neg": "avoid it", "pos": "want to see it"}),
        "recommendation": label("label", {"neg": "not recommended", "pos": "recommended"}),
    },
    templates=(
        Template("seed", "Classify this review sentiment: {text} \n[OUTPUT]: {label}"),
        Template(
            "fresh_or_rotten",
            "A review is called fresh when the critic recommends the film, and rotten when not. Which of the two is this one?\n\n{line}\n\n[OUTPUT]: {mark}",
        ),
        Template("buy_a_ticket", "{line}\n\nGoing by this verdict, should I buy a ticket? Answer yes or no.\n[OUTPUT]: {advice}"),
        Template("options_first", "Pick the sentiment of the snippet:\n- positive\n- negative\n\nSnippet: {line}\n[OUTPUT]: {label}"),
        Template("judgement", "A critic's line: {line}\n\nIs the judgement favourable or unfavourable?\n[OUTPUT]: {judgement}"),
        Template(
            "recommendation",
            'Does the reviewer want people to see the movie? Write "recommended" or "not recommended" and nothing else.\n\nReview: {line}\n\n[OUTPUT]: {recommendation}',
        ),
        Template(
            "poster",
            "The distributor of a film is choosing quotations from the press for a poster. What speaks well of the film is to be printed in large letters, and what speaks ill of it is to be passed over in silence. A young assistant holds up this line and asks whether to print it or to skip it. Which should it be?\n\n{line}\n\n[OUTPUT]: {order}",
        ),
        Template("attitude", "Below is what a film critic wrote. Name the attitude that it conveys.\n\n{line}\n\n[OUTPUT]: {label}"),
        Template("polarity", "Polarity of this verdict on a film: {line}\n[OUTPUT]: {label}"),
        Template("terse", "{line}\nVerdict (negative or positive):\n[OUTPUT]: {label}"),
        Template(
            "write_a_review",
            "Sum up a movie in a line or two, all in lower case, as a critic with a {label} opinion of it would.\n[OUTPUT]: {line}",
            inverted=True,
        ),
        Template("make_readers", "Write something brief about a film, in lower case, that makes readers {wish}.\n[OUTPUT]: {line}", inverted=True),
    ),
)
