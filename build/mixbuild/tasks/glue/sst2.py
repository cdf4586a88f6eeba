"""Sentiment of sentences, and of phrases within them, from movie reviews.

Raw record: {"sentence": "it 's a charming and often affecting journey . ", "label": 1, "idx": 0}
    0 is negative, 1 positive. Sentences end in a space, which is trimmed.
    The split ``test`` is masked (-1 throughout) and not used.
"""

from mixbuild.declare import Source, Task, Template, holds, label, trimmed

RAGGED = {
    "a remark of one or two words": holds("sentence", pattern=r"^\s*\S+(\s+\S+)?\s*$"),
    # ", bad movie", "'s a scorcher .", "and engaging examination", "be a total washout"
    "a remark cut at its beginning": holds(
        "sentence",
        pattern=r"^\s*([^\pL\pN\s`(\[{$]|n't\s|(and|are|be|been|because|but|by|can|could|does|for|from|had|has|have|if|in|into|is|may|might|must|nor|of|on|or"
        r"|other|should|than|that|to|was|were|which|who|whom|whose|will|with|without|would)\s)",
    ),
    # "smart ,", "with its shape-shifting perils , political intrigue and", "benefits from serendipity but"
    "a remark cut at its end": holds(
        "sentence",
        pattern=r"([,:;(\[`$-]|\s(a|about|an|and|are|as|at|be|been|but|by|for|from|had|has|have|he|her|his|if|in|into|is|it|its|let alone|like|more|most|my|nor|not|of|on|or|our|so"
        r"|some|than|that|the|their|they|this|to|too|very|was|we|were|when|which|while|who|whose|will|with|would|you|your))\s*$",
    ),
}
"""The pieces that nobody would write as a remark, though somebody has graded them."""

TASK = Task(
    name="sst2",
    family="sentiment",
    source=Source(
        "nyu-mll/glue",
        config="sst2",
        license="other",
        citation="""@inproceedings{socher-etal-2013-recursive,
    title = "Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank",
    author = "Socher, Richard and Perelygin, Alex and Wu, Jean and Chuang, Jason and Manning, Christopher D. and Ng, Andrew and Potts, Christopher",
    booktitle = "Proceedings of the 2013 Conference on Empirical Methods in Natural Language Processing",
    year = "2013", pages = "1631--1642",
}

@inproceedings{wang2019glue,
    title = "{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    author = "Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.",
    booktitle = "International Conference on Learning Representations", year = "2019",
}""",
        limits=(
            "Most training rows are phrases cut out of sentences, and overlap one another.",
            "Texts are in lower case, with spaces around punctuation.",
            "The sentences are those of rotten_tomatoes: do not train on one and test on the other.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"sst2": "validation"},
    slots={
        "sentence": trimmed("sentence"),
        "remark": trimmed("sentence").detokenised(),
        "label": label("label", {"negative": "negative", "positive": "positive"}),
        "liked": label("label", {"negative": "no", "positive": "yes"}),
        "grade": label("label", {"negative": "a minus", "positive": "a plus"}),
        "deed": label("label", {"negative": "find fault with", "positive": "praise"}),
        "quality": label("label", {"negative": "bad", "positive": "good"}),
    },
    templates=(
        Template("seed", "Classify this sentence sentiment: {sentence} \n[OUTPUT]: {label}"),
        Template("choose", "Is this bit of a film review negative or positive?\n\n{remark}\n[OUTPUT]: {label}"),
        Template("liked", "{remark}\n\nThese words come from a film review. Does the critic like what they describe? Answer yes or no.\n[OUTPUT]: {liked}"),
        Template("in_favour", "Does this speak in a film's favour? {remark}\n[OUTPUT]: {liked}"),
        Template(
            "options_listed",
            "What feeling does the following excerpt from a review express?\n\nExcerpt: {remark}\n\nOptions:\n- positive\n- negative\n\n[OUTPUT]: {label}",
        ),
        Template("good_or_bad", "A critic wrote: {remark}\n\nChoose the word that sums up the opinion: bad, good.\n[OUTPUT]: {quality}"),
        Template(
            "trays",
            "You are sorting lines clipped from reviews into two trays, one marked negative, the other positive. Name the tray for this line.\n\n{remark}\n\n[OUTPUT]: {label}",
        ),
        Template(
            "graded",
            "Reviews of films were cut into pieces, down to single words, and people graded each piece without seeing what stood around it. They gave a plus to a piece that sounded like praise and a minus to one that sounded like blame. Which did they give to this piece, a plus or a minus?\n\n{remark}\n\n[OUTPUT]: {grade}",
        ),
        Template("one_word", "Read this piece of a movie review and give its polarity in one word.\n\n{remark}\n\n[OUTPUT]: {label}"),
        Template("tone", "{remark}\nTone of the above:\n[OUTPUT]: {label}"),
        Template(
            "write_a_remark", "Write a {label} remark about a film: a phrase or a sentence, all in lower case.\n[OUTPUT]: {remark}", inverted=True, drops=RAGGED
        ),
        Template("praise_or_pan", "In lower case, {deed} a film or something about it.\n[OUTPUT]: {remark}", inverted=True, drops=RAGGED),
    ),
    waivers={"overlapping-splits": "a few training pieces are whole sentences of the validation split but for a full stop: the source was cut so"},
)
