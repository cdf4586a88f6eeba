"""rebuild: the same rows from the pinned sources, or the first that is not the same, by name."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import Commands
from conftest import imdb_rows
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from hypothesis import example, given
from hypothesis import strategies as st
from mixbuild.core.errors import ManifestError, MixError, SourceError, UsageError
from mixbuild.core.row import SCHEMA
from mixbuild.declare.template import Template
from mixbuild.make.manifest import expect
from mixbuild.make.plan import Request
from mixbuild.make.run import make
from mixbuild.prove.compare import first_difference
from mixbuild.prove.rebuild import Rebuilt, rebuild
from mixbuild.publish import plots
from mixbuild.publish.export import export_split
from mixbuild.publish.hub import push as hub_module
from mixbuild.publish.release import compose, published_configs, shard_files
from mixbuild.publish.split import splits
from mixbuild.tasks import find
from prove.proving import (
    DOLLY,
    IMDB,
    REPO,
    SOURCES,
    SQUAD,
    TEST,
    Run,
    environment,
    parquet,
    read_manifest,
    write_folder,
)

pytest_plugins = ["prove.proving"]

Row = dict[str, Any]


def shards(out: Path) -> dict[str, str]:
    """The content digest of every shard of a build."""
    return {
        shard["path"]: shard["content_digest"]
        for entry in read_manifest(out).values()
        for split in entry["splits"].values()
        for shard in split["shards"]
    }


def published_splits(hub: LoopbackHub, repo: str = REPO) -> dict[str, dict[str, Any]]:
    """What the published manifest says of each split."""
    manifest = json.loads(hub.files(repo)["manifest.json"])
    return {
        f"{task} {split}": each
        for task, entry in manifest["configs"].items()
        for split, each in entry["splits"].items()
    }


def test_an_empty_machine_builds_the_same(
    hub: LoopbackHub, published: Path, commands: Commands, tmp_path: Path
) -> None:
    for repo in (IMDB, SQUAD, DOLLY):  # which is not where the sources are by then
        hub.upload(repo, {"README.md": b"Nothing is here any more."})
    (tmp_path / "empty").mkdir()
    done = commands.run(
        *("rebuild", REPO, "--num-proc", "2", "--out", tmp_path / "out"),
        env=environment(hub, tmp_path / "home"),
        cwd=tmp_path / "empty",
    )
    assert (done.returncode, done.stderr) == (0, "")
    table, _, end = done.stdout.partition("\n\n")
    expected = published_splits(hub)
    assert [line.split(maxsplit=4) for line in table.splitlines()[1:]] == [
        [*name.split(), str(each["rows"]), each["content_digest"], "the same"]
        for name, each in expected.items()
    ]
    rows = sum(each["rows"] for each in expected.values())
    assert end == f"{REPO}: rebuilt, {rows} rows are the same\n"
    assert set(expected) == {
        "imdb train", "imdb test", "squad train", "squad validation", "dolly train"
    }  # fmt: skip
    assert expected["imdb test"]["rows"] == 9 * len(find("imdb").templates)
    assert expected["dolly train"]["rows"] == 12, "of 18"
    assert shards(tmp_path / "out") == shards(published), "and the same files, to the byte"
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize("revision", ["", "@v1.0.0", "@main", "@{commit}"])
def test_any_revision_and_any_config_is_rebuilt(
    served: LoopbackHub, run: Run, published: Path, revision: str
) -> None:
    place = REPO + revision.format(commit=served.commit(REPO))
    told = run.ok("rebuild", place, "dolly")
    each = published_splits(served)["dolly train"]
    assert told.endswith(f"the same\n\n{place}: rebuilt, {each['rows']} rows are the same\n")
    assert "imdb" not in told


def test_wrong_places_are_one_line(served: LoopbackHub, run: Run, published: Path) -> None:
    commit = served.commit(REPO)
    done = run("rebuild", REPO, "sqad")
    assert done.status == 2
    assert done.err == (
        f"error: {REPO}: unknown config 'sqad'; did you mean 'squad'? Known: dolly, imdb, squad\n"
    )
    done = run("rebuild", "mix")
    assert (done.status, done.err) == (2, "error: expected a repo like 'org/name', got 'mix'\n")
    assert run.error("rebuild", IMDB).startswith(
        f"{IMDB}@{served.commit(IMDB)}: expected manifest.json, got none"
    )
    assert "the Hub shows no such dataset" in run.error("rebuild", "org/nothing")
    assert "no such revision" in run.error("rebuild", f"{REPO}@{commit[:-1]}x")


# sources that are not what they were


def blob(hub: LoopbackHub, repo: str, path: str) -> Path:
    """Where the Hub has the bytes of a file, at its first commit."""
    first = hub.commits(repo)[0].files[path]
    return first.where


def test_one_byte_of_a_source_is_found(hub: LoopbackHub, run: Run, published: Path) -> None:
    where = blob(hub, DOLLY, "databricks-dolly-15k.jsonl")
    content = where.read_bytes()
    where.write_bytes(content.replace(b"stop making", b"stop makinG"))
    assert where.stat().st_size == len(content)
    done = run("rebuild", REPO, "dolly")
    assert done.status == 1
    row = "row 0 (dolly/train/databricks-dolly-15k.jsonl:0): completion: published"
    assert done.err.startswith(
        f"error: {REPO}: dolly/train: expected the published rows, got others, first {row} "
        f"' As the days grow shorter, trees stop making"
    )
    assert "rebuilt ' As the days grow shorter, trees stop makinG" in done.err
    assert done.err.endswith("; was it built by another version of the code?\n")
    assert done.err.count("\n") == 1
    assert "not the same\n" in done.out
    assert f"\ndolly/train: {row}" in done.out
    assert "are the same" not in done.out


def test_one_letter_of_a_parquet_source_is_found(
    hub: LoopbackHub, run: Run, published: Path
) -> None:
    where = blob(hub, IMDB, TEST)
    rows = imdb_rows(9, start=40)
    rows[7]["text"] = rows[7]["text"].replace("good", "bood")
    assert len(parquet(rows)) == where.stat().st_size
    where.write_bytes(parquet(rows))
    told = run.error("rebuild", REPO, "imdb")
    assert told.startswith(
        f"{REPO}: imdb/test: expected the published rows, got others, first row 84 "
        f"(imdb/test/{TEST}:7#seed): prompt: published "
        f"'Classify this sentence sentiment: Review number 47: good"
    )
    assert "rebuilt 'Classify this sentence sentiment: Review number 47: bood" in told


def test_a_source_that_is_gone_is_one_line(hub: LoopbackHub, run: Run, published: Path) -> None:
    commit = hub.commit(DOLLY)
    hub.delete_repo(DOLLY)
    assert run.error("rebuild", REPO, "dolly").startswith(
        f"{DOLLY}@{commit}: the Hub has no such dataset"
    )
    hub.upload(DOLLY, SOURCES[DOLLY], message="anew")
    assert run.error("rebuild", REPO, "dolly") == (
        f"{DOLLY}@{commit}: the dataset has no such revision; check the branch, tag or commit"
    )


def test_what_was_made_of_a_mirror_asks_for_it(
    hub: LoopbackHub, run: Run, tmp_path: Path, at_hub: None
) -> None:
    folder = write_folder(tmp_path / "mirror", {"train.parquet": parquet(imdb_rows(5))})
    made = make(Request([find("imdb")], tmp_path / "out", {"imdb": str(folder)}, splits=["train"]))
    upload(hub, "org/of-a-mirror", tmp_path / "out")
    label = made.manifest.configs["imdb"].sources[0].read_from
    assert run.error("rebuild", "org/of-a-mirror") == (
        f"imdb: was made of a mirror, {label}; say where it is: --source imdb=FOLDER"
    )
    tasks = [find("gsm8k"), find("imdb")]
    places = {"gsm8k": "samples", "imdb": str(folder)}
    make(Request(tasks, tmp_path / "two", places, splits=["train"]))
    upload(hub, "org/half-of-a-mirror", tmp_path / "two")
    assert run.error("rebuild", "org/half-of-a-mirror") == (
        f"imdb: was made of a mirror, {label}; say where it is: --source imdb=FOLDER, or rebuild "
        f"the others alone: gsm8k"
    ), "before any row is rendered"
    assert run.ok("rebuild", "org/of-a-mirror", "--source", f"imdb={folder}").endswith(
        "org/of-a-mirror: rebuilt, 5 rows are the same\n"
    )
    write_folder(folder, {"train.parquet": parquet(imdb_rows(6))})
    told = run.error("rebuild", "org/of-a-mirror", "--source", f"imdb={folder}")
    assert f"imdb/train/train.parquet:0): source: published {label!r}, rebuilt" in told


def test_what_was_made_of_another_repo_is_read_from_there(
    hub: LoopbackHub, run: Run, tmp_path: Path, at_hub: None
) -> None:
    hub.upload("mirror/imdb", SOURCES[IMDB])
    out = tmp_path / "out"
    run.ok("make", "imdb", "--split", "test", "--source", "imdb=mirror/imdb", "--out", out)
    upload(hub, "org/of-a-repo", out)
    hub.upload("mirror/imdb", {TEST: parquet(imdb_rows(1))})
    assert run.ok("rebuild", "org/of-a-repo").endswith("rebuilt, 9 rows are the same\n")


# what is published is not what it was


def publication(out: Path) -> dict[str, bytes]:
    """What a push would put onto the Hub."""
    built = expect(out).configs
    exported = [(each, export_split(each)) for each in splits(out, built)]
    composed = compose(
        published_configs(built, exported),
        list(shard_files(exported)),
        repo=REPO,
        file_format="parquet",
    )
    return {
        file.path: file.content if isinstance(file.content, bytes) else file.content.read_bytes()
        for file in composed.files
    }


def upload(hub: LoopbackHub, repo: str, out: Path) -> None:
    hub.delete_repo(repo)
    hub.upload(repo, publication(out))


@pytest.fixture
def at_hub(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process reads what is published on the Hub; it draws no images."""
    monkeypatch.setattr(hub_module, "client", lambda: HfApi(endpoint=served.endpoint, token=False))
    monkeypatch.setattr(plots, "rows_plot", lambda data: b"a PNG")
    monkeypatch.setattr(plots, "lengths_plot", lambda data: b"another PNG")


@pytest.fixture(scope="module")
def of_samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """imdb and squad of the samples, as published: what needs no source on the Hub."""
    out = tmp_path_factory.mktemp("of-samples")
    tasks = [find("imdb"), find("squad")]
    make(Request(tasks, out, {"imdb": "samples", "squad": "samples"}, templates="sample"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(plots, "rows_plot", lambda data: b"a PNG")
        patched.setattr(plots, "lengths_plot", lambda data: b"another PNG")
        yield publication(out)


Tampered = Callable[..., dict[str, Rebuilt]]


@pytest.fixture
def tampered(
    hub: LoopbackHub, of_samples: dict[str, bytes], tmp_path: Path, at_hub: None
) -> Tampered:
    """Rebuilds what is published, some of its files changed: what is found, by split."""

    def rebuild_it(files: Mapping[str, bytes], **options: Any) -> dict[str, Rebuilt]:
        hub.delete_repo("org/tampered")
        hub.upload("org/tampered", {**of_samples, **files})
        found = rebuild("org/tampered", tmp_path / "out", **options)
        return {f"{each.config}/{each.split}": each for each in found}

    return rebuild_it


SHARD = "squad/validation-00000-of-00001.parquet"


def rows_of(files: Mapping[str, bytes], path: str = SHARD) -> list[Row]:
    rows: list[Row] = pq.read_table(io.BytesIO(files[path])).to_pylist()
    return rows


def shard(rows: list[Row], schema: pa.Schema = SCHEMA) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    return file.getvalue()


def one_difference(found: Mapping[str, Rebuilt], split: str = "squad/validation") -> str:
    """What differs in the only split that does."""
    assert list(found) == ["imdb/train", "imdb/test", "squad/train", "squad/validation"]
    different = {name: each.difference for name, each in found.items() if each.difference}
    assert list(different) == [split]
    assert "\n" not in str(different[split])
    return str(different[split])


def test_nothing_changed_nothing_differs(
    tampered: Tampered, of_samples: dict[str, bytes], tmp_path: Path
) -> None:
    found = tampered({})
    manifest = json.loads(of_samples["manifest.json"])
    for name, each in found.items():
        task, _, split = name.partition("/")
        entry = manifest["configs"][task]["splits"][split]
        assert each == Rebuilt(task, split, entry["rows"], entry["content_digest"], None)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.arrow")}
    assert tampered({}) == found
    assert {path: path.stat().st_mtime_ns for path in before} == before, "it goes on from there"


def test_rows_that_are_written_otherwise_are_the_same(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    again = shard(rows_of(of_samples))
    assert again != of_samples[SHARD]
    assert {each.difference for each in tampered({SHARD: again}).values()} == {None}


@pytest.mark.parametrize("column", SCHEMA.names)
def test_one_value_of_a_published_shard_is_found(
    tampered: Tampered, of_samples: dict[str, bytes], column: str
) -> None:
    rows = rows_of(of_samples)
    right = rows[6][column]
    wrong = [*right, "x"] if column == "references" else f"{right[:-1]}x"
    row_id = wrong if column == "id" else rows[6]["id"]
    rows[6][column] = wrong

    def short(value: object) -> str:
        text = repr(value)
        return text if len(text) <= 120 else f"{text[:60]} […] {text[-60:]}"

    assert one_difference(tampered({SHARD: shard(rows)})) == (
        f"row 6 ({row_id}): {column}: published {short(wrong)}, rebuilt {short(right)}"
    )


def test_a_row_that_is_missing_or_too_much_or_elsewhere(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    rows = rows_of(of_samples)
    first, second, last = rows[0]["id"], rows[1]["id"], rows[-1]["id"]
    number = len(rows) - 1
    for changed, told in (
        (rows[1:], f"row 0 ({second}): id: published {second!r}, rebuilt {first!r}"),
        ([rows[0], *rows], f"row 1 ({first}): id: published {first!r}, rebuilt {second!r}"),
        (
            [rows[1], rows[0], *rows[2:]],
            f"row 0 ({second}): id: published {second!r}, rebuilt {first!r}",
        ),
        (rows[:-1], f"row {number} ({last}): rebuilt, and not published"),
        ([*rows, rows[0]], f"row {number + 1} ({first}): published, and not rebuilt"),
        ([], f"row 0 ({first}): rebuilt, and not published"),
    ):
        assert one_difference(tampered({SHARD: shard(changed)})) == told


def test_values_that_no_shard_may_have_are_differences(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    rows = rows_of(of_samples)
    rows[2]["completion"] = None
    told = one_difference(tampered({SHARD: shard(rows)}))
    assert told.startswith(f"row 2 ({rows[2]['id']}): completion: published None, rebuilt ' ")
    numbers = SCHEMA.set(SCHEMA.get_field_index("completion"), pa.field("completion", pa.int64()))
    for number, row in enumerate(rows):
        row["completion"] = number
    told = one_difference(tampered({SHARD: shard(rows, numbers)}))
    assert told.startswith(f"row 0 ({rows[0]['id']}): completion: published 0, rebuilt ' ")


@pytest.mark.parametrize("damage", ["flip", "cut", "column"])
def test_a_shard_that_cannot_be_read_is_named(
    tampered: Tampered, of_samples: dict[str, bytes], damage: str
) -> None:
    content = of_samples[SHARD]
    if damage == "column":
        table = pq.read_table(io.BytesIO(content)).drop_columns(["id"])
        file = io.BytesIO()
        pq.write_table(table, file)
        content = file.getvalue()
    elif damage == "cut":
        content = content[:-20]
    else:
        content = content[:-6] + bytes([content[-6] ^ 0xFF]) + content[-5:]
    with pytest.raises(SourceError) as caught:
        tampered({SHARD: content})
    assert f": {SHARD}: cannot be read (" in str(caught.value)
    assert "\n" not in str(caught.value)


def edited(files: Mapping[str, bytes], change: Callable[[dict[str, Any]], object]) -> bytes:
    """The manifest with another entry of squad."""
    manifest = json.loads(files["manifest.json"])
    change(manifest["configs"]["squad"])
    return json.dumps(manifest).encode()


def test_what_the_manifest_says_of_the_rows_is_compared(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    def validation(**values: object) -> Callable[[dict[str, Any]], object]:
        return lambda squad: squad["splits"]["validation"].update(values)

    not_so = "the rows are the same as in the files, but not as the manifest says"
    for change, told in (
        (validation(content_digest="0" * 32), not_so),
        (validation(rows=16, rows_read=19), not_so),
        (
            validation(drops={"no answer": 2, "null answers": 1}),
            "drops: no answer: published 2, rebuilt 1",
        ),
        (
            validation(drops={"no answer": 1, "null answers": 1, "no question": 1}),
            "drops: no question: published 1, rebuilt None",
        ),
        (validation(text_bytes=7), "text_bytes: published 7, rebuilt 8460"),
        (no_answers, "summary: distinct: published 1, rebuilt 14"),
    ):
        found = tampered({"manifest.json": edited(of_samples, change)})
        assert one_difference(found) == told
    older = tampered({"manifest.json": edited(of_samples, validation(summary=None))})
    assert not any(each.difference for each in older.values()), "which did not tell a summary"


def no_answers(squad: dict[str, Any]) -> None:
    squad["splits"]["validation"]["summary"]["distinct"] = 1


def test_another_template_in_the_manifest_is_found(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    def change(squad: dict[str, Any]) -> None:
        text = "Answer: {answers}"
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        squad["made_of"]["templates"]["seed"].update(text=text, sha256=sha256)

    found = tampered({"manifest.json": edited(of_samples, change)})
    for split in ("squad/train", "squad/validation"):
        told = str(found[split].difference)
        assert told.startswith("templates: seed: published {'text': 'Answer: {answers}', 'sha256'")
    assert found["imdb/train"].difference is None


def test_another_choice_in_the_manifest_is_another_row(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    def seed(squad: dict[str, Any]) -> None:
        squad["made_of"]["asked"]["seed"] = 1

    told = tampered({"manifest.json": edited(of_samples, seed)})["squad/validation"].difference
    assert ": template: published " in str(told) or ": prompt: published " in str(told)

    def templates(squad: dict[str, Any]) -> None:
        squad["made_of"]["asked"]["templates"] = "sead"

    with pytest.raises(UsageError, match="unknown template 'sead'; did you mean 'seed'"):
        tampered({"manifest.json": edited(of_samples, templates)})


def test_another_template_in_the_code_is_found(tampered: Tampered) -> None:
    task = find("imdb")
    terse = task.template("terse")
    other = Template("terse", terse.text.replace("Sentiment?", "Mood?"))
    templates = tuple(other if each is terse else each for each in task.templates)
    changed = dataclasses.replace(task, templates=templates)
    found = tampered({}, tasks=[changed, find("squad")])
    for split in ("imdb/train", "imdb/test"):
        told = str(found[split].difference)
        assert ": prompt: published '" in told or told.startswith("templates: terse: published ")
    assert ": prompt: published '" in "".join(
        str(found[f"imdb/{split}"].difference) for split in ("train", "test")
    )
    assert found["squad/train"].difference is None


def without(*path: str) -> Callable[[dict[str, Any]], object]:
    def change(entry: dict[str, Any]) -> None:
        for name in path[:-1]:
            entry = entry[name]
        del entry[path[-1]]

    return change


def having(value: object, *path: str) -> Callable[[dict[str, Any]], object]:
    def change(entry: dict[str, Any]) -> None:
        for name in path[:-1]:
            entry = entry[name]
        entry[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        without("made_of", "source"),
        without("made_of", "source", "read_from"),
        without("made_of", "asked"),
        without("made_of", "asked", "seed"),
        without("made_of", "templates"),
        without("splits", "validation", "drops"),
        without("splits", "validation", "shards"),
        having(1, "made_of", "source"),
        having("1", "made_of", "asked", "seed"),
        having(1.5, "made_of", "asked", "max_rows"),
        having(None, "made_of", "asked", "templates"),
        having([], "made_of", "templates"),
        having([{"path": "a"}], "splits", "validation", "shards"),
        having(None, "splits", "validation"),
    ],
)
def test_a_manifest_that_says_too_little_is_one_line(
    tampered: Tampered, of_samples: dict[str, bytes], change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(ManifestError) as caught:
        tampered({"manifest.json": edited(of_samples, change)})
    told = str(caught.value)
    assert re.search(r"manifest\.json: configs\.squad\.\S+: expected .*, got ", told)
    assert told.endswith("; take the file back to what it was")
    assert "\n" not in str(caught.value)


def test_any_byte_of_the_manifest_is_explained(
    tampered: Tampered, of_samples: dict[str, bytes]
) -> None:
    """Whatever is changed: a difference, an explained error, or nothing that the rows are of."""
    manifest = of_samples["manifest.json"]
    text = manifest.decode()
    squad = text.index('"squad": {')
    places = [squad + 7 * number * number for number in range(1, 22)]
    outcomes = set()
    for at in (place for place in places if place < len(manifest)):
        other = manifest[:at] + bytes([manifest[at] ^ 1]) + manifest[at + 1 :]
        try:
            found = tampered({"manifest.json": other})
        except MixError as error:
            outcomes.add(type(error).__name__)
        else:
            outcomes.add("difference" if any(each.difference for each in found.values()) else "")
    assert "ManifestError" in outcomes


# the comparison itself

texts = st.sampled_from(["", "a", "b", "é"])
some_rows = st.lists(
    st.fixed_dictionaries({"prompt": texts, "references": st.lists(texts, max_size=2)}), max_size=7
)
cuts = st.lists(st.integers(0, 7), max_size=4)


def batches(rows: list[Row], at: list[int]) -> Iterator[pa.RecordBatch]:
    filled = [
        dict.fromkeys(SCHEMA.names, "") | row | {"id": f"t/s/f:{number}"}
        for number, row in enumerate(rows)
    ]
    whole = pa.RecordBatch.from_pylist(filled, schema=SCHEMA)
    edges = [0, *sorted(min(each, len(rows)) for each in at), len(rows)]
    for start, stop in pairwise(edges):
        yield whole.slice(start, stop - start)


@given(some_rows, some_rows, cuts, cuts)
@example([], [], [], [0, 0])
@example([{"prompt": "a", "references": []}], [], [0], [])
def test_the_first_row_that_differs_is_the_first(
    one: list[Row], other: list[Row], cuts_of_one: list[int], cuts_of_other: list[int]
) -> None:
    found = first_difference(batches(one, cuts_of_one), batches(other, cuts_of_other))
    shorter = min(len(one), len(other))
    expected = next((at for at in range(shorter) if one[at] != other[at]), None)
    if expected is None and len(one) != len(other):
        expected = shorter
        longer = "published" if len(one) > len(other) else "rebuilt"
        assert f"({f't/s/f:{expected}'}): {longer}, and not " in str(found)
    if expected is None:
        assert found is None
    else:
        assert str(found).startswith(f"row {expected} (t/s/f:{expected}): ")
    assert first_difference(batches(one, cuts_of_one), batches(one, cuts_of_other)) is None
