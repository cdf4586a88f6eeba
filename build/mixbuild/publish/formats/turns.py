"""Rows as the turns of a conversation: an optional system message, the prompt, the completion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixbuild.declare import KEEP, RowFormat
from mixbuild.publish.formats.cut import with_space, without_marker, without_space
from mixbuild.publish.formats.view import Columns, Openings, View


@dataclass(frozen=True)
class Turns:
    """What a format of conversations calls things.

    Attributes:
        column: of the conversation.
        who: the field that says whose turn it is.
        what: the field of the text.
        names: of the system, the user and the assistant.
    """

    column: str
    who: str
    what: str
    names: tuple[str, str, str]

    @property
    def type(self) -> pa.DataType:
        """Of the column."""
        return pa.list_(pa.struct([(self.who, pa.string()), (self.what, pa.string())]))

    @property
    def view(self) -> View:
        """The row format."""
        columns = {self.column: self.type, "marker": pa.string()}
        few = (f"{self.column}.list.element.{self.who}", "marker")
        return View(columns, 1, self.lay, self.back, few)

    def lay(self, rows: pa.RecordBatch, asked: RowFormat, _: Openings) -> Columns:
        """Each row's turns, and the marker that was taken out of them."""
        keep = asked.marker == KEEP
        user, marker = without_marker(rows.column("prompt"), keep=keep)
        assistant = without_space(rows.column("completion"), keep=keep)
        count = rows.num_rows
        own = [] if asked.system is None else [2 * count]  # one text for all, behind the others
        each = np.stack([*(np.full(count, at) for at in own), np.arange(count)], axis=1)
        order = np.concatenate([each, each[:, -1:] + count], axis=1)
        system = pa.array([asked.system or ""], pa.string())
        texts = pa.concat_arrays([user, assistant, system]).take(pa.array(order.ravel()))
        turns = order.shape[1]
        who = pa.array(self.names[-turns:]).take(pa.array(np.tile(np.arange(turns), count)))
        conversation = pa.ListArray.from_arrays(
            np.arange(0, turns * count + 1, turns, dtype=np.int32),
            pa.StructArray.from_arrays([who, texts], [self.who, self.what]),
        )
        return {self.column: conversation.cast(self.type), "marker": marker}

    def back(self, batch: pa.RecordBatch) -> tuple[pa.StringArray, pa.StringArray]:
        """Prompts and completions: of the last two turns."""
        conversation, marker = batch.column(self.column), batch.column("marker")
        texts = pc.list_flatten(conversation).field(self.what)
        ends = np.cumsum(pc.list_value_length(conversation).to_numpy(zero_copy_only=False))
        user, assistant = (texts.take(pa.array(ends - back)) for back in (2, 1))
        prompts = pc.binary_join_element_wise(user, marker, "")
        return prompts, with_space(assistant, marker)
