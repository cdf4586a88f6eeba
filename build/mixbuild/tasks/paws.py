"""Whether two sentences with nearly the same words are paraphrases.

Source: https://huggingface.co/datasets/google-research-datasets/paws
Raw record: {"id": 1, "sentence1": "In Paris , in October 1560 , he secretly met …",
    "sentence2": "In October 1560 , he secretly met …", "label": 0}
    The labels are named '0' and '1' in the source; 1 is a paraphrase.
"""

from mixbuild.declare import Source, Task, Template, label

TASK = Task(
    name="paws",
    family="paraphrase",
    source=Source(
        "google-research-datasets/paws",
        config="labeled_final",
        license="other",
        citation="""@inproceedings{zhang-etal-2019-paws,
    title = "{PAWS}: Paraphrase Adversaries from Word Scrambling",
    author = "Zhang, Yuan and Baldridge, Jason and He, Luheng",
    booktitle = "Proceedings of the 2019 Conference of the North American Chapter of the Association for Computational Linguistics",
    year = "2019", doi = "10.18653/v1/N19-1131",
}""",
        limits=(
            "The second sentences were made by machine, by swapping words and by translating back and forth; some are clumsy.",
            "Texts have spaces around punctuation.",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    slots={
        "label": label("label", {"0": "not paraphrases", "1": "paraphrases"}),
        "same": label("label", {"0": "no", "1": "yes"}),
        "meaning": label("label", {"0": "different meaning", "1": "same meaning"}),
        "outcome": label("label", {"0": "changed", "1": "kept"}),
        "agreement": label("label", {"0": "differ", "1": "agree"}),
        "finding": label("label", {"0": "They mean different things.", "1": "They mean the same thing."}),
        "demand": label("label", {"0": "changes", "1": "stays the same"}),
    },
    templates=(
        Template("seed", "Classify these sentences as paraphrases or not paraphrases: {sentence1} \nSecond sentence: {sentence2}\n[OUTPUT]: {label}"),
        Template(
            "share",
            "The sentences below have most of their words in common. Do they have their meaning in common too? Answer yes or no.\n\n{sentence1}\n{sentence2}\n\n[OUTPUT]: {same}",
        ),
        Template("options_listed", "Sentence A: {sentence1}\nSentence B: {sentence2}\n\nPick one:\n- same meaning\n- different meaning\n\n[OUTPUT]: {meaning}"),
        Template("rewritten", "A sentence was rewritten. Was its meaning kept or changed?\n\nBefore: {sentence1}\nAfter: {sentence2}\n[OUTPUT]: {outcome}"),
        Template("another_way", '{sentence1}\n\nIs "{sentence2}" merely another way to put that? Reply yes or no.\n[OUTPUT]: {same}'),
        Template(
            "who_does_what",
            "Word order matters. Check who does what, where and when, then say whether the two statements agree or differ.\n\nOne: {sentence1}\n\nTwo: {sentence2}\n\n[OUTPUT]: {agreement}",
        ),
        Template("in_a_sentence", "What can be said, in one sentence, about the meanings of these?\n\n1. {sentence1}\n2. {sentence2}\n[OUTPUT]: {finding}"),
        Template("terse", "{sentence1}\n{sentence2}\nEqual in meaning (yes or no)?\n[OUTPUT]: {same}"),
        Template("reword", "Reword the following so that its meaning {demand}.\n\n{sentence1}\n\n[OUTPUT]: {sentence2}", inverted=True),
    ),
)
