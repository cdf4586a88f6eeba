"""A sentence about an everyday scene, made from a few given words.

Source: https://huggingface.co/datasets/allenai/common_gen
Raw record: {"concept_set_idx": 0, "concepts": ["ski", "mountain", "skier"],
    "target": "Skier skis down the mountain"}
    The split ``test`` has an empty target throughout and is not offered. A set of concepts
    stands in several rows, each with another sentence.
"""

from mixbuild.declare import Source, Task, Template, column, is_empty, joined

TASK = Task(
    name="common_gen",
    family="data to text",
    source=Source(
        "allenai/common_gen",
        config="default",
        license="mit",
        citation="""@inproceedings{lin-etal-2020-commongen,
    title = "{C}ommon{G}en: A Constrained Text Generation Challenge for Generative Commonsense Reasoning",
    author = "Lin, Bill Yuchen and Zhou, Wangchunshu and Shen, Ming and Zhou, Pei and Bhagavatula, Chandra and Choi, Yejin and Ren, Xiang",
    booktitle = "Findings of the Association for Computational Linguistics: EMNLP 2020",
    year = "2020", pages = "1823--1840", doi = "10.18653/v1/2020.findings-emnlp.165",
}""",
        limits=(
            "A set of concepts has several sentences, each in a row of its own: the same prompt comes with different completions.",
            "Many sentences are captions of pictures, and some lack the capital or the full stop.",
        ),
    ),
    splits={"train": "train", "validation": "validation"},
    slots={"concepts": joined("concepts", separator=", "), "target": column("target").detokenised()},
    drops={"no concepts": is_empty("concepts")},
    templates=(
        Template("seed", "Write a sentence with the following concepts: {concepts} \n[OUTPUT]: {target}"),
        Template("everyday_scene", "Describe an everyday scene in which all of these play a part. One sentence is enough.\n\n{concepts}\n\n[OUTPUT]: {target}"),
        Template("words_first", "{concepts}\n\nPut the words above together in a sentence that makes sense.\n[OUTPUT]: {target}"),
        Template("card_game", "In a game you have drawn these cards: {concepts}. Say what could be happening, and mention every card.\n[OUTPUT]: {target}"),
        Template("caption", "Caption a picture to which all of these words apply: {concepts}\n[OUTPUT]: {target}"),
        Template("one_event", "How could these come together in a single plausible event? {concepts}\n[OUTPUT]: {target}"),
        Template("terse", "Words: {concepts}\nSentence?\n[OUTPUT]: {target}"),
        Template(
            "language_teacher",
            "You teach English to beginners. Make up an example for your pupils that uses each word of today's list. You may inflect the words and choose their order.\n\nList: {concepts}\n\n[OUTPUT]: {target}",
        ),
        Template("any_order", "Make one sentence of these, in any order and form: {concepts}\n[OUTPUT]: {target}"),
        Template(
            "storyboard",
            "Each shot of a film is noted down in one plain sentence, so that the crew can tell at a glance who or what is in it and what goes on. Make the note for a shot that takes in everything on the following list.\n\nList: {concepts}\n\n[OUTPUT]: {target}",
        ),
        Template(
            "find_the_words",
            "From which three to five basic words could this sentence have been made? Separate them by commas; their order is free.\n\n{target}\n\n[OUTPUT]: {concepts}",
            inverted=True,
        ),
    ),
    waivers={"ambiguous-prompt": "a set of concepts has several sentences, each in a row of its own"},
)
