"""The ending, out of four, that best continues a scene or a piece of advice.

Source: https://huggingface.co/datasets/Rowan/hellaswag
Raw record: {"ind": 4, "activity_label": "Removing ice from car",
    "ctx_a": "Then, the man writes over the snow covering the window of a car, and a woman …",
    "ctx_b": "then", "ctx": "Then, the man writes over the snow … smiles. then",
    "endings": [", the man adds wax to the windshield and cuts it.", ", a person board a ski …", …],
    "source_id": "activitynet~v_-1IBHYS3L-Y", "split": "train", "split_type": "indomain",
    "label": "3"}
    The label is text: "0" for the first. ``ctx_b`` has, for captions of videos (nine rows of ten),
    the first words of the next sentence, in lower case; an ending may then begin with a comma.
    ``ctx`` is both as they stand; the slot begins the sentence with a capital letter, which is how
    models are measured on this source.
    Texts of wikiHow have marks, "[header] How to … [title] … [step] … [substeps] …": the slots
    put each on a line of its own, and in endings cut the mark, and commas in front.
    One row of a hundred has the label "Uncategorized", and one begins with the full stop of a
    sentence that is not there, ". A man …".
    The split ``test`` is masked (the label is "" throughout) and not used.
    The card names the MIT licence in its text, not in its metadata.
"""

import pyarrow.compute as pc

from mixbuild.declare import Slot, Source, Task, Template, choices, constant, field, position, trimmed

MARKS = ("[header]", "[title]", "[step]", "[substeps]")
ENDINGS = choices("endings", answer=position("label"), marks=MARKS, lstrip=",", may_refer=True)

FIRST = pc.utf8_upper(pc.utf8_slice_codeunits(field("ctx_b"), 0, 1))
SENTENCE = pc.binary_join_element_wise(FIRST, pc.utf8_slice_codeunits(field("ctx_b"), 1), constant(""))
WHOLE = pc.binary_join_element_wise(field("ctx_a"), SENTENCE, constant(" "))
LINES = pc.replace_substring_regex(WHOLE, pattern=r" ?\[(?:header|title|step|substeps)\] ?", replacement="\n")
TEXT = pc.replace_substring_regex(LINES, pattern=r"^\s*\.\s+", replacement="")
BEGINNING = Slot(value=TEXT, reads=(("ctx_a",), ("ctx_b",))).trimmed()
"""What stands before the ending, its last sentence begun with a capital letter, without the full stop of a sentence that was cut."""

UNTITLED = {"no topic": field("activity_label") == constant("Uncategorized")}
"""No topic to show: no template that shows one takes the row."""

TEMPLATES = (
    Template("seed", "Choose the ending that best continues the following text, letter and text: {beginning} \n{options}\n[OUTPUT]: {both}"),
    Template("what_comes_next", "{beginning}\n\nWhat comes next? Give the letter alone.\n\n{options}\n\n[OUTPUT]: {letter}"),
    Template(
        "likeliest",
        "A text breaks off in the middle. Find its likeliest continuation in the list and copy that out.\n\nText: {beginning}\n\nList:\n{bullets}\n\n[OUTPUT]: {ending}",
    ),
    Template(
        "with_topic",
        "Topic: {topic}\nBeginning: {beginning}\nPossible endings:\n{options}\nLetter of the ending that belongs to it:\n[OUTPUT]: {letter}",
        drops=UNTITLED,
    ),
    Template(
        "endings_first",
        "Someone wrote one of these and a machine made up the rest:\n{bullets}\n\nPick what was written by a person who knew this beginning, without adding anything.\n\n{beginning}\n[OUTPUT]: {ending}",
    ),
    Template("terse", "{beginning}\n…\n{options}\nWhich one, A, B, C or D?\n[OUTPUT]: {letter}"),
    Template(
        "editor",
        "You are an editor, and a writer leaves you several drafts of how to go on. Mark the only one that makes sense: its letter in brackets, then its wording.\n\nSo far: {beginning}\n\nDrafts:\n{options}\n\n[OUTPUT]: {both}",
    ),
    Template(
        "everyday_sense",
        "Anybody who knows a little about the subject ({topic}) can tell how the text goes on. Write the fitting line in full, but not its letter.\n\n{options}\n\nIt begins like this: {beginning}\n[OUTPUT]: {ending}",
        drops=UNTITLED,
    ),
    Template(
        "write_the_beginning",
        'A text under the heading "{topic}" ends like this: {ending}\nWrite what may have stood right before it.\n[OUTPUT]: {beginning}',
        inverted=True,
        drops=UNTITLED,
    ),
    Template("go_on", "Continue this text briefly.\n\n{beginning}\n[OUTPUT]: {ending}"),
    Template("add_one", "{beginning}\n\nAdd the one of these that fits:\n{bullets}\n[OUTPUT]: {ending}"),
    Template(
        "three_are_wrong",
        "Below are four ways of ending a description or a piece of advice. Three of them contradict what was said, lead nowhere or could never happen; the remaining one follows from what comes before. Sort out the three and state the letter of the one that you keep.\n\nEndings:\n{options}\n\nWhat comes before: {beginning}\n\n[OUTPUT]: {letter}",
    ),
)

TASK = Task(
    name="hellaswag",
    family="multiple choice",
    source=Source(
        "Rowan/hellaswag",
        config="default",
        license="mit",
        citation="""@inproceedings{zellers-etal-2019-hellaswag,
    title = "{H}ella{S}wag: Can a Machine Really Finish Your Sentence?",
    author = "Zellers, Rowan and Holtzman, Ari and Bisk, Yonatan and Farhadi, Ali and Choi, Yejin",
    booktitle = "Proceedings of the 57th Annual Meeting of the Association for Computational Linguistics",
    year = "2019", pages = "4791--4800", doi = "10.18653/v1/P19-1472",
}""",
        limits=(
            "The texts are captions of videos (ActivityNet) and advice from wikiHow, whose own terms are non-commercial (CC BY-NC-SA 3.0).",
            "The wrong endings were written by a language model and chosen to mislead classifiers of 2019; the captions have many errors of grammar.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"hellaswag": "validation"},
    slots={
        "topic": trimmed("activity_label"),
        "beginning": BEGINNING,
        "options": ENDINGS.lettered(),
        "bullets": ENDINGS.bulleted(),
        "ending": ENDINGS.text(),
        "letter": ENDINGS.letter(),
        "both": ENDINGS.both(),
    },
    templates=TEMPLATES,
    waivers={"tokenised-target": "an ending may begin with 's, which belongs to the last word before it"},
)
