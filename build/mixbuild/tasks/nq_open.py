"""Short answers, from memory, to questions that people asked a search engine.

Source: https://huggingface.co/datasets/google-research-datasets/nq_open
Raw record: {"question": "where did they film hot tub time machine",
    "answer": ["Fernie Alpine Resort"]}
    Questions are in lower case and lack the question mark, which the slot adds.
    Not confirmed: that the config kept its name, and the card its licence, of 2022.
"""

import pyarrow.compute as pc

from mixbuild.declare import Slot, Source, Task, Template, first, holds, is_empty, replaced

QUESTION = r"(?i)\b(?:who|whom|whose|what|when|where|which|why|how)(?:s|\b)|^\s*(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would|should)\b"

GIVEN = Slot(value=pc.replace_substring(first("answer").value, "\u00a0", " "), reads=(("answer",),))
"""The answer in a prompt, with spaces that everybody types: one date of fifty has others."""

UNASKED = {"no question": ~holds("question", pattern=QUESTION)}
"""Queries that ask nothing, "types of skiing in the winter olympics": no model of how to ask."""

TASK = Task(
    name="nq_open",
    family="closed-book question answering",
    source=Source(
        "google-research-datasets/nq_open",
        config="nq_open",
        license="cc-by-sa-3.0",
        citation="""@inproceedings{lee-etal-2019-latent,
    title = "Latent Retrieval for Weakly Supervised Open Domain Question Answering",
    author = "Lee, Kenton and Chang, Ming-Wei and Toutanova, Kristina",
    booktitle = "Proceedings of the 57th Annual Meeting of the Association for Computational Linguistics",
    year = "2019", pages = "6086--6096", doi = "10.18653/v1/P19-1612",
}""",
        limits=(
            "The answers were found in Wikipedia before 2019, and some have changed since.",
            "Several answers may be ways to say the same or parts of a list: the data do not tell which.",
            "The questions are queries to a search engine, in lower case and not always whole sentences.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"nq_open": "validation"},
    slots={"question": replaced("question", pattern=r"([^\s?])[\s?]*$", by=r"\1?"), "answer": first("answer"), "given": GIVEN},
    drops={"no answer": is_empty("answer")},
    templates=(
        Template("seed", "Answer the following question: {question} \n[OUTPUT]: {answer}"),
        Template("a_few_words", "{question}\n\nA few words are enough.\n\n[OUTPUT]: {answer}"),
        Template("search_box", 'Somebody typed "{question}" into a search engine. Write only the fact that they hoped to find.\n[OUTPUT]: {answer}'),
        Template("from_memory", "Without looking it up, tell me from memory: {question}\n[OUTPUT]: {answer}"),
        Template("quiz", "You are the contestant in a quiz show, and your time is nearly up. The host asks: {question}\nWhat do you say?\n[OUTPUT]: {answer}"),
        Template("terse", "Q: {question}\nShort answer?\n[OUTPUT]: {answer}"),
        Template("name_it", "Name the person, place, time, number or thing that is asked for.\n\nQuestion: {question}\n\n[OUTPUT]: {answer}"),
        Template("tip_of_the_tongue", "It is on the tip of my tongue: {question} Please remind me, and keep it brief.\n[OUTPUT]: {answer}"),
        Template("in_brief", "In brief: {question}\n[OUTPUT]: {answer}"),
        Template(
            "telephone_line",
            "You answer a telephone line that people call to settle small arguments. They want a fact and not a story: a name, a date, a place or a number, with nothing around it. The next caller says: {question}\n[OUTPUT]: {answer}",
        ),
        Template(
            "answer_box",
            "Above its results, a search engine shows a box with the answer alone: no sentence around it, no source, no second thought. Fill the box for the query below from what you know.\n\nQuery: {question}\n\n[OUTPUT]: {answer}",
        ),
        Template(
            "ask_the_question", "Write a question for a search engine to which this is the answer: {given}\n[OUTPUT]: {question}", inverted=True, drops=UNASKED
        ),
        Template("answer_first", "Answer: {given}\nWhat was the question?\n[OUTPUT]: {question}", inverted=True, drops=UNASKED),
    ),
)
