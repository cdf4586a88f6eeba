r"""Sets that are near one another: candidates by MinHash, confirmed by exact Jaccard similarity.

A row has a set of hashes for each of its inputs, and two rows are near if each of these is: two
questions about one passage are not. 128 smallest hashes are taken of a row, of its inputs in turn,
and whatever agrees in all eight of one of sixteen bands is compared. So pairs that share a long
input alone are seldom looked at.

>>> texts = ["a b c d e f g h i j", "x", "a b c d e f g h i k", "x y"]
>>> sets = Sets.of([[[ord(word) for word in text.split()]] for text in texts])
>>> bands = bands_of(sets, np.arange(4), seed=0)
>>> pairs, similarity = near(candidates(bands, np.arange(4)), [sets], threshold=0.8)
>>> pairs.tolist(), f"{similarity[0, 0]:.2f}", clusters(pairs, 4).tolist()
([[0, 2]], '0.82', [0, 1, 0, 3])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from mixbuild.core import Hashes

BANDS, BAND_HASHES = 16, 8

MOST_NEIGHBOURS = 100
"""Of rows that agree in a band, each is compared with so many that come after it."""

BLOCK_ROWS = 4_096
BLOCK_HASHES = 2**20
"""How many rows, and how many hashes of sets, are looked at at a time."""

FACTOR = np.uint64(0x9E3779B97F4A7C15)

Numbers = npt.NDArray[np.int64]
Pairs = npt.NDArray[np.int64]
"""Two rows each, the one that comes first before the other. Shape (pairs, 2)."""

Similarity = npt.NDArray[np.float32]
"""Of pairs, the similarity of each input; NaN where a row has fewer. Shape (pairs, inputs)."""


@dataclass(frozen=True, eq=False)
class Sets:
    """Of each row, a set of hashes for each of its inputs, one row after the other.

    Attributes:
        hashes: of all sets.
        offsets: where each set's begin, and the last one's end. Shape (rows * inputs + 1,).
        inputs: how many sets each row has.
    """

    hashes: Hashes
    offsets: Numbers
    inputs: int

    @classmethod
    def of(cls, rows: Sequence[Sequence[Sequence[int]]] | pa.ListArray) -> Sets:
        """Lists of lists of hashes."""
        if not isinstance(rows, pa.Array):
            rows = pa.array(rows, pa.list_(pa.list_(pa.uint64())))
        sets = rows.flatten()
        offsets = sets.offsets.to_numpy().astype(np.int64)
        hashes = sets.values.to_numpy()
        return cls(hashes, offsets, len(sets) // max(1, len(rows)))

    def __len__(self) -> int:
        return (len(self.offsets) - 1) // max(1, self.inputs)

    def sizes(self, rows: Numbers, at: int) -> Numbers:
        """How many hashes some rows' sets of an input have."""
        sets = rows * self.inputs + at
        sizes: Numbers = self.offsets[sets + 1] - self.offsets[sets]
        return sizes

    def take(self, rows: Numbers, at: int) -> Hashes:
        """The sets of an input of some rows, one after the other."""
        sizes = self.sizes(rows, at)
        starts = self.offsets[rows * self.inputs + at] - (np.cumsum(sizes) - sizes)
        taken: Hashes = self.hashes[np.arange(int(sizes.sum())) + np.repeat(starts, sizes)]
        return taken


def bands_of(sets: Sets, rows: Numbers, *, seed: int) -> Hashes:
    """A hash for each band, which rows that are near probably have in common.

    Args:
        sets: the sets of all rows.
        rows: which ones.
        seed: of the hash functions.

    Returns:
        shape (rows, BANDS).
    """
    from rensa import RMinHash  # compiled, and for whoever asks for near rows alone

    found = np.zeros((len(rows), BANDS), np.uint64)
    places = np.arange(BANDS * BAND_HASHES) % max(1, sets.inputs)
    for start in range(0, len(rows), BLOCK_ROWS):
        some = rows[start : start + BLOCK_ROWS]
        block = found[start : start + BLOCK_ROWS]
        smallest = np.zeros((len(some), len(places)), np.uint64)
        for at in range(min(sets.inputs, len(places))):
            offsets = np.concatenate([[0], np.cumsum(sets.sizes(some, at))])
            matrix = RMinHash.digest_matrix_from_flat_token_hashes(
                sets.take(some, at), offsets, num_perm=int((places == at).sum()), seed=seed
            )
            smallest[:, places == at] = np.array(matrix.to_rows(), np.uint64)
        bands = smallest.reshape(len(some), BANDS, BAND_HASHES)
        for at in range(BAND_HASHES):
            block *= FACTOR
            block += bands[:, :, at]
    found *= FACTOR
    found += np.uint64(sets.inputs)
    return found


def candidates(bands: Hashes, rank: Numbers) -> Pairs:
    """Pairs of rows that agree in a band.

    Args:
        bands: as of ``bands_of``.
        rank: of each row: the lower comes first.
    """
    rows = len(bands)
    found = np.zeros(0, np.int64)
    for band in bands.T:
        order = np.lexsort((rank, band))
        ordered = band[order]
        at = np.arange(rows)
        pairs = [found]
        for distance in range(1, MOST_NEIGHBOURS + 1):
            at = at[at + distance < rows]
            at = at[ordered[at] == ordered[at + distance]]
            if not len(at):
                break
            pairs.append(order[at] * rows + order[at + distance])
        found = np.unique(np.concatenate(pairs))
    return np.stack(np.divmod(found, max(1, rows)), axis=1)


def near(pairs: Pairs, parts: Sequence[Sets], *, threshold: float) -> tuple[Pairs, Similarity]:
    """Those pairs of which every input is near: the Jaccard similarity of its sets is so high.

    Args:
        pairs: numbers of rows, counted over all ``parts``.
        parts: the rows' sets.
        threshold: the lowest similarity, which is 1 of two empty sets.
    """
    starts = np.cumsum([0, *map(len, parts)])
    inputs = np.array([each.inputs for each in parts], np.int64)
    part = np.searchsorted(starts, pairs, "right") - 1
    alike = inputs[part[:, 0]] == inputs[part[:, 1]]
    pairs, part = pairs[alike], part[alike]
    similarity = np.full((len(pairs), int(inputs.max(initial=0))), np.nan, np.float32)
    for at in range(similarity.shape[1]):
        has = at < inputs[part[:, 0]]
        keep = ~has
        sizes = np.zeros(pairs.shape, np.int64)
        for index, each in enumerate(parts):
            here = (part == index) & has[:, None]
            sizes[here] = each.sizes(pairs[here] - starts[index], at)
        # sets of too different sizes cannot be near
        maybe = has & (sizes.min(axis=1) >= threshold * sizes.max(axis=1))
        for block in _blocks(np.flatnonzero(maybe), sizes.sum(axis=1)):
            sets = [
                _gathered(pairs[block, side], part[block, side], parts, starts, at)
                for side in (0, 1)
            ]
            shared = _shared(sets, [sizes[block, side] for side in (0, 1)])
            union = sizes[block].sum(axis=1) - shared
            found = np.where(union == 0, 1, shared / np.maximum(union, 1))
            keep[block] = found >= threshold
            similarity[block, at] = found
        pairs, part, similarity = pairs[keep], part[keep], similarity[keep]
    return pairs, similarity


def clusters(pairs: Pairs, count: int) -> Numbers:
    """Of each of so many rows, the first one that it is near, directly or by way of others."""
    first = np.arange(count)
    while True:
        one, other = first[pairs[:, 0]], first[pairs[:, 1]]
        if (one == other).all():
            return first
        np.minimum.at(first, np.maximum(one, other), np.minimum(one, other))
        while (first != first[first]).any():
            first = first[first]


def _blocks(pairs: Numbers, sizes: Numbers) -> Iterator[Numbers]:
    """Pairs whose sets have about ``BLOCK_HASHES`` hashes together."""
    block = np.cumsum(sizes[pairs]) // BLOCK_HASHES
    edges = np.flatnonzero(np.diff(block)) + 1
    yield from (each for each in np.split(pairs, edges) if len(each))


def _gathered(
    rows: Numbers, part: Numbers, parts: Sequence[Sets], starts: Numbers, at: int
) -> Hashes:
    """The sets of an input of some rows of several parts, one after the other."""
    sizes = np.zeros(len(rows), np.int64)
    for index in np.unique(part):
        here = part == index
        sizes[here] = parts[index].sizes(rows[here] - starts[index], at)
    first = np.cumsum(sizes) - sizes
    found = np.empty(int(sizes.sum()), np.uint64)
    for index in np.unique(part):
        here = np.flatnonzero(part == index)
        own = sizes[here]
        places = np.arange(int(own.sum())) + np.repeat(first[here] - (np.cumsum(own) - own), own)
        found[places] = parts[index].take(rows[here] - starts[index], at)
    return found


def _shared(sets: Sequence[Hashes], sizes: Sequence[Numbers]) -> Numbers:
    """How many hashes each two sets have in common."""
    hashes = np.concatenate(sets)
    pair = np.concatenate([np.repeat(np.arange(len(each)), each) for each in sizes])
    order = np.lexsort((hashes, pair))
    same = (np.diff(hashes[order]) == 0) & (np.diff(pair[order]) == 0)
    return np.bincount(pair[order][1:][same], minlength=len(sizes[0]))
