"""A push that is killed leaves the old dataset or the new one; the next goes on from there."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from commands import Commands, Running
from conftest import ROOT, from_json
from hub_server import LoopbackHub
from huggingface_hub import HfApi
from mixbuild.make import Request, make
from mixbuild.publish import parquet
from mixbuild.publish.manifest import Published
from mixbuild.tasks import find
from publish.pushing import (
    REPO,
    Builds,
    check_tree,
    environment,
    export_build,
    published,
    push,
    send,
)

pytest_plugins = ("publish.pushing",)
pytestmark = pytest.mark.usefixtures("undrawn")

Order = Callable[[LoopbackHub, Callable[[], None]], None]


def at_the_first_write(served: LoopbackHub, kill: Callable[[], None]) -> None:
    served.before("POST .*/preupload/", kill)


def within_an_upload(served: LoopbackHub, kill: Callable[[], None]) -> None:
    """When two files are there, and the third is about to come."""
    left = [lambda: None, lambda: None, kill]
    served.before("PUT /lfs/", lambda: left.pop(0)(), times=3)


def before_the_commit(served: LoopbackHub, kill: Callable[[], None]) -> None:
    served.before("POST .*/validate-yaml", kill)


def when_the_commit_has_arrived(served: LoopbackHub, kill: Callable[[], None]) -> None:
    served.after("POST .*/commit/main", kill)


MOMENTS: dict[Order, bool] = {
    at_the_first_write: False,
    within_an_upload: False,
    before_the_commit: False,
    when_the_commit_has_arrived: True,
}
"""And whether the dataset is the new one by then."""


def state(folder: Path, pattern: str) -> dict[str, tuple[int, int]]:
    """Each file with its inode and when it was written: what is written anew differs."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in sorted(folder.glob(pattern))
    }


@pytest.mark.parametrize("order", MOMENTS, ids=lambda order: order.__name__)
def test_the_next_push_goes_on_from_where_one_was_killed(
    at_the_hub: LoopbackHub,
    api: HfApi,
    builds: Builds,
    commands: Commands,
    tmp_path: Path,
    order: Order,
) -> None:
    send(api, builds("billsum"))
    old = at_the_hub.commits(REPO)
    built = builds("squad", "imdb")
    out = tmp_path / "out"
    shutil.copytree(built.out, out, ignore=shutil.ignore_patterns(".publish"))
    rendered = state(out, "*/*.arrow")

    started: list[Running] = []

    def kill() -> None:
        process = psutil.Process(started[0].pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=60)

    order(at_the_hub, kill)
    environ = environment(at_the_hub, tmp_path)
    started.append(commands.begin("push", REPO, "--out", out, env=environ, cwd=tmp_path))
    killed = started[0].wait()
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, "")

    landed = MOMENTS[order]
    assert at_the_hub.commits(REPO)[landed:] == old
    assert list(published(at_the_hub)["configs"]) == (
        ["billsum", "imdb", "squad"] if landed else ["billsum"]
    )
    check_tree(api)
    exported: dict[str, tuple[int, int]] = {}  # the first write may come before all of it is
    for report in out.glob(".publish/*/*.parquet.json"):
        split = report.name.partition(".")[0]
        exported |= state(report.parent, f"{split}-*.parquet")
    assert exported

    done = push(api, dataclasses.replace(built, out=out))
    assert done is not None
    assert done[0].changed is not landed
    assert at_the_hub.commits(REPO)[1:] == old, "one commit in all"
    assert at_the_hub.commit(REPO, "v1.1.0") == done[0].commit == at_the_hub.commit(REPO)
    assert state(out, "*/*.arrow") == rendered, "nothing is rendered again"
    again = state(out, ".publish/*/*.parquet")
    assert exported.items() <= again.items(), "nothing is written again"
    whole = [each.path for each in at_the_hub.log if each.method == "PUT" and each.status == 200]
    assert len(whole) == len(set(whole)), "nothing that had arrived is sent again"
    manifest = from_json(published(at_the_hub), Published)
    assert manifest.configs == {**builds("billsum").entries, **built.entries}
    check_tree(api)
    loaded = {(each.config, each.split): each.rows for each in done[1]}
    assert loaded == {
        (name, split): each.rows
        for name, config in built.entries.items()
        for split, each in config.splits.items()
    }, "before the version is tagged, whether there was anything to send or not"


BY_WORKERS = """
import sys
sys.path.insert(0, sys.argv[1])
from mixbuild.publish import apart, parquet
apart.APART_ROWS, parquet.GROUP_ROWS, parquet.FILE_BYTES = 1, 40, 1
if __name__ == "__main__":
    sys.argv[1:] = sys.argv[2:]
    from mixbuild.cli.entry import main
    main()
"""
"""Writes the files of a split of few rows as those of many are: each by a worker.

A file is one row group, so that the workers, who know of none of this, cut the rows alike."""


def test_a_push_killed_while_workers_write_ends_in_the_same_bytes(
    at_the_hub: LoopbackHub,
    api: HfApi,
    imdb_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for out in (tmp_path / "expected", tmp_path / "out"):
        make(Request([find("imdb")], out, {"imdb": str(imdb_folder)}))
    monkeypatch.setattr(parquet, "GROUP_ROWS", 40)
    monkeypatch.setattr(parquet, "FILE_BYTES", 1)
    export_build(tmp_path / "expected")
    expected = {
        path.name: path.read_bytes() for path in tmp_path.glob("expected/.publish/*/*.parquet")
    }
    assert len([name for name in expected if name.startswith("train")]) > 4
    script = tmp_path / "push.py"
    script.write_text(BY_WORKERS)
    words = [
        str(ROOT / "build"),
        "push",
        REPO,
        "--out",
        "out",
        "--allow-mirrors",
        "--num-proc",
        "2",
    ]
    started: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        started.append(
            subprocess.Popen(
                [sys.executable, str(script), *words],
                env=environment(at_the_hub, tmp_path),
                cwd=tmp_path,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    def kill() -> None:
        started[0].kill()  # its workers have to notice by themselves
        started[0].wait()

    within_an_upload(at_the_hub, kill)
    assert (begin().communicate(timeout=120)[1], started[0].returncode) == ("", -signal.SIGKILL)
    assert not at_the_hub.store.exists(REPO) or "manifest.json" not in at_the_hub.files(REPO)
    assert (begin().communicate(timeout=120)[1], started[1].returncode) == ("", 0)
    served = at_the_hub.files(REPO)
    assert {
        Path(name).name: served[name] for name in served if name.endswith(".parquet")
    } == expected
    assert len(at_the_hub.commits(REPO)) == 2, "the one that makes the repo, and the push"
    assert not list(tmp_path.glob("out/**/*.partial"))
    check_tree(api)
