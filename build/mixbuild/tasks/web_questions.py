"""Answers, from memory, to popular questions about people, places and things.

Source: https://huggingface.co/datasets/stanfordnlp/web_questions
Raw record: {"url": "http://www.freebase.com/view/en/jamaica",
    "question": "what does jamaican people speak?",
    "answers": ["Jamaican Creole English Language", "Jamaican English"]}
    Several answers are the items of a list: a template gives them all, or asks for one. Where an
    item holds a comma, they are parted by semicolons.
    The URL leads nowhere now and is not used.
    Not confirmed: that the config is called default, and that the card, which gave the licence
    as unknown in 2022, still does.
"""

from mixbuild.declare import Source, Task, Template, first, is_empty, joined

TASK = Task(
    name="web_questions",
    family="closed-book question answering",
    source=Source(
        "stanfordnlp/web_questions",
        config="default",
        license="unknown",
        citation="""@inproceedings{berant-etal-2013-semantic,
    title = "Semantic Parsing on {F}reebase from Question-Answer Pairs",
    author = "Berant, Jonathan and Chou, Andrew and Frostig, Roy and Liang, Percy",
    booktitle = "Proceedings of the 2013 Conference on Empirical Methods in Natural Language Processing",
    year = "2013", pages = "1533--1544", url = "https://aclanthology.org/D13-1160",
}""",
        limits=(
            "The questions were popular on the web in 2013; the answers are what Freebase, since closed, held then.",
            "Crowdworkers chose the answers: some lists are incomplete, and the first item is not always the best.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    benchmarks={"webqs": "test"},
    slots={"answers": joined("answers", separator=(", ", "; ", " | ")), "lines": joined("answers", separator="\n"), "one_answer": first("answers")},
    drops={"no answer": is_empty("answers")},
    templates=(
        Template("seed", "Answer the following question: {question} \n[OUTPUT]: {answers}"),
        Template("one_will_do", "{question}\n\nIf there is more than one correct answer, one will do.\n\n[OUTPUT]: {one_answer}"),
        Template(
            "list_all", "List everything that correctly answers this question, each item on a line of its own.\n\nQuestion: {question}\n[OUTPUT]: {lines}"
        ),
        Template("all_of_them", "{question} Be complete, and begin a new line for each answer.\n[OUTPUT]: {lines}"),
        Template("name_one", "Name one person, place, thing or date that answers this: {question}\n[OUTPUT]: {one_answer}"),
        Template(
            "knowledge_base",
            "You are the front desk of a large collection of facts. Visitors ask in plain words, and you hand them the name of one matching entry.\n\nVisitor: {question}\n\n[OUTPUT]: {one_answer}",
        ),
        Template("reply_to_a_friend", 'A friend asks you, "{question}" What do you reply, without explaining it?\n[OUTPUT]: {answers}'),
        Template("terse", "Q: {question}\nFacts only.\n[OUTPUT]: {answers}"),
        Template("in_short", "In short: {question}\n[OUTPUT]: {answers}"),
        Template(
            "answer_key",
            "You write the answer key for a quiz. A team gets its point for any correct answer, so the key has to hold all of them, one to a line, without explanations and in no particular order.\n\nQuestion: {question}\n\n[OUTPUT]: {lines}",
        ),
        Template("ask_the_question", "What might somebody have asked to be told this: {answers}\n[OUTPUT]: {question}", inverted=True),
        Template(
            "question_for_a_list",
            "Here are all the answers to a question, one to a line.\n\n{lines}\n\nWhat was the question?\n[OUTPUT]: {question}",
            inverted=True,
        ),
    ),
)
