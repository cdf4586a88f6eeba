"""Whether two questions asked on Quora are duplicates.

Raw record: {"question1": "How is the life of a math student? …",
    "question2": "Which level of …", "label": 0, "idx": 0}
    0 is not_duplicate, 1 duplicate. The split ``test`` is masked (-1 throughout) and not used.
Not confirmed: whether any question is blank; a pair with one is left out.
"""

from mixbuild.declare import Task, Template, label, trimmed
from mixbuild.tasks.glue.benchmark import glue

TASK = Task(
    name="qqp",
    family="paraphrase",
    source=glue(
        "qqp",
        citation="""@misc{iyer-etal-2017-quora,
    title = "First {Q}uora Dataset Release: Question Pairs",
    author = "Iyer, Shankar and Dandekar, Nikhil and Csernai, Kornel",
    year = "2017", url = "https://data.quora.com/First-Quora-Dataset-Release-Question-Pairs",
}""",
        limits=(
            "Some labels are wrong, as its publishers say.",
            "Questions recur in many pairs, and so across the splits.",
            "Quora's terms of service apply, which allow non-commercial use.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    slots={
        "question1": trimmed("question1"),
        "question2": trimmed("question2"),
        "label": label("label", {"not_duplicate": "not duplicate", "duplicate": "duplicate"}),
        "same": label("label", {"not_duplicate": "no", "duplicate": "yes"}),
        "action": label("label", {"not_duplicate": "keep both", "duplicate": "merge them"}),
        "finding": label("label", {"not_duplicate": "They ask different things.", "duplicate": "They ask the same thing."}),
        "demand": label("label", {"not_duplicate": "sounds similar but asks something else", "duplicate": "asks the same in other words"}),
    },
    templates=(
        Template("seed", "Classify these questions as duplicate or not duplicate: {question1} \nSecond question: {question2}\n[OUTPUT]: {label}"),
        Template(
            "one_answer",
            "{question1}\n{question2}\n\nWould a single answer satisfy whoever asks the first and whoever asks the second? Answer yes or no.\n[OUTPUT]: {same}",
        ),
        Template(
            "options_listed",
            "Mark the pair as one of these:\n- duplicate\n- not duplicate\n\nQuestion A: {question1}\nQuestion B: {question2}\n[OUTPUT]: {label}",
        ),
        Template(
            "moderator",
            "You moderate a forum where questions that ask the same thing are merged.\n\nNew: {question2}\nOlder: {question1}\n\nDo you merge them or keep both?\n[OUTPUT]: {action}",
        ),
        Template("terse", "{question1} {question2}\nSame intent, yes or no?\n[OUTPUT]: {same}"),
        Template(
            "compare",
            "Compare what two people want to know, and state your finding in a sentence.\n\nFirst person: {question1}\nSecond person: {question2}\n\n[OUTPUT]: {finding}",
        ),
        Template(
            "reworded", "Original wording: {question1}\nNew wording: {question2}\n\nHas the question stayed the same? Reply with yes or no.\n[OUTPUT]: {same}"
        ),
        Template(
            "search_engine",
            'A search engine has stored an answer for the query "{question1}" and now receives the query "{question2}". Does the stored answer fit? Answer yes or no.\n[OUTPUT]: {same}',
        ),
        Template("ask_another", "Here is a question: {question1}\n\nThink of one that {demand}.\n[OUTPUT]: {question2}", inverted=True),
    ),
)
