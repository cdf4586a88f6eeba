"""The page of templates that lies beside the card: all of them, word for word."""

from __future__ import annotations

from mixbuild.publish.card.markdown import fenced
from mixbuild.publish.card.metadata import ordered
from mixbuild.publish.manifest import Published

FILE = "assets/templates.md"
"""Among what is ours: a page of that name at the root may be anyone's."""

HEAD = """\
# Templates

`{placeholders}` are filled from the source; the prompt ends in `[OUTPUT]:`. `seed` is the first
template of every config, and the one that is used unless another is asked for. The
[card](../README.md) shows rows.
"""


def templates_page(published: Published) -> str:
    """The text of the page."""
    blocks = [HEAD]
    for name in ordered(published.configs):
        templates = published.configs[name].templates
        blocks.append(f"## {name}\n")
        for template, each in templates.items():
            told = [f"in {each.language}"] if each.language != "en" else []
            told += ["inverted: it asks for what the source gives"] if each.inverted else []
            note = f" ({'; '.join(told)})" if told else ""
            blocks.append(f"`{template}`{note}:\n\n{fenced(each.text)}\n")
    return "\n".join(blocks)
