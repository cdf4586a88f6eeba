"""Whose fault it is: the machine's, a file's, or the Hub's."""

from __future__ import annotations

import errno
import lzma
import os
import zlib
from pathlib import Path

import pyarrow as pa
import pytest
from mixbuild.core.errors import OutputError, SourceError
from mixbuild.core.explain import SYSTEM, explained, explained_output


@pytest.fixture(autouse=True)
def _places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", "/a/hub")
    monkeypatch.setattr("tempfile.tempdir", "/a/tmp")


def told(error: Exception) -> str:
    above = RuntimeError("Something went wrong.")
    above.__cause__ = error  # as libraries do it
    with pytest.raises(SourceError) as caught, explained("x"):
        raise above
    return str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize(
    ("path", "variable"),
    [("/a/hub/hub/x", ", or set HF_HOME"), ("/a/tmp/x", ", or set TMPDIR"), ("/a/data/x", "")],
)
def test_the_machines_fault_names_the_file_and_its_variable(
    number: int, path: str, variable: str
) -> None:
    error = OSError(number, os.strerror(number), path)
    assert told(error) == (
        f"x: cannot be read: {path}: {os.strerror(number)}; {SYSTEM[number]}{variable}"
    )


def test_where_no_file_is_said_the_folders_are_named() -> None:
    assert told(OSError(errno.ENOSPC, "No space left on device")) == (
        "x: cannot be read: /a/hub (HF_HOME) or /a/tmp (TMPDIR): No space left on device; make "
        "room there"
    )


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "make room or choose another --out"),
        (errno.EROFS, "choose another --out"),
        (errno.EACCES, "allow it to whoever runs this, or choose another --out"),
        (errno.EIO, "look at the disk, or choose another --out"),
        (errno.ENOTDIR, "choose another --out"),
    ],
)
def test_room_is_asked_for_only_where_it_would_help(number: int, remedy: str) -> None:
    with pytest.raises(OutputError) as caught, explained_output(Path("out")):
        raise OSError(number, os.strerror(number), "out/x")
    assert str(caught.value) == (
        f"out/x: cannot be written ({os.strerror(number)}); {remedy}, then run the same command: "
        "finished units are kept"
    )


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_limits_are_no_files_fault(number: int) -> None:
    error = OSError(number, os.strerror(number), "/a/tmp/x")
    reason = f"{os.strerror(number)}; {SYSTEM[number]}"
    assert told(error) == f"x: cannot be read: {reason}"
    with pytest.raises(OutputError) as caught, explained_output(Path("out")):
        raise error
    assert str(caught.value) == (
        f"/a/tmp/x: cannot be written: {reason}, then run the same command: finished units are kept"
    )


@pytest.mark.parametrize("error", [MemoryError("1 GB"), pa.ArrowMemoryError("1 GB")])
def test_memory_is_no_files_fault(error: Exception) -> None:
    assert told(error) == (
        f"x: cannot be read: out of memory ({type(error).__name__}: 1 GB); take fewer workers with "
        "--num-proc, or a machine with more memory"
    )


DAMAGE = "; the file may be damaged, fetch it again"


@pytest.mark.parametrize(
    ("error", "damaged"),
    [
        (pa.ArrowInvalid("no magic bytes"), True),
        (OSError("corrupt snappy data"), True),
        (EOFError("ended"), True),
        (zlib.error("incorrect header"), True),
        (lzma.LZMAError("corrupt"), True),
        (pa.ArrowNotImplementedError("no such type"), False),
        (pa.ArrowTypeError("no such cast"), False),
        (FileNotFoundError(2, "No such file or directory", "/a/data/x"), False),
        (ValueError("something else"), False),
    ],
)
def test_damage_is_said_of_damage_alone(error: Exception, damaged: bool) -> None:
    with pytest.raises(SourceError) as caught, explained("x"):
        raise error
    assert str(caught.value).startswith("x: cannot be read (")
    assert str(caught.value).endswith(DAMAGE) is damaged
