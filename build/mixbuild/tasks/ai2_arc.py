"""Science questions from school exams, with the options to choose from: a hard part and an easy one.

Source: https://huggingface.co/datasets/allenai/ai2_arc
Raw record: {"id": "Mercury_SC_405487",
    "question": "One year, the oak trees in a park began producing more acorns than usual. …",
    "choices": {"text": ["Shady areas increased.", "Food sources increased.", …],
        "label": ["A", "B", "C", "D"]},
    "answerKey": "B"}
    Some rows have the labels "1" to "4", some have three or five options: the key is one of the
    row's own labels. One question of six is the beginning of a sentence that an option completes:
    no template that asks for a question takes it. Four of ten say "which of these", "which best
    describes" and the like, which only the options make clear: no template without options does.
    "All of the above" means nothing once the options are in another order: left out.
Not confirmed: how many rows are left out for it.
"""

from mixbuild.declare import Source, Task, Template, choices, is_question, key, needs_options, trimmed

OPTIONS = choices(("choices", "text"), answer=key("answerKey", among=("choices", "label")))


def _arc(name: str, config: str, how_chosen: str) -> Task:
    """The task of one config."""
    return Task(
        name=name,
        family="multiple choice",
        source=Source(
            "allenai/ai2_arc",
            config=config,
            license="cc-by-sa-4.0",
            citation="""@article{clark2018think,
    title = {Think you have Solved Question Answering? Try {ARC}, the {AI2} Reasoning Challenge},
    author = {Clark, Peter and Cowhey, Isaac and Etzioni, Oren and Khot, Tushar and Sabharwal, Ashish and Schoenick, Carissa and Tafjord, Oyvind},
    journal = {arXiv preprint arXiv:1803.05457}, year = {2018},
}""",
            limits=(how_chosen, "The questions are from exams for the grades 3 to 9: an answer is what such an exam counts as right."),
        ),
        splits={"train": "train", "validation": "validation", "test": "test"},
        benchmarks={config.lower().replace("-", "_"): "test"},
        slots={
            "question": trimmed("question"),
            "options": OPTIONS.lettered(),
            "bullets": OPTIONS.bulleted(),
            "answer": OPTIONS.text(),
            "letter": OPTIONS.letter(),
            "both": OPTIONS.both(),
        },
        templates=TEMPLATES,
    )


CLOSED = {"needs its options": needs_options("question")}
UNASKED = {"not a question": ~is_question("question")}

TEMPLATES = (
    Template("seed", "Answer the following question or complete the sentence with the right option, letter and text: {question} \n{options}\n[OUTPUT]: {both}"),
    Template("letter_only", "{question}\n\n{options}\n\nOne of these is correct. Reply with its letter, without brackets.\n[OUTPUT]: {letter}"),
    Template(
        "exam",
        "You sit a science exam. For each item, write out the correct choice in full, but leave out its letter.\n\nItem: {question}\nChoices:\n{options}\n\n[OUTPUT]: {answer}",
    ),
    Template("answers_first", "Here are some possible answers:\n{bullets}\n\nCopy the one that answers or completes this: {question}\n[OUTPUT]: {answer}"),
    Template("no_choices", "Answer this exam question, or complete its sentence, in a few words.\n\n{question}\n[OUTPUT]: {answer}", drops=CLOSED),
    Template("terse", "{question}\n{options}\nWhich letter?\n[OUTPUT]: {letter}"),
    Template(
        "answer_key",
        "You are filling in the answer key of a science test: first a letter in brackets, then the wording of that choice.\n\n{options}\n\nThe item they belong to: {question}\n\n[OUTPUT]: {both}",
    ),
    Template(
        "blackboard",
        "A teacher says: {question}\nThis list is on the blackboard:\n{bullets}\nA pupil who knows reads out the right line, and nothing else. What does the class hear?\n[OUTPUT]: {answer}",
    ),
    Template(
        "write_the_question",
        "Write a science question that goes with these answers:\n{bullets}\nOf them, only this one may be right: {answer}\n[OUTPUT]: {question}",
        inverted=True,
        drops=UNASKED,
    ),
    Template(
        "set_a_test",
        "You set a test in science and have already typed what the class will choose from.\n\n{options}\n\nThe right choice is to be {letter}. What do you ask?\n[OUTPUT]: {question}",
        inverted=True,
        drops=UNASKED,
    ),
    Template(
        "flash_card",
        "A pile of flash cards has science on the front. The back was left blank, because whoever uses them is to know the matter without any help. Fill in the back of this card briefly.\n\nFront: {question}\n[OUTPUT]: {answer}",
        drops=CLOSED,
    ),
    Template("pick", "{question}\n{bullets}\nPick the right one.\n[OUTPUT]: {answer}"),
)

CHALLENGE = _arc(
    "arc_challenge",
    "ARC-Challenge",
    "These are the questions that both a retrieval algorithm and a word co-occurrence algorithm got wrong; the others are arc_easy.",
)
EASY = _arc(
    "arc_easy", "ARC-Easy", "These are the questions that a retrieval algorithm or a word co-occurrence algorithm got right; the others are arc_challenge."
)
