"""Translation between German and English, in both directions.

Source: https://huggingface.co/datasets/Helsinki-NLP/opus-100
Raw record: {"translation": {"de": "Das ist ein Haus.", "en": "That's a house."}}
    The direction is the template's. White space around a text is trimmed; a pair of which one side
    is blank is left out.
Not confirmed: the raw record, which shows the form and is no row of the source.
"""

from mixbuild.declare import Source, Task, Template, trimmed

TASK = Task(
    name="opus_de_en",
    family="translation",
    source=Source(
        "Helsinki-NLP/opus-100",
        config="de-en",
        license="unknown",
        citation="""@inproceedings{zhang-etal-2020-improving,
    title = "Improving Massively Multilingual Neural Machine Translation and Zero-Shot Translation",
    author = "Zhang, Biao and Williams, Philip and Titov, Ivan and Sennrich, Rico",
    booktitle = "Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics",
    year = "2020", doi = "10.18653/v1/2020.acl-main.148",
}""",
        languages=("de", "en"),
        limits=(
            "Pairs were aligned by machine, from film subtitles, web pages, software and more: some are no translations of each other, or not translated at all.",
            "Sentences stand without their context, so that the gender or the politeness of a translation is often a matter of chance.",
        ),
    ),
    splits={"train": "train", "validation": "validation", "test": "test"},
    slots={"german": trimmed("translation", "de"), "english": trimmed("translation", "en")},
    templates=(
        Template("seed", "Translate the following text from German to English: {german} \n[OUTPUT]: {english}"),
        Template("into_german", "Put this into German.\n\n{english}\n\n[OUTPUT]: {german}"),
        Template("how_to_say", "How would you say this in English?\n\n{german}\n\n[OUTPUT]: {english}"),
        Template("what_is_the_german", "What is this in German? {english}\n[OUTPUT]: {german}"),
        Template("german_first", "{german}\n\nGive an English rendering of the German words above.\n[OUTPUT]: {english}"),
        Template(
            "translator",
            "You are a translator whose mother tongue is German. Find natural wording in that language for the text that follows; do not explain anything.\n\nText: {english}\n\n[OUTPUT]: {german}",
        ),
        Template(
            "for_a_reader",
            "Somebody who reads no German has been sent the text below and asks you what it says. Write it out in English, as briefly or as fully as the original and with nothing of your own.\n\n{german}\n\n[OUTPUT]: {english}",
        ),
        Template("terse", "German: {german}\nEnglish:\n[OUTPUT]: {english}"),
        Template("terse_back", "en: {english}\nde:\n[OUTPUT]: {german}"),
        Template("asked_in_german", "Übersetze ins Englische: {german}\n[OUTPUT]: {english}", language="de"),
        Template("asked_in_german_back", "Wie lautet der folgende englische Text auf Deutsch?\n\n{english}\n\n[OUTPUT]: {german}", language="de"),
        Template("de_polite", "Bitte übertragen Sie diese Zeilen ins Deutsche:\n\n{english}\n\n[OUTPUT]: {german}", language="de"),
        Template("de_how_to_say", "Wie sagt man das auf Englisch?\n\n{german}\n\n[OUTPUT]: {english}", language="de"),
        Template("de_german_first", "{german}\n\nGib das, was oben auf Deutsch steht, auf Englisch wieder.\n[OUTPUT]: {english}", language="de"),
        Template("de_english_first", "{english}\n\nWas heißt das auf Deutsch?\n[OUTPUT]: {german}", language="de"),
        Template(
            "de_translator",
            "Du übersetzt beruflich und bist mit Englisch aufgewachsen. Finde für den folgenden Text einen Wortlaut, auf den auch jemand käme, der von vornherein auf Englisch schreibt, und erkläre nichts.\n\nText: {german}\n\n[OUTPUT]: {english}",
            language="de",
        ),
        Template(
            "de_for_a_reader",
            "Jemand, der kein Englisch kann, hat den folgenden Text bekommen und möchte von dir wissen, was darin steht. Schreib es auf Deutsch auf, so knapp oder so ausführlich wie das Original und ohne eigene Bemerkungen.\n\n{english}\n\n[OUTPUT]: {german}",
            language="de",
        ),
        Template("de_terse", "Deutsch: {german}\nEnglisch:\n[OUTPUT]: {english}", language="de"),
        Template("de_terse_back", "Englisch: {english}\nDeutsch:\n[OUTPUT]: {german}", language="de"),
    ),
    waivers={"inverted": "both directions are translations: neither is the other one inverted"},
)
