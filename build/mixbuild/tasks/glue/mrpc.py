"""Whether two sentences from the news are paraphrases.

Raw record: {"sentence1": "Amrozi accused his brother …", "sentence2": "Referring to him as …",
    "label": 1, "idx": 0}
    0 is not_equivalent, 1 equivalent. Unlike in the rest of GLUE, ``test`` has its labels.
"""

from mixbuild.declare import Source, Task, Template, label, trimmed

TASK = Task(
    name="mrpc",
    family="paraphrase",
    source=Source(
        "nyu-mll/glue",
        config="mrpc",
        license="other",
        citation="""@inproceedings{dolan-brockett-2005-automatically,
    title = "Automatically Constructing a Corpus of Sentential Paraphrases",
    author = "Dolan, William B. and Brockett, Chris",
    booktitle = "Proceedings of the Third International Workshop on Paraphrasing ({IWP}2005)",
    year = "2005",
}

@inproceedings{wang2019glue,
    title = "{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    author = "Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.",
    booktitle = "International Conference on Learning Representations", year = "2019",
}""",
        limits=("About two in three pairs are paraphrases, and many of them only loosely.",),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    benchmarks={"mrpc": "validation"},
    slots={
        "one": trimmed("sentence1").detokenised(),
        "other": trimmed("sentence2").detokenised(),
        "label": label("label", {"not_equivalent": "not equivalent", "equivalent": "equivalent"}),
        "same": label("label", {"not_equivalent": "no", "equivalent": "yes"}),
        "meaning": label("label", {"not_equivalent": "different", "equivalent": "same"}),
        "decision": label("label", {"not_equivalent": "reject", "equivalent": "accept"}),
        "verdict": label("label", {"not_equivalent": "false", "equivalent": "true"}),
        "finding": label("label", {"not_equivalent": "The sentences differ in meaning.", "equivalent": "The sentences mean the same."}),
        "numbers": label("label", {"not_equivalent": "two numbers", "equivalent": "one number"}),
        "reports": label("label", {"not_equivalent": "reports something else on the subject", "equivalent": "reports the same in words of its own"}),
        "demand": label("label", {"not_equivalent": "a different meaning", "equivalent": "the same meaning"}),
    },
    templates=(
        Template("seed", "Classify these sentences as equivalent or not equivalent: {sentence1} \nSecond sentence: {sentence2}\n[OUTPUT]: {label}"),
        Template("same_thing", "Do the two lines below, both taken from the news, say the same thing? Answer yes or no.\n\n{one}\n{other}\n\n[OUTPUT]: {same}"),
        Template("options_last", "A: {one}\nB: {other}\n\nOptions: equivalent, not equivalent\n[OUTPUT]: {label}"),
        Template(
            "editor",
            "Two agencies report on an event, and an editor has room for only one of their sentences. Can either be dropped without losing anything essential, yes or no?\n\nFirst agency: {one}\nOther agency: {other}\n\n[OUTPUT]: {same}",
        ),
        Template(
            "archive",
            "An archive of newspapers keeps sentences that report the same facts under one number. It overlooks small differences, such as a detail that only one of them gives, as long as whoever has read one would learn nothing important from the other. Do the sentences below get one number or two numbers?\n\n{one}\n\n{other}\n\n[OUTPUT]: {numbers}",
        ),
        Template("true_or_false", "1. {one}\n2. {other}\n\nIs it true or false that number 2 paraphrases number 1?\n[OUTPUT]: {verdict}"),
        Template("paraphrases", "Are these paraphrases?\n\n{other}\n{one}\n[OUTPUT]: {same}"),
        Template("terse", "{one} / {other}\nMeaning (same or different):\n[OUTPUT]: {meaning}"),
        Template("compare", "Compare what these say, and state the result in a sentence.\n\nOne: {one}\n\nTwo: {other}\n\n[OUTPUT]: {finding}"),
        Template(
            "candidate",
            "Write accept if the candidate restates the original, and reject if it does not.\n\nCandidate: {other}\nOriginal: {one}\n[OUTPUT]: {decision}",
        ),
        Template("write_another", "Write another sentence on the subject of the one below, with {demand}.\n\n{one}\n\n[OUTPUT]: {other}", inverted=True),
        Template("rival_agency", "One agency reports: {other}\n\nA rival {reports}. How does its sentence read?\n[OUTPUT]: {one}", inverted=True),
    ),
)
