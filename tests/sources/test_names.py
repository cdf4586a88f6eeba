"""Names are names, whatever characters they have: of folders, files, links, and split by split."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import imdb_rows, read_shards, write_parquet
from hypothesis import given
from hypothesis import strategies as st
from make.test_run import request
from mixbuild.cli import main as cli
from mixbuild.core.errors import SourceError
from mixbuild.make.run import make
from mixbuild.sources.naming import format_of, refuse_parts, splits_of
from mixbuild.sources.resolve import Resolved, resolve
from mixbuild.tasks import find

ODD = ["s*r", "[ab]", "a?", "x#y", "50%25", "{he}", "a b", " ", "é\u2028ß", "~", "a@b", "-"]


def write(folder: Path, name: str, rows: Sequence[dict[str, object]]) -> None:
    if name.endswith("parquet"):
        write_parquet(folder / name, rows)
        return
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / name).write_text(lines, "utf-8")


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
@pytest.mark.parametrize("name", [*ODD, "a::b"])
def test_a_folder_of_any_name_gives_the_same_rows(tmp_path: Path, name: str, suffix: str) -> None:
    """Beside it lies what a pattern of its name would match."""
    decoy = tmp_path / "sXr" / "imdb"
    for folder, start in ((tmp_path / "plain" / "imdb", 0), (tmp_path / name / "imdb", 0)):
        write(folder, f"train.{suffix}", imdb_rows(3, start=start))
        write(folder, f"test.{suffix}", imdb_rows(2, start=start))
    write(decoy, f"train.{suffix}", imdb_rows(9, start=50))
    for above in ("plain", name):
        make(request(tmp_path / above / "imdb", tmp_path / above / "out"))
    for split in ("train", "test"):
        shards = [read_shards(tmp_path / above / "out", "imdb", split) for above in ("plain", name)]
        assert shards[0].equals(shards[1])
        assert shards[0].num_rows == {"train": 3, "test": 2}[split]


@pytest.mark.parametrize("name", ODD)
def test_a_file_of_any_name_is_read_and_no_other(tmp_path: Path, name: str) -> None:
    write(tmp_path, f"{name}/train.parquet", imdb_rows(3))
    write(tmp_path, f"{name}/test.parquet", imdb_rows(2))
    made = make(request(tmp_path, tmp_path.with_name(f"{tmp_path.name}-out")))
    assert made.rendered == 2
    rows = read_shards(tmp_path.with_name(f"{tmp_path.name}-out"), "imdb", "train")
    assert rows["id"].to_pylist() == [f"imdb/train/{name}/train.parquet:{row}" for row in range(3)]


def test_a_path_on_a_card_is_the_file_of_that_name_before_it_is_a_pattern(tmp_path: Path) -> None:
    for name, count in (("train[1].parquet", 3), ("train1.parquet", 1), ("test.parquet", 1)):
        write(tmp_path, name, imdb_rows(count))
    card(tmp_path, "train[1].parquet")
    assert names(resolve(find("imdb"), str(tmp_path))) == ["train[1].parquet"]
    card(tmp_path, "train[12].parquet")
    assert names(resolve(find("imdb"), str(tmp_path))) == ["train1.parquet"]


def names(found: Resolved, split: str = "train") -> list[str]:
    return [run.file for run in found.runs[split]]


def card(folder: Path, train: str) -> None:
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: plain_text\n  data_files:\n"
        f"  - {{split: train, path: {json.dumps(train)}}}\n"
        "  - {split: test, path: test.parquet}\n---\n"
    )


def refused(folder: Path, *, follow_links: bool = False) -> str:
    with pytest.raises(SourceError) as caught:
        resolve(find("imdb"), str(folder), follow_links=follow_links)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_declared_splits_are_found_by_their_own_names(tmp_path: Path) -> None:
    task = find("mnli")
    numbered = [f"{split}-00000-of-00001.parquet" for split in task.splits.values()]
    for count, name in enumerate(numbered, 1):
        write(tmp_path, name, imdb_rows(count))
    found = resolve(task, str(tmp_path))
    assert [names(found, split) for split in task.splits] == [[name] for name in numbered]


# links and cards that lead outside


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror, and other rows beside it."""
    for name in ("train", "test"):
        write(tmp_path / "mirror", f"{name}.parquet", imdb_rows(2))
        write(tmp_path / "outside", f"{name}.parquet", imdb_rows(5))
    return tmp_path / "mirror"


ADVICE = "copy the file into the folder, or say --follow-links if it is meant"


@pytest.mark.parametrize("relative", [False, True])
def test_a_link_does_not_lead_outside_unless_it_is_said(mirror: Path, relative: bool) -> None:
    target = mirror.with_name("outside") / "train.parquet"
    (mirror / "train.parquet").unlink()
    to = os.path.relpath(target, mirror) if relative else target
    (mirror / "train.parquet").symlink_to(to)
    assert refused(mirror) == (
        f"{mirror}: train.parquet: expected a file within the folder, got a link to {target}; "
        f"{ADVICE}"
    )
    followed = resolve(find("imdb"), str(mirror), follow_links=True)
    assert [run.rows for run in followed.runs["train"]] == [5]


def test_a_folder_that_is_a_link_does_not_lead_outside_either(mirror: Path) -> None:
    outside = mirror.with_name("outside")
    (mirror / "more").symlink_to(outside)
    assert refused(mirror) == (
        f"{mirror}/more: expected a folder within the mirror, got a link to {outside}; {ADVICE}"
    )


def test_a_link_within_the_folder_is_a_file_and_one_upwards_has_an_end(mirror: Path) -> None:
    (mirror / "test.parquet").unlink()
    (mirror / "test.parquet").symlink_to("train.parquet")
    (mirror / "loop").symlink_to(".")
    found = resolve(find("imdb"), str(mirror))
    assert (names(found), names(found, "test")) == (["train.parquet"], ["test.parquet"])


def test_a_link_to_nothing_is_named(mirror: Path) -> None:
    (mirror / "test.parquet").unlink()
    (mirror / "test.parquet").symlink_to("gone.parquet")
    assert refused(mirror).startswith(f"{mirror}: test.parquet: ")


@pytest.mark.parametrize(
    "path", ["../outside/train.parquet", "{outside}/tr*", "a/../../outside/*n.*"]
)
def test_a_card_does_not_lead_outside_unless_it_is_said(mirror: Path, path: str) -> None:
    path = path.format(outside=mirror.with_name("outside"))
    card(mirror, path)
    assert refused(mirror) == (
        f"{mirror}: README.md: expected paths within the dataset, got {path!r}; {ADVICE}"
    )
    followed = resolve(find("imdb"), str(mirror), follow_links=True)
    assert [run.rows for run in followed.runs["train"]] == [5]
    card(mirror, "https://example.org/train.parquet")
    assert "expected paths within the dataset, got 'https://" in refused(mirror, follow_links=True)


def test_a_snapshot_of_the_hubs_cache_is_read_as_it_is(tmp_path: Path) -> None:
    """Its files are links to blobs beside it, which count as inside; others do not."""
    repo = tmp_path / "hub/datasets--stanfordnlp--imdb"
    snapshot = repo / "snapshots" / ("0" * 40)
    (snapshot / "plain_text").mkdir(parents=True)
    for split in ("train", "test"):
        write_parquet(repo / "blobs" / split, imdb_rows(4))
        (snapshot / f"plain_text/{split}.parquet").symlink_to(f"../../../blobs/{split}")
    for place in (snapshot, snapshot / "plain_text"):
        found = resolve(find("imdb"), str(place))
        assert [run.rows for run in found.runs["train"]] == [4]
    write_parquet(tmp_path / "elsewhere.parquet", imdb_rows(1))
    (snapshot / "plain_text/train.parquet").unlink()
    (snapshot / "plain_text/train.parquet").symlink_to(tmp_path / "elsewhere.parquet")
    assert "got a link to" in refused(snapshot)


# parts of a split


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (["plain_text/partial-train/0000.parquet"], "expected all of split 'train', got"),
        (["partial-train-00000-of-00001.parquet"], "expected all of split 'train', got"),
        (["train.incomplete/0000.parquet"], "one that is still being written"),
        (["train.parquet.incomplete"], "one that is still being written"),
        (["train-0.parquet", "train-1.parquet.part"], "one that is still being written"),
        (["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"],
         "split 'train': expected 3 files, numbered 0 to 2, got 00000-of-00003, 00002-of-00003"),
        (["train-00001-of-00002.parquet"],
         "split 'train': expected 2 files, numbered 0 to 1, got 00001-of-00002"),
        (["train-00000-of-00001.parquet", "train-00000-of-00002.parquet",
          "train-00001-of-00002.parquet"], "expected files of one number, got 00000-of-00001, "),
        (["train-00000-of-00000.parquet"],
         "split 'train': expected 0 files, got 00000-of-00000; fetch what is missing, or take"),
        (["train-00000-of-00001-ab.parquet", "train-00000-of-00001-cd.parquet"],
         "expected 1 files, numbered 0 to 0, got 00000-of-00001, 00000-of-00001"),
        (["train/0000.parquet", "train/0002.parquet"],
         "split 'train': expected files numbered 0 to 2, got 0000, 0002"),
        (["train/0001.parquet", "train/0003.parquet"],
         "split 'train': expected files numbered 1 to 3, got 0001, 0003"),
    ],
)  # fmt: skip
def test_a_part_is_not_taken_for_the_whole(
    tmp_path: Path, files: Sequence[str], fault: str
) -> None:
    above = files[0].partition("partial-")[0]
    for name in (*files, f"{above}test/0000.parquet" if "/" in files[0] else "test.parquet"):
        write_parquet(tmp_path / name, imdb_rows(1))
    assert fault in refused(tmp_path)


@pytest.mark.parametrize(
    "files",
    [
        ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"],
        ["train-00001-of-00002.parquet", "train-00002-of-00002.parquet"],
        ["train-00000-of-00001-a09b74b3ef9c3b56.parquet"],
        ["train/0000.parquet", "train/0001.parquet"],
        ["train_1.json", "train_2.json"],
        ["train_1.json", "train_3.json"],
        ["train-01.json", "train-11.json"],
        ["train-2019.csv", "train-2021.csv"],
        ["squad-train-v2.0.json"],
        ["c4-train.00000-of-00002.json.gz", "c4-train.00001-of-00002.json.gz"],
    ],
)
def test_whole_splits_are_not_refused(files: Sequence[str]) -> None:
    assert splits_of("x", files, ["train"]) == {"train": files}
    refuse_parts("x", "train", files)


def test_a_gap_in_what_a_card_lists_is_refused_too(tmp_path: Path) -> None:
    write(tmp_path, "a/train-00000-of-00002.parquet", imdb_rows(1))
    write(tmp_path, "test.parquet", imdb_rows(1))
    card(tmp_path, "a/train-*")
    assert refused(tmp_path) == (
        f"{tmp_path}: split 'train': expected 2 files, numbered 0 to 1, got 00000-of-00002; fetch "
        "what is missing, or take a mirror that is whole"
    )
    card(tmp_path, "b/train-*")
    assert refused(tmp_path) == (
        f"{tmp_path}: README.md: expected files of Parquet, JSON, CSV, TSV or Arrow that are "
        "called 'b/train-*', got none; fetch them, or mend the card"
    )


@given(st.lists(st.text(max_size=12), max_size=6, unique=True))
def test_no_name_of_a_file_is_a_traceback(stems: list[str]) -> None:
    files = [f"{stem}.parquet" for stem in stems if "/" not in stem]
    with contextlib.suppress(SourceError):
        found = splits_of("x", files, ["train", "test"])
        for split, each in found.items():
            assert set(each) <= set(files)
            refuse_parts("x", split, each)


def test_formats_are_known_by_the_end_of_a_name() -> None:
    assert format_of("A.JSON.ZST") == "json"
    assert format_of("parquet") is None
    assert format_of("a.parquet.gz") is None
    assert format_of("a.gz") is None


def test_files_of_several_formats_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path, "train.parquet", imdb_rows(1))
    write(tmp_path, "test.jsonl", imdb_rows(1))
    assert refused(tmp_path) == (
        f"{tmp_path}: expected files of one format, got test.jsonl, train.parquet; list the files "
        "of each split in a card (README.md)"
    )


@pytest.mark.parametrize(
    ("front", "told"),
    [
        ("configs: [1]", "configs: expected a list of mappings, got 1"),
        ("configs:\n- data_files: a", "configs: config_name: expected a name, got None"),
        ("configs:\n- config_name: a\n  data_files: {b: c}",
         "configs: a: data_files: expected paths, or a split and its paths in each, got {'b'"),
        ("configs:\n- config_name: a\n  data_files: [{split: b, path: c}, {split: b, path: c}]",
         "configs: a: data_files: expected each split once, got 'b'"),
        ("configs:\n- config_name: a\n  data_dir: [b]",
         "configs: a: data_dir: expected a folder's name, got ['b']"),
        ("configs:\n- config_name: a\n  data_files: '**.csv'", "expected a path or a pattern"),
        ("dataset_info: [x]", "dataset_info: expected a list of mappings, got 'x'"),
    ],
)  # fmt: skip
def test_a_slip_on_a_mirrors_card_is_one_line(tmp_path: Path, front: str, told: str) -> None:
    write(tmp_path, "train.parquet", imdb_rows(1))
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n")
    assert refused(tmp_path).startswith(f"{tmp_path}: README.md: {told}")


def test_a_config_may_have_a_folder_of_its_own_on_the_card(tmp_path: Path) -> None:
    for config, count in (("one", 1), ("two", 2)):
        for split in ("train", "test"):
            write(tmp_path, f"{config}/{split}.parquet", imdb_rows(count))
    (tmp_path / "README.md").write_text(
        "---\nconfigs:\n- {config_name: a, data_dir: one, default: true}\n"
        "- {config_name: plain_text, data_dir: ./two/}\n---\n"
    )
    task = find("imdb")
    assert names(resolve(task, str(tmp_path))) == ["two/train.parquet"]
    unnamed = replace(task, source=replace(task.source, config=None))
    assert names(resolve(unnamed, str(tmp_path))) == ["one/train.parquet"]


@pytest.mark.parametrize("command", ["make imdb --out {out}", "check imdb", "show imdb"])
def test_commands_follow_links_where_it_is_said(
    mirror: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = mirror.with_name("outside") / "train.parquet"
    (mirror / "train.parquet").unlink()
    (mirror / "train.parquet").symlink_to(outside)
    arguments = [*command.format(out=mirror.with_name("out")).split(), "--source", f"imdb={mirror}"]
    assert cli.run(arguments) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"error: {mirror}: train.parquet: expected a file within the folder, ")
    assert told.endswith(f"got a link to {outside}; {ADVICE}\n")
    cli.run([*arguments, "--follow-links"])
    assert "within the folder" not in capsys.readouterr().err
