r"""What near rows are compared by: each input of a row as the set of its runs of words. Pure.

>>> from mixbuild.render.bind import bind
>>> from mixbuild.tasks import find
>>> texts = ["A fine, fine film!", "a film: FINE", "Dull."]
>>> source = pa.record_batch({"text": texts, "label": [0, 0, 1]})
>>> found = row_shingles(bind(find("imdb"), source.schema), source, 1)
>>> one, same, other = [each[0] for each in found.column("shingles").to_pylist()]
>>> len(one), one == same, len(other)
(3, True, 1)
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import SHINGLES
from mixbuild.declare import project
from mixbuild.render.bind import Binding
from mixbuild.render.keys import digests_of, row_keys, said
from mixbuild.render.words import Words, runs_of, words_of


def row_shingles(binding: Binding, batch: pa.RecordBatch, length: int) -> pa.RecordBatch:
    """The shingles of source rows, those that will be left out among them.

    Args:
        binding: the task, bound with its template ``seed`` alone.
        batch: source rows, with at least the columns that ``binding.reads`` names.
        length: how many words are a shingle.

    Returns:
        a batch of ``SHINGLES``, a row for each; its inputs in the order of their names.
    """
    values = project(batch, binding.values)
    asked, answers = said(binding)
    sets = [shingles_of(_texts(values.column(name)), length) for name in asked]
    columns = [digests_of(values, answers), _nested(sets, batch.num_rows)]
    return pa.RecordBatch.from_arrays(columns, schema=SHINGLES)


def row_marks(
    binding: Binding, batch: pa.RecordBatch, source_rows: pa.StringArray, *, shingles: int = 0
) -> pa.RecordBatch:
    """The keys of source rows, and after them, if they are to have so many words, the shingles.

    Args:
        binding: as of ``row_keys``.
        batch: as of ``row_keys``.
        source_rows: as of ``row_keys``.
        shingles: how many words are one; 0 for none.
    """
    marks = row_keys(binding, batch, source_rows)
    if shingles:
        found = row_shingles(binding, batch, shingles)
        for field, column in zip(found.schema, found.columns, strict=True):
            marks = marks.append_column(field, column)
    return marks


def shingles_of(texts: pa.StringArray, length: int) -> Words:
    """The different runs of so many words of each text; all words of one with fewer are a run.

    A text of signs alone, without any word, is one as it stands.
    """
    words = words_of(texts)
    runs = runs_of(words, length)
    short = np.flatnonzero((words.counts > 0) & (words.counts < length))
    hashes, of = runs.hashes, runs.texts
    if len(short):
        parts = [words.hashes[words.offsets[at] : words.offsets[at + 1]] for at in short]
        whole = [xxhash.xxh3_64_intdigest(part.tobytes()) for part in parts]
        hashes = np.concatenate([hashes, np.array(whole, np.uint64)])
        of = np.concatenate([of, short])
    trimmed = pc.utf8_trim_whitespace(texts)
    signs = np.flatnonzero((words.counts == 0) & pc.not_equal(trimmed, "").to_numpy(False))
    if len(signs):
        alone = trimmed.take(pa.array(signs)).cast(pa.binary()).to_pylist()
        whole = [xxhash.xxh3_64_intdigest(each) for each in alone]
        hashes = np.concatenate([hashes, np.array(whole, np.uint64)])
        of = np.concatenate([of, signs])
    order = np.lexsort((hashes, of))
    hashes, of = hashes[order], of[order]
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(hashes) != 0) | (np.diff(of) != 0)
    return Words(hashes[first], np.searchsorted(of[first], np.arange(len(texts) + 1)))


def _texts(column: pa.Array) -> pa.StringArray:
    """One text for each row, whatever it is made of."""
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " ")
    return column.cast(pa.string()).fill_null("")


def _nested(sets: list[Words], rows: int) -> pa.ListArray:
    """Row by row, the sets of all inputs."""
    slots = len(sets)
    counts = np.zeros((rows, slots), np.int64)
    for slot, each in enumerate(sets):
        counts[:, slot] = each.counts
    within = np.concatenate([[0], np.cumsum(counts)])
    hashes = np.empty(within[-1], np.uint64)
    for slot, each in enumerate(sets):
        starts = within[:-1].reshape(rows, slots)[:, slot]
        places = np.arange(len(each.hashes)) + np.repeat(starts - each.offsets[:-1], each.counts)
        hashes[places] = each.hashes
    inner = pa.ListArray.from_arrays(pa.array(within, pa.int32()), pa.array(hashes))
    outer = np.arange(rows + 1) * slots
    return pa.ListArray.from_arrays(pa.array(outer, pa.int32()), inner)
