"""Keys against their definition in plain Python, text by text."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from mixbuild.render.bind import bind
from mixbuild.render.keys import MAY_CHANGE, row_keys
from mixbuild.tasks import find

PROSE = st.text(st.sampled_from("ab é\u0301\u2019\u2026\u00a0\u0085\u1100\u1161\u212b\n"))


def said(text: str | None) -> str:
    return "\x1d" if text is None else unicodedata.normalize("NFC", " ".join(text.split()))


def digest(*texts: str) -> bytes:
    return xxhash.xxh3_128_digest("\x1f".join(texts).encode())


@given(
    st.lists(
        st.tuples(
            st.none() | PROSE | st.text(),
            st.none() | PROSE,
            st.none() | st.lists(st.none() | PROSE | st.text(), max_size=3),
        ),
        max_size=5,
    )
)
def test_keys_are_digests_of_normal_texts(
    rows: list[tuple[str | None, str | None, list[str | None] | None]],
) -> None:
    answers = pa.struct({"text": pa.list_(pa.string()), "answer_start": pa.list_(pa.int32())})
    schema = pa.schema({"context": pa.string(), "question": pa.string(), "answers": answers})
    source = pa.RecordBatch.from_pylist(
        [
            {"context": context, "question": question, "answers": {"text": texts}}
            for context, question, texts in rows
        ],
        schema,
    )
    ids = [f"squad/train/é.parquet:{row}" for row in range(len(rows))]
    keys = row_keys(bind(find("squad"), schema), source, pa.array(ids, pa.string()))
    expected = []
    for id_, (context, question, texts) in zip(ids, rows, strict=True):
        told = "\x1d" if texts is None else said(texts[0]) if texts else "\x1d"
        inputs = (said(context), said(question))
        source_row = xxhash.xxh3_64_intdigest(id_.encode())
        expected.append((digest(*inputs), digest(*inputs, told), digest(said(context)), source_row))
    assert [tuple(key.values()) for key in keys.to_pylist()] == expected


@given(
    st.lists(
        st.tuples(PROSE, st.none() | st.lists(st.none() | PROSE, max_size=3), PROSE), max_size=4
    ),
    st.integers(0, 2),
)
def test_keys_of_a_list_are_of_all_its_texts(
    rows: list[tuple[str, list[str | None] | None, str]], skipped: int
) -> None:
    texts = pa.list_(pa.string())
    schema = pa.schema(
        {
            "question_stem": pa.string(),
            "choices": pa.struct({"text": texts, "label": texts}),
            "answerKey": pa.string(),
        }
    )
    source = pa.RecordBatch.from_pylist(
        [
            {"question_stem": stem, "choices": {"text": options}, "answerKey": key}
            for stem, options, key in rows
        ],
        schema,
    )
    left = source.slice(skipped)
    ids = pa.array([""] * left.num_rows, pa.string())
    keys = row_keys(bind(find("openbookqa"), schema), left, ids)
    expected = []
    for stem, options, key in rows[skipped:]:
        joined = "\x1d" if options is None else "\x1e".join(map(said, options))
        inputs = (joined, said(stem))
        expected.append((digest(*inputs), digest(*inputs, said(key), "\x1d"), None))
    assert [tuple(each.values())[:3] for each in keys.to_pylist()] == expected


def test_a_text_of_signs_that_are_not_looked_at_is_normal_as_it_is() -> None:
    every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    kept = [
        sign
        for sign, may_change in zip(
            every, pc.match_substring_regex(pa.array(every), MAY_CHANGE).to_pylist(), strict=True
        )
        if not may_change
    ]
    assert len(kept) == 94 + 607 + 24
    assert not any(map(str.isspace, kept))
    # one that stood for others, or became one with what is before it, would not be
    text = "".join(first + second for first in kept for second in kept)
    assert unicodedata.normalize("NFC", text) == text
