"""make: the same bytes however it is run, resumed where it was stopped, redone where it changed."""

from __future__ import annotations

import dataclasses
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import IMDB_SCHEMA, ROOT, as_json, imdb_rows, read_shards, write_parquet
from mixbuild.core.digest import ContentDigest
from mixbuild.core.errors import ManifestError, MixError, OutputError, RowError, UsageError
from mixbuild.core.row import SCHEMA
from mixbuild.declare.choice import TaskChoice
from mixbuild.declare.template import Template
from mixbuild.make import manifest
from mixbuild.make import unit as units
from mixbuild.make.made_of import Asked
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.make.staging import UNITS
from mixbuild.tasks import ALL, find


def request(folder: Path, out: Path, **asked: Any) -> Request:
    return Request([find("imdb")], out, {"imdb": str(folder)}, **asked)


def files(out: Path) -> dict[str, bytes]:
    """Every file a reader would find, by its path below the output folder."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_the_manifest_says_what_is_in_the_shards(imdb_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made = make(request(imdb_folder, out))
    assert json.loads((out / "manifest.json").read_text()) == as_json(made.manifest)
    entry = as_json(made.manifest)["configs"]["imdb"]
    assert entry["made_of"]["source"]["repo"] == "stanfordnlp/imdb"
    assert entry["made_of"]["source"]["license"] == "other"
    assert entry["made_of"]["asked"] == {"templates": "seed", "seed": 0, "max_rows": None}
    assert list(entry["made_of"]["templates"]) == ["seed"]
    assert entry["made_of"]["templates"]["seed"]["text"] == find("imdb").template("seed").text
    assert {"instruct_mix", "code", "pyarrow", "datasets"} <= set(entry["versions"])
    counts = {split: (each["rows_read"], each["rows"]) for split, each in entry["splits"].items()}
    assert counts == {"train": (300, 300), "test": (120, 120)}
    for split, each in entry["splits"].items():
        for shard in each["shards"]:
            path = out / shard["path"]
            with pa.OSFile(str(path)) as file:
                table = pa.ipc.open_stream(file).read_all()
            digest = ContentDigest(SCHEMA)
            for batch in table.to_batches():
                digest.update(batch)
            assert table.schema == SCHEMA
            assert shard["content_digest"] == digest.hexdigest()
            assert (shard["rows"], shard["bytes"]) == (table.num_rows, path.stat().st_size)
        assert read_shards(out, "imdb", split).num_rows == each["rows"]


def test_every_row_is_the_seed_template_filled_by_hand(imdb_folder: Path, tmp_path: Path) -> None:
    made = make(request(imdb_folder, tmp_path / "out"))
    rows = read_shards(tmp_path / "out", "imdb", "train").to_pylist()
    source = made.manifest.configs["imdb"].sources[0].read_from
    assert source.startswith("stanfordnlp/imdb@mirror-")
    for number, (row, raw) in enumerate(zip(rows, imdb_rows(300), strict=True)):
        name = ("negative", "positive")[raw["label"]]
        text = f"Classify this sentence sentiment: {raw['text']} \n[OUTPUT]: {name}"
        file, line = divmod(number, 150)
        assert row == {
            "prompt": text[: -len(name) - 1],
            "completion": f" {name}",
            "references": [name],
            "task": "imdb",
            "template": "seed",
            "source": source,
            "id": f"imdb/train/train-0000{file}-of-00002.parquet:{line}",
        }


@pytest.mark.parametrize(
    ("templates", "every"),
    [
        ("seed", [{"num_proc": 1}, {"num_proc": 2}]),
        ("sample", [{"num_proc": 3}]),
        ("all", [{"num_proc": 2}, {"engine_name": "dask", "num_proc": 2}]),
    ],
)
def test_the_bytes_do_not_depend_on_workers_or_engine(
    imdb_folder: Path,
    tmp_path: Path,
    many_units: None,
    templates: str,
    every: list[dict[str, Any]],
) -> None:
    expected: dict[str, bytes] | None = None
    for index, options in enumerate([{}, *every]):
        out = tmp_path / str(index)
        made = make(request(imdb_folder, out, templates=templates), **options)
        assert made.rendered == 6
        expected = expected or files(out)
        assert files(out) == expected, options


def test_rows_do_not_depend_on_how_the_source_is_cut_into_units(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(request(imdb_folder, tmp_path / "few", templates="sample", seed=3))
    monkeypatch.setattr("mixbuild.sources.formats.parquet.RUN_BYTES", 1)
    monkeypatch.setattr("mixbuild.sources.formats.parquet.BATCH_ROWS", 7)
    made = make(request(imdb_folder, tmp_path / "many", templates="sample", seed=3))
    assert made.rendered == 6
    for split in ("train", "test"):
        few, many = (read_shards(tmp_path / each, "imdb", split) for each in ("few", "many"))
        assert few.to_pylist() == many.to_pylist()


def test_a_second_make_does_nothing(imdb_folder: Path, tmp_path: Path) -> None:
    first = make(request(imdb_folder, tmp_path / "out"))
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    second = make(request(imdb_folder, tmp_path / "out"))
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}
    assert (second.rendered, second.kept) == (0, 3)
    assert second.manifest == first.manifest
    assert before == after


def test_a_change_redoes_just_what_it_touches(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, task = tmp_path / "out", find("imdb")

    def rendered(**changes: Any) -> int:
        asked = {**dataclasses.asdict(Request([], out)), "tasks": [task], **changes}
        asked["sources"] = {"imdb": str(imdb_folder)}
        return make(Request(**asked)).rendered

    assert rendered() == 3
    assert rendered(seed=1) == 0, "the seed chooses nothing when one template renders every row"
    assert rendered(templates="sample") == 3
    assert rendered(templates="sample", seed=1) == 3
    assert rendered(templates="sample", seed=1) == 0
    assert rendered(templates="terse") == 3
    assert rendered(templates="terse", splits=["test"]) == 0, "the test split is there already"
    assert rendered(templates="terse") == 2, "of the two train shards nothing was left"
    seed, *others = task.templates
    task = dataclasses.replace(
        task, templates=(seed, Template("another", "Rate: {text}\n[OUTPUT]: {label}"), *others)
    )
    assert rendered(templates="terse") == 0, "a template that renders nothing changes nothing"
    monkeypatch.setattr(units, "code_version", lambda: "another")
    assert rendered(templates="terse") == 3
    monkeypatch.undo()
    assert rendered(templates="terse") == 3
    write_parquet(imdb_folder / "test-00000-of-00001.parquet", imdb_rows(121, start=300))
    assert rendered(templates="terse") == 3, "every row names its source, and the source changed"


def test_a_change_of_what_the_card_says_renders_nothing_and_is_listed(
    imdb_folder: Path, tmp_path: Path
) -> None:
    make(request(imdb_folder, tmp_path / "out"))
    source = dataclasses.replace(find("imdb").source, license="cc0-1.0")
    task = dataclasses.replace(find("imdb"), source=source)
    made = make(Request([task], tmp_path / "out", {"imdb": str(imdb_folder)}))
    assert (made.rendered, made.kept) == (0, 3)
    assert manifest.load(tmp_path / "out") == made.manifest
    assert made.manifest.configs["imdb"].sources[0].license == "cc0-1.0"


def test_tasks_made_one_after_the_other_are_all_listed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    together = tmp_path / "together"
    tasks = ALL[::5]
    for task in tasks:
        make(Request([task], out, {task.name: "samples"}))
    make(Request(tasks, together, {task.name: "samples" for task in tasks}))
    assert files(out) == files(together)


def test_a_missing_or_shortened_shard_is_made_again(imdb_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    make(request(imdb_folder, out))
    whole = files(out)
    (out / "imdb/train-00001-of-00002.arrow").unlink()
    os.truncate(out / "imdb/test-00000-of-00001.arrow", 100)
    made = make(request(imdb_folder, out))
    assert (made.rendered, made.kept) == (2, 1)
    assert files(out) == whole


def test_shards_of_an_earlier_plan_do_not_stay(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr("mixbuild.sources.formats.parquet.RUN_BYTES", 1)
    make(request(imdb_folder, out))
    monkeypatch.undo()
    make(request(imdb_folder, out, splits=["test"]))
    assert sorted(files(out)) == ["imdb/test-00000-of-00001.arrow", "manifest.json"]


def test_a_row_that_must_not_be_leaves_nothing_that_looks_finished(
    imdb_folder: Path, tmp_path: Path
) -> None:
    bad = [*imdb_rows(99, start=300), {"text": "Who knows.", "label": 7}]
    write_parquet(imdb_folder / "test-00000-of-00001.parquet", bad)
    out = tmp_path / "out"
    with pytest.raises(RowError) as caught:
        make(request(imdb_folder, out))
    assert "row 99 of test-00000-of-00001.parquet" in str(caught.value)
    assert "got 7" in str(caught.value)
    assert not (out / "manifest.json").exists()
    assert not list(out.glob("imdb/*"))
    assert not list(out.rglob("*.partial"))


def test_a_failure_keeps_the_other_tasks_and_unlists_the_failed_one(
    imdb_folder: Path, tmp_path: Path
) -> None:
    out, squad = tmp_path / "out", find("squad")
    make(Request([squad], out, {"squad": "samples"}))
    make(request(imdb_folder, out))
    write_parquet(
        imdb_folder / "train-00000-of-00002.parquet", [{"text": "Who knows.", "label": 7}]
    )
    with pytest.raises(RowError):
        make(request(imdb_folder, out))
    listed = manifest.load(out)
    assert listed is not None
    assert list(listed.configs) == ["squad"]


def test_two_builds_do_not_share_a_folder(imdb_folder: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out/.lock"), pytest.raises(OutputError) as caught:
        make(request(imdb_folder, tmp_path / "out"))
    assert str(caught.value) == (
        f"{tmp_path}/out: another make or push is at work here; wait for it, or choose "
        f"another --out"
    )


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (errno.EACCES, "Permission denied; allow it to whoever runs this"),
        (errno.EIO, "Input/output error; look at the disk, or at the network that it is on"),
    ],
)
def test_a_manifest_that_the_machine_keeps_back_is_not_to_be_deleted(
    monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    def keep_back(path: Path) -> bytes:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr(Path, "read_bytes", keep_back)
    with pytest.raises(ManifestError) as caught:
        manifest.load(Path("/out"))  # not within a folder that a variable names
    assert str(caught.value) == f"cannot be read: /out/manifest.json: {told}"


def test_a_manifest_of_another_format_is_refused(imdb_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text('{"format": 99}')
    with pytest.raises(MixError) as caught:
        make(request(imdb_folder, tmp_path / "out"))
    assert str(caught.value) == (
        f"{tmp_path}/out/manifest.json: expected format 2, got 99: a newer version wrote "
        f"it; update instruct_mix"
    )


def test_a_manifest_of_the_older_format_is_made_again(imdb_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text('{"format": 1, "tasks": {}}')
    with pytest.raises(ManifestError) as caught:
        make(request(imdb_folder, tmp_path / "out"))
    assert str(caught.value) == (
        f"{tmp_path}/out/manifest.json: expected format 2, got 1: an older version wrote it; "
        f"delete it and run make again: what was pushed stays, and the next push goes on from it"
    )


def test_max_rows_must_be_positive(imdb_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--max-rows: expected at least 1, got 0"):
        make(request(imdb_folder, tmp_path / "out", max_rows=0))


@pytest.mark.parametrize("options", [[], ["--num-proc", "2"]], ids=["threads", "processes"])
def test_a_build_that_is_killed_at_any_moment_goes_on_and_ends_the_same(
    tmp_path: Path, options: list[str]
) -> None:
    folder = tmp_path / "mirror"
    rows = imdb_rows(400)
    for index in range(12):
        write_parquet(folder / f"train-{index:05d}-of-00012.parquet", rows[index:])
    write_parquet(folder / "test-00000-of-00001.parquet", rows[:10], IMDB_SCHEMA)
    expected_out, out = tmp_path / "expected", tmp_path / "out"
    make(request(folder, expected_out, templates="all"))
    command = [sys.executable, str(ROOT / "build"), "make", "imdb", "--templates", "all"]
    command += ["--source", f"imdb={folder}", "--out", str(out), *options]
    moments = random.Random(7)
    killed = 0
    for _ in range(10):
        process = subprocess.Popen(
            command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        # wait until it writes, so that the kill falls among the units and not before them
        deadline = time.monotonic() + 60
        while not (out / UNITS).exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.15 if not options else 0.9))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        if (out / "manifest.json").exists():
            subprocess.run(command, check=True, capture_output=True)
            assert files(out) == files(expected_out), "what is listed is whole"
            shutil.rmtree(out)
    subprocess.run(command, check=True, capture_output=True)
    assert killed >= 5
    assert files(out) == files(expected_out)


@pytest.mark.parametrize("row_group_size", [10_000, 1_000_000], ids=["groups", "one group"])
def test_memory_stays_flat_however_long_the_source(tmp_path: Path, row_group_size: int) -> None:
    text = pa.array([f"Review {number}: {'so very good ' * 20}" for number in range(10_000)])
    table = pa.table({"text": text, "label": pa.array([0, 1] * 5_000)})
    table = pa.concat_tables([table] * 100)
    path = tmp_path / "mirror/train.parquet"
    path.parent.mkdir()
    pq.write_table(table, path, row_group_size=row_group_size, use_dictionary=False)
    command = [sys.executable, str(ROOT / "build"), "make", "imdb", "--split", "train"]
    command += ["--source", f"imdb={path.parent}", "--out", str(tmp_path / "out")]
    # the largest of the processes: RUSAGE_CHILDREN counts whom a child has waited for, too
    measure = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measure, *command, "--num-proc", "1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) / 1024 < 400, "MiB"
    shutil.rmtree(tmp_path / "out")


def killed_at(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die, as if by a kill, when make comes to a point for the last time."""
    from mixbuild.make import run as module
    from mixbuild.make.listing import put_out

    def die(*_: object, **__: object) -> None:
        raise SystemExit("killed")

    if point == "publish":

        def publish_then_die(*arguments: Any) -> None:
            put_out(*arguments)
            die()

        monkeypatch.setattr(module, "put_out", publish_then_die)
    else:
        monkeypatch.setattr(manifest, "save", die)


@pytest.mark.parametrize("point", ["publish", "save"])
def test_a_kill_at_the_very_end_costs_no_unit(
    imdb_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    make(request(imdb_folder, tmp_path / "expected", templates="terse"))
    out = tmp_path / "out"
    make(request(imdb_folder, out, templates="terse"))
    (out / "imdb/test-00000-of-00001.arrow").unlink()
    with monkeypatch.context() as patched:
        killed_at(point, patched)
        with pytest.raises(SystemExit):
            make(request(imdb_folder, out, templates="terse"))
    made = make(request(imdb_folder, out, templates="terse"))
    assert made.rendered == (0 if point == "publish" else 1), "only what was never rendered"
    assert files(out) == files(tmp_path / "expected")


def test_units_of_another_task_wait_to_be_finished(imdb_folder: Path, tmp_path: Path) -> None:
    out, path = tmp_path / "out", imdb_folder / "test-00000-of-00001.parquet"
    good = path.read_bytes()
    write_parquet(path, [*imdb_rows(119, start=300), {"text": "Who knows.", "label": 7}])
    with pytest.raises(RowError):
        make(request(imdb_folder, out))
    make(Request([find("squad")], out, {"squad": "samples"}))
    assert len(list((out / UNITS).glob("imdb-*.arrow"))) == 2
    path.write_bytes(good)
    make(request(imdb_folder, out))
    assert not (out / UNITS).exists()


def test_files_that_are_not_ours_are_left_alone(imdb_folder: Path, tmp_path: Path) -> None:
    names = ("imdb/data-00000-of-00001.arrow", "film.partial", "films/of 1925.mp4.partial")
    strangers = [tmp_path / "out" / name for name in names]
    for stranger in strangers:
        stranger.parent.mkdir(parents=True, exist_ok=True)
        stranger.write_text("precious")
    make(request(imdb_folder, tmp_path / "out"))
    assert [stranger.read_text() for stranger in strangers] == ["precious"] * len(strangers)


@pytest.mark.parametrize("out", ["mirror/out", "."])
def test_source_and_output_do_not_lie_within_one_another(
    imdb_folder: Path, tmp_path: Path, out: str
) -> None:
    with pytest.raises(UsageError, match="lie within one another; choose another --out"):
        make(request(imdb_folder, tmp_path / out))
    assert not (imdb_folder / "out").exists()


def test_what_is_not_asked_for_any_more_is_removed_and_said(
    imdb_folder: Path, tmp_path: Path
) -> None:
    make(request(imdb_folder, tmp_path / "out"))
    made = make(request(imdb_folder, tmp_path / "out", splits=["train"]))
    assert (made.rendered, made.kept, made.changed) == (0, 2, True)
    assert made.removed == ("imdb/test",)
    assert not make(request(imdb_folder, tmp_path / "out", splits=["train"])).changed


@pytest.mark.parametrize(
    "text", ["{}", '{"format": 2}', '{"format": 2, "configs": {"imdb": {}}}', "[", "[" * 9_999]
)
def test_a_manifest_that_is_none_is_refused(imdb_folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(text)
    with pytest.raises(MixError, match=r"^.*manifest\.json: .*; delete it and run make again$"):
        make(request(imdb_folder, tmp_path / "out"))


def test_a_long_list_in_a_drop_counts_in_full(imdb_folder: Path, tmp_path: Path) -> None:
    from mixbuild.declare.slots import field

    def rendered(values: list[int]) -> int:
        task = dataclasses.replace(find("imdb"), drops={"listed": field("label").isin(values)})
        return make(Request([task], tmp_path / "out", {"imdb": str(imdb_folder)})).rendered

    many = list(range(100, 200))
    assert rendered(many) == 3
    assert rendered(many) == 0
    assert rendered([*many[:50], 999, *many[51:]]) == 3, "its text leaves out the middle"


def test_what_is_said_for_one_task_goes_before_what_is_said_for_all(tmp_path: Path) -> None:
    made = make(
        Request(
            [find("squad"), find("imdb")],
            tmp_path,
            {"squad": "samples", "imdb": "samples"},
            "sample",
            max_rows=9,
            choices={"imdb": TaskChoice(templates="seed", splits=("test",), max_rows=4)},
        )
    )
    got = {
        name: (config.tasks[name].asked, list(config.splits))
        for name, config in made.manifest.configs.items()
    }
    assert got == {
        "squad": (Asked("sample", 0, 9), ["train", "validation"]),
        "imdb": (Asked("seed", 0, 4), ["test"]),
    }
