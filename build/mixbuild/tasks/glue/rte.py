"""Whether a piece of news entails a statement.

Raw record: {"sentence1": "No Weapons of Mass Destruction Found in Iraq Yet.",
    "sentence2": "Weapons of Mass Destruction Found in Iraq.", "label": 1, "idx": 0}
    0 is entailment, 1 not_entailment: the other way round than in mrpc and qqp.
    The split ``test`` is masked (-1 throughout) and not used.
"""

from mixbuild.declare import Source, Task, Template, column, label

TASK = Task(
    name="rte",
    family="natural language inference",
    source=Source(
        "nyu-mll/glue",
        config="rte",
        license="other",
        citation="""@inproceedings{dagan-etal-2006-pascal,
    title = "The {PASCAL} Recognising Textual Entailment Challenge",
    author = "Dagan, Ido and Glickman, Oren and Magnini, Bernardo",
    booktitle = "Machine Learning Challenges",
    year = "2006", pages = "177--190", doi = "10.1007/11736790_9",
}

@inproceedings{wang2019glue,
    title = "{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding",
    author = "Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.",
    booktitle = "International Conference on Learning Representations", year = "2019",
}""",
        limits=("It is small: 2,490 rows for training, from four yearly challenges.", "Contradictions are not told apart from what merely does not follow."),
    ),
    splits={"train": "train", "validation": "validation"},
    benchmarks={"rte": "validation"},
    slots={
        "text": column("sentence1").recoded().spaced().detokenised().trimmed(),
        "statement": column("sentence2").recoded().spaced().trimmed(),
        "label": label("label", {"entailment": "entailment", "not_entailment": "not entailment"}),
        "answer": label("label", {"entailment": "yes", "not_entailment": "no"}),
        "support": label("label", {"entailment": "supported", "not_entailment": "unsupported"}),
        "step": label("label", {"entailment": "valid", "not_entailment": "invalid"}),
        "standing": label("label", {"entailment": "justified", "not_entailment": "unjustified"}),
        "finding": label("label", {"entailment": "It can be inferred.", "not_entailment": "It cannot be inferred."}),
        "possible": label("label", {"entailment": "can", "not_entailment": "cannot"}),
        "demand": label("label", {"entailment": "follows from", "not_entailment": "does not follow from"}),
    },
    templates=(
        Template("seed", "Classify whether the text entails the statement: {sentence1} \nStatement: {sentence2}\n[OUTPUT]: {label}"),
        Template("from_this_alone", "{text}\n\nFrom this alone, can you conclude the following? Answer yes or no.\n\n{statement}\n[OUTPUT]: {answer}"),
        Template(
            "options_listed", "Text: {text}\n\nHypothesis: {statement}\n\nPick the relation between them:\n- not entailment\n- entailment\n[OUTPUT]: {label}"
        ),
        Template("claim_first", "Claim: {statement}\n\nIs that claim supported or unsupported by the report below?\n\n{text}\n\n[OUTPUT]: {support}"),
        Template(
            "assume",
            "Assume that everything in the passage is correct. Must the statement be correct too, yes or no?\n\nPassage: {text}\nStatement: {statement}\n\n[OUTPUT]: {answer}",
        ),
        Template(
            "say_whether", "Say in one sentence whether the second of these can be inferred from the first.\n\n1. {text}\n2. {statement}\n\n[OUTPUT]: {finding}"
        ),
        Template("follows", "{text}\n\nDoes this follow? {statement}\n[OUTPUT]: {answer}"),
        Template("terse", "{text}\nHence: {statement}\nIs that step valid or invalid?\n[OUTPUT]: {step}"),
        Template(
            "reader",
            "Someone who reads this report, and knows nothing else about the matter, infers something from it. Is the inference justified or unjustified?\n\nReport: {text}\n\nInference: {statement}\n\n[OUTPUT]: {standing}",
        ),
        Template(
            "pupil",
            "A teacher asks a class to read a text and to write down one thing that can be learned from it. A pupil gets the mark if the text says so, be it in other words, or leaves no doubt of it; what is only likely, or known from elsewhere, gets no mark. Does this pupil get the mark?\n\nThe text: {text}\n\nThe pupil's sentence: {statement}\n\n[OUTPUT]: {answer}",
        ),
        Template("write_a_statement", "Here is a piece of news: {text}\n\nWrite a statement that {demand} it.\n[OUTPUT]: {statement}", inverted=True),
        Template("write_the_text", "Write a piece of news from which it {possible} be concluded that this is so: {statement}\n[OUTPUT]: {text}", inverted=True),
    ),
    waivers={"source-text": "one text in a thousand has a broken quotation mark, which only the seed shows as it is"},
)
