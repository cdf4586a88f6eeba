"""A removal: the rows of a split that are taken out, each with its reason, in a small Arrow file.

It lies beside the split's shards, which stay as they are: whoever reads the split leaves these rows
out, and whoever looks for what was removed finds it here. So do notes on rows that may well stay.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from mixbuild.core import VerifyError, arrow_file, one_line
from mixbuild.make import BuiltSplit, Noted, Removed

REMOVED = pa.schema(
    [
        ("shard", pa.int32()),
        ("row", pa.int64()),
        ("reason", pa.string()),
        ("because", pa.string()),
    ]
)
"""A row's shard, by its place among the split's; its number in there; why it is taken out; and what
shows it: the id of the row that says the same, or the text that was found in it. In order."""

Mask = npt.NDArray[np.bool_]


def removal_path(config: str, split: str) -> str:
    """Where a removal lies, below the output folder.

    >>> removal_path("imdb", "train")
    'imdb/train.removed.arrow'
    """
    return f"{config}/{split}.removed.arrow"


def notes_path(config: str, split: str) -> str:
    """Where the notes on a split's rows lie, below the output folder.

    >>> notes_path("imdb", "train")
    'imdb/train.noted.arrow'
    """
    return f"{config}/{split}.noted.arrow"


def write_removal(out: Path, path: str, removed: pa.Table) -> Removed:
    """Write a removal at once, unless it is there.

    Args:
        out: the output folder.
        path: below it.
        removed: of the schema ``REMOVED``, in order.

    Returns:
        what the manifest says of it.

    Raises:
        OutputError: it cannot be written.
    """
    listed = Removed(path=path, drops=_counts(removed), digest=_digest(removed))
    with contextlib.suppress(VerifyError):
        read_removal(out, listed)
        return listed
    _write(out / path, removed)
    return listed


def write_notes(out: Path, path: str, notes: pa.Table) -> Noted | None:
    """Write notes on rows at once, unless they are there.

    Args:
        out: the output folder.
        path: below it.
        notes: of the schema ``REMOVED``, in order; the reason is what there is to say.

    Returns:
        what the manifest says of them; None where there are none.

    Raises:
        OutputError: they cannot be written.
    """
    if not notes.num_rows:
        return None
    listed = Noted(path=path, notes=_counts(notes), digest=_digest(notes))
    with contextlib.suppress(VerifyError):
        read_notes(out, listed)
        return listed
    _write(out / path, notes)
    return listed


def read_removal(out: Path, removed: Removed) -> pa.Table:
    """The rows that are taken out of a split.

    Raises:
        VerifyError: the file cannot be read, or says something else than it is to.
    """
    what = f"the {removed.rows:,} rows that are taken out"
    return _read(out, removed.path, removed.digest, what)


def read_notes(out: Path, noted: Noted) -> pa.Table:
    """The notes on a split's rows.

    Raises:
        VerifyError: the file cannot be read, or says something else than it is to.
    """
    return _read(out, noted.path, noted.digest, "its notes on rows")


def kept(out: Path, entry: BuiltSplit) -> Iterator[Mask | None]:
    """For each shard of a split, which of its rows stay; None where all do.

    Raises:
        VerifyError: the removal cannot be read.
    """
    if entry.removed is None:
        yield from (None for _ in entry.shards)
        return
    removed = read_removal(out, entry.removed)
    shard, row = removed.column("shard").to_numpy(), removed.column("row").to_numpy()
    for index, each in enumerate(entry.shards):
        mask = np.ones(each.rows, bool)
        mask[row[shard == index]] = False
        yield mask


DIGESTED_ROWS = 65_536
"""The most rows of which the text is held at once."""


def _digest(removed: pa.Table) -> str:
    digest = xxhash.xxh3_128()
    for batch in removed.to_batches(DIGESTED_ROWS):
        columns = map(pc.cast, batch.columns, [pa.string()] * 4)
        lines = pc.binary_join_element_wise(*columns, "\0")
        (text,) = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")
        digest.update(f"{text}\n".encode() if len(lines) else b"")
    return digest.hexdigest()


def _counts(rows: pa.Table) -> dict[str, int]:
    reasons = rows.column("reason").value_counts().to_pylist()
    return dict(sorted((each["values"], each["counts"]) for each in reasons))


def _write(path: Path, rows: pa.Table) -> None:
    with arrow_file(path, REMOVED, compression="zstd") as file:
        file.write_table(rows)


def _read(out: Path, below: str, digest: str, what: str) -> pa.Table:
    path = out / below
    remedy = f"delete it if it is there, then run make --out {out} again"
    try:
        with pa.OSFile(str(path)) as file:
            found = pa.ipc.open_file(file).read_all()
    except (OSError, pa.ArrowException) as error:
        raise VerifyError(f"{path}: cannot be read ({one_line(error)}); {remedy}") from None
    if not found.schema.equals(REMOVED) or _digest(found) != digest:
        raise VerifyError(f"{path}: expected {what}, got others; {remedy}")
    return found
