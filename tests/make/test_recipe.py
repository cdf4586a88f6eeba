"""A recipe's file: what is made by it, and what the manifest keeps of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT
from mixbuild.core import RecipeError, UsageError
from mixbuild.make import Asked, RecipeEntry, load_manifest, make, read_recipe, request_of
from mixbuild.tasks import ALL, gather

TEXT = """\
seed: 5            # of every choice
templates: sample
tasks:
  imdb: {splits: [test], templates: seed, source: samples}
  squad: {source: nowhere, max_rows: 4}
"""


def test_a_build_by_a_recipe_keeps_it_word_for_word(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    settings = ("max_rows=9", "tasks.squad.source=samples")
    resolved, _ = read_recipe(str(path), tasks=ALL, settings=settings)
    request = request_of(resolved, tmp_path / "out", tasks=ALL, sources={})
    assert request.sources == {"imdb": "samples", "squad": "samples"}
    made = make(request)
    assert load_manifest(tmp_path / "out") == made.manifest
    assert {name: each.recipe for name, each in made.manifest.configs.items()} == dict.fromkeys(
        ("imdb", "squad"), RecipeEntry(TEXT, settings)
    )
    assert {
        name: (each.tasks[name].asked, list(each.splits))
        for name, each in made.manifest.configs.items()
    } == {
        "imdb": (Asked("seed", 5, 9), ["test"]),
        "squad": (Asked("sample", 5, 4), ["train", "validation"]),
    }
    assert not make(request).changed
    path.write_text(TEXT + "# another word\n")
    other, _ = read_recipe(str(path), tasks=ALL, settings=settings)
    again = make(request_of(other, tmp_path / "out", tasks=ALL, sources={}))
    assert (again.changed, again.rendered) == (True, 0), "the file is kept, no row is rendered"


def test_a_file_that_is_no_recipe_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"seed: \xff")
    with pytest.raises(RecipeError) as caught:
        read_recipe(str(path), tasks=ALL)
    expected = f"{path}: expected a recipe, got what cannot be read (it is not UTF-8)"
    assert str(caught.value) == expected
    with pytest.raises(UsageError, match="unknown file or recipe 'evrything'; did you mean 'every"):
        read_recipe("evrything", tasks=ALL)
    with pytest.raises(RecipeError, match=r"Is a directory"):
        read_recipe(str(tmp_path), tasks=ALL)


def test_a_recipe_brings_tasks_of_ones_own_from_beside_it(tmp_path: Path) -> None:
    declaration = (ROOT / "build/mixbuild/tasks/imdb.py").read_text()
    (tmp_path / "own.py").write_text(declaration.replace('name="imdb"', 'name="films"'))
    path = tmp_path / "mine.yaml"
    path.write_text("task_files: [own.py]\nmixtures: {mix: {parts: {films: {}, squad: {}}}}\n")
    resolved, tasks = read_recipe(str(path), tasks=ALL, gather=gather)
    assert list(resolved.choices) == ["films", "squad"]
    assert [task.name for task in tasks[len(ALL) :]] == ["films"]
    request = request_of(resolved, tmp_path / "out", tasks=tasks, sources={})
    assert [task.name for task in request.tasks] == ["squad", "films"]
    with pytest.raises(RecipeError) as caught:
        read_recipe(str(path), tasks=ALL)
    assert str(caught.value) == (
        f"{path}: task_files: expected none where no file of tasks is run, got own.py; make it "
        "with instruct-mix make --recipe"
    )
