"""Sizes of rows: characters, and tokens as a tokenizer's file counts them."""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pytest
from mixbuild.core import SourceError, UsageError
from mixbuild.curate.measure import measure_of
from mixbuild.declare import Mixture, Part
from mixbuild.sources import open_tokenizer
from tokenizers import Tokenizer, models, pre_tokenizers

ROWS = [
    ("What is it? \n[OUTPUT]:", " a cat"),
    ("Übersetze: \U0001f600 [OUTPUT]:", " ja"),
    ("cat", ""),
]
BATCHES = [
    pa.record_batch(
        {"prompt": [each[0] for each in part], "completion": [each[1] for each in part]}
    )
    for part in (ROWS[:2], ROWS[2:])
]


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """A token for each word; a model's own cut at three and padding to nine are not heeded."""
    words = {"[UNK]": 0, "cat": 1, "a": 2, "[PAD]": 3}
    made = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106 - no secret
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.enable_truncation(3)
    made.enable_padding(length=9)
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def sized(**size: object) -> Mixture:
    return Mixture(parts={"squad": Part()}, **size)  # type: ignore[arg-type]


def test_rows_are_measured_in_characters_and_in_tokens_of_the_whole_text(tokenizer: Path) -> None:
    assert measure_of(sized(total=3)) is None
    by_characters = measure_of(sized(characters=9))
    assert by_characters is not None
    characters, name = by_characters
    assert characters(BATCHES).tolist() == [len(prompt + completion) for prompt, completion in ROWS]
    assert name == "characters"
    by_tokens = measure_of(sized(requested_tokens=9, tokenizer=str(tokenizer)))
    assert by_tokens is not None
    tokens, name = by_tokens
    expected = [len((prompt + completion).split()) for prompt, completion in ROWS]
    assert expected == [6, 4, 1]
    assert tokens(BATCHES).tolist() == expected
    assert tokens([]).tolist() == characters([]).tolist() == []
    tokenizer.write_text(tokenizer.read_text() + " ")
    other = measure_of(sized(requested_tokens=9, tokenizer=str(tokenizer)))
    assert other is not None
    assert other[1] != name, "another file may count otherwise"


def test_a_tokenizer_that_is_none_is_one_line(
    tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixture = sized(requested_tokens=9, tokenizer=str(tokenizer))
    tokenizer.write_text('{"a": 1}')
    with pytest.raises(SourceError) as caught:
        measure_of(mixture)
    expected = f"tokenizer {tokenizer}: expected a tokenizer.json, got another file ("
    assert str(caught.value).startswith(expected)
    assert "\n" not in str(caught.value)
    tokenizer.unlink()
    with pytest.raises(SourceError) as caught:
        measure_of(mixture)
    assert str(caught.value) == (
        f"tokenizer {tokenizer}: expected a tokenizer.json, got none to read (No such file or "
        "directory); put it there, or name another one; where a recipe does, run make again then"
    )
    for place in ("gpt2", "org/name", "https://host/tokenizer", "a tokenizer@main"):
        with pytest.raises(UsageError) as unknown:
            open_tokenizer(place)
        assert str(unknown.value) == (
            f"tokenizer {place}: expected a tokenizer.json or org/name@commit"
        )
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(UsageError) as missing:
        measure_of(mixture)
    assert str(missing.value) == (
        "tokens are counted by the package tokenizers, which is not installed; run pip install "
        "'instruct_mix[tokens]', or ask for characters"
    )
