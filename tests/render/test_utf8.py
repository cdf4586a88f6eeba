"""Which texts are UTF-8, against Python's own decoder, wherever the array was cut."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.render.utf8 import refuse_other_bytes

PIECES = [b"", b"a", "é".encode(), "あ".encode(), b"\xc3", b"\xa9", b"\xe3\x81", b"\x82", b"\xff"]


def texts_of(values: list[bytes | None]) -> pa.StringArray:
    return pa.array(values, pa.binary()).view(pa.string())


def is_utf8(value: bytes | None) -> bool:
    try:
        (value or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.lists(st.none() | st.sampled_from(PIECES), max_size=6), st.integers(0, 3))
@example([b"\xc3", b"\xa9"], 0)  # UTF-8 together, but neither by itself
@example([b"a", b"", b"\xe3\x81", b"\x82", b"a"], 0)
@example([b"\xff", b"a"], 1)
def test_texts_are_refused_when_one_of_them_is_not_utf8(
    values: list[bytes | None], start: int
) -> None:
    cut = texts_of(values).slice(start)
    if all(is_utf8(value) for value in values[start:]):
        refuse_other_bytes(cut)
    else:
        with pytest.raises(pa.ArrowInvalid, match="Invalid UTF8 sequence"):
            refuse_other_bytes(cut)


def test_what_a_null_covers_may_be_anything() -> None:
    whole = texts_of([b"a", b"\xff", b"b"])
    valid = pa.array([True, False, True]).buffers()[1]
    covered = pa.StringArray.from_buffers(3, *whole.buffers()[1:], valid)
    assert covered.to_pylist() == ["a", None, "b"]
    refuse_other_bytes(covered)
