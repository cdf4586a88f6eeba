"""What strangers wrote is shown as text, whichever way it reaches the terminal."""

from __future__ import annotations

import io

import pytest
from mixbuild.cli.terminal import console
from mixbuild.cli.terminal.tables import Table, print_table
from rich.text import Text

STRANGE = "a\x1b[31mb\rc\x07d\x9be\u202ef [red]g[/] :smile: [/tmp/x]"
SHOWN = r"a\x1b[31mb\rc\x07d\x9be\u202ef [red]g[/] :smile: [/tmp/x]"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_string_and_a_cell_are_shown_as_text(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.StringIO()
    out = console.Plain(file=file, force_terminal=terminal, color_system=None, width=160)
    monkeypatch.setattr(console, "out", out)
    out.print(STRANGE)
    print_table(Table(["a heading"], rows=[[STRANGE]]))
    assert file.getvalue().splitlines() == [SHOWN, "a heading", SHOWN]


def test_a_styled_text_steers_no_terminal() -> None:
    file = io.StringIO()
    console.Plain(file=file, force_terminal=True, color_system=None).print(Text(STRANGE))
    assert "\x1b" not in file.getvalue()
    assert r"a\x1b[31mb" in file.getvalue()


def test_an_error_is_one_line_of_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "err", console.Plain(stderr=True))
    console.complain(STRANGE)
    assert capsys.readouterr().err == f"error: {SHOWN}\n"


def test_a_table_on_a_terminal_has_colours_and_steers_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = io.StringIO()
    shown = console.Plain(file=file, force_terminal=True, color_system="standard", width=160)
    monkeypatch.setattr(console, "out", shown)
    print_table(Table(["a heading"], rows=[[STRANGE]]))
    assert file.getvalue().startswith("\x1b[1m")
    assert file.getvalue().endswith(f"{SHOWN}\n")
    assert "\x1b[31m" not in file.getvalue()
