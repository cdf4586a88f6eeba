"""Yes or no to a question that someone asked a search engine, by a passage of Wikipedia.

Source: https://huggingface.co/datasets/google/boolq
Raw record: {"question": "does ethanol take more energy make that produces", "answer": false,
    "passage": "All biomass goes through at least some of these steps: it needs to be grown, …"}
    Questions are in lower case and lack the question mark, which the slot adds.
    Passages have the quotation marks of a tokeniser, ``like these'', which become "such".
    Not confirmed: that the config is called default, and that the card still gives the licence
    of 2022.
"""

from mixbuild.declare import Source, Task, Template, column, flag, replaced

TASK = Task(
    name="boolq",
    family="question answering",
    source=Source(
        "google/boolq",
        config="default",
        license="cc-by-sa-3.0",
        citation="""@inproceedings{clark-etal-2019-boolq,
    title = "{B}ool{Q}: Exploring the Surprising Difficulty of Natural Yes/No Questions",
    author = "Clark, Christopher and Lee, Kenton and Chang, Ming-Wei and Kwiatkowski, Tom and Collins, Michael and Toutanova, Kristina",
    booktitle = "Proceedings of the 2019 Conference of the North American Chapter of the Association for Computational Linguistics: Human Language Technologies, Volume 1 (Long and Short Papers)",
    year = "2019", pages = "2924--2936", doi = "10.18653/v1/N19-1300",
}""",
        limits=(
            "The questions are queries to a search engine, not all of them grammatical; about six answers in ten are yes.",
            "An answer is right by its passage, which is Wikipedia's and may be out of date or wrong.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"boolq": "validation"},
    slots={
        "question": replaced("question", pattern=r"([^\s?])[\s?]*$", by=r"\1?"),
        "passage": column("passage").detokenised(),
        "answer": flag("answer", ("no", "yes")),
    },
    templates=(
        Template("seed", "Answer the following question with yes or no based on the passage: {passage} \nQuestion: {question}\n[OUTPUT]: {answer}"),
        Template("question_first", "{question}\n\nSay yes or no, going by this text alone.\n\n{passage}\n\n[OUTPUT]: {answer}"),
        Template(
            "options_listed",
            "Read the passage, then choose the right reply.\n\nPassage: {passage}\n\nQuestion: {question}\n\nOptions:\n- yes\n- no\n\n[OUTPUT]: {answer}",
        ),
        Template("terse", "{passage}\n\n{question} (yes/no)\n[OUTPUT]: {answer}"),
        Template("given_these_facts", "{passage}\n\nGiven these facts, {question}\n[OUTPUT]: {answer}"),
        Template(
            "search_result",
            'Someone searched the web for "{question}" and the paragraph below came up. Does it settle the matter with a yes or with a no?\n\n{passage}\n\n[OUTPUT]: {answer}',
        ),
        Template(
            "quiz_master",
            "You prepare a quiz and have to mark each question with its correct answer, yes or no. Take the answer from your notes.\n\nNotes: {passage}\n\nNext question: {question}\n\n[OUTPUT]: {answer}",
        ),
        Template(
            "reply_to_a_friend", "A friend wants to know: {question}\nReply in a single word after looking it up here:\n\n{passage}\n\n[OUTPUT]: {answer}"
        ),
        Template("one_word", "{passage}\n\nIn one word: {question}\n[OUTPUT]: {answer}"),
        Template(
            "choices_listed",
            "{question}\n\nPick one of the two choices, as the source has it.\n\nChoices:\n- no\n- yes\n\nSource:\n{passage}\n\n[OUTPUT]: {answer}",
        ),
        Template(
            "set_aside_what_you_know",
            "The question below was put to a search engine by somebody who had not seen the paragraph that follows it. Judge by the paragraph alone, even where you believe that you know better, and reply with yes or no.\n\nQuestion: {question}\n\nParagraph: {passage}\n\n[OUTPUT]: {answer}",
        ),
        Template("ask_the_question", "Write a question to which this passage gives the answer {answer}.\n\n{passage}\n\n[OUTPUT]: {question}", inverted=True),
    ),
)
