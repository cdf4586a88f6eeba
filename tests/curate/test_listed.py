"""A manifest that anyone may have written lists no file but the build's own, and no other row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mixbuild.cli.main import run
from mixbuild.core.errors import ManifestError, MixError, VerifyError
from mixbuild.prove.verify import verify_folder

RECIPE = """\
tasks: {imdb: {}}
quality: {exact: {}}
mixtures: {mix: {parts: {imdb: {}}}}
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(RECIPE)
    recipe = ["--recipe", str(tmp_path / "mine.yaml"), "--samples"]
    assert run(["make", *recipe, "--out", str(tmp_path / "out")]) == 0
    verify_folder(tmp_path / "out")
    return tmp_path / "out"


def refused(out: Path, change: Callable[[Any], object]) -> MixError:
    """What is said of a manifest of which the splits to train on are changed."""
    path = out / "manifest.json"
    found = json.loads(path.read_text())
    change({name: each["splits"]["train"] for name, each in found["configs"].items()})
    path.write_text(json.dumps(found))
    with pytest.raises(MixError) as caught:
        verify_folder(out)
    return caught.value


@pytest.mark.parametrize("path", ["/dev/zero", "../precious", "imdb/test.removed.arrow", "\x1b"])
@pytest.mark.parametrize(
    ("config", "key", "expected"),
    [
        ("imdb", "removed", "imdb/train.removed.arrow"),
        ("mix", "selected", "mix/train.selection.arrow"),
    ],
)
def test_nobody_is_told_to_delete_a_file_that_is_not_the_builds(
    out: Path, config: str, key: str, expected: str, path: str
) -> None:
    error = refused(out, lambda splits: splits[config][key].update(path=path))
    assert isinstance(error, ManifestError)
    assert str(error) == (
        f"{out}/manifest.json: configs.{config}.splits.train.{key}.path: expected {expected!r}, "
        f"got {path!r}; delete it and run make again"
    )


@pytest.mark.parametrize("change", [{"path": "/dev/zero"}, {"rows": 7}, {"bytes": 1}])
def test_a_selected_shard_is_its_own_configs(out: Path, change: dict[str, Any]) -> None:
    error = refused(out, lambda splits: splits["mix"]["selected"]["shards"][0].update(change))
    got = change.get("path", "imdb/train-00000-of-00001.arrow")
    assert str(error) == (
        f"{out}/manifest.json: configs.mix.splits.train.selected.shards.0: expected a shard as its "
        f"own config lists it, got {got!r}; delete it and run make again"
    )


def test_a_selection_of_rows_that_its_shards_have_not(out: Path) -> None:
    error = refused(out, lambda splits: splits["mix"]["selected"].update(shards=[]))
    assert isinstance(error, VerifyError)
    assert str(error).startswith("a selection: expected rows of 0 shards with no rows, got row ")


def test_a_number_of_selected_rows(out: Path) -> None:
    rows: list[int] = []

    def fewer(splits: Any) -> None:
        rows.append(splits["mix"]["rows"])
        splits["mix"].update(rows=rows[0] - 1, rows_read=rows[0] - 1)

    assert str(refused(out, fewer)) == (
        f"{out}/mix/train.selection.arrow: expected {rows[0] - 1} rows, as the manifest says, got "
        f"{rows[0]}; delete it if it is there, then run make --out {out} again"
    )
