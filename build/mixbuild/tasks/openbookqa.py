"""Questions that take one fact of elementary science and common knowledge, with four options.

Source: https://huggingface.co/datasets/allenai/openbookqa
Raw record: {"id": "7-980", "question_stem": "The sun is responsible for",
    "choices": {"text": ["puppies learning new tricks", "children growing up and getting old",
        "flowers wilting in a vase", "plants sprouting, blooming and wilting"],
        "label": ["A", "B", "C", "D"]},
    "answerKey": "D"}
    A stem is a question, or the beginning of a sentence that an option completes. One of nine says
    "which of these" and the like, which only the options make clear: no template without options
    takes it. Options may have commas of their own. An option that refers to others is left out with its row: their order
    is another here. The config main leaves out the "open book", the facts behind the questions.
    Not confirmed: whether any row is left out for that, and that the card, which gave the licence
    as unknown in 2022, still does.
"""

from mixbuild.declare import Source, Task, Template, choices, holds, key, needs_options, trimmed

OPTIONS = choices(("choices", "text"), answer=key("answerKey", among=("choices", "label")))

CLOSED = {"needs its options": needs_options("question_stem"), "a whole sentence": holds("question_stem", pattern=r"[.!]\s*$")}

TEMPLATES = (
    Template(
        "seed", "Answer the following question or complete the sentence with one of the options, letter and text: {question} \n{options}\n[OUTPUT]: {both}"
    ),
    Template(
        "without_options",
        "If this is a question, answer it in a few words; if it is the beginning of a sentence, finish it.\n\n{question}\n[OUTPUT]: {answer}",
        drops=CLOSED,
    ),
    Template(
        "letter_last",
        "{question}\n\n{options}\n\nA little science and a little common sense decide. Which letter is it? Write that letter only.\n[OUTPUT]: {letter}",
    ),
    Template("options_first", "Only one of the following fits the line below them.\n\n{options}\n\n{question}\n\nName it by its letter.\n[OUTPUT]: {letter}"),
    Template("terse", "{question}\nPick from these:\n{bullets}\n[OUTPUT]: {answer}"),
    Template(
        "open_book_exam",
        "You take an exam on elementary science and may use any book. Mark the right option just as it is printed, its letter included.\n\nTask: {question}\n\n{options}\n\n[OUTPUT]: {both}",
    ),
    Template(
        "undecided_pupil",
        "A pupil cannot decide between several replies:\n{bullets}\nThe exercise says: {question}\nTell the pupil which reply to write down, word for word.\n[OUTPUT]: {answer}",
    ),
    Template("most_reasonable", "Repeat the item of the list that goes best with what stands above it.\n\n{question}\n{bullets}\n\n[OUTPUT]: {answer}"),
    Template(
        "write_the_stem",
        "For a science quiz, write a question, or the beginning of a sentence, that goes with these replies:\n{bullets}\nOnly this one may fit: {answer}\n[OUTPUT]: {question}",
        inverted=True,
    ),
    Template("letter_short", "{question}\n{options}\nAnswer with a letter.\n[OUTPUT]: {letter}"),
    Template(
        "museum",
        "In a museum of science there is a wall of riddles. Beside each of them hang a few cards, and a green lamp goes on when a visitor touches the card that a fact from a school book, together with a little thought, points to. Say what is written on that card.\n\nCards:\n{bullets}\n\nRiddle: {question}\n[OUTPUT]: {answer}",
    ),
    Template("own_words", "Briefly, how would you respond to or go on from this line of a science quiz?\n{question}\n[OUTPUT]: {answer}", drops=CLOSED),
)

TASK = Task(
    name="openbookqa",
    family="multiple choice",
    source=Source(
        "allenai/openbookqa",
        config="main",
        license="unknown",
        citation="""@inproceedings{mihaylov-etal-2018-suit,
    title = "Can a Suit of Armor Conduct Electricity? A New Dataset for Open Book Question Answering",
    author = "Mihaylov, Todor and Clark, Peter and Khot, Tushar and Sabharwal, Ashish",
    booktitle = "Proceedings of the 2018 Conference on Empirical Methods in Natural Language Processing",
    year = "2018", pages = "2381--2391", doi = "10.18653/v1/D18-1260",
}""",
        limits=("Crowdworkers wrote the questions, each about one fact of an 'open book' of elementary science that the rows do not show.",),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    benchmarks={"openbookqa": "test"},
    slots={
        "question": trimmed("question_stem"),
        "options": OPTIONS.lettered(),
        "bullets": OPTIONS.bulleted(),
        "answer": OPTIONS.text(),
        "letter": OPTIONS.letter(),
        "both": OPTIONS.both(),
    },
    templates=TEMPLATES,
)
