"""Tables at any width: columns may be missing, and are then named; no cell is ever cut."""

from __future__ import annotations

import io

import pytest
from mixbuild.cli.terminal import console
from mixbuild.cli.terminal.tables import Table, print_table

MADE = Table(
    ["config", "rows", "files", "MB", "left out"],
    right=[1, 2, 3],
    spare=["MB", "files"],
    rows=[
        ["multiple_choice", "1,234,567", "12", "345.67", "4 null question, 12 no answer"],
        ["imdb", "25,000", "1", "7.10", ""],
    ],
)
BARS = Table(["config", "bars"], whole=True, rows=[["multiple_choice", "  ▁ ▂▃█"]])


def printed(made: Table, width: int, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    file = io.StringIO()
    shown = console.Plain(file=file, force_terminal=terminal, color_system=None, width=width)
    monkeypatch.setattr(console, "out", shown)
    print_table(made)
    return file.getvalue()


def test_a_narrow_terminal_has_fewer_columns_and_is_told_which(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = (
        "config                rows  files      MB  left out\n"
        "multiple_choice  1,234,567     12  345.67  4 null question, 12 no answer\n"
        "imdb                25,000      1    7.10\n"
    )
    assert printed(MADE, 80, monkeypatch, terminal=True) == whole
    assert printed(MADE, 48, monkeypatch, terminal=True) == (
        "config                rows  files  left out\n"
        "multiple_choice  1,234,567     12  4 null\n"
        "                                   question, 12\n"
        "                                   no answer\n"
        "imdb                25,000      1\n"
        "no room here for: MB\n"
    )
    assert printed(MADE, 38, monkeypatch, terminal=True).endswith("no room here for: files, MB\n")
    assert printed(MADE, 160, monkeypatch, terminal=False) == whole


@pytest.mark.parametrize("made", [MADE, BARS])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_cell_is_cut_at_any_width(
    made: Table, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for width in range(1, 90):
        shown = printed(made, width, monkeypatch, terminal=terminal)
        body, _, missing = shown.partition("no room here for: ")
        assert "…" not in shown
        for place, name in enumerate(made.names):
            there = all(word in body for word in name.split())
            assert there == (name not in missing.strip().split(", "))
            for row in made.rows if there else ():
                assert all(word in body for word in row[place].split())
