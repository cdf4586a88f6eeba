r"""Texts as words, and runs of words, each a 64-bit hash: what near texts are compared by.

A word is a run of letters, digits and marks, in lower case; where a script puts no spaces between
words, a character. The same text has the same hashes in every batch, build and version of Arrow.

>>> words = words_of(pa.array(["Is it? It IS!", "", "是的"]))
>>> np.unique(words.hashes, return_inverse=True)[1].tolist(), words.counts.tolist()
([2, 0, 0, 2, 3, 1], [4, 0, 2])
>>> pairs = runs_of(words, 2)
>>> len(pairs.hashes), pairs.counts.tolist()
(4, [3, 0, 1])
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import Hashes
from mixbuild.render.keys import normalised

BETWEEN_WORDS = r"[^\pL\pN\pM]+"

UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"
"""Characters of scripts that put no space between words."""

FACTOR = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Words:
    """The words of texts, or runs of them, one text after the other.

    Attributes:
        hashes: one for each word. Shape (words,).
        offsets: where each text's begin, and the last one's end. Shape (texts + 1,).
    """

    hashes: Hashes
    offsets: Numbers

    @property
    def counts(self) -> Numbers:
        """How many each text has. Shape (texts,)."""
        return np.diff(self.offsets)

    @property
    def texts(self) -> Numbers:
        """Which text each is of. Shape (words,)."""
        return np.repeat(np.arange(len(self.offsets) - 1), self.counts)


def words_in(text: str) -> list[str]:
    """The words of one text.

    >>> words_in("Is it? It IS, l'été!")
    ['is', 'it', 'it', 'is', 'l', 'été']
    """
    return [word for word in _split(pa.array([text], pa.string()))[0].as_py() if word]


def words_of(texts: pa.StringArray) -> Words:
    """The words of texts as hashes: each different word is hashed once."""
    lists = _split(texts)
    split = pc.list_flatten(lists)
    is_word = pc.not_equal(split, "")  # that of a text without any is empty
    texts_of = pc.list_parent_indices(lists).filter(is_word).to_numpy()
    counts = np.bincount(texts_of, minlength=len(texts))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    found = pc.dictionary_encode(split.filter(is_word))
    known = [xxhash.xxh3_64_intdigest(word) for word in found.dictionary.cast("binary").to_pylist()]
    hashes = np.array(known, np.uint64)[found.indices.to_numpy()]
    return Words(hashes, offsets)


def _split(texts: pa.StringArray) -> pa.ListArray:
    """The words of each text; one that is empty, of a text without any."""
    spaced = pc.utf8_lower(normalised(texts))
    spaced = pc.replace_substring_regex(spaced, BETWEEN_WORDS, " ")
    spaced = pc.replace_substring_regex(spaced, UNSPACED, r" \1 ")
    return pc.ascii_split_whitespace(pc.ascii_trim_whitespace(spaced))


def runs_of(words: Words, length: int) -> Words:
    """Each run of so many words within a text; of a text with fewer words, nothing."""
    hashes = np.zeros(len(words.hashes), np.uint64)
    for place in range(min(length, len(hashes))):
        hashes[: len(hashes) - place] *= FACTOR
        hashes[: len(hashes) - place] += words.hashes[place:]
    counts = np.maximum(words.counts - length + 1, 0)
    starts = np.repeat(words.offsets[:-1], counts)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    within = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], counts)
    return Words(_mixed(hashes[starts + within]), offsets)


def _mixed(hashes: Hashes) -> Hashes:
    """Every bit of a hash in every bit of another one (the end of SplitMix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = hashes ^ (hashes >> np.uint64(31))
    return mixed
