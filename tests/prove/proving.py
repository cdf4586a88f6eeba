"""What the tests of lock, mirrors, rebuild and trace stand on: sources on a Hub, and commands.

``run("lock", "imdb")`` is ``python build lock imdb`` in a process of its own, with the real
clients, against a Hub on the loopback.

PYTEST_DONT_REWRITE: tests import it, and then name it as their plugin, for its fixtures.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import Commands
from conftest import IMDB_SCHEMA, ROOT, imdb_rows
from hub_server import LoopbackHub
from hub_server.faults import Orders
from mixbuild.sources import lock

TOKEN = "a secret, of no known form"  # noqa: S105 - of a hub on the loopback

IMDB, SQUAD, DOLLY = "stanfordnlp/imdb", "rajpurkar/squad", "databricks/databricks-dolly-15k"
SAMPLES = ROOT / "build/mixbuild/tasks/samples"
TRAIN = "plain_text/train-00000-of-00002.parquet"
TRAIN_2 = "plain_text/train-00001-of-00002.parquet"
TEST = "plain_text/test-00000-of-00001.parquet"
"""The files of imdb."""

SQUAD_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "title", "context", "question")),
        (
            "answers",
            pa.struct([("text", pa.list_(pa.string())), ("answer_start", pa.list_(pa.int32()))]),
        ),
    ]
)


def parquet(rows: Sequence[Mapping[str, Any]], schema: pa.Schema = IMDB_SCHEMA) -> bytes:
    """A Parquet file."""
    file = io.BytesIO()
    table = pa.Table.from_pylist(list(rows), schema=schema)
    # so that another letter makes no other size
    pq.write_table(table, file, row_group_size=10, compression="none", use_dictionary=False)
    return file.getvalue()


def samples(task: str, split: str) -> list[dict[str, Any]]:
    """The rows that come with the package."""
    lines = (SAMPLES / task / f"{split}.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def card(licence: str | None, config: str, **paths: str) -> bytes:
    """A card: its licence, and the files of each split."""
    files = "".join(f"  - {{split: {split}, path: {path}}}\n" for split, path in paths.items())
    return (
        f"---\n{f'license: {licence}' if licence else 'pretty_name: A source'}\n"
        f"configs:\n- config_name: {config}\n  data_files:\n{files}---\n"
    ).encode()


def source_files() -> dict[str, dict[str, bytes]]:
    """Three sources as the Hub has them, by repo and path: two of Parquet files, one of JSON."""
    return {
        IMDB: {
            "README.md": card(
                "other", "plain_text", train="plain_text/train-*", test="plain_text/test-*"
            ),
            TRAIN: parquet(imdb_rows(12)),
            TRAIN_2: parquet([*imdb_rows(12, start=12), {"text": "Who knows.", "label": -1}]),
            TEST: parquet(imdb_rows(9, start=40)),
        },
        SQUAD: {
            "README.md": card(
                "cc-by-sa-4.0",
                "plain_text",
                train="data/train.parquet",
                validation="data/validation.parquet",
            ),
            **{
                f"data/{split}.parquet": parquet(samples("squad", split), SQUAD_SCHEMA)
                for split in ("train", "validation")
            },
        },
        DOLLY: {
            "README.md": card("cc-by-sa-3.0", "default", train="databricks-dolly-15k.jsonl"),
            "databricks-dolly-15k.jsonl": (SAMPLES / "dolly/train.jsonl").read_bytes(),
        },
    }


SOURCES = source_files()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    """A Hub for all the tests; each finds the sources at their first commit."""
    with LoopbackHub(tmp_path_factory.mktemp("hub"), token=TOKEN) as hub:
        restore(hub)
        yield hub


def restore(hub: LoopbackHub) -> None:
    """Put the sources back to where they were: at the same commits."""
    hub.gated, hub.orders = frozenset(), Orders()
    for repo, files in SOURCES.items():
        hub.delete_repo(repo)
        hub.upload(repo, files)


@pytest.fixture
def hub(served: LoopbackHub) -> Iterator[LoopbackHub]:
    """The same, put back after a test that changes it."""
    yield served
    restore(served)


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    status: int
    out: str
    err: str


class Run:
    """Runs commands against a Hub, each in a process of its own."""

    def __init__(
        self, commands: Commands, hub: LoopbackHub, folder: Path, *, endpoint: str | None = None
    ) -> None:
        self.commands, self.folder, self.pid = commands, folder, 0
        self.variables = environment(hub, folder / "home")
        if endpoint:
            self.variables["HF_ENDPOINT"] = endpoint

    def __call__(self, *arguments: str | Path, **variables: str) -> Done:
        """``python build …``, with more variables in its environment if need be."""
        running = self.commands.begin(*arguments, env=self.variables | variables, cwd=self.folder)
        self.pid = running.pid  # of the command that is running
        done = running.wait()
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str | Path, **variables: str) -> str:
        """What a command that goes well prints."""
        done = self(*arguments, **variables)
        assert (done.status, done.err) == (0, ""), done.err
        return done.out

    def error(self, *arguments: str | Path, **variables: str) -> str:
        """The one line of a command that fails."""
        done = self(*arguments, **variables)
        assert done.status == 1, done
        assert done.err.startswith("error: "), done
        assert done.err.count("\n") == 1, done
        return done.err.removeprefix("error: ").removesuffix("\n")


def environment(hub: LoopbackHub, home: Path) -> dict[str, str]:
    """Of a process that knows this Hub, and no lock but its own."""
    return {**os.environ, **hub.environment(home), "PYTHONPATH": str(ROOT / "build")}


@pytest.fixture(scope="session")
def run(served: LoopbackHub, commands: Commands, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """``run("make", "imdb", "--out", folder)``: a command against the Hub, without a token."""
    return Run(commands, served, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def locked(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lock of the three sources at their first commits; whoever changes it copies it."""
    path = tmp_path_factory.mktemp("locked") / "sources.lock.json"
    run.ok("lock", "imdb", "squad", "dolly", "--lock", path)
    return path


REPO = "org/mix"
"""Where ``published`` is."""


@pytest.fixture(scope="session")
def published(run: Run, locked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the three sources, pushed: with all templates, with one a row, with some rows."""
    out = tmp_path_factory.mktemp("published") / "out"
    for task, *options in (
        ("imdb", "--templates", "all"),
        ("squad", "--templates", "sample", "--seed", "3"),
        ("dolly", "--max-rows", "12", "--seed", "5"),
    ):
        run.ok("make", task, *options, "--lock", locked, "--out", out)
    run.ok("push", REPO, "--out", out, HF_TOKEN=TOKEN)
    return out


def entries(path: Path) -> dict[str, Any]:
    """What a lock file says."""
    found = json.loads(path.read_text("utf-8"))
    assert found["format"] == lock.FORMAT
    sources: dict[str, Any] = found["sources"]
    return sources


def as_lock(found: Mapping[str, Any]) -> dict[str, lock.Entry]:
    """What a lock file says, in its types."""
    return {name: msgspec.convert(each, lock.Entry) for name, each in found.items()}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files, as a mirror on this machine."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def read_manifest(out: Path) -> dict[str, Any]:
    """What a build's manifest says of its tasks."""
    tasks: dict[str, Any] = json.loads((out / "manifest.json").read_text("utf-8"))["configs"]
    return tasks
