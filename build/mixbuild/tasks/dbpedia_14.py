"""What kind of thing an article of Wikipedia is about.

Source: https://huggingface.co/datasets/fancyzhx/dbpedia_14
Raw record: {"label": 0, "title": "E. D. Abbott Ltd", "content": " Abbott of Farnham E D Abbott …"}
    0 to 13 are Company, EducationalInstitution, Artist, Athlete, OfficeHolder,
    MeanOfTransportation, Building, NaturalPlace, Village, Animal, Plant, Album, Film and
    WrittenWork; ours are the same in plain words. A content begins with a space, which is trimmed,
    and may have marks of footnotes, "[1]" or "[citation needed]", which are cut; of a title, what
    Wikipedia puts behind it to tell it from others: "Ping (golf)".
Not confirmed: whether any title is blank, as in an example on the card; without it, a template
    that names the subject leaves the row out.
"""

from mixbuild.declare import Source, Task, Template, holds, label, replaced

CLASSES = (
    *("Company", "EducationalInstitution", "Artist", "Athlete", "OfficeHolder"),
    *("MeanOfTransportation", "Building", "NaturalPlace", "Village"),
    *("Animal", "Plant", "Album", "Film", "WrittenWork"),
)
KINDS = (
    *("company", "educational institution", "artist", "athlete", "office holder"),
    *("means of transport", "building", "natural place", "village"),
    *("animal", "plant", "album", "film", "written work"),
)
PHRASES = tuple(f"{'an' if kind[0] in 'aeo' else 'a'} {kind}" for kind in KINDS)
DOMAINS = (
    *("an organisation", "an organisation", "a person", "a person", "a person"),
    *("a vehicle", "a place", "a place", "a place"),
    *("a living thing", "a living thing", "a creative work", "a creative work", "a creative work"),
)

TEMPLATES = (
    Template("seed", "Classify this article topic: {content} \n[OUTPUT]: {label}"),
    Template("listed_in_line", f"Read the description and choose what its subject is: {', '.join(KINDS)}.\n\n{{content}}\n\n[OUTPUT]: {{label}}"),
    Template(
        "listed_below",
        "{content}\n\nPut this text into one of fourteen categories:\n" + "\n".join(f"- {kind}" for kind in sorted(KINDS)) + "\n\n[OUTPUT]: {label}",
    ),
    Template("in_a_word_or_two", '{content}\n\nSo what, in a few words, does the heading "{title}" stand for?\n[OUTPUT]: {phrase}'),
    Template(
        "domain", "Is the following about a creative work, a living thing, an organisation, a person, a place or a vehicle?\n\n{content}\n[OUTPUT]: {domain}"
    ),
    Template(
        "heading",
        f"An encyclopaedia is arranged by headings: {', '.join(KINDS[::-1])}. Under which of them do readers find this entry?\n\n{{title}}\n{{content}}\n\n[OUTPUT]: {{label}}",
    ),
    Template("without_options", "With what category of subject does the text deal?\n\nText: {content}\n\n[OUTPUT]: {label}"),
    Template("terse", "{title}: {content}\nKind:\n[OUTPUT]: {label}"),
    Template(
        "write_the_entry",
        'Write the opening of an encyclopaedia article entitled "{title}", about {phrase}.\n[OUTPUT]: {content}',
        inverted=True,
        # "beers made before that law (i.e." ends in a full stop and breaks off
        drops={"breaks off": ~holds("content", pattern=r"[.!?。][\"'”’)\]}]*\s*$") | holds("content", pattern=r"\([^()]*$")},
    ),
    Template("what_is_described", "What does this describe?\n{content}\n[OUTPUT]: {phrase}"),
    Template(
        "sorting_office",
        "Articles that arrive without a category are sorted by hand before they are printed. There is a box for each kind of subject, fourteen in all, in the order of the alphabet:\n"
        + "\n".join(f"{number}. {kind}" for number, kind in enumerate(sorted(KINDS), 1))
        + "\n\nName the box into which you put the next article.\n\n{title}: {content}\n\n[OUTPUT]: {label}",
    ),
)

TASK = Task(
    name="dbpedia_14",
    family="topic",
    source=Source(
        "fancyzhx/dbpedia_14",
        config="dbpedia_14",
        license="cc-by-sa-3.0",
        citation="""@article{lehmann-etal-2015-dbpedia,
    title = "{DB}pedia -- A Large-scale, Multilingual Knowledge Base Extracted from {W}ikipedia",
    author = "Lehmann, Jens and Isele, Robert and Jakob, Max and Jentzsch, Anja and Kontokostas, Dimitris and Mendes, Pablo N. and Hellmann, Sebastian and Morsey, Mohamed and van Kleef, Patrick and Auer, S{\\"o}ren and Bizer, Christian",
    journal = "Semantic Web", volume = "6", number = "2", year = "2015", pages = "167--195",
}
@inproceedings{zhang-etal-2015-character,
    title = "Character-level Convolutional Networks for Text Classification",
    author = "Zhang, Xiang and Zhao, Junbo and LeCun, Yann",
    booktitle = "Advances in Neural Information Processing Systems 28",
    year = "2015",
}""",
        limits=(
            "The kinds were derived by machine from Wikipedia as it was in 2014, and nobody checked them row by row.",
            "Most texts say in their first sentence what their subject is, so that the task is easy.",
        ),
    ),
    splits={"train": "train", "test": "test"},
    benchmarks={"dbpedia_14": "test"},
    slots={
        "title": replaced("title", pattern=r"(\S)\s*\([^()]*\)\s*$", by=r"\1").trimmed(),
        "content": replaced("content", pattern=r"\[(?:\d+|note \d+|\w+ needed)\]", by="", holding="[").trimmed(),
        "label": label("label", dict(zip(CLASSES, KINDS, strict=True))),
        "phrase": label("label", dict(zip(CLASSES, PHRASES, strict=True))),
        "domain": label("label", dict(zip(CLASSES, DOMAINS, strict=True))),
    },
    templates=TEMPLATES,
)
