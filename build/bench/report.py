"""What came of it, as one table of ratios, one of times, and JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from bench.measure import QUIET, Samples, median
from rich import box
from rich.console import Console
from rich.table import Table

LIBRARIES = ("pyarrow", "datasets", "huggingface_hub", "numpy", "polars", "duckdb")


@dataclass(frozen=True)
class Ratio:
    """A number with a target, or one that only informs.

    Attributes:
        name: what over what.
        value: of medians.
        target: ``"<= 1.2"``; empty when it only informs.
        unit: nothing for a ratio.
        others: the share of the machine that others took during the more disturbed of the two.
    """

    name: str
    value: float
    target: str = ""
    unit: str = ""
    others: float = 0.0

    @property
    def verdict(self) -> str:
        """Met or missed; and whether others were too busy for the number to be worth much."""
        sign, _, limit = self.target.partition(" ")
        words = []
        if self.target:
            met = self.value >= float(limit) if sign == ">=" else self.value <= float(limit)
            words.append("met" if met else "MISSED")
        return ", ".join([*words, *(["disturbed"] if self.others > QUIET else [])])


@dataclass
class Found:
    """What was measured, part by part.

    Attributes:
        ratios: with their targets.
        times: part -> what -> seconds, and whatever else was seen of it.
    """

    ratios: list[Ratio] = field(default_factory=list)
    times: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def add(
        self, part: str, samples: Samples, size: int = 0, **seen: Mapping[str, float | str]
    ) -> None:
        """Times of a part; with ``size``, bytes that each makes, MB/s; ``seen``: by name."""
        for name, each in samples.items():
            seconds = [sample.seconds for sample in each]
            self.times.setdefault(part, {})[name] = {
                "median_s": round(median(each), 4),
                "min_s": round(min(seconds), 4),
                "max_s": round(max(seconds), 4),
                **({"mb_per_s": round(size / median(each) / 1e6)} if size else {}),
                **{what: values[name] for what, values in seen.items() if name in values},
                "others": round(statistics.median(sample.others for sample in each), 2),
            }

    def compare(self, what: str, samples: Samples, over: str, under: str, target: str = "") -> None:
        """The time of ``over`` in times of ``under``."""
        both = (samples[over], samples[under])
        others = max(statistics.median(each.others for each in side) for side in both)
        value = median(both[0]) / median(both[1])
        self.ratios.append(Ratio(f"{what}: {over} / {under}", value, target, others=others))


def save(path: Path, found: Found, root: Path, *, apart: Sequence[str] = (), **asked: Any) -> None:
    """Write the JSON: ratios first, then when, of which commit, on what, then times.

    Args:
        path: the file.
        found: what was measured.
        root: of the checkout.
        apart: the parts that it is of, where it is not of all: what the file has of others stays.
        asked: how it was measured.
    """
    content: dict[str, Any] = {
        "ratios": [
            {
                "name": each.name,
                "value": round(each.value, 2),
                **({"unit": each.unit} if each.unit else {}),
                **({"target": each.target} if each.target else {}),
                **({"verdict": each.verdict} if each.verdict else {}),
            }
            for each in found.ratios
        ],
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": _commit(root),
        "python": platform.python_version(),
        **{library: version(library) for library in LIBRARIES},
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        **asked,
        "times": found.times,
    }
    if apart and path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        told = {key: content[key] for key in ("date", "commit", *asked)}
        ratios = {each["name"]: each for each in (*before["ratios"], *content["ratios"])}
        content = {
            **before,
            "ratios": list(ratios.values()),
            "times": {**before["times"], **found.times},
            "measured apart": {**before.get("measured apart", {}), **dict.fromkeys(apart, told)},
        }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _commit(root: Path) -> str | None:
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):  # not a checkout
        return None


def show(found: Found) -> None:
    """The ratios with their targets, a miss as a miss; then the times."""
    # a table in a file or a pipe is not cut to the width of a terminal that is not there
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    rows = [
        (each.name, f"{each.value:.2f} {each.unit}".strip(), each.target, each.verdict)
        for each in found.ratios
    ]
    console.print(_table("ratios of medians", ("", "target", ""), rows))
    for part, lines in found.times.items():
        columns = list(dict.fromkeys(column for line in lines.values() for column in line))
        table = [
            (name, *(str(line.get(column, "")) for column in columns))
            for name, line in lines.items()
        ]
        console.print(_table(part, columns, table))


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, box=box.SIMPLE, title_justify="left", title_style="bold")
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def say(what: str) -> None:
    """What is going on, on standard error."""
    print(f"{datetime.now():%H:%M:%S} {what}", file=sys.stderr, flush=True)
