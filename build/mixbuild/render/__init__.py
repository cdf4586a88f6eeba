"""A batch of source rows -> rows of the published dataset, and drops. Pure.

It imports ``core`` and ``declare``::

    lists      the items of a batch's lists, and whose each is
    answers    which of its options a row's answer names
    is_blank   which texts hold nothing but white space
    clean      options without letters, marks and white space of the source
    refers     options that refer to others by their places
    arrange    options put in order by hash, and shown
    utf8       which texts are none, for their bytes
    bind       a task, bound to the columns of its source
    render     batch of source rows -> rows + drops
"""

from mixbuild.render.arrange import Arrangement
from mixbuild.render.bind import Binding, bind, choose_templates
from mixbuild.render.clean import OWN_LETTER
from mixbuild.render.render import Origin, arranged, fillings, render

__all__ = [
    "OWN_LETTER",
    "Arrangement",
    "Binding",
    "Origin",
    "arranged",
    "bind",
    "choose_templates",
    "fillings",
    "render",
]
