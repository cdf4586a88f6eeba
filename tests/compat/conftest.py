"""One dataset published on a loopback Hub, and the environments of those who read it.

`make compat` makes the environments and runs these tests; `make test` leaves this folder out.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hub_server import LoopbackHub
from mixbuild.declare import ROW_FORMATS
from mixbuild.make import expect
from mixbuild.publish import read_shards
from mixbuild.tasks import find

HERE = Path(__file__).parent
ENVIRONMENTS = ROOT / ".cache" / "compat"
CURRENT = "current"
"""The project's own environment; each other is named as its lock is."""

ON_REQUESTS = ("datasets-2", "datasets-3")
"""Their Hub client asks with `requests`, by whose reading of no_proxy a host named
datasets-server.127.0.0.1 is one of 127.0.0.1, to be looked up; with a network it compares addresses
only, and the hub, as the proxy, answers."""

REPO = "org/instruct_mix"
TOKEN = "hf_publisher"  # noqa: S105 - of a hub on the loopback
TASKS = ("squad", "imdb", "billsum")
CONFIGS = ("mix", *TASKS)
"""The first is the default."""

RECIPE = """
tasks: {squad: {}, imdb: {}, billsum: {}}
mixtures:
  mix:
    total: 24
    parts: {squad: {}, imdb: {}, billsum: {}}
"""
TRAINERS = ("train", "llama-factory", "torchtune", "ms-swift", "unsloth", "axolotl")
"""Environments on PyTorch."""


Rows = list[dict[str, Any]]
Reader = Callable[..., Any]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Take part only when asked for; and what is no test is for another environment."""
    asked = (Path(argument.partition("::")[0]).resolve() for argument in config.args)
    if not any(path.is_relative_to(HERE) for path in asked):
        return True
    return None if collection_path.name.startswith("test_") else True


@dataclass(frozen=True)
class Published:
    """A dataset on a hub, the build, and what it was made of: rows by config and split."""

    hub: LoopbackHub
    out: Path
    rows: Mapping[str, Mapping[str, Rows]]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """The samples of some tasks, as repos of the hub; made and published as a person does."""
    folder = tmp_path_factory.mktemp("compat")
    out = folder / "out"
    (folder / "recipe.yaml").write_text(RECIPE)
    for task in TASKS:
        repo = folder / "hub" / find(task).source.repo
        shutil.copytree(ROOT / "build/mixbuild/tasks/samples" / task, repo)
    with LoopbackHub(folder / "hub", token=TOKEN) as hub:
        variables = hub.environment(folder / "home") | {"HF_TOKEN": TOKEN}
        recipe = str(folder / "recipe.yaml")
        run_build("make", "--recipe", recipe, "--out", str(out), **variables)
        for name in ROW_FORMATS:
            run_build("push", REPO, "--out", str(out), "--as", name, **variables)
        rows = {
            name: {
                split: [row for batch in read_shards(out, entry) for row in batch.to_pylist()]
                for split, entry in config.splits.items()
            }
            for name, config in expect(out).configs.items()
        }
        yield Published(hub, out, rows)


def run_build(*arguments: str, python: str = sys.executable, **variables: str) -> str:
    """`python build …`, which must succeed; what it printed."""
    done = subprocess.run(
        [python, str(ROOT / "build"), *arguments],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def read(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """`read(environment, script, *arguments)`: what a script prints there, as JSON; run once."""

    @functools.cache
    def run(environment: str, script: str, *arguments: str) -> Any:
        python = Path(sys.executable)
        if environment != CURRENT:
            python = ENVIRONMENTS / environment / "bin" / "python"
            if environment in TRAINERS and not python.is_file():
                pytest.skip(f"no CPU build of PyTorch is here: tests/compat/{environment}.in")
            assert python.is_file(), f"{python} is not there: make compat makes it"
        home = tmp_path_factory.mktemp(environment)
        variables = published.hub.environment(home)
        if environment in ON_REQUESTS:
            variables["no_proxy"] = "127.0.0.0/8"
        done = subprocess.run(
            [python, "-E", "-s", HERE / script, *arguments],  # beside it lies what it imports
            env=os.environ | variables,
            cwd=home,
            capture_output=True,
            text=True,
            timeout=1_800,  # axolotl takes minutes to be imported where others are at work
            check=False,
        )
        assert done.returncode == 0, f"{script} in {environment}:\n{done.stderr[-3_000:]}"
        return json.loads(done.stdout.splitlines()[-1])

    return run
