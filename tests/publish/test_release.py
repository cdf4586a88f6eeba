"""What is published: a build's configs in the place of theirs, and nothing else moved."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import as_json, from_json, imdb_rows, read_shards, write_parquet
from datasets import load_dataset
from mixbuild.core.errors import CardError, ManifestError, OutputError, VerifyError
from mixbuild.core.files import mutex
from mixbuild.core.resources import read_project_file
from mixbuild.core.row import SCHEMA
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.publish import plots, release
from mixbuild.publish.export import export_split
from mixbuild.publish.manifest import COLUMNS, Published, PublishedConfig, decode
from mixbuild.publish.release import (
    File,
    Publication,
    compose,
    published_configs,
    shard_files,
    write_local_card,
)
from mixbuild.publish.split import splits
from mixbuild.tasks import find
from msgspec.structs import replace

REPO = "org/mix"
FOUNDING = ("squad", "imdb", "billsum")

Built = tuple[dict[str, PublishedConfig], list[File]]
"""The configs of a build, and its files."""


def build(out: Path, *tasks: str, templates: str = "seed", file_format: str = "parquet") -> Built:
    """A build from the samples, exported."""
    request = Request([find(task) for task in tasks], out, dict.fromkeys(tasks, "samples"))
    entries = make(dataclasses.replace(request, templates=templates)).manifest.configs
    exported = [
        (each, export_split(each)) for each in splits(out, entries, file_format=file_format)
    ]
    return published_configs(entries, exported), list(shard_files(exported))


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("samples"), *FOUNDING)


@pytest.fixture(scope="module")
def terse(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Another build of imdb alone: as many rows, others."""
    return build(tmp_path_factory.mktemp("terse"), "imdb", templates="terse")


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What was drawn; drawing it takes a while, and is tested elsewhere."""
    calls: list[tuple[str, Any]] = []

    def draw(name: str, data: object) -> bytes:
        calls.append((name, data))
        return b"a PNG"

    monkeypatch.setattr(plots, "rows_plot", lambda data: draw("rows", data))
    monkeypatch.setattr(plots, "lengths_plot", lambda data: draw("lengths", data))
    return calls


def publish(
    built: Built,
    onto: Publication | None = None,
    *,
    card: str | None = None,
    file_format: str = "parquet",
) -> Publication:
    """Compose on top of what is published: its manifest and card as the Hub would give them."""
    entries, files = built
    if onto is None:
        return compose(entries, files, repo=REPO, file_format=file_format)
    return compose(
        entries,
        files,
        repo=REPO,
        file_format=file_format,
        before=decode(content(onto, "manifest.json"), where="org/mix"),
        old_card=content(onto, "README.md").decode() if card is None else card,
    )


def content(published: Publication, path: str) -> bytes:
    (file,) = [file for file in published.files if file.path == path]
    return file.content if isinstance(file.content, bytes) else file.content.read_bytes()


def only(built: Built, *names: str) -> Built:
    entries, files = built
    return (
        {name: entries[name] for name in names},
        [file for file in files if file.path.partition("/")[0] in names],
    )


def changed(built: Built, task: str, **source: object) -> Built:
    """The build with another declaration of a source."""
    entries, files = built
    made_of = entries[task].tasks[task]
    declared = replace(made_of, source=replace(made_of.source, **source))
    return {**entries, task: replace(entries[task], made_of=declared)}, files


def test_the_first_publication_holds_everything(samples: Built) -> None:
    entries, shards = samples
    first = publish(samples)
    paths = [file.path for file in first.files]
    assert paths[: len(shards)] == [file.path for file in shards]
    assert [path for path in paths if path.startswith("assets/")] == [
        *(file.path for file in first.files if file.named_by_content),
        "assets/templates.md",
    ]
    assert paths[-2:] == ["manifest.json", "README.md"]
    declared = {path for path in paths if path.startswith("tasks/")}
    assert declared == {
        f"tasks/{name}-{hashlib.sha256(find(name).declaration.encode()).hexdigest()[:8]}.py"
        for name in entries
    }
    assert len(paths) == len(set(paths)) == len(shards) + len(entries) + 5
    for file in first.files:
        data = content(first, file.path)
        assert (file.size, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    manifest = json.loads(content(first, "manifest.json"))
    assert from_json(manifest, Published) == first.manifest
    rows = sum(each.rows for entry in entries.values() for each in entry.splits.values())
    assert manifest == {
        "format": 2,
        "version": "1.0.0",
        "file_format": "parquet",
        "columns": COLUMNS,
        "history": {"1.0.0": [f"first published, {rows} rows in 3 configs"]},
        "configs": {name: as_json(config) for name, config in entries.items()},
        "row_format": {"name": "prompt_completion", "marker": "drop", "system": None},
    }
    assert list(manifest["configs"]) == ["billsum", "imdb", "squad"]
    listed = [
        shard["path"]
        for entry in manifest["configs"].values()
        for split in entry["splits"].values()
        for shard in split["shards"]
    ]
    assert sorted(listed) == sorted(file.path for file in shards)


def test_an_entry_is_the_build_with_the_exported_files_for_shards(tmp_path: Path) -> None:
    build(tmp_path, "imdb")
    built = expect(tmp_path).configs
    exported = [(each, export_split(each)) for each in splits(tmp_path, built)]
    config, made = published_configs(built, exported)["imdb"], built["imdb"]
    assert (config.made_of, config.versions) == (made.made_of, made.versions)
    assert list(config.splits) == list(made.splits)
    for split, each in config.splits.items():
        (shard,) = each.shards
        assert shard.path == f"imdb/{split}-00000-of-00001.parquet"
        assert each.rows == made.splits[split].rows


def test_the_order_of_the_configs_counts_for_nothing(samples: Built) -> None:
    entries, shards = samples
    backwards = dict(reversed(entries.items())), shards
    assert list(backwards[0]) != list(entries)
    assert publish(backwards) == publish(samples)
    first = publish(only(samples, "squad"))
    assert publish(backwards, first) == publish(samples, first)


def test_without_a_change_all_is_as_it_was_to_the_byte(samples: Built) -> None:
    first = publish(samples)
    assert publish(samples, first) == first
    entries, shards = samples
    other_order = {
        name: replace(config, splits=dict(reversed(config.splits.items())))
        for name, config in entries.items()
    }
    again = publish((other_order, shards), first)
    assert again.files == first.files
    for name in entries:
        part = publish(only(samples, name), first)
        assert part.files[-4:] == first.files[-4:], "images, manifest, card"
        assert part.manifest == first.manifest


def test_other_configs_stay_byte_for_byte(samples: Built, terse: Built) -> None:
    first = publish(samples)
    second = publish(terse, first)
    assert second.manifest.version == "1.1.0"
    assert second.manifest.configs["imdb"] == terse[0]["imdb"]
    assert [file for file in second.files if file.path.endswith(".parquet")] == terse[1]
    texts = [json.loads(content(each, "manifest.json"))["configs"] for each in (first, second)]
    for name in ("billsum", "squad"):
        # as text: the order of the keys stays too
        assert json.dumps(texts[0][name]) == json.dumps(texts[1][name])
    rows = {split: each.rows for split, each in terse[0]["imdb"].splits.items()}
    told = ", ".join(
        f"{split} {count} rows as before, not the same" for split, count in rows.items()
    )
    assert second.manifest.history == {
        "1.1.0": (f"`imdb`: {told}",),
        **first.manifest.history,
    }
    assert publish(terse, second) == second
    assert publish(only(samples, "imdb"), second).manifest.version == "1.2.0"


def test_a_new_config_joins_those_that_are_there(samples: Built) -> None:
    first = publish(only(samples, "squad", "billsum"))
    second = publish(only(samples, "imdb"), first)
    assert second.manifest.version == "1.1.0"
    assert second.manifest.configs == samples[0]
    assert list(second.manifest.configs) == ["billsum", "imdb", "squad"]
    assert {file.path.partition("/")[0] for file in second.files} == {
        "imdb",
        "assets",
        "tasks",
        "manifest.json",
        "README.md",
    }
    together = publish(samples)
    assert [file.path for file in second.files if file.named_by_content] == [
        file.path for file in together.files if file.named_by_content
    ], "the images show all that is published"


def test_a_change_of_what_is_said_alone_is_a_patch(
    samples: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(samples)
    second = publish(changed(samples, "imdb", license="mit"), first)
    assert second.manifest.version == "1.0.1"
    assert second.manifest.configs["imdb"].sources[0].license == "mit"
    assert list(second.manifest.history.items()) == [
        ("1.0.1", ()),
        *first.manifest.history.items(),
    ]
    module = importlib.import_module("mixbuild.publish.card.sections")
    text = module.read_project_file(module.TEXT).replace("$each", "Look:\n\n$each")
    monkeypatch.setattr(
        module,
        "read_project_file",
        lambda name: text if name == module.TEXT else read_project_file(name),
    )
    third = publish(changed(samples, "imdb", license="mit"), second)
    assert third.manifest.version == "1.0.2"
    assert third.manifest.configs == second.manifest.configs
    assert publish(changed(samples, "imdb", license="mit"), third) == third


def test_what_people_wrote_on_the_card_is_no_change_of_ours(samples: Built) -> None:
    first = publish(samples)
    text = content(first, "README.md").decode()
    edited = text.replace("\n---\n", "\nextra: 1\n---\n", 1) + "\nWritten by hand.\n"
    second = publish(samples, first, card=edited)
    assert content(second, "README.md").decode() == edited
    assert second.manifest == first.manifest


def test_a_card_that_was_lost_is_written_again(samples: Built) -> None:
    first = publish(samples)
    second = publish(samples, first, card="")
    assert second.manifest.version == "1.0.1"
    assert publish(samples, second) == second


def test_a_card_that_cannot_be_merged_with_stops_it(samples: Built) -> None:
    with pytest.raises(CardError):
        publish(samples, publish(samples), card="---\n[\n---\n")


def test_another_format_beside_other_configs_is_refused(samples: Built, tmp_path: Path) -> None:
    arrow = build(tmp_path / "arrow", "imdb", file_format="arrow")
    with pytest.raises(ManifestError) as caught:
        publish(arrow, publish(samples), file_format="arrow")
    assert str(caught.value) == (
        "org/mix: its configs are published as parquet, and all must be in one format; "
        "push to another branch with --revision"
    )
    alone = publish(arrow, publish(only(samples, "imdb")), file_format="arrow")
    assert alone.manifest.version == "1.0.1", "the rows are the same"
    assert alone.manifest.file_format == "arrow"
    assert {Path(file.path).suffix for file in alone.files} == {
        *(".arrow", ".png", ".py", ".json", ".md")
    }
    assert "imdb/train-*.arrow" in content(alone, "README.md").decode()


def images(published: Publication) -> dict[str, str]:
    """``rows`` and ``lengths`` -> the path."""
    paths = [file.path for file in published.files if file.named_by_content]
    return {path.removeprefix("assets/").partition("-")[0]: path for path in paths}


def test_images_are_named_by_what_they_show(
    samples: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(samples)
    before = images(first)
    assert before.keys() == {"rows", "lengths"}
    for path in before.values():
        assert path in content(first, "README.md").decode()
    with monkeypatch.context() as patched:
        patched.setattr(plots, "rows_plot", lambda _: b"drawn by another library")
        assert images(publish(samples)) == before
    entries, shards = samples
    for name in ("rows", "lengths"):
        config = entries["imdb"]
        split = config.splits["test"]
        if name == "rows":
            split = replace(split, rows=split.rows + 1)
        else:
            longer = replace(split.lengths, prompt=(1, *split.lengths.prompt[1:]))
            split = replace(split, lengths=longer)
        entry = replace(config, splits={**config.splits, "test": split})
        after = images(publish(({**entries, "imdb": entry}, shards)))
        assert {each for each in after if after[each] != before[each]} == {name}


def test_images_show_the_rows_of_each_split_and_the_lengths_of_each_task(
    samples: Built, drawn: list[tuple[str, Any]]
) -> None:
    publish(samples)
    entries = samples[0]
    (_, counts), (_, lengths) = drawn
    assert list(counts) == list(lengths) == list(FOUNDING), "a family after the other"
    for name, entry in entries.items():
        each = entry.splits.values()
        assert counts[name] == {split: found.rows for split, found in entry.splits.items()}
        for text in ("prompt", "completion"):
            columns = zip(*(getattr(found.lengths, text) for found in each), strict=True)
            assert lengths[name][text] == tuple(map(sum, columns))
            assert all(type(count) is int for count in lengths[name][text])


def test_an_image_that_is_there_is_not_drawn_again(
    samples: Built, drawn: list[tuple[str, Any]]
) -> None:
    first = publish(samples)
    assert [name for name, _ in drawn] == ["rows", "lengths"]
    entries, files = samples
    there = {images(first)["rows"]: 71}
    second = compose(entries, files, repo=REPO, file_format="parquet", there=there)
    assert [name for name, _ in drawn] == ["rows", "lengths", "lengths"]
    assert images(second) == images(first)
    found = {file.path: (file.size, file.sha256) for file in second.files if file.path in there}
    assert found == {images(first)["rows"]: (71, "")}, "nothing that could be sent by mistake"


def files_of(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def columns(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in SCHEMA.names} for row in rows]


def test_a_folder_with_its_card_loads_as_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # draw
    out = tmp_path / "out"
    tasks = [find(name) for name in FOUNDING]
    make(Request(tasks, out, dict.fromkeys(FOUNDING, "samples")))
    before = files_of(out)
    written = list(write_local_card(out, repo=REPO))
    after = files_of(out)
    assert {name: after[name] for name in before} == before, "the build itself is not touched"
    assert sorted(path.relative_to(out).as_posix() for path in written) == sorted(
        name for name in after.keys() - before.keys() if not name.startswith(".")
    )
    assert [path.name.partition("-")[0] for path in written] == [
        *("rows", "lengths", "templates.md", *sorted(FOUNDING), "README.md")
    ]
    assert all(after[f"assets/{path.name}"].startswith(b"\x89PNG") for path in written[:2])
    for task in tasks:
        for streaming in (False, True):
            loaded = load_dataset(str(out), task.name, streaming=streaming)
            assert list(loaded) == list(task.splits)
            for split, dataset in loaded.items():
                expected = read_shards(out, task.name, str(split))
                assert list(dataset.features) == SCHEMA.names
                assert columns(list(dataset)) == expected.to_pylist()
                if not streaming:
                    assert dataset.data.table.schema.remove_metadata() == SCHEMA
    assert load_dataset(str(out), streaming=True).keys() == find("squad").splits.keys(), "default"
    (out / ".lock").unlink()
    del after[".lock"]
    with monkeypatch.context() as patch:  # as on a read-only medium
        patch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        patch.setattr(release, "write_whole", lambda path, content: pytest.fail(str(path)))
        assert list(write_local_card(out, repo=REPO)) == written
    assert files_of(out) == after


def unlabelled(tmp_path: Path, *, of: Sequence[str]) -> Path:
    """A build of imdb from which all rows of these splits are left out."""
    for split in ("train", "test"):
        rows = [{**row, "label": -1} if split in of else row for row in imdb_rows(3)]
        write_parquet(tmp_path / f"mirror/{split}-00000-of-00001.parquet", rows)
    out = tmp_path / "out"
    make(Request([find("imdb")], out, {"imdb": str(tmp_path / "mirror")}))
    return out


@pytest.mark.parametrize(("empty", "left"), [("test", "train"), ("train", "test")])
def test_a_folder_with_a_split_without_rows_loads_without_it(
    tmp_path: Path, empty: str, left: str
) -> None:
    out = unlabelled(tmp_path, of=[empty])
    *_, path = write_local_card(out, repo=REPO)
    assert f'load_dataset("{REPO}", "imdb", split="{left}")' in path.read_text("utf-8")
    for streaming in (False, True):
        loaded = load_dataset(str(out), "imdb", streaming=streaming)
        assert {str(split): len(list(rows)) for split, rows in loaded.items()} == {left: 3}


def test_a_config_without_rows_is_refused_in_one_line(tmp_path: Path) -> None:
    out = unlabelled(tmp_path, of=["train", "test"])
    with pytest.raises(VerifyError) as caught:
        list(write_local_card(out, repo=REPO))
    assert str(caught.value) == (
        "imdb: expected rows in one of its splits (train, test), got none, and datasets cannot "
        "load a config without rows; make a build without it, or from a source that has rows for it"
    )
    assert not (out / "README.md").exists()


def test_a_folder_in_which_something_is_being_made_gets_no_card(tmp_path: Path) -> None:
    build(tmp_path, "imdb")
    with mutex(tmp_path), pytest.raises(OutputError, match="another make or push is at work here"):
        list(write_local_card(tmp_path, repo=REPO))
    assert not (tmp_path / "README.md").exists()


def test_a_local_card_names_the_arrow_files_and_the_repo(tmp_path: Path) -> None:
    build(tmp_path, "imdb")
    *_, path = write_local_card(tmp_path, repo="someone/else")
    text = path.read_text(encoding="utf-8")
    assert "imdb/train-*.arrow" in text
    assert "imdb/train-*.parquet" not in text.partition("\n---\n")[0]
    assert "someone/else" in text


def test_without_a_build_there_is_no_card(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="not there, so nothing says that the build is whole"):
        list(write_local_card(tmp_path, repo=REPO))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("blocked", ["README.md", "assets"])
def test_a_card_that_cannot_be_written_is_said_in_one_line(tmp_path: Path, blocked: str) -> None:
    build(tmp_path, "imdb")
    if blocked == "assets":
        (tmp_path / "assets").write_text("a file where a folder should be")
    else:
        (tmp_path / "README.md").mkdir()
    with pytest.raises(OutputError) as caught:
        list(write_local_card(tmp_path, repo=REPO))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/{blocked}")
    assert ": cannot be written (" in message
    assert "\n" not in message
