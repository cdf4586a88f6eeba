"""Sentiment of a movie review.

Source: https://huggingface.co/datasets/stanfordnlp/imdb
Raw record: {"text": "I rented I AM CURIOUS-YELLOW from my video store …", "label": 0}
    0 is negative, 1 positive. The source's split ``unsupervised`` has -1 throughout
    and is not used; an unlabelled row elsewhere is dropped.
"""

from mixbuild.declare import Source, Task, Template, column, is_negative, label

TASK = Task(
    name="imdb",
    family="sentiment",
    source=Source(
        "stanfordnlp/imdb",
        config="plain_text",
        license="other",
        citation="""@inproceedings{maas-etal-2011-learning,
    title = "Learning Word Vectors for Sentiment Analysis",
    author = "Maas, Andrew L. and Daly, Raymond E. and Pham, Peter T. and Huang, Dan and Ng, Andrew Y. and Potts, Christopher",
    booktitle = "Proceedings of the 49th Annual Meeting of the Association for Computational Linguistics: Human Language Technologies",
    year = "2011", pages = "142--150", url = "https://aclanthology.org/P11-1015",
}""",
        limits=(
            "Reviews with 5 or 6 stars of 10 are left out, so that mixed opinions are rare.",
            "Texts hold HTML line breaks, <br />, and some reviews occur several times, in both splits too.",
            "All the negative rows of a split come before the positive ones.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    benchmarks={"imdb": "test"},
    slots={
        "review": column("text").recoded().untagged().trimmed(),
        "label": label("label", {"neg": "negative", "pos": "positive"}),
        "advice": label("label", {"neg": "no", "pos": "yes"}),
        "side": label("label", {"neg": "left", "pos": "right"}),
        "impression": label("label", {"neg": "disliked", "pos": "enjoyed"}),
        "thumbs": label("label", {"neg": "thumbs down", "pos": "thumbs up"}),
    },
    drops={"unlabelled": is_negative("label")},
    trimmable="text",
    templates=(
        Template("seed", "Classify this sentence sentiment: {text} \n[OUTPUT]: {label}"),
        Template("choose", "Is the following movie review positive or negative?\n\n{review}\n\n[OUTPUT]: {label}"),
        Template(
            "options_listed", "Decide what the reviewer thought of the movie.\n\nReview: {review}\n\nOptions:\n- negative\n- positive\n\n[OUTPUT]: {label}"
        ),
        Template("options_first", "Label the review with one of these words: positive, negative.\n\nReview: {review}\n[OUTPUT]: {label}"),
        Template("review_first", "{review}\n\nOverall, how does the author of this review feel about the movie?\n[OUTPUT]: {label}"),
        Template("terse", "Review: {review}\nSentiment?\n[OUTPUT]: {label}"),
        Template("liked", "Did this reviewer like the movie?\n\n{review}\n[OUTPUT]: {advice}"),
        Template("recommended", "Would whoever wrote this tell a friend to go and see it? Answer yes or no.\n\n{review}\n[OUTPUT]: {advice}"),
        Template(
            "thumbs",
            "Two critics of a television show rate films with a gesture: thumbs up or thumbs down. Which of them suits these remarks?\n\n{review}\n\n[OUTPUT]: {thumbs}",
        ),
        Template(
            "pinboard",
            "A film club keeps a board on which its members pin what they have written about the films they saw. Whatever was written in disappointment goes on the left half of the board, and whatever was written with pleasure on the right half. Read the sheet below to its end and say where it belongs: left or right.\n\n{review}\n\n[OUTPUT]: {side}",
        ),
        Template("write_the_review", "Write a {label} review of a movie, for a website where everybody may post one.\n[OUTPUT]: {review}", inverted=True),
        Template("tell_others", "You have seen a movie and {impression} it. Tell people who have not seen it why.\n[OUTPUT]: {review}", inverted=True),
    ),
    waivers={
        "overlapping-splits": "the source has some reviews several times, as its limits say",
        "source-text": "three reviews in a hundred have control characters for dashes and dots, which only the seed shows as they are",
    },
)
