"""For whoever writes a task. It imports all above it but ``publish`` and ``prove``.

::

    preview    a source row, and how each template fills up with it
    check      faults in declarations, and in what they render
    new        a new task's files, to be finished by hand
"""

from mixbuild.author.check.report import as_data, as_text, errors
from mixbuild.author.check.rules import ERROR, TODO
from mixbuild.author.check.run import check
from mixbuild.author.check.samples import MAKE_GOLDEN
from mixbuild.author.new.start import Started, start
from mixbuild.author.preview import Piece, Preview, Rendering, preview

__all__ = [
    "ERROR",
    "MAKE_GOLDEN",
    "TODO",
    "Piece",
    "Preview",
    "Rendering",
    "Started",
    "as_data",
    "as_text",
    "check",
    "errors",
    "preview",
    "start",
]
