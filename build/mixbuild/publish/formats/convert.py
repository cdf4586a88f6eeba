"""Rows in any row format, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from mixbuild.core import SCHEMA, ContentDigest
from mixbuild.declare import ALPACA, MESSAGES, PROMPT_COMPLETION, SHAREGPT, RowFormat
from mixbuild.declare import TEXT_FORMAT as TEXT
from mixbuild.publish.formats import alpaca, messages, prompt_completion, sharegpt, text
from mixbuild.publish.formats.view import ALONG, Openings, View

VIEWS: Mapping[str, View] = {
    PROMPT_COMPLETION: prompt_completion.VIEW,
    MESSAGES: messages.VIEW,
    ALPACA: alpaca.VIEW,
    SHAREGPT: sharegpt.VIEW,
    TEXT: text.VIEW,
}


def columns_of(asked: RowFormat) -> pa.Schema:
    """The columns of a row format: its texts, what goes along, and what the way back needs.

    >>> columns_of(RowFormat("messages")).names
    ['messages', 'references', 'task', 'template', 'source', 'id', 'marker']
    """
    view = VIEWS[asked.name]
    own = [pa.field(name, kind) for name, kind in view.columns.items()]
    return pa.schema(
        [*own[: view.texts], *(SCHEMA.field(name) for name in ALONG), *own[view.texts :]]
    )


def texts_of(asked: RowFormat) -> list[str]:
    """The columns that hold the texts, in order."""
    view = VIEWS[asked.name]
    return list(view.columns)[: view.texts]


def few(asked: RowFormat) -> list[str]:
    """The columns whose values come often, by their places in a Parquet file."""
    return [*VIEWS[asked.name].few, "task", "template", "source"]


def digest_of(asked: RowFormat) -> ContentDigest | None:
    """What takes the digest of rows as they lie in a row format; None where they are as they are.

    Those have one in any case.
    """
    return None if asked.name == PROMPT_COMPLETION else ContentDigest(columns_of(asked))


def openings(templates: Mapping[tuple[str, str], str]) -> Openings:
    """What ``alpaca`` has to know: the instruction that each template begins with.

    Args:
        templates: (task, template) -> its text.
    """
    return {key: alpaca.opening(each) for key, each in templates.items()}


def lay(rows: pa.RecordBatch, asked: RowFormat, known: Openings) -> pa.RecordBatch:
    """Rows in a row format.

    Args:
        rows: of ``SCHEMA``.
        asked: the format, and its options.
        known: of ``openings``, for every template that a row may be of.

    Raises:
        VerifyError: a row is none of ours.
    """
    own = VIEWS[asked.name].lay(rows, asked, known)
    schema = columns_of(asked)
    columns = [own[name] if name in own else rows.column(name) for name in schema.names]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def back(batch: pa.RecordBatch, asked: RowFormat) -> pa.RecordBatch:
    """The rows again that were laid out; the options of the format need not be known."""
    prompt, completion = VIEWS[asked.name].back(batch)
    own: Mapping[str, Iterable[object]] = {"prompt": prompt, "completion": completion}
    columns = [own[name] if name in own else batch.column(name) for name in SCHEMA.names]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
