"""The dataset card: a published manifest -> the text of README.md. Pure.

Everything that the card says is computed from the manifest, so the two cannot
disagree. The YAML leaves out splits without rows, which have no files and which
``datasets`` could not load; the text counts them. What people wrote on the card
of the Hub survives: keys of the YAML that are not ours, configs of tasks that
are not ours, text outside our markers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixbuild.core import CardError, dump_yaml, load_yaml, split_front_matter
from mixbuild.make import CARD
from mixbuild.publish.card.metadata import (
    data_files,
    dataset_infos,
    default_of,
    loadable,
    merge_data,
    ordered,
    title,
)
from mixbuild.publish.card.sections import BEGIN, END, sections
from mixbuild.publish.manifest import MAIN, Published

__all__ = [
    "BEGIN",
    "END",
    "FILE",
    "data_files",
    "dataset_infos",
    "loadable",
    "ordered",
    "refuse_unmergeable",
    "split_card",
    "write_card",
]

FILE = CARD


def write_card(
    published: Published,
    *,
    repo: str,
    branch: str = MAIN,
    images: Mapping[str, str],
    card: str | None = None,
) -> str:
    """The card's text.

    Args:
        published: the manifest.
        repo: where it is published, ``org/name``.
        branch: of the repo.
        images: ``rows``, ``lengths``, and ``composition of`` each mixture -> the path of each image
            within the repo.
        card: the text that is there now, to be merged with.

    Raises:
        CardError: the text that is there cannot be told apart.
    """
    data, text = split_card(card or "")
    merged = merge_data(data, published)
    body = sections(
        published,
        repo=repo,
        branch=branch,
        images=images,
        name=title(data),
        default=default_of(merged),
    )
    return f"---\n{dump_yaml(merged)}---\n{_merge_text(text, body)}"


def refuse_unmergeable(card: str, published: Published) -> None:
    """Refuse a text that ``write_card`` could not merge with.

    Args:
        card: the text that is there now.
        published: the manifest; what it says of rows and files does not matter.

    Raises:
        CardError: the text cannot be told apart.
    """
    data, text = split_card(card)
    merge_data(data, published)
    _merge_text(text, BEGIN + END)


def split_card(card: str) -> tuple[dict[str, Any], str]:  # YAML of people, kept as it is
    """A card's YAML, and the text after it.

    Raises:
        CardError: the YAML is none, or has our markers in it.
    """
    front, text = split_front_matter(card)
    if front is None:
        return {}, text
    if BEGIN in front or END in front:
        raise CardError(
            f"{FILE} on the Hub: expected the lines {BEGIN!r} and {END!r} below its YAML, got them "
            f"between its first two lines ---; move them there, or delete them, then push again"
        )
    lines_above = card[: card.index("---")].count("\n") + 1
    try:
        data = load_yaml("\n" * lines_above + front, where=f"{FILE} on the Hub", error=CardError)
    except CardError as error:
        raise CardError(f"{error}; repair it there, then push again") from None
    if data is not None and not isinstance(data, dict):
        raise CardError(
            f"{FILE} on the Hub: expected keys and values between its first two lines ---, got "
            f"{data!r:.60}; repair it there, then push again"
        )
    return data or {}, text


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
