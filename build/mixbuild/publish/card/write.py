"""The dataset card: a published manifest -> the text of README.md. Pure.

Everything that the card says is computed from the manifest, so the two cannot
disagree. The YAML leaves out splits without rows, which have no files and which
``datasets`` could not load; the text counts them. What people wrote on the card
of the Hub survives: keys of the YAML that are not ours, configs of tasks that
are not ours, text outside our markers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from mixbuild.core import CardError
from mixbuild.publish.card.metadata import Published, dataset_infos, loadable, merge_data, ordered
from mixbuild.publish.card.sections import BEGIN, END, sections

__all__ = [
    "BEGIN",
    "END",
    "FILE",
    "dataset_infos",
    "loadable",
    "ordered",
    "split_card",
    "write_card",
]

FILE = "README.md"


def write_card(
    published: Published, *, repo: str, images: Mapping[str, str], card: str | None = None
) -> str:
    """The card's text.

    Args:
        published: the manifest.
        repo: where it is published, ``org/name``.
        images: ``rows`` and ``lengths`` -> the path of each image within the repo.
        card: the text that is there now, to be merged with.

    Raises:
        CardError: the text that is there cannot be told apart.
    """
    data, text = split_card(card or "")
    header = yaml.safe_dump(
        merge_data(data, published), sort_keys=False, allow_unicode=True, width=100
    )
    body = sections(published, repo=repo, images=images, name=str(data.get("pretty_name") or ""))
    return f"---\n{header}---\n{_merge_text(text, body)}"


def split_card(card: str) -> tuple[dict[str, Any], str]:
    """A card's YAML, and the text after it.

    Raises:
        CardError: the YAML is none.
    """
    card = card.removeprefix("\ufeff")
    found = re.match(r"\s*---[ \t]*\r?\n(.*?\n)?---[ \t]*(?:\r?\n|$)", card, re.DOTALL)
    if found is None:
        return {}, card
    try:
        data = yaml.safe_load(found[1] or "") or {}
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise CardError(
            f"{FILE} on the Hub: expected YAML between its first two lines ---, got something "
            f"else ({reason}); repair it there, then push again"
        ) from None
    if not isinstance(data, dict):
        raise CardError(
            f"{FILE} on the Hub: expected keys and values between its first two lines ---, got "
            f"{type(data).__name__}; repair it there, then push again"
        )
    return data, card[found.end() :]


def _merge_text(old: str, new: str) -> str:
    """Put our part where it was, or at the end of what people wrote."""
    if BEGIN not in old and END not in old:
        return f"{old.rstrip()}\n\n{new}".lstrip() if old.strip() else new
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(END) < old.index(BEGIN):
        raise CardError(
            f"{FILE} on the Hub: expected the lines {BEGIN!r} and {END!r} once each, in this "
            f"order; put them back around what is generated, or delete that, then push again"
        )
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    generated = new[new.index(BEGIN) : new.index(END) + len(END)]
    return f"{before}{generated}{after}"
