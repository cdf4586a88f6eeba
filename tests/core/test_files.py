"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mixbuild.core.errors import OutputError
from mixbuild.core.files import file_sha256, mutex, partial_path, put_in_place, write_whole


def test_a_file_has_its_old_content_or_its_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="No space left"):
            write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path], "nothing is left beside it"
    write_whole(path, b"new")
    assert path.read_text() == "new"
    assert file_sha256(path) == "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"


def test_a_file_is_synced_before_it_has_its_name_and_the_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    sync, replace = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        name = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append("folder" if name == tmp_path else "file")
        sync(descriptor)

    def note_replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    partial = partial_path(tmp_path / "file")
    partial.write_text("x")
    put_in_place(partial, tmp_path / "file")
    assert steps == ["file", "rename", "folder"]


def test_one_at_a_time_is_at_work_in_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with (
        mutex(out),
        pytest.raises(OutputError, match="another make or push is at work here"),
        mutex(out),
    ):
        pass
    with mutex(out):
        pass


def test_where_nothing_may_be_written_nobody_is_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # whoever runs the tests
    with mutex(tmp_path), mutex(tmp_path):
        assert list(tmp_path.iterdir()) == []
    with mutex(tmp_path / "new"):  # which is to be made, or refused by the system
        assert [path.name for path in (tmp_path / "new").iterdir()] == [".lock"]
