"""Worker processes: whoever ends, and however heavy the work is, nobody waits for ever."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psutil
import pytest
from core import jobs
from core.jobs import Job, heavy_jobs
from mixbuild.core import executor as engine
from mixbuild.core.errors import WorkerError

SECONDS = 60
"""More than anything here takes on a busy machine; what hangs takes longer."""

ROOT = Path(__file__).parents[2]

INTERRUPTED = """
import sys
from core import jobs
from mixbuild.core import executor

options = {options}
try:
    for job, _ in executor.run(jobs.heavy_jobs(128), jobs.weight_or_sleep, shared=None, **options):
        print("first", flush=True)
except KeyboardInterrupt:
    sys.exit("interrupted")
"""

OPTIONS = [{"num_proc": 1}, {"engine": "dask", "num_proc": 1}]
IDS = ["processes", "dask"]


def begin(script: str, folder: Path, *, stdin: int | None = None) -> subprocess.Popen[str]:
    """Run a script that has no guard for its ``__main__``."""
    path = folder / "script.py"
    path.write_text(script)
    return subprocess.Popen(
        [sys.executable, str(path)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "build"), str(ROOT / "tests")]),
        },
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("how", "options"),
    [
        *((how, {"num_proc": 2}) for how in ("SIGINT", "SIGTERM", "SIGKILL")),
        *((how, {"engine": "dask", "num_proc": 2}) for how in ("SIGTERM", "SIGKILL")),
    ],
    ids=str,
)
def test_a_process_that_ends_takes_its_workers_along(
    how: str, options: dict[str, object], tmp_path: Path
) -> None:
    with begin(INTERRUPTED.format(options=options), tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        workers = psutil.Process(process.pid).children(recursive=True)
        assert len(workers) >= 2
        process.send_signal(signal.Signals[how])
        _, errors = process.communicate(timeout=SECONDS)
    _, left = psutil.wait_procs(workers, timeout=10)
    assert left == []
    assert errors == ("interrupted\n" if how == "SIGINT" else "")


def test_a_local_cluster_has_no_page_that_others_could_read_and_ends_with_ctrl_c(
    tmp_path: Path,
) -> None:
    with (
        socket.socket() as taken,
        begin(INTERRUPTED.format(options={"engine": "dask", "num_proc": 2}), tmp_path) as process,
    ):
        with contextlib.suppress(OSError):  # else somebody has the dashboard's port already
            taken.bind(("127.0.0.1", 8787))
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        found = psutil.Process(process.pid).children(recursive=True)
        sockets = [each for one in found for each in one.net_connections("tcp")]
        ports = [each.laddr for each in sockets if each.status == psutil.CONN_LISTEN]
        answers = [answer_of(port) for port in ports]
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=SECONDS)
    _, left = psutil.wait_procs(found, timeout=10)
    assert left == []
    assert len(ports) >= 3  # the scheduler's, and each worker's
    assert [each for each in answers if each.startswith(b"HTTP")] == []
    assert errors == "interrupted\n"


def answer_of(address: tuple[str, int]) -> bytes:
    """What a browser would be told, if it is told anything within a second."""
    with socket.create_connection(address, timeout=1) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with contextlib.suppress(OSError):
            while received := connection.recv(4096):
                if b"HTTP" in received:
                    return received[received.index(b"HTTP") :]
    return b""


def test_workers_that_are_all_killed_lose_nothing_however_heavy_it_is() -> None:
    done: dict[Job, bytes] = {}
    threads = threading.active_count()  # whatever else this process has begun
    others = psutil.Process().children()
    for job, result in engine.run(heavy_jobs(64), jobs.weight, shared=None, num_proc=3):
        if not done:  # each has one job, and is at any place of its way
            for worker in set(psutil.Process().children()).difference(others):
                worker.kill()
        done[job] = result
    assert done == {job: job.weight for job in heavy_jobs(64)}
    assert threading.active_count() <= threads
    assert set(psutil.Process().children()) <= set(others)


def test_a_worker_that_dies_before_it_is_asked_loses_nothing() -> None:
    others = psutil.Process().children()
    with engine.Workers(jobs.weight) as workers:
        workers.begin(2)
        begun = set(psutil.Process().children()).difference(others)
        assert len(begun) == 2
        for worker in begun:
            worker.kill()
            psutil.wait_procs([worker], timeout=SECONDS)
        done = engine.run(heavy_jobs(3), jobs.weight, shared=None, num_proc=2, workers=workers)
        assert dict(done) == {job: job.weight for job in heavy_jobs(3)}
    assert set(psutil.Process().children()) <= set(others)


def test_workers_that_are_not_needed_end_with_the_block() -> None:
    others = psutil.Process().children()
    with contextlib.suppress(KeyboardInterrupt), engine.Workers(jobs.weight) as workers:
        workers.begin(2)
        begun = set(psutil.Process().children()).difference(others)
        raise KeyboardInterrupt
    assert len(begun) == 2
    assert not any(worker.is_running() for worker in begun)


@pytest.mark.parametrize(
    ("how", "said"),
    [("SIGKILL", "killed by SIGKILL"), ("SIGSEGV", "killed by SIGSEGV"), ("3", "exit status 3")],
)
def test_how_a_worker_ended_is_said_as_far_as_it_is_known(
    how: str, said: str, tmp_path: Path
) -> None:
    work = partial(jobs.die_by, deadly=3, how=how)
    with pytest.raises(WorkerError) as caught:
        list(engine.run([Job(number) for number in range(5)], work, shared=tmp_path, num_proc=2))
    assert str(caught.value) == (
        f"job 3: the worker process ended twice on this unit ({said}, then {said}); "
        f"look at the system's log, or try a smaller --num-proc"
    )
    assert (tmp_path / "3").read_text() == "begun\n" * 2


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (jobs.unpicklable, Exception, r"unpicklable.<locals>.<lambda>"),
        (jobs.peculiar, RuntimeError, r"^Peculiar: code 1$"),
    ],
)
def test_what_cannot_travel_is_an_error_and_no_dead_worker(
    work: Callable[..., object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        list(engine.run([Job(1)], work, shared=None, num_proc=1))
    assert "in a worker process:\nTraceback" in str(caught.value.__cause__)


def test_what_a_library_prints_in_a_worker_is_no_answer(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(engine.run([Job(1)], jobs.chatter, shared=None, num_proc=1)) == [(Job(1), 1)]
    out, err = capfd.readouterr()
    assert out == ""
    assert sorted(err.splitlines()) == ["a library has something to say", "and a second one"]


@pytest.mark.parametrize("options", OPTIONS, ids=IDS)
def test_work_of_a_script_itself_is_refused_in_words(
    options: dict[str, object], tmp_path: Path
) -> None:
    script = f"""
from core.jobs import Job
from mixbuild.core import executor

def double(job, _):
    return 2 * job.number

try:
    list(executor.run([Job(1)], double, shared=None, **{options}))
except Exception as error:
    print(type(error).__name__, error)
"""
    with begin(script, tmp_path) as process:
        said, errors = process.communicate(timeout=SECONDS)
    assert (said, errors) == (
        "WorkerError a worker process cannot find 'double' of the script itself (__main__); "
        "move it to a module, and import it from there\n",
        "",
    )


def test_a_worker_whose_answer_nobody_takes_says_nothing(tmp_path: Path) -> None:
    # it goes on being asked, so that it is the answer which finds that nobody is there
    script = "from mixbuild.core import worker; worker._listen = listen; worker.serve()"
    listen = """
def listen(requests, pipe):
    import pickle, time
    while True:
        try:
            requests.put(pickle.load(pipe))
        except EOFError:
            time.sleep(600)

"""
    with begin(listen + script, tmp_path, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        frame = pickle.dumps(pickle.dumps((jobs.weight, object)))
        os.write(process.stdin.fileno(), frame)
        process.stdin.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=SECONDS) == 1
