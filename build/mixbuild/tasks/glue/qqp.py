"""Whether two questions asked on Quora are duplicates.

Raw record: {"question1": "How is the life of a math student? …",
    "question2": "Which level of …", "label": 0, "idx": 0}
    0 is not_duplicate, 1 duplicate. The split ``test`` is masked (-1 throughout) and not used.
Not confirmed: whether any question is blank; a pair with one is left out.
"""

from mixbuild.declare import Source, Task, Template, label, trimmed

TASK = Task(
    name="qqp",
    family="paraphrase",
    source=Source(
        "nyu-mll/glue",
        config="qqp",
        license="other",
        citation="""@misc{iyer-etal-2017-quora,
    title = "First {Q}uora Dataset Release: Question Pairs", author = "Iyer, Shankar and Dandekar, Nikhil and Csernai, Kornel",
    year = "2017", url = "https://data.quora.com/First-Quora-Dataset-Release-Question-Pairs",
}

@inproceedings{wang2019glue,
    title = "{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    author = "Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.", booktitle = "International Conference on Learning Representations", year = "2019",
}""",
        limits=(
            "Some labels are wrong, as its publishers say.",
            "Questions recur in many pairs, and so across the splits.",
            "Quora's terms of service apply, which allow non-commercial use.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"qqp": "validation"},
    slots={
        "question1": trimmed("question1"),
        "question2": trimmed("question2"),
        "first": trimmed("question1").unquoted(),
        "second": trimmed("question2").unquoted(),
        "label": label("label", {"not_duplicate": "not duplicate", "duplicate": "duplicate"}),
        "same": label("label", {"not_duplicate": "no", "duplicate": "yes"}),
        "action": label("label", {"not_duplicate": "keep both", "duplicate": "merge them"}),
        "finding": label("label", {"not_duplicate": "They ask different things.", "duplicate": "They ask the same thing."}),
        "new": label("label", {"not_duplicate": "yes", "duplicate": "no"}),
        "relation": label("label", {"not_duplicate": "that calls for another answer than", "duplicate": "that means the same as"}),
        "demand": label("label", {"not_duplicate": "asks something else", "duplicate": "asks the same in other words"}),
    },
    templates=(
        Template("seed", "Classify these questions as duplicate or not duplicate: {question1} \nSecond question: {question2}\n[OUTPUT]: {label}"),
        Template(
            "one_answer",
            "{first}\n{second}\n\nWould a single answer satisfy whoever asks the first and whoever asks the second? Answer yes or no.\n[OUTPUT]: {same}",
        ),
        Template(
            "options_listed", "Mark the pair as one of these:\n- duplicate\n- not duplicate\n\nQuestion A: {first}\nQuestion B: {second}\n[OUTPUT]: {label}"
        ),
        Template(
            "moderator",
            "You moderate a forum where questions that ask the same thing are merged.\n\nNew: {second}\nOlder: {first}\n\nDo you merge them or keep both?\n[OUTPUT]: {action}",
        ),
        Template(
            "volunteers",
            "Volunteers answer what readers of a magazine ask them, and a letter reaches the volunteers only if it is new. It is not new if an earlier reader has asked the same, in whatever words, so that a copy of the earlier answer would leave nothing open. Here is what two readers ask. Is the letter of the later one new, yes or no?\n\nEarlier: {first}\nLater: {second}\n\n[OUTPUT]: {new}",
        ),
        Template("terse", "{first}\n{second}\nSame intent, yes or no?\n[OUTPUT]: {same}"),
        Template("asked_before", "Asked: {first}\nIs this a repetition of it? {second}\n[OUTPUT]: {same}"),
        Template(
            "compare",
            "Compare what two people want to know, and state your finding in a sentence.\n\nFirst person: {first}\nSecond person: {second}\n\n[OUTPUT]: {finding}",
        ),
        Template("reworded", "Original wording: {first}\nNew wording: {second}\n\nHas the question stayed the same? Reply with yes or no.\n[OUTPUT]: {same}"),
        Template(
            "search_engine",
            "A search engine has stored an answer to one query and now receives another. Does the stored answer fit, yes or no?\n\nStored: {first}\n\nReceived: {second}\n\n[OUTPUT]: {same}",
        ),
        Template("ask_another", "Here is a question: {first}\n\nThink of one that {demand}.\n[OUTPUT]: {second}", inverted=True),
        Template("ask_first", "Write a question {relation} the following one.\n\n{second}\n\n[OUTPUT]: {first}", inverted=True),
    ),
)
