"""Answers to questions about a passage of Wikipedia.

Source: https://huggingface.co/datasets/rajpurkar/squad
Raw record: {"id": "56be4db0acb8001400a502ec", "title": "Super_Bowl_50",
    "context": "Super Bowl 50 was an American football game …",
    "question": "Which NFL team represented the AFC at Super Bowl 50?",
    "answers": {"text": ["Denver Broncos", "Denver Broncos"], "answer_start": [177, 177]}}
"""

from mixbuild.declare import Source, Task, Template, first, holds, is_empty, replaced, trimmed

UNASKED = {"no question mark": ~holds("question", pattern=r"\?[ \t\r\n]*$")}
"""Questions that are not put as one: no model of how to ask."""

TASK = Task(
    name="squad",
    family="question answering",
    source=Source(
        "rajpurkar/squad",
        config="plain_text",
        license="cc-by-sa-4.0",
        citation="""@inproceedings{rajpurkar-etal-2016-squad,
    title = "{SQ}u{AD}: 100,000+ Questions for Machine Comprehension of Text",
    author = "Rajpurkar, Pranav and Zhang, Jian and Lopyrev, Konstantin and Liang, Percy",
    booktitle = "Proceedings of the 2016 Conference on Empirical Methods in Natural Language Processing",
    year = "2016", pages = "2383--2392", doi = "10.18653/v1/D16-1264",
}""",
        limits=(
            "An answer is right by its passage, which is Wikipedia's and may be out of date or wrong.",
            "The questions were written with the passage in view and share many of its words.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"squad": "validation"},
    slots={"answers": first("answers", "text"), "article": replaced("title", pattern="_", by=" "), "asked": trimmed("question").spaced()},
    group="context",
    drops={"no answer": is_empty("answers", "text")},
    trimmable="context",
    keeps="answers",
    templates=(
        Template("seed", "Answer the following question based on the passage: {context} \nQuestion: {question}\n[OUTPUT]: {answers}"),
        Template("question_first", "{question}\n\nFind the answer in this passage and quote it as briefly as you can.\n\n{context}\n\n[OUTPUT]: {answers}"),
        Template(
            "reading_comprehension",
            "Read the passage below, then answer the question about it. Use the passage's own words.\n\n"
            "Passage: {context}\n\nQuestion: {question}\n\n[OUTPUT]: {answers}",
        ),
        Template("terse", "{context}\n\nQ: {question}\n[OUTPUT]: {answers}"),
        Template("which_words", "Passage:\n{context}\n\nWhich words of the passage answer this question? {question}\n[OUTPUT]: {answers}"),
        Template("mark_it", "{question}\n\nPoint out the answer in this text:\n{context}\n\n[OUTPUT]: {answers}"),
        Template("help_desk", "A visitor to a library asks: {question}\nWhat do you read out to them?\n\n{context}\n\n[OUTPUT]: {answers}"),
        Template("extract", "Extract the answer.\n\nText: {context}\n\nQuestion: {question}\n\n[OUTPUT]: {answers}"),
        Template(
            "examination",
            "You are sitting an examination in reading. Marks are given only for words that you copy from the paragraph, as few as will do, with nothing added to them.\n\nParagraph: {context}\n\nQuestion: {question}\n\n[OUTPUT]: {answers}",
        ),
        Template(
            "check_a_detail",
            'Somebody who once read the encyclopedia\'s article "{article}" cannot recall a detail of it. Find that detail in the part of the article given below, and send back the detail alone, as it is written there.\n\nThe detail: {question}\n\n{context}\n\n[OUTPUT]: {answers}',
        ),
        Template(
            "ask_the_question",
            "Write a question about the following passage whose answer is: {answers}\n\n{context}\n\n[OUTPUT]: {asked}",
            inverted=True,
            drops=UNASKED,
        ),
        Template(
            "set_a_test",
            "You are setting a test on this text:\n\n{context}\n\nHere is what one of the answers should be. Word the question that leads to it.\n\nAnswer: {answers}\n[OUTPUT]: {asked}",
            inverted=True,
            drops=UNASKED,
        ),
    ),
)
