r"""Prompt and completion in one text, for continued pre-training and the like.

::

    {"text": "Classify … \n[OUTPUT]: positive"}

The completion is one space and the first of ``references``, so it is known where it begins.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.core import VerifyError
from mixbuild.declare import RowFormat
from mixbuild.publish.formats.cut import cut, sizes_of
from mixbuild.publish.formats.view import Columns, Openings, View


def lay(rows: pa.RecordBatch, _: RowFormat, __: Openings) -> Columns:
    """Each row's text.

    Raises:
        VerifyError: a row's first reference is not its completion's text.
    """
    prompt, completion = rows.column("prompt"), rows.column("completion")
    if not pc.all(pc.equal(completion, _completions(rows)), min_count=0).as_py():
        raise VerifyError(
            "expected completions of a space and the first reference, got another; run make again"
        )
    return {"text": pc.binary_join_element_wise(prompt, completion, "")}


def back(batch: pa.RecordBatch) -> tuple[pa.StringArray, pa.StringArray]:
    """Prompts and completions."""
    texts = batch.column("text")
    return cut(texts, sizes_of(texts) - sizes_of(_completions(batch)))


def _completions(batch: pa.RecordBatch) -> pa.StringArray:
    references = batch.column("references")
    lengths = pc.list_value_length(references).to_numpy(zero_copy_only=False)
    firsts = pc.list_flatten(references).take(pa.array(np.cumsum(lengths) - lengths))
    return pc.binary_join_element_wise(" ", firsts, "")


VIEW = View({"text": pa.string()}, 1, lay, back)
