"""What every test stands on: no network but loopback, caches below tmp, small sources to build."""

from __future__ import annotations

import gc
import ipaddress
import json
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import Commands
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

# read when datasets and huggingface_hub are imported, so before any test module
for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "HUGGING_FACE_HUB_TOKEN"):
    os.environ.pop(name, None)
os.environ.update(
    HF_HUB_DISABLE_XET="1",
    HF_UPDATE_DOWNLOAD_COUNTS="0",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    HF_DATASETS_DISABLE_PROGRESS_BARS="1",
)

from mixbuild.core import ManifestError, dump_json, typed  # noqa: E402

# the same examples each time, however slow the machine is
settings.register_profile(
    "project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("project")

T = TypeVar("T")


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start, though a shell may have begun them in the background.

    Not where this is imported, which is on a thread where Dask reads what a test has sent it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Look for no garbage in what was imported, which is more than a hundred thousand things."""
    gc.freeze()


def as_json(record: object) -> Any:
    """A record as whoever reads its file without our types has it."""
    return json.loads(dump_json(record))


def from_json(raw: object, kind: type[T]) -> T:
    """The other way round."""
    return typed(raw, kind, where="a test", error=ManifestError, remedy="mend the test")


@pytest.fixture(scope="session", autouse=True)
def _caches_below_tmp(tmp_path_factory: pytest.TempPathFactory) -> None:
    import datasets

    home = tmp_path_factory.mktemp("hf")
    os.environ["HF_HOME"] = str(home)
    datasets.config.HF_DATASETS_CACHE = home / "datasets"


@pytest.fixture(autouse=True)
def _network_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves the machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = "127.0.0.1" if address[0] == "localhost" else address[0]
            if not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


IMDB_SCHEMA = pa.schema([("text", pa.string()), ("label", pa.int64())])


def imdb_rows(count: int, *, start: int = 0) -> list[dict[str, Any]]:
    """Reviews that differ, labels that alternate."""
    return [
        {"text": f"Review number {number}: {'good ' * (number % 7)}", "label": number % 2}
        for number in range(start, start + count)
    ]


def write_parquet(
    path: Path,
    rows: Sequence[dict[str, Any]],
    schema: pa.Schema = IMDB_SCHEMA,
    *,
    row_group_size: int = 100,
) -> Path:
    """A Parquet file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(list(rows), schema=schema)
    pq.write_table(table, path, row_group_size=row_group_size)
    return path


@pytest.fixture
def imdb_folder(tmp_path: Path) -> Path:
    """A mirror of imdb as a folder: three files, five row groups, 420 rows."""
    folder = tmp_path / "mirror"
    write_parquet(folder / "train-00000-of-00002.parquet", imdb_rows(150))
    write_parquet(folder / "train-00001-of-00002.parquet", imdb_rows(150, start=150))
    write_parquet(folder / "test-00000-of-00001.parquet", imdb_rows(120, start=300))
    return folder


@pytest.fixture
def many_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut sources into a run per row group, as only large files are otherwise."""
    monkeypatch.setattr("mixbuild.sources.formats.parquet.RUN_BYTES", 1)


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    """Runs commands, each in a process of its own, which is forked."""
    running = Commands()
    yield running
    running.end()


Build = Callable[..., CompletedProcess[str]]


@pytest.fixture
def build(commands: Commands, tmp_path: Path) -> Build:
    """``python build …`` as a person runs it, with the variables of this process and ``env``."""

    def run(
        *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT
    ) -> CompletedProcess[str]:
        variables = {**os.environ, "HF_HOME": str(tmp_path / "hf"), **(env or {})}
        return commands.run(*arguments, env=variables, cwd=cwd)

    return run


def read_shards(out: Path, task: str, split: str) -> pa.Table:
    """All rows of a split, as a reader of the folder finds them."""
    tables = []
    for path in sorted((out / task).glob(f"{split}-*-of-*.arrow")):
        with pa.OSFile(str(path)) as file:
            tables.append(pa.ipc.open_stream(file).read_all())
    return pa.concat_tables(tables)
