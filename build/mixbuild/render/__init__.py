"""A batch of source rows -> rows of the published dataset, and drops. Pure.

It imports ``core`` and ``declare``::

    text       which texts are blank
    options    options, cleaned, shuffled by hash and shown
    bind       a task, bound to the columns of its source
    render     batch of source rows -> rows + drops
"""

from mixbuild.render.bind import Binding, bind, choose_templates
from mixbuild.render.options import OWN_LETTER, ShownOptions, letters
from mixbuild.render.render import Origin, fillings, render, shown_options

__all__ = [
    "OWN_LETTER",
    "Binding",
    "Origin",
    "ShownOptions",
    "bind",
    "choose_templates",
    "fillings",
    "letters",
    "render",
    "shown_options",
]
