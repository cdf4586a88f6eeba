"""Answers to questions about a passage of Wikipedia, some of which it does not answer.

Source: https://huggingface.co/datasets/rajpurkar/squad_v2
Raw record: {"id": "56ddde6b9a695914005b9629", "title": "Normans",
    "context": "The Normans (Norman: Nourmands; French: Normands; Latin: Normanni) were …",
    "question": "When were the Normans in Normandy?",
    "answers": {"text": ["10th and 11th centuries", "in the 10th and 11th centuries", …],
        "answer_start": [94, 87, …]}}
    Where the passage holds no answer, both lists are empty.
"""

from mixbuild.declare import Source, Task, Template, first, holds, is_empty, trimmed

UNASKED = {"no question mark": ~holds("question", pattern=r"\?[ \t\r\n]*$")}
"""Questions that are not put as one: no model of how to ask."""

OPEN = is_empty("answers", "text")
UNANSWERED = {**UNASKED, "unanswerable": OPEN}
ANSWERED = {**UNASKED, "answered": ~OPEN}

TASK = Task(
    name="squad_v2",
    family="question answering",
    source=Source(
        "rajpurkar/squad_v2",
        config="squad_v2",
        license="cc-by-sa-4.0",
        citation="""@inproceedings{rajpurkar-etal-2018-know,
    title = "Know What You Don't Know: Unanswerable Questions for {SQ}u{AD}",
    author = "Rajpurkar, Pranav and Jia, Robin and Liang, Percy",
    booktitle = "Proceedings of the 56th Annual Meeting of the Association for Computational Linguistics (Volume 2: Short Papers)",
    year = "2018", pages = "784--789", doi = "10.18653/v1/P18-2124",
}""",
        limits=(
            "An answer is right by its passage, which is Wikipedia's and may be out of date or wrong.",
            "The unanswerable questions were written by crowdworkers to look answerable: they are not the questions that readers would ask.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"squadv2": "validation"},
    slots={"answers": first("answers", "text", otherwise="unanswerable"), "asked": trimmed("question").spaced()},
    trimmable="context",
    keeps="answers",
    templates=(
        Template(
            "seed",
            "Answer the following question based on the passage, or write unanswerable if it holds no answer: {context} \nQuestion: {question}\n[OUTPUT]: {answers}",
        ),
        Template("question_first", '{question}\n\nSearch this passage. If the answer is not in it, reply "unanswerable".\n\n{context}\n\n[OUTPUT]: {answers}'),
        Template(
            "careful_reader",
            'Some questions only seem to be answered by the text. For those write "unanswerable"; for the others quote the answer.\n\nText: {context}\n\nQuestion: {question}\n\n[OUTPUT]: {answers}',
        ),
        Template("terse", "{context}\n\nQ: {question}\nAnswer, or unanswerable?\n[OUTPUT]: {answers}"),
        Template("does_it_tell", '{context}\n\nDoes this tell us the following: {question}\nIf so, say it; if not, say "unanswerable".\n[OUTPUT]: {answers}'),
        Template(
            "do_not_guess", "Do not guess: what the source leaves open is unanswerable.\n\nQuestion: {question}\nSource: {context}\n\n[OUTPUT]: {answers}"
        ),
        Template(
            "letters_to_the_editor",
            "You reply to readers of an encyclopedia and may rely on one paragraph only. When it leaves a question open, your whole reply is the word unanswerable.\n\nParagraph: {context}\n\nReader: {question}\n\n[OUTPUT]: {answers}",
        ),
        Template(
            "rules_last", "{context}\n\n{question}\n\nCopy the shortest span that answers this, or output unanswerable if none does.\n[OUTPUT]: {answers}"
        ),
        Template(
            "fact_checker",
            "You check facts for a magazine. Only the paragraph below counts as a source; what you know from elsewhere must not enter into it. Copy out what settles the question, or put down unanswerable where the paragraph is silent.\n\nQuestion: {question}\n\nParagraph: {context}\n\n[OUTPUT]: {answers}",
        ),
        Template(
            "ask_the_question",
            "Write a question about the passage below that has this answer: {answers}\n\n{context}\n\n[OUTPUT]: {asked}",
            inverted=True,
            drops=UNANSWERED,
        ),
        Template(
            "ask_what_is_left_open",
            "Write a question that this passage seems to answer, but does not.\n\n{context}\n\n[OUTPUT]: {asked}",
            inverted=True,
            drops=ANSWERED,
        ),
    ),
)
