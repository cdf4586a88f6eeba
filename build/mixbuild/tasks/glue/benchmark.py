"""What the tasks of GLUE have in common: where they are, and whom to cite."""

from mixbuild.declare import Source

CITATION = """@inproceedings{wang2019glue,
    title = "{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    author = "Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.",
    booktitle = "International Conference on Learning Representations",
    year = "2019",
}"""


def glue(config: str, *, citation: str, limits: tuple[str, ...]) -> Source:
    """A config of GLUE; whoever made its data is cited before the benchmark."""
    both = f"{citation}\n\n{CITATION}"
    return Source("nyu-mll/glue", config=config, license="other", citation=both, limits=limits)
