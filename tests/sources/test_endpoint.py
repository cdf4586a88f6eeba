"""A Hub whose address has a path or ends in slashes: every command that reads or writes one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Commands
from conftest import ROOT
from hub_server import LoopbackHub
from prove.proving import SOURCES, TOKEN, Run


@pytest.fixture
def below(tmp_path: Path) -> Iterator[LoopbackHub]:
    """A Hub below a path of its host."""
    with LoopbackHub(tmp_path / "hub", token=TOKEN) as hub:
        for repo, files in SOURCES.items():
            hub.upload(repo, files)
        hub.ways.below = "/mirrors/hf"
        yield hub


def test_commands_find_a_hub_below_a_path(
    commands: Commands, below: LoopbackHub, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    run = Run(commands, below, tmp_path / "work", endpoint=f"{below.endpoint}//")
    run.ok("lock", "dolly", "--lock", "lock.json")
    run.ok("make", "dolly", "--lock", "lock.json", "--out", "out")
    run.ok("push", "org/mix", "--out", "out", HF_TOKEN=TOKEN)
    run.ok("verify", "org/mix")
    assert {each.status for each in below.log} <= {200, 201, 206, 302, 307, 404}
    assert all("//" not in each.path for each in below.log if not each.path.startswith("//"))


def test_python_finds_a_hub_below_a_path(below: LoopbackHub, tmp_path: Path) -> None:
    code = (
        "import sys; sys.path[:0] = ['.', 'build']\n"
        "from instruct_mix import InstructMix\n"
        "mix = InstructMix(config_name='dolly', cache_dir=sys.argv[1])\n"
        "mix.download_and_prepare()\n"
        "print(len(mix.as_dataset('train')))\n"
    )
    environment = {**os.environ, **below.environment(tmp_path), "HF_ENDPOINT": f"{below.endpoint}/"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "cache")], cwd=ROOT, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "15\n"), done.stderr
