"""Whether two sentences from the news are paraphrases.

Raw record: {"sentence1": "Amrozi accused his brother …", "sentence2": "Referring to him as …",
    "label": 1, "idx": 0}
    0 is not_equivalent, 1 equivalent. Unlike in the rest of GLUE, ``test`` has its labels.
"""

from mixbuild.declare import Task, Template, label
from mixbuild.tasks.glue.benchmark import glue

TASK = Task(
    name="mrpc",
    family="paraphrase",
    source=glue(
        "mrpc",
        citation="""@inproceedings{dolan-brockett-2005-automatically,
    title = "Automatically Constructing a Corpus of Sentential Paraphrases",
    author = "Dolan, William B. and Brockett, Chris",
    booktitle = "Proceedings of the Third International Workshop on Paraphrasing ({IWP}2005)",
    year = "2005",
}""",
        limits=("About two in three pairs are paraphrases, and many of them only loosely.",),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    slots={
        "label": label("label", {"not_equivalent": "not equivalent", "equivalent": "equivalent"}),
        "same": label("label", {"not_equivalent": "no", "equivalent": "yes"}),
        "meaning": label("label", {"not_equivalent": "different", "equivalent": "same"}),
        "decision": label("label", {"not_equivalent": "reject", "equivalent": "accept"}),
        "verdict": label("label", {"not_equivalent": "false", "equivalent": "true"}),
        "finding": label("label", {"not_equivalent": "The sentences differ in meaning.", "equivalent": "The sentences mean the same."}),
        "demand": label("label", {"not_equivalent": "a different meaning", "equivalent": "the same meaning"}),
    },
    templates=(
        Template("seed", "Classify these sentences as equivalent or not equivalent: {sentence1} \nSecond sentence: {sentence2}\n[OUTPUT]: {label}"),
        Template(
            "same_thing",
            "Do the two lines below, both taken from the news, say the same thing? Answer yes or no.\n\n{sentence1}\n{sentence2}\n\n[OUTPUT]: {same}",
        ),
        Template("options_last", "A: {sentence1}\nB: {sentence2}\n\nOptions: equivalent, not equivalent\n[OUTPUT]: {label}"),
        Template(
            "editor",
            "Two agencies report on an event, and an editor has room for only one of their sentences. Can either be dropped without losing anything essential, yes or no?\n\nFirst agency: {sentence1}\nOther agency: {sentence2}\n\n[OUTPUT]: {same}",
        ),
        Template("true_or_false", "1. {sentence1}\n2. {sentence2}\n\nIs it true or false that number 2 paraphrases number 1?\n[OUTPUT]: {verdict}"),
        Template("terse", "{sentence1} / {sentence2}\nMeaning (same or different):\n[OUTPUT]: {meaning}"),
        Template("compare", "Compare what these say, and state the result in a sentence.\n\nOne: {sentence1}\n\nTwo: {sentence2}\n\n[OUTPUT]: {finding}"),
        Template(
            "candidate",
            "Write accept if the candidate restates the original, and reject if it does not.\n\nCandidate: {sentence2}\nOriginal: {sentence1}\n[OUTPUT]: {decision}",
        ),
        Template(
            "write_another", "Write another sentence on the subject of the one below, with {demand}.\n\n{sentence1}\n\n[OUTPUT]: {sentence2}", inverted=True
        ),
    ),
)
