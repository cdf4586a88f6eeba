"""Contamination: items found wherever they are planted, with what a count word by word covers."""

from __future__ import annotations

import random
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixbuild.curate.quality.contamination import FEWEST_WORDS, Contaminants, Item

WORDS = [f"{first}{second}" for first in "bcdfghklmnprst" for second in ("a", "en", "ilo", "ur")]


def some_words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))


def covered(text: list[str], item: list[str], length: int) -> list[bool]:
    """Which words of an item are in a run of so many words that the text has as well."""
    runs = {tuple(text[at : at + length]) for at in range(len(text) - length + 1)}
    found = [False] * len(item)
    for at in range(len(item) - length + 1):
        if tuple(item[at : at + length]) in runs:
            found[at : at + length] = [True] * length
    return found


FEW = st.lists(st.sampled_from(["a", "b", "c"]), max_size=24).map(" ".join)


@settings(max_examples=200)
@given(
    texts=st.lists(FEW, max_size=4),
    items=st.lists(st.tuples(FEW, FEW), max_size=4),
    length=st.integers(1, 4),
    coverage=st.sampled_from([0.3, 0.6, 1.0]),
)
def test_a_text_holds_what_a_comparison_word_by_word_finds(
    texts: list[str], items: list[tuple[str, str]], length: int, coverage: float
) -> None:
    made = [Item(str(at), *each) for at, each in enumerate(items)]
    found = dict(
        Contaminants(made, words=length, coverage=coverage).among(pa.array(texts, pa.string()))
    )
    for at, text in enumerate(texts):
        shares: dict[str, float] = {}
        for item in made:
            question, answer = item.question.split(), item.answer.split()
            asked = [question if len(question) >= FEWEST_WORDS else question + answer]
            asked += [answer] if len(answer) >= FEWEST_WORDS else []
            for each in filter(None, asked):
                share = float(np.mean(covered(text.split(), each, length)))
                shares[item.id] = max(shares.get(item.id, 0), share)
        best = max(shares.values(), default=0)
        assert (at in found) == (best >= coverage)
        if at in found:
            assert found[at].coverage == pytest.approx(best)
            assert shares[found[at].item.id] == pytest.approx(best)


def tenth_changed(chance: random.Random, text: str) -> str:
    words = text.split()
    for at in chance.sample(range(len(words)), max(1, len(words) // 10)):
        words[at] = "zebra"
    return " ".join(words)


def test_items_are_found_wherever_they_are_and_other_texts_are_not() -> None:
    chance = random.Random(7)
    items = [
        Item(f"bench/test:{at}", some_words(chance, 40), some_words(chance, 30))
        for at in range(300)
    ]
    contaminants = Contaminants(items, words=4, coverage=0.6)
    planted = {
        "in the prompt": [f"Please answer: {each.question}\n[OUTPUT]: no" for each in items],
        "in the completion": [f"Write.\n[OUTPUT]: {each.question.upper()}!" for each in items],
        "the answer only": [f"Go on.\n[OUTPUT]: {each.answer}" for each in items],
        "over both": [f"{each.question[:100]}\n[OUTPUT]: {each.question[100:]}" for each in items],
        "one word in ten changed": [
            "\n[OUTPUT]: ".join(
                tenth_changed(chance, text) for text in (each.question, each.answer)
            )
            for each in items
        ],
    }
    for where, texts in planted.items():
        found = [(row, hit.item.id) for row, hit in contaminants.among(pa.array(texts))]
        assert found == [(row, f"bench/test:{row}") for row in range(300)], where
    others = pa.array([some_words(chance, 200) for _ in range(1000)])
    assert list(contaminants.among(others)) == []


def test_a_short_question_counts_with_its_answer() -> None:
    item = Item("trivia:1", "Who wrote Emma?", "Jane Austen did, in the year 1815, in Chawton.")
    contaminants = Contaminants([item], words=4, coverage=0.6)
    texts = ["Who wrote Emma? I do not know.", "Who wrote Emma? Jane Austen did, in the year 1815."]
    assert [
        (row, hit.item, round(hit.coverage, 2), hit.text)
        for row, hit in contaminants.among(pa.array(texts))
    ] == [(1, item, 0.83, "who wrote emma jane austen did in the year 1815")]


def test_what_is_not_covered_between_is_left_out_of_the_text_that_is_shown() -> None:
    question = " ".join(f"w{at}" for at in range(14))
    contaminants = Contaminants([Item("x", question, "")], words=3, coverage=0.5)
    text = question.replace("w5", "other")
    assert [hit.text for _, hit in contaminants.among(pa.array([text]))] == [
        "w0 w1 w2 w3 w4 … w6 w7 w8 w9 w10 w11 w12 w13"
    ]


def test_items_that_are_shorter_than_a_run_are_counted() -> None:
    items = [
        Item(id_, *said)
        for id_, *said in (
            ("a:0", "Why?", "No."),
            ("a:1", "", ""),
            ("a:2", "Is it far from here?", "Yes."),
            ("b:0", "Why?", "No."),
        )
    ]
    assert Contaminants(items, words=4, coverage=0.5).too_short == {"a": 2, "b": 1}
    assert Contaminants(items, words=2, coverage=0.5).too_short == {"a": 1}
    assert not Contaminants([], words=4, coverage=0.5).too_short


QUESTIONS = {
    "Vietnamese": "Trong hai con sông gặp nhau dưới cối xay cũ, sông nào dài hơn, hơn mấy cây số?",
    "Korean": "오래된 방앗간 아래에서 만나는 두 강 가운데 어느 강이 더 길고, 얼마나 더 긴가?",
    "Bengali": "পুরানো কলের নিচে যে দুটি নদী মিলেছে তাদের মধ্যে কোনটি বেশি লম্বা, আর কত কিলোমিটার বড়?",
    "French": "Des deux rivières près du moulin brûlé, laquelle est la plus longue en été, hé?",
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_an_item_is_found_in_any_form_of_unicode_case_and_white_space(question: str) -> None:
    contaminants = Contaminants([Item("x", question, "9")], words=4, coverage=0.6)
    decomposed = unicodedata.normalize("NFD", question)
    assert decomposed != unicodedata.normalize("NFC", question)
    texts = [
        unicodedata.normalize("NFC", question), decomposed, question.upper(), decomposed.upper(),
        *(question.replace(" ", between) for between in ("\n", "\u3000\t", "\xa0", "\u200b ")),
    ]  # fmt: skip
    found = [(row, hit.coverage) for row, hit in contaminants.among(pa.array(texts))]
    assert found == [(row, 1.0) for row in range(len(texts))]


def test_full_width_letters_and_signs_within_words_make_others_of_them() -> None:
    question = "Which of the two rivers below the old mill is the longer one, and by how much?"
    contaminants = Contaminants([Item("x", question, "9")], words=4, coverage=0.6)
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign.isalpha() else sign for sign in question)
    split = [" ".join(f"{word[0]}{sign}{word[1:]}" for word in question.split())
             for sign in ("\u200b", "\xad")]  # fmt: skip
    once = question.replace("rivers", "riv\xaders")
    found = contaminants.among(pa.array([wide, *split, once]))
    assert [(row, round(hit.coverage, 2)) for row, hit in found] == [(3, 0.94)]
