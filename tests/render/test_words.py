"""Words and runs of words: those that a scan of the text finds."""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.render.words import runs_of, words_in, words_of

FEW = st.lists(st.sampled_from(["a", "b", "c"]), max_size=24).map(" ".join)


@given(st.text(max_size=80))
def test_the_words_of_a_text_are_those_of_a_scan(text: str) -> None:
    words = words_in(text)
    assert all(re.fullmatch(r"\S+", word) for word in words)
    assert words_of(pa.array([text])).counts.tolist() == [len(words)]
    again = words_in(" … ".join(words))
    assert again == words


@given(st.text(st.sampled_from("aE\u0301\xe9\u1100\u1161\u212b \n")))
def test_words_are_the_same_however_their_accents_are_written(text: str) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert words_in(composed) == words_in(apart) == composed.lower().split()


@given(st.lists(FEW, max_size=4), st.integers(1, 5))
def test_runs_are_the_same_where_their_words_are(texts: list[str], length: int) -> None:
    runs = runs_of(words_of(pa.array(texts, pa.string())), length)
    expected = [
        (at, tuple(text.split()[start : start + length]))
        for at, text in enumerate(texts)
        for start in range(len(text.split()) - length + 1)
    ]
    assert runs.texts.tolist() == [at for at, _ in expected]
    known: dict[int, tuple[str, ...]] = {}
    for hash_, (_, run) in zip(runs.hashes.tolist(), expected, strict=True):
        assert known.setdefault(hash_, run) == run
    assert len(known) == len({run for _, run in expected})
