r"""Short Python functions for problems that a beginner can solve, with tests.

Source: https://huggingface.co/datasets/google-research-datasets/mbpp
Raw record: {"task_id": 1, "text": "Write a function to find the minimum cost path to reach …",
    "code": "R = 3\r\nC = 3\r\ndef min_cost(cost, m, n): \r\n\ttc = …", "test_list": ["assert …", …],
    "test_setup_code": "", "challenge_test_list": []}
    Lines of code end in spaces and CR LF, of which the slot keeps the LF. The set-up code of
    the tests is nearly always empty. The split ``prompt`` (ten rows for few-shot prompts) is
    not offered. A few texts hold what an editor offers to fill in ("* list item").
"""

from mixbuild.declare import Source, Task, Template, first, holds, joined, optional, replaced

TASK = Task(
    name="mbpp",
    family="code",
    source=Source(
        "google-research-datasets/mbpp",
        config="full",
        license="cc-by-4.0",
        citation="""@article{austin2021program,
    title = {Program Synthesis with Large Language Models},
    author = {Austin, Jacob and Odena, Augustus and Nye, Maxwell and Bosma, Maarten and Michalewski, Henryk and Dohan, David and Jiang, Ellen and Cai, Carrie and Terry, Michael and Le, Quoc and Sutton, Charles},
    journal = {arXiv preprint arXiv:2108.07732}, year = {2021},
}""",
        limits=(
            "A problem's text often leaves open the function's name, its arguments and special cases: only the tests tell.",
            "The solutions were crowdsourced: they pass their three tests, and differ in style and quality.",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    benchmarks={"mbpp": "test"},
    slots={
        "text": replaced("text", pattern=r"^#+ +|(?: [*>] (?:list item|indented block))+$", by=""),
        "code": replaced("code", pattern=r"(?m)[ \t\r]+$", by="").trimmed(),
        "test": first("test_list"),
        "tests": joined("test_list", separator=("\n", "\n\n")).trimmed(),
        "setup": optional("test_setup_code", after="\n"),
    },
    templates=(
        Template("seed", "Solve the following problem in Python: {text} \n[OUTPUT]: {code}"),
        Template("with_a_test", "{text}\n\nUse Python. Your code must pass this test:\n\n{setup}{test}\n\n[OUTPUT]: {code}"),
        Template(
            "all_tests",
            "You are given an exercise and its tests. Program it in Python so that none of them fails.\n\nExercise: {text}\n\nTests:\n{setup}{tests}\n\n[OUTPUT]: {code}",
        ),
        Template("code_block", "Reply with a block of Python code and no explanation.\n\n{text}\n\n[OUTPUT]: ```python\n{code}\n```"),
        Template(
            "test_first",
            "```python\n{setup}{test}\n```\n\nThis assertion fails because the function is missing. Supply it. The exercise was: {text}\n[OUTPUT]: {code}",
        ),
        Template(
            "should_satisfy", "How would you solve this in Python, so that the assertion holds afterwards?\n\n{text}\n\n{setup}{test}\n\n[OUTPUT]: {code}"
        ),
        Template("terse", "Python: {text}\n[OUTPUT]: {code}"),
        Template("script_first", "{text}\n\nAnswer in Python.\n[OUTPUT]: {code}"),
        Template(
            "code_review",
            "A colleague will review what you write and run it against the checks at the end of this message. Reply with Python source and nothing else: no comment on how it works, no example of its use, no text before or after it.\n\nWhat is wanted: {text}\n\nChecks:\n{setup}{tests}\n\n[OUTPUT]: {code}",
        ),
        Template(
            "tutor",
            "You help people who are learning to program. One of them shows you the task below and one result that is expected, and asks how a working solution might look. Show one, in Python, as they would have to hand it in.\n\nTask: {text}\n\nExpected: {setup}{test}\n\n[OUTPUT]: {code}",
        ),
        Template("write_the_exercise", "Which textbook exercise does this Python code solve? Write it down.\n\n{code}\n\n[OUTPUT]: {text}", inverted=True),
        Template(
            "write_a_test",
            "Write one assert statement that checks whether the code below works.\n\n{code}\n\n[OUTPUT]: {test}",
            inverted=True,
            drops={"the test needs a set-up": holds("test_setup_code", pattern=r"\S")},
        ),
    ),
    waivers={"source-text": r"code has escapes of its own, such as '\n' for a line break"},
)
