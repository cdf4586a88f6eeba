"""Whether two sentences with nearly the same words are paraphrases.

Source: https://huggingface.co/datasets/google-research-datasets/paws
Raw record: {"id": 1, "sentence1": "In Paris , in October 1560 , he secretly met …",
    "sentence2": "In October 1560 , he secretly met …", "label": 0}
    The labels are named '0' and '1' in the source; 1 is a paraphrase.
"""

from mixbuild.declare import Source, Task, Template, label, trimmed

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
        "one": trimmed("sentence1").detokenised(),
        "other": trimmed("sentence2").detokenised(),
        "label": label("label", {"0": "not paraphrases", "1": "paraphrases"}),
        "same": label("label", {"0": "no", "1": "yes"}),
        "meaning": label("label", {"0": "different meaning", "1": "same meaning"}),
        "outcome": label("label", {"0": "changed", "1": "kept"}),
        "agreement": label("label", {"0": "differ", "1": "agree"}),
        "finding": label("label", {"0": "They mean different things.", "1": "They mean the same thing."}),
        "fate": label("label", {"0": "sent back", "1": "accepted"}),
        "matter": label("label", {"0": "something else", "1": "the same"}),
        "demand": label("label", {"0": "changes", "1": "stays the same"}),
    },
    templates=(
        Template("seed", "Classify these sentences as paraphrases or not paraphrases: {sentence1} \nSecond sentence: {sentence2}\n[OUTPUT]: {label}"),
        Template(
            "share",
            "The sentences below have most of their words in common. Do they have their meaning in common too? Answer yes or no.\n\n{one}\n{other}\n\n[OUTPUT]: {same}",
        ),
        Template("options_listed", "Sentence A: {one}\nSentence B: {other}\n\nPick one:\n- same meaning\n- different meaning\n\n[OUTPUT]: {meaning}"),
        Template("rewritten", "A sentence was rewritten. Was its meaning kept or changed?\n\nBefore: {one}\nAfter: {other}\n[OUTPUT]: {outcome}"),
        Template("another_way", "{one}\n\nIs the next line merely another way to put that? Reply yes or no.\n\n{other}\n[OUTPUT]: {same}"),
        Template(
            "who_does_what",
            "Word order matters. Check who does what, where and when, then say whether the two statements agree or differ.\n\nOne: {one}\n\nTwo: {other}\n\n[OUTPUT]: {agreement}",
        ),
        Template(
            "encyclopaedia",
            "The sentences of an encyclopaedia were recast by an assistant, who was told to leave every fact as it was. Names, places and dates change their parts easily in the course of such work, so that an editor compares the new sentence with the old one before it is printed. If the facts are the same it is accepted, and otherwise it is sent back. What becomes of this one?\n\nOld: {one}\n\nNew: {other}\n\n[OUTPUT]: {fate}",
        ),
        Template("in_a_sentence", "What can be said, in one sentence, about the meanings of these?\n\n1. {one}\n2. {other}\n[OUTPUT]: {finding}"),
        Template("paraphrase", "{other}\n\nDoes that paraphrase the following? {one}\n[OUTPUT]: {same}"),
        Template("terse", "{one}\n{other}\nEqual in meaning (yes or no)?\n[OUTPUT]: {same}"),
        Template("reword", "Reword the following so that its meaning {demand}.\n\n{one}\n\n[OUTPUT]: {other}", inverted=True),
        Template("nearly_the_same", "Use nearly the same words as here to say {matter}: {other}\n[OUTPUT]: {one}", inverted=True),
    ),
)
