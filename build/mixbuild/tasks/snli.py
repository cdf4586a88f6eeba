"""Whether the caption of a photograph entails or contradicts a sentence.

Source: https://huggingface.co/datasets/stanfordnlp/snli
Raw record: {"premise": "This church choir sings to the masses as they sing joyous songs …",
    "hypothesis": "The church has cracks in the ceiling.", "label": 1}
    0 is entailment, 1 neutral, 2 contradiction, -1 what the annotators did not agree on.
Not confirmed: whether any hypothesis is blank; a pair with one is left out.
"""

from mixbuild.declare import Source, Task, Template, is_negative, label, trimmed

TASK = Task(
    name="snli",
    family="natural language inference",
    source=Source(
        "stanfordnlp/snli",
        config="plain_text",
        license="cc-by-sa-4.0",
        citation="""@inproceedings{bowman-etal-2015-large,
    title = "A Large Annotated Corpus for Learning Natural Language Inference",
    author = "Bowman, Samuel R. and Angeli, Gabor and Potts, Christopher and Manning, Christopher D.",
    booktitle = "Proceedings of the 2015 Conference on Empirical Methods in Natural Language Processing",
    year = "2015", doi = "10.18653/v1/D15-1075",
}""",
        limits=(
            "The hypotheses were written to order and give away much: a classifier that never sees the premise is right in about 67 % of the rows (doi:10.18653/v1/N18-2017).",
            "Some of them repeat stereotypes of sex, age and origin (doi:10.18653/v1/W17-1609).",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    slots={
        "hypothesis": trimmed("hypothesis"),
        "scene": trimmed("premise").detokenised(),
        "caption": trimmed("hypothesis").spaced(),
        "label": label("label", {"entailment": "entailment", "neutral": "neutral", "contradiction": "contradiction"}),
        "certainty": label("label", {"entailment": "definitely true", "neutral": "possibly true", "contradiction": "definitely false"}),
        "answer": label("label", {"entailment": "yes", "neutral": "maybe", "contradiction": "no"}),
        "effect": label("label", {"entailment": "entails", "neutral": "leaves open", "contradiction": "contradicts"}),
        "together": label("label", {"entailment": "yes", "neutral": "yes", "contradiction": "no"}),
        "ruled_out": label("label", {"entailment": "no", "neutral": "no", "contradiction": "yes"}),
        "rightness": label("label", {"entailment": "certainly right", "neutral": "perhaps right", "contradiction": "certainly wrong"}),
        "demand": label("label", {"entailment": "must be true", "neutral": "may or may not be true", "contradiction": "cannot be true"}),
    },
    drops={"no agreed label": is_negative("label")},
    templates=(
        Template("seed", "Classify the relation of the hypothesis to the premise: {premise} \nHypothesis: {hypothesis}\n[OUTPUT]: {label}"),
        Template(
            "photograph",
            "{premise}\n\nSuppose that this describes a photograph. Is the following definitely true, possibly true or definitely false of it?\n\n{hypothesis}\n[OUTPUT]: {certainty}",
        ),
        Template("yes_no_maybe", "Scene: {premise}\nClaim: {hypothesis}\nIs the claim true of the scene? Answer yes, no or maybe.\n[OUTPUT]: {answer}"),
        Template(
            "options_listed",
            "How does the second sentence relate to the first?\n\nFirst: {premise}\nSecond: {hypothesis}\n\nOptions:\n- contradiction\n- entailment\n- neutral\n\n[OUTPUT]: {label}",
        ),
        Template(
            "hypothesis_first",
            "Hypothesis: {hypothesis}\nPremise: {premise}\n\nFill the gap with contradicts, entails or leaves open: the premise ___ the hypothesis.\n[OUTPUT]: {effect}",
        ),
        Template(
            "defined",
            "Label pairs of sentences like this: entailment when the latter must be true if the former is, contradiction when it cannot be, and neutral when there is no telling.\n\n1. {premise}\n2. {hypothesis}\n\n[OUTPUT]: {label}",
        ),
        Template(
            "second_caption",
            "Somebody read the caption of a photograph, without seeing the photograph, and was asked for a second line about it. The second line had to be certainly right, perhaps right or certainly wrong, going by the caption alone. Which of the three is it here?\n\nCaption: {premise}\nSecond line: {hypothesis}\n\n[OUTPUT]: {rightness}",
        ),
        Template("same_picture", "Could both of these be true of one and the same picture, yes or no?\n\n{premise}\n{hypothesis}\n[OUTPUT]: {together}"),
        Template("ruled_out", "{hypothesis}\n\nIs that ruled out by the following? {premise}\n[OUTPUT]: {ruled_out}"),
        Template("terse", "{premise} => {hypothesis}\nRelation:\n[OUTPUT]: {label}"),
        Template(
            "write_a_caption", "A picture shows this: {premise}\n\nWrite a caption that {demand} of the same picture.\n[OUTPUT]: {caption}", inverted=True
        ),
        Template(
            "describe_a_scene", "Describe a scene in a line, in such a way that the following {demand} of it.\n\n{hypothesis}\n[OUTPUT]: {scene}", inverted=True
        ),
    ),
)
