r"""Rows that are too long, with less of the one text that their task lets be cut. Pure.

Neither instruction nor marker nor completion is cut, and the text only between words: its end, or,
where it has to hold another text such as the answer, what is far from that.

>>> piece_of("one two three four five six").window(2)
'one two'
>>> piece_of("one two three four five six", "four").window(3)
'three four five'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.core import CountTokens
from mixbuild.declare import Task, Template, join
from mixbuild.render.outputs import clean


@dataclass(frozen=True)
class Limit:
    """The most tokens of a row, and what counts them."""

    max_tokens: int
    count: CountTokens


def trimmed(
    task: Task,
    template: Template,
    slots: Mapping[str, pa.Array],
    completion: pa.StringArray,
    limit: Limit,
) -> pa.StringArray | None:
    """What the task lets be cut, cut where a row is too long for it.

    A row that would still be too long is as it was; whoever counts its tokens leaves it out.

    Args:
        task: which says what may be cut.
        template: what the rows are rendered by.
        slots: what fills its placeholders.
        completion: of each row.
        limit: the most tokens of prompt and completion in one piece.

    Returns:
        the slot's texts; None where there is nothing to be cut.
    """
    name = task.trimmable
    if name is None or name in template.outputs or name not in template.placeholders:
        return None

    def tokens(at: npt.NDArray[np.int64], texts: pa.StringArray) -> npt.NDArray[np.int64]:
        rows = pa.array(at)
        filled = {each: values.take(rows) for each, values in slots.items()}
        prompts = join(template.prompt, {**filled, name: texts}).to_pylist()
        return limit.count(prompts, completion.take(rows).to_pylist())

    texts = slots[name]
    at = np.flatnonzero(tokens(np.arange(len(texts)), texts) > limit.max_tokens)
    kept = texts if task.keeps is None else clean(slots[task.keeps])
    rows = {
        int(row): piece
        for row in at
        if (piece := piece_of(texts[row].as_py(), "" if task.keeps is None else kept[row].as_py()))
    }
    fits = _most_words(rows, lambda rows, cut: tokens(rows, cut) <= limit.max_tokens)
    if not fits:
        return None
    cut = [rows[row].window(fits[row]) if row in fits else text.as_py()
           for row, text in enumerate(texts)]  # fmt: skip
    return pa.array(cut, pa.string())


@dataclass(frozen=True)
class Piece:
    """A text, its words, and which of them a piece of it has to hold."""

    text: str
    words: tuple[tuple[int, int], ...]
    first: int
    last: int

    @property
    def fewest(self) -> int:
        """How many words a piece has at least."""
        return max(1, self.last - self.first + 1)

    def window(self, words: int) -> str:
        """So many words in one piece: as many before as after those that it has to hold."""
        more = words - (self.last - self.first + 1)
        after = min(len(self.words) - 1 - self.last, more - min(self.first, more // 2))
        before = min(self.first, more - after)
        return self.text[self.words[self.first - before][0] : self.words[self.last + after][1]]


def piece_of(text: str, keep: str = "") -> Piece | None:
    """What of a text is to be left; None where ``keep`` is not in it.

    Args:
        text: the whole.
        keep: where it stands first, is what a piece lies around; of nothing, the beginning.
    """
    words = tuple(found.span() for found in re.finditer(r"\S+", text))
    start = text.find(keep)
    if start < 0 or not words:
        return None
    first = sum(end <= start for _, end in words) if keep else 0
    last = sum(begin < start + len(keep) for begin, _ in words) - 1
    return Piece(text, words, first, last)


def _most_words(
    rows: Mapping[int, Piece],
    fit: Callable[[npt.NDArray[np.int64], pa.StringArray], npt.NDArray[np.bool_]],
) -> dict[int, int]:
    """How many words of each text fit, at least one less than it has: all rows bisected at once."""
    low = {row: piece.fewest - 1 for row, piece in rows.items()}
    high = {row: len(piece.words) - 1 for row, piece in rows.items()}
    while open_ := [row for row in rows if low[row] < high[row]]:
        middle = {row: (low[row] + high[row] + 1) // 2 for row in open_}
        cut = pa.array([rows[row].window(middle[row]) for row in open_], pa.string())
        for row, is_short in zip(open_, fit(np.array(open_), cut), strict=True):
            if is_short:
                low[row] = middle[row]
            else:
                high[row] = middle[row] - 1
    return {row: low[row] for row, piece in rows.items() if low[row] >= piece.fewest}
