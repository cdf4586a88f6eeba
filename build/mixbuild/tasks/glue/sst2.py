"""Sentiment of sentences, and of phrases within them, from movie reviews.

Raw record: {"sentence": "it 's a charming and often affecting journey . ", "label": 1, "idx": 0}
    0 is negative, 1 positive. Sentences end in a space, which is trimmed.
    The split ``test`` is masked (-1 throughout) and not used.
"""

from mixbuild.declare import Task, Template, label, trimmed
from mixbuild.tasks.glue.benchmark import glue

TASK = Task(
    name="sst2",
    family="sentiment",
    source=glue(
        "sst2",
        citation="""@inproceedings{socher-etal-2013-recursive,
    title = "Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank",
    author = "Socher, Richard and Perelygin, Alex and Wu, Jean and Chuang, Jason and Manning, Christopher D. and Ng, Andrew and Potts, Christopher",
    booktitle = "Proceedings of the 2013 Conference on Empirical Methods in Natural Language Processing",
    year = "2013", pages = "1631--1642",
}""",
        limits=(
            "Most training rows are phrases cut out of sentences, and overlap one another.",
            "Texts are in lower case, with spaces around punctuation.",
            "The sentences are those of rotten_tomatoes: do not train on one and test on the other.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    slots={
        "sentence": trimmed("sentence"),
        "label": label("label", {"negative": "negative", "positive": "positive"}),
        "liked": label("label", {"negative": "no", "positive": "yes"}),
        "quality": label("label", {"negative": "bad", "positive": "good"}),
    },
    templates=(
        Template("seed", "Classify this sentence sentiment: {sentence} \n[OUTPUT]: {label}"),
        Template("choose", "Is this bit of a film review negative or positive?\n\n{sentence}\n[OUTPUT]: {label}"),
        Template("liked", "{sentence}\n\nThese words come from a film review. Does the critic like what they describe? Answer yes or no.\n[OUTPUT]: {liked}"),
        Template(
            "options_listed",
            "What feeling does the following excerpt from a review express?\n\nExcerpt: {sentence}\n\nOptions:\n- positive\n- negative\n\n[OUTPUT]: {label}",
        ),
        Template("good_or_bad", "A critic wrote: {sentence}\n\nChoose the word that sums up the opinion: bad, good.\n[OUTPUT]: {quality}"),
        Template(
            "trays",
            "You are sorting lines clipped from reviews into two trays, one marked negative, the other positive. Name the tray for this line.\n\n{sentence}\n\n[OUTPUT]: {label}",
        ),
        Template("one_word", "Read this piece of a movie review and give its polarity in one word.\n\n{sentence}\n\n[OUTPUT]: {label}"),
        Template("tone", "{sentence}\nTone of the above:\n[OUTPUT]: {label}"),
        Template("write_a_remark", "Write a short, {label} remark about a film, as a critic might.\n[OUTPUT]: {sentence}", inverted=True),
    ),
)
