"""Row formats: exact, vectorised views of a batch of rows, and the way back. Pure.

A format for chats takes the marker out of the texts, since a chat has ends of turns in its place.
What is taken out goes along in the column ``marker``, so that ``prompt`` and ``completion`` can be
told again from any row alone: a prompt is the user's text + ``marker``; a completion, the
assistant's text, after one space unless ``marker`` is empty.

::

    view               what a row format is made of
    cut                texts cut in two, and the marker taken out of prompts
    turns              rows as the turns of a conversation
    prompt_completion  the rows as they are
    messages           a list of messages, each with its role
    sharegpt           a list of turns, each with whom it is from
    alpaca             instruction, input, output
    text               prompt and completion in one
    convert            rows in any of them, and back
"""

from mixbuild.publish.formats.convert import (
    back,
    columns_of,
    digest_of,
    few,
    lay,
    openings,
    texts_of,
)
from mixbuild.publish.formats.view import Openings

__all__ = ["Openings", "back", "columns_of", "digest_of", "few", "lay", "openings", "texts_of"]
