"""engine: any executor runs the units; a worker that dies costs time, not rows."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import read_shards
from core import jobs
from core.jobs import Job, die_at, fail_at, pandas_with_a_value, times
from make.test_run import files, request
from mixbuild.core import executor as engine
from mixbuild.core.errors import UsageError, WorkerError
from mixbuild.make.run import make

JOBS = [Job(number) for number in range(8)]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two workers, which outlives whoever uses it."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        dashboard_address=None,
        silence_logs=50,
        scheduler_kwargs={"allowed_failures": 1},
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(params=["here", "one process", "two processes", "dask"])
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How each engine is asked for."""
    if request.param == "dask":
        return {"engine": "dask", "scheduler": request.getfixturevalue("scheduler")}
    return {"here": {}, "one process": {"num_proc": 1}, "two processes": {"num_proc": 2}}[
        request.param
    ]


def test_every_engine_gives_every_result_beside_its_job(options: dict[str, Any]) -> None:
    results = dict(engine.run(JOBS, times, shared=2, **options))
    assert results == {job: job.number * 2 for job in JOBS}
    assert list(engine.run([], times, shared=2, **options)) == []


def test_a_worker_process_begins_without_pandas() -> None:
    done = engine.run(JOBS[:1], pandas_with_a_value, shared=None, num_proc=2)
    assert [found for _, found in done] == [False]


def test_what_the_work_raises_reaches_the_caller(options: dict[str, Any], tmp_path: Path) -> None:
    work = partial(fail_at, wrong=2, begun=tmp_path)
    with pytest.raises(LookupError, match="no such thing as 2"):
        list(engine.run(JOBS, work, shared=None, **options))
    if "engine" not in options:
        assert not (tmp_path / "7").exists(), "no new unit is begun after a failure"


@pytest.mark.parametrize("options", ["two processes", "dask"], indirect=True)
def test_a_worker_that_dies_once_loses_nothing(options: dict[str, Any], tmp_path: Path) -> None:
    work = partial(die_at, deadly=3, once=tmp_path / "died")
    results = list(engine.run(JOBS, work, shared=None, **options))
    assert (tmp_path / "died").exists()
    assert sorted(number for _, number in results) == list(range(8)), "each job exactly once"


def test_a_unit_that_kills_every_dask_worker_is_an_error() -> None:
    with pytest.raises(
        WorkerError,
        match=r"job 3: the Dask workers died time and again on|the Dask cluster is gone",
    ):
        list(engine.run(JOBS, partial(die_at, deadly=3), shared=None, engine="dask", num_proc=1))


@pytest.mark.parametrize("options", [{"num_proc": 2}, {"engine_name": "dask", "num_proc": 2}])
def test_killing_a_worker_while_it_renders_changes_no_byte(
    imdb_folder: Path,
    tmp_path: Path,
    many_units: None,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    make(request(imdb_folder, tmp_path / "expected"))
    begun = tmp_path / "begun"
    begun.mkdir()
    monkeypatch.setattr("mixbuild.make.run.work", partial(jobs.work_slowly, begun=begun))
    victims: list[int] = []

    def kill_first_worker(done: int, total: int, **_: object) -> None:
        workers = [int(path.name) for path in begun.iterdir()]
        alive = [pid for pid in workers if psutil.pid_exists(pid)]
        if alive and not victims:
            victims.append(alive[0])
            os.kill(alive[0], signal.SIGKILL)

    make(request(imdb_folder, tmp_path / "out"), report=kill_first_worker, **options)
    assert len(victims) == 1
    assert files(tmp_path / "out") == files(tmp_path / "expected")
    assert read_shards(tmp_path / "out", "imdb", "train").num_rows == 300


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        list(engine.run(JOBS, times, shared=2, engine="dusk"))
    assert str(caught.value) == (
        "unknown engine 'dusk'; did you mean 'dask'? Known: processes, dask"
    )
    with pytest.raises(UsageError) as caught:
        list(engine.run(JOBS, times, shared=2, scheduler="tcp://127.0.0.1:1"))
    assert str(caught.value) == (
        "--scheduler is the address of a Dask scheduler; add --engine dask"
    )


def test_a_scheduler_that_is_not_there_is_an_error_of_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mixbuild.core.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(WorkerError) as caught:
        list(engine.run(JOBS, times, shared=2, engine="dask", scheduler="tcp://127.0.0.1:9"))
    assert str(caught.value).startswith("no Dask scheduler at tcp://127.0.0.1:9 (")
    assert "\n" not in str(caught.value)


def test_a_cluster_that_runs_already_is_used_and_left_running(scheduler: str) -> None:
    from distributed import Client

    results = dict(engine.run(JOBS, times, shared=2, engine="dask", scheduler=scheduler))
    assert results == {job: job.number * 2 for job in JOBS}
    with Client(scheduler) as client:
        assert client.submit(times, Job(9), 2).result() == 18
