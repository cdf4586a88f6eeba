r"""Grade-school mathematics, worked out step by step.

Source: https://huggingface.co/datasets/openai/gsm8k
Raw record: {"question": "Natalia sold clips to 48 of her friends in April, and then she sold …",
    "answer": "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\nNatalia … in April and May.\n#### 72"}
    What stands between << and >> are marks for a calculator; every slot leaves them out.
    The final answer follows "#### ", and may have a sign and commas: -3, 1,450.
"""

from mixbuild.declare import Source, Task, Template, matched, replaced, trimmed

TEMPLATES = (
    Template("seed", "Solve the following problem step by step and give the result after ####: {question} \n[OUTPUT]: {answer}"),
    Template("show_your_work", "{question}\n\nShow your work, and close with a sentence that states the answer.\n\n[OUTPUT]: {steps}\nThe answer is {number}."),
    Template("number_only", "Give the final number and nothing else.\n\n{question}\n[OUTPUT]: {number}"),
    Template("terse", "Problem: {question}\nResult?\n[OUTPUT]: {number}"),
    Template(
        "patient_tutor",
        'You are a patient tutor. Work through the exercise so that a pupil can follow every line, then write "Answer:" and the number on the last one.\n\nExercise: {question}\n\n[OUTPUT]: {steps}\nAnswer: {number}',
    ),
    Template(
        "reason_first",
        "Reason first, conclude last: the conclusion is a line of its own with four hash signs and a number.\n\nTask: {question}\n\n[OUTPUT]: {answer}",
    ),
    Template("how_to_get_there", "The solution of this puzzle is {number}. How does one get there?\n\n{question}\n\n[OUTPUT]: {steps}"),
    Template("mental", "Do this in your head: {question}\nWhat comes out?\n[OUTPUT]: {number}"),
    Template(
        "write_the_problem", "Here is the solution of a word problem whose text was lost. Write the problem.\n\n{steps}\n\n[OUTPUT]: {problem}", inverted=True
    ),
    Template("result_first", "{question}\n\nFirst give the result on a line of its own, then say how it comes about.\n[OUTPUT]: {number}\n\n{steps}"),
    Template(
        "worksheet",
        'A worksheet for children has two boxes below each text. In the upper one they write down one after the other what they calculate and why; in the lower one, which begins with "Result:", stands a bare number that has no unit and no sentence around it. Fill in both as a careful child would.\n\nText: {question}\n\n[OUTPUT]: {steps}\nResult: {number}',
    ),
)

TASK = Task(
    name="gsm8k",
    family="mathematics",
    source=Source(
        "openai/gsm8k",
        config="main",
        license="mit",
        citation="""@article{cobbe2021gsm8k,
    title = {Training Verifiers to Solve Math Word Problems},
    author = {Cobbe, Karl and Kosaraju, Vineet and Bavarian, Mohammad and Chen, Mark and Jun, Heewoo and Kaiser, Lukasz and Plappert, Matthias and Tworek, Jerry and Hilton, Jacob and Nakano, Reiichiro and Hesse, Christopher and Schulman, John},
    journal = {arXiv preprint arXiv:2110.14168}, year = {2021},
}""",
        limits=(
            "The authors estimate that 1.7 % of the problems have errors or are ambiguous.",
            "The solutions were written by contractors: how many steps they take, and how they write numbers and units, varies.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    benchmarks={"gsm8k": "test"},
    slots={
        "problem": trimmed("question").spaced(),
        "answer": replaced("answer", pattern="<<[^>]*>>", by=""),
        "steps": replaced("answer", pattern=r"<<[^>]*>>|\s*####.*$", by=""),
        "number": matched("answer", pattern="#### (?P<number>.+)$"),
    },
    templates=TEMPLATES,
)
