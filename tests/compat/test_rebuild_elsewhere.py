"""Whoever rebuilds what is published has the same rows: with another Arrow, on another Python."""

from __future__ import annotations

from pathlib import Path

import pytest
from compat.conftest import CONFIGS, ENVIRONMENTS, REPO, Published, run_build


@pytest.mark.parametrize("environment", ["pyarrow-24", "python-3.10", "python-3.13"])
def test_rebuilding_elsewhere_gives_the_same_rows(
    published: Published, environment: str, tmp_path: Path
) -> None:
    python = ENVIRONMENTS / environment / "bin" / "python"
    if not python.is_file() and environment.startswith("python-"):
        pytest.skip(f"this machine has no {environment}")
    printed = run_build(
        "rebuild", REPO, "--num-proc", "2", python=str(python),
        **published.hub.environment(tmp_path / "home"),
    )  # fmt: skip
    lines = [line for line in printed.splitlines() if line.endswith("the same")]
    splits = [(config, split) for config in CONFIGS for split in published.rows[config]]
    assert sorted(tuple(line.split()[:2]) for line in lines[: len(splits)]) == sorted(splits)
    rows = sum(len(each) for splits in published.rows.values() for each in splits.values())
    assert printed.endswith(f"{REPO}: rebuilt, {rows} rows are the same\n")
