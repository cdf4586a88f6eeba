"""Whether a premise, from one of many genres, entails or contradicts a hypothesis.

Raw record: {"premise": "Conceptually cream skimming has two basic dimensions …",
    "hypothesis": "Product and geography are what make cream skimming work. ", "label": 1, "idx": 0}
    0 is entailment, 1 neutral, 2 contradiction; white space around a text is trimmed. There is no split ``validation`` but one of the
    genres of ``train`` and one of others; the tests are masked (-1 throughout) and not used.
"""

from mixbuild.declare import Source, Task, Template, label, trimmed

TASK = Task(
    name="mnli",
    family="natural language inference",
    source=Source(
        "nyu-mll/glue",
        config="mnli",
        license="other",
        citation="""@inproceedings{williams-etal-2018-broad,
    title = "A Broad-Coverage Challenge Corpus for Sentence Understanding through Inference", author = "Williams, Adina and Nangia, Nikita and Bowman, Samuel",
    booktitle = "Proceedings of the 2018 Conference of the North American Chapter of the Association for Computational Linguistics", year = "2018", doi = "10.18653/v1/N18-1101",
}

@inproceedings{wang2019glue,
    title = "{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    author = "Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.", booktitle = "International Conference on Learning Representations", year = "2019",
}""",
        limits=(
            "The hypotheses were written to order and give away much: a classifier that never sees the premise is right in about 53 % of the rows (doi:10.18653/v1/N18-2017).",
        ),
    ),
    splits={"train": "train", "validation_matched": "validation_matched", "validation_mismatched": "validation_mismatched"},
    benchmarks={"mnli": "validation_matched", "mnli_mismatch": "validation_mismatched"},
    slots={
        "premise": trimmed("premise"),
        "hypothesis": trimmed("hypothesis"),
        "label": label("label", {"entailment": "entailment", "neutral": "neutral", "contradiction": "contradiction"}),
        "answer": label("label", {"entailment": "yes", "neutral": "maybe", "contradiction": "no"}),
        "truth": label("label", {"entailment": "true", "neutral": "undecided", "contradiction": "false"}),
        "finding": label("label", {"entailment": "confirmed", "neutral": "neither", "contradiction": "refuted"}),
        "statement": label("label", {"entailment": "It follows.", "neutral": "It may be true.", "contradiction": "It is contradicted."}),
        "conclusion": label("label", {"entailment": "yes", "neutral": "no", "contradiction": "no"}),
        "ruling": label("label", {"entailment": "accepted", "neutral": "left open", "contradiction": "rejected"}),
        "compatible": label("label", {"entailment": "yes", "neutral": "yes", "contradiction": "no"}),
        "status": label("label", {"entailment": "must be true", "neutral": "may or may not be true", "contradiction": "must be false"}),
        "demand": label("label", {"entailment": "follows from the premise", "neutral": "the premise leaves open", "contradiction": "contradicts the premise"}),
    },
    templates=(
        Template("seed", "Classify how the hypothesis relates to the premise: {premise} \nHypothesis: {hypothesis}\n[OUTPUT]: {label}"),
        Template("taken_as_given", "{premise}\n\nTaking the text above as given, is this claim true, false or undecided?\n\n{hypothesis}\n[OUTPUT]: {truth}"),
        Template(
            "yes_no_maybe",
            "Does the passage support the claim? Answer yes if the claim must be true, no if it cannot be, and maybe if the passage does not settle the matter.\n\nPassage: {premise}\n\nClaim: {hypothesis}\n[OUTPUT]: {answer}",
        ),
        Template(
            "options_last", "Premise: {premise}\n\nHypothesis: {hypothesis}\n\nName the relation: neutral, contradiction or entailment.\n[OUTPUT]: {label}"
        ),
        Template(
            "fact_checker",
            "As a fact-checker, compare what a writer claims with the source. Is it confirmed, refuted or neither?\n\nWritten: {hypothesis}\nSource: {premise}\n\n[OUTPUT]: {finding}",
        ),
        Template(
            "evidence",
            "Treat what is quoted below as the only evidence there is, and set aside whatever else you may know of the matter. A statement that the evidence proves is accepted, one that it disproves is rejected, and one that it neither proves nor disproves is left open. What is to be done with the statement?\n\nEvidence: {premise}\n\nStatement: {hypothesis}\n\n[OUTPUT]: {ruling}",
        ),
        Template("conclude", "Somebody says: {premise}\nMay one conclude this from it, yes or no? {hypothesis}\n[OUTPUT]: {conclusion}"),
        Template("compatible", "Can both of these hold?\n\n1. {hypothesis}\n2. {premise}\n[OUTPUT]: {compatible}"),
        Template("terse", "{premise}\n{hypothesis}\nInference relation:\n[OUTPUT]: {label}"),
        Template(
            "in_a_sentence",
            "Tell me in a short sentence what becomes of the hypothesis if the premise holds.\n\nThe premise is: {premise}\n\nThe hypothesis is: {hypothesis}\n\n[OUTPUT]: {statement}",
        ),
        Template("compose_a_hypothesis", "Compose a hypothesis that {demand}.\n\nPremise: {premise}\n\n[OUTPUT]: {hypothesis}", inverted=True),
        Template(
            "make_a_statement",
            "All that you know is this: {premise}\n\nMake a statement which, going by that alone, {status}.\n[OUTPUT]: {hypothesis}",
            inverted=True,
        ),
    ),
)
