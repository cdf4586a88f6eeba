"""Two streams of rows, and what two manifests say: the first in which they differ, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa

from mixbuild.core import SCHEMA, Record, plain


def difference(rebuilt: Record, published: Record, names: Sequence[str]) -> str | None:
    """What the manifest says besides the rows, and would not say now."""
    for name in names:
        now, then = (plain(getattr(each, name)) for each in (rebuilt, published))
        if now == then:
            continue
        if not isinstance(now, dict) or not isinstance(then, dict):
            return f"{name}: published {_short(then)}, rebuilt {_short(now)}"
        keys = [key for key in {**then, **now} if then.get(key) != now.get(key)]
        return (
            f"{name}: {keys[0]}: published {_short(then.get(keys[0]))}, "
            f"rebuilt {_short(now.get(keys[0]))}"
        )
    return None


def first_difference(
    published: Iterable[pa.RecordBatch], rebuilt: Iterable[pa.RecordBatch]
) -> str | None:
    """The first row in which two streams of rows differ, in words; None when there is none."""
    number = 0
    for one, other in _in_step(published, rebuilt):
        if one is None or other is None:
            more, fewer = ("published", "rebuilt") if other is None else ("rebuilt", "published")
            longer = one if one is not None else other
            row_id = longer.column("id")[0].as_py() if longer is not None else ""
            return f"row {number:,} ({row_id}): {more}, and not {fewer}"
        if not all(one.column(name).equals(other.column(name)) for name in SCHEMA.names):
            # the only batch whose rows are looked at one by one, if they differ and not their types
            for at, (then, now) in enumerate(zip(one.to_pylist(), other.to_pylist(), strict=True)):
                if then != now:
                    return f"row {number + at:,} {_described(then, now)}"
        number += one.num_rows
    return None


def _described(published: Mapping[str, object], rebuilt: Mapping[str, object]) -> str:
    # another id is another row, of which every column differs
    name = next(name for name in ("id", *SCHEMA.names) if published[name] != rebuilt[name])
    return (
        f"({published['id']}): {name}: published {_short(published[name])}, "
        f"rebuilt {_short(rebuilt[name])}"
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:60]} […] {text[-60:]}"


Pair = tuple[pa.RecordBatch | None, pa.RecordBatch | None]


def _in_step(one: Iterable[pa.RecordBatch], other: Iterable[pa.RecordBatch]) -> Iterator[Pair]:
    """Batches of the same rows of both; None on the side that ended first."""
    sides = [iter(one), iter(other)]
    held: list[pa.RecordBatch | None] = [None, None]
    while True:
        for index, side in enumerate(sides):
            while held[index] is None or not held[index].num_rows:  # type: ignore[union-attr]
                held[index] = next(side, None)
                if held[index] is None:
                    break
        left, right = held
        if left is None or right is None:
            if left is not None or right is not None:
                yield left, right
            return
        rows = min(left.num_rows, right.num_rows)
        yield left.slice(0, rows), right.slice(0, rows)
        held = [left.slice(rows), right.slice(rows)]
