"""Questions about everyday life, with five options of which one is the most sensible.

Source: https://huggingface.co/datasets/tau/commonsense_qa
Raw record: {"id": "075e483d21c29a511267ef62bedc0461",
    "question": "The sanctions against the school were a punishing blow, and they seemed to what …",
    "question_concept": "punishing",
    "choices": {"label": ["A", "B", "C", "D", "E"],
        "text": ["ignore", "enforce", "authoritarian", "yell at", "avoid"]},
    "answerKey": "A"}
    Options are a word or a few. Without them a question has many good answers, so that every
    template shows them. The split ``test`` is masked (the key is "" throughout) and not used.
Not confirmed: whether any row is left out for an option that refers to others.
"""

from mixbuild.declare import Source, Task, Template, choices, key, trimmed

OPTIONS = choices(("choices", "text"), answer=key("answerKey", among=("choices", "label")))

TEMPLATES = (
    Template("seed", "Answer the following question with the most sensible option, letter and text: {question} \n{options}\n[OUTPUT]: {both}"),
    Template("terse", "{question} Choose: {line}.\n[OUTPUT]: {answer}"),
    Template("letter_alone", "Use common sense to find the best option, and give nothing but its letter.\n\n{question}\n\n{options}\n\n[OUTPUT]: {letter}"),
    Template(
        "survey",
        "A hundred people were asked this and could tick one answer. Write down what most of them ticked.\n\nQuestion: {question}\n{bullets}\n\n[OUTPUT]: {answer}",
    ),
    Template(
        "as_it_stands",
        "From these replies to a question about everyday life, quote the best one with its letter in brackets.\n\n{options}\n\nThe question was: {question}\n[OUTPUT]: {both}",
    ),
    Template("topic", "Keyword: {concept}\n\n{options}\n\n{question} Only the right letter is wanted.\n[OUTPUT]: {letter}"),
    Template(
        "newcomer",
        'Somebody who is new to this world wants to know: "{question}" You have these replies at hand.\n\n{options}\n\nGive the one that makes sense, in its own words and without the letter.\n[OUTPUT]: {answer}',
    ),
    Template("rule_out", "Candidates: {line}\nRule out all but one of them by asking yourself: {question}\nWhat is left?\n[OUTPUT]: {answer}"),
    Template(
        "write_the_question",
        "Write a question in which the keyword {concept} plays a part. These answers will be offered: {line}\nThe most sensible of them must be: {answer}\n[OUTPUT]: {wording}",
        inverted=True,
    ),
    Template("letter_short", "{question}\n{options}\nThe letter, please.\n[OUTPUT]: {letter}"),
    Template(
        "quiz_show",
        "You are a guest on a quiz show in which no learning counts, only what everybody knows about people, places and things. The host reads out a question, a screen shows several possibilities, and one of them is what nearly all of the audience would say. Say it too.\n\nScreen:\n{bullets}\n\nHost: {question}\n[OUTPUT]: {answer}",
    ),
)

TASK = Task(
    name="commonsense_qa",
    family="multiple choice",
    source=Source(
        "tau/commonsense_qa",
        config="default",
        license="mit",
        citation="""@inproceedings{talmor-etal-2019-commonsenseqa,
    title = "{C}ommonsense{QA}: A Question Answering Challenge Targeting Commonsense Knowledge",
    author = "Talmor, Alon and Herzig, Jonathan and Lourie, Nicholas and Berant, Jonathan",
    booktitle = "Proceedings of the 2019 Conference of the North American Chapter of the Association for Computational Linguistics: Human Language Technologies, Volume 1 (Long and Short Papers)",
    year = "2019", pages = "4149--4158", doi = "10.18653/v1/N19-1421",
}""",
        limits=(
            "Common sense is a matter of degree: the authors measured that people choose the right option in 89 % of the questions.",
            "Crowdworkers wrote the questions around concepts of ConceptNet; not all of them are grammatical.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"commonsense_qa": "validation"},
    slots={
        "question": trimmed("question"),
        "wording": trimmed("question").spaced(),
        "concept": trimmed("question_concept"),
        "options": OPTIONS.lettered(),
        "bullets": OPTIONS.bulleted(),
        "line": OPTIONS.inline(),
        "answer": OPTIONS.text(),
        "letter": OPTIONS.letter(),
        "both": OPTIONS.both(),
    },
    templates=TEMPLATES,
)
