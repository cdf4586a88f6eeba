"""Answers to questions about a passage of Wikipedia.

Source: https://huggingface.co/datasets/rajpurkar/squad
Raw record: {"id": "56be4db0acb8001400a502ec", "title": "Super_Bowl_50",
    "context": "Super Bowl 50 was an American football game …",
    "question": "Which NFL team represented the AFC at Super Bowl 50?",
    "answers": {"text": ["Denver Broncos", "Denver Broncos"], "answer_start": [177, 177]}}
"""

from mixbuild.declare import Source, Task, Template, first, is_empty

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
    slots={"answers": first("answers", "text")},
    drops={"no answer": is_empty("answers", "text")},
    templates=(
        Template("seed", "Answer the following question based on the passage: {context} \nQuestion: {question}\n[OUTPUT]: {answers}"),
        Template("question_first", "{question}\n\nFind the answer in this passage and quote it as briefly as you can.\n\n{context}\n\n[OUTPUT]: {answers}"),
        Template(
            "reading_comprehension",
            "Read the passage below, then answer the question about it. Use the passage's own words.\n\n"
            "Passage: {context}\n\nQuestion: {question}\n\n[OUTPUT]: {answers}",
        ),
        Template("terse", "{context}\n\nQ: {question}\n[OUTPUT]: {answers}"),
        Template("which_words", 'Passage:\n{context}\n\nWhich words of the passage answer the question "{question}"?\n[OUTPUT]: {answers}'),
        Template("mark_it", "{question}\n\nMark the answer in this text:\n{context}\n\n[OUTPUT]: {answers}"),
        Template("help_desk", "A visitor to a library asks: {question}\nWhat do you read out to him?\n\n{context}\n\n[OUTPUT]: {answers}"),
        Template(
            "ask_the_question", "Write a question about the following passage whose answer is: {answers}\n\n{context}\n\n[OUTPUT]: {question}", inverted=True
        ),
    ),
)
