"""A batch of source rows -> rows of the published dataset, and drops. Pure.

It imports ``core`` and ``declare``::

    text       which types are of text, and which texts are blank
    classes    what a source has in a column for each class of a task
    options    options, cleaned, shuffled by hash and shown
    bind       a task, bound to the columns of its source
    keys       what rows say, as digests
    words      texts as words and runs of words, each a hash
    shingles   what near rows are compared by: each input as the set of its runs of words
    take       which rows a template takes, and which template a row is given to
    outputs    completions and references, cleaned
    trim       rows that are too long, with less of what their task lets be cut
    render     batch of source rows -> rows + drops
"""

from mixbuild.render.bind import Binding, bind, choose_templates
from mixbuild.render.classes import CLASS_NAMES, class_names
from mixbuild.render.options import OWN_LETTER, ShownOptions, letters
from mixbuild.render.outputs import clean
from mixbuild.render.render import Origin, fillings, render, shown_options
from mixbuild.render.shingles import row_marks, shingles_of
from mixbuild.render.trim import Limit
from mixbuild.render.words import Words, runs_of, words_in, words_of

__all__ = [
    "CLASS_NAMES",
    "OWN_LETTER",
    "Binding",
    "Limit",
    "Origin",
    "ShownOptions",
    "Words",
    "bind",
    "choose_templates",
    "class_names",
    "clean",
    "fillings",
    "letters",
    "render",
    "row_marks",
    "runs_of",
    "shingles_of",
    "shown_options",
    "words_in",
    "words_of",
]
