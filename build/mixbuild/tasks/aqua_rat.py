r"""Algebra word problems with five results to choose from, and how one gets to the right one.

Source: https://huggingface.co/datasets/deepmind/aqua_rat
Raw record: {"question": "A grocery sells a bag of ice for $1.25, and makes 20% profit. If it …",
    "options": ["A)125", "B)150", "C)225", "D)250", "E)275"],
    "rationale": "Profit per bag = 1.25 * 0.20 = 0.25\nTotal profit = 500 * 0.25 = 125\nAnswer is A.",
    "correct": "A"}
    The letters are part of the options and are cut: the order is another here. For the same reason
    an option such as "B and C" or "none of the above" is left out with its row.
    Nine rationales of ten end in the right option's old letter: "Answer: B", "CORRECT OPTION : E",
    "The answer is (C) 25", a bare "D". ``steps`` cuts such an ending. What remains are letters in
    the middle ("Test answer choice B first") and endings of other forms ("This gives us B"), and
    rationales that break off ("48 more km ("): one of twelve, which no template that gives the
    rationale takes.
    Numbers may have commas (2,200), so that no template lists the options in a line.
Not confirmed: whether an option is ever blank; and the share of cut endings, which was counted in
    two extracts of the development and test files, some sixty rows.
"""

import pyarrow.compute as pc

from mixbuild.declare import Source, Task, Template, choices, constant, field, letter, needs_options, replaced, trimmed

OPTIONS = choices("options", answer=letter("correct"), own_letters=True)
LINK = r"(?i:[\s:=.,>–-]+|\b(?:is|be|will|must|should|would|choice|option|answer|correct)\b)*"
STATED = rf"\b(?i:(?:(?:so|hence|thus|therefore|and|the|our|correct|right|final|best)[\s,:]+)*(?:answer|ans|option|choice)s?\b){LINK}"
FINAL = rf"(?:[\s,;]*{STATED}\(?\s*(?:[A-E]\b[\s).:=-]*[^\n]{{0,30}}|[a-e][\s).]*)|\s*\n\s*\(?[A-E][\s).]*)+$"
"""A closing statement of the right letter, with what follows it on the line; or a bare letter."""

HEADING = r"^(?:[\s=]|\b(?i:explanation|solution)\s*:)+"
"""What a rationale opens with and does not need: "Explanation :"."""

STEPS = replaced("rationale", pattern=rf"{HEADING}|{FINAL}|\s+$", by="")
NAMED = r"(?i:\b(?:answer|option|choice)s?\b)|\([A-E]\)|[=:>]\s*\(?[A-E]\)?\s*(?:\n|$)|\b(?i:thus|hence|so|therefore|get|got|us|to|is) \(?[A-E]\)?[.!]?(?:\n|$)"
"""A letter that an option has in the source, or a word for options, which are not shown so."""
CLOSED = {
    "needs its options": needs_options("question"),
    "an option says that none is right": pc.match_substring_regex(
        pc.binary_join(field("options"), constant("\n")), r"(?i)\b(?:none|cannot|can't|not|insufficient)\b"
    ),
}
UNEXPLAINED = {
    "rationale names options": pc.match_substring_regex(STEPS.value, NAMED),
    "rationale breaks off": pc.match_substring_regex(STEPS.value, r"[=+*/×÷<>(,;:-]$|\b(?:is|are|be|the|of|and|to|only|which|that)$"),
}

TEMPLATES = (
    Template("seed", "Solve the following problem and give the letter and the text of the right option: {question} \n{options}\n[OUTPUT]: {both}"),
    Template(
        "worked_out",
        '{question}\n\nPossible results:\n{bullets}\n\nWork out step by step which of them is right, and close with a line that begins with "Answer:" and repeats the result.\n\n[OUTPUT]: {steps}\nAnswer: {answer}',
        drops=UNEXPLAINED,
    ),
    Template("letter_only", "Calculate in private and show only the letter of the correct result.\n\nProblem: {question}\n\n{options}\n\n[OUTPUT]: {letter}"),
    Template("check_the_list", "One of these is the solution of the exercise below:\n{bullets}\n\nCopy it.\n\n{question}\n[OUTPUT]: {answer}"),
    Template(
        "show_why", "{question}\n{bullets}\n\nThe key gives this one: {answer}\nShow why, as you would at the blackboard.\n[OUTPUT]: {steps}", drops=UNEXPLAINED
    ),
    Template("terse", "{question}\n{options}\nA, B, C, D or E?\n[OUTPUT]: {letter}"),
    Template(
        "entrance_test",
        "You take an entrance test in mathematics. The form wants the chosen letter in brackets and, next to it, the value.\n\nValues:\n{options}\n\nTask: {question}\n\n[OUTPUT]: {both}",
    ),
    Template(
        "tutor",
        'You tutor somebody in algebra. Reason aloud about the homework before you commit yourself; then begin a new line with "So we choose" and name the entry of the list.\n\nHomework: {question}\n\nList:\n{bullets}\n\n[OUTPUT]: {steps}\nSo we choose {answer}',
        drops=UNEXPLAINED,
    ),
    Template(
        "write_the_problem",
        "Invent a word problem in algebra that goes with these results:\n{bullets}\nOf them, only one may be right: {answer}\n[OUTPUT]: {question}",
        inverted=True,
    ),
    Template("copy_one", "{question}\n{bullets}\nCopy the right line.\n[OUTPUT]: {answer}"),
    Template("without_list", "Work this out on paper and report nothing but what you get.\n\n{question}\n[OUTPUT]: {answer}", drops=CLOSED),
)

TASK = Task(
    name="aqua_rat",
    family="mathematics",
    source=Source(
        "deepmind/aqua_rat",
        config="raw",
        license="apache-2.0",
        citation="""@inproceedings{ling-etal-2017-program,
    title = "Program Induction by Rationale Generation: Learning to Solve and Explain Algebraic Word Problems",
    author = "Ling, Wang and Yogatama, Dani and Dyer, Chris and Blunsom, Phil",
    booktitle = "Proceedings of the 55th Annual Meeting of the Association for Computational Linguistics (Volume 1: Long Papers)",
    year = "2017", pages = "158--167", doi = "10.18653/v1/P17-1015",
}""",
        limits=(
            "All of it was crowdsourced: some rationales skip steps, contradict themselves or do not lead to the option that counts as right.",
            "A rationale that mentions options is left out where rationales are given; a few do so in ways that no pattern finds.",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    benchmarks={"agieval_aqua_rat": "test"},
    slots={
        "question": trimmed("question"),
        "steps": STEPS,
        "options": OPTIONS.lettered(),
        "bullets": OPTIONS.bulleted(),
        "answer": OPTIONS.text(),
        "letter": OPTIONS.letter(),
        "both": OPTIONS.both(),
    },
    templates=TEMPLATES,
    waivers={
        "tokenised-target": "formulas have spaces where their authors put them, before a question mark or a semicolon too",
        "source-text": "a few authors write a division with a backslash, such as v=x\\t",
    },
)
