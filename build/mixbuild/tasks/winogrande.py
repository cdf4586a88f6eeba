"""Which of two things or persons in a sentence a blank stands for.

Source: https://huggingface.co/datasets/allenai/winogrande
Raw record: {"sentence": "Ian volunteered to eat Dennis's menudo after already having a bowl because
    _ despised eating intestine.", "option1": "Ian", "option2": "Dennis", "answer": "2"}
    "_" is the blank, "1" and "2" the options. A sentence without a blank is left out.
    The split ``test`` is masked (the answer is "" throughout) and not used.
    The card gives no licence; the authors' repository says CC-BY, without a version.
Not confirmed: whether there is any sentence without a blank, or with two; whether any row is left
    out for an option that refers to others.
"""

import pyarrow.compute as pc

from mixbuild.declare import Source, Task, Template, choices, field, position, trimmed

OPTIONS = choices("option1", "option2", answer=position("answer", first=1))

TEMPLATES = (
    Template("seed", "Fill in the blank (_) in the following sentence with one of the options, letter and text: {sentence} \n{options}\n[OUTPUT]: {both}"),
    Template(
        "named_in_the_sentence",
        "The underscore in this sentence stands for something or someone that the sentence also names. Write who or what that is.\n\n{written}\n[OUTPUT]: {answer}",
    ),
    Template("terse", "{written}\nWhat does _ stand for? One of these: {line}\n[OUTPUT]: {answer}"),
    Template("a_or_b", "{written}\n\nTo which of the two does the blank refer? Write A or B.\n\n{options}\n[OUTPUT]: {letter}"),
    Template(
        "proofreader",
        "Something is missing where you see _ in the proofs below. Put in one of these, so that the sentence makes sense:\n{bullets}\n\nProofs: {written}\n\nYour correction is the missing text only.\n[OUTPUT]: {answer}",
    ),
    Template(
        "options_first",
        "{options}\n\nOne of these belongs in the gap; with the other the statement would be absurd. Give the letter in brackets and the words after it.\n\n{written}\n[OUTPUT]: {both}",
    ),
    Template("plain_gap", "Complete this sentence: {written}\n(Only what replaces the gap is wanted.)\n[OUTPUT]: {answer}"),
    Template(
        "reasoning_test",
        "This is an item of a reasoning test. Read it twice, think about causes and intentions, and mark a single letter.\n\nItem: {written}\n\n{options}\n\n[OUTPUT]: {letter}",
    ),
    Template(
        "write_the_sentence",
        "Make up a sentence that mentions both of these:\n{bullets}\nThen put _ in place of a further mention of {answer}, where the other one would make no sense.\n[OUTPUT]: {written}",
        inverted=True,
    ),
    Template("short_gap", "Which of these fits the gap: {line}?\n{written}\n[OUTPUT]: {answer}"),
    Template(
        "learner",
        "Somebody who learns English has met a sentence with a gap and brings it to you. Grammar is of no use here, because both of the learner's guesses would be correct English; what decides is how people behave and how things are in the world. Which guess do you confirm? Reply with its letter alone.\n\nGuesses:\n{options}\n\nSentence: {written}\n\n[OUTPUT]: {letter}",
    ),
)

TASK = Task(
    name="winogrande",
    family="coreference",
    source=Source(
        "allenai/winogrande",
        config="winogrande_xl",
        license="unknown",
        citation="""@article{sakaguchi2020winogrande,
    title = {WinoGrande: An Adversarial Winograd Schema Challenge at Scale},
    author = {Sakaguchi, Keisuke and Le Bras, Ronan and Bhagavatula, Chandra and Choi, Yejin},
    journal = {Proceedings of the AAAI Conference on Artificial Intelligence},
    volume = {34}, number = {05}, pages = {8732--8740}, year = {2020}, doi = {10.1609/aaai.v34i05.6399},
}""",
        limits=(
            "Crowdworkers wrote the sentences, many as twins that differ in a word or two and have opposite answers.",
            "This largest training set also has the rows that the authors' filter found easy to guess from word associations; without them there are 9,248.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"winogrande": "validation"},
    slots={
        "sentence": trimmed("sentence"),
        "written": trimmed("sentence").detokenised().spaced(),
        "options": OPTIONS.lettered(),
        "bullets": OPTIONS.bulleted(),
        "line": OPTIONS.inline(),
        "answer": OPTIONS.text(),
        "letter": OPTIONS.letter(),
        "both": OPTIONS.both(),
    },
    drops={"no blank": ~pc.match_substring(field("sentence"), "_")},
    templates=TEMPLATES,
)
